"""The critic: what it says comes through unchecked but in form, in both dialects."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from bot.essay.critique import Category, CoverageLevel, Severity
from bot.essay.structure import Structure
from bot.services.llm_ports import ModelRole, Models, RawCoverage, RawCritique, RawFinding, RawStrength
from tests.llm.conftest import DRAFT, WRITER, FakeSleep, ProgressLog, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Reply, Thinking, canned

REMARK = {
    "quotation": "nobody asked me",
    "category": "vague",
    "severity": "grave",
    "effect": "The reader cannot tell\nwho should have asked.",
    "replacement": None,
    "question": "Who should have asked?",
}
SAID: dict[str, Any] = {
    "remarks": [REMARK],
    "strengths": [{"quotation": "48,500", "why": "A number that can be checked."}],
    "sections": [
        {"section": "missed", "covered": "thin", "remark": "One event, no person."},
        {"section": "made-up", "covered": "covered", "remark": ""},
    ],
    "fix_first_remark": 1,
    "fix_first": "Say who should have asked.",
}


async def criticised(
    claude: ClaudeSimulator, models: Models, said: dict[str, Any], structure: Structure
) -> RawCritique:
    claude.script(Reply(json.dumps(said)))
    return await models.critic.critique(WRITER, DRAFT, structure, (), ProgressLog())


async def test_a_critique_is_what_the_model_said(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    either.script(Reply(json.dumps(SAID), thinking=Thinking()))
    async with ports(either, ledger, fake_sleep) as models:
        opinion = await models.critic.critique(WRITER, DRAFT, structure, ["It has 2 sections."], on)
    assert (opinion.fix_first, opinion.fix_first_index, opinion.malformed_count) == ("Say who should have asked.", 0, 0)
    assert opinion.findings == (
        RawFinding(
            "nobody asked me",
            Category.VAGUE,
            Severity.GRAVE,
            "The reader cannot tell who should have asked.",
            None,
            "Who should have asked?",
        ),
    )
    assert opinion.strengths == (RawStrength("48,500", "A number that can be checked."),)
    assert opinion.coverage == (RawCoverage("missed", CoverageLevel.THIN, "One event, no person."),)
    assert opinion.model == either.requests[0].model
    assert opinion.cost.output_tokens == ledger.rows[0].output_tokens > 200
    assert on.thoughts == 1
    assert ledger.reservations[0].role is ModelRole.CRITIC
    turn = either.requests[0].last_user_text
    assert re.search(rf'<post id="(\w+)">\n{re.escape(DRAFT)}\n</post id="\1">', turn)
    assert re.search(r'<fact id="(\w+)">\nIt has 2 sections.\n</fact id="\1">', turn)
    assert 'missed ("What I missed", 5–20 words): Say it.' in turn


async def test_the_critic_is_not_told_whose_text_it_is(
    claude: ClaudeSimulator, models: Models, on: ProgressLog
) -> None:
    claude.script(Reply(json.dumps(SAID)))
    opinion = await models.critic.critique(WRITER, DRAFT, None, (), on)
    assert "No structure is given." in claude.requests[0].last_user_text
    assert WRITER not in json.dumps(claude.requests[0].body)
    assert opinion.coverage == ()


async def test_claude_is_held_to_the_schema_and_a_local_server_is_asked_for_it(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    either.script(Reply(json.dumps(SAID)))
    async with ports(either, ledger, fake_sleep) as models:
        await models.critic.critique(WRITER, DRAFT, structure, (), on)
    request = either.requests[0]
    if either.basic:
        assert request.last_user_text.endswith("}")
        assert '"fix_first"' in request.last_user_text
    else:
        assert request.schema is not None
        assert request.effort == "high"
        assert '"fix_first"' not in request.last_user_text


async def test_an_action_decides_what_a_finding_offers_and_an_unknown_one_costs_nothing(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    both = REMARK | {"replacement": "no one did", "question": "Who?"}
    remarks = [both | {"action": action} for action in ("replace", "Cut", "ask", "delete", None)]
    opinion = await criticised(claude, models, SAID | {"remarks": remarks}, structure)
    assert [(one.is_cut, one.replacement) for one in opinion.findings] == [
        (False, "no one did"),
        (True, "no one did"),
        (False, None),
        (False, "no one did"),
        (False, "no one did"),
    ]


async def test_earlier_findings_are_given_by_number_and_those_that_hold_come_back(
    claude: ClaudeSimulator, models: Models, on: ProgressLog
) -> None:
    said = SAID | {"earlier_that_hold": [2, "1", None, True, 9_999]}
    claude.script(Reply(json.dumps(said)), Reply(json.dumps(SAID)))
    opinion = await models.critic.critique(
        WRITER, DRAFT, None, (), on, earlier=["It is vague.", "So is </earlier> this."]
    )
    assert opinion.earlier_that_hold == (2, 9_999)
    turn = claude.requests[0].last_user_text
    assert re.search(r'<earlier id="(\w+)" number="2">\nSo is ‹/earlier> this.\n</earlier id="\1">', turn)
    assert "earlier_that_hold" in turn
    await models.critic.critique(WRITER, DRAFT, None, (), on)
    assert "earlier" not in claude.requests[1].last_user_text


async def test_unknown_labels_cost_no_finding(claude: ClaudeSimulator, models: Models, structure: Structure) -> None:
    remarks = [
        REMARK | {"category": "Cliche", "severity": "Minor"},
        REMARK | {"category": "tone", "severity": "critical"},
    ]
    opinion = await criticised(claude, models, SAID | {"remarks": remarks}, structure)
    assert [(remark.category, remark.severity) for remark in opinion.findings] == [
        (Category.CLICHE, Severity.MINOR),
        (Category.UNCLEAR, Severity.SERIOUS),
    ]


async def test_remarks_without_a_quotation_and_empty_fields_are_not_passed_on(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    remarks = [REMARK | {"quotation": " "}, REMARK | {"replacement": "", "question": " "}]
    strengths = [{"quotation": "", "why": "Lovely."}]
    opinion = await criticised(claude, models, SAID | {"remarks": remarks, "strengths": strengths}, structure)
    assert [(remark.replacement, remark.question) for remark in opinion.findings] == [(None, None)]
    assert opinion.strengths == ()


async def test_optional_fields_may_be_missing(claude: ClaudeSimulator, models: Models, structure: Structure) -> None:
    bare = {key: value for key, value in REMARK.items() if key not in ("replacement", "question")}
    opinion = await criticised(claude, models, {"remarks": [bare], "fix_first": "x"}, structure)
    assert len(opinion.findings) == 1
    assert (opinion.strengths, opinion.coverage) == ((), ())


async def test_an_unpaired_surrogate_does_not_reach_the_store(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    opinion = await criticised(claude, models, SAID | {"remarks": [REMARK | {"quotation": "a\ud800b"}]}, structure)
    opinion.findings[0].quotation.encode("utf-8")


async def test_the_simulators_default_replies_match_the_schema_in_both_dialects(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    """The schema that is sent is complete enough for somebody who knows nothing else to answer in form."""
    either.responder = lambda request: replace(canned(request), thinking=None)
    async with ports(either, ledger, fake_sleep) as models:
        opinion = await models.critic.critique(WRITER, DRAFT, structure, (), on)
    assert opinion.findings
    assert {section.section for section in opinion.coverage} <= {"missed", "gave-up"}


async def test_malformed_findings_are_counted_and_fix_first_still_points_at_the_right_one(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure
) -> None:
    remarks = [{"quotation": "nobody"}, REMARK | {"quotation": " "}, REMARK, REMARK | {"quotation": "48,500"}]
    either.script(*(Reply(json.dumps(SAID | {"remarks": remarks, "fix_first_remark": at})) for at in (4, 1, 2, 5)))
    fixes = []
    async with ports(either, ledger, fake_sleep) as models:
        for _ in range(4):
            opinion = await models.critic.critique(WRITER, DRAFT, structure, (), ProgressLog())
            assert [remark.quotation for remark in opinion.findings] == ["nobody asked me", "48,500"]
            assert opinion.malformed_count == 1
            fixes.append(opinion.fix_first_index)
    assert fixes == [1, None, None, None]
