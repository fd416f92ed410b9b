"""Measure, and keep what came of it: a run is a JSON file with its figures, the models and the prompts' hashes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bot.errors import BotError, InvalidInput, OverBudget
from bot.essay.support import number_sentences, validate_check
from bot.essay.text.words import count_words
from bot.evaluation.corpora import CheckCase, CritiqueCase
from bot.evaluation.scores import found_inventions, score_critique
from bot.services.critique_validation import validate_critique
from bot.services.critiques import measure_public_text
from bot.services.llm_ports import Cost, Material, Models, TextChunk, ThinkingChunk, require_checker
from bot.services.offload import in_worker
from bot.terminal import LOCAL_WRITER


@dataclass
class Run:
    """What one measurement came to.

    ``sums`` are figures added up over the cases, by what was measured. ``failed`` says by case why it was not measured.
    ``nano_usd`` is None if a price is unknown.
    """

    models: dict[str, str]
    prompts: dict[str, str]
    held_out: bool
    program: str = field(default_factory=lambda: version("career-essay-bot"))
    sums: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    nano_usd: int | None = 0

    def add(self, figures: Mapping[str, float], cost: Cost) -> None:
        """Add the figures of a case, and what its call cost."""
        self.sums = dict(Counter(self.sums) + Counter(figures))
        self.input_tokens += cost.input_tokens
        self.output_tokens += cost.output_tokens
        known = self.nano_usd is not None and cost.nano_usd is not None
        self.nano_usd = (self.nano_usd or 0) + (cost.nano_usd or 0) if known else None


@dataclass(frozen=True, slots=True)
class _Text:
    """A draft to check, and the inventions in it: none in a faithful one."""

    case: CheckCase
    is_planted: bool

    @property
    def material(self) -> Material:
        """What the checker is shown."""
        text = self.case.planted if self.is_planted else self.case.faithful
        return Material(LOCAL_WRITER, f"eval-{self.case.name}", self.case.structure, "", self.case.notes, text)


class Evaluation:
    """One measurement of the check, the critique or both; ``say`` is told the name of each text as its turn comes."""

    def __init__(
        self,
        models: Models,
        run: Run,
        checks: Sequence[CheckCase],
        critiques: Sequence[CritiqueCase],
        say: Callable[[str], None],
    ) -> None:
        self._models = models
        self.run = run
        self._texts = [_Text(case, planted) for case in checks for planted in (False, True)]
        self._critiques = critiques
        self._say = say

    def max_cost(self) -> int:
        """Return the most that it may cost, in nano-dollars. Raise UnknownPrice, NoModel."""
        total = 0
        for text in self._texts:
            sentences = number_sentences(text.material.text)
            asked = [one.number for one in sentences]
            total += require_checker(self._models).max_check_cost(text.material, sentences, asked)
        for case in self._critiques:
            measured = measure_public_text(case.text, case.structure)
            total += self._models.critic.max_critique_cost(case.text, case.structure, measured)
        return total

    async def measure(self) -> Run:
        """Ask the models of each text. What fails is said in the run; a budget that is spent ends it."""
        for text in self._texts:
            name = f"{text.case.name} ({'planted' if text.is_planted else 'faithful'})"
            if not await self._try(name, partial(self._check, text)):
                return self.run
        for case in self._critiques:
            if not await self._try(case.name, partial(self._critique, case)):
                return self.run
        return self.run

    async def _check(self, text: _Text) -> None:
        material = text.material
        sentences = number_sentences(material.text)
        asked = [one.number for one in sentences]
        raw = await require_checker(self._models).check(material, sentences, asked, _ignore)
        supports, passages, dropped = await in_worker(
            validate_check, raw.supports, raw.unsupported, sentences, material.notes
        )
        judged = {one.sentence for one in supports} | {one.sentence for one in passages}
        figures: dict[str, float] = {"unjudged": len(sentences) - len(judged), "dropped": dropped + raw.malformed_count}
        if text.is_planted:
            found, others = found_inventions(text.case.inventions, sentences, passages)
            figures |= Counter(f"planted {one.kind.value}" for one in text.case.inventions)
            figures |= {f"found {kind}": count for kind, count in found.items()}
            figures["marked_beside"] = others
        else:
            figures |= {
                "false_alarms": len(passages),
                "faithful_words": sum(count_words(one.line) for one in sentences),
            }
        self.run.add(figures, raw.cost)

    async def _critique(self, case: CritiqueCase) -> None:
        measured = await in_worker(measure_public_text, case.text, case.structure)
        raw = await self._models.critic.critique(LOCAL_WRITER, case.text, case.structure, measured, _ignore)
        found = await in_worker(validate_critique, raw, case.text, case.structure, [case.text])
        self.run.add(score_critique(case, found), raw.cost)

    async def _try(self, name: str, step: Callable[[], Awaitable[None]]) -> bool:
        """Measure one text; return whether to go on."""
        self._say(name)
        try:
            await step()
        except BotError as error:
            self.run.failed[name] = getattr(error, "message_without_assurance", None) or error.public_message
            return not isinstance(error, OverBudget)
        return True


def _ignore(_chunk: ThinkingChunk | TextChunk) -> None:
    return


def hash_prompts(prompts: Path) -> dict[str, str]:
    """Return the start of the SHA-256 of every prompt and structure, by its path below ``prompts``."""
    return {
        path.relative_to(prompts).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(prompts.rglob("*"))
        if path.suffix in (".md", ".yaml")
    }


def save_run(run: Run, path: Path) -> None:
    """Write a run, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(run), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """Read a run. Raise InvalidInput for a file that holds none."""
    try:
        return Run(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        raise InvalidInput(f"{path} holds no run of essay-bot eval. Nothing was measured.") from None


def tabulate(run: Run) -> list[tuple[str, str]]:
    """Return what was measured, a row each: what, and the figure. What was not measured has no row."""
    sums, rows = run.sums, list[tuple[str, str]]()

    def of(what: str, found: float, total: float, digits: int = 0) -> None:
        if total:
            rows.append((what, f"{found:.{digits}f} of {total:.0f} ({100 * found / total:.0f}%)"))

    kinds = sorted(name.removeprefix("planted ") for name in sums if name.startswith("planted "))
    found, planted = (sum(sums.get(f"{what} {kind}", 0) for kind in kinds) for what in ("found", "planted"))
    of("inventions found", found, planted)
    for kind in kinds:
        of(f"  {kind}", sums.get(f"found {kind}", 0), sums[f"planted {kind}"])
    if words := sums.get("faithful_words"):
        alarms = sums.get("false_alarms", 0)
        rows.append(("false alarms per 1,000 words", f"{1_000 * alarms / words:.1f} ({alarms:.0f})"))
        rows.append(("sentences not judged", f"{sums.get('unjudged', 0):.0f}"))
    faults = sums.get("faults", 0)
    of("faults found at seven", sums.get("found_first", 0), faults)
    of("  by random quotations", sums.get("random_first", 0), faults, 1)
    of("faults found in all", sums.get("found_all", 0), faults)
    of("  by random quotations", sums.get("random_all", 0), faults, 1)
    if good := sums.get("good_essays"):
        rows.append(("findings on a good essay", f"{sums.get('good_findings', 0) / good:.1f}"))
        rows.append(("good essays with a grave one", f"{sums.get('good_grave', 0):.0f} of {good:.0f}"))
    rows.append(("tokens sent, written", f"{run.input_tokens:,}, {run.output_tokens:,}"))
    rows.append(("dollars", "unknown" if run.nano_usd is None else f"{run.nano_usd / 1_000_000_000:.4f}"))
    if run.failed:
        rows.append(("not measured", f"{len(run.failed)}"))
    return rows
