"""Files that people send: read at once, because their addresses soon die."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.message_text import in_words
from bot.discord_ui.reply import Upload
from bot.errors import UnreadableText
from bot.essay.text.decoding import MOST_BYTES
from bot.essay.text.documents import Document, read_document
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


async def fetched(upload: Upload) -> Upload:
    """The file, fetched if it is not too long for ``read``: what is done with it need not wait for Discord any more.

    Raises FileGone, NotFetched.
    """
    if upload.size > MOST_BYTES:
        return upload
    return _Fetched(upload.name, upload.size, await upload.read())


def _read(data: bytes, name: str) -> tuple[Document, str]:
    """What the bytes are, and their text with Discord's signs in words."""
    found = read_document(data, name)
    return found, in_words(found.text, spoilers=False)


async def read(upload: Upload) -> Read:
    """The text of a file, told by what is in it.

    Raises FileGone, NotFetched, and UnreadableText for one that is empty, of a kind that is not read, damaged or too
    long. One that is too long is not even fetched.
    """
    name = shown(upload.name)
    if upload.size > MOST_BYTES:
        raise UnreadableText.too_long(name, MOST_BYTES)
    data = await upload.read()
    # However small it is: a document may be packed, and guessing an old encoding can take a second.
    found, text = await read_aside("", MOST_BYTES, _read, data, name)
    notices = list(found.notices)
    if found.guessed is not None:
        notices.append(f"{name} is not UTF-8; it was read as {found.guessed}. Look whether it reads well.")
    return Read(text, " ".join(notices) or None)
