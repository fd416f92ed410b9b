"""The reviser: rewrites one section, having seen the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import BadReply
from bot.essay.essay import Note
from bot.essay.normalise import section_body
from bot.essay.sections import split
from bot.essay.words import count_words
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
        self, writer: str, notes: Sequence[Note], text: str, section: str, instruction: str, on: On
    ) -> Written:
        """See the port. A heading or a code fence that the model put around the section is taken off at the end, and
        other sections are left out. Raises BadReply for a reply that holds nothing but other sections.
        """
        values = {"notes": shown(notes), "text": text, "section": section, "instruction": instruction}
        result = written(await self._caller.call(writer, self._revise, values, on=on))
        body = section_body(result.text, section, [part.title for part in split(text) if part.level])
        if not body.strip() and any(count_words(part.body) for part in split(result.text)):
            raise BadReply.misshapen()
        return replace(result, text=body)
