"""The commands with a model, which is the simulator in a process of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import settings_for, simulated_claude_process

Run = Callable[..., Ran]

NOTES = """\
I fixed the press at four in the morning on 12 May 2019, and nobody saw it.

My manager said we have people for that.

## what i gave up

My pay went from 61k to 27,400 in one year.
"""


@pytest.fixture(scope="module")
def claude() -> Iterator[str]:
    """The address of a simulated Claude that answers every request with the writer's own sentences."""
    with simulated_claude_process(speed=1600) as address:
        yield address


@pytest.fixture
def model(claude: str) -> dict[str, str]:
    """The settings for it."""
    return settings_for(claude)


def test_draft_reports_progress_unsupported_claims_and_cost(essay_bot: Run, model: dict[str, str]) -> None:
    ran = essay_bot("draft", "-", given=NOTES, more=model)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("---\n")
    assert ran.out.count("\n## ") == 7
    assert "and a language model" in ran.out
    assert "waiting for the model" in ran.err
    assert "the model is thinking" in ran.err
    assert ran.err.count("\n## ") == 7  # the draft, as it came
    assert "Each sentence is held against the notes." in ran.err
    assert "Every sentence rests on your notes, as far as the checker can tell." in ran.err
    assert "Drafted by claude-opus-5-5 for $0.0" in ran.err
    price = r"It may cost up to \$0\.\d\d\."
    assert re.search(rf"^{price} The check that follows may cost up to \$0\.\d\d\.$", ran.err, re.MULTILINE)
    usage = essay_bot("usage").out
    assert "interviewer" in usage
    assert "writer" in usage
    assert "checker" in usage
    by_person = essay_bot("usage", "--by", "person", "--days", "1").out
    assert re.search(r"^local +\d", by_person, re.MULTILINE)
    assert "outside of servers" in essay_bot("usage", "--by", "server").out
    sums = json.loads(essay_bot("usage", "--by", "role", "--json").out)
    assert {one["role"] for one in sums} == {"interviewer", "writer", "checker"}
    assert all(one["usd"] > 0 and one["calls"] >= 1 for one in sums)
    assert set(json.loads(essay_bot("usage", "--json").out)[0]) >= {"day", "role", "model", "usd"}
    strict = essay_bot("essays", "export", "1", "--strict")
    assert "gaps are left in the text, marked [NEED: …]." in strict.err  # the notes tell nothing for most sections
    ran = essay_bot("essays", "check", "1", "--sources", more=model)
    assert ran.code == 0
    assert "note 1: I fixed the press" in ran.out
    assert "Checked by" not in ran.err  # nothing was left to judge
    ran = essay_bot("essays", "check", "1", "--again", more=model)
    assert "Checked by claude-opus-5-5 for $0.0" in ran.err


def test_without_a_model_the_post_is_assembled_from_the_notes_as_they_are(
    essay_bot: Run, model: dict[str, str]
) -> None:
    ran = essay_bot("draft", "-", "--no-model", given=NOTES, more=model)
    assert "No model wrote any of it." in ran.err
    assert "No model was called" in essay_bot("usage").out


def test_critique_shows_findings_with_quotations_from_the_text(essay_bot: Run, model: dict[str, str]) -> None:
    ran = essay_bot("critique", "-", "-s", "career-switch", given=NOTES, more=model)
    assert ran.code == 0, ran.err
    assert "Fix first: " in ran.out
    assert "| My manager said we have people for that." in ran.out
    assert "words apart from headings" in ran.out
    found = json.loads(essay_bot("critique", "-", "--json", given=NOTES, more=model).out)
    for finding in found["critique"]["findings"]:
        span = finding["span"]
        assert NOTES[span["start"] : span["end"]] == finding["quotation"]


def test_a_critique_by_a_model_is_written_as_a_page_with_its_findings_beside_their_words(
    essay_bot: Run, model: dict[str, str]
) -> None:
    ran = essay_bot("critique", "-", "--html", "-", given=NOTES, more=model)
    assert ran.code == 0, ran.err
    assert '>My manager said we have people for that.</mark><a class="sign"' in ran.out
    assert "The findings are AI-written by claude-opus-5-5." in ran.out
    assert "Critiqued by claude-opus-5-5" in ran.err


def test_a_text_that_is_too_long_for_a_critique_is_refused_plainly(essay_bot: Run, model: dict[str, str]) -> None:
    ran = essay_bot("critique", "-", given="word " * 10_001, more=model)
    assert (ran.code, ran.out) == (2, "")
    assert "The text has 10,001 words, and 10,000 can be critiqued at once" in ran.err


NO_PRICE = {"MODEL_WRITER": "claude-nothing-9"}
NO_SUCH_MODEL = NO_PRICE | {"MODEL_PRICES": "claude-nothing-9=4/20"}


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"ANTHROPIC_API_KEY": "sk-wrong"}, "The service refused the API key"),
        (NO_SUCH_MODEL, "There is no model claude-nothing-9"),
        (NO_PRICE, "The price of the model claude-nothing-9 is not known, so no budget can be kept"),
        ({"ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}, "cannot be reached"),
        ({"BUDGET_WRITER_DAY": "0.001"}, "Your budget for today is $0.001, and this may cost up to $"),
    ],
)
def test_an_unusable_model_is_reported_and_no_essay_is_added(
    essay_bot: Run, model: dict[str, str], setting: dict[str, str], sentence: str
) -> None:
    ran = essay_bot("draft", "-", given=NOTES, more=model | setting)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert "No essay was added; the notes are where they came from." in ran.err
    assert "Traceback" not in ran.err
    assert "You have no essays yet" in essay_bot("essays").err


def test_check_live_says_which_model_answered_how_fast_and_at_what_cost(essay_bot: Run, model: dict[str, str]) -> None:
    ran = essay_bot("check", "--live", more=model)
    assert ran.code == 0, ran.out
    calls = [line.split(maxsplit=3)[3] for line in ran.out.splitlines() if line.startswith("live call")]
    assert len(calls) == 2
    for call, who in zip(
        calls, ("claude-opus-5-5 (writer, critic, checker)", "claude-haiku-5-5 (interviewer)"), strict=True
    ):
        assert re.match(rf"{re.escape(who)} answered after [\d,]+ ms, for \$0\.0\d+ ", call)


def test_check_live_calls_every_configured_model(essay_bot: Run, model: dict[str, str]) -> None:
    ran = essay_bot("check", "--live", more=model | NO_SUCH_MODEL)
    assert ran.code == 1
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    failed, critic, interviewer = (line for line in lines if line.startswith("live call"))
    assert "failed claude-nothing-9 (writer): There is no model claude-nothing-9 at http" in failed
    assert "ready claude-opus-5-5 (critic, checker) answered after" in critic
    assert "ready claude-haiku-5-5 (interviewer) answered after" in interviewer
    refused = essay_bot("check", "--live", more=model | {"ANTHROPIC_API_KEY": "sk-wrong"})
    assert (refused.code, refused.out.count("The service refused the API key")) == (1, 2)
    for said in (ran.out, refused.out):
        assert said.count("A model that is set cannot be used.") == 1


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"ANTHROPIC_API_KEY": "sk-“smart”"}, "The setting ANTHROPIC_API_KEY cannot be used"),
        ({"LLM_DIALECT": "latin"}, "The setting LLM_DIALECT cannot be used"),
        ({"ANTHROPIC_BASE_URL": "localhost"}, "The setting ANTHROPIC_BASE_URL cannot be used"),
        ({"BUDGET_MONTH": "-1"}, "The setting BUDGET_MONTH cannot be used"),
        ({"JOBS_AT_ONCE": "none"}, "The setting JOBS_AT_ONCE cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    essay_bot: Run, model: dict[str, str], setting: dict[str, str], sentence: str
) -> None:
    ran = essay_bot("draft", "-", given=NOTES, more=model | setting)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert sentence in ran.err


def test_eval_says_the_price_prints_its_table_and_stores_the_run(
    essay_bot: Run, model: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "corpus" / "critiques").mkdir(parents=True)
    good = Path(__file__).parents[1] / "corpora" / "critiques" / "05-night-postman-free.yaml"
    (tmp_path / "corpus" / "critiques" / good.name).write_bytes(good.read_bytes())
    runs = str(tmp_path / "runs")
    ran = essay_bot("eval", "--corpus", str(tmp_path / "corpus"), "--runs", runs, "--json", more=model)
    assert ran.code == 0, ran.err
    assert re.search(r"^This costs at most \$0\.\d\d\.", ran.err, re.MULTILINE)
    stored = next((tmp_path / "runs").iterdir())
    assert json.loads(stored.read_text()) == json.loads(ran.out)
    assert json.loads(ran.out)["prompts"]["critique.md"]
    ran = essay_bot("eval", "--corpus", str(tmp_path / "corpus"), "--runs", runs, "--against", str(stored), more=model)
    assert "faults found at seven" in ran.out
    assert "before" in ran.out
    assert "critic" in essay_bot("usage").out
