"""The story of one writer at the keyboard, from five thin lines to a checked, exported post."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.bootstrap import load_structures
from bot.essay.export import read_export
from bot.llm.client import Dialect, ServiceConfig
from bot.llm.factory import ClaudeModels, build_models
from bot.services.ledger import Budgets, RecordingLedger
from bot.services.llm_ports import ModelRole
from bot.store.sqlite import SqliteStore
from bot.structure_files import prompts_directory
from bot.terminal import LOCAL_WRITER
from tests import story_model as story
from tests.failures.full_stack import no_proxy
from tests.joined_services import join_services
from tests.services.conftest import joined
from tests.simulators.claude import ClaudeSimulator
from tests.terminal.scripted_terminal import Terminal


@pytest.fixture
def terminal(store: SqliteStore, clock: Callable[[], datetime]) -> Iterator[Terminal]:
    """A session in this process, whose models are the ports of the program before the loopback Claude."""
    structure = load_structures()[story.STRUCTURE]
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        claude = ClaudeSimulator(responder=story.StoryModel())
        runner.run(claude.start())
        stack.enter_context(no_proxy())
        service = ServiceConfig(
            base_url=claude.base_url,
            api_key=claude.key or "",
            dialect=Dialect.CLAUDE,
            models=dict.fromkeys(ModelRole, "claude-opus-5-5"),
            pseudonym_secret=store.pseudonym_secret,
            max_retries=0,
        )

        async def build() -> ClaudeModels:
            return build_models(
                service, prompts_directory(), RecordingLedger(store, Budgets(Decimal(100), Decimal(100))), clock
            )

        async def close() -> None:
            await services.jobs.close()
            await made.close()

        made = runner.run(build())
        services = join_services(store, structure, clock, models=made.ports)
        room = joined(store, structure, clock)
        room = replace(
            room,
            desk=services.essays,
            notes=services.notes,
            jobs=services.jobs,
            writing=services.drafting,
            criticism=services.critiques,
            services=services,
        )
        yield Terminal(room, structure, runner)
        runner.run(close())
        runner.run(claude.close())


def test_five_thin_lines_become_a_checked_exported_post(terminal: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "post.md"
    gap, *beside = story.OPEN.values()
    terminal.types(
        story.LINES,
        "/another",
        f"/note {story.UNASKED}",
        "/titles",
        "1",
        story.ANSWER,
        "",
        "vouch 1",
        "fix 1",
        "answer",
        gap,
        *beside,
        "check",
        "critique",
        "",
        "apply 1",
        "apply 2",
        "check",
        "",
        f"export {path} --strict",
        "done",
    )
    terminal.session().start(story.STRUCTURE)
    seen = terminal.stdout.getvalue()
    expected_in_order = (
        "5 notes stored, 5 under a section.",
        "  2 under The call",
        story.EXCHANGED,
        "A draft now: about",
        story.ANSWERED,
        "1 note stored, 1 under a section.\n  1 under The call",
        f"1  {story.TITLE}",
        "The title is stored.",
        "A draft can be written now",
        "2 things that your notes do not hold.",
        "You vouch for it",
        "got [-5-] replies.\n+ I sent 40 letters and got {+3+} replies.",
        "The draft left 3 questions open, which come first.",
        story.GAP,
        "is worked in: version",
        "Take out: " + story.CUT,
        f"Exported to {path}",
    )
    at = 0
    for words in expected_in_order:
        assert words in seen[at:], words
        at = seen.index(words, at)
    (essay,) = terminal.runner.run(terminal.room.desk.list_essays(LOCAL_WRITER))
    assert "The answers are stored as notes" not in seen  # each is in the text already
    stored = terminal.text(essay).text
    assert read_export(path.read_text())[1] == stored
    story.expected_post(stored)
    found = terminal.runner.run(terminal.tools.checking.current(LOCAL_WRITER, essay.id))
    assert (found.check.open, found.check.unchecked) == ((), ())
    assert not terminal.runner.run(terminal.tools.interview.draft_questions(LOCAL_WRITER, essay.id))
