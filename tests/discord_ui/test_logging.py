"""What the log of the bot says, and what no library and no error may put into it."""

from __future__ import annotations

import asyncio
import gc
import json
import logging

import pytest

from bot.ops.logging_config import configure_logging, log_unhandled_task_errors
from bot.services.request_context import request_scope
from tests.discord_ui.conftest import Bot
from tests.simulators.discord import DiscordSimulator

WORDS = "my secret notes"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard error, to which the log goes once it is configured; afterwards everything is as before."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    return capsys


def written(log: pytest.CaptureFixture[str]) -> str:
    return log.readouterr().err


@pytest.mark.parametrize(
    "name", ["discord.http", "discord.webhook.async_", "aiohttp.client", "anthropic._base_client", "httpx2", "asyncio"]
)
def test_no_library_logs_below_info_whatever_its_level(
    name: str, monkeypatch: pytest.MonkeyPatch, log: pytest.CaptureFixture[str]
) -> None:
    """There they write tokens, addresses with tokens in them, and requests with a writer's text. Some set their level
    when they are imported, after everything else was set."""
    configure_logging()
    library = logging.getLogger(name)
    monkeypatch.setattr(library, "level", library.level)
    library.setLevel(logging.DEBUG)
    library.debug(WORDS)
    library.warning("It is slow.")
    told = written(log)
    assert WORDS not in told
    assert told.endswith(f"WARNING {name}: It is slow.\n")


async def test_asyncio_shows_nothing_that_a_callback_was_given(log: pytest.CaptureFixture[str]) -> None:
    """In its debug mode it would show that of each callback that takes long, and what a task has returned."""
    configure_logging()
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0
    called = asyncio.Event()
    loop.call_soon(lambda _: called.set(), WORDS)
    await called.wait()
    loop.set_debug(False)
    assert WORDS not in written(log)


def test_single_requests_to_the_model_are_not_logged(log: pytest.CaptureFixture[str]) -> None:
    """The job has its line; httpx2, through which anthropic speaks, would write one a request, with the address."""
    configure_logging()
    logging.getLogger("httpx2").info("HTTP Request: POST http://key@localhost/v1/messages")
    logging.getLogger("discord.gateway").info("Shard ID None has connected to Gateway.")
    told = written(log)
    assert "HTTP Request" not in told
    assert "INFO discord.gateway: Shard" in told


def test_a_librarys_line_names_no_address_and_no_id(log: pytest.CaptureFixture[str]) -> None:
    """discord.py's warning of a rate limit holds the application's id and an interaction's token."""
    configure_logging()
    warning = "We are being rate limited. %s %s responded with 429. Retrying in %.2f seconds."
    address = "https://discord.com/api/v10/webhooks/112233445566778899/aW50ZXJhY3Rpb24/messages/998877665544332211"
    logging.getLogger("discord.http").warning(warning, "PATCH", address, 0.3)
    logging.getLogger("discord.state").warning("Unknown guild 112233445566778899.")
    told = written(log)
    assert "We are being rate limited. PATCH [address] responded with 429. Retrying in 0.30 seconds." in told
    assert "Unknown guild [id]." in told


def test_a_malformed_line_shows_none_of_its_arguments(log: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    logging.getLogger("discord.http").warning("%d tries", WORDS)
    told = written(log)
    assert "[a malformed line, test_logging.py:" in told
    assert WORDS not in told


def test_lines_of_one_request_carry_the_persons_pseudonym_and_the_requests_id(log: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    with request_scope("d0123456789abcdef0123456789abcdef") as request:
        logging.getLogger("bot.discord").info("first")
        logging.getLogger("bot.services").info("second")
    logging.getLogger("bot").info("third")
    first, second, third = written(log).splitlines()
    assert first.endswith(f"first [d0123456 {request.id}]")
    assert second.endswith(f"second [d0123456 {request.id}]")
    assert third.endswith("third")


def test_the_log_can_be_lines_of_json(log: pytest.CaptureFixture[str]) -> None:
    configure_logging(as_json=True)
    with request_scope("d0123456789abcdef0123456789abcdef") as request:
        try:
            int(WORDS)
        except ValueError:
            logging.getLogger("bot").exception("job %d failed\nby a bug", 7)
    logging.getLogger("bot.discord").info("ready")
    told = written(log)
    failed, ready = (json.loads(line) for line in told.splitlines())
    assert failed["message"] == "job 7 failed\nby a bug"
    assert (failed["level"], failed["logger"]) == ("ERROR", "bot")
    assert (failed["person"], failed["request"]) == ("d0123456", request.id)
    assert "RedactedError: ValueError" in failed["error"]
    assert set(ready) == {"time", "level", "logger", "message"}
    assert WORDS not in told


def test_an_error_is_logged_without_its_message(log: pytest.CaptureFixture[str]) -> None:
    """Also one that discord.py logs: its kind, and where it happened."""
    configure_logging()
    try:
        int(WORDS)
    except ValueError:
        logging.getLogger("discord.client").exception("Ignoring exception in %s", "on_message")
    told = written(log)
    assert "Ignoring exception in on_message" in told
    assert "Traceback" in told
    assert "RedactedError: ValueError" in told
    assert WORDS not in told


async def test_an_error_in_an_unawaited_task_is_logged_without_its_message(
    log: pytest.CaptureFixture[str],
) -> None:
    async def fail() -> None:
        raise ValueError(WORDS)

    configure_logging()
    loop = asyncio.get_running_loop()
    log_unhandled_task_errors(loop)
    lost = asyncio.create_task(fail(), name=WORDS)
    await asyncio.wait({lost})
    del lost
    gc.collect()
    told = written(log)
    assert "RedactedError: ValueError" in told
    assert WORDS not in told


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        ({"0": {}}, "User Install is off, so nobody can add the bot to their account"),
        ({"1": {}}, "Guild Install is off, so the bot can be added to no server"),
        ({"0": {}, "1": {}}, None),
        ({}, None),
    ],
)
async def test_a_switched_off_install_type_is_logged_with_the_page_to_turn_it_on(
    sim: DiscordSimulator,
    plain: Bot,
    allowed: dict[str, object],
    words: str | None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(plain.client.application, "_integration_types_config", allowed)
    caplog.clear()
    await plain.client.setup_hook()
    told = [line for line in caplog.messages if "Install is off" in line]
    assert len(told) == (1 if words else 0)
    assert not words or words in told[0]
    assert not words or "discord.com/developers/applications > your application > Installation" in told[0]
