"""What a model is given of an essay, and where what it wrote is put down."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import NoModel
from bot.essay.essay import Essay, Note, Origin
from bot.essay.questions import notes_for_model
from bot.essay.structure import Structure
from bot.workflow.desk import Desk
from bot.workflow.models import Models
from bot.workflow.ports import Clock, Store
from bot.workflow.work import whole


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is given of an essay: never a note that is left out."""

    essay: Essay
    structure: Structure
    notes: tuple[Note, ...]
    through: int


class Workbench:
    """Where the works of a model take their material from, and put down what comes of them."""

    def __init__(self, desk: Desk, store: Store, models: Models | None, clock: Clock) -> None:
        self.desk = desk
        self.store = store
        self.clock = clock
        self._models = models

    @property
    def models(self) -> Models:
        """The models. Raises NoModel where none is configured."""
        if self._models is None:
            raise NoModel
        return self._models

    async def material(self, writer: str, essay: str) -> Material:
        """What a model would be given of the essay now."""
        opened = await self.desk.open(writer, essay)
        notes = await self.desk.notes(writer, essay)
        structure = self.desk.structure(opened)
        usable = notes_for_model(structure, notes)
        return Material(opened, structure, usable, notes[-1].number if notes else 0)

    async def still(self, material: Material, **parts: str) -> Material:
        """The material without notes that were left out since it was gathered: a job may have waited long for its turn.

        Raises LeftOutStands, for ``parts`` as the desk's check_for_model has them.
        """
        essay = material.essay
        now = {note.number: note for note in (await self.material(essay.writer, essay.id)).notes}
        notes = tuple(now[note.number] for note in material.notes if note.number in now)
        await self.desk.check_for_model(essay.writer, essay.id, **parts)
        return replace(material, notes=notes)

    async def add(
        self,
        essay: Essay,
        parent: int | None,
        origin: Origin,
        text: str,
        *,
        through: int,
        complete: bool,
        model: str | None,
    ) -> int:
        """Stores what a model wrote, from notes up to ``through``, as a version; returns its number."""
        stored = self.store.add_version(
            essay.writer, essay.id, parent, origin, text, through, self.clock(), complete=complete, model=model
        )
        return (await whole(stored)).info.number
