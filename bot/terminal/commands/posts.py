"""Commands on the post itself: show, edit, title, measure, export, copy, undo, redo and the other versions."""

from __future__ import annotations

import re

from bot.errors import InvalidInput, NothingToDo, UnknownExportTarget
from bot.essay.essay import Version
from bot.essay.export import ExportablePost, describe_open_points
from bot.essay.export_targets import DEFAULT_TARGET, ExportedFile, export_for, export_target_for
from bot.essay.text.markdown_import import describe_removed
from bot.essay.text_report import describe_kept_voice, measure_text
from bot.services.essays import EditResult, editable_parts
from bot.terminal import LOCAL_WRITER, views
from bot.terminal.context import TerminalContext
from bot.terminal.editor import edit_in_editor
from bot.terminal.essay_view import EssayView, parse_number
from bot.terminal.exports import copy_to_clipboard, export_to_file
from bot.terminal.output import write_page
from bot.terminal.shape_view import ShapeView

_FORCE_FLAG = "--force"
_PLACE_FLAG = "--for"
_STRICT_FLAG = "--strict"


class PostCommands:
    """Show, edit, measure and export the post, and move between its versions."""

    def __init__(self, context: TerminalContext, essay: str, view: EssayView) -> None:
        self._context = context
        self._essays = context.services.essays
        self._essay_id = essay
        self._view = view

    def post(self, rest: str) -> None:
        """Show the post, or its version with the number given."""
        version = self._view.current_version()
        if rest:
            version = self._context.run(self._essays.version(LOCAL_WRITER, self._essay_id, parse_number(rest)))
        self._view.show_post(version)

    def edit(self, rest: str) -> None:
        """Open a section in the writer's editor, and store what was saved."""
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

    def measures(self, _: str) -> None:
        """Show what is counted in the post."""
        snapshot = self._context.run(self._essays.snapshot(LOCAL_WRITER, self._essay_id))
        found = measure_text(self._view.current_version().text, self._essays.structure_of(snapshot.essay))
        self._context.screen.print(views.render_measures(found))
        for line in describe_kept_voice(found, snapshot.notes):
            self._context.say(line)

    def shape(self, _: str) -> None:
        """Show how long the sections are, what in them could be checked, and how the sentences run."""
        found = self._context.run(self._context.services.reports.shape(LOCAL_WRITER, self._essay_id))
        self._context.screen.print(ShapeView(found))

    def report(self, rest: str) -> None:
        """Write the report as a page of HTML to the file named, or to a new one, and say where it is."""
        page = self._context.run(self._context.services.reports.of_essay(LOCAL_WRITER, self._essay_id))
        flags, words = _take_flags(rest.split(" "))
        named, replace = " ".join(words).strip() or None, _FORCE_FLAG in flags
        place = write_page(page.name, page.html, named, replace=replace, sources=self._context.sources)
        if place is not None:
            self._context.say(f"Written to {place}. Any browser shows it; it loads nothing.")

    def claims(self, _: str) -> None:
        """Show the claims of the post that the notes do not contain, as far as letters tell."""
        version = self._view.current_version()
        drafting = self._context.services.drafting
        found = self._context.run(drafting.unsupported_claims(LOCAL_WRITER, self._essay_id, version))
        self._context.screen.print(views.render_claims(found, version.text))

    def title(self, rest: str) -> None:
        """Give the post a title."""
        self._context.run(self._essays.rename_essay(LOCAL_WRITER, self._essay_id, rest))
        self._context.say("The title is stored.")

    def undo(self, _: str) -> None:
        """Go back one version."""
        self._context.run(self._essays.undo(LOCAL_WRITER, self._essay_id))
        self._view.show_overview()

    def redo(self, _: str) -> None:
        """Go forward one version."""
        self._context.run(self._essays.redo(LOCAL_WRITER, self._essay_id))
        self._view.show_overview()

    def go(self, rest: str) -> None:
        """Make the version with the number given the current one."""
        self._context.run(self._essays.go_to_version(LOCAL_WRITER, self._essay_id, parse_number(rest)))
        self._view.show_overview()

    def history(self, _: str) -> None:
        """List the versions."""
        essay = self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id))
        self._context.screen.print(views.version_table(self._view.versions(), essay.head))

    def diff(self, rest: str) -> None:
        """Show what changed between two versions, by default since the one before."""
        numbers = [parse_number(word) for word in rest.split()]
        if not numbers:
            info = self._view.current_version().info
            if info.parent is None:
                raise NothingToDo.no_earlier_version()
            numbers = [info.parent, info.number]
        if len(numbers) != 2:
            raise InvalidInput("Give two version numbers, as in: diff 1 2")
        self._view.show_diff(*numbers)

    def export(self, rest: str) -> None:
        """Write the post to the file named, or to a new one, and say where it is and what it still lacks.

        ``rest`` may begin with a place where it is read, with or without --for, and begin or end with --force and
        --strict. A first word with neither a dot nor a slash is a place.
        """
        post = self._context.run(self._essays.export(LOCAL_WRITER, self._essay_id))
        flags, words = _take_flags(rest.split(" "))
        if words[0] == _PLACE_FLAG:
            words = [*words[1:], ""]
            key: str | None = words.pop(0)
        else:
            key = words.pop(0) if re.fullmatch(r"[^./\\]+", words[0]) else None
        named = " ".join(words).strip() or None
        try:
            target = export_target_for(key, named)
        except UnknownExportTarget as error:
            error.args = (f"{error} A file is named with its ending, as in: export post.md",)
            raise
        if _STRICT_FLAG in flags:
            checking = self._context.services.checking
            self._context.run(checking.check_strictly(LOCAL_WRITER, self._essay_id, post.version))
        replace, sources = _FORCE_FLAG in flags, self._context.sources
        exported, path = export_to_file(post, self._essay_id, target.key, named, replace=replace, sources=sources)
        self._context.run(self._essays.mark_exported(LOCAL_WRITER, self._essay_id, post))
        self._context.say(f"Exported to {path}")
        self._report(post, exported)

    def copy(self, rest: str) -> None:
        """Put the post into the terminal's clipboard, as the place named takes it."""
        post = self._context.run(self._essays.export(LOCAL_WRITER, self._essay_id))
        exported = export_for(post, rest.removeprefix(_PLACE_FLAG).strip() or DEFAULT_TARGET)
        self._context.say(copy_to_clipboard(exported))
        self._context.run(self._essays.mark_exported(LOCAL_WRITER, self._essay_id, post))
        self._report(post, exported)

    def _report(self, post: ExportablePost, exported: ExportedFile) -> None:
        points = describe_open_points(post.text, self._context.run(self._essays.notes(LOCAL_WRITER, self._essay_id)))
        checked = self._context.run(
            self._context.services.checking.describe_for_export(LOCAL_WRITER, self._essay_id, post.version)
        )
        if points or checked:
            self._context.say(f"{points} {checked}".strip())
        for notice in exported.notices:
            self._context.say(notice)
        structure = self._essays.structures.get(post.structure)
        if structure is not None and post.title == structure.name:
            self._context.say("Its title is still the structure's name: title TEXT gives it one of its own.")


def _take_flags(words: list[str]) -> tuple[set[str], list[str]]:
    """Take the flags off both ends of some words; return them, and the words that are left, at least one."""
    flags = set()
    for place in (0, -1):
        while words and words[place] in (_FORCE_FLAG, _STRICT_FLAG):
            flags.add(words.pop(place))
    return flags, words or [""]
