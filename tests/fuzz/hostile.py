"""What is thrown: texts, custom ids, files, and values of any type that a port may give."""

from __future__ import annotations

import io
import types
import zipfile
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from bot.discord_ui.interactions.custom_ids import MAX_CUSTOM_ID_LENGTH
from bot.discord_ui.messages.text_limits import fitting_end
from tests.essay.text.test_documents import paragraph, rich, word
from tests.hostile_texts import UNITS
from tests.simulators.discord import Attachment

ODD = (
    *(
        "\x00",
        "\x1b[2J",
        "\ud83d",
        "\udc00",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\r",
        "\x7f",
        "\U000e0041",
    ),
    *("<@1>", "@everyone", "||", "```", "<!--", "-->", "[private]", "[NEED: ", "{{", "](", '<section key="x">'),
    *(
        "</note>",
        "<t:99999999999999999:R>",
        "https://discord.com/channels/1/2/3",
        "1" * 400,
        "٣",
        "שלום",
        "ﷺ",
        "👨‍👩‍👧‍👦",
    ),
)


def texts(most: int) -> st.SearchStrategy[str]:
    """Texts of at most ``most`` of Discord's characters: odd signs, marks over and over, anything at all."""
    piece = st.one_of(
        st.sampled_from(ODD),
        st.text(max_size=20),
        st.sampled_from(["word", "The lift was loud.", "## What I missed\n\n", "\n\n", " "]),
    )
    over = st.builds(
        lambda unit, count: unit * (count // len(unit)),
        st.sampled_from(list(UNITS.values())),
        st.sampled_from([50, 900, most]),
    )
    found = st.one_of(st.lists(piece, max_size=12).map("".join), over, st.just(""), st.just("x" * most))
    return found.map(lambda text: text[: fitting_end(text, most)])


def custom_ids(
    kind: str, action: str, subjects: Sequence[str], most: int = MAX_CUSTOM_ID_LENGTH
) -> st.SearchStrategy[str]:
    """Custom ids of one action, most of them well-formed, of one of the subjects or of none."""
    anybody = st.from_regex(r"[0-9a-z]{1,16}", fullmatch=True)
    subject = st.integers(0, 9).flatmap(lambda at: st.sampled_from([*subjects, "-"]) if at else anybody)
    version = st.sampled_from([*["1"] * 8, "0", "2", "999999999", "00", "1234567890", "٣", "-1"])
    argument = st.one_of(
        st.sampled_from(
            ["", "0", "1", "2", "1.1", "0.1", "1.999999999", "999999999", "1s", "1o", "1f", "x" * 32, "..", "-1"]
        ),
        st.sampled_from(list(subjects)),
        st.from_regex(r"[0-9A-Za-z._-]{0,32}", fullmatch=True),
    )
    whole = st.builds("{}:v1:{}:{}:{}:{}".format, st.just(kind), st.just(action), subject, version, argument)
    broken = st.builds(
        lambda text, sign, at: text[: at % len(text)] + sign + text[at % len(text) :],
        whole,
        st.sampled_from([*ODD, ":", "v2", "x" * 100]),
        st.integers(0, 99),
    )
    found = st.integers(0, 9).flatmap(lambda at: whole if at < 8 else broken if at == 8 else texts(most))
    return found.map(lambda text: text[: fitting_end(text, most)] or ":")


def file_bytes() -> st.SearchStrategy[bytes]:
    """The bytes of files: broken encodings, broken documents, and documents that unfold, within Discord's limit."""
    whole = st.sampled_from(
        [
            word(paragraph("The lift was loud.") * 3),
            word(paragraph("a", "H") * 2_000),
            word("<w:p>" * 300 + "</w:p>" * 300),
            word(paragraph("x" * 900_000)),
            word(paragraph("&a;"), '<!DOCTYPE a [<!ENTITY a "aaaa">]>'),
            rich(r"\par The lift was loud."),
            rich("{" * 5_000),
            b"<!doctype html><html><body>" + b"<div>" * 3_000 + b"loud",
            b"<html><body><table>" + b"<tr><td>a" * 4_000,
            b"<html><body>" + b"<ul><li>a" * 2_000,
            zipped("a.txt", b"0" * 5_000_000),
            zipped("word/document.xml", b" " * 9_000_000),
            b"%PDF-1.7\n%\xe2\xe3",
            b"\xff\xfeT\x00h\x00e\x00",
            b"\xef\xbb\xbfThe lift was loud.",
            b"---\ntitle: &a [*a]\n---\nThe lift was loud.",
            "Der Aufzug war laut, und müde war ich auch.".encode("cp1252"),
            b"",
            b"\x00" * 3_000,
            b"The lift was loud. " * 20_000,
        ]
    )
    cut = st.builds(lambda data, at: data[: at % (len(data) + 1)], whole, st.integers(0, 5_000))
    turned = st.builds(
        lambda data, at, sign: data[: at % (len(data) + 1)] + sign + data[at % (len(data) + 1) + len(sign) :],
        whole,
        st.integers(0, 20_000),
        st.binary(min_size=1, max_size=8),
    )
    return st.one_of(
        whole, cut, turned, st.binary(max_size=200), texts(4_000).map(lambda t: t.encode("utf-8", "surrogatepass"))
    )


def zipped(name: str, data: bytes) -> bytes:
    """A zip file of one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue()


def attachments() -> st.SearchStrategy[Attachment]:
    """Files with their names, which may say anything."""
    name = st.one_of(
        st.sampled_from(
            ["notes.md", "a.docx", "a.html", "a.rtf", "CON", "a" * 200 + ".md", "../../etc", "a\u202emd.exe"]
        ),
        texts(60),
    )
    return st.builds(
        Attachment,
        name.map(lambda text: text.replace("\x00", "").encode("utf-8", "replace").decode() or "a"),
        file_bytes(),
    )


def mutated(text: str) -> st.SearchStrategy[str]:
    """The text with pieces cut out, doubled, exchanged or put in."""
    place = st.integers(0, max(1, len(text)))
    change = st.tuples(
        place,
        st.integers(0, 60),
        st.one_of(
            st.sampled_from(ODD),
            st.sampled_from(["", '"', "{", "]", "<", "0", "-1", "null", "1e999"]),
            st.text(max_size=8),
        ),
    )

    def apply(changes: Sequence[tuple[int, int, str]]) -> str:
        found = text
        for at, length, put in changes:
            found = found[:at] + put + found[at + length :]
        return found

    doubled = st.tuples(place, place).map(lambda ends: text[: max(ends)] + text[min(ends) :])
    return st.one_of(st.lists(change, max_size=5).map(apply), doubled, place.map(lambda at: text[:at]), st.just(text))


def values(hint: Any, words: Sequence[str]) -> st.SearchStrategy[Any]:
    """Values of a type, as a port may give them. ``words`` are texts that stand somewhere, such as sections' keys."""
    origin, inside = get_origin(hint), get_args(hint)
    if hint is str:
        return st.one_of(st.sampled_from(list(words)), st.sampled_from(list(words)), texts(600).map(_storable))
    if hint is bool:
        return st.booleans()
    if hint is int:
        return st.one_of(st.integers(0, 5), st.sampled_from([-1, 0, 10**9, 2**62]))
    if hint is type(None):
        return st.none()
    if origin in (Union, types.UnionType):
        return st.one_of([values(one, words) for one in inside])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{each.name: values(hints[each.name], words) for each in fields(hint)})
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(values(inside[0], words), values(inside[1], words), max_size=5)
    if isinstance(origin, type) and issubclass(origin, Sequence | AbstractSet):
        return st.lists(values(inside[0], words), max_size=5).map(tuple)
    raise TypeError(f"no strategy for {hint}: add one, so that the port that gives it is tried")


def _storable(text: str) -> str:
    """The text as it comes out of the reader of a model's stream, which replaces halves of characters."""
    return text.encode("utf-8", "replace").decode()
