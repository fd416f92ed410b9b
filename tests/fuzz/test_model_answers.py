"""What models answer: any value of the ports' types through the bot, and mutated replies through the real ports."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from bot.discord_ui.interactions.router import CRITIQUE_ACTIONS, ESSAY_ACTIONS
from bot.errors import ModelError
from tests.fuzz.examples import fuzz
from tests.fuzz.fuzzed_bot import WORDS, FuzzedBot, Person, ports
from tests.fuzz.hostile import mutated, texts
from tests.llm.conftest import NOTES, FakeSleep, ProgressLog, material
from tests.llm.conftest import ports as claude_ports
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.port_calls import PORTS, Port
from tests.simulators.claude import ClaudeSimulator, Reply
from tests.simulators.discord.interactions import SUBMIT

ASKING = [
    *(("essay", name) for name, one in ESSAY_ACTIONS.items() if one.is_write and not one.is_personal),
    *(("critique", name) for name, one in CRITIQUE_ACTIONS.items() if one.is_write),
]
REPLIES = {
    **PORTS,
    "titles": Port(
        lambda models, structure, note, _: models.interviewer.titles(material(structure, [NOTES[0], note])),
        '{"titles": [{"title": "Nobody asked me", "words": "nobody asked me"}]}',
        shows=False,
    ),
}
MARK = "kept7kept"
FILLED = {
    "paste1": "The rain fell on us all, and nobody said so.",
    "answer": "It was Ada who heard it.",
    "instruction": "Shorter.",
    "title": "Loud",
    "body0": "The lift was quiet.",
}


async def press(fuzzed: FuzzedBot, person: Person, kind: str, action: str, argument: str) -> None:
    """Use an action on the owner's own essay as it stands now, with the fields filled in that it may read."""
    writer, services = person.writer, fuzzed.bot.client.dispatcher.services
    found = [one for one in await services.essays.list_essays(writer) if one.id == person.subjects[0]]
    head = found[0].head if found else None
    subject = person.subjects[0] if kind == "essay" else person.subjects[1]
    fields = [{"type": 4, "custom_id": name, "value": value} for name, value in FILLED.items()]
    components = [{"type": 18, "component": one} for one in fields]
    components.append({"type": 18, "component": {"type": 3, "custom_id": "section", "values": ["0"]}})
    about = {"custom_id": f"{kind}:v1:{action}:{subject}:{head or 0}:{argument}", "components": components}
    await fuzzed.open("answers of models, by what asks for them", person, SUBMIT, about, source=person.panel)
    await fuzzed.settle()
    fuzzed.check("an answer of a model", person, None, action)


# These two come first: they take a minute, in which the module's bot would not be heard from by Discord.
def test_every_port_has_a_reply_to_mutate() -> None:
    assert len(REPLIES) == len(ports())


@pytest.mark.parametrize("name", REPLIES)
@fuzz(4)
def test_a_mutated_reply_is_read_or_refused_in_a_sentence(name: str, structure: Any, data: st.DataObject) -> None:
    async def example() -> None:
        async with ClaudeSimulator() as claude, claude_ports(claude, MemoryLedger(), FakeSleep()) as models:
            for _ in range(5):
                text = data.draw(st.one_of(mutated(REPLIES[name].good), mutated(REPLIES[name].good), texts(900)))
                stop = data.draw(st.sampled_from(["end_turn", "end_turn", "max_tokens", "refusal"]))
                claude.responder = lambda _, text=text, stop=stop: replace(Reply(text), stop_reason=stop)
                with suppress(ModelError):  # whose sentence is tested with each of them
                    await REPLIES[name].send(models, structure, NOTES[1], ProgressLog())

    asyncio.run(example())


@pytest.mark.parametrize(("kind", "action"), ASKING, ids=[f"{kind} {name}" for kind, name in ASKING])
@fuzz(1)
def test_no_answer_of_a_model_is_a_bug_or_loses_a_note(
    fuzzed: FuzzedBot, kind: str, action: str, data: st.DataObject
) -> None:
    async def example() -> None:
        person = await fuzzed.owner(f"{WORDS} The {MARK} was a big change for me.")
        structure = next(iter(fuzzed.bot.client.dispatcher.services.structures.values()))
        keys = [section.key for section in structure.sections]
        fuzzed.models.words = (*keys, f"The {MARK} was a big change for me.", "What did it cost?", *tagged(keys))
        fuzzed.models.draw = data.draw
        try:
            await press(fuzzed, person, kind, action, data.draw(st.sampled_from(["", "0", "1"])))
            for _ in range(2):
                await press(fuzzed, person, *data.draw(st.sampled_from(ASKING)), data.draw(st.sampled_from(["", "0"])))
        finally:
            fuzzed.models.draw = None
        if await fuzzed.bot.desk.list_essays(person.writer):
            assert MARK in await fuzzed.stored(person)

    fuzzed.run(example())


def tagged(keys: list[str]) -> list[str]:
    """Replies in the form that is asked for."""
    whole = "\n".join(f'<section key="{key}">\nThe lift was loud. It cost 61,000.\n</section>' for key in keys)
    return [
        whole,
        whole[: len(whole) // 2],
        "<rewrite>\nThe lift was loud.\n</rewrite>",
        "<rewrite>",
        f"{whole}<question>Who?</question>",
    ]
