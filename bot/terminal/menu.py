"""The menu of commands for an essay that has a post: the post itself, its notes, and work of a model."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bot.errors import BotError, InvalidInput, NothingToDo, UnknownTargetSection
from bot.essay.essay import Essay, Note, Version
from bot.essay.export import describe_open_points, notes_to_markdown
from bot.essay.matching import match_names
from bot.essay.structure import Structure
from bot.essay.text.markdown_import import describe_removed
from bot.services.critiques import StoredCritique
from bot.services.essays import EditResult, NoteChange, editable_parts, note_fingerprint
from bot.services.jobs.job import JobKind, JobState, PlannedJob
from bot.services.text_report import measure_text
from bot.terminal import LOCAL_WRITER, privacy_notice, progress, views
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView, PlanJob, parse_number
from bot.terminal.input_prompts import (
    PromptCommand,
    SessionLeft,
    confirm_default_no,
    confirm_default_yes,
    parse_bare_command,
    session_left_message,
)
from bot.terminal.output import export_to_file
from bot.terminal.progress import max_cost_message
from bot.terminal.stdio import print_stderr


@contextmanager
def edit_in_editor(text: str) -> Iterator[str | None]:
    """Open the text in $VISUAL or $EDITOR and yield it as the writer saved it, or None if it was not changed.

    The file is removed only when the block ends without an error: if the editor, the block or the program fails, the
    words typed are still in it, and the person is told where. Raise InvalidInput where no editor can be started.
    """
    handle, name = tempfile.mkstemp(prefix="essay-section-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
    try:
        click.edit(filename=name)
        typed = path.read_bytes().decode("utf-8")
        yield None if typed == text else typed
    except click.ClickException as error:
        raise InvalidInput(_editor_failed_message(error, _kept_file_message(path, text))) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The editor saved {path} in another encoding: save it as UTF-8. It is kept there."
        ) from error
    except KeyboardInterrupt:
        print_stderr(_kept_file_message(path, text))
        raise
    except BotError as error:
        error.args = (f"{error} {_kept_file_message(path, text)}".strip(),)
        raise
    path.unlink()


def _editor_failed_message(error: click.ClickException, kept: str) -> str:
    if kept:
        return f"The editor ended with an error. {kept}"
    return f"The editor could not be used ({error.message.rstrip('.')}): set EDITOR to one that works. Nothing changed."


def _kept_file_message(path: Path, before: str) -> str:
    """Say where typed words are kept; remove the file and return "" if nothing was typed."""
    if path.read_bytes() == before.encode():
        path.unlink()
        return ""
    return f"What you typed is kept in {path}."


NOTES_HELP = """\
notes              list the notes; notes all shows every one whole
notes N            show note N whole
notes edit N       change note N in your editor
notes move N WHERE put note N into a section, by its number or name; none: into none
notes delete N     delete note N for good
notes out N        leave note N out: no post and no model gets it
notes in N         take it in again
A paragraph or list item marked [private] stays out of posts and away from models until
its mark is taken away with notes edit."""
_NO_SECTION_WORDS = {"none", "no section", "0", "-"}


class NotesMenu:
    """The commands on notes: list, show, edit, move, delete, exclude and include them."""

    def __init__(self, context: TerminalContext, essay: str) -> None:
        self._context = context
        self._essays = context.services.essays
        self._essay_id = essay
        self._commands: dict[str, Callable[[str], None]] = {
            "all": self._show_all,
            "show": self._show,
            "edit": self._edit,
            "move": self._move,
            "delete": self._delete,
            "out": self._exclude,
            "in": self._include,
        }

    def run(self, rest: str) -> None:
        """Run the command that follows ``notes`` on the line. Raise BotError."""
        name, _, argument = rest.partition(" ")
        if not rest:
            self._list()
        elif (command := self._commands.get(name.lower())) is not None:
            command(argument.strip())
        else:
            self._show(rest)

    def _list(self) -> None:
        self._context.screen.print(views.note_table(self._notes(), self._structure()))

    def _show_all(self, _: str) -> None:
        essay = self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id))
        self._context.say(notes_to_markdown(essay.title, self._structure(), self._notes()))

    def _show(self, rest: str) -> None:
        self._context.screen.print(views.render_note(self._note_by_number(rest), self._structure()))

    def _edit(self, rest: str) -> None:
        note = self._note_by_number(rest)
        with edit_in_editor(note.text + "\n") as typed:
            if typed is None:
                self._context.say("The note was left as it was: nothing was changed.")
                return
            seen = note_fingerprint(note.text)
            change = self._context.run(
                self._essays.edit_note(LOCAL_WRITER, self._essay_id, note.number, typed, seen=seen)
            )
        self._report("" if change.is_separate_note else f"Note {note.number} is changed.", change)

    def _move(self, rest: str) -> None:
        wanted, _, where = rest.partition(" ")
        note = self._note_by_number(wanted)
        structure = self._essays.structure_of(self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id)))
        section = None if where.strip().lower() in _NO_SECTION_WORDS else _find_section_key(structure, where.strip())
        change = self._context.run(self._essays.move_note(LOCAL_WRITER, self._essay_id, note.number, section))
        place = structure.find_section(section)
        self._report(f"Note {note.number} is under {place.heading if place else 'no section'} now.", change)

    def _delete(self, rest: str) -> None:
        note = self._note_by_number(rest)
        self._context.screen.print(views.render_note(note, self._structure()))
        told = "It cannot be brought back; versions of the post that hold its words keep them."
        if not confirm_default_no(self._context, f"Delete note {note.number}? {told}"):
            self._context.say("Nothing was deleted.")
            return
        change = self._context.run(self._essays.delete_note(LOCAL_WRITER, self._essay_id, note.number))
        self._report(f"Note {note.number} is deleted.", change)

    def _exclude(self, rest: str) -> None:
        note, head = self._note_by_number(rest), self._head_number()
        version = self._context.run(self._essays.exclude_note(LOCAL_WRITER, self._essay_id, note.number))
        self._report(
            f"Note {note.number} is left out: it stays stored, and no model sees it.", _note_change(note, version, head)
        )
        standing = self._context.run(self._essays.find_leak(LOCAL_WRITER, self._essay_id, note.number))
        if standing is not None:
            self._context.warn(standing.message)

    def _include(self, rest: str) -> None:
        note, head = self._note_by_number(rest), self._head_number()
        version = self._context.run(self._essays.include_note(LOCAL_WRITER, self._essay_id, note.number))
        self._report(f"Note {note.number} is taken in again.", _note_change(note, version, head))
        if version is None:
            self._context.say("A model wrote this text: draft has it written anew with the note.")

    def _report(self, done: str, change: NoteChange) -> None:
        self._context.say(f"{done} {change.message}".strip())

    def _head_number(self) -> int | None:
        return self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id)).head

    def _notes(self) -> tuple[Note, ...]:
        return self._context.run(self._essays.notes(LOCAL_WRITER, self._essay_id))

    def _note_by_number(self, wanted: str) -> Note:
        if not wanted.strip():
            raise InvalidInput("Give the number of the note; notes lists them. Nothing was changed.")
        found = parse_number(wanted.strip())
        note = next((one for one in self._notes() if one.number == found), None)
        if note is None:
            raise NothingToDo.no_note(found)
        return note

    def _structure(self) -> Structure | None:
        """Return the essay's structure; None where its file is gone, since notes can be used without it."""
        return self._essays.structures.get(
            self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id)).structure
        )


def _note_change(note: Note, version: Version | None, head: int | None) -> NoteChange:
    """Describe a change of a note; its version is None if the current one is still ``head``."""
    made = None if version is None or version.info.number == head else version.info.number
    return NoteChange(note, version=made)


def _find_section_key(structure: Structure, wanted: str) -> str:
    """Return the key of the section given by its number, name or the start of it. Raise UnknownTargetSection."""
    places = match_names(wanted, [(section.key, section.heading) for section in structure.sections])
    if len(places) != 1:
        raise UnknownTargetSection(wanted, [section.heading for section in structure.sections])
    return structure.sections[places[0]].key


MODEL_HELP = """\
draft              have the post drafted anew from the notes
continue           have the missing sections of a draft cut short written
keep               take a draft cut short for complete
again              begin once more what was stopped, failed or interrupted
sort               have the notes without a section sorted
revise N WHAT      have section N rewritten, as in: revise 2 make it shorter
critique           an editor's findings, in a new critique
findings           the last critique once more
apply N            put the wording of its finding N into the post
claims             what your notes do not hold: numbers, dates, names, quotations, addresses

What costs money says first how much at most. Ctrl-C stops it, and keeps what came."""


class ModelMenu:
    """The commands that ask a model."""

    def __init__(
        self, context: TerminalContext, essay: str, on_screen: EssayView, show_notes: Callable[[], None]
    ) -> None:
        self._context = context
        self._services = context.services
        self._essay_id = essay
        self._view = on_screen
        self._jobs = EssayJobs(context, essay)
        self._show_notes = show_notes
        self.commands: dict[str, Callable[[str], None]] = {
            "draft": self._draft,
            "continue": self._continue,
            "keep": self._keep_incomplete,
            "again": self._retry_last_job,
            "sort": self._sort_notes,
            "revise": self._revise,
            "critique": self._critique,
            "findings": self._show_last_critique,
            "apply": self._apply_finding,
            "claims": self._show_current_claims,
        }

    def _draft(self, _: str) -> None:
        self._run_writing_job(lambda: self._services.drafting.plan_draft(LOCAL_WRITER, self._essay_id))

    def _continue(self, _: str) -> None:
        self._run_writing_job(lambda: self._services.drafting.plan_finish(LOCAL_WRITER, self._essay_id))

    def _revise(self, rest: str) -> None:
        version = self._view.current_version()
        wanted, _, instruction = rest.partition(" ")
        index = self._view.section_index(version, wanted, "revise 2 make it shorter")
        self._run_writing_job(
            lambda: self._services.drafting.plan_revision(LOCAL_WRITER, self._essay_id, version, index, instruction)
        )

    def _run_writing_job(self, plan: PlanJob) -> None:
        """Run a writing job, and show what it made, whether or not it is the current text."""
        job = self._jobs.confirm_and_run(plan)
        if job is None:
            self._context.say("Nothing was begun.")
            return
        made = self._jobs.resulting_version(job)
        if made is None:
            self._view.show_overview()
            return
        if job.kind is JobKind.REVISION:
            self._show_change(made)
        if job.state is JobState.DONE:
            self._show_claims(made)
        if job.kind is not JobKind.REVISION:
            self._view.show_overview(made)

    def _keep_incomplete(self, _: str) -> None:
        self._context.run(self._services.drafting.mark_complete(LOCAL_WRITER, self._essay_id))
        self._view.show_overview()

    def _retry_last_job(self, _: str) -> None:
        view = self._context.run(self._services.jobs.latest_job(LOCAL_WRITER, self._essay_id))
        if view is None or view.job.state is JobState.DONE:
            raise InvalidInput("Nothing was left undone here. Nothing was changed.")
        left = view.job
        if left.kind is JobKind.CRITIQUE:
            self._critique("")
        else:
            self._run_writing_job(lambda: self._services.drafting.plan_retry(LOCAL_WRITER, left))

    def _sort_notes(self, _: str) -> None:
        planned = None
        if self._services.has_model:
            planned = self._context.run(self._services.interview.plan_placement(LOCAL_WRITER, self._essay_id))
        if planned is None:
            self._context.say("Every note that a model may see has a section: there is nothing to sort.")
            return
        self._context.say(max_cost_message(self._context.run(planned.max_cost())))
        if not confirm_default_yes(self._context, "Enter begins it; n leaves it: "):
            self._context.say("Nothing was begun.")
            return
        job = self._context.wait_for_job(planned.start())
        if job.state is JobState.STOPPED:
            self._context.warn("The sorting was stopped. What had been sorted stays so, and every note is stored.")
        elif job.error is not None:
            self._context.warn(job.error)
        self._show_notes()

    def _critique(self, _: str) -> None:
        version = self._view.current_version()

        async def plan() -> PlannedJob:
            return (await self._services.critiques.plan_essay_critique(LOCAL_WRITER, self._essay_id, version))[1]

        job = self._jobs.confirm_and_run(plan)
        if job is None:
            self._context.say("Nothing was begun.")
        elif job.state is JobState.DONE:
            self._show_critique(self._context.run(self._services.critiques.get(LOCAL_WRITER, job.argument)))
        else:
            self._context.warn(progress.job_end_message(job))

    def _show_last_critique(self, _: str) -> None:
        self._show_critique(self._last_critique())

    def _apply_finding(self, rest: str) -> None:
        critiqued, index = self._last_critique(), parse_number(rest) - 1
        applied = self._services.critiques.apply_finding(
            LOCAL_WRITER, critiqued.id, index, self._view.current_version()
        )
        self._show_change(self._context.run(applied))

    def _last_critique(self) -> StoredCritique:
        found = self._context.run(self._services.critiques.latest(LOCAL_WRITER, self._essay_id))
        if found is None:
            raise NothingToDo.no_critique()
        return found

    def _show_critique(self, critiqued: StoredCritique) -> None:
        structure = self._services.essays.structures.get(critiqued.structure or "")
        if critiqued.critique is not None:
            self._context.screen.print(views.render_critique(critiqued.critique, structure))
        if critiqued.version != self._view.current_version().info.number:
            self._context.say(f"These findings are about version {critiqued.version}; the text has changed since.")

    def _show_current_claims(self, _: str) -> None:
        self._show_claims(self._view.current_version())

    def _show_change(self, made: Version) -> None:
        if made.info.parent is not None:
            self._view.show_diff(made.info.parent, made.info.number)

    def _show_claims(self, version: Version) -> None:
        found = self._context.run(self._services.drafting.unsupported_claims(LOCAL_WRITER, self._essay_id, version))
        self._context.screen.print(views.render_claims(found, version.text))


_MENU_HELP = f"""\
post, post N       show the post, or its version N
edit N             change section N in your editor
answer             more questions, the skipped ones first
measures           what was counted in the post, and why an editor cares
title TEXT         give the post a title
undo, redo         go back a version, or forward again
history            all versions
diff A B           what changed from version A to version B
go N               make version N the current one
export [FILE]      write the post as Markdown (a name that ends in .txt: as plain text);
                   with --force behind it, a FILE that is there is replaced
done               leave; everything is stored

{NOTES_HELP}

A slash before a command changes nothing: /help and help are the same."""

FORCE_FLAG = "--force"


class EssayMenu:
    """Run commands until the writer leaves; each reads the essay anew."""

    def __init__(self, context: TerminalContext, essay: Essay, ask_more: Callable[[], None]) -> None:
        self._context = context
        self._services = context.services
        self._essays = context.services.essays
        self._essay_id = essay.id
        self._ask_more_questions = ask_more
        self._view = EssayView(context, essay.id)
        self._jobs = EssayJobs(context, essay.id)
        notes = NotesMenu(context, essay.id)
        self._commands: dict[str, Callable[[str], None]] = {
            "post": self._post,
            "edit": self._edit,
            "answer": self._answer,
            "measures": self._measures,
            "notes": notes.run,
            "note": notes.run,
            "title": self._title,
            "undo": self._undo,
            "redo": self._redo,
            "history": self._history,
            "diff": self._diff,
            "go": self._go,
            "export": self._export,
            "help": self._help,
            "skip": self._nothing_to_skip,
            "back": self._nothing_to_go_back_to,
        }
        if self._services.has_model:
            self._commands |= ModelMenu(context, essay.id, self._view, lambda: notes.run("")).commands

    def run(self) -> None:
        """Run commands until done or Ctrl-D. Raise KeyboardInterrupt on Ctrl-C."""
        self._view.show_overview()
        while True:
            try:
                words = [*(name for name in self._commands if name not in ("skip", "back")), "done"]
                line = self._context.keyboard.ask("\nNext [help]: ", words=words, recall=True).strip()
            except EOFError:
                line = "done"
            name, _, rest = line.partition(" ")
            name = name.lower().removeprefix("/")
            meant = parse_bare_command(name) if not rest.strip() else None
            if meant in (PromptCommand.DONE, PromptCommand.QUIT):
                self._context.say(session_left_message(self._essay_id))
                return
            name = meant.value if meant is not None else name
            if not name:
                continue
            try:
                self._jobs.release_interrupted()
                self._commands.get(name, self._unknown_command)(rest.strip())
            except BotError as error:
                self._context.warn(str(error))

    def _unknown_command(self, _: str) -> None:
        raise InvalidInput("There is no such command: help lists them. Nothing was changed.")

    def _help(self, _: str) -> None:
        self._context.say(f"{_MENU_HELP}\n\n{MODEL_HELP}" if self._services.has_model else _MENU_HELP)
        self._context.say(f"\n{privacy_notice(with_model=self._services.has_model)}")

    def _post(self, rest: str) -> None:
        version = self._view.current_version()
        if rest:
            version = self._context.run(self._essays.version(LOCAL_WRITER, self._essay_id, parse_number(rest)))
        self._view.show_post(version)

    def _edit(self, rest: str) -> None:
        version = self._view.current_version()
        index = self._view.section_index(version, rest, "edit 2")
        body = dict(editable_parts(version.text))[index].body
        with edit_in_editor(body.strip("\n") + "\n") as typed:
            if typed is None:
                self._context.say("The text was left as it was: nothing was changed.")
                return
            made = self._context.run(self._essays.edit_section(LOCAL_WRITER, self._essay_id, version, index, typed))
        self._report_edit(made, version)

    def _report_edit(self, made: EditResult, before: Version) -> None:
        if left_out := describe_removed(made.removed_comments, "text"):
            self._context.say(left_out)
        if not made.is_current:
            own = made.version.info.number
            self._context.warn(
                f"The post had changed meanwhile: your text is stored as version {own} beside it. go {own} leads there."
            )
        elif made.version == before:
            self._context.say("Nothing was changed.")
        else:
            self._view.show_overview()

    def _answer(self, _: str) -> None:
        try:
            self._ask_more_questions()
        except (SessionLeft, KeyboardInterrupt):
            self._add_answers_to_post()
            raise
        if self._add_answers_to_post():
            self._view.show_overview()
        else:
            self._context.say("The answers are stored as notes: draft has the post written anew with them.")

    def _add_answers_to_post(self) -> bool:
        """Assemble the post anew with new answers; return False if a model wrote it, as only a draft can add them."""
        if self._services.has_model and any(not info.origin.is_by_writer for info in self._view.versions()):
            return False
        self._context.run(self._essays.assemble_post(LOCAL_WRITER, self._essay_id))
        return True

    def _measures(self, _: str) -> None:
        essay = self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id))
        found = measure_text(self._view.current_version().text, self._essays.structure_of(essay))
        self._context.screen.print(views.render_measures(found))

    def _nothing_to_skip(self, _: str) -> None:
        raise InvalidInput("There is no question here to skip: help lists the commands. Nothing was changed.")

    def _nothing_to_go_back_to(self, _: str) -> None:
        raise InvalidInput(
            "Before this came the questions: answer puts more of them, undo takes the post a version back."
        )

    def _title(self, rest: str) -> None:
        self._context.run(self._essays.rename_essay(LOCAL_WRITER, self._essay_id, rest))
        self._context.say("The title is stored.")

    def _undo(self, _: str) -> None:
        self._context.run(self._essays.undo(LOCAL_WRITER, self._essay_id))
        self._view.show_overview()

    def _redo(self, _: str) -> None:
        self._context.run(self._essays.redo(LOCAL_WRITER, self._essay_id))
        self._view.show_overview()

    def _go(self, rest: str) -> None:
        self._context.run(self._essays.go_to_version(LOCAL_WRITER, self._essay_id, parse_number(rest)))
        self._view.show_overview()

    def _history(self, _: str) -> None:
        essay = self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id))
        self._context.screen.print(views.version_table(self._view.versions(), essay.head))

    def _diff(self, rest: str) -> None:
        numbers = [parse_number(word) for word in rest.split()]
        if not numbers:
            info = self._view.current_version().info
            if info.parent is None:
                raise NothingToDo.no_undo()
            numbers = [info.parent, info.number]
        if len(numbers) != 2:
            raise InvalidInput("Give two version numbers, as in: diff 1 2")
        self._view.show_diff(*numbers)

    def _export(self, rest: str) -> None:
        post = self._context.run(self._essays.export(LOCAL_WRITER, self._essay_id))
        words = rest.split()
        replace = FORCE_FLAG in (words[:1] + words[-1:])
        named = rest.removeprefix(FORCE_FLAG).removesuffix(FORCE_FLAG).strip() if replace else rest
        path = export_to_file(post, self._essay_id, named or None, replace=replace, sources=self._context.sources)
        self._context.run(self._essays.mark_exported(LOCAL_WRITER, self._essay_id, post))
        self._context.say(f"Exported to {path}")
        if points := describe_open_points(
            post.text, self._context.run(self._essays.notes(LOCAL_WRITER, self._essay_id))
        ):
            self._context.say(points)
