"""Addresses: what is one, what a note vouches for, and how one is shown so that nobody can click it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.claims import find_unsupported_claims
from bot.essay.facts import addresses, defang_links


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://Example.com/a_(b)?x=1. Then", ["https://Example.com/a_(b)?x=1"]),
        ("(see http://example.com/x)", ["http://example.com/x"]),
        ("Write to Kim.Lee@post.example.co.uk, or not.", ["Kim.Lee@post.example.co.uk"]),
        ("Go to www.example.org, or example.com!", ["www.example.org", "example.com"]),
        ("At t.me/someone and bit.ly/x1", ["t.me/someone", "bit.ly/x1"]),
        ("discord://invite/x ftp://files.example", ["discord://invite/x", "ftp://files.example"]),
        ("https://bank.com@evil.example/login", ["https://bank.com@evil.example/login"]),
        ("[here](https://example.com/p) and [there](  </local/page> )", ["https://example.com/p", "/local/page"]),
        ("![a chart](chart.png) [x](javascript:alert(1))", ["chart.png", "javascript:alert"]),
        ("[ref]: //cdn.example/x 'title'", ["//cdn.example/x"]),
        ("<a href='x.html'>x</a> <img src=pic.jpg>", ["x.html", "pic.jpg"]),
        ("<https://example.com/c>", ["https://example.com/c"]),
        ("über bücher.de/neu hinaus", ["bücher.de/neu"]),
    ],
)
def test_a_web_or_mail_address_is_recognised(text: str, found: list[str]) -> None:
    assert [each.raw for each in addresses(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "We wrote it in Node.js and main.py, e.g. at 12.30 p.m. in the U.S.",
        "It ended.So I left.it was cold, and/or wet.",
        "Version 2.4.1 of the file notes.txt; ASP.NET, too.",
        "[^1]: a note, and [a place](#in-the-text).",
        "[NEED: the page, such as www.example.com]",
        "He said: go. @kim agreed, 3:1.",
    ],
)
def test_file_names_abbreviations_and_placeholders_are_not_addresses(text: str) -> None:
    assert addresses(text) == ()


NOTES = ["We found it on https://www.Example.com/jobs/ in May; write to kim@example.com."]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The page was example.com/jobs, on example.com.", []),
        ("Ask kim@example.com, or see [the page](http://example.com/jobs).", []),
        ("Ask lee@example.com.", ["address: lee@example.com"]),
        (
            "See https://example.com/pay and https://evil.example.",
            ["address: example.com/pay", "address: evil.example"],
        ),
        ("[a](https://x.example/1) [b](https://x.example/1)", ["address: x.example/1 (2 times)"]),
        ("It was on Booking.com.", ["address: Booking.com"]),
        ("A chart: ![of pay](https://x.example/2019.png)", ["address: x.example/2019.png"]),
    ],
)
def test_an_address_that_no_note_holds_is_marked_and_shown_without_a_link(text: str, names: list[str]) -> None:
    assert [claim.label for claim in find_unsupported_claims(text, NOTES)] == names


def test_an_address_that_only_an_excluded_note_holds_is_reported_as_such() -> None:
    (claim,) = find_unsupported_claims("See https://example.com/x.", [], ["It is at example.com/x"])
    assert claim.label == "address: example.com/x (only a note that is left out holds it)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://evil.example/x and HTTP://evil.example.", "See evil.example/x and evil.example."),
        ("[click](https://evil.example)", "[click](evil.example)"),
        ("hhttps://ttps://evil.example", "evil.example"),
        ("www.evil.example, mailto:a@b.example, <https://evil.example>", "evil.example, a@b.example, <evil.example>"),
        ("Note: this stays as it is, at 3:1, and/or so.", "Note: this stays as it is, at 3:1, and/or so."),
    ],
)
def test_removing_links_strips_every_scheme_and_www_prefix(text: str, shown: str) -> None:
    assert defang_links(text) == shown


@given(st.text(st.sampled_from("htps:/w.x m")))
def test_removing_links_leaves_no_http_scheme_in_any_text(text: str) -> None:
    shown = defang_links(text)
    assert "http://" not in shown
    assert "https://" not in shown
    assert defang_links(shown) == shown


@pytest.mark.parametrize("piece", ["a.a.", "https", "[", "aaaa@", "](x", "www.", "x://", "a.b@", "a", "e.g. "])
def test_finding_addresses_takes_linear_time_on_hostile_texts(piece: str) -> None:
    """The time would be minutes, were it not linear."""
    text = piece * (200_000 // len(piece))
    addresses(text)
    defang_links(text)
