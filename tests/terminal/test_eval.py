"""essay-bot eval as a person runs it: its own process, before a loopback Claude that follows a script."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.evaluation.played_model import FACTS, INTERVIEW, PlayedModel, tells
from tests.simulators.claude import Answer, ClaudeSimulator, Gate, Reply, Request
from tests.simulators.claude.replies import Pause
from tests.terminal.conftest import PROGRAM, Ran
from tests.terminal.pty_processes import settings_for

CHECK = {
    "structure": "post-mortem",
    "language": "en-US",
    "notes": [{"section": "believed", "text": "I baked bread. It sold out."}],
    "draft": "## What we believed\n\nI baked bread. It sold out.",
    "planted": [
        {
            "kind": "feeling",
            "find": "It sold out.",
            "replace": "I was relieved. It sold out.",
            "quote": "I was relieved",
        }
    ],
}
ESSAY = "The oven broke at four in the morning. Nobody came to help. We learned a great deal that day."
CRITIQUES = [
    {"structure": "", "language": "en-US", "text": ESSAY, "faults": []},
    {
        "structure": "",
        "language": "en-US",
        "text": ESSAY,
        "faults": [{"category": "vague", "quote": "We learned a great deal that day.", "why": "What?"}],
    },
]


@dataclass
class Eval:
    """Runs the command on a tiny corpus."""

    home: Path
    environment: dict[str, str]

    @property
    def runs(self) -> list[Path]:
        return sorted((self.home / "eval-runs").iterdir())

    @property
    def left_behind(self) -> list[Path]:
        return list((self.home / "tmp").iterdir())

    async def start(self, claude: ClaudeSimulator, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            str(PROGRAM),
            "eval",
            "--corpus",
            str(self.home / "corpora"),
            *arguments,
            cwd=self.home,
            env={**self.environment, **settings_for(claude.base_url), "COLUMNS": "120"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, claude: ClaudeSimulator, *arguments: str) -> tuple[int, str, str]:
        process = await self.start(claude, *arguments)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
def evaluation(home: Path, environment: dict[str, str]) -> Eval:
    files: dict[str, list[Any]] = {"interviews": [INTERVIEW] * 2, "checks": [CHECK], "critiques": CRITIQUES}
    for name, contents in files.items():
        (home / "corpora" / name).mkdir(parents=True)
        for number, content in enumerate(contents, 1):
            (home / "corpora" / name / f"0{number}-one.yaml").write_text(yaml.safe_dump(content))
    (home / "tmp").mkdir()
    return Eval(home, environment | {"TMPDIR": str(home / "tmp")})


async def test_all_four_parts_are_measured_stored_and_shown_beside_an_earlier_run(evaluation: Eval) -> None:
    async with ClaudeSimulator(responder=PlayedModel(tells(2))) as claude:
        code, out, err = await evaluation.run(claude, "--json")
        assert code == 0, err
        said = re.search(r"^This costs at most \$(\d+\.\d\d)\.", err, re.MULTILINE)
        assert said is not None
        run = json.loads(out)
        assert 0 < run["nano_usd"] / 1e9 < float(said[1])
        assert json.loads(evaluation.runs[0].read_text()) == run
        assert (run["planned"], run["measured"], run["failed"]) == (8, 8, {})
        assert set(run["roles"]) == {"writer", "critic", "interviewer", "checker", "writer-player"}
        assert run["models"]["writer-player"] == run["models"]["interviewer"]
        assert run["prompts"]["play_writer.md"]

        code, out, err = await evaluation.run(
            claude, "--against", str(evaluation.runs[0]), "--model", "writer-player=claude-opus-5-5"
        )
        assert code == 0, err
        for row in ("facts drawn out", "words of a draft", "inventions found", "faults found at seven", "  critic"):
            assert row in out
        assert "before" in out
        assert claude.refused == []


async def test_the_check_alone_is_measured_through_the_command(evaluation: Eval) -> None:
    model = PlayedModel(tells(1))
    async with ClaudeSimulator(responder=model) as claude:
        code, out, err = await evaluation.run(claude, "--only", "check")
        assert code == 0, err
        assert "01-one (planted)" in err
        assert re.search(r"inventions found +1 of 1 \(100%\)", out)
        assert re.search(r"false alarms per 1,000 words +0\.0 \(0\)", out)
        assert model.asked == ["check", "check"]


@pytest.mark.parametrize(("part", "rows"), [("interview", "facts drawn out"), ("draft", "unsupported statements")])
async def test_one_played_part_is_measured_alone(evaluation: Eval, part: str, rows: str) -> None:
    model = PlayedModel(tells(2))
    async with ClaudeSimulator(responder=model) as claude:
        code, out, err = await evaluation.run(claude, "--only", part)
        assert code == 0, err
        assert rows in out
        assert ("play" in model.asked) is (part == "interview")
        assert ("draft" in model.asked) is (part == "draft")
        assert ("left after 20 questions" in err) is (part == "interview")


async def test_ctrl_c_in_the_second_draft_keeps_what_was_measured_and_says_so(evaluation: Eval) -> None:
    model, gate = PlayedModel(tells(2)), Gate()

    def stuck_in_the_second_draft(request: Request) -> Answer:
        answer = model(request)
        if model.asked.count("draft") == 2 and isinstance(answer, Reply) and answer.text.startswith("<section"):
            return Reply(answer.text, pauses=(Pause(40, gate),))
        return answer

    async with ClaudeSimulator(responder=stuck_in_the_second_draft) as claude:
        process = await evaluation.start(claude)
        await gate.reached(within=60)
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    said = err.decode()
    assert process.returncode not in (0, None)
    assert "Traceback" not in said
    assert "Stopped: 3 of 8 were measured, and are kept." in said
    assert f"The run is stored in eval-runs/{evaluation.runs[0].name}." in said
    run = json.loads(evaluation.runs[0].read_text())
    assert (run["planned"], run["measured"]) == (8, 3)
    assert run["sums"]["facts_told"] == len(FACTS)
    assert run["sums"]["drafts"] == 1
    assert run["nano_usd"] > 0
    assert evaluation.left_behind == []


async def test_a_role_that_there_is_not_is_refused_before_anything_is_asked(evaluation: Eval) -> None:
    async with ClaudeSimulator() as claude:
        code, _, err = await evaluation.run(claude, "--model", "poet=claude-opus-5-5")
        assert code == 2
        assert "ROLE is writer, critic, interviewer, checker or writer-player. Nothing was measured." in err
        assert claude.requests == []


def test_without_a_model_nothing_is_measured_or_stored(evaluation: Eval, essay_bot: Callable[..., Ran]) -> None:
    ran = essay_bot("eval", "--corpus", str(evaluation.home / "corpora"))
    assert ran.code == 2
    assert "No model is configured" in ran.err
    assert not (evaluation.home / "eval-runs").exists()
