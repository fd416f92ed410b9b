"""Write a report, or a comparison of two texts, as one page of HTML that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.essay.diff import TextComparison
from bot.essay.marked_text import Style
from bot.essay.report import EssayReport
from bot.services.reports.figures import WIDTH, draw_figures

_TAGS: Mapping[Style, str] = {
    "emphasis": "em",
    "strong": "strong",
    "struck": "s",
    "code": "code",
    "link": "u",
    "address": "small",
}
"""The element of each style. A link is underlined and leads nowhere: what it leads to stands behind it."""
_KINDS = {"f": "finding", "n": "unsupported", "v": "vouched", "c": "counted"}


def render_report(report: EssayReport) -> str:
    """Return a report as a page of HTML."""
    return _render(
        "report.html.j2",
        report=report,
        notes={note.number: note for note in report.notes},
        figures=draw_figures(report.shape),
        width=WIDTH,
        tags=_TAGS,
        kind_of=_kind_of,
    )


def render_comparison(title: str, before: str, after: str, comparison: TextComparison) -> str:
    """Return two texts beside one another as a page; ``before`` and ``after`` are what they are called."""
    return _render("comparison.html.j2", title=title, before=before, after=after, comparison=comparison)


def _kind_of(marks: Sequence[str]) -> str:
    """Return the class of words under these marks: the gravest kind, a finding before all."""
    return next(name for sign, name in _KINDS.items() if any(key.startswith(sign) for key in marks))


def _render(template: str, **values: object) -> str:
    style, script = _read("report.css"), _read("report.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=style,
            script=script,
            style_hash=_hash_source(style),
            script_hash=_hash_source(script),
            **values,
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.services.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=2)
def _read(name: str) -> str:
    return (files("bot.services.reports") / "templates" / name).read_text(encoding="utf-8")


def _hash_source(text: str) -> str:
    """Return the source of a Content Security Policy that allows this very text (CSP level 3, section 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
