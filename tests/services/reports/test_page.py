"""The page of a report: whole without a network, and with nothing of a writer's text run as code."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag

from bot.essay.essay import Note
from bot.essay.report import build_report, compare_public_texts
from bot.services.reports.figures import draw_figures, draw_picture
from bot.services.reports.page import render_comparison, render_report
from tests.essay.sample_report import BEFORE, CHECK, CRITIQUE, SOURCE, TEXT

HOSTILE = "</script><script>alert(1)</script> “ ” ' \" & <!-- --> {{ 7 * 7 }} ]]> &lt;b&gt; \u202e\u200f"


def page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


@pytest.fixture(scope="module")
def sample() -> BeautifulSoup:
    return page(render_report(build_report(SOURCE)))


def test_the_text_stands_whole_in_the_page_with_its_findings_marked(sample: BeautifulSoup) -> None:
    words = " ".join(one.get_text() for one in sample.select(".words"))
    for sentence in ("I missed the noise", "of the shop. There were 14 people,", "That was that."):
        assert sentence in re.sub(r"\s+", " ", words)
    assert [one.get_text() for one in sample.select("mark.finding")] == [
        "the noise",
        "It cost me 4,000 euros",
        "That was that.",
    ]
    assert [one.get_text() for one in sample.select("mark.unsupported, mark.vouched")] == [
        "and I loved it",
        "because of the pension",
    ]


def test_each_finding_leads_to_its_words_and_the_words_to_it(sample: BeautifulSoup) -> None:
    for mark in sample.select("mark"):
        for key in str(mark["data-remarks"]).split():
            sign = sample.find(id=f"words-{key}")
            remark = sample.find(id=key)
            assert isinstance(sign, Tag)
            assert isinstance(remark, Tag)
            assert sign["href"] == f"#{key}"
            assert remark.select_one(f'a[href="#words-{key}"]')
            assert remark["tabindex"] == "-1"
            assert f"said-{key}" in str(mark["aria-describedby"])
    ids = [one["id"] for one in sample.select("[id]")]
    assert len(ids) == len(set(ids))
    targets = {str(one["href"]).removeprefix("#") for one in sample.select("a[href^='#']")}
    assert targets <= set(ids)


def test_each_paragraph_shows_the_notes_it_rests_on_and_the_notes_stand_below(sample: BeautifulSoup) -> None:
    told = [re.sub(r"\s+", " ", one.get_text()).strip() for one in sample.select(".sources summary")]
    assert told == ["Rests on note 1", "Rests on note 2; 1 sentence not checked"]
    note = sample.find(id="note-1")
    assert isinstance(note, Tag)
    assert "14 people, and the noise of the shop" in note.get_text()


def test_what_became_of_earlier_findings_and_what_changed_since_is_told(sample: BeautifulSoup) -> None:
    said = re.sub(r"\s+", " ", sample.get_text())
    assert "fixed: vague, grave. Long ago When was it?" in said
    assert "still there: needless, serious." in said
    assert [one.get_text() for one in sample.select("del, ins")] == ["12", "14", "That was that."]


def test_each_figure_has_a_title_a_description_and_its_figures_as_a_table(sample: BeautifulSoup) -> None:
    figures = sample.select("figure")
    assert [one.select_one("figcaption").get_text() for one in figures] == [  # type: ignore[union-attr]  # each has one
        "Words by section",
        "What could be checked",
        "Sentence by sentence",
        "Findings by place",
    ]
    for figure in figures:
        drawing, rows = figure.select_one("svg"), figure.select("table tr")
        assert drawing is not None
        assert drawing["role"] == "img"
        assert drawing.select_one("desc").get_text()  # type: ignore[union-attr]  # it has one
        assert len(rows) > 1
    assert "15 of 5–20" in figures[0].get_text()


def test_the_page_loads_nothing_and_runs_only_its_own_script(sample: BeautifulSoup) -> None:
    policy = str(sample.select_one("meta[http-equiv]")["content"])  # type: ignore[index]  # it has one
    for name in ("style", "script"):
        (element,) = sample.select(name)
        digest = base64.b64encode(hashlib.sha256(element.get_text().encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not sample.select("[src], link, iframe, object, [style], [onclick], a:not([href^='#'])")
    assert "http" not in str(sample).replace("http-equiv", "")


def test_nothing_in_any_field_becomes_markup() -> None:
    finding = replace(CRITIQUE.findings[0], effect=HOSTILE, question=HOSTILE, section=HOSTILE)
    other = replace(CRITIQUE.findings[1], replacement=HOSTILE)
    critique = replace(
        CRITIQUE,
        fix_first=HOSTILE,
        findings=(finding, other),
        strengths=(replace(CRITIQUE.strengths[0], why=HOSTILE, quotation=HOSTILE),),
        coverage=(replace(CRITIQUE.coverage[0], remark=HOSTILE, section=HOSTILE),),
        earlier=(replace(CRITIQUE.earlier[0], quotation=HOSTILE, effect=HOSTILE),),
        model=HOSTILE,
    )
    passage = replace(CHECK.unsupported[0], reason=HOSTILE, mended=HOSTILE)
    report = build_report(
        replace(
            SOURCE,
            title=HOSTILE,
            facts=(HOSTILE,),
            text=f"{TEXT}\n## {HOSTILE}\n\n{HOSTILE}\n\n- {HOSTILE}\n\n```\n{HOSTILE}\n```\n",
            critique=critique,
            decisions={0: HOSTILE},
            check=replace(CHECK, unsupported=(passage,)),
            notes=(Note(1, HOSTILE, HOSTILE), Note(2, HOSTILE)),
            before=f"{BEFORE}{HOSTILE}\n",
            compared_with=HOSTILE,
        )
    )
    found = page(render_report(report))
    assert len(found.select("script")) == 1
    assert "alert" not in found.select("script")[0].get_text()
    assert not found.select("b, iframe")
    assert found.get_text().count("alert(1)") > 15
    assert "49" not in found.get_text()


STRANGE_TEXTS = {
    "nothing": "",
    "a word": "Word.",
    "20 words": "I left on a Tuesday. Nobody asked me why, and I had no answer ready for the one who did.\n",
    "20,000 words": "## One\n\nI counted it again, and it came to 14.\n\n" * 2_500,
    "right to left": "\u05d0\u05de\u05e8\u05ea\u05d9 \u05d3\u05d9.\n",
    "Chinese": "## 我错过了什么\n\n我离开了公司。\n",
    "a table": "| a |\n|---|\n| b |\n",
    "a picture": "![a](b.png)\n",
    "code": "## One\n\n```\nif a < b: x = '\x1b'\n```\n",
    "no XML": f"## {HOSTILE} \x00 \x1b \ufffe\n\n{HOSTILE}\n",
}


@pytest.mark.parametrize("text", STRANGE_TEXTS.values(), ids=STRANGE_TEXTS)
def test_the_shortest_and_the_strangest_texts_have_a_page_and_a_picture(text: str) -> None:
    report = build_report(replace(SOURCE, text=text, critique=None, check=None, before=None))
    assert "</html>" in render_report(report)
    for title in ("T" * 200, f"{HOSTILE} \x1b"):
        assert draw_picture(report.shape, title).startswith(b"\x89PNG")


def test_a_picture_of_many_long_sections_stays_of_a_size_that_can_be_looked_at() -> None:
    text = "".join(f"## {'Heading ' * 25}{number}\n\nA word of it.\n\n" for number in range(300))
    report = build_report(replace(SOURCE, text=text, critique=None, check=None, before=None))
    length, *_ = draw_figures(report.shape)
    assert length.height < 1_000
    assert "more in the table" in length.description
    assert len(length.rows) == 300


def test_two_versions_stand_beside_one_another() -> None:
    found = page(render_comparison("The <b>shop", "Version 1", "Version 2", compare_public_texts(BEFORE, TEXT)))
    assert found.select_one("h1").get_text() == "The <b>shop"  # type: ignore[union-attr]  # it has one
    assert [(one.get_text()) for one in found.select(".sides > .side > p:first-child")] == [
        "Version 1",
        "Version 2",
    ] * 2
    assert [one.get_text() for one in found.select("del, ins")] == ["12", "14", "That was that."]
    assert "2 paragraphs stayed and are not shown." in found.get_text()


@pytest.mark.parametrize("text", STRANGE_TEXTS.values(), ids=STRANGE_TEXTS)
def test_a_text_that_is_all_new_or_all_gone_stands_whole_in_a_comparison_and_none_of_it_is_markup(text: str) -> None:
    for old, new in (("", text), (text, "")):
        found = page(render_comparison("T" * 200, HOSTILE, "Version 2", compare_public_texts(old, new)))
        assert set(re.findall(r"\w+", text)) <= set(re.findall(r"\w+", found.get_text()))
        assert len(found.select("h1")[0].get_text()) == 200
        assert len(found.select("script")) == 1
        assert not found.select("b, iframe, img, table")
