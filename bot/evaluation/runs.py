"""Measure, and keep what came of it: a run is a JSON file with its figures, the models and the prompts' hashes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bot.errors import BotError, InvalidInput, OverBudget
from bot.essay.support import number_sentences, validate_check
from bot.essay.text.words import count_words
from bot.evaluation.corpora import CheckCase, CritiqueCase, InterviewCase
from bot.evaluation.played import MAX_PLAYED_QUESTIONS, Stage, max_played_cost, open_stage
from bot.evaluation.scores import found_inventions, score_critique
from bot.llm.writer_player import ClaudeWriterPlayer
from bot.services.critique_validation import validate_critique
from bot.services.critiques import measure_public_text
from bot.services.ledger import NANO_PER_USD, Ledger, Reservation, Settlement, Spending, UsageRow, total_cost
from bot.services.llm_ports import Cost, Material, Models, TextChunk, ThinkingChunk, require_checker
from bot.services.offload import in_worker
from bot.settings import Settings
from bot.terminal import LOCAL_WRITER


@dataclass
class Run:
    """What one measurement came to.

    ``sums`` are figures added up over the cases, by what was measured. ``failed`` says by case why it was not measured.
    ``nano_usd`` is None if a price is unknown. ``roles`` are the same three figures by role. ``measured`` of
    ``planned`` steps were done. ``drafted_from`` says what the first drafts were made of, "" if none were.
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
    roles: dict[str, list[int | None]] = field(default_factory=dict)
    planned: int = 0
    measured: int = 0
    drafted_from: str = ""

    def add(self, figures: Mapping[str, float]) -> None:
        """Add the figures of a case."""
        self.sums = dict(Counter(self.sums) + Counter(figures))

    def spend(self, role: str, cost: Cost) -> None:
        """Add what a call cost."""
        self.input_tokens += cost.input_tokens
        self.output_tokens += cost.output_tokens
        self.nano_usd = _plus(self.nano_usd, cost.nano_usd)
        sent, written, nano_usd = self.roles.get(role, [0, 0, 0])
        self.roles[role] = [
            _plus(sent, cost.input_tokens),
            _plus(written, cost.output_tokens),
            _plus(nano_usd, cost.nano_usd),
        ]


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


class CountingLedger:
    """Count in a run what each call used, also one that failed, and leave the budgets to the ledger behind it.

    ``refused`` is the error by which a budget refused a call, if one did.
    """

    def __init__(self, ledger: Ledger, run: Run) -> None:
        self._ledger = ledger
        self._run = run
        self._roles: dict[int, str] = {}
        self.refused: OverBudget | None = None

    async def reserve(self, reservation: Reservation, at: datetime) -> int:
        """See Ledger."""
        try:
            number = await self._ledger.reserve(reservation, at)
        except OverBudget as error:
            self.refused = error
            raise
        self._roles[number] = reservation.role.value
        return number

    async def settle(self, call: int, settlement: Settlement) -> None:
        """See Ledger."""
        await self._ledger.settle(call, settlement)
        self._run.spend(self._roles.pop(call), total_cost([settlement]))

    async def spending(self, writer: str, at: datetime) -> Spending:
        """See Ledger."""
        return await self._ledger.spending(writer, at)

    async def usage(self, since: datetime, writer: str | None = None) -> Sequence[UsageRow]:
        """See Ledger."""
        return await self._ledger.usage(since, writer)


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


@dataclass(frozen=True, slots=True)
class Plays:
    """Note sets to play, what of them is measured, and what that takes.

    Without ``interview`` a draft is made of all facts of the sheet, told in one go.
    """

    cases: Sequence[InterviewCase]
    settings: Settings
    player: ClaudeWriterPlayer
    interview: bool = True
    draft: bool = True

    @property
    def drafted_from(self) -> str:
        """What the drafts are made of, for a person to read."""
        if not self.draft or not self.cases:
            return ""
        return (
            f"interviews of at most {MAX_PLAYED_QUESTIONS} questions" if self.interview else "all facts, told at once"
        )


class Evaluation:
    """One measurement of what it is given; ``say`` is told the name of each text as its turn comes.

    ``ledger`` is the one that the models charge; where it refused a call, the measurement ends.
    """

    def __init__(
        self,
        models: Models,
        run: Run,
        checks: Sequence[CheckCase],
        critiques: Sequence[CritiqueCase],
        say: Callable[[str], None],
        *,
        plays: Plays | None = None,
        ledger: CountingLedger | None = None,
    ) -> None:
        self._models = models
        self.run = run
        self._texts = [_Text(case, planted) for case in checks for planted in (False, True)]
        self._critiques = critiques
        self._say = say
        self._plays = plays if plays is not None and plays.cases else None
        self._ledger = ledger
        run.planned = len(self._texts) + len(critiques)
        if self._plays is not None:
            run.planned += len(self._plays.cases) * (self._plays.interview + self._plays.draft)
            run.drafted_from = self._plays.drafted_from

    def max_cost(self) -> int:
        """Return the most that it may cost, in nano-dollars. Raise UnknownPrice, NoModel."""
        total = 0
        if (plays := self._plays) is not None:
            for played in plays.cases:
                total += max_played_cost(
                    self._models, plays.player, played, interview=plays.interview, draft=plays.draft
                )
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
        if self._plays is not None and not await self._play(self._plays):
            return self.run
        for text in self._texts:
            name = f"{text.case.name} ({'planted' if text.is_planted else 'faithful'})"
            if not await self._try(name, partial(self._check, text)):
                return self.run
        for case in self._critiques:
            if not await self._try(case.name, partial(self._critique, case)):
                return self.run
        return self.run

    async def _play(self, plays: Plays) -> bool:
        """Play each note set; return whether to go on."""
        async with open_stage(plays.settings, self._models, plays.player) as stage:
            for case in plays.cases:
                essays: list[str] = []
                if plays.interview and not await self._try(
                    f"{case.name} (interview)", partial(self._interview, stage, case, essays)
                ):
                    return False
                name = f"{case.name} (draft)"
                if plays.interview and plays.draft and not essays:
                    self.run.failed[name] = "Its interview was not measured."
                elif plays.draft and not await self._try(name, partial(self._draft, stage, case, essays)):
                    return False
        return True

    async def _interview(self, stage: Stage, case: InterviewCase, essays: list[str]) -> None:
        """Play an interview, and put the essay into ``essays`` when it has ended."""
        essay = await stage.begin(case)
        self.run.add(await stage.interview(case, essay))
        essays.append(essay)

    async def _draft(self, stage: Stage, case: InterviewCase, essays: Sequence[str]) -> None:
        """Draft from the interview of the essay in ``essays``, without one from all facts."""
        if not essays:
            essay = await stage.begin(case)
            await stage.tell_all(case, essay)
        else:
            essay = essays[0]
        self.run.add(await stage.draft(case, essay))

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
        self.run.add(figures)

    async def _critique(self, case: CritiqueCase) -> None:
        measured = await in_worker(measure_public_text, case.text, case.structure)
        raw = await self._models.critic.critique(LOCAL_WRITER, case.text, case.structure, measured, _ignore)
        found = await in_worker(validate_critique, raw, case.text, case.structure, [case.text])
        self.run.add(score_critique(case, found))

    async def _try(self, name: str, step: Callable[[], Awaitable[None]]) -> bool:
        """Measure one text; return whether to go on."""
        self._say(name)
        try:
            await step()
        except BotError as error:
            self.run.failed[name] = getattr(error, "message_without_assurance", None) or error.public_message
            return not isinstance(error, OverBudget) and not self._is_over_budget
        if self._is_over_budget:  # as in a check, which then leaves its text not checked
            self.run.failed[name] = "A budget was spent before it was done; what came until then is counted."
            return False
        self.run.measured += 1
        return True

    @property
    def _is_over_budget(self) -> bool:
        return self._ledger is not None and self._ledger.refused is not None


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
    rows = [*_interview_rows(run.sums), *_draft_rows(run), *_check_rows(run.sums), *_critique_rows(run.sums)]
    rows.append(("tokens sent, written", f"{run.input_tokens:,}, {run.output_tokens:,}"))
    rows.append(("dollars", _dollars(run.nano_usd)))
    if len(run.roles) > 1:
        for role, (sent, written, nano_usd) in sorted(run.roles.items()):
            rows.append((f"  {role}", f"{sent or 0:,}, {written or 0:,}; {_dollars(nano_usd)}"))
    if run.failed:
        rows.append(("not measured", f"{len(run.failed)}"))
    if run.measured + len(run.failed) < run.planned:
        rows.append(("ended early, after", f"{run.measured + len(run.failed)} of {run.planned}"))
    return rows


def _dollars(nano_usd: int | None) -> str:
    return "unknown" if nano_usd is None else f"{nano_usd / NANO_PER_USD:.4f}"


def _share(what: str, found: float, total: float, digits: int = 0) -> list[tuple[str, str]]:
    if not total:
        return []
    return [(what, f"{found:.{digits}f} of {total:.0f} ({100 * found / total:.0f}%)")]


def _mean(what: str, total: float, count: float) -> tuple[str, str]:
    return what, f"{total / count:.1f} ({total:.0f})"


def _interview_rows(sums: Mapping[str, float]) -> list[tuple[str, str]]:
    if not (played := sums.get("interviews", 0)):
        return []
    questions, told = sums.get("questions", 0), sums.get("facts_told", 0)
    rows = [_mean("questions of an interview", questions, played)]
    rows += _share("interviews ended by the interviewer", sums.get("ended", 0), played)
    rows += _share("facts drawn out", told, sums.get("facts", 0))
    if questions:
        rows.append(("  a question", f"{told / questions:.2f}"))
    rows.append(("questions refused; repeated", f"{sums.get('refused', 0):.0f}; {sums.get('repeated', 0):.0f}"))
    rows.append(("questions without an answer", f"{sums.get('unanswered', 0):.0f}"))
    rows.append(("facts told again", f"{sums.get('told_again', 0):.0f}"))
    rows.append(("facts claimed, and not told", f"{sums.get('only_claimed', 0):.0f}"))
    rows.append(("numbers and quotations made up", f"{sums.get('made_up', 0):.0f}"))
    return rows


def _draft_rows(run: Run) -> list[tuple[str, str]]:
    sums = run.sums
    if not (drafts := sums.get("drafts", 0)):
        return []
    low, high = sums["budget_low"] / drafts, sums["budget_high"] / drafts
    rows = [
        ("drafts from", run.drafted_from),
        ("words of a draft", f"{sums.get('draft_words', 0) / drafts:.0f} (budget {low:.0f}–{high:.0f})"),
        *_share("  within its budget", sums.get("within_budget", 0), drafts),
        _mean("gaps in a draft", sums.get("gaps", 0), drafts),
        _mean("open questions of a draft", sums.get("open_questions", 0), drafts),
        _mean("unsupported statements in a draft", sums.get("unsupported", 0), drafts),
        _mean("  after Fix", sums.get("unsupported_after", 0), drafts),
        (
            "sentences not judged; after Fix",
            f"{sums.get('draft_unjudged', 0):.0f}; {sums.get('unjudged_after', 0):.0f}",
        ),
    ]
    if phrases := sums.get("phrase_drafts"):
        rows.append(("own phrases kept", f"{sums.get('phrases_kept', 0) / phrases:.0f}%"))
    if words := sums.get("stock_words"):
        rows.append(("stock turns per 1,000 words", f"{1_000 * sums.get('stock_turns', 0) / words:.1f}"))
    return rows


def _check_rows(sums: Mapping[str, float]) -> list[tuple[str, str]]:
    kinds = sorted(name.removeprefix("planted ") for name in sums if name.startswith("planted "))
    found, planted = (sum(sums.get(f"{what} {kind}", 0) for kind in kinds) for what in ("found", "planted"))
    rows = _share("inventions found", found, planted)
    for kind in kinds:
        rows += _share(f"  {kind}", sums.get(f"found {kind}", 0), sums[f"planted {kind}"])
    if words := sums.get("faithful_words"):
        alarms = sums.get("false_alarms", 0)
        rows.append(("false alarms per 1,000 words", f"{1_000 * alarms / words:.1f} ({alarms:.0f})"))
        rows.append(("sentences not judged", f"{sums.get('unjudged', 0):.0f}"))
    return rows


def _critique_rows(sums: Mapping[str, float]) -> list[tuple[str, str]]:
    faults = sums.get("faults", 0)
    rows = [
        *_share("faults found at seven", sums.get("found_first", 0), faults),
        *_share("  by random quotations", sums.get("random_first", 0), faults, 1),
        *_share("faults found in all", sums.get("found_all", 0), faults),
        *_share("  by random quotations", sums.get("random_all", 0), faults, 1),
    ]
    if good := sums.get("good_essays"):
        rows.append(("findings on a good essay", f"{sums.get('good_findings', 0) / good:.1f}"))
        rows.append(("good essays with a grave one", f"{sums.get('good_grave', 0):.0f} of {good:.0f}"))
    return rows
