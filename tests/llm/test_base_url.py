"""A name and a password in the address of the service are sent there, and shown nowhere."""

from __future__ import annotations

import base64
import logging

import pytest

from bot.errors import NoNetwork, NotClaude
from bot.essay.structure import Structure
from bot.llm.base_url import redacted_url
from tests.llm.conftest import DRAFT, FakeSleep, ProgressLog, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.test_malformed_replies import draft
from tests.simulators.claude import ClaudeSimulator, Reply, WebPage

SECRET = "secret%2Fpw"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://someone:{SECRET}@host:8080/v1/", "https://host:8080/v1"),
        (f"http://someone:{SECRET}@[::1]:8080", "http://[::1]:8080"),
        ("http://token@host", "http://host"),
        ("http://a@b:c@host", "http://host"),
        ("http://localhost:11434", "http://localhost:11434"),
    ],
)
def test_an_address_is_shown_without_name_and_password(url: str, shown: str) -> None:
    assert redacted_url(url) == shown


async def test_the_server_gets_name_and_password_and_no_error_or_log_holds_them(
    structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog, caplog: pytest.LogCaptureFixture
) -> None:
    async with ClaudeSimulator(basic=True, key=None) as gateway:
        gateway.script(Reply(DRAFT), WebPage())
        at = gateway.base_url.removeprefix("http://")
        with caplog.at_level(logging.DEBUG):
            async with ports(gateway, ledger, fake_sleep, address=f"http://someone:{SECRET}@{at}") as models:
                assert (await draft(models, structure, on)).text == DRAFT
                with pytest.raises(NotClaude, match=f"at http://{at} is not") as caught:
                    await draft(models, structure, on)
        sent = base64.b64encode(b"someone:secret/pw").decode()
        assert [request.headers["Authorization"] for request in gateway.requests] == [f"Basic {sent}"] * 2
    for told in (str(caught.value), caplog.text):
        assert "secret" not in told
        assert "someone" not in told
        assert sent not in told


async def test_no_error_holds_the_password_where_nobody_answers(
    claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog
) -> None:
    async with ports(claude, ledger, fake_sleep, address=f"http://someone:{SECRET}@127.0.0.1:9") as models:
        with pytest.raises(NoNetwork, match=r"The model at http://127\.0\.0\.1:9 cannot be reached"):
            await draft(models, structure, on)
