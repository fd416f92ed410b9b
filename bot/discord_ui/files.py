"""Files that people send: read at once, because their addresses soon die."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from bot.discord_ui.faults import FileFault
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.message_text import in_words
from bot.discord_ui.reply import Upload
from bot.errors import BotError, UnreadableText
from bot.essay.text.decoding import MOST_BYTES
from bot.essay.text.documents import MOST_FILE_BYTES, Document, read_document
from bot.workflow.aside import read_aside

KINDS = "Markdown, plain text, RTF, HTML or Word (.docx)"


@dataclass(frozen=True, slots=True)
class Read:
    """A file's text; ``notice`` says what is to be known of how it was read."""

    text: str
    notice: str | None = None


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


@dataclass(frozen=True, slots=True)
class _Known(_Fetched):
    """A file that has been read; of its bytes nothing is kept. ``found`` is its text, or why there is none."""

    found: Read | BotError


async def fetched(upload: Upload) -> Upload:
    """The file, fetched if it is not too long for ``read``: what is done with it need not wait for Discord any more.

    Raises FileGone, NotFetched.
    """
    if upload.size > MOST_FILE_BYTES:
        return upload
    if upload.size <= MOST_BYTES:
        return _Fetched(upload.name, upload.size, await upload.read())
    try:
        found: Read | BotError = await read(upload)
    except FileFault:
        raise
    except BotError as error:
        found = error
    return _Known(upload.name, upload.size, b"", found)


def _read(data: bytes, name: str) -> tuple[Document, str]:
    """What the bytes are, and their text with Discord's signs in words."""
    found = read_document(data, name)
    return found, in_words(found.text, spoilers=False)


_large: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_LARGE_AT_ONCE = 4  # so many files with pictures are in memory at once, whoever sends them


async def read(upload: Upload) -> Read:
    """The text of a file, told by what is in it.

    Raises FileGone, NotFetched, and UnreadableText for one that is empty, of a kind that is not read, damaged or too
    long. One that is too long even with pictures is not fetched.
    """
    if isinstance(upload, _Known):
        if isinstance(upload.found, BotError):
            raise upload.found
        return upload.found
    name = shown(upload.name)
    if upload.size > MOST_FILE_BYTES:
        raise UnreadableText.too_big(name, MOST_FILE_BYTES)
    if upload.size <= MOST_BYTES:
        return await _fetched_and_read(upload, name)
    turns = _large.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_LARGE_AT_ONCE))
    async with turns:
        return await _fetched_and_read(upload, name)


async def _fetched_and_read(upload: Upload, name: str) -> Read:
    data = await upload.read()
    # However small it is: a document may be packed, and guessing an old encoding can take a second.
    found, text = await read_aside("", MOST_BYTES, _read, data, name)
    notices = list(found.notices)
    if found.guessed is not None:
        notices.append(f"{name} is not UTF-8; it was read as {found.guessed}. Look whether it reads well.")
    return Read(text, " ".join(notices) or None)
