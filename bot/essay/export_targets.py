"""The places where a post is read, and a post as each of them takes it.

``EXPORT_TARGETS`` says of each place what stands above the text, what it can show, and where that is known from;
docs/export.md says the same to writers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from itertools import takewhile
from pathlib import PurePath
from types import MappingProxyType
from typing import Literal

import yaml

from bot.errors import InvalidInput, UnknownExportTarget
from bot.essay.export import (
    MAX_LINKEDIN_CHARACTERS,
    ExportablePost,
    export_file_name,
    export_markdown,
    export_plain_text,
    extract_description,
)
from bot.essay.export_html import post_to_html
from bot.essay.facts import is_generic_name, names
from bot.essay.text.markdown import parse_tokens, split_top_level_blocks
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.plain_text import expand_footnotes, to_plain_text, to_single_line
from bot.essay.text.privacy_marks import public_text
from bot.essay.text.sections import split_sections
from bot.essay.text.sentences import find_sentences
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, truncate

Form = Literal["stored", "text", "short text", "markdown", "html", "docx"]
"""What is made: the stored text under front matter, plain text, plain text cut to a limit, the Markdown that readers
are to see, a page, or a Word document."""
Mark = Literal["table", "nested list", "strikethrough", "picture"]
FieldValue = str | bool | date | list[str]
FrontMatter = Mapping[str, Callable[[ExportablePost], FieldValue]]

_MAX_DEVTO_TITLE_CHARACTERS = 128  # forem/forem, app/models/article.rb
_MAX_NAMES_LISTED = 30  # more are no list that anybody reads
_MAX_SECTIONS_LISTED = 12  # more than any structure has
_ALL_MARKS: frozenset[Mark] = frozenset({"table", "nested list", "strikethrough", "picture"})
_SUBSTITUTES: Mapping[Mark, str] = {
    "table": "{} shows no tables: each row is a line of its own.",
    "nested list": "{} shows no lists inside lists: look at them after pasting.",
    "strikethrough": "{} shows no strikethrough: the words that are struck out read like all others.",
    "picture": "A picture is a link in this file: put the picture itself in its place.",
}
_PICTURE_IN_TEXT = "Of a picture its description alone is in this text: add the picture itself where you post it."
_TEXT_MARKS: frozenset[Mark] = frozenset({"nested list"})
# Liquid, https://shopify.github.io/liquid/basics/introduction/, and Hugo, https://gohugo.io/content-management/shortcodes/
_LIQUID = re.compile(r"\{[{%]")
_SHORTCODE = re.compile(r"\{\{[<%]")


@dataclass(frozen=True, slots=True)
class ExportTarget:
    """A place where posts are read, and what it takes.

    ``front_matter`` are the fields above the text, each with what it is made of. ``shows`` are the marks that it can
    show besides headings, emphasis, quotations, lists, links and code. ``title_field`` says that the title is typed
    into a field of its own there, and so is not in the file. ``next_step`` tells the writer what to do with the file.
    ``sources`` are the pages that say so, as read in November 2026. ``label`` stands in the midst of a sentence.
    """

    key: str
    label: str
    form: Form
    extension: str
    next_step: str = ""
    front_matter: FrontMatter = field(default_factory=dict)
    shows: frozenset[Mark] = _ALL_MARKS
    title_field: bool = False
    max_characters: int | None = None
    template_marks: re.Pattern[str] | None = None
    sources: tuple[str, ...] = ()

    @property
    def phrase(self) -> str:
        """Say what is made, as in "as plain text" and "for LinkedIn"."""
        return f"{'for' if self.next_step else 'as'} {self.label}"


def _title(post: ExportablePost) -> str:
    return post.title


def _day(post: ExportablePost) -> date:
    return post.day


def _description(post: ExportablePost) -> str:
    return extract_description(post.text)


def _tags(post: ExportablePost) -> list[str]:
    return ["career", post.structure]


_HUGO: FrontMatter = {
    "title": _title,
    "date": _day,
    "draft": lambda _: True,
    "description": _description,
    "tags": _tags,
}
_JEKYLL: FrontMatter = {
    "layout": lambda _: "post",
    "title": _title,
    "date": _day,
    "published": lambda _: False,
    "description": _description,
    "tags": _tags,
}
_OBSIDIAN: FrontMatter = {
    "aliases": lambda post: [post.title],
    "date": _day,
    "description": _description,
    "tags": _tags,
}
_DEVTO: FrontMatter = {
    "title": lambda post: truncate(post.title, _MAX_DEVTO_TITLE_CHARACTERS),
    "published": lambda _: False,
    "description": _description,
    # At most four, of letters and digits alone.
    "tags": lambda post: ", ".join(re.sub(r"[^a-z0-9]", "", tag) for tag in _tags(post)),
}

_TARGETS = (
    ExportTarget("markdown", "Markdown", "stored", ".md"),
    ExportTarget("text", "plain text", "text", ".txt", shows=_TEXT_MARKS),
    ExportTarget(
        "linkedin",
        "LinkedIn",
        "short text",
        ".txt",
        next_step="Paste it into a new post.",
        shows=_TEXT_MARKS,
        max_characters=MAX_LINKEDIN_CHARACTERS,
        sources=(
            "https://bulkpublish.com/blog/linkedin-character-limit/",
            "https://postformatter.com/linkedin-post-formatting-guide/",
        ),
    ),
    ExportTarget(
        "medium",
        "Medium",
        "html",
        ".html",
        next_step="Open the file in a browser, select all, copy, and paste it into a new story.",
        shows=frozenset(),
        sources=(
            "https://blog.medium.com/tips-and-tricks-for-medium-writers-1d79498101c3",
            "https://www.publishhelper.com/en/tools/for/medium",
        ),
    ),
    ExportTarget(
        "substack",
        "Substack",
        "html",
        ".html",
        next_step="Open the file in a browser, select all, copy, and paste it into a new post.",
        shows=frozenset({"nested list", "strikethrough"}),
        title_field=True,
        sources=("https://downstack.app/blog/markdown-to-substack-complete-guide",),
    ),
    ExportTarget(
        "ghost",
        "Ghost",
        "markdown",
        ".md",
        next_step="Paste it into a Markdown card of a new post.",
        title_field=True,
        sources=("https://ghost.org/help/using-markdown/",),
    ),
    ExportTarget(
        "devto",
        "DEV",
        "markdown",
        ".md",
        next_step="Paste it into the basic Markdown editor. It is published once you change published to true.",
        front_matter=_DEVTO,
        template_marks=_LIQUID,
        sources=("https://dev.to/p/editor_guide", "https://github.com/forem/forem"),
    ),
    ExportTarget(
        "hugo",
        "Hugo",
        "markdown",
        ".md",
        next_step="Put it into content/posts. It is a draft until you change draft to false.",
        front_matter=_HUGO,
        template_marks=_SHORTCODE,
        sources=("https://gohugo.io/content-management/front-matter/",),
    ),
    ExportTarget(
        "jekyll",
        "Jekyll",
        "markdown",
        ".md",
        next_step="Put it into _posts. It is published once you change published to true.",
        front_matter=_JEKYLL,
        template_marks=_LIQUID,
        sources=("https://jekyllrb.com/docs/front-matter/", "https://jekyllrb.com/docs/posts/"),
    ),
    ExportTarget(
        "obsidian",
        "Obsidian",
        "markdown",
        ".md",
        next_step="Put it into your vault; its title is an alias.",
        front_matter=_OBSIDIAN,
        sources=("https://help.obsidian.md/properties", "https://help.obsidian.md/tags"),
    ),
    ExportTarget("html", "a web page", "html", ".html", shows=_ALL_MARKS - {"picture"}),
    ExportTarget("docx", "a Word document", "docx", ".docx", shows=_ALL_MARKS - {"picture"}),
)
EXPORT_TARGETS: Mapping[str, ExportTarget] = MappingProxyType({target.key: target for target in _TARGETS})
DEFAULT_TARGET = "markdown"
_TARGET_BY_EXTENSION = {".txt": "text", ".html": "html", ".htm": "html", ".docx": "docx"}
_CONTENT: Mapping[Form, str] = {
    "stored": "Markdown",
    "text": "plain text",
    "short text": "plain text",
    "markdown": "Markdown",
    "html": "a web page",
    "docx": "a Word document",
}
# Programs open what ends so as one format alone. What ends otherwise may hold any text, but no Word document.
_FORMAT_ENDINGS = frozenset({".html", ".htm", ".docx", ".doc", ".odt", ".rtf", ".pdf", ".epub", ".pages"})
_TEXT_ENDINGS = frozenset({".md", ".markdown", ".txt"})


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A post as the place with the key takes it: the file's name and bytes, and sentences for the writer about it."""

    key: str
    name: str
    data: bytes
    notices: tuple[str, ...]

    @property
    def target(self) -> ExportTarget:
        """The place."""
        return EXPORT_TARGETS[self.key]

    @property
    def text(self) -> str:
        """Return the file as text. Raise UnicodeDecodeError for a Word document."""
        return self.data.decode()


def find_export_target(key: str) -> ExportTarget:
    """Return the place with this key, in any case. Raise UnknownExportTarget."""
    wanted = key.strip().lower()
    if (found := EXPORT_TARGETS.get(wanted)) is not None:
        return found
    close = get_close_matches(wanted[:100], EXPORT_TARGETS, 1, 0.7)
    raise UnknownExportTarget(key, list(EXPORT_TARGETS), close[0] if close else None)


def export_target_for(key: str | None, path: str | None) -> ExportTarget:
    """Return the place with this key, else what the ending of a file's name asks for, else Markdown.

    Raise UnknownExportTarget, and InvalidInput where the name is empty or its ending that of another format.
    """
    if path == "":
        raise InvalidInput("Nothing was exported: the name of the file is empty. Give the file a name.")
    ending = PurePath(path).suffix.lower() if path else ""
    target = find_export_target(_TARGET_BY_EXTENSION.get(ending, DEFAULT_TARGET) if key is None else key)
    fits = ending.removesuffix("l") == target.extension.removesuffix("l")  # .htm is .html
    if not fits and ending in _FORMAT_ENDINGS | (_TEXT_ENDINGS if target.form == "docx" else frozenset()):
        endings = target.extension if key else ".md, .txt, .html or .docx"
        raise InvalidInput(
            f"Nothing was exported: {path} would hold {_CONTENT[target.form]}, which is not what a name that ends in "
            f"{ending} promises. Give the file a name that ends in {endings}."
        )
    return target


def export_for(post: ExportablePost, key: str) -> ExportedFile:
    """Return the post as the place takes it. Comments and private passages stand only in what is ``stored``.

    Raise UnknownExportTarget.
    """
    target = find_export_target(key)
    body = public_body(post)
    notices = [target.next_step] if target.next_step else []
    if target.title_field:
        notices.append(f"Its title has a field of its own there: {post.title}")
    match target.form:
        case "stored":
            data = export_markdown(post).encode()
        case "text":
            data = export_plain_text(post).encode()
            if (length := len(data.decode())) > MAX_LINKEDIN_CHARACTERS:
                notices.append(f"It has {length:,} characters; a LinkedIn post holds {MAX_LINKEDIN_CHARACTERS:,}.")
        case "short text":
            cut = cut_to_sentences(post.title, body, target.max_characters or len(body))
            data = cut.text.encode()
            if cut.left_out:
                notices.append(f"A {target.label} post holds {target.max_characters:,} characters. {cut.left_out}")
        case "markdown":
            data = (_front_matter(target, post) + body).encode()
        case "html":
            heading = None if target.title_field else post.title
            data = post_to_html(body, post.title, heading, _description(post), tables="table" in target.shows).encode()
        case "docx":
            from bot.essay.export_docx import post_to_docx  # python-docx takes a tenth of a second to import

            data = post_to_docx(body, post.title, post.day)
    if "title" in target.front_matter and target.front_matter["title"](post) != post.title:
        notices.append(f"{target.label} takes titles of {_MAX_DEVTO_TITLE_CHARACTERS} characters: this one is cut.")
    notices += _describe_marks(target, body)
    if named := describe_names(post.text):
        notices.append(named)
    stem = f"{post.day.isoformat()}-" if target.key == "jekyll" else ""
    return ExportedFile(target.key, stem + export_file_name(post.title, target.extension), data, tuple(notices))


def public_body(post: ExportablePost) -> str:
    """Return the post's Markdown as readers are to see it.

    Comments and private passages are left out, and so is a heading at the top that only repeats the title.
    """
    body = public_text(remove_comments(post.text))
    blocks = split_top_level_blocks(body)
    first = next((index for index, block in enumerate(blocks) if block.strip()), None)
    if first is None:
        return body
    tokens = parse_tokens(blocks[first])
    is_heading = bool(tokens) and tokens[0].type == "heading_open" and tokens[0].tag == "h1"
    if is_heading and to_single_line(blocks[first]).casefold() == " ".join(post.title.split()).casefold():
        return "".join(blocks[first + 1 :])
    return body


def describe_names(text: str) -> str:
    """List once what in a text looks like the name of a person, a company or a place; return "" if nothing does."""
    found = [name for name in names(public_text(remove_comments(text))) if not is_generic_name(name)]
    parts = {part for name in found for part in name.implied - {name.value}}  # "Olsen" beside "Kim Olsen"
    listed = {name.value: " ".join(name.raw.split()) for name in found if name.value not in parts}
    if not listed:
        return ""
    shown = _listed(list(listed.values()), _MAX_NAMES_LISTED)
    return f"Names to change, where somebody should not be known by them: {shown}."


def _listed(words: Sequence[str], most: int) -> str:
    """Return the first words in one line, and how many more there are."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return f"{', '.join(words[:most])}{more}"


class _Quoted(str):
    """A string that YAML writes in double quotation marks, so that every parser reads it as a string."""


class _FrontMatterDumper(yaml.SafeDumper):
    """Writes front matter."""


_FrontMatterDumper.add_representer(
    _Quoted, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')
)


def _quoted(value: FieldValue) -> FieldValue:
    if isinstance(value, str):
        return _Quoted(value)
    return [_Quoted(one) for one in value] if isinstance(value, list) else value


def _front_matter(target: ExportTarget, post: ExportablePost) -> str:
    """Return the fields that a place takes above the text, or "". A field without a value is left out."""
    values = {name: value(post) for name, value in target.front_matter.items()}
    fields = {name: _quoted(value) for name, value in values.items() if value != ""}
    if not fields:
        return ""
    dumped = yaml.dump(fields, Dumper=_FrontMatterDumper, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{dumped}---\n\n"


def _describe_marks(target: ExportTarget, body: str) -> Iterator[str]:
    """Say of each mark in the text that the place does not show what became of it."""
    if target.shows != _ALL_MARKS:
        is_text = target.form in ("text", "short text")
        for mark in sorted(_marks_in(body) - target.shows):
            said = _PICTURE_IN_TEXT if is_text and mark == "picture" else _SUBSTITUTES[mark].format(target.label)
            yield said[0].upper() + said[1:]
    if target.template_marks is not None and (found := target.template_marks.search(body)):
        yield (
            f"The text holds {found.group()}, which {target.label} takes for a command of its own: look at that place "
            "before you publish."
        )


def _marks_in(body: str) -> set[Mark]:
    found: set[Mark] = set()
    lists = 0
    for token in parse_tokens(expand_footnotes(body)):
        if token.type == "table_open":
            found.add("table")
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
            if lists > 1:
                found.add("nested list")
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        for child in token.children or ():
            if child.type == "s_open":
                found.add("strikethrough")
            elif child.type == "image":
                found.add("picture")
    return found


@dataclass(frozen=True, slots=True)
class CutText:
    """A plain text that fits a limit, and a sentence about what was left out; "" if that is nothing."""

    text: str
    left_out: str


@dataclass(frozen=True, slots=True)
class _PlainSection:
    """A section as plain text: its heading, and where its sentences are in the whole text."""

    title: str
    sentences: tuple[Span, ...]


def cut_to_sentences(title: str, body: str, limit: int) -> CutText:
    """Return the title and a Markdown body as plain text of at most ``limit`` characters, ended by a whole sentence.

    Characters are UTF-16 units, in which browsers count; no letter counts for less. A text whose first sentence does
    not fit is cut at a word.
    """
    whole, sections = _plain_sections(title, body)
    if _units(whole) <= limit:
        return CutText(whole, "")
    every = [span for section in sections for span in section.sentences]
    kept = list(takewhile(lambda span: _units(whole[: span.end]) < limit, every))  # the line end counts too
    if not kept:
        return CutText(
            f"{truncate(whole, limit // 2 - 1)}\n",  # half of the limit fits, whatever letters these are
            "Its first sentence alone is longer, so it is cut in the midst of it.",
        )
    end = kept[-1].end
    first = every[len(kept)] if len(kept) < len(every) else None
    if first is None:  # only marks without a word are behind the last sentence
        return CutText(whole[:end] + "\n", "")
    cut = [section for section in sections if any(span.start >= end for span in section.sentences)]
    titled = [one for one in cut if one.title]
    named = [f"{'' if one.sentences[0].start >= end else 'the end of '}“{one.title}”" for one in titled]
    more = (
        f" and {count_noun(len(named) - _MAX_SECTIONS_LISTED, 'more section')}"
        if len(named) > _MAX_SECTIONS_LISTED
        else ""
    )
    where = f": {', '.join(named[:_MAX_SECTIONS_LISTED])}{more}" if named else ""
    began = truncate(" ".join(first.extract(whole).split()), 60)
    return CutText(
        whole[:end] + "\n",
        f"Left out: {count_noun(len(every) - len(kept), 'sentence')} from “{began}” on{where}.",
    )


def _plain_sections(title: str, body: str) -> tuple[str, list[_PlainSection]]:
    """Return the whole as plain text, and its sections with the places of their sentences in it."""
    whole, found = f"{title}\n", []
    for part in split_sections(body):
        plain = to_plain_text(part.body)
        if part.title:
            whole += f"\n{part.title}\n"
        if not plain:
            continue
        whole += "\n"
        spans = tuple(_sentences(whole, plain))
        whole += plain
        found.append(_PlainSection(part.title, spans))
    return whole, found


def _sentences(before: str, plain: str) -> Iterator[Span]:
    """Yield the sentences of a plain text, as places in the text that it is appended to."""
    for paragraph in re.finditer(r"[^\n]+(?:\n[^\n]+)*", plain):
        width = max(map(len, paragraph.group().split("\n")))
        for span in find_sentences(plain, Span(*paragraph.span()), width=width):
            yield Span(len(before) + span.start, len(before) + span.end)


def _units(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def target_list(targets: Sequence[ExportTarget] = _TARGETS) -> str:
    """Return the keys of the places in one line."""
    return ", ".join(target.key for target in targets)
