"""The checker: has a model say of each sentence of a post which notes it rests on, and what no note holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.essay.support import NumberedSentence, SentenceSupport, UnsupportedPassage
from bot.essay.text.sections import split_sections
from bot.llm.caller import ModelCaller
from bot.llm.prompts import Prompt, check_no_private_notes
from bot.llm.reply_schemas import CheckSchema, parse_reply
from bot.services.llm_ports import Material, ProgressCallback, RawCheck

# Room for the answer, and for thinking before it, in tokens. An answer takes some 40 for a sentence and 150 for one
# that is not held; what a call may cost at most is nearly all room.
_BASE_TOKENS = 5_000
_TOKENS_PER_SENTENCE = 110
_CONTEXT_SENTENCES = 3  # shown on each side of one that is judged: a pronoun seldom points farther back


class ClaudeChecker:
    """A Checker that asks Claude."""

    def __init__(self, caller: ModelCaller, check: Prompt) -> None:
        self._caller = caller
        self._check = check

    async def check(
        self,
        material: Material,
        sentences: Sequence[NumberedSentence],
        asked: Collection[int],
        on_progress: ProgressCallback,
    ) -> RawCheck:
        """See Checker."""
        answer = await self._caller.call(
            material.writer,
            material.essay,
            self._prompt(asked),
            _template_values(material, sentences, asked),
            on_progress=on_progress,
            schema=CheckSchema,
        )
        reply = parse_reply(CheckSchema, answer.text)
        mended = {each.sentence: each.text for each in reply.mended if each is not None}
        return RawCheck(
            supports=tuple(
                SentenceSupport(each.sentence, tuple(each.notes)) for each in reply.sentences if each is not None
            ),
            unsupported=tuple(
                UnsupportedPassage(
                    each.sentence, each.words, each.kind, each.reason, each.nearest_note, mended.get(each.sentence)
                )
                for each in reply.unsupported
                if each is not None
            ),
            model=answer.model,
            cost=answer.cost,
            malformed_count=sum(each is None for each in [*reply.sentences, *reply.unsupported, *reply.mended]),
        )

    def max_check_cost(self, material: Material, sentences: Sequence[NumberedSentence], asked: Collection[int]) -> int:
        """See Checker."""
        values = _template_values(material, sentences, asked)
        return self._caller.max_cost(self._prompt(asked), values, schema=CheckSchema)

    def _prompt(self, asked: Collection[int]) -> Prompt:
        """Return the prompt with as much room as so many sentences need."""
        room = _BASE_TOKENS + _TOKENS_PER_SENTENCE * len(asked)
        return replace(self._check, max_tokens=min(self._check.max_tokens, room))


def _template_values(
    material: Material, sentences: Sequence[NumberedSentence], asked: Collection[int]
) -> dict[str, object]:
    return {
        "structure": material.structure,
        "notes": check_no_private_notes(material.notes),
        "sentences": numbered_lines(sentences, asked, [part.title for part in split_sections(material.text)]),
        "asked": format_ranges(asked),
    }


def numbered_lines(sentences: Sequence[NumberedSentence], asked: Collection[int], headings: Sequence[str]) -> str:
    """Return the sentences that are asked, and those beside them, a line each, under the headings of their sections."""
    near = {number + shift for number in asked for shift in range(-_CONTEXT_SENTENCES, _CONTEXT_SENTENCES + 1)}
    lines: list[str] = []
    section: int | None = None
    for sentence in sentences:
        if sentence.number not in near:
            continue
        if sentence.section_index != section:
            section = sentence.section_index
            if section < len(headings) and headings[section]:
                lines.append(f"## {headings[section]}")
        lines.append(f"{sentence.number}. {sentence.line}")
    return "\n".join(lines)


def format_ranges(numbers: Collection[int]) -> str:
    """Return numbers as ranges, such as "1–4, 7"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
