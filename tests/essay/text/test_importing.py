"""Markdown as other programs write it is read as its writer sees it, and what is left out is said."""

from __future__ import annotations

import timeit
from functools import partial

import pytest

from bot.essay.text.markdown_import import describe_removed, import_markdown, remove_comments

_PROPERTIES = """---
title: Leaving: the bank
up: [[Home]]
template: {{date}}
nested:
  author: Kim
rating:: 4
---

I left.
"""


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("See [[2019 review#^abc123]].", "See 2019 review."),
        ("See [[2019 review#Pay]] and [[#Pay]].", "See 2019 review > Pay and Pay."),
        ("[[1]](https://example.org)", "[[1]](https://example.org)"),
        ("[Pay](#pay), [Kim’s page](Kim%20a1b2c3(1).md) and [a](<b c.md> 'd').", "Pay, Kim’s page and a."),
        ("[a](https://a.example) [b](mailto:b@c.example) [c](www.c.example) [^1](d)", None),
        ("[sic](he said so) [private](so)", None),
        ("The door. ![](lift.png)", "The door. "),
        ("![The lift|300](https://a.example/b.png)", "![The lift](https://a.example/b.png)"),
        ("> [!note] A\n> b\n> > [!tip]\n> > c\n> d\n\n> e", "A\nb\nc\nd\n\n> e"),
        ("> > [!note] A\n> > b\n> c", "A\nb\n> c"),
        ("One.\n\n```dataview\nLIST FROM #a\n```\n\nTwo.", "One.\n\nTwo."),
        ("One.\n\n[//]: # (ask Kim)\n[comment]: <> 'and Ola'\n\nTwo.", "One.\n\nTwo."),
        ("[a]: # b\n`[//]: # (c)`", None),
        ("<!-- a -->   One.", "One."),
        ("<aside>\n💡 One.\n\n</aside>\n\nTwo.", "\n\n💡 One.\n\nTwo."),
        ("One<br>  two <mark style='a'>three</mark>, H<sub>2</sub>O, 10<sup>6</sup> & <3 <T>.", None),
        ("## One<br>two\n\n| a<br/>b | c |\n|--|--|", "## One two\n\n| a b | c |\n|--|--|"),
        ('<a class="x" href="https://a.example">one</a> `<b>` \\<b>', "[one](https://a.example) `<b>` \\<b>"),
        ("<p align=center>\n<img width=3 src='https://a.example' alt='The lift'>\n</p>", None),
        ("## What I missed {#missed .wide lang=en}", "## What I missed"),
        ("#career/draft# #b", ""),
        ("#\u00a0One\n\n-\u00a0two\n\n\uf0b7\tthree \ufffc", "# One\n\n- two\n\n•\tthree "),
        (
            "One\u202e two\u2069 \U000e0041three \ufffb\U0001f3f4\U000e0067\U000e007f",
            "One two three \U0001f3f4\U000e0067\U000e007f",
        ),
        ("\u05d0\u200f one", None),
    ],
)
def test_a_page_from_a_notes_app_is_imported_as_its_writer_sees_it(page: str, text: str | None) -> None:
    """None stands for the page itself, or for what is told below."""
    others = {
        "One<br>": "One\ntwo three, H2O, 10⁶ & <3 <T>.",
        "<p align": "\n\n![The lift](<https://a.example>)\n\n",
    }
    same = next((other for opening, other in others.items() if page.startswith(opening)), page)
    assert import_markdown(page).text == (same if text is None else text)


def test_properties_that_are_not_yaml_are_dropped_and_reported_and_still_give_the_title() -> None:
    page = import_markdown(_PROPERTIES.replace("rating:: 4\n", ""))
    assert page.title == "Leaving: the bank"
    assert page.text == "I left.\n"
    assert describe_removed(page.removed) == "Left out of the notes: the front matter (up, template, nested)."


@pytest.mark.parametrize(
    "page",
    [
        _PROPERTIES,
        "---\na: &x b\nc: *x\n---\n",
        "---\nDear Kim: I left: now.\n---\n",
        "---\ntitle: a: b\n\nI left.\n\n---\n",
        "---\ntitle: a: b\nI left.\n---\n",
        f"---\ntitle: a: b\n{'c: d: e' + chr(10)}" + "f: g\n" * 5_000 + "---\n",
    ],
)
def test_a_block_between_rules_that_may_be_prose_is_kept_as_text(page: str) -> None:
    assert import_markdown(page).title is None
    assert import_markdown(page).text.startswith("---\n")


def test_markup_is_removed_from_a_front_matter_title() -> None:
    page = import_markdown(
        '---\nTitle: "<b>Leaving</b> [the](https://a.example) *bank* <!-- secret -->"\n---\n\nI left.\n'
    )
    assert page.title == "Leaving the bank"


def test_a_title_that_is_not_used_is_reported() -> None:
    page = import_markdown("---\ntitle: [Leaving]\ntags: a\n---\n\nI left.\n")
    assert describe_removed(page.removed) == "Left out of the notes: the front matter (title, tags)."


def test_a_dropped_picture_is_reported_with_its_description() -> None:
    page = import_markdown("![The lift](lift.png) ![](b.png)\n<img alt='The gate' src='data:a'>\n")
    assert describe_removed(page.removed) == "Left out of the notes: 3 pictures (“The gate”, “The lift”)."


def test_comments_that_are_never_closed_are_read_once() -> None:
    """Four times the text takes four times as long; what looks for the end of each comment anew, sixteen times."""
    texts = {size: "a<!--" * size for size in (10_000, 40_000)}
    times = {size: min(timeit.repeat(partial(remove_comments, text), number=1)) for size, text in texts.items()}
    assert times[40_000] < 10 * times[10_000]
    assert remove_comments(texts[10_000]) == texts[10_000]
