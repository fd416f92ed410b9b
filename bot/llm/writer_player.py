"""The writer-player: answers the questions of an interview from a sheet of facts, as the sheet's author would."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.llm.caller import ModelCaller
from bot.llm.prompts import Prompt
from bot.llm.reply_schemas import PlayedAnswerSchema, parse_reply


@dataclass(frozen=True, slots=True)
class FactSheet:
    """All that a played writer knows: how they write, the notes they began with, and facts, numbered from 1."""

    manner: str
    beginning: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldFact:
    """The number of a fact that an answer is said to tell, and the words of it that stand in both. Unchecked."""

    number: int
    words: str


@dataclass(frozen=True, slots=True)
class PlayedAnswer:
    """An answer as the model gave it."""

    text: str
    told: tuple[ToldFact, ...]


class ClaudeWriterPlayer:
    """Has Claude play a writer."""

    def __init__(self, caller: ModelCaller, play: Prompt) -> None:
        self._caller = caller
        self._play = play

    async def answer(
        self, writer: str, essay: str, sheet: FactSheet, question: str, told: Collection[int]
    ) -> PlayedAnswer:
        """Return the answer to a question; ``told`` are the numbers of the facts told already. Raise ModelError."""
        found = await self._caller.call(
            writer, essay, self._play, _values(sheet, question, told), schema=PlayedAnswerSchema
        )
        reply = parse_reply(PlayedAnswerSchema, found.text)
        return PlayedAnswer(reply.answer, tuple(ToldFact(one.fact, one.words) for one in reply.told if one is not None))

    def max_answer_cost(self, sheet: FactSheet, question: str) -> int:
        """Return the most that an answer may cost, in nano-dollars, without a request. Raise UnknownPrice."""
        told = range(1, len(sheet.facts) + 1)
        return self._caller.max_cost(self._play, _values(sheet, question, told), schema=PlayedAnswerSchema)


def _values(sheet: FactSheet, question: str, told: Collection[int]) -> dict[str, object]:
    return {"sheet": sheet, "question": question, "told": ", ".join(map(str, sorted(told)))}
