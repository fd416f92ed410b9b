""".env is read in whatever way an editor saved it; a line that cannot be used is named, and nothing goes in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.errors import InvalidSetting
from bot.settings import Settings, load_settings, read_settings

DATA = Path(__file__).parent / "data" / "env"
LINES = "ANTHROPIC_API_KEY=sk-first\nexport JOBS_AT_ONCE=3 # at most\nMODEL_WRITER='a model'\n"


@pytest.fixture(autouse=True)
def empty_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty directory, with nothing set."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_env_line_is_read_whatever_encoding_and_line_ends_the_editor_used(
    empty_directory: Path, encoding: str, ends: str
) -> None:
    (empty_directory / ".env").write_bytes(LINES.replace("\n", ends).encode(encoding))
    settings = read_settings()
    assert settings.anthropic_api_key is not None
    assert settings.anthropic_api_key.get_secret_value() == "sk-first"
    assert (settings.jobs_at_once, settings.model_writer) == (3, "a model")
    assert load_settings().env_path == empty_directory / ".env"


def test_the_first_setting_behind_a_byte_order_mark_is_read(empty_directory: Path) -> None:
    data = (DATA / "env-bom.env").read_bytes()
    (empty_directory / ".env").write_bytes(data)
    first, value = data.decode("utf-8-sig").splitlines()[0].split("=", 1)
    found = getattr(read_settings(), first.lower())
    assert str(found.get_secret_value() if hasattr(found, "get_secret_value") else found) == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ((DATA / "env-unclosed-quote.env").read_text(), 1),
        ('JOBS_AT_ONCE=3\n\n# a remark\nDISCORD_TOKEN="secret\n', 4),
        ("DISCORD_TOKEN='secret\nJOBS_AT_ONCE=3\n", 1),
        ('DISCORD_TOKEN="secret\nMODEL_WRITER="writer"\n', 1),
        ('\n\nDISCORD_TOKEN="secret\nJOBS_AT_ONCE=3\nMODEL_WRITER=b"\n', 3),
        ("DISCORD TOKEN=secret\n", 1),
        ("DISCORD_TOKEN\n", 1),
        ("JOBS_AT_ONCE=3\nDISCORD_TOKEN: secret\n", 2),
    ],
)
def test_an_unreadable_env_line_is_reported_with_its_file_and_line_number(
    empty_directory: Path, text: str, line: int
) -> None:
    (empty_directory / ".env").write_text(text)
    with pytest.raises(InvalidSetting) as caught:
        read_settings()
    assert str(empty_directory / ".env") in str(caught.value)
    assert f"line {line} " in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("data", [b"MODEL_WRITER=caf\xe9\n", b"J\0O\0B\0S\0", b"\xff\xfeJ\0O"])
def test_an_env_file_that_is_not_text_is_reported(empty_directory: Path, data: bytes) -> None:
    (empty_directory / ".env").write_bytes(data)
    with pytest.raises(InvalidSetting, match=r"\.env cannot be used as it stands: .*save (it|the file) as UTF-8"):
        read_settings()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes among its files")
def test_an_env_file_that_is_a_named_pipe_is_reported_and_not_waited_for(empty_directory: Path) -> None:
    os.mkfifo(empty_directory / ".env")
    with pytest.raises(
        InvalidSetting, match=r"\.env cannot be used as it stands: it is a named pipe and no regular file"
    ):
        read_settings()


def test_an_invalid_value_is_reported_with_where_it_was_set(
    empty_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_directory / ".env").write_text("JOBS_AT_ONCE=none\n")
    with pytest.raises(
        InvalidSetting, match=rf"JOBS_AT_ONCE cannot be used: .* It stands in {empty_directory}/\.env\."
    ):
        read_settings()
    monkeypatch.setenv("JOBS_AT_ONCE", "many")
    with pytest.raises(InvalidSetting, match=r"It stands in the environment\."):
        read_settings()


def test_likely_typos_and_duplicates_in_the_env_file_are_hinted_at(empty_directory: Path) -> None:
    (empty_directory / ".env").write_text(
        "DISCORD_TOKN=x\nJOBS_AT_ONCE=3\nCOMPOSE_PROJECT_NAME=essays\nJOBS_AT_ONCE=4\n"
    )
    assert load_settings().settings.jobs_at_once == 4
    assert load_settings().hints == (
        "DISCORD_TOKN in line 1 is no setting: DISCORD_TOKEN is one",
        "JOBS_AT_ONCE stands twice, in line 4 again: the last one counts",
    )
