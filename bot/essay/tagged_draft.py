"""Read what a model writes between tags: the sections it was asked for, and beside them what it asks or was told.

A draft is ``<section key="KEY">…</section>`` for each section, the rewrite of a passage is ``<rewrite>…</rewrite>``.
Beside or inside them stand ``<question section="KEY">…</question>``, ``<fact>…</fact>`` and ``<names kept="…"
out="…"/>``. Everything else is a remark: kept and shown apart, never part of a post. A tag that was not closed is the
section to continue. From a server that ignores the form a draft is read by its Markdown headings: level 2, worded
exactly.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.essay.structure import Section, Structure
from bot.essay.tags import Tag, TagReader
from bot.essay.text.sections import heading_text, join_sections, split_sections
from bot.essay.text.words import count_words

_TAGS = TagReader("section", "rewrite", "question", "fact", "names")
_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*\w*[ \t]*$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n\s*\n")
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_HEADING_LINE = re.compile(r"\s*#{1,6}[ \t]+(?P<title>[^\n]*)(?:\n|\Z)")


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """What a model would ask the writer, and the key of the section it is for, None if it names none of them."""

    section: str | None
    text: str


@dataclass(frozen=True, slots=True)
class TaggedDraft:
    """A model's reply, read.

    ``bodies`` are the sections that it finished, by key; ``open_section`` is the key of the one that it broke off in,
    and what there is of it. ``rewrite`` is the passage it rewrote, None for none; ``is_rewrite_open`` if that broke
    off. ``names_kept`` and ``names_out`` are what it says of names, unchecked. ``remark`` is all that belongs to none
    of these, "" for nothing.
    """

    bodies: Mapping[str, str] = field(default_factory=dict)
    open_section: tuple[str, str] | None = None
    rewrite: str | None = None
    is_rewrite_open: bool = False
    questions: tuple[ModelQuestion, ...] = ()
    facts: tuple[str, ...] = ()
    names_kept: tuple[str, ...] = ()
    names_out: tuple[str, ...] = ()
    remark: str = ""


def parse(raw: str, structure: Structure, keys: Collection[str] | None = None, *, is_cut: bool = False) -> TaggedDraft:
    """Read a reply, whole or as much as has come of it.

    ``keys`` are the sections that were asked for, None for all of the structure. Of a section that comes twice the
    first counts, and the second is a remark, as is one that was not asked for. A tag inside a section ends that section
    if it opens another. ``is_cut`` says that the reply broke off, which Markdown headings alone cannot tell.
    """
    asked = [section for section in structure.sections if keys is None or section.key in keys]
    builder = _DraftBuilder(structure, {section.key for section in asked})
    for part in _TAGS.read(raw):
        if isinstance(part, Tag):
            builder.add_tag(part)
        else:
            builder.add_text(part)
    draft = builder.end()
    if draft.bodies or draft.open_section or draft.rewrite is not None:
        return draft
    return _parse_headings(raw, structure, asked, is_cut=is_cut) or draft


def render(raw: str, structure: Structure) -> str:
    """Return what has come of a reply as Markdown to be shown: each section under its heading, as far as it has come.

    A reply without sections is returned as it stands, without what may be the beginning of a tag.
    """
    seen = _TAGS.remove_begun(raw)
    if not _TAGS.is_in(seen):  # Markdown is shown as it is, also what will turn out to be a remark
        return seen.strip()
    draft = parse(seen, structure, is_cut=True)
    if draft.rewrite is not None:
        return draft.rewrite
    bodies = dict(draft.bodies)
    if draft.open_section:
        bodies[draft.open_section[0]] = draft.open_section[1]
    if not bodies:
        return _TAGS.remove(seen).strip()
    headings = {section.key: section.heading for section in structure.sections}
    return "\n\n".join(f"## {headings[key]}\n\n{body}".rstrip() for key, body in bodies.items()) + "\n"


def without_tags(raw: str) -> str:
    """Return what has come of a reply without its tags, to count its words."""
    return _TAGS.remove(_TAGS.remove_begun(raw), " ")


def read_rewrite(raw: str, structure: Structure, heading: str, old: str = "") -> TaggedDraft:
    """Read a reply that was to hold one rewritten passage; ``heading`` is that of its section, "" for none.

    From a server that ignores the form it is what stands below that very heading, where the reply begins with it, or
    the whole reply, where each of its paragraphs is plainly made of the ``old`` passage. Anything else is a remark.
    """
    draft = parse(raw, structure)
    if draft.rewrite is not None:
        return TaggedDraft(
            rewrite=without_heading(draft.rewrite, heading),
            is_rewrite_open=draft.is_rewrite_open,
            questions=draft.questions,
            facts=draft.facts,
            names_kept=draft.names_kept,
            names_out=draft.names_out,
            remark=draft.remark,
        )
    if heading and (body := without_heading(raw, heading)) != raw.strip("\n"):
        return TaggedDraft(rewrite=body)
    if not _TAGS.is_in(raw) and _is_made_of(raw, old):
        return TaggedDraft(rewrite=raw.strip("\n"))
    return TaggedDraft(remark=raw.strip())


def _is_made_of(raw: str, old: str) -> bool:
    """Tell whether in each paragraph at least half of the pairs of neighbouring words stand in the old text, too.

    That can be known of a rewrite that keeps what it was not asked to change. A refusal, a question and "Here is the
    new version:" have words of their own.
    """
    held = set(_word_pairs(old))
    paragraphs = [_word_pairs(each) for each in _BLANK_LINES.split(raw) if each.strip()]
    return bool(paragraphs) and all(
        pairs and 2 * sum(pair in held for pair in pairs) >= len(pairs) for pairs in paragraphs
    )


def _word_pairs(text: str) -> list[tuple[str, str]]:
    return list(pairwise(_WORD.findall(text.casefold())))


def without_heading(body: str, heading: str) -> str:
    """Return a section's body without its own heading, if it begins with that, and without blank lines around it."""
    found = _HEADING_LINE.match(body)
    if found is not None and heading and _is_same(heading_text(found["title"]), heading):
        body = body[found.end() :]
    return body.strip("\n")


@dataclass
class _DraftBuilder:
    """What a reply came to up to here. ``container`` is the section or rewrite that is open: its name and its key."""

    structure: Structure
    asked: Collection[str]
    bodies: dict[str, str] = field(default_factory=dict)
    rewrites: list[str] = field(default_factory=list)
    questions: list[ModelQuestion] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=lambda: {"kept": [], "out": []})
    remarks: list[str] = field(default_factory=list)
    container: tuple[str, str | None] | None = None
    container_text: list[str] = field(default_factory=list)
    aside: tuple[str, str | None] | None = None
    aside_text: list[str] = field(default_factory=list)

    def add_text(self, text: str) -> None:
        target = self.aside_text if self.aside else self.container_text if self.container else self.remarks
        target.append(text)

    def add_tag(self, tag: Tag) -> None:
        name, attributes = tag.name, tag.attributes
        self._end_aside()
        if name in ("section", "rewrite"):
            self._end_container()
            if not tag.is_closing and not tag.is_empty:
                self.container = (name, self._key(attributes.get("key", "")))
        elif name == "names":
            for kind, listed in self.names.items():
                listed += [each.strip() for each in attributes.get(kind, "").split(",") if each.strip()]
        elif not tag.is_closing and not tag.is_empty:
            own = self.container[1] if self.container else None
            self.aside = (name, self._key(attributes.get("section", "")) or own)

    def end(self) -> TaggedDraft:
        """Return the whole."""
        if self.aside:  # it broke off: half a question is none
            self.remarks += self.aside_text
        open_section, is_rewrite_open = None, False
        if self.container:
            name, key = self.container
            text = "".join(self.container_text).strip("\n")
            if name == "section" and self._is_new(key):
                open_section = (str(key), self._body(key, text))
                self.container = None
            elif name == "rewrite":
                is_rewrite_open = not self.rewrites
        self._end_container()
        return TaggedDraft(
            self.bodies,
            open_section,
            self.rewrites[0] if self.rewrites else None,
            is_rewrite_open,
            tuple(self.questions),
            tuple(self.facts),
            tuple(self.names["kept"]),
            tuple(self.names["out"]),
            _remark(self.remarks),
        )

    def _key(self, named: str) -> str | None:
        section = _find_section(self.structure, named)
        return section.key if section else None

    def _is_new(self, key: str | None) -> bool:
        return key in self.asked and not count_words(self.bodies.get(str(key), ""))

    def _body(self, key: str | None, text: str) -> str:
        section = self.structure.find_section(key)
        return without_heading(text, section.heading) if section else text

    def _end_container(self) -> None:
        if self.container:
            name, key = self.container
            text = "".join(self.container_text).strip("\n")
            if name == "section" and self._is_new(key):
                self.bodies[str(key)] = self._body(key, text)
            elif name == "rewrite" and not self.rewrites:
                self.rewrites.append(text)
            else:
                self.remarks.append(f"\n\n{text}\n\n")
        self.container, self.container_text = None, []

    def _end_aside(self) -> None:
        if self.aside and (text := " ".join("".join(self.aside_text).split())):
            name, key = self.aside
            if name == "question":
                self.questions.append(ModelQuestion(key, text))
            else:
                self.facts.append(text)
        self.aside, self.aside_text = None, []


def _parse_headings(raw: str, structure: Structure, asked: Sequence[Section], *, is_cut: bool) -> TaggedDraft | None:
    """Read a reply that holds its sections under Markdown headings; None where it has no such heading."""
    parts = split_sections(_FENCE_LINE.sub("", raw) if _FENCE_LINE.match(raw.lstrip()) else raw)
    found = {
        index: section
        for index, part in enumerate(parts)
        if part.level == 2 and (section := next((one for one in asked if _is_same(part.title, one.heading)), None))
    }
    if not found or not any(line.startswith("##") for line in raw.splitlines()):
        return None
    bodies: dict[str, str] = {}
    remarks = [join_sections(parts[: min(found)])]
    order = [*found, len(parts)]
    for begin, end in pairwise(order):
        key = found[begin].key
        body = (parts[begin].body + join_sections(parts[begin + 1 : end])).strip("\n")
        if count_words(bodies.get(key, "")):
            remarks.append(f"\n\n{body}")
        else:
            bodies[key] = body
    open_section = (key, bodies.pop(key)) if is_cut and bodies[key] == body else None
    return TaggedDraft(bodies, open_section, remark=_remark(remarks))


def _find_section(structure: Structure, named: str) -> Section | None:
    """Return the section with this key or, word for word, this heading."""
    return next((one for one in structure.sections if _is_same(named, one.key) or _is_same(named, one.heading)), None)


def _is_same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _remark(pieces: Sequence[str]) -> str:
    """Return the words outside of the tags, without marks that say nothing."""
    text = re.sub(r"\n\s*\n", "\n\n", _FENCE_LINE.sub("", "".join(pieces))).strip()
    return text if count_words(text) else ""
