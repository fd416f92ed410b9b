"""What a person has still to be told of the messages they wrote."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import discord

from bot.discord_ui.cards import Card
from bot.discord_ui.lengths import units

_MOST_UNITS = 3_800  # of the 4,000 characters that a message takes
_MOST_SENTENCES = 50  # kept of one person while Discord takes none; a person says few that differ
_FORGOTTEN = "There was more to say of what you wrote before. Your essay shows what was stored of it."


def _new_nonce() -> str:
    return secrets.token_hex(12)  # Discord takes 25 characters


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes that messages have made, and those that edited messages have changed, by their numbers."""

    made: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()

    def and_(self, other: Notes) -> Notes:
        """These and the others, each once."""
        return Notes(
            tuple(dict.fromkeys((*self.made, *other.made))), tuple(dict.fromkeys((*self.changed, *other.changed)))
        )


@dataclass(eq=False)
class Notices:
    """Sentences that nobody has said yet, each once.

    ``nonce`` goes with them to Discord, which for some minutes takes the same one once: said again because the answer
    was lost, they stand there once. So there is another whenever they are others. discord.py's own lasts for one call.
    """

    sentences: list[str] = field(default_factory=list)
    nonce: str = ""

    def add(self, sentence: str) -> None:
        """One more. Where there are too many the oldest goes, and that is said."""
        if sentence in self.sentences:
            return
        self.sentences.append(sentence)
        if len(self.sentences) > _MOST_SENTENCES:
            self.sentences = [_FORGOTTEN, *self.sentences[-_MOST_SENTENCES + 1 :]]
        self._renew()

    def first(self) -> list[str]:
        """As many as fit into one message, oldest first; none where none is left."""
        length = 0
        found: list[str] = []
        for sentence in self.sentences:
            length += units(sentence) + 1
            if found and length > _MOST_UNITS:
                break
            found.append(sentence)
        return found

    def done(self, count: int) -> None:
        """So many of them, from the first, need not be said any more."""
        del self.sentences[:count]
        self._renew()

    def _renew(self) -> None:
        self.nonce = _new_nonce()


@dataclass(eq=False)
class Posting:
    """A panel or a card that is to be posted, until it is known to stand there.

    ``nonce`` goes with every try, so that it is posted once. Discord then answers with what an earlier try has posted,
    as it was: ``mixed`` says that not all tries were of the same card, so that what stands there may be an older one.
    """

    nonce: str = field(default_factory=_new_nonce)
    mixed: bool = False
    _last: Card | None = None

    def tried(self, card: Card) -> None:
        """The card is about to be posted."""
        self.mixed = self.mixed or self._last not in (None, card)
        self._last = card


@dataclass(eq=False)
class News:
    """What has come since a person was last told, and where to tell it: in the DM ``channel``, by its id.

    ``panel`` is the question whose answer has changed, with its essay; None for the number where it is the first
    screen. ``notes`` are by essay. What has been told is taken out of it. ``postings`` are of panels, by essay and
    question, and of cards that tell of notes, by essay.
    """

    client: discord.Client
    channel: int
    panel: tuple[str, int | None] | None = None
    notes: dict[str, Notes] = field(default_factory=dict)
    notices: Notices = field(default_factory=Notices)
    postings: dict[tuple[str, int | None] | str, Posting] = field(default_factory=dict)

    @property
    def dm(self) -> discord.PartialMessageable:
        """Where to tell it."""
        return self.client.get_partial_messageable(self.channel, type=discord.ChannelType.private)

    def add(self, essay: str, notes: Notes) -> None:
        """Notes of an essay to be told of."""
        self.notes[essay] = self.notes.get(essay, Notes()).and_(notes)

    def follow(self, later: News) -> None:
        """What has come later is told with it."""
        self.panel = later.panel or self.panel
        for essay, notes in later.notes.items():
            self.add(essay, notes)
        for sentence in later.notices.sentences:
            self.notices.add(sentence)
