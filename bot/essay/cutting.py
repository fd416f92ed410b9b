"""Take words out of a text so that the blocks beside them stay what they are.

What is cut of a paragraph takes with it what would be left alone: marks around it, a full stop, one of two spaces. A
paragraph of which nothing is left goes with its lines, as does the list item or quotation that it fills. Then both
texts are parsed and compared: a cut that changes anything else is refused, so that no odd case breaks a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.essay.text.markdown import Line, ends_sentence, split_lines
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import UNSPACED_LETTER

_BLOCK_MARKS = re.compile(
    r"[ \t>]*(?:(?:[-+*•‣◦⁃]|\d{1,9}[.)])[ \t]*)?(?:\[[ xX]][ \t]*)?"
)  # of a list, a task, a quotation
_CONTENT = re.compile(r"[^\s!-/:-@\[-`{-~…“”‘’«»„–—]")  # a letter, digit or symbol: neither punctuation nor markup
_TASK = re.compile(r"\s*\[[ xX]](?=\s|\Z)")
_PAIRS = frozenset({"**", "__", "~~", "``", "()", "[]", "“”", "‘’", '""', "«»", "„“"})
_ADDRESS = re.compile(r"](?:\((?:[^()\n\r]|\([^()\n\r]*\))*\)|\[[^\[\]\n\r]*])?")  # of a link, behind its words
_MARKS_AFTER = re.compile(r"([*_~`])\1*")
_OPENING_MARKS = '([“‘«„"*_~`'
_OPENED = re.compile(r"(?:\A|[\s(\[])[(\[“‘«„\"*_~`]+\Z")
_CLOSING = re.compile(r"[.,;:!?…)\]”’»]|[*_~`\"]+(?=[\s.,;:!?…)\]”’»]|\Z)")
_STOPS = re.compile(r"(?:[.!?…,;:]+|[ \t]*[–—])(?=[\s\"“”’»)\]*_~`]|\Z)")
_PUNCTUATION = re.compile(r"[.,;:!?…–—]")
_GAP_AFTER = re.compile(r"[ \t]*(?:(?:\r\n?|\n)[ \t>]*)?")
_LINE_END = re.compile(r"[ \t]*(?:\r\n?|\n|\Z)")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return a parser of blocks with tables, which reads ``[words]: more`` as a paragraph."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.disable("reference")
    parser.parse("text")  # it compiles its rules on the first text
    return parser


@dataclass(slots=True)
class _Node:
    """A block: its kind, its words ("" for one that holds others), its lines (half-open), what it holds."""

    kind: str
    words: str
    first: int
    end: int
    parts: list[_Node]

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table, with a NUL between the words of its cells."""
        return self.kind.startswith("tr_open")

    def leaves(self) -> Iterator[_Node]:
        """Yield the blocks in it that hold no others, or itself."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def _parse(text: str) -> _Node:
    """Return the blocks of a text as a tree; a table is one leaf for each row."""
    root = _Node("", "", 0, len(split_lines(text)), [])
    stack = [root]
    for token in _parser().parse(text):
        if token.nesting < 0:
            stack.pop()
        elif token.type == "inline":
            stack[-1].words += f"{token.content}\0"  # the cells of a row are told apart
        elif token.type in ("th_open", "td_open"):
            stack.append(stack[-1])
        else:
            first, end = token.map or (stack[-1].first, stack[-1].end)
            node = _Node(_kind(token), token.content, first, end, [])
            stack[-1].parts.append(node)
            if token.nesting > 0:
                stack.append(node)
    return root


def _kind(token: Token) -> str:
    return f"{token.type} {token.tag} {token.markup if token.type in ('list_item_open', 'heading_open') else ''}"


@dataclass(frozen=True, slots=True)
class _Cut:
    """What goes of a leaf whose words are from ``low`` to ``high``: all from ``start`` to ``end``."""

    leaf: _Node
    low: int
    start: int
    end: int
    high: int

    def leaves_content(self, text: str) -> bool:
        """Tell whether more than punctuation and markup stays, which is always so in the row of a table."""
        if self.leaf.is_row:
            return True
        rest = f"{text[self.low : self.start]} {text[self.end : self.high]}"
        return _CONTENT.search(_TASK.sub("", rest, count=1) if _TASK.match(rest) else rest) is not None


def cut_out(text: str, span: Span) -> str | None:
    """Return the text without the words at ``span`` and without what would be left of them.

    Return None where that would change what stands beside them.
    """
    lines, root = split_lines(text), _parse(text)
    cuts = [
        _find_cut(text, lines, leaf, span)
        for leaf in root.leaves()
        if leaf.first < leaf.end and lines[leaf.first].start < span.end and span.start < lines[leaf.end - 1].end
    ]
    if any(one.leaf.is_row and re.search(r"[|\n\r]", text[one.start : one.end]) for one in cuts):
        return None
    changed = [one for one in cuts if one.leaves_content(text)]
    emptied = tuple(_emptied(root, {id(one.leaf) for one in cuts if one not in changed}))
    edits = [*(_edit_leaf(text, one) for one in changed), *_edit_lines(lines, emptied)]
    left = text
    for place, put in sorted(edits, key=lambda one: one[0].start, reverse=True):
        left = left[: place.start] + put + left[place.end :]
    expected = _outline(root, {id(node) for node in emptied})
    found = _outline(_parse(left), set())
    changed_ids = {id(one.leaf) for one in changed}
    stands = len(expected) == len(found) and all(
        _is_same(before, after, changed=id(before[1]) in changed_ids)
        for before, after in zip(expected, found, strict=True)
    )
    return left if stands and _keeps_headings(text, left, span) else None


def _find_cut(text: str, lines: Sequence[Line], leaf: _Node, span: Span) -> _Cut:
    """Return what goes of a leaf: the words, marks that enclose nothing else, and the stop of a sentence that goes."""
    low, high = _bounds(text, lines, leaf, span)
    start = min(max(span.start, low), high)
    end = max(min(span.end, high), start)
    if start == end:
        return _Cut(leaf, low, start, end, high)
    start, end = _widen(text, low, start, end, high)
    lead = text[low:start].rstrip().rstrip(_OPENING_MARKS).rstrip()
    is_fresh = _BLOCK_MARKS.fullmatch(lead) or ends_sentence(lead)
    if is_fresh and (stop := _STOPS.match(text, end, high)) is not None:
        start, end = _widen(text, low, start, stop.end(), high)
    return _Cut(leaf, low, start, end, high)


def _bounds(text: str, lines: Sequence[Line], leaf: _Node, span: Span) -> tuple[int, int]:
    """Return where the words of a leaf begin and end, without the marks of blocks around it; in a row, of the cell."""
    low, high = lines[leaf.first].start, lines[leaf.end - 1].end
    if leaf.is_row:
        low = max(low, text.rfind("|", low, max(span.start, low)) + 1)
        bar = text.find("|", min(span.end, high), high)
        high = high if bar < 0 else bar
        cell = text[low:high]
        if not cell.strip():
            return low, high
        return low + len(cell) - len(cell.lstrip()), high - len(cell) + len(cell.rstrip())
    if not leaf.kind.startswith(("paragraph", "heading")):
        return low, high
    words = leaf.words.rstrip("\0").split("\n")
    last = lines[min(leaf.first + len(words), leaf.end) - 1]
    return low + max(lines[leaf.first].text.find(words[0]), 0), last.start + last.text.rfind(words[-1]) + len(words[-1])


def _widen(text: str, low: int, start: int, end: int, high: int) -> tuple[int, int]:
    """Return the place with the marks that enclose nothing else, and those of which it holds only the other one."""
    while True:
        before, after = text[max(low, start - 1) : start], text[end : min(end + 1, high)]
        address = _ADDRESS.match(text, end, high)
        if before == "[" and address is not None and text[max(low, start - 2) : start - 1] != "!":
            start, end = start - 1, address.end()
        elif before + after in _PAIRS - {"[]"}:
            start, end = start - 1, end + 1
        elif address is not None and text.count("[", start, end) > text.count("]", start, end):
            end = address.end()
        elif (marks := _MARKS_AFTER.match(text, end, high)) is not None and text.count(marks.group(), start, end) % 2:
            end = marks.end()
        elif (run := _marks_before(text, low, start)) and text.count(run, start, end) % 2:
            start -= len(run)
        else:
            return start, end


def _marks_before(text: str, low: int, start: int) -> str:
    mark = text[max(low, start - 1) : start]
    return mark * (start - low - len(text[low:start].rstrip(mark))) if mark and mark in "*_~`" else ""


def _gap_before(text: str, low: int, start: int) -> int:
    """Return where the white space before a place begins: spaces, or a line break with what is around it."""
    line = text[low:start].rstrip(" \t>")
    before = line.removesuffix("\n").removesuffix("\r")
    return low + len((before if before != line else text[low:start]).rstrip(" \t"))


def _dangling(text: str, low: int, left: int) -> int | None:
    """Return where a comma or dash begins that would be left alone; that behind "[^1]" is a footnote's."""
    bare = text[low : left - 1].rstrip(" \t")
    return low + len(bare) if left > low and text[left - 1] in ",;:–—" and not bare.endswith("]") else None


def _edit_leaf(text: str, cut: _Cut) -> tuple[Span, str]:
    """Return the place that goes of a leaf of which words stay, and what is put there: the space between those."""
    low, start, end, high = cut.low, cut.start, cut.end, cut.high
    if start == end:
        return Span(start, end), ""
    line = max(low, text.rfind("\n", low, start) + 1, text.rfind("\r", low, start) + 1)
    after = _GAP_AFTER.match(text, end, high)
    left, right = _gap_before(text, low, start), after.end() if after else end
    gap, following = text[left:start], text[end:right]
    if _BLOCK_MARKS.fullmatch(text, line, start):
        if not re.search(r"[\r\n]", following) and right < high:
            return Span(start, right), ""
        if line == low:
            return Span(low, right), ""
        line_end = _LINE_END.match(text, end)  # of the lines that the words fill
        return Span(line, line_end.end() if line_end else end), ""
    dangling = _dangling(text, low, left)
    if dangling is not None and (right == high or _PUNCTUATION.match(text, right, high)):
        return Span(dangling, end if right < high else high), ""
    if right == high or (not following and _CLOSING.match(text, end, high)):
        return Span(left, right), ""
    if not gap and _OPENED.search(text[max(low, left - 20) : left]):
        return Span(left, right), ""
    put = max(gap, following, key=lambda space: ("\n" in space or "\r" in space, bool(space)))
    beside = text[left - 1] + text[right]
    if not put and all(map(str.isalnum, beside)) and not UNSPACED_LETTER.search(beside):
        put = " "
    return Span(left, right), put


def _emptied(node: _Node, gone: set[int]) -> Iterator[_Node]:
    """Yield the outermost blocks of which everything goes."""
    for part in node.parts:
        if all(id(leaf) in gone for leaf in part.leaves()):
            yield part
        else:
            yield from _emptied(part, gone)


def _edit_lines(lines: Sequence[Line], emptied: Sequence[_Node]) -> Iterator[tuple[Span, str]]:
    """Yield the lines of the blocks that go, each with the blank lines on one side if there are some on both."""
    blank = [not line.text.strip(" \t>") for line in lines]
    gone = {number for node in emptied for number in range(node.first, node.end)}
    at = 0
    while at < len(lines):
        first = at
        while at < len(lines) and (at in gone or (blank[at] and first < at)):
            at += 1
        if first == at:
            at += 1
            continue
        end = at
        while blank[end - 1] and end - 1 > first:
            end -= 1
        at = max(end, at)
        if (first == 0 or blank[first - 1]) and (end == len(lines) or blank[end]):
            is_last = all(blank[end:]) or (first > 0 and ">" in lines[first - 1].text and ">" not in lines[end].text)
            while not is_last and end < len(lines) and blank[end]:
                end += 1
            while is_last and first > 0 and blank[first - 1]:
                first -= 1
        yield Span(lines[first].start, lines[end - 1].next_start), ""


def _outline(node: _Node, gone: set[int], depth: int = 0) -> list[tuple[int, _Node]]:
    """Return the blocks with their depths, without those that go.

    The lists themselves are left out, so that two bullet lists may come together with the same items.
    """
    found: list[tuple[int, _Node]] = []
    for part in node.parts:
        if id(part) not in gone:
            if not part.kind.startswith("bullet_list"):
                found.append((depth, part))
            found += _outline(part, gone, depth + 1)
    return found


def _is_same(before: tuple[int, _Node], after: tuple[int, _Node], *, changed: bool) -> bool:
    """Tell whether a block is what it was, but for its words where they ``changed``; in a row, for those of a cell."""
    (depth, old), (new_depth, new) = before, after
    if (depth, old.kind) != (new_depth, new.kind):
        return False
    if not changed or not old.is_row:
        return changed or old.words == new.words
    cells, left = old.words.split("\0"), new.words.split("\0")
    return len(cells) == len(left) and sum(one != other for one, other in zip(cells, left, strict=True)) <= 1


def _keeps_headings(text: str, left: str, span: Span) -> bool:
    """Tell whether the headings are the same, but for those that the words stand in."""
    before = [part for part in split_sections(text) if part.level]
    kept = [part.title for part in before if not (part.start < span.end and span.start < part.body_start)]
    words = {word for part in before if part.title not in kept for word in part.title.split()}
    after = [part.title for part in split_sections(left) if part.level]
    rest = iter(after)
    if len(after) > len(before) or not all(title in rest for title in kept):
        return False
    return all(title in kept or words.issuperset(title.split()) for title in after)
