"""The schema, one named step after another. A released step is never changed: add a new one.

Columns of type BLOB hold sealed text, and stand in sealed_columns.py. All others (keys, numbers, times) reveal nothing
that a person wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlite_utils import Database, Migrations

from bot.essay.notes import join_messages

_MigrationT = TypeVar("_MigrationT", bound=Callable[[Database], None])

migrations = Migrations("career-essay-bot")
MIGRATION_NAMES: list[str] = []
"""The steps that this release knows, in order; a database with another was written by a newer one."""


def _migration(name: str) -> Callable[[_MigrationT], _MigrationT]:
    MIGRATION_NAMES.append(name)
    return migrations(name=name)


@_migration("0001_essays")
def _essays(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE keys (
            fingerprint TEXT PRIMARY KEY,
            since TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE essays (
            id TEXT PRIMARY KEY,
            writer TEXT NOT NULL,
            structure TEXT NOT NULL,
            title BLOB NOT NULL,
            head INTEGER,
            exported INTEGER,
            created TEXT NOT NULL,
            changed TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX essays_by_writer ON essays (writer, changed)",
        """
        CREATE TABLE notes (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            section TEXT,
            question BLOB,
            text BLOB NOT NULL,
            left_out INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
        """
        CREATE TABLE questions (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            section TEXT NOT NULL,
            text BLOB NOT NULL,
            state TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
        """
        CREATE TABLE versions (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            parent INTEGER,
            origin TEXT NOT NULL,
            text BLOB NOT NULL,
            words INTEGER NOT NULL,
            notes_through INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
    ):
        db.execute(statement)


@_migration("0002_models")
def _models(db: Database) -> None:
    for statement in (
        "ALTER TABLE versions ADD COLUMN complete INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE versions ADD COLUMN model TEXT",
        "CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a deleted job may still be running
            writer TEXT NOT NULL,
            subject TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            ended INTEGER NOT NULL,
            base INTEGER,
            argument BLOB NOT NULL,
            error BLOB,
            result INTEGER,
            process TEXT NOT NULL,
            created TEXT NOT NULL,
            changed TEXT NOT NULL
        ) STRICT
        """,
        "CREATE UNIQUE INDEX one_open_job_a_subject ON jobs (subject) WHERE ended = 0",
        "CREATE INDEX jobs_by_subject ON jobs (writer, subject, id)",
        """
        CREATE TABLE job_texts (
            id INTEGER PRIMARY KEY,
            job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            text BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX job_texts_by_job ON job_texts (job, id)",
        """
        CREATE TABLE critiques (
            id TEXT PRIMARY KEY,
            writer TEXT NOT NULL,
            essay TEXT REFERENCES essays (id) ON DELETE CASCADE,
            version INTEGER,
            structure TEXT,
            title BLOB,
            text BLOB NOT NULL,
            opinion BLOB,
            own INTEGER NOT NULL,
            created TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX critiques_by_essay ON critiques (essay, created)",
        "CREATE INDEX critiques_by_writer ON critiques (writer, created)",
        """
        CREATE TABLE decisions (
            critique TEXT NOT NULL REFERENCES critiques (id) ON DELETE CASCADE,
            finding INTEGER NOT NULL,
            decision TEXT NOT NULL,
            version INTEGER,
            decided TEXT NOT NULL,
            PRIMARY KEY (critique, finding)
        ) STRICT
        """,
        """
        CREATE TABLE calls (
            id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a deleted call may be settled yet
            writer TEXT NOT NULL,
            at TEXT NOT NULL,
            role TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            prompt_hash TEXT NOT NULL,
            settled INTEGER NOT NULL,
            nano_usd INTEGER,
            input_tokens INTEGER NOT NULL DEFAULT 0,
            cache_write_tokens INTEGER NOT NULL DEFAULT 0,
            cache_read_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0,
            first_text_ms INTEGER,
            total_ms INTEGER,
            stop_reason TEXT,
            estimated INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """,
        "CREATE INDEX calls_by_time ON calls (at)",
        "CREATE INDEX calls_by_writer ON calls (writer, at)",
    ):
        db.execute(statement)


@_migration("0003_remembered")
def _remembered(db: Database) -> None:
    db.execute("CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


# Discord's ids of messages and channels are data of its API, which must be encrypted at rest (Developer Terms, 5c). So
# a message is found again by a keyed pseudonym, and put in order by its sealed id; a channel's is only ever opened.
@_migration("0004_conversations")
def _conversations(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE conversations (
            writer TEXT PRIMARY KEY,
            channel BLOB,
            read BLOB,
            essay TEXT REFERENCES essays (id) ON DELETE SET NULL,
            question INTEGER
        ) STRICT
        """,
        "CREATE INDEX conversations_by_essay ON conversations (essay)",
        """
        CREATE TABLE pieces (
            message TEXT NOT NULL,
            part INTEGER NOT NULL,
            id BLOB NOT NULL,
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            question INTEGER,
            note INTEGER,
            text BLOB NOT NULL,
            PRIMARY KEY (message, part)
        ) STRICT
        """,
        "CREATE INDEX pieces_by_essay ON pieces (essay, note)",
    ):
        db.execute(statement)


# What was heard outlives its essay, without a word of it: a channel is read again from before its last messages, and
# those of a deleted essay must not come back as new.
@_migration("0005_heard")
def _heard(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE heard (
            message TEXT PRIMARY KEY,
            writer TEXT NOT NULL,
            id BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX heard_by_writer ON heard (writer)",
        """
        INSERT INTO heard SELECT pieces.message, essays.writer, pieces.id
        FROM pieces JOIN essays ON essays.id = pieces.essay WHERE pieces.part = 0
        """,
    ):
        db.execute(statement)


# What stood before each writer and when, also before now; and which essays were deleted, without a word of them: a
# message that is read late goes where it belonged when it was written, and nowhere if that has been deleted since.
@_migration("0006_turns")
def _turns(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE turns (
            number INTEGER PRIMARY KEY,
            writer TEXT NOT NULL,
            since TEXT NOT NULL,
            essay TEXT NOT NULL, -- it may be deleted since
            question INTEGER
        ) STRICT
        """,
        "CREATE INDEX turns_by_writer ON turns (writer, number)",
        """
        CREATE TABLE gone (
            essay TEXT PRIMARY KEY,
            writer TEXT NOT NULL,
            created TEXT NOT NULL,
            deleted TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX gone_by_writer ON gone (writer)",
        # Since when something stood there was not stored: not before it was asked, or its essay begun.
        """
        INSERT INTO turns (writer, since, essay, question)
        SELECT c.writer, coalesce(q.created, e.created), c.essay, c.question
        FROM conversations c JOIN essays e ON e.id = c.essay
        LEFT JOIN questions q ON q.essay = c.essay AND q.number = c.question ORDER BY c.rowid
        """,
        # Without a channel a row held nothing but what has moved to the turns.
        "DELETE FROM conversations WHERE channel IS NULL",
        "DROP INDEX conversations_by_essay",
        "ALTER TABLE conversations DROP COLUMN essay",
        "ALTER TABLE conversations DROP COLUMN question",
    ):
        db.execute(statement)


# The number of a deleted note is never given again: a button that was made for it must not reach another one.
@_migration("0007_deleted_notes")
def _deleted_notes(db: Database) -> None:
    db.execute("ALTER TABLE essays ADD COLUMN last_deleted_note INTEGER NOT NULL DEFAULT 0")


# How much each writer stored, by the minute (since 1970), for a day: a bound on that must hold through a restart too.
@_migration("0008_stored")
def _stored(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE stored (
            writer TEXT NOT NULL,
            minute INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            PRIMARY KEY (writer, minute)
        ) STRICT
        """,
        "CREATE INDEX stored_by_minute ON stored (minute)",
    ):
        db.execute(statement)


# A message and what it became stand in one row, a note that came from messages has no text of its own, and what stands
# before a writer stands beside how far their DM was read.
@_migration("0009_dm_messages")
def _dm_messages(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE dm_channels (
            writer TEXT PRIMARY KEY,
            channel BLOB,
            last_read BLOB,
            essay TEXT REFERENCES essays (id) ON DELETE SET NULL,
            question INTEGER,
            deleted TEXT -- when the writer last deleted an essay
        ) STRICT
        """,
        "CREATE INDEX dm_channels_by_essay ON dm_channels (essay)",
        """
        INSERT INTO dm_channels
        SELECT w.writer, c.channel, c.read, e.id, iif(e.id IS NULL, NULL, t.question),
            (SELECT max(deleted) FROM gone WHERE writer = w.writer)
        FROM (SELECT writer FROM conversations UNION SELECT writer FROM turns) w
        LEFT JOIN conversations c ON c.writer = w.writer
        LEFT JOIN turns t ON t.number = (SELECT max(number) FROM turns WHERE writer = w.writer)
        LEFT JOIN essays e ON e.id = t.essay
        """,
        """
        CREATE TABLE dm_messages (
            message TEXT NOT NULL,
            part INTEGER NOT NULL, -- 0 is its text, the others are its files
            id BLOB NOT NULL,
            writer TEXT NOT NULL,
            essay TEXT REFERENCES essays (id), -- NULL, as all behind it, where the words were deleted
            question INTEGER,
            note INTEGER,
            text BLOB,
            PRIMARY KEY (message, part)
        ) STRICT
        """,
        "CREATE INDEX dm_messages_by_essay ON dm_messages (essay, note)",
        "CREATE INDEX dm_messages_by_writer ON dm_messages (writer)",
        """
        INSERT INTO dm_messages
        SELECT p.message, p.part, p.id, e.writer, p.essay, p.question, iif(p.part = 0, abs(p.note), NULL), p.text
        FROM pieces p JOIN essays e ON e.id = p.essay ORDER BY p.rowid
        """,
        """
        INSERT INTO dm_messages
        SELECT message, 0, id, writer, NULL, NULL, NULL, NULL FROM heard
        WHERE message NOT IN (SELECT message FROM pieces WHERE part = 0)
        """,
        """
        CREATE TABLE new_notes (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            section TEXT,
            question BLOB,
            text BLOB, -- NULL where it is that of the note's messages
            left_out INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
        """
        INSERT INTO new_notes
        SELECT essay, number, section, question, text, left_out, created FROM notes ORDER BY rowid
        """,
    ):
        db.execute(statement)
    _make_views(db)
    for table in ("notes", "pieces", "heard", "conversations", "turns", "gone"):
        db.execute(f"DROP TABLE {table}")
    db.execute("ALTER TABLE new_notes RENAME TO notes")


def _make_views(db: Database) -> None:
    """Delete the text of each note that equals the text of its messages, so that it becomes a view over them.

    ``decrypt`` is the connection's own function; it gives NULL for what is damaged.
    """
    query = "SELECT essay, note, CAST(decrypt(id) AS INTEGER), decrypt(text) FROM pieces WHERE part = 0 AND note > 0"
    messages: dict[tuple[str, int], list[tuple[int, str]]] = {}
    damaged: set[tuple[str, int]] = set()
    for essay, note, number, text in db.execute(query).fetchall():
        if number is None or text is None:
            damaged.add((essay, note))
        else:
            messages.setdefault((essay, note), []).append((number, text))
    for essay, note in messages.keys() - damaged:
        joined = join_messages([text for _, text in sorted(messages[essay, note])])
        query = "UPDATE new_notes SET text = NULL WHERE essay = ? AND number = ? AND decrypt(text) = ?"
        db.execute(query, [essay, note, joined])


# Where running jobs are shown, so that the next process can put that right: by a keyed pseudonym of the message's id,
# with its sealed address, a token among it. A row goes when the end of the job is shown there, or something else is.
@_migration("0010_job_panels")
def _job_panels(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE job_panels (
            job INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
            message TEXT NOT NULL,
            address BLOB NOT NULL,
            PRIMARY KEY (job, message)
        ) STRICT
        """
    )


# The sections of a version that are still to be written, as a JSON list of their keys, and what its model said beside
# the text. NULL in the first for what was written before: then the text itself is looked at.
@_migration("0011_unwritten_sections")
def _unwritten_sections(db: Database) -> None:
    db.execute("ALTER TABLE versions ADD COLUMN unwritten TEXT")
    db.execute("ALTER TABLE versions ADD COLUMN remark BLOB")


# What each sentence of a version rests on, as a checker said and code verified.
@_migration("0012_support")
def _support(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE support (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            version INTEGER NOT NULL,
            body BLOB NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, version)
        ) STRICT
        """
    )


# Who asked a question, and of which version a draft's is; how far each section has come, as the interviewer saw it
# last; and the titles that a model has suggested.
@_migration("0013_questions")
def _questions(db: Database) -> None:
    for statement in (
        "ALTER TABLE questions ADD COLUMN origin TEXT NOT NULL DEFAULT 'structure'",
        "ALTER TABLE questions ADD COLUMN version INTEGER",
        "UPDATE jobs SET kind = 'question' WHERE kind = 'follow-up'",
        """
        CREATE TABLE section_states (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            section TEXT NOT NULL,
            state TEXT NOT NULL,
            PRIMARY KEY (essay, section)
        ) STRICT
        """,
        """
        CREATE TABLE suggested_titles (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            title BLOB NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
    ):
        db.execute(statement)


# The writers' own texts, which show a model how they write.
@_migration("0015_voice")
def _voice(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE voice_samples (
            writer TEXT NOT NULL,
            number INTEGER NOT NULL,
            text BLOB NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (writer, number)
        ) STRICT
        """
    )


# A cell is sealed to its place, and to its row's revision where it can be replaced. Which key seals stands here, so
# that each process sees when another has changed it. The texts of earlier releases are sealed anew after these steps.
@_migration("0016_sealed_places")
def _sealed_places(db: Database) -> None:
    for table in (
        "essays",
        "notes",
        "support",
        "suggested_titles",
        "voice_samples",
        "critiques",
        "jobs",
        "job_texts",
        "job_panels",
        "dm_messages",
        "dm_channels",
    ):
        db.execute(f"ALTER TABLE {table} ADD COLUMN revision INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE keys ADD COLUMN seals INTEGER NOT NULL DEFAULT 0")


# What stands beside a writer, such as that they are blocked or that all of theirs is being deleted; and what the host
# did about a person: neither holds a word of theirs.
@_migration("0017_people")
def _people(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE writer_marks (
            writer TEXT NOT NULL,
            mark TEXT NOT NULL,
            since TEXT NOT NULL,
            PRIMARY KEY (writer, mark)
        ) STRICT
        """,
        """
        CREATE TABLE audit_log (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            action TEXT NOT NULL,
            writer TEXT NOT NULL
        ) STRICT
        """,
    ):
        db.execute(statement)


# What each Discord server allows, as sealed JSON; the server is a keyed pseudonym.
@_migration("0018_server_rules")
def _server_rules(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE server_rules (
            server TEXT PRIMARY KEY,
            rules BLOB NOT NULL,
            revision INTEGER NOT NULL,
            changed TEXT NOT NULL
        ) STRICT
        """
    )


# The Discord server in which a call was asked for, as a keyed pseudonym; NULL outside of servers, and for what was
# asked before.
@_migration("0019_call_servers")
def _call_servers(db: Database) -> None:
    db.execute("ALTER TABLE calls ADD COLUMN server TEXT")


# Where the warnings stand before an essay is deleted that nobody touches, as RETENTION_DAYS asks.
@_migration("0020_essay_warnings")
def _essay_warnings(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE essay_warnings (
            essay TEXT PRIMARY KEY REFERENCES essays (id) ON DELETE CASCADE,
            touched TEXT NOT NULL,
            first_tried TEXT NOT NULL,
            first_told INTEGER NOT NULL,
            last_tried TEXT,
            last_told INTEGER NOT NULL
        ) STRICT
        """
    )


# In which Discord server a job was asked for, as a keyed pseudonym, so that it goes on under the server's rules; NULL
# outside of servers, and for what was asked before. And how many processes died in the middle of it.
@_migration("0021_resumed_jobs")
def _resumed_jobs(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN server TEXT")
    db.execute("ALTER TABLE jobs ADD COLUMN kills INTEGER NOT NULL DEFAULT 0")
    db.execute("CREATE INDEX interrupted_jobs ON jobs (created) WHERE state = 'interrupted'")


# Who edits a message that shows a job; and whether the job's end was told in a message of its own, so that no other
# process tells it again.
@_migration("0022_panel_editors")
def _panel_editors(db: Database) -> None:
    db.execute("ALTER TABLE job_panels ADD COLUMN editor TEXT NOT NULL DEFAULT 'gateway'")
    db.execute("CREATE INDEX job_panels_by_message ON job_panels (message)")
    db.execute("ALTER TABLE jobs ADD COLUMN told INTEGER NOT NULL DEFAULT 0")


# Which entry of the queue on PostgreSQL has a job run; NULL for one that runs in the process that began it.
@_migration("0023_queue_entries")
def _queue_entries(db: Database) -> None:
    db.execute("ALTER TABLE jobs ADD COLUMN entry INTEGER")


# The texts that were posted in Discord as threads, with the sealed ids of channel and thread; and what was said there,
# apart from the notes, without whose it was.
@_migration("0024_sharing")
def _sharing(db: Database) -> None:
    for statement in (
        """
        CREATE TABLE shares (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            version INTEGER NOT NULL,
            state TEXT NOT NULL,
            place BLOB NOT NULL,
            revision INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
        """
        CREATE TABLE feedback (
            essay TEXT NOT NULL REFERENCES essays (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            share INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text BLOB NOT NULL,
            message BLOB,
            revision INTEGER NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (essay, number)
        ) STRICT
        """,
    ):
        db.execute(statement)


# What people had spent who deleted their data, until the month is over: under a pseudonym for each writer and month.
@_migration("0025_kept_spending")
def _kept_spending(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE kept_spending (
            pseudonym TEXT PRIMARY KEY,
            day TEXT NOT NULL,
            day_nano_usd INTEGER NOT NULL,
            month_nano_usd INTEGER NOT NULL
        ) STRICT
        """
    )
