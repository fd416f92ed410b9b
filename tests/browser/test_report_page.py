"""A report in a real browser: by pointer, by keyboard alone, on a phone, on paper and in the dark."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from bot.essay.report import ReportSource, build_report, compare_public_texts
from bot.services.reports.page import render_comparison, render_report
from tests.browser.conftest import ENTER, NARROW, WIDE, Browser
from tests.essay.sample_report import BEFORE, SOURCE, TEXT

Store = Callable[[str], Path]
HEBREW = "אמרתי לו שאני עוזב בסוף החודש. הוא לא ענה. "
CHINESE = "我在五月离开了公司。办公室里很安静。没有人说话。"
HOSTILE = "</script><script>document.title = 'run'</script> \" ' “ ” & <b>x</b> {{ 7 * 7 }}"


def write(source: ReportSource) -> str:
    return render_report(build_report(source))


def plain(text: str, title: str = "The shop") -> ReportSource:
    """A text without a critique, notes or a version before."""
    return ReportSource(title=title, text=text, structure=SOURCE.structure)


ENGLISH = " ".join(f"I rebuilt the export service in March {1990 + year}, and “nobody” noticed." for year in range(30))
TEXTS: dict[str, ReportSource] = {
    "twenty words": plain(
        "## What I missed\n\nI missed the noise of the shop. There were fourteen people in it, and I loved that.\n"
    ),
    "right to left": plain(f"## מה חסר לי\n\n{HEBREW * 8}\n\n- {HEBREW}\n\n> {HEBREW}\n"),
    "Chinese": plain(f"## 我错过了什么\n\n{CHINESE * 12}\n"),
    "a wide table": plain(
        "## One\n\n|"
        + " a column |" * 14
        + "\n|"
        + "---|" * 14
        + "\n|"
        + " words_without_a_space_in_them |" * 14
        + "\n"
    ),
    "code": plain("## One\n\n```python\n" + "x = '" + "long" * 80 + "'\n```\n\nAnd `inline code` too.\n"),
    "pictures and links": plain(
        "## One\n\n![The shop](https://a.example/shop.png)\n\nSee [this](https://a.example/"
        + "x" * 200
        + "), <https://b.example>.\n"
    ),
    "a title of 200 characters": plain(TEXT, "A title " + "without end" * 17 + "."),
    "quotation marks and scripts in every field": replace(
        SOURCE,
        title=HOSTILE,
        facts=(HOSTILE,),
        text=f"{TEXT}\n## {HOSTILE}\n\n{HOSTILE}\n\n- {HOSTILE}\n",
        notes=tuple(replace(note, text=HOSTILE, question=HOSTILE) for note in SOURCE.notes),
        compared_with=HOSTILE,
    ),
    "twenty thousand words": plain("".join(f"## Part {number}\n\n{ENGLISH}\n\n{ENGLISH}\n\n" for number in range(30))),
}


def test_the_remark_under_the_pointer_and_its_words_are_shown_together(browser: Browser, stored: Store) -> None:
    browser.show(stored(write(SOURCE)))
    for under, other in (("mark[data-remarks~=f1]", "#f1"), ("#n1", "mark[data-remarks~=n1]")):
        ActionChains(browser.driver).move_to_element(browser.find(under)).perform()
        assert "is-active" in (browser.find(other).get_attribute("class") or "")
    assert "is-active" not in (browser.find("#f1").get_attribute("class") or "")


def test_the_keyboard_alone_leads_from_the_words_to_the_remark_and_back(browser: Browser, stored: Store) -> None:
    browser.show(stored(write(SOURCE)))
    browser.tab_to("words-f1")
    assert "is-active" in (browser.find("#f1").get_attribute("class") or "")
    browser.press(ENTER)
    assert browser.focused == "f1"
    browser.press("\ue004")  # Tab: to the only link in it
    browser.press(ENTER)
    assert browser.focused == "words-f1"


def test_the_first_key_skips_to_the_text(browser: Browser, stored: Store) -> None:
    browser.show(stored(write(SOURCE)))
    browser.press("\ue004")
    assert browser.driver.switch_to.active_element.text == "Skip to the text"
    browser.press(ENTER)
    assert browser.focused == "main"


def test_remarks_stand_beside_their_paragraph_and_on_a_phone_below_it(browser: Browser, stored: Store) -> None:
    path = stored(write(SOURCE))
    for width, is_beside in ((WIDE, True), (NARROW, False)):
        browser.show(path, width=width)
        words, remark = browser.run(
            "const box = (e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };"
            "const r = document.getElementById('f1'); return [box(r.closest('.row').firstElementChild), box(r)]"
        )
        assert (remark[0] >= words[2]) is is_beside
        assert (remark[1] >= words[3]) is not is_beside
        assert (remark[1] < words[3] and words[1] < remark[3]) is is_beside


@pytest.mark.parametrize("name", TEXTS)
def test_any_text_fits_a_phone_and_a_desk_and_breaks_no_rule(browser: Browser, stored: Store, name: str) -> None:
    path = stored(write(TEXTS[name]))
    for width in (NARROW, WIDE):
        browser.show(path, width=width)
        assert browser.overflow <= 0
    assert browser.complaints == []
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert browser.driver.title.startswith("Report: ")
    if name != "twenty thousand words":  # it has no other elements, and axe takes a minute for all of them
        assert browser.barriers() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_contrast_landmarks_names_and_headings_are_as_axe_wants_them(
    browser: Browser, stored: Store, dark: bool
) -> None:
    browser.show(stored(write(SOURCE)), dark=dark)
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") is not dark
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.barriers() == []
    comparison = compare_public_texts(BEFORE, TEXT)
    browser.show(stored(render_comparison("The shop", "Version 1", "Version 2", comparison)), dark=dark, width=NARROW)
    assert browser.overflow <= 0
    assert browser.barriers() == []


def test_on_paper_the_notes_of_each_paragraph_are_open_and_nothing_is_for_clicking(
    browser: Browser, stored: Store
) -> None:
    path = stored(write(SOURCE))
    browser.show(path, dark=True, media="print")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for selector in ("nav", ".margin a"):
        shown = "return getComputedStyle(document.querySelector(arguments[0])).display"
        assert browser.run(shown, selector) == "none"
    hidden = "const all = [...document.querySelectorAll('.sources li')];"
    hidden += "return [all.length, all.filter((one) => !one.checkVisibility({contentVisibilityAuto: true})).length]"
    count, closed = browser.run(hidden)
    assert count == 2
    assert closed == 0
    assert base64.b64decode(browser.driver.print_page()).startswith(b"%PDF")
