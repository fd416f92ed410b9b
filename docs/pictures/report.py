"""Write docs/pictures/report.html, the report of a short post, and take report.png of it with Chromium.

Run it with ``python docs/pictures/report.py`` after a change to reports or measures. The page is the same on every
machine; its picture is not, since fonts and browsers differ. So the picture is taken only where the page has changed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.bootstrap import load_structures
from bot.essay.critique import Category, Critique, EarlierFinding, EarlierState, Finding, Severity, Strength
from bot.essay.essay import Note
from bot.essay.report import ReportSource, build_report
from bot.essay.support import Check, SentenceSupport, SupportKind, UnsupportedPassage
from bot.essay.text.spans import Span
from bot.services.reports.page import render_report

HERE = Path(__file__).parent
SIZE = "1280,1180"  # pixels: the text with what stands beside it
TEXT = """## The contradiction

On Tuesday, 7 May 2024 I wrote release notes for a feature I had not touched. My title said Senior Engineer, and I had \
not built anything since the spring.

## What I missed

I rebuilt the export service in 2019, and errors went from 15% to 2%. That I would do again. By 2023 nobody asked me \
to build anything, because I had been too good at explaining.

## What I gave up and what I gained

My pay went from 61,000 to 48,500. I answer to one person now, and she answers the phone. It was a very big change.

[NEED: Whom did you tell not to do what you did?]
"""
BEFORE = TEXT.replace(", and I had not built anything since the spring", "").replace(", and she answers the phone", "")
NOTES = (
    Note(
        1, "Tuesday, 7 May 2024: I wrote release notes for a feature I had not touched. My title said Senior Engineer."
    ),
    Note(2, "The export service. I rebuilt it in 2019; errors went from 15% to 2%. That I would do again."),
    Note(3, "Pay went from 61,000 to 48,500. I answer to one person now, and she answers the phone."),
)


def main() -> int:
    """Write the page; where it has changed, take its picture. Return 1 if there is no Chromium to take it with."""
    page, picture = HERE / "report.html", HERE / "report.png"
    html = render_report(build_report(_source()))
    if picture.exists() and page.exists() and page.read_text(encoding="utf-8") == html:
        return 0
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write(
            "docs/pictures/report.html would change, and there is no Chromium here to take its picture with. It was "
            "left as it is: install Debian's chromium, and run make docs again.\n"
        )
        return 1
    page.write_text(html, encoding="utf-8")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(  # noqa: S603 - the program found above, on a file of our own
            [
                chromium,
                *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}"),
                *("--force-prefers-color-scheme=light", f"--window-size={SIZE}", f"--screenshot={picture}"),
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return 0


def _source() -> ReportSource:
    critique = Critique(
        fix_first="Say what the change was, in the last section: it is what the whole post has led to.",
        findings=(
            _finding(
                "It was a very big change.",
                Category.VAGUE,
                Severity.GRAVE,
                "The reader has come to learn what changed, and is told only that it was big.",
                question="What was different on the first Monday after it?",
            ),
            _finding(
                "nobody asked me to build anything",
                Category.UNCLEAR,
                Severity.SERIOUS,
                "A reader cannot tell whether they stopped asking, or had never asked.",
                replacement="they had stopped asking me to build anything",
            ),
        ),
        strengths=(
            Strength(
                "errors went from 15% to 2%", _span("errors went from 15% to 2%"), "A number that can be checked."
            ),
        ),
        coverage=(),
        dropped=0,
        held_back=0,
        model="",
        earlier=(
            EarlierFinding(
                "I answer to one person now.",
                Category.VAGUE,
                Severity.MINOR,
                "One person says nothing of how it is.",
                EarlierState.FIXED,
            ),
        ),
    )
    supports = tuple(SentenceSupport(sentence, (note,)) for sentence, note in enumerate((1, 1, 2, 2, 2, 3, 3, 3), 1))
    unsupported = (
        UnsupportedPassage(
            5,
            "because I had been too good at explaining",
            SupportKind.CAUSE,
            "The notes say that nobody asked, and give no reason.",
            2,
            "By 2023 nobody asked me to build anything.",
        ),
    )
    return ReportSource(
        title="The phone is answered",
        text=TEXT,
        structure=load_structures()["career-switch"],
        facts=("An example, made by hand", "Version 2"),
        critique=critique,
        critiqued_text=TEXT,
        check=Check(2, supports, unsupported),
        notes=NOTES,
        before=BEFORE,
        compared_with="Version 1",
    )


def _span(words: str) -> Span:
    return Span(TEXT.index(words), TEXT.index(words) + len(words))


def _finding(
    words: str,
    category: Category,
    severity: Severity,
    effect: str,
    *,
    question: str | None = None,
    replacement: str | None = None,
) -> Finding:
    return Finding(words, _span(words), category, severity, effect, replacement, question)


if __name__ == "__main__":
    sys.exit(main())
