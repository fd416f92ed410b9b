"""The metrics: what is counted comes out in Prometheus' text format, on this machine alone, and names nobody."""

from __future__ import annotations

import re
import socket

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import InvalidSetting
from bot.ops.metrics_server import metrics_server
from bot.services.jobs.job import JobKind
from bot.services.jobs.runner import JobRunner
from bot.services.metrics import ActivePeople
from tests.discord_ui.bot_process import ROOT, Runs, claude, runs
from tests.discord_ui.conftest import sim
from tests.discord_ui.story_steps import STORY, begun, write
from tests.services.conftest import jobs, stored
from tests.services.fake_work import Piece, begin
from tests.services.fakes import Gate
from tests.simulators.claude import ClaudeSimulator, HttpError
from tests.simulators.discord import DiscordSimulator

__all__ = ["claude", "jobs", "runs", "sim", "stored"]  # fixtures

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def parsed(text: str) -> Samples:
    """Each sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def scrape(port: int) -> str:
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return answer.text


async def test_the_metrics_of_a_running_bot_tell_of_a_draft_and_of_nobody(
    sim: DiscordSimulator, claude: ClaudeSimulator, runs: Runs
) -> None:
    port = free_port()
    await runs.kill()
    runs.more["METRICS_PORT"] = str(port)
    await runs.start()
    before = parsed(await scrape(port))
    assert value(before, "essay_bot_active_people") == 0
    assert value(before, "essay_bot_gateway_connected") == 1
    assert value(before, "essay_bot_event_loop_stalls_total") >= 0
    user = sim.user("Marigold")
    one = await begun(user, user.dm)
    for step in STORY[:4]:
        await step(one)
    claude.script(HttpError(429, retry_after=0.01))
    sim.fail_next("POST", "/channels/*/messages", 429, retry_after=0.01)
    await write(one)
    await user.say(user.dm, "The presses stood still for a week.")
    await user.sees(lambda screen: "1 note stored" in screen.text)
    text = await scrape(port)
    found = parsed(text)
    assert value(found, "essay_bot_active_people") == 1
    assert value(found, "essay_bot_jobs_ended_total", kind="draft", state="done") == 1
    assert value(found, "essay_bot_jobs", kind="draft", state="running") == 0
    assert value(found, "essay_bot_queue_length") == 0
    assert value(found, "essay_bot_first_text_seconds_count", kind="draft") == 1
    assert value(found, "essay_bot_first_text_seconds_bucket", kind="draft", le="+Inf") == 1
    assert value(found, "essay_bot_acknowledgement_seconds_count") >= 3
    assert value(found, "essay_bot_model_calls_total", role="writer", outcome="done") == 1
    assert value(found, "essay_bot_model_first_text_seconds_count", role="writer") == 1
    assert value(found, "essay_bot_model_call_seconds_count", role="writer") >= 1
    assert value(found, "essay_bot_model_tokens_total", role="writer", type="output") > 0
    assert value(found, "essay_bot_model_cost_dollars_total", role="writer") > 0
    assert value(found, "essay_bot_rate_limits_total", service="model") == 1
    assert value(found, "essay_bot_rate_limits_total", service="discord") >= 1
    assert value(found, "process_resident_memory_bytes") > 0
    labels = {name for _, pairs in found for name, _ in pairs}
    assert labels == {"kind", "state", "role", "outcome", "type", "service", "le"}
    assert [word for word in ("Marigold", str(user.id), "presses", "export") if word in text] == []


async def test_jobs_that_wait_and_run_are_counted_and_the_server_ends(jobs: JobRunner) -> None:
    gate, port = Gate(), free_port()
    await begin(jobs, gate, subject="one")
    await gate.reached()
    await begin(jobs, gate, subject="two")
    await jobs.start("me", "three", JobKind.CHECK, Piece((gate,)))
    with metrics_server(port, jobs, lambda: False):
        found = parsed(await scrape(port))
    assert value(found, "essay_bot_jobs", kind="draft", state="running") == 1
    assert value(found, "essay_bot_jobs", kind="draft", state="queued") == 1
    assert value(found, "essay_bot_jobs", kind="check", state="running") == 1
    assert value(found, "essay_bot_queue_length") == 1
    assert value(found, "essay_bot_gateway_connected") == 0
    with pytest.raises(httpx2.ConnectError):
        await scrape(port)
    gate.release()


async def test_the_operating_page_lists_every_metric(jobs: JobRunner) -> None:
    port = free_port()
    with metrics_server(port, jobs, lambda: True):
        text = await scrape(port)
    page = (ROOT / "docs" / "operating.md").read_text()
    served = set(re.findall(r"^# TYPE (essay_bot_\w+) ", text, re.MULTILINE))
    listed = set(re.findall(r"^\| `(essay_bot_\w+)` \|", page, re.MULTILINE))
    assert served == listed


def test_a_port_that_is_taken_is_a_setting_to_change(jobs: JobRunner) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(InvalidSetting, match=r"METRICS_PORT.*the port cannot be used \(address already in use\)"),
            metrics_server(taken.getsockname()[1], jobs, lambda: True),
        ):
            pass


def test_whoever_acted_within_the_last_hour_is_active_and_counts_once() -> None:
    now = [0.0]
    people = ActivePeople(lambda: now[0])
    people.add("me")
    now[0] = 1_800.0
    people.add("you")
    people.add("me")
    people.add("you")
    assert people.count() == 2
    now[0] = 5_300.0
    people.add("me")
    assert people.count() == 2
    now[0] = 5_500.0
    assert people.count() == 1
