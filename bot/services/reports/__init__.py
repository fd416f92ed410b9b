"""Reports of essays and of pasted texts, comparisons of versions, and the picture of an essay's shape."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from bot.errors import DamagedText, NothingToDo
from bot.essay.critique import Critique
from bot.essay.essay import Version
from bot.essay.export import export_file_name
from bot.essay.report import ReportSource, build_report, build_shape, compare_public_texts
from bot.essay.shape import EssayShape
from bot.essay.structure import Structure
from bot.essay.text.markdown_import import remove_comments
from bot.services.checking import CheckingService
from bot.services.critiques import CritiqueService, StoredCritique
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.offload import in_worker

__all__ = ["PageFile", "ReportService", "ShapePicture", "write_report"]


@dataclass(frozen=True, slots=True)
class PageFile:
    """A page of HTML, and the name of a file for it."""

    name: str
    html: str


@dataclass(frozen=True, slots=True)
class ShapePicture:
    """An essay's shape as a PNG, a name for its file, and the figures in sentences for whoever does not see it."""

    name: str
    png: bytes
    description: str


class ReportService:
    """Make reports of what is stored of an essay or a critique; no model is asked, and nothing is changed."""

    def __init__(
        self, essays: EssayService, checking: CheckingService, critiques: CritiqueService, drafting: DraftingService
    ) -> None:
        self._essays = essays
        self._checking = checking
        self._critiques = critiques
        self._drafting = drafting

    async def of_essay(self, writer: str, essay: str) -> PageFile:
        """Return the report of an essay's current version, with its last critique and what is known of its sentences.

        Raise NothingToDo before there is a text.
        """
        source = await self._source(writer, essay, None)
        return PageFile(_file_name(source.title), await in_worker(_render_source, source))

    async def of_critique(self, writer: str, critique: str) -> PageFile:
        """Return the report of a critique: of its essay's current version, or of the text that was pasted.

        Raise UnknownCritique, and NothingToDo where the critic has not spoken.
        """
        stored = await self._critiques.get(writer, critique)
        if stored.critique is None:
            raise NothingToDo.no_finding()
        if stored.essay is not None:
            source = await self._source(writer, stored.essay, stored)
        else:
            source = ReportSource(
                title=stored.title or "The text",
                text=stored.text,
                structure=self._essays.structures.get(stored.structure or ""),
                critique=stored.critique,
                critiqued_text=stored.text,
                decisions={index: decision.value for index, decision in stored.decisions.items()},
            )
        return PageFile(_file_name(source.title), await in_worker(_render_source, source))

    async def compare(self, writer: str, essay: str, old: int, new: int) -> PageFile:
        """Return two versions beside one another. Raise UnknownVersion."""
        title = (await self._essays.get_essay(writer, essay)).title
        before, after = [await self._essays.version(writer, essay, number) for number in (old, new)]
        html = await in_worker(_render_versions, title, before, after)
        return PageFile(export_file_name(title, f"-{old}-{new}-changes.html"), html)

    async def shape(self, writer: str, essay: str) -> EssayShape:
        """Return the shape of an essay's current version, with what is known of it. Raise NothingToDo."""
        return await in_worker(build_shape, await self._source(writer, essay, None))

    async def picture(self, writer: str, essay: str) -> ShapePicture:
        """Return the shape of an essay's current version as a picture. Raise NothingToDo before there is a text."""
        source = await self._source(writer, essay, None)
        shape, png = await in_worker(_draw_source, source)
        return ShapePicture(export_file_name(source.title, "-shape.png"), png, shape.describe())

    async def _source(self, writer: str, essay: str, critique: StoredCritique | None) -> ReportSource:
        """Read what the report of an essay is made of; by default with its last critique."""
        snapshot = await self._essays.snapshot(writer, essay)
        found = await self._checking.read_check(snapshot)
        structure = self._essays.structures.get(snapshot.essay.structure)
        info = found.version.info
        critique = critique or snapshot.critique
        before = None
        if info.parent is not None:
            with suppress(DamagedText):  # then there is nothing to compare with, and all else is there
                before = (await self._essays.version(writer, essay, info.parent)).text
        claims = None
        if not found.check.is_checked and found.is_by_model:
            claims = await self._drafting.unsupported_claims(writer, essay, found.version)
        return ReportSource(
            title=snapshot.essay.title,
            text=found.version.text,
            structure=structure,
            facts=tuple(
                filter(
                    None,
                    (
                        f"Version {info.number}",
                        structure.name if structure else "",
                        "" if info.is_complete else "unfinished",
                        f"critique of version {critique.version}"
                        if critique is not None and critique.version not in (None, info.number)
                        else "",
                    ),
                )
            ),
            critique=critique.critique if critique is not None else None,
            critiqued_text=critique.text if critique is not None else "",
            decisions={index: one.value for index, one in critique.decisions.items()} if critique is not None else {},
            check=found.check if found.is_by_model else None,
            claims=claims,
            notes=found.notes,
            before=before,
            compared_with=f"Version {info.parent}" if info.parent is not None else "",
        )


def write_report(title: str | None, text: str, structure: Structure | None, critique: Critique | None = None) -> str:
    """Return the report of a text without front matter that is no essay's; a critique saw it without comments."""
    source = ReportSource(
        title=title or "The text",
        text=text,
        structure=structure,
        facts=(structure.name,) if structure else (),
        critique=critique,
        critiqued_text=remove_comments(text),
    )
    return _render_source(source)


def _file_name(title: str) -> str:
    return export_file_name(title, "-report.html")


def _render_source(source: ReportSource) -> str:
    from bot.services.reports.page import render_report  # with Jinja, here and below: other commands start without it

    return render_report(build_report(source))


def _render_versions(title: str, before: Version, after: Version) -> str:
    from bot.services.reports.page import render_comparison

    found = compare_public_texts(before.text, after.text)
    return render_comparison(title, f"Version {before.info.number}", f"Version {after.info.number}", found)


def _draw_source(source: ReportSource) -> tuple[EssayShape, bytes]:
    from bot.services.reports.figures import draw_picture

    shape = build_shape(source)
    return shape, draw_picture(shape, source.title)
