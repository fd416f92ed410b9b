"""The reviser: rewrites one section, having seen the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import BadReply
from bot.essay.essay import Note
from bot.essay.replies.chatter import is_no_section, without_preface
from bot.essay.replies.revised import section_body
from bot.essay.text.sections import split
from bot.llm.caller import Caller
from bot.llm.drafter import written
from bot.llm.material import shown
from bot.llm.prompts import Prompt
from bot.workflow.models import On, Written


class ClaudeReviser:
    """The Reviser port."""

    def __init__(self, caller: Caller, revise: Prompt) -> None:
        self._caller = caller
        self._revise = revise

    async def revise(
        self, writer: str, notes: Sequence[Note], text: str, index: int, instruction: str, on: On
    ) -> Written:
        """See the port. A heading, a code fence or a line of announcement that the model put around the section is
        taken off at the end, and other sections are left out. Raises BadReply for a reply that holds nothing else, or
        that is no section, such as a refusal in prose.
        """
        values = _values(notes, text, index, instruction)
        result = written(await self._caller.call(writer, self._revise, values, on=on))
        given = [text, instruction, *(note.text for note in notes)]
        body = without_preface(section_body(result.text, text, index, given), given)
        if not result.cut and is_no_section(body, given):
            raise BadReply.beside_the_point()
        return replace(result, text=body)

    def revise_at_most(self, notes: Sequence[Note], text: str, index: int, instruction: str) -> int:
        """See the port."""
        return self._caller.at_most(self._revise, _values(notes, text, index, instruction))


def _values(notes: Sequence[Note], text: str, index: int, instruction: str) -> dict[str, object]:
    return {"notes": shown(notes), "text": text, "section": split(text)[index], "instruction": instruction}
