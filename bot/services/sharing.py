"""Share an essay's text as a thread in Discord, gather what others say about it, answer them, and take it down.

What others say is kept apart from the notes, so that nothing which asks a model can read it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.errors import (
    AlreadyShared,
    InvalidInput,
    LimitExceeded,
    NotConnected,
    NotShared,
    PartlyShared,
    SharingError,
    StoreError,
    ThreadGone,
    ThreadRefused,
)
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.text.decoding import validate_typed_text
from bot.essay.text.words import has_visible_text
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger(__name__)

MAX_SHARED_CHARACTERS = 40_000
"""A dozen messages: Discord takes five in five seconds, and nobody reads more of them in a channel."""
MAX_MESSAGE_CHARACTERS = 2_000
"""What the form for feedback and that for an answer take: as much as a message in Discord."""
MAX_FEEDBACK_COUNT = 200
MAX_FEEDBACK_BYTES = 100_000
"""Of one essay, a fifth of what an essay may hold: a flood of replies must not keep its writer from writing."""

_DELETED = "It is taken down: the thread is deleted."
_CLOSED = (
    "It is taken down: all that the bot posted is deleted, and the thread is closed. What others wrote in it stands "
    "there for as long as the server keeps it."
)
_NOT_REMOVED = (
    "The bot may not remove it from <#{}> any more, so the text may still stand there: ask whoever manages the server "
    "to delete it."
)
_CUT_SHORT = (
    "Of a share that was cut short, at most a message with the title alone may stand in <#{}>: ask whoever manages the "
    "server to delete it."
)


class ShareState(StrEnum):
    """How far a share is. The values are stored in the database."""

    POSTING = "posting"
    OPEN = "open"
    CLOSED = "closed"


class FeedbackKind(StrEnum):
    """Who said it. The values are stored in the database."""

    READER = "reader"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Share:
    """A text of an essay that was posted in Discord, numbered from 1.

    ``channel`` and ``thread`` are Discord's ids; the message that began the thread has the thread's id. They are None
    before they are known, and where the row is damaged. ``heading`` is that of the section, None for the whole post.
    """

    number: int
    version: int
    state: ShareState
    channel: int | None
    thread: int | None
    heading: str | None
    created: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader said about a shared text, or what its writer answered; nobody's name or id stands with it.

    ``message`` is the message's id in Discord; of an answer None until Discord has taken it. ``text`` is None where it
    is damaged.
    """

    number: int
    share: int
    kind: FeedbackKind
    text: str | None
    message: int | None
    created: datetime


@dataclass(frozen=True, slots=True)
class SharedText:
    """What is posted: a text with the essay's title. ``byline`` is how its writer is named, None for not at all."""

    essay: str
    number: int
    version: int
    title: str
    heading: str | None
    text: str
    byline: str | None = None


@dataclass(frozen=True, slots=True)
class ShareChannel:
    """A channel in which both the writer and the bot may begin a thread and write in it."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ReaderMessage:
    """What a reader wrote in a thread; ``text`` has names and mentions replaced by words."""

    id: int
    text: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ThreadContents:
    """What readers wrote in a thread, oldest first.

    ``withheld`` are the ids of messages whose words Discord does not give to the bot. ``read_through`` is the id of the
    last message that was read where there are more than are read, else None.
    """

    messages: Sequence[ReaderMessage]
    withheld: Collection[int] = ()
    read_through: int | None = None


class Threads(Protocol):
    """Discord's threads. Methods raise ThreadGone, ThreadRefused and ThreadFault."""

    async def channels(self, guild: int, user: int) -> Sequence[ShareChannel]:
        """Return the channels of a server in which this person and the bot may begin a thread, in order."""

    async def post_opening(self, channel: int, shared: SharedText) -> int:
        """Post the message that a thread is to begin from, without the text; return its id."""

    async def begin(self, channel: int, message: int, name: str) -> None:
        """Begin the thread of a message. It has the message's id."""

    async def post_text(self, thread: int, shared: SharedText) -> None:
        """Post the text into the thread, in as many messages as it needs."""

    async def read(self, thread: int, writer: str) -> ThreadContents:
        """Read what others than the writer have written in a thread."""

    async def answer(self, thread: int, message: int, text: str) -> int:
        """Post the writer's answer to a message, and return the new message's id."""

    async def remove(self, channel: int, thread: int) -> bool:
        """Delete the opening message and the thread; what is gone already counts as deleted.

        Where the bot may not delete the thread, delete all that it posted there and close the thread; return False.
        """


@dataclass(frozen=True, slots=True)
class GatheredFeedback:
    """All that was said about an essay, oldest first, and its shares.

    ``withheld`` counts messages in the thread whose words Discord does not give to the bot, ``left_out`` those for
    which there is no room; ``is_cut``: there are more than are read. ``problem`` says why Discord could not be asked,
    or that the thread is gone.
    """

    shares: tuple[Share, ...]
    items: tuple[Feedback, ...]
    withheld: int = 0
    left_out: int = 0
    is_cut: bool = False
    problem: str | None = None

    @property
    def standing(self) -> Share | None:
        """The share that is not taken down."""
        return standing_share(self.shares)


def standing_share(shares: Sequence[Share]) -> Share | None:
    """Return the share that is not taken down; None if there is none."""
    return next((one for one in shares if one.state is not ShareState.CLOSED), None)


class SharingService:
    """Share texts, and keep what others said. ``threads`` is None in a process that has no connection to Discord."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.threads: Threads | None = None

    async def channels(self, guild: int, user: int) -> Sequence[ShareChannel]:
        """Return where in a server a person may share. Raise SharingError."""
        return await self._connected().channels(guild, user)

    async def shares(self, writer: str, essay: str) -> tuple[Share, ...]:
        """Return the shares of an essay, by number. Raise UnknownEssay."""

        def step(tx: Transaction) -> tuple[Share, ...]:
            tx.essays.get(writer, essay)
            return tx.sharing.of_essay(writer, essay)

        return await self._store.read(step)

    async def share(self, writer: str, shared: SharedText, channel: int) -> Share:
        """Post a text in a channel as a thread, all of it or nothing.

        The share is stored before anything is posted, so that what a killed process has posted is known. Raise
        AlreadyShared, also for the second of two clicks, InvalidInput for a text that is empty or too long, and
        SharingError.
        """
        threads = self._connected()
        if not has_visible_text(shared.text):
            raise InvalidInput("There are no words in it, so nothing was posted.")
        if len(shared.text) > MAX_SHARED_CHARACTERS:
            raise InvalidInput(
                f"The text has {len(shared.text):,} characters, and {MAX_SHARED_CHARACTERS:,} are the most that is "
                "posted: share one section. Nothing was posted."
            )
        share = Share(shared.number, shared.version, ShareState.POSTING, channel, None, shared.heading, self._clock())

        def begin(tx: Transaction) -> None:
            tx.essays.get(writer, shared.essay)
            present = tx.sharing.of_essay(writer, shared.essay)
            if standing_share(present) is not None or shared.number != len(present) + 1:
                raise AlreadyShared
            size = stored_bytes(shared.heading or "")
            tx.quota.check_and_record(writer, shared.essay, StorageIncrease(size), share.created)
            tx.sharing.add(writer, shared.essay, share)

        await self._store.write(writer, begin)
        try:
            share = replace(share, thread=await threads.post_opening(channel, shared))
            await self._save(writer, shared.essay, share)
            await threads.begin(channel, _known(share.thread), shared.title)
            await threads.post_text(_known(share.thread), shared)
            share = replace(share, state=ShareState.OPEN)
            await self._save(writer, shared.essay, share)
        except (SharingError, StoreError, NotShared) as error:
            await self._undo(writer, shared.essay, share, error)
            raise
        return share

    async def _undo(self, writer: str, essay: str, share: Share, error: Exception) -> None:
        """Remove what was posted. Raise PartlyShared if it cannot be."""
        try:
            if share.thread is not None:
                await self._connected().remove(_known(share.channel), share.thread)
            await self._store.write(writer, lambda tx: tx.sharing.delete(writer, essay, share.number))
        except (SharingError, StoreError):
            raise PartlyShared(str(error)) from error

    async def feedback(self, writer: str, essay: str) -> GatheredFeedback:
        """Return what was said about an essay, once the thread was read anew.

        What a reader has changed or deleted in Discord is changed or deleted here. Raise UnknownEssay.
        """
        found = await self._stored(writer, essay)
        share = found.standing
        if share is None or share.state is not ShareState.OPEN:
            return found
        try:
            contents = await self._connected().read(_known(share.thread), writer)
        except ThreadGone as error:  # the message that it was begun from may still stand in the channel
            try:
                told, is_removed = await self._take_down(writer, essay, share)
            except SharingError as fault:
                return replace(found, problem=str(fault))
            problem = str(error) if is_removed else f"{error} {told}"
            return replace(await self._stored(writer, essay), problem=problem)
        except SharingError as error:
            return replace(found, problem=str(error))
        now = self._clock()

        def step(tx: Transaction) -> GatheredFeedback:
            left_out = _add_new(tx, writer, essay, share, contents.messages, now)
            return replace(
                _read(tx, writer, essay),
                withheld=len(contents.withheld),
                left_out=left_out,
                is_cut=contents.read_through is not None,
            )

        await self._store.write(writer, lambda tx: _update_known(tx, writer, essay, share, contents))
        try:
            return await self._store.write(writer, step)
        except LimitExceeded as error:
            return replace(await self._stored(writer, essay), problem=str(error))

    async def _stored(self, writer: str, essay: str) -> GatheredFeedback:
        return await self._store.read(lambda tx: _read(tx, writer, essay))

    async def said(self, writer: str, essay: str, message: int) -> str:
        """Return what a reader said in a message that can be answered. Raise NotShared, UnknownEssay."""
        found = await self._stored(writer, essay)
        said = next((one for one in found.items if one.message == message), None)
        if found.standing is None or said is None:
            raise NotShared.by_writer()
        return said.text or ""

    async def answer(self, writer: str, essay: str, message: int, text: str) -> None:
        """Post the writer's answer to what a reader said in a message. It is stored first.

        Raise NotShared, InvalidInput for a text that is empty or too long, LimitExceeded, SharingError; then nothing is
        stored.
        """
        words, now = validate_message(text, "The answer"), self._clock()

        def store(tx: Transaction) -> tuple[Share, int]:
            found = _read(tx, writer, essay)
            share = found.standing
            said = any(one.message == message for one in found.items if share and one.share == share.number)
            if share is None or share.state is not ShareState.OPEN or not said:
                raise NotShared.by_writer()
            size = stored_bytes(words)
            tx.quota.check_and_record(writer, essay, StorageIncrease(size), now)
            answer = Feedback(0, share.number, FeedbackKind.ANSWER, words, None, now)
            return share, tx.sharing.add_feedback(writer, essay, answer)

        share, number = await self._store.write(writer, store)
        try:
            posted = await self._connected().answer(_known(share.thread), message, words)
        except SharingError:
            await self._store.write(writer, lambda tx: tx.sharing.delete_feedback(writer, essay, [number]))
            raise
        sent = Feedback(number, share.number, FeedbackKind.ANSWER, words, posted, now)
        await self._store.write(writer, lambda tx: tx.sharing.change_feedback(writer, essay, sent))

    async def take_down(self, writer: str, essay: str) -> str:
        """Remove a shared text from Discord and return what to tell of it; what was gathered stays.

        What stands in the thread is gathered first. Raise NotShared, and SharingError while Discord has a fault; where
        the bot may not remove it any more, the sentence says so.
        """
        found = await self.feedback(writer, essay)
        if (share := found.standing) is None:
            if found.problem is not None:
                return found.problem
            raise NotShared.by_writer()
        return (await self._take_down(writer, essay, share))[0]

    async def _take_down(self, writer: str, essay: str, share: Share) -> tuple[str, bool]:
        """Take a share down; return what to tell of it, and whether none of its text stands in Discord any more."""
        told = await self._remove(share)
        await self._save(writer, essay, replace(share, state=ShareState.CLOSED))
        return told

    async def _remove(self, share: Share) -> tuple[str, bool]:
        if share.channel is None or (share.thread is None and share.state is ShareState.OPEN):
            return str(ThreadRefused.damaged()), False
        if share.thread is None:
            return _CUT_SHORT.format(share.channel), False
        try:
            is_deleted = await self._connected().remove(share.channel, share.thread)
        except ThreadRefused:
            return _NOT_REMOVED.format(share.channel), False
        return (_DELETED if is_deleted else _CLOSED), True

    async def take_down_before_deletion(self, writer: str, essay: str | None = None) -> str | None:
        """Take down what stands of an essay, or of all of a writer's, that is about to be deleted.

        Return what the writer must know, None if nothing stands in Discord any more. Raise SharingError while Discord
        cannot be asked: then nothing may be deleted, since nobody would know afterwards what stands there.
        """
        told = []
        for one, share in await self.standing(writer):
            if essay in (None, one):
                sentence, is_gone = await self._take_down(writer, one, share)
                if not is_gone:
                    told.append(sentence)
        return " ".join(told) or None

    async def standing(self, writer: str) -> Sequence[tuple[str, Share]]:
        """Return a writer's shares that are not taken down, with the essays that they are of."""
        return await self._store.read(lambda tx: tx.sharing.standing(writer))

    async def delete_feedback(self, writer: str, essay: str) -> None:
        """Delete all that was gathered about an essay. Raise InvalidInput while a thread stands: it would come back."""

        def step(tx: Transaction) -> None:
            found = _read(tx, writer, essay)
            if found.standing is not None:
                raise InvalidInput("Take the thread down first: what stands in it would be gathered again.")
            tx.sharing.delete_feedback(writer, essay, [one.number for one in found.items])

        await self._store.write(writer, step)

    # Readers: what they may do depends on where they are, which only Discord says.

    async def find_for_reader(self, reader: str, essay: str, number: int, places: frozenset[int]) -> Share:
        """Return the shared text that a reader's button is about, in one of the channels where the button was used.

        Raise NotShared, InvalidInput for its own writer, or where there is no room for more.
        """

        def step(tx: Transaction) -> Share:
            owner = tx.sharing.owner(essay)
            if owner is None:
                raise NotShared.for_reader()
            if owner == reader:
                raise InvalidInput("This text is yours: write in the thread, or answer by More, Feedback.")
            found = _read(tx, owner, essay)
            share = next((one for one in found.shares if one.number == number), None)
            if share is None or share.state is not ShareState.OPEN or share.thread not in places:
                raise NotShared.for_reader()
            if _room(found.items) <= 0:
                raise InvalidInput(
                    "As much was said about this text as the bot gathers: write in the thread itself. Nothing was "
                    "stored."
                )
            return share

        return await self._store.read(step)

    async def add_from_reader(self, essay: str, number: int, message: int, text: str) -> None:
        """Store what a reader said by the form, which stands in the thread as this message.

        If it cannot be stored now, it is read from there at the writer's next look.
        """
        owner, now = await self._store.read(lambda tx: tx.sharing.owner(essay)), self._clock()
        if owner is None:
            return
        contents = ThreadContents([ReaderMessage(message, text, now)])

        def step(tx: Transaction) -> None:
            share = next((one for one in tx.sharing.of_essay(owner, essay) if one.number == number), None)
            if share is not None:
                _add_new(tx, owner, essay, share, contents.messages, now)

        await self._store.write(owner, step)

    async def take_back(self, essay: str, message: int) -> None:
        """Delete what a reader said in a message of the bot's, at the reader's wish."""
        owner = await self._store.read(lambda tx: tx.sharing.owner(essay))
        if owner is None:
            return

        def step(tx: Transaction) -> None:
            found = tx.sharing.feedback(owner, essay)
            tx.sharing.delete_feedback(owner, essay, [one.number for one in found if one.message == message])

        await self._store.write(owner, step)

    def _connected(self) -> Threads:
        if self.threads is None:
            raise NotConnected
        return self.threads

    async def _save(self, writer: str, essay: str, share: Share) -> None:
        """Store how far a share is. Raise NotShared if it was deleted meanwhile, with its essay."""
        if not await self._store.write(writer, lambda tx: tx.sharing.change(writer, essay, share)):
            raise NotShared.by_writer()


def validate_message(text: str, what: str) -> str:
    """Return what was typed into a form, trimmed. Raise InvalidInput if there are no words in it, or too many."""
    words = validate_typed_text(text, what).strip()
    if not has_visible_text(words):
        raise InvalidInput(f"{what} has no words, so nothing was posted.")
    size = len(words.encode("utf-16-le")) // 2  # as Discord counts: an emoji is two
    if size > MAX_MESSAGE_CHARACTERS:
        raise InvalidInput(
            f"{what} has {size:,} characters, and a message in Discord takes {MAX_MESSAGE_CHARACTERS:,}: shorten "
            "it. Nothing was posted."
        )
    return words


def _known(number: int | None) -> int:
    """Return an id that is there. Raise ThreadRefused where its row is damaged."""
    if number is None:
        raise ThreadRefused.damaged()
    return number


def _read(tx: Transaction, writer: str, essay: str) -> GatheredFeedback:
    tx.essays.get(writer, essay)
    return GatheredFeedback(tx.sharing.of_essay(writer, essay), tx.sharing.feedback(writer, essay))


def _room(items: Sequence[Feedback]) -> int:
    """Return how many bytes of feedback an essay has room for; 0 or less for none."""
    if len(items) >= MAX_FEEDBACK_COUNT:
        return 0
    return MAX_FEEDBACK_BYTES - stored_bytes(*(one.text or "" for one in items))


def _update_known(tx: Transaction, writer: str, essay: str, share: Share, contents: ThreadContents) -> None:
    """Change and delete what is stored of a thread as it was changed and deleted there.

    What has grown beyond the room that there is, is deleted: to ``_add_new`` it is a message without room.
    """
    standing = {one.id: one for one in contents.messages}
    present = tx.sharing.feedback(writer, essay)
    size = stored_bytes(*(one.text or "" for one in present))
    gone = []
    for one in present:
        if one.share != share.number or one.kind is not FeedbackKind.READER or one.message is None:
            continue
        message = standing.get(one.message)
        if message is not None:
            grown = stored_bytes(message.text) - stored_bytes(one.text or "")
            if grown > 0 and size + grown > MAX_FEEDBACK_BYTES:
                gone.append(one.number)
            elif message.text != one.text:
                size += grown
                tx.sharing.change_feedback(writer, essay, replace(one, text=message.text))
        elif one.message in contents.withheld:
            continue  # it stands there, but the bot's host has taken its words from the bot since
        elif contents.read_through is None or one.message <= contents.read_through:
            gone.append(one.number)
    tx.sharing.delete_feedback(writer, essay, gone)


def _add_new(
    tx: Transaction, writer: str, essay: str, share: Share, messages: Sequence[ReaderMessage], now: datetime
) -> int:
    """Store the messages that are not stored yet, as far as there is room; return for how many there is none.

    Raise LimitExceeded where the writer may have no more stored; then none is.
    """
    present = list(tx.sharing.feedback(writer, essay))
    known = {one.message for one in present}
    new = [one for one in messages if one.id not in known]
    fitting: list[Feedback] = []
    for message in new:
        if _room([*present, *fitting]) < max(1, stored_bytes(message.text)):
            break
        fitting.append(Feedback(0, share.number, FeedbackKind.READER, message.text, message.id, message.created))
    if fitting:
        size = stored_bytes(*(one.text or "" for one in fitting))
        tx.quota.check_and_record(writer, essay, StorageIncrease(size), now)
        for one in fitting:
            tx.sharing.add_feedback(writer, essay, one)
    return len(new) - len(fitting)
