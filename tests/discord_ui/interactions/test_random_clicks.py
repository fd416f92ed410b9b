"""Somebody presses whatever there is, in any order, on any panel of theirs, old or new."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from bot.discord_ui.errors import INTERNAL_ERROR_MESSAGE
from bot.services.llm_ports import ThinkingChunk
from tests.discord_ui.conftest import DRAFT, NOTES, Scripted, started
from tests.discord_ui.panel_steps import OPINION, controls
from tests.services.fakes import rewrites, says
from tests.simulators.discord import Attachment, DiscordSimulator, Modal, User

STEPS = 60
TEXTS = (
    "",
    "x",
    NOTES,
    "She said “no” in March 2019. 👨‍👩‍👧‍👦 שלום\n\n" * 20,
    "## What I missed\n\nThe rain.",
    "word " * 700,
)


class ModelsThatAlwaysAnswer(Scripted):
    """Models that answer whatever they are asked."""

    def _next(self, what: str, **given: Any) -> Any:
        if not self.answers:
            texts = {
                "draft": says(ThinkingChunk(), DRAFT),
                "finish": says(DRAFT),
                "revise": rewrites("The rain fell, 15% of it."),
            }
            self.answers.append(texts.get(what) or {"critique": OPINION, "place": {}}.get(what))
        return super()._next(what, **given)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("with_model", [True, False], ids=["with a model", "without"])
async def test_random_clicks_commands_and_forms_are_all_answered(
    sim: DiscordSimulator, tmp_path: Path, seed: int, with_model: bool
) -> None:
    """No bug, nothing that Discord refuses, nobody left waiting; at the end /draft still shows the essay."""
    sim.settings.rate_limits = False
    chance = random.Random(seed)
    async with started(sim, tmp_path / "essays.db", ModelsThatAlwaysAnswer() if with_model else None) as bot:
        user, guild = sim.user("writer"), sim.guild("Writers")
        await (await user.slash(guild, "draft", notes=Attachment("n.md", NOTES.encode()))).message()
        for step in range(STEPS):
            act = await _something(chance, user, guild)
            kind = (await act.acknowledged()).kind
            if kind == "modal":
                act = await user.submit(await act.modal(), _filled(chance, await act.modal()))
                await act.acknowledged()
            if kind in ("deferred", "message"):
                await act.message()
            assert INTERNAL_ERROR_MESSAGE not in user.screen.text, f"seed {seed}, step {step}"
        while job := next(iter(bot.jobs._jobs.values()), None):
            await bot.jobs.wait(bot.writer(user), job.job.id)
        last = await (await user.slash(guild, "draft")).message()
        assert last.buttons
        assert [one for one in sim.refused if one.code not in (40060,)] == []


async def _something(chance: random.Random, user: User, guild: Any) -> Any:
    """Anything that the person could do next."""
    if chance.random() < 0.1:
        command = chance.choice(["draft", "essays", "usage", "help", "critique", "export"])
        return await user.slash(guild, command)
    panels = [one for one in user.screen.messages if any(True for _ in controls(one))]
    panel = chance.choice(panels[-3:])
    custom_id, values = chance.choice(list(controls(panel)))
    part = next(one for one in panel.parts if one.get("custom_id") == custom_id)
    if part.get("disabled") or (":delete:" in custom_id and chance.random() < 0.7):
        return await user.slash(guild, "draft")
    return await (user.select(panel, custom_id, *values) if values else user.click(panel, custom_id))


def _filled(chance: random.Random, form: Modal) -> dict[str, object]:
    fields: dict[str, object] = {}
    for label, part in form.fields:
        if part["type"] == 4:
            text = chance.choice(TEXTS)[: part.get("max_length", 4_000) // 2]
            fields[part["custom_id"]] = text or ("x" if part.get("required", True) else "")
        elif part["type"] == 19 and (part.get("required", True) or chance.random() < 0.2):
            fields[label] = [Attachment("f.md", chance.choice(TEXTS[1:]).encode())]
        elif part["type"] == 23:
            fields[part["custom_id"]] = chance.random() < 0.3
    return fields
