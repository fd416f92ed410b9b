"""Files that people send: read at once, because their addresses soon die."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.discord_ui.faults import WrongFile
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.message_text import in_words
from bot.discord_ui.reply import Upload
from bot.errors import UnreadableText
from bot.essay.text.decoding import MOST_BYTES, Decoded, decode
from bot.workflow.aside import read_aside

_SUFFIXES = {".md", ".markdown", ".txt", ".text", ""}


@dataclass(frozen=True, slots=True)
class Read:
    """A file's text; ``notice`` says where its encoding had to be guessed."""

    text: str
    notice: str | None = None


def is_text(name: str) -> bool:
    """Whether a file of this name is one that the bot reads."""
    return PurePosixPath(name.lower()).suffix in _SUFFIXES


def shown(name: str) -> str:
    """A file's name as a sentence in Discord holds it: nothing in it is taken for Markdown."""
    return plain(one_line(name, 80))


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A file whose bytes are here."""

    name: str
    size: int
    data: bytes

    async def read(self) -> bytes:
        """See reply.Upload."""
        return self.data


async def fetched(upload: Upload) -> Upload:
    """The file, fetched if it is one that ``read`` reads: what is done with it need not wait for Discord any more.

    Raises FileGone, NotFetched.
    """
    if not is_text(upload.name) or upload.size > MOST_BYTES:
        return upload
    return _Fetched(upload.name, upload.size, await upload.read())


def _decoded(data: bytes, name: str) -> tuple[Decoded, str]:
    """What the bytes are, and their text with Discord's signs in words."""
    found = decode(data, name)
    return found, in_words(found.text, spoilers=False)


async def read(upload: Upload) -> Read:
    """The text of a file.

    Raises WrongFile, FileGone, NotFetched, and UnreadableText for one that is empty, no text or too long. One that is
    too long is not even fetched.
    """
    name = shown(upload.name)
    if not is_text(upload.name):
        raise WrongFile(name)
    if upload.size > MOST_BYTES:
        raise UnreadableText.too_long(name, MOST_BYTES)
    data = await upload.read()
    # Guessing an old encoding can take a second. What somebody without an account of ours sends is read in one line.
    found, text = await read_aside("", len(data), _decoded, data, name)
    if found.guessed is None:
        return Read(text)
    return Read(text, f"{name} is not UTF-8; it was read as {found.guessed}. Look whether it reads well.")
