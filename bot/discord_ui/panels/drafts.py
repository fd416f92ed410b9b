"""The panels of the text, page by page, and of its versions, unsupported claims and measures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages import pages
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, shorten
from bot.discord_ui.panels import jobs
from bot.discord_ui.panels.cards import (
    MAX_MENU_OPTIONS,
    AttachedFile,
    Button,
    ButtonStyle,
    Card,
    CardPart,
    SelectMenu,
    SelectOption,
    Separator,
    TextBlock,
    action_button,
    block_quote,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    small_print,
)
from bot.discord_ui.panels.essay_state import EssayState
from bot.discord_ui.panels.forms import section_options
from bot.essay.claims import FLOOR_NOTICE, describe_no_findings
from bot.essay.essay import Origin, Version, VersionInfo
from bot.essay.export_targets import DEFAULT_TARGET, EXPORT_TARGETS, ExportedFile, find_export_target
from bot.essay.measures import MeasureHit
from bot.essay.private_text import count_private_passages
from bot.essay.support import describe_counts
from bot.essay.text.gaps import find_gaps
from bot.essay.text.sections import TextSection
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, truncate
from bot.essay.text_report import TextReport
from bot.services.essays import editable_parts
from bot.services.offload import THREAD_MAX_CHARACTERS, parse_in_worker

_CLAIMS_PER_PAGE = 6  # with their sentences they are as long as a page of text
_MEASURES_PER_PAGE = 5
_MAX_NOTABLE_HITS = 6  # hits listed below the measures
_MAX_NOTICES_UNITS = 2_500  # of a message's 4,000, below what is told of the file itself


@dataclass(frozen=True, slots=True)
class DraftPosition:
    """A position in a text: its page, and its section as EssayService.edit_section counts them.

    Each is None if none is chosen.
    """

    page: int | None = None
    section: int | None = None


MAX_REMARK_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A page of a text: its index and their number, its text, the sections, and the index of the chosen one."""

    page: int
    pages: int
    text: str
    sections: tuple[tuple[int, TextSection], ...]
    section: int


@dataclass(frozen=True, slots=True)
class DraftLayout:
    """The pages of a text and its sections that can be edited."""

    pages: tuple[Span, ...]
    sections: tuple[tuple[int, TextSection], ...]


@lru_cache(maxsize=512)  # as many texts as essay_state keeps the claims of
def compute_layout(text: str) -> DraftLayout:
    """Return the layout of a text. That takes up to a second for a long one."""
    return DraftLayout(pages.paginate(text), editable_parts(text))


# The layouts of long texts, the last used last. Those of other texts are in the cache of compute_layout.
_layout_cache: OrderedDict[str, DraftLayout] = OrderedDict()
_MAX_CACHED_LAYOUTS = 64


async def load_layout(writer: str, text: str) -> DraftLayout | None:
    """Return the layout of a long text, computed in a worker process, or None for a text that is short.

    Raise ParsingTimedOut if that takes too long.
    """
    if len(text) <= THREAD_MAX_CHARACTERS:
        return None
    layout = _layout_cache.get(text)
    if layout is None:
        layout = await parse_in_worker(writer, len(text), compute_layout, text)
    _layout_cache[text] = layout
    _layout_cache.move_to_end(text)
    if len(_layout_cache) > _MAX_CACHED_LAYOUTS:
        _layout_cache.popitem(last=False)
    return layout


def draft_page(text: str, position: DraftPosition, layout: DraftLayout | None = None) -> DraftPage:
    """Return the page at a position, whose numbers may be wrong: a page past the end is the last one.

    A section without a page leads to the page it begins on, a page without a section to the first that begins there.
    """
    layout = layout if layout is not None else compute_layout(text)
    spans, sections = layout.pages, layout.sections
    chosen = next((part for index, part in sections if index == position.section), None)
    if position.page is not None:
        page = min(position.page, max(0, len(spans) - 1))
    else:
        page = pages.page_number_at(spans, chosen.start) if chosen else 0
    section = position.section if chosen is not None and position.section is not None else None
    if section is None:
        section = _section_on_page(spans[page], sections) if spans else 0
    page_text = pages.render_page(text, spans[page]) if spans else "The text is empty."
    return DraftPage(page, max(1, len(spans)), page_text, sections, section)


def _section_on_page(page: Span, sections: tuple[tuple[int, TextSection], ...]) -> int:
    """Return the index of the first section that begins on the page, else of the one that continues there."""
    beginning = [index for index, part in sections if page.start <= part.start < page.end]
    earlier = [index for index, part in sections if part.start < page.start]
    return beginning[0] if beginning else earlier[-1] if earlier else 0


def draft_card(
    state: EssayState,
    version: Version,
    position: DraftPosition,
    notice: str | None = None,
    side_version: int | None = None,
    layout: DraftLayout | None = None,
    *,
    in_server: bool = False,
) -> Card:
    """Return the panel of the current version.

    ``side_version`` is a version made from an older one meanwhile; it is offered. A text can be shared ``in_server``.
    """
    essay, number = state.essay, state.version_number
    here = draft_page(version.text, position, layout)
    parts: list[CardPart] = [*notice_text(notice), heading_text(essay.title, "#"), TextBlock(here.text), Separator()]
    if version.remark and here.page == here.pages - 1 and _has_room(here.text):
        parts.append(TextBlock(f"**Beside the text the model says:** {_short_remark(version.remark)}"))
    parts.append(_draft_small_print(state, version, here))
    if side_version is not None:
        parts.extend(
            button_rows(
                action_button(
                    f"Show version {side_version}", "look", essay.id, number, side_version, style=ButtonStyle.PRIMARY
                ),
                action_button("Keep this one", "open", essay.id, number),
            )
        )
    if not version.info.is_complete:
        parts.extend(_unfinished_notice(state))
    parts.extend(jobs.job_recovery_buttons(state))
    # Its custom id must not be that of ◀, which goes to the same page from the second.
    first = action_button("First page", "open", essay.id, number, "first") if here.page else None
    parts.extend(page_buttons("page", essay.id, number, here.page, here.pages, first=first))
    if len(here.sections) > 1:
        parts.append(_section_menu(state, here))
    section, left, following = str(here.section), len(state.draft_questions), _next_step(state, version)

    def button(label: str, action: str, argument: str = "") -> Button:
        style = ButtonStyle.PRIMARY if action == following else ButtonStyle.SECONDARY
        return action_button(label, action, essay.id, number, argument, style=style)

    found = len(state.check.open) if state.check is not None else 0
    is_checkable = state.has_checker and state.is_by_model
    parts.extend(
        button_rows(
            button("Revise", "revise", section) if state.has_model else None,
            button("Edit", "edit", section),
            button(f"Check ({found})" if found else "Check", "check") if is_checkable else None,
            button("Critique", "critique") if state.has_model else button("Measure", "measures"),
            button("Export", "export"),
        )
    )
    parts.extend(button_rows(button(f"Open questions ({left})", "answer-open") if left else None))
    parts.append(_more_menu(state, in_server=in_server))
    return Card(tuple(parts))


def _next_step(state: EssayState, version: Version) -> str:
    """Return the action that most texts want next, "" where another button says it."""
    if not version.info.is_complete or state.side_version is not None or state.failed_job is not None:
        return ""
    if state.has_checker and state.is_by_model and state.check is not None and state.check.open:
        return "check"
    if state.draft_questions:
        return "answer-open"
    return "critique" if state.has_model and state.critique is None else "export"


def _draft_small_print(state: EssayState, version: Version, here: DraftPage) -> TextBlock:
    claim_count, gap_count = len(state.claims or ()), len(find_gaps(version.text))
    private = count_private_passages(state.notes)
    return small_print(
        count_noun(version.info.word_count, "word"),
        f"version {version.info.number}",
        f"{count_noun(claim_count, 'claim')} your notes do not hold" if claim_count else None,
        _check_text(state),
        "its claims are still being checked: “More” shows them"
        if state.claims is None and not state.has_checker
        else None,
        f"{count_noun(gap_count, 'gap')} marked NEED" if gap_count else None,
        f"{count_noun(private, 'private passage')} not in it" if private else None,
        f"{count_noun(state.new_note_count, 'newer note')} not in it" if state.new_note_count else None,
        f"page {here.page + 1} of {here.pages}" if here.pages > 1 else None,
        "unfinished" if not version.info.is_complete else None,
        f"version {state.side_version}, written last, waits beside it: More, History"
        if state.side_version is not None
        else None,
        "AI-written from your notes" if state.is_by_model else "your own words, no model wrote any of it",
    )


def _check_text(state: EssayState) -> str | None:
    """Say what the check of a text by a model has found; None if there is no checker."""
    if not (state.has_checker and state.is_by_model):
        return None
    if state.check_job is not None:
        return "being checked against your notes"
    if state.check is None or not state.check.is_checked:
        return "not checked against your notes"
    counts = describe_counts(state.check)
    left = f"{count_noun(len(state.check.unchecked), 'sentence')} not checked" if state.check.unchecked else ""
    if not counts and not left:
        return "every sentence rests on your notes"
    return ", ".join(part for part in (f"not in your notes: {counts}" if counts else "", left) if part)


def _has_room(text: str) -> bool:
    """Return whether a remark fits below a page; a byte more a character is what other scripts take."""
    return max(len(text), len(text.encode()) // 2) + 2 * MAX_REMARK_CHARACTERS <= pages.MAX_PAGE_UNITS


def _short_remark(remark: str) -> str:
    """Return the beginning of what a model said beside the text, on one line; the terminal shows the whole."""
    return escape_markdown(truncate(" ".join(remark.split()), MAX_REMARK_CHARACTERS))


def _unfinished_notice(state: EssayState) -> tuple[CardPart, ...]:
    essay, number = state.essay, state.version_number
    return button_rows(
        action_button("Continue", "finish", essay.id, number, style=ButtonStyle.PRIMARY) if state.has_model else None,
        action_button("Start again", "write", essay.id, number) if state.has_model else None,
        action_button("Keep as it is", "keep", essay.id, number),
        action_button("Discard", "discard", essay.id, number),
    )


def _section_menu(state: EssayState, here: DraftPage) -> SelectMenu:
    options = section_options(here.sections, here.section)
    return SelectMenu(
        str(CustomId("essay", "section", state.essay.id, state.version_number)), "Go to a section", options
    )


def _more_menu(state: EssayState, *, in_server: bool) -> SelectMenu:
    history = state.history
    write = "Draft again" if state.has_model else "Add the newer notes"
    write_description = "from all notes; this version stays" if state.has_model else "each in its section, unchanged"
    options = [
        SelectOption("Undo", "undo", f"back to version {history.undo_version}")
        if history.undo_version is not None
        else None,
        SelectOption("Redo", "redo", f"forward to version {history.redo_version}")
        if history.redo_version is not None
        else None,
        SelectOption("History", "history", f"{count_noun(len(state.versions), 'version')}, none is ever lost"),
        SelectOption("Check", "check", "what your notes do not hold, each in its sentence, and what you can do")
        if state.has_checker
        else SelectOption(
            "Unsupported claims", "claims", "by letters only: numbers, dates and quotations not in your notes"
        ),
        SelectOption("Measures", "measures", "what can be counted in the text"),
        SelectOption("Shape", "shape", "its sections, evidence and sentences as a picture"),
        SelectOption("Report", "report", "findings, notes, measures and shape as one page for a browser"),
        SelectOption("What changed", "changes", f"by sentence, since version {history.undo_version}")
        if history.undo_version is not None
        else None,
        SelectOption("Last critique", "critique-last", "where you left it") if state.critique else None,
        SelectOption("Share", "share", "as a thread in a channel of this server; you are asked first")
        if in_server
        else None,
        SelectOption("Feedback", "feedback", "what others said: answer it, or take the thread down")
        if state.was_shared
        else None,
        jobs.partial_result_option(state),
        SelectOption("Notes", "notes", f"{count_noun(len(state.notes), 'note')}; leave one out, or take it in again"),
        SelectOption("Answer questions", "interview", "more material for the text"),
        SelectOption("Add a note", "paste", "what nobody has asked for"),
        SelectOption(write, "write", write_description) if state.has_model or state.new_note_count else None,
        SelectOption("Rename", "rename", "give it another title"),
        SelectOption("New essay", "new", "this one stays in /essays"),
    ]
    return SelectMenu(
        str(CustomId("essay", "more", state.essay.id, state.version_number)),
        "More",
        tuple(option for option in options if option is not None),
    )


_OLD_EXPORT_KEYS = {
    "": DEFAULT_TARGET,
    "plain": "text",
}  # of buttons that were sent before there were places


def export_key(argument: str) -> str:
    """Return the key of the place that a button's argument names. Raise UnknownExportTarget for a forged one."""
    return find_export_target(_OLD_EXPORT_KEYS.get(argument, argument)).key


def export_question_card(essay: str, title: str, version: int, open_points: str, key: str) -> Card:
    """Return a card that says what is open in a text that is to be exported for a place, and asks."""
    anyway = action_button("Export as it is", "export-anyway", essay, version, key)
    look = action_button("Check first", "check", essay, version, style=ButtonStyle.PRIMARY)
    return Card(
        (
            heading_text(title),
            TextBlock(f"**Something is open in this text.** {open_points}"),
            *button_rows(look, anyway, action_button("Back", "open", essay, version)),
        )
    )


def exported_card(told: str, exported: ExportedFile, essay: str, version: int) -> Card:
    """Return a card with an exported file, what is to be told about it, and a menu of the other places."""
    notices = shorten("\n".join(f"-# {escape_markdown(one)}" for one in exported.notices), _MAX_NOTICES_UNITS)
    options = tuple(
        SelectOption(f"{target.label[:1].upper()}{target.label[1:]}", target.key)
        for target in EXPORT_TARGETS.values()
        if target.key != exported.key
    )
    menu = SelectMenu(str(CustomId("essay", "export-for", essay, version)), "Export for another place", options)
    return Card((TextBlock(f"{told}\n{notices}".strip()), AttachedFile(exported.name), menu))


def version_card(state: EssayState, version: Version, page: int, layout: DraftLayout | None = None) -> Card:
    """Return a page of a version that is not the current one, with the button that makes it current."""
    essay = state.essay
    here = draft_page(version.text, DraftPosition(page), layout)
    number = version.info.number
    parts: list[CardPart] = [
        heading_text(essay.title, "#"),
        TextBlock(
            f"**Version {number}**, {describe_origin(version.info.origin)}; "
            f"the current one is version {state.version_number}."
        ),
        TextBlock(here.text),
        Separator(),
        small_print(
            count_noun(version.info.word_count, "word"),
            f"page {here.page + 1} of {here.pages}" if here.pages > 1 else None,
        ),
        *page_buttons("read", essay.id, state.version_number, here.page, here.pages, str(number)),
    ]
    parts.extend(
        button_rows(
            action_button("Make it current", "go", essay.id, state.version_number, number, style=ButtonStyle.PRIMARY),
            action_button("What changed", "changes", essay.id, state.version_number, f"0.{number}"),
            action_button("History", "history", essay.id, state.version_number),
            action_button("Back to the text", "open", essay.id, state.version_number),
        )
    )
    return Card(tuple(parts))


_ORIGIN_TEXT = {
    Origin.ASSEMBLED: "set from your notes",
    Origin.DRAFTED: "drafted by a model",
    Origin.REVISED: "revised by a model",
    Origin.EDITED: "edited by you",
    Origin.SUGGESTION: "with a suggestion applied",
    Origin.MENDED: "mended as your notes hold it",
    Origin.IMPORTED: "pasted by you",
}


def describe_origin(origin: Origin) -> str:
    """Say how a version came to be."""
    return _ORIGIN_TEXT[origin]


def history_card(state: EssayState, page: int) -> Card:
    """Return a page of the versions, the newest first, with a menu to read one."""
    essay, number = state.essay, state.version_number
    newest_first = tuple(reversed(state.versions))
    page_count = max(1, -(-len(newest_first) // MAX_MENU_OPTIONS))
    page = min(page, page_count - 1)
    shown = newest_first[page * MAX_MENU_OPTIONS : (page + 1) * MAX_MENU_OPTIONS]
    lines = "\n".join(_version_line(info, current=info.number == essay.head) for info in shown)
    parts: list[CardPart] = [heading_text(essay.title), TextBlock(lines or "There is no version yet.")]
    if shown:
        options = tuple(
            SelectOption(
                f"Version {info.number}",
                str(info.number),
                f"{describe_origin(info.origin)}, {count_noun(info.word_count, 'word')}",
            )
            for info in shown
        )
        parts.append(SelectMenu(str(CustomId("essay", "look", essay.id, number)), "Read a version", options))
    parts.append(small_print(count_noun(len(newest_first), "version"), "going back loses none of them"))
    parts.extend(page_buttons("history", essay.id, number, page, page_count))
    parts.extend(button_rows(action_button("Back", "open", essay.id, number)))
    return Card(tuple(parts))


def _version_line(info: VersionInfo, *, current: bool) -> str:
    parent = f" from {info.parent}" if info.parent is not None else ""
    unfinished = "" if info.is_complete else ", unfinished"
    return (
        f"**{info.number}** {describe_origin(info.origin)}{parent}, {count_noun(info.word_count, 'word')}, "
        f"{info.created_at:%d %b %H:%M} UTC{unfinished}{' · **current**' if current else ''}"
    )


def claims_card(state: EssayState, page: int) -> Card:
    """Return a page of the claims that no note holds, each with its sentence."""
    essay, number = state.essay, state.version_number
    text = state.version.text if state.version else ""
    claims = state.claims or ()
    page_count = max(1, -(-len(claims) // _CLAIMS_PER_PAGE))
    page = min(page, page_count - 1)
    parts: list[CardPart] = [heading_text("Unsupported claims")]
    if not state.notes:
        parts.append(TextBlock("There are no notes to hold the text against: paste the material it was made from."))
    elif not claims:
        parts.append(TextBlock(describe_no_findings()))
    else:
        parts.append(TextBlock("Not found in your notes. Check each; take it out, or add a note that holds it."))
        parts.extend(
            TextBlock(
                f"**{escape_markdown(one_line(claim.label, 130))}**\n"
                f"{block_quote(one_line(claim.sentence_span.extract(text), 320))}"
            )
            for claim in claims[page * _CLAIMS_PER_PAGE : (page + 1) * _CLAIMS_PER_PAGE]
        )
        parts.append(small_print(FLOOR_NOTICE))
        parts.append(small_print(count_noun(len(claims), "claim"), f"page {page + 1} of {page_count}"))
    parts.extend(page_buttons("claims", essay.id, number, page, page_count))
    parts.extend(
        button_rows(
            action_button("Paste notes", "paste", essay.id, number), action_button("Back", "open", essay.id, number)
        )
    )
    return Card(tuple(parts))


def measures_card(
    title: str,
    report: TextReport,
    page: int,
    essay: str | None,
    version: int,
    notice: str | None = None,
    *,
    voice: Sequence[str] = (),
) -> Card:
    """Return what was counted in a text. ``essay`` is its id, None for a text that is not stored.

    ``voice`` says what it has kept of its writer's, in a line each.

    An essay's measures are paged. Those of a text that is not stored come all at once, since no button could lead back
    to it, and without examples if there are many.
    """
    raised = report.raised_measures
    page_count = max(1, -(-len(raised) // _MEASURES_PER_PAGE)) if essay else 1
    page = min(page, page_count - 1)
    shown = raised[page * _MEASURES_PER_PAGE : (page + 1) * _MEASURES_PER_PAGE] if essay else raised
    brief = len(shown) > _MEASURES_PER_PAGE
    parts: list[CardPart] = [heading_text(title)]
    if notice:
        parts.append(TextBlock(notice))
    parts.append(
        TextBlock(
            f"{count_noun(report.words, 'word')} apart from headings, {count_noun(len(report.sections), 'section')}."
        )
    )
    for measure in shown:
        examples = (
            escape_markdown(one_line(hit.span.extract(report.text).lstrip("# "), 120)) for hit in measure.hits_by_weight
        )
        example = None if brief else next(examples, None)
        quoted = f"\n> {example}" if example else ""
        parts.append(
            TextBlock(
                f"**{escape_markdown(measure.name)}**: "
                f"{escape_markdown(one_line(measure.summary, 100 if brief else 160))}\n"
                f"{escape_markdown(one_line(measure.advice, 100 if brief else 200))}{quoted}"
            )
        )
    if skipped := report.skipped_message:
        parts.append(TextBlock(skipped))
    if not raised:
        parts.append(TextBlock("No measure has anything to say about the whole."))
    if page == page_count - 1 and (hits := report.notable_hits):
        parts.append(TextBlock(_notable_hits_text(hits, report.text)))
    if page == page_count - 1 and voice:
        parts.append(TextBlock("\n".join(f"-# {escape_markdown(line)}" for line in voice)))
    quiet = sum(measure.was_measured and not measure.is_raised for measure in report.measures)
    parts.append(
        small_print(
            f"{count_noun(len(raised), 'measure')} raised, {quiet} quiet",
            f"page {page + 1} of {page_count}" if page_count > 1 else None,
        )
    )
    if essay:
        parts.extend(page_buttons("measures", essay, version, page, page_count))
        parts.extend(button_rows(action_button("Back", "open", essay, version)))
    return Card(tuple(parts))


def _notable_hits_text(hits: Sequence[MeasureHit], text: str) -> str:
    lines = [
        f"> {escape_markdown(one_line(hit.span.extract(text), 60))} ({escape_markdown(one_line(hit.note, 50))})"
        for hit in hits[:_MAX_NOTABLE_HITS]
    ]
    more = f"\n-# and {len(hits) - _MAX_NOTABLE_HITS} more" if len(hits) > _MAX_NOTABLE_HITS else ""
    return "Places worth a look:\n" + "\n".join(lines) + more
