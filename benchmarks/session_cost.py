"""What the input of one session costs, against the same session sent as one growing chat without a cache.

The session is an interview of six answers, a draft, three revisions and a critique. Ours goes through the real ports
and the real SDK to a loopback server that bills cached prefixes as Claude does. The chat keeps no state of its
own: the same turns in one conversation, everything before each of them sent again. A leaner chat stands beside it,
which says in each turn only what is new. Models and outputs are the same in all.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic

from benchmarks.measures import text_of
from bot.essay.essay import Note, Question
from bot.essay.structure import Structure
from bot.essay.text.sections import replace_section_body
from bot.essay.text_report import measure_text
from bot.llm.client import Dialect, ServiceConfig
from bot.llm.factory import build_models
from bot.llm.prompts import Prompt, read_prompts
from bot.services.ledger import Budgets, RecordingLedger
from bot.services.llm_ports import Material, ModelRole, Models, TextChunk, ThinkingChunk
from bot.store.sqlite import SqliteStore
from bot.structure_files import prompts_directory, read_structures
from tests.simulators.claude import ClaudeSimulator, Reply, Request

MODELS = {
    ModelRole.WRITER: "claude-opus-5-5",
    ModelRole.CRITIC: "claude-opus-5-5",
    ModelRole.INTERVIEWER: "claude-haiku-5-5",
    ModelRole.CHECKER: "claude-opus-5-5",
}
ANSWERS = 6
ANSWER_WORDS = (60, 120, 80, 100, 70, 110)
DRAFT_WORDS = 1_100
REVISED = (1, 3, 5)  # the sections that are revised, by index
ALLOWED = 0.040  # dollars of input for a first session
WRITER = "a-writer"
ESSAY = "an-essay"


def words(start: int, count: int) -> str:
    """So many words of the sample essays, without their headings."""
    prose = [word for word in text_of(6_000).split() if not word.startswith("#")]
    return " ".join(prose[start : start + count])


@dataclass(frozen=True, slots=True)
class Session:
    """What is said in a session by both sides; ``instructions`` are the static texts by prompt file."""

    structure: Structure
    instructions: dict[str, Prompt]
    notes: tuple[Note, ...]
    next_questions: tuple[str, ...]
    draft: str
    revisions: tuple[tuple[int, str, str], ...]
    critique: str


def made_up() -> Session:
    """A session of realistic sizes in the structure of a career switch."""
    structure = read_structures(prompts_directory() / "structures")["career-switch"]
    sections = structure.sections
    notes = tuple(
        Note(number + 1, words(number * 150, count), sections[number].questions[0], sections[number].key)
        for number, count in enumerate(ANSWER_WORDS)
    )
    each = DRAFT_WORDS // len(sections)
    bodies = (words(1_500 + number * each, each) for number in range(len(sections)))
    draft = "\n\n".join(f"## {part.heading}\n\n{body}" for part, body in zip(sections, bodies, strict=True)) + "\n"
    findings = "".join(
        f'<finding category="vague" severity="serious">\n<quotation>{words(1_500 + number * 40, 8)}</quotation>\n'
        "<effect>A reader cannot tell when this was or who was there.</effect>\n"
        "<question>When was this, and who was in the room?</question>\n</finding>\n"
        for number in range(10)
    )
    critique = f'{findings}<fix_first finding="1">Say when the first scene was.</fix_first>'
    return Session(
        structure=structure,
        instructions=read_prompts(prompts_directory()),
        notes=notes,
        next_questions=tuple(f"What did it come to in month {number}?" for number in range(1, ANSWERS + 1)),
        draft=draft,
        revisions=tuple(
            (index, f"Begin with the scene, and lose the last sentence of it, please ({index}).", words(3_000, each))
            for index in REVISED
        ),
        critique=critique,
    )


@asynccontextmanager
async def ports(claude: ClaudeSimulator) -> AsyncIterator[Models]:
    """The real ports over the simulator, with a real ledger."""
    with tempfile.TemporaryDirectory() as directory:

        def now() -> datetime:
            return datetime.now(UTC)

        store = SqliteStore(Path(directory) / "ledger.db", None, now)
        service = ServiceConfig(
            base_url=claude.base_url,
            api_key=claude.key or "",
            dialect=Dialect.CLAUDE,
            models=MODELS,
            pseudonym_secret=store.pseudonym_secret,
        )
        ledger = RecordingLedger(store, Budgets(Decimal(100), Decimal(100)))
        made = build_models(service, prompts_directory(), ledger, now)
        yield made.ports
        await made.close()
        store.close()


def material(session: Session, notes: Sequence[Note], text: str = "", base: str = "") -> Material:
    """What the ports are given of the session's essay."""
    return Material(WRITER, ESSAY, session.structure, "Out", tuple(notes), text, base=base)


def _pass_over(_: ThinkingChunk | TextChunk) -> None:
    """Nobody watches."""


async def ours(session: Session, claude: ClaudeSimulator, models: Models) -> float:
    """The session through the ports; dollars of input."""
    before = claude.billed().input
    structure, asked = session.structure, list[Question]()
    states = [{"section": section.key, "state": "thin"} for section in structure.sections]
    for number, text in enumerate(session.next_questions, 1):
        asked.append(Question(number, structure.sections[number - 1].key, session.notes[number - 1].question or ""))
        claude.script(Reply(json.dumps({"sections": states, "section": structure.sections[0].key, "question": text})))
        await models.interviewer.next_question(material(session, session.notes[:number]), asked)
    claude.script(Reply(session.draft))
    draft = text = (await models.drafter.draft(material(session, session.notes), _pass_over)).text
    for index, instruction, body in session.revisions:
        claude.script(Reply(body))
        given = material(session, session.notes, text, draft if text != draft else "")
        written = await models.reviser.revise(given, index, instruction, _pass_over)
        text = replace_section_body(text, index, written.text)
    claude.script(Reply(session.critique))
    facts = [measure.summary for measure in measure_text(text, structure).raised_measures]
    essay = material(session, session.notes, text, draft)
    await models.critic.critique(WRITER, text, structure, facts, _pass_over, essay=essay)
    return claude.billed().input - before


@dataclass(slots=True)
class Chat:
    """One growing conversation."""

    claude: ClaudeSimulator
    client: AsyncAnthropic
    system: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, role: ModelRole, said: str, answer: str) -> None:
        """One turn more, with everything before it."""
        self.messages.append({"role": "user", "content": said})
        self.claude.script(Reply(answer))
        async with self.client.messages.stream(
            model=MODELS[role],
            max_tokens=16_000,
            system=self.system,
            messages=[*self.messages],  # type: ignore[list-item]  # plain dicts are what the SDK's TypedDicts are
        ) as stream:
            await stream.get_final_message()
        self.messages.append({"role": "assistant", "content": answer})


async def resent(claude: ClaudeSimulator, sent: Sequence[Request]) -> float:
    """The turns of these requests as one growing chat, each under its own system text; dollars of input."""
    before = claude.billed().input
    roles = {"claude-haiku-5-5": ModelRole.INTERVIEWER}
    async with AsyncAnthropic(api_key=claude.key, base_url=claude.base_url, max_retries=0) as client:
        chat = Chat(claude, client, "")
        for request in list(sent):
            chat.system = request.system
            await chat.say(roles.get(request.model, ModelRole.WRITER), request.last_user_text, request.text_sent)
    return claude.billed().input - before


async def said_once(claude: ClaudeSimulator, sent: Sequence[Request]) -> float:
    """The turns of these requests as one growing chat that says in each only what is new; dollars of input."""
    before = claude.billed().input
    roles = {"claude-haiku-5-5": ModelRole.INTERVIEWER}
    said = set[str]()
    async with AsyncAnthropic(api_key=claude.key, base_url=claude.base_url, max_retries=0) as client:
        chat = Chat(claude, client, "")
        for request in list(sent):
            chat.system = request.system
            parts = [part["text"] for part in request.body["messages"][0]["content"]]
            new = "\n\n".join(part for part in parts if part not in said)
            said.update(parts)
            await chat.say(roles.get(request.model, ModelRole.WRITER), new, request.text_sent)
    return claude.billed().input - before


async def measure_all(session: Session) -> dict[str, float]:
    """Dollars of input for the session: with nothing cached before it, after another, and as a chat in two ways."""
    async with ClaudeSimulator() as claude, ports(claude) as models:
        first = await ours(session, claude, models)
        sent = tuple(claude.requests)
        return {
            "ours, the first session": first,
            "ours, once more at once": await ours(session, claude, models),
            "one growing chat of the same turns": await resent(claude, sent),
            "a chat that says only what is new": await said_once(claude, sent),
        }


def run() -> None:
    """Prints the costs, and ours against each chat."""
    found = asyncio.run(measure_all(made_up()))
    (_, first), (_, later), (_, same), *_ = found.items()
    for name, dollars in found.items():
        chat = (
            "" if dollars in (first, later) else f"  ours is {first / dollars:.2f} of it, later {later / dollars:.2f}"
        )
        print(f"  {name:42} ${dollars:.4f}{chat}")
    print(f"  first session ${first:.4f} (at most ${ALLOWED:.3f}); {first / same:.2f} of a growing chat")
