"""The start of the bot: it is online before what only some of its work needs is imported."""

from __future__ import annotations

import subprocess
import sys

LATER = (
    "anthropic",
    "mammoth",
    "bs4",
    "markdownify",
    "striprtf",
    "charset_normalizer",
    "slugify",
    "proselint",
    "pebble",
)


def test_the_bot_and_its_prompts_are_imported_without_what_only_some_writers_need() -> None:
    code = (
        f"import sys, bot.ops.run_discord, bot.llm.factory\nprint(*(name for name in {LATER} if name in sys.modules))"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert asked.stdout.split() == []
