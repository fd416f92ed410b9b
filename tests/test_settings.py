"""Every setting is explained, and no secret is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import Settings

ROOT = Path(__file__).parents[1]


def test_every_setting_is_explained_in_the_example_and_nothing_else_is() -> None:
    explained = re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert explained == [name.upper() for name in Settings.model_fields]


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_KEY", "hunter2")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "hunter2")
    assert "hunter2" not in repr(Settings())


@pytest.mark.parametrize(
    ("address", "dialect"),
    [("https://api.anthropic.com/", "claude"), ("http://localhost:11434", "basic")],
)
def test_the_dialect_follows_the_address(monkeypatch: pytest.MonkeyPatch, address: str, dialect: str) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert Settings().dialect == dialect
    assert Settings().has_model == (dialect == "basic")
    monkeypatch.setenv("LLM_DIALECT", "claude")
    assert Settings().dialect == "claude"
