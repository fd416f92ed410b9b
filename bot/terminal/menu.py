"""What a writer does with a post in the terminal, one command a line."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import BadInput, BotError, NothingToDo, UnknownSection
from bot.essay.essay import Essay, Version, VersionInfo
from bot.terminal import WRITER, critique_view, views
from bot.terminal.drafting import ended
from bot.terminal.editor import edited
from bot.terminal.handing_over import put_beside
from bot.terminal.output import shown
from bot.terminal.tools import Sitting
from bot.workflow.critique import measured
from bot.workflow.desk import Edited, editable
from bot.workflow.jobs import Job, JobKind, JobState

_COMMANDS = """\
post               show the post
edit N             change section N in your editor
answer             more questions, the skipped ones first
measures           what was counted in the post, and why an editor cares
notes, notes N     list the notes; leave note N out, or take it in again
title TEXT         give the post a title
undo, redo         go back a version, or forward again
history            all versions
diff A B           what changed from version A to version B
go N               make version N the current one
export [FILE]      write the post as Markdown (a name that ends in .txt: as plain text)
done               leave; everything is stored"""

_MODEL_COMMANDS = """\
draft              have the post drafted anew from the notes
continue           have the missing sections of a draft cut short written
keep               take a draft cut short for complete
again              begin once more what was stopped, failed or interrupted
sort               have the notes without a section sorted
revise N WHAT      have section N rewritten as you say
critique           an editor's findings
apply N            put finding N's wording into the post
claims             numbers, dates, names and quotations that your notes do not hold"""


class Menu:
    """Takes commands until the writer leaves. Each reads the essay anew, so nothing here can be stale."""

    def __init__(self, sitting: Sitting, essay: Essay, ask_more: Callable[[], None]) -> None:
        self._sitting = sitting
        self._tools = sitting.tools
        self._desk = sitting.tools.desk
        self._id = essay.id
        self._ask_more = ask_more
        self._doors: dict[str, Callable[[str], None]] = {
            "post": self._post,
            "edit": self._edit,
            "answer": self._answer,
            "measures": self._measures,
            "notes": self._notes,
            "title": self._title,
            "undo": self._undo,
            "redo": self._redo,
            "history": self._history,
            "diff": self._diff,
            "go": self._go,
            "export": self._export,
            "help": self._help,
        }
        self._model_doors: dict[str, Callable[[str], None]] = {
            "draft": self._draft,
            "continue": self._continue,
            "keep": self._keep,
            "again": self._again,
            "sort": self._sort,
            "revise": self._revise,
            "critique": self._critique,
            "apply": self._apply,
            "claims": self._claims,
        }

    def run(self) -> None:
        """Takes commands until done or Ctrl-D. Raises KeyboardInterrupt on Ctrl-C."""
        doors = self._doors | self._model_doors if self._tools.with_model else self._doors
        self._overview()
        while True:
            try:
                line = self._sitting.keyboard.ask("\nNext [help]: ", words=[*doors, "done"]).strip()
            except EOFError:
                line = "done"
            name, _, rest = line.partition(" ")
            name = name.lower()
            if name in {"done", "quit", "exit", "q"}:
                self._sitting.say(f"Everything is stored as essay {self._id}. essay-bot try goes on with it.")
                return
            if not name:
                continue
            try:
                doors.get(name, self._unknown)(rest.strip())
            except BotError as error:
                self._sitting.warn(str(error))

    def _current(self) -> Version:
        return self._sitting.run(self._desk.current(WRITER, self._id))

    def _overview(self) -> None:
        version = self._current()
        state = "" if version.info.complete else ", not complete: continue writes the rest"
        counted = views.summary(version.info.words, version.text)
        self._sitting.say(f"\nVersion {version.info.number}: {counted}{state}.")
        self._sitting.screen.print(views.section_list(version.text))

    def _unknown(self, _: str) -> None:
        raise BadInput("There is no such command: help lists them. Nothing was changed.")

    def _help(self, _: str) -> None:
        self._sitting.say(f"{_COMMANDS}\n\n{_MODEL_COMMANDS}" if self._tools.with_model else _COMMANDS)

    def _post(self, _: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        screen = self._sitting.screen
        screen.print(views.post(essay.title, self._current().text, styled=screen.is_terminal))

    def _part(self, version: Version, wanted: str) -> int:
        """The index of the section that the writer gave by its number or heading. Raises UnknownSection."""
        parts = editable(version.text)
        if not wanted:
            self._overview()
            raise BadInput("Give the number or the heading of the section, as in: edit 2")
        if wanted.isascii() and wanted.isdigit():
            if 1 <= _number(wanted) <= len(parts):
                return parts[_number(wanted) - 1][0]
        elif found := [index for index, part in parts if part.title.casefold() == wanted.casefold()]:
            return found[0]
        raise UnknownSection(wanted)

    def _edit(self, rest: str) -> None:
        version = self._current()
        index = self._part(version, rest)
        body = dict(editable(version.text))[index].body
        with edited(body.strip("\n") + "\n") as typed:
            if typed is None:
                self._sitting.say("The text was left as it was: nothing was changed.")
                return
            made = self._sitting.run(self._desk.edit_section(WRITER, self._id, version, index, typed))
        self._tell_edited(made, version)

    def _tell_edited(self, made: Edited, before: Version) -> None:
        if not made.current:
            number = made.version.info.number
            self._sitting.say(f"The post had changed meanwhile: your text is stored as version {number} beside it.")
        elif made.version == before:
            self._sitting.say("Nothing was changed.")
        else:
            self._overview()

    def _answer(self, _: str) -> None:
        self._ask_more()
        if self._tools.with_model and any(not info.origin.by_writer for info in self._versions()):
            self._sitting.say("The answers are stored as notes: draft has the post written anew with them.")
            return
        self._sitting.run(self._desk.post(WRITER, self._id))
        self._overview()

    def _measures(self, _: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        self._sitting.screen.print(views.measures(measured(self._current().text, self._desk.structure(essay))))

    def _notes(self, rest: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        found = self._sitting.run(self._desk.notes(WRITER, self._id))
        if not rest:
            self._sitting.screen.print(views.notes(found, self._desk.structure(essay)))
            return
        note = next((one for one in found if one.number == _number(rest)), None)
        if note is None:
            raise NothingToDo.no_note(_number(rest))
        change = self._desk.take_in if note.left_out else self._desk.leave_out
        version = self._sitting.run(change(WRITER, self._id, note.number))
        state = "is taken in again" if note.left_out else "is left out: it stays stored, and no model sees it"
        self._sitting.say(f"Note {note.number} {state}.")
        if version is None and note.left_out:
            self._sitting.say("A model wrote this text: draft has it written anew with the note.")
        elif not note.left_out and note.text in self._current().text:
            self._sitting.say("Its words still stand in the post: take them out there with edit.")

    def _title(self, rest: str) -> None:
        self._sitting.run(self._desk.rename(WRITER, self._id, rest))
        self._sitting.say("The title is stored.")

    def _undo(self, _: str) -> None:
        self._sitting.run(self._desk.undo(WRITER, self._id))
        self._overview()

    def _redo(self, _: str) -> None:
        self._sitting.run(self._desk.redo(WRITER, self._id))
        self._overview()

    def _go(self, rest: str) -> None:
        self._sitting.run(self._desk.go_to(WRITER, self._id, _number(rest)))
        self._overview()

    def _versions(self) -> tuple[VersionInfo, ...]:
        return self._sitting.run(self._desk.history(WRITER, self._id))

    def _history(self, _: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        self._sitting.screen.print(views.history(self._versions(), essay.head))

    def _diff(self, rest: str) -> None:
        numbers = [_number(word) for word in rest.split()]
        if not numbers:
            info = self._current().info
            if info.parent is None:
                raise NothingToDo.no_undo()
            numbers = [info.parent, info.number]
        if len(numbers) != 2:
            raise BadInput("Give two version numbers, as in: diff 1 2")
        found = self._sitting.run(self._desk.difference(WRITER, self._id, *numbers))
        screen = self._sitting.screen
        screen.print(views.changes(found, styled=screen.is_terminal and not screen.no_color))

    def _export(self, rest: str) -> None:
        post = self._sitting.run(self._desk.export(WRITER, self._id))
        path = put_beside(post, self._id, rest or None)
        self._sitting.run(self._desk.handed_over(WRITER, self._id, post))
        self._sitting.say(f"Exported to {shown(str(path))}")

    def _done(self, job: Job) -> bool:
        if job.state is not JobState.DONE:
            self._sitting.warn(ended(job))
        return job.state is JobState.DONE

    def _draft(self, _: str) -> None:
        if self._done(self._sitting.follow(self._id, self._tools.writing.draft(WRITER, self._id))):
            self._claims("")
        self._overview()

    def _continue(self, _: str) -> None:
        if self._done(self._sitting.follow(self._id, self._tools.writing.finish(WRITER, self._id))):
            self._claims("")
        self._overview()

    def _keep(self, _: str) -> None:
        self._sitting.run(self._tools.writing.keep_as_it_is(WRITER, self._id))
        self._overview()

    def _again(self, _: str) -> None:
        left = self._sitting.run(self._tools.jobs.latest(WRITER, self._id))
        if left is None or left.job.state is JobState.DONE:
            raise BadInput("Nothing was left undone here. Nothing was changed.")
        if left.job.kind is JobKind.CRITIQUE:
            self._critique("")
        elif self._done(self._sitting.follow(self._id, self._tools.writing.again(WRITER, left.job))):
            self._claims("")
            self._overview()

    def _sort(self, _: str) -> None:
        sorted_ = self._sitting.run(self._tools.interview.sort(WRITER, self._id))
        if sorted_.notice:
            self._sitting.warn(sorted_.notice)
        self._notes("")

    def _revise(self, rest: str) -> None:
        version = self._current()
        number, _, instruction = rest.partition(" ")
        index = self._part(version, number)
        start = self._tools.writing.revise(WRITER, self._id, version, index, instruction)
        if self._done(self._sitting.follow(self._id, start)):
            self._diff("")
            self._claims("")

    def _critique(self, _: str) -> None:
        version = self._current()
        critiqued, start = self._sitting.run(self._tools.criticism.of_essay(WRITER, self._id, version))

        async def begun() -> Job:
            return start

        if self._done(self._sitting.follow(self._id, begun())):
            found = self._sitting.run(self._tools.criticism.read(WRITER, critiqued.id)).critique
            essay = self._sitting.run(self._desk.open(WRITER, self._id))
            if found is not None:
                self._sitting.screen.print(critique_view.critique(found, self._desk.structure(essay)))

    def _apply(self, rest: str) -> None:
        critiqued = self._sitting.run(self._tools.criticism.latest(WRITER, self._id))
        if critiqued is None:
            raise NothingToDo.no_finding()
        index = _number(rest) - 1
        self._sitting.run(self._tools.criticism.apply(WRITER, critiqued.id, index, self._current()))
        self._diff("")

    def _claims(self, _: str) -> None:
        version = self._current()
        found = self._sitting.run(self._tools.writing.unsupported(WRITER, self._id, version))
        self._sitting.screen.print(critique_view.claims(found, version.text))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"{text or 'Nothing'} is no number: give one, such as 2")
    return int(text)
