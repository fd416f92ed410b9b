"""The critic: what it says comes through unchecked but in form, in both dialects."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import BadReply
from bot.essay.critique import Category, CoverageLevel, Severity
from bot.essay.structure import Structure
from bot.services.llm_ports import ModelRole, Models, RawCoverage, RawCritique, RawFinding, RawStrength
from tests.critique_replies import critique_tags, finding_tags
from tests.llm.conftest import DRAFT, NOTES, TAG, WRITER, FakeSleep, ProgressLog, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.test_malformed_replies import BLOCK, START, STOP, delta, end, events
from tests.simulators.claude import ClaudeSimulator, Reply, Thinking, canned

REMARK: dict[str, Any] = {
    "quotation": "nobody asked me",
    "category": "vague",
    "severity": "grave",
    "effect": "The reader cannot tell\nwho should have asked.",
    "question": "Who should have asked?",
}
SAID: dict[str, Any] = {
    "findings": [REMARK],
    "strengths": {"48,500": "A number that can be checked."},
    "sections": [("missed", "thin", "One event, no person."), ("made-up", "covered", "")],
    "fixes": 1,
    "fix_first": "Say who should have asked.",
}


async def criticised(
    claude: ClaudeSimulator, models: Models, said: dict[str, Any] | str, structure: Structure, **answer: Any
) -> RawCritique:
    claude.script(Reply(said if isinstance(said, str) else critique_tags(**said), **answer))
    return await models.critic.critique(WRITER, DRAFT, structure, (), ProgressLog())


async def test_a_critique_is_what_the_model_said(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    either.script(Reply(critique_tags(**SAID), thinking=Thinking()))
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
    assert 'Section missed, "What I missed", 5–20 words: Say it.' in turn


async def test_the_critic_is_not_told_whose_text_it_is(
    claude: ClaudeSimulator, models: Models, on: ProgressLog
) -> None:
    claude.script(Reply(critique_tags(**SAID)))
    opinion = await models.critic.critique(WRITER, DRAFT, None, (), on)
    assert "No structure is given." in claude.requests[0].last_user_text
    assert WRITER not in json.dumps(claude.requests[0].body)
    assert opinion.coverage == ()


async def test_claude_and_a_local_server_are_asked_for_the_same_tags(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    either.script(Reply(critique_tags(**SAID)))
    async with ports(either, ledger, fake_sleep) as models:
        await models.critic.critique(WRITER, DRAFT, structure, (), on)
    request = either.requests[0]
    assert "<fix_first " in request.last_user_text
    assert request.schema is None
    if not either.basic:
        assert request.effort == "medium"


async def test_an_action_decides_what_a_finding_offers_and_an_unknown_one_costs_nothing(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    bare = {key: value for key, value in REMARK.items() if key != "question"}
    offers: list[dict[str, Any]] = [{"replacement": "no one did"}, {"cut": True}, {"question": "Who?"}, {}]
    findings = [finding_tags(**bare, **offer) for offer in offers]
    findings += [findings[-1].replace("</effect>", f"</effect>{tag}") for tag in ("<delete/>", "<CUT></CUT>")]
    opinion = await criticised(claude, models, SAID | {"findings": findings}, structure)
    assert [(one.is_cut, one.replacement, one.question) for one in opinion.findings] == [
        (False, "no one did", None),
        (True, None, None),
        (False, None, "Who?"),
        (False, None, None),
        (False, None, None),
        (True, None, None),
    ]


async def test_earlier_findings_are_given_by_number_and_those_that_hold_come_back(
    claude: ClaudeSimulator, models: Models, on: ProgressLog
) -> None:
    said = SAID | {"earlier_that_hold": "2, no, -1, 1.5, 9999, 12345678901"}
    claude.script(Reply(critique_tags(**said)), Reply(critique_tags(**SAID)))
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
    opinion = await criticised(claude, models, SAID | {"findings": remarks}, structure)
    assert [(remark.category, remark.severity) for remark in opinion.findings] == [
        (Category.CLICHE, Severity.MINOR),
        (Category.UNCLEAR, Severity.SERIOUS),
    ]


async def test_remarks_without_a_quotation_and_empty_fields_are_not_passed_on(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    remarks = [REMARK | {"quotation": " "}, REMARK | {"replacement": "", "question": " "}]
    strengths = {"": "Lovely."}
    opinion = await criticised(claude, models, SAID | {"findings": remarks, "strengths": strengths}, structure)
    assert [(remark.replacement, remark.question) for remark in opinion.findings] == [(None, None)]
    assert opinion.strengths == ()


async def test_optional_fields_may_be_missing(claude: ClaudeSimulator, models: Models, structure: Structure) -> None:
    bare = {key: value for key, value in REMARK.items() if key not in ("replacement", "question")}
    opinion = await criticised(claude, models, {"findings": [bare], "fix_first": "x"}, structure)
    assert len(opinion.findings) == 1
    assert (opinion.strengths, opinion.coverage) == ((), ())


async def test_an_unpaired_surrogate_does_not_reach_the_store(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    said = {"type": "text_delta", "text": critique_tags(**SAID | {"findings": [REMARK | {"quotation": "a\ud800b"}]})}
    claude.script(events(START, BLOCK, delta(said), end(), STOP))
    opinion = await models.critic.critique(WRITER, DRAFT, structure, (), ProgressLog())
    opinion.findings[0].quotation.encode("utf-8")


async def test_an_essays_critique_reads_the_notes_and_the_post_from_the_cache_of_its_revisions(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    base = f"{'It was a week of very plain and very loud days. ' * 40}\n\n{DRAFT}"
    text = base.replace("My pay", "Pay")
    claude.script(Reply("<rewrite>Less.</rewrite>"), Reply(critique_tags(**SAID)), Reply(critique_tags(**SAID)))
    await models.reviser.revise(material(structure, NOTES, text=base), 0, "Shorter.", on)
    essay = replace(material(structure, NOTES, text=text), base=base)
    await models.critic.critique(WRITER, text, structure, (), on, essay=essay)
    await models.critic.critique(WRITER, text, structure, (), on)
    revision, critique, pasted = claude.requests
    assert critique.usage.read == revision.usage.read + revision.usage.write_5m
    assert "Pay went from 61,000 to 48,500." in critique.last_user_text
    for words in (NOTES[0].text, "mend them from the notes", f'<post id="{TAG}">'):
        assert words in critique.last_user_text
        assert words not in pasted.last_user_text
    assert text in pasted.last_user_text
    assert pasted.usage.write_5m == 0


async def test_an_answer_that_runs_out_of_room_gives_what_is_whole_and_says_so(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    said = critique_tags(**SAID | {"findings": [REMARK, REMARK]})
    either.script(
        Reply(said[: said.rindex("<effect>")], stop_reason="max_tokens"), Reply(said[:90], stop_reason="max_tokens")
    )
    async with ports(either, ledger, fake_sleep) as models:
        opinion = await models.critic.critique(WRITER, DRAFT, structure, (), on)
        assert ([one.quotation for one in opinion.findings], opinion.is_cut_off) == (["nobody asked me"], True)
        with pytest.raises(BadReply, match="longer than there is room for"):
            await models.critic.critique(WRITER, DRAFT, structure, (), on)


async def test_the_simulators_default_replies_have_the_form_in_both_dialects(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure, on: ProgressLog
) -> None:
    """The form that is sent is complete enough for somebody who knows nothing else to answer in it."""
    either.responder = lambda request: replace(canned(request), thinking=None)
    async with ports(either, ledger, fake_sleep) as models:
        opinion = await models.critic.critique(WRITER, DRAFT, structure, (), on)
    assert opinion.findings
    assert {section.section for section in opinion.coverage} <= {"missed", "gave-up"}


async def test_malformed_findings_are_counted_and_fix_first_still_points_at_the_right_one(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure
) -> None:
    nothing_said = {"quotation": "nobody", "effect": None}
    remarks = [nothing_said, REMARK | {"quotation": " "}, REMARK, REMARK | {"quotation": "48,500"}]
    either.script(*(Reply(critique_tags(**SAID | {"findings": remarks, "fixes": at})) for at in (4, 1, 2, 5)))
    fixes = []
    async with ports(either, ledger, fake_sleep) as models:
        for _ in range(4):
            opinion = await models.critic.critique(WRITER, DRAFT, structure, (), ProgressLog())
            assert [remark.quotation for remark in opinion.findings] == ["nobody asked me", "48,500"]
            assert opinion.malformed_count == 1
            fixes.append(opinion.fix_first_index)
    assert fixes == [1, None, None, None]
