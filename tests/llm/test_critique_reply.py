"""A critique is read from its tags, whatever a model does with them: all that is whole counts, and nothing else."""

from __future__ import annotations

from itertools import accumulate

import pytest

from bot.errors import BadReply
from bot.essay.critique import CoverageLevel
from bot.essay.structure import Structure
from bot.llm.caller import ModelAnswer
from bot.llm.critique_reply import parse_critique
from bot.services.llm_ports import Cost, RawCritique
from tests.critique_replies import critique_tags, finding_tags

COST = Cost(None, 1, 1)
FIRST = finding_tags("it broke", effect="Who broke it?", question="Who?")
SECOND = finding_tags("it was loud", effect="How loud?", replacement="it hurt")


def read(text: str, structure: Structure | None = None, *, truncated: bool = False) -> RawCritique:
    return parse_critique(ModelAnswer(text, "a-model", truncated, COST), structure)


def quoted(critique: RawCritique) -> list[str]:
    return [finding.quotation for finding in critique.findings]


def test_a_quotation_and_a_replacement_come_through_letter_for_letter() -> None:
    words = 'She said "no" \\ <b>twice</b> & 3 < 4,\n\n> then — “left”'
    (finding,) = read(finding_tags(words, effect="Odd.", replacement=f"{words}!")).findings
    assert (finding.quotation, finding.replacement) == (words, f"{words}!")


def test_prose_and_fences_around_the_tags_are_passed_over() -> None:
    text = f"Here it is:\n```xml\n{FIRST}\n```\nThe second one is worse.\n{SECOND}\nDo ask <why>me</why>."
    critique = read(text)
    assert quoted(critique) == ["it broke", "it was loud"]
    assert [one.effect for one in critique.findings] == ["Who broke it?", "How loud?"]
    assert not critique.is_cut_off


@pytest.mark.parametrize(
    "text",
    [
        f"{FIRST.removesuffix('</finding>')}{SECOND}",  # not closed
        f"{FIRST.removesuffix('</finding>')}{SECOND}</finding>",  # nested
        f"{FIRST.replace('</question>', '')}{SECOND}",  # a field not closed
        f"{FIRST.replace('</effect>', '')}{SECOND}",
        f"</finding></effect>{FIRST}</quotation></strength>{SECOND}",  # closed too often
        f"{FIRST}{SECOND}".upper().replace("IT BROKE", "it broke").replace("IT WAS LOUD", "it was loud"),
        f"{FIRST}{SECOND}".replace('"', "'").replace("<quotation>", "<quotation >").replace("\n", "\n  "),
    ],
)
def test_tags_that_are_missing_nested_or_spare_cost_no_finding(text: str) -> None:
    critique = read(f'{text}<fix_first finding="2">Say how loud.</fix_first>')
    assert quoted(critique) == ["it broke", "it was loud"]
    assert (critique.fix_first, critique.fix_first_index) == ("Say how loud.", 1)
    assert (critique.malformed_count, critique.is_cut_off) == (0, False)


def test_of_a_part_that_comes_twice_the_first_counts() -> None:
    twice = FIRST.replace("</quotation>", "</quotation><quotation>something else</quotation><effect>Late.</effect>")
    both = critique_tags([twice, SECOND], fix_first="First.", fixes=1) + '<fix_first finding="2">Second.</fix_first>'
    critique = read(both)
    assert quoted(critique) == ["it broke", "it was loud"]
    assert (critique.findings[0].effect, critique.fix_first, critique.fix_first_index) == ("Late.", "First.", 0)


def test_a_finding_without_words_or_without_anything_said_of_them_is_counted_and_left_out(
    structure: Structure,
) -> None:
    strengths = "<strength>Lovely.</strength><strength><quotation>it broke</quotation><why>Short.</why></strength>"
    sections = '<section covered="thin"></section><section key="missed" covered="partly"/>'
    text = f"<finding/>{finding_tags(None)}{finding_tags('it broke', effect=None)}{SECOND}{strengths}{sections}"
    critique = read(text, structure)
    assert (quoted(critique), critique.malformed_count) == (["it was loud"], 4)
    assert [(one.quotation, one.why) for one in critique.strengths] == [("it broke", "Short.")]
    assert [(one.section, one.covered, one.remark) for one in critique.coverage] == [("missed", CoverageLevel.THIN, "")]


def test_a_text_without_a_fault_has_a_critique_without_findings() -> None:
    assert read(critique_tags()).findings == ()
    assert read("Nothing to mend. <fix_first/>").findings == ()


@pytest.mark.parametrize("truncated", [True, False])
def test_an_answer_that_breaks_off_gives_all_whole_findings_and_says_so(truncated: bool) -> None:
    whole = critique_tags([FIRST, SECOND], strengths={"it broke": "Short."}, fix_first="Say who.", fixes=1)
    ends = list(accumulate(map(len, (FIRST, "\n", SECOND))))
    for length in range(len(whole)):
        said = whole[:length]
        if length < ends[0]:
            with pytest.raises(BadReply):
                read(said, truncated=truncated)
            continue
        critique = read(said, truncated=truncated)
        assert quoted(critique) == ["it broke", "it was loud"][: 1 if length < ends[2] else 2]
        if truncated:
            assert critique.is_cut_off
    assert read(whole, truncated=truncated).is_cut_off is truncated
    assert read(whole[: ends[2] - 1]).is_cut_off  # in the middle of a finding, whatever the server says


@pytest.mark.parametrize(
    "text", ["<finding " * 20_000, "<finding>" * 20_000, '<finding category="' * 20_000, "<" * 90_000]
)
def test_an_answer_crafted_to_be_slow_is_read_quickly(text: str) -> None:
    with pytest.raises(BadReply):
        read(text)
