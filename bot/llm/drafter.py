"""The drafter: writes the post from the notes, and what a draft that was cut short still lacks."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import BadReply
from bot.essay.essay import Note
from bot.essay.replies.reply import is_no_post
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import gap
from bot.llm.caller import Answer, Caller
from bot.llm.material import shown
from bot.llm.prompts import Prompt
from bot.workflow.models import On, Written


class ClaudeDrafter:
    """The Drafter port. Its texts are what the model wrote, piece for piece."""

    def __init__(self, caller: Caller, draft: Prompt, finish: Prompt) -> None:
        self._caller = caller
        self._draft = draft
        self._finish = finish

    async def draft(self, writer: str, structure: Structure, title: str, notes: Sequence[Note], on: On) -> Written:
        """See the port. Raises BadReply for a reply that is no draft, such as a refusal in prose."""
        answer = await self._caller.call(writer, self._draft, _from_notes(structure, title, notes), on=on)
        return _post(answer, structure, structure.sections)

    def draft_at_most(self, structure: Structure, title: str, notes: Sequence[Note]) -> int:
        """See the port."""
        return self._caller.at_most(self._draft, _from_notes(structure, title, notes))

    async def finish(
        self,
        writer: str,
        structure: Structure,
        title: str,
        notes: Sequence[Note],
        text: str,
        sections: Sequence[str],
        on: On,
    ) -> Written:
        """See the port. Raises BadReply as ``draft`` does, ValueError where no section of the structure is wanted."""
        values = _from_text(structure, title, notes, text, sections)
        answer = await self._caller.call(writer, self._finish, values, on=on)
        return _post(answer, structure, _wanted(structure, sections))

    def finish_at_most(
        self, structure: Structure, title: str, notes: Sequence[Note], text: str, sections: Sequence[str]
    ) -> int:
        """See the port. Raises ValueError as ``finish`` does."""
        return self._caller.at_most(self._finish, _from_text(structure, title, notes, text, sections))


def _from_notes(structure: Structure, title: str, notes: Sequence[Note]) -> dict[str, object]:
    return {"gap": gap, "structure": structure, "title": title, "notes": shown(notes)}


def _from_text(
    structure: Structure, title: str, notes: Sequence[Note], text: str, sections: Sequence[str]
) -> dict[str, object]:
    return {**_from_notes(structure, title, notes), "text": text, "wanted": _wanted(structure, sections)}


def _wanted(structure: Structure, sections: Sequence[str]) -> list[Section]:
    wanted = [section for section in structure.sections if section.key in sections]
    if not wanted:
        raise ValueError("there is no section to write")
    return wanted


def _post(answer: Answer, structure: Structure, wanted: Sequence[Section]) -> Written:
    if not answer.cut and is_no_post(answer.text, structure, [section.key for section in wanted]):
        raise BadReply.beside_the_point()
    return written(answer)


def written(answer: Answer) -> Written:
    """An answer as the ports give it."""
    return Written(answer.text, answer.model, answer.cut, answer.cost)
