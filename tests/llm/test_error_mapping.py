"""Every way in which a call can fail, for every port through the real SDK: what is told, what the ledger holds."""

from __future__ import annotations

import re
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import (
    BudgetSpent,
    KeyRefused,
    ModelError,
    NoNetwork,
    NotClaude,
    OutOfCredit,
    Overloaded,
    RateLimited,
    RequestRefused,
    ServiceFault,
    SpendLimitReached,
    Stalled,
    StreamBroken,
    TookTooLong,
    UnknownModel,
    UnknownPrice,
)
from bot.essay.structure import Structure
from bot.llm.prompts import read_prompts
from bot.services.llm_ports import Models, ModelText
from bot.structure_files import prompts_directory
from tests.llm.conftest import FREE, NOTES, FakeSleep, ProgressLog, material
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.port_calls import PORTS, Calling, every_port, every_port_that_does_not, every_port_that_shows
from tests.simulators.claude import (
    Answer,
    BadChunk,
    ClaudeSimulator,
    Close,
    Cut,
    Dropped,
    Gate,
    HttpError,
    Pause,
    Reply,
    StreamError,
    Thinking,
    WebPage,
    spend_limit,
)

MIDDLE = 20  # characters of each port's good reply after which it breaks off
REFUSED = [
    (HttpError(400, message="max_tokens: too many."), RequestRefused, "max_tokens: too many"),
    (HttpError(401), KeyRefused, "refused the API key"),
    (HttpError(402), OutOfCredit, "no credit left"),
    (HttpError(403), KeyRefused, "may not use the model claude-"),
    (HttpError(404), UnknownModel, "no model claude-"),
    (HttpError(409), ServiceFault, "a fault of its own"),
    (HttpError(413), RequestRefused, "more than the model takes at once"),
    (HttpError(422), RequestRefused, "will not help"),
    (HttpError(429), RateLimited, "in a few minutes"),
    (HttpError(429, retry_after=86_400 * 3), RateLimited, "try again in 3 days"),
    (spend_limit(), SpendLimitReached, "spending limit"),
    (HttpError(400, error_code="contract_spend_limit_reached"), SpendLimitReached, "spending limit"),
    (HttpError(500), ServiceFault, "request id req_simulated"),
    (HttpError(504), ServiceFault, "a fault of its own"),
    (HttpError(529), Overloaded, "overloaded"),
    (WebPage(), NotClaude, "is not Claude's Messages API"),
    (WebPage(status=404), NotClaude, "is not Claude's Messages API"),
    (WebPage(status=502), ServiceFault, "a fault of its own"),
    (Reply("Well.", events_named=False), NotClaude, "is not Claude's Messages API"),
]


@every_port
@pytest.mark.parametrize(
    ("answer", "kind", "words"), REFUSED, ids=[f"{n}-{k.__name__}" for n, (_, k, _) in enumerate(REFUSED)]
)
async def test_a_refused_call_is_reported_with_its_own_message_and_costs_nothing(
    calling: Calling, answer: Answer, kind: type[ModelError], words: str
) -> None:
    calling.claude.script(answer)
    with pytest.raises(kind, match=words) as caught:
        await calling.call()
    assert "stored" in str(caught.value)
    assert [(row.stop_reason, row.nano_usd, row.output_tokens, row.is_estimated) for row in calling.ledger.rows] == [
        (kind.__name__, 0, 0, False)
    ]
    assert calling.on.got == []
    assert calling.fake_sleep.taken == []


BROKEN = [
    (Cut(MIDDLE), StreamBroken),
    (Close(MIDDLE), StreamBroken),
    (StreamError(MIDDLE), Overloaded),
    (StreamError(MIDDLE, type="rate_limit_error"), RateLimited),
    (StreamError(MIDDLE, type="api_error"), ServiceFault),
]


@every_port_that_shows
@pytest.mark.parametrize(("ending", "kind"), BROKEN)
async def test_a_stream_broken_after_text_was_shown_is_not_retried_and_is_billed_by_estimate(
    calling: Calling, ending: Cut | Close | StreamError, kind: type[ModelError]
) -> None:
    calling.claude.script(replace(calling.good, thinking=Thinking(), ending=ending))
    with pytest.raises(kind):
        await calling.call()
    assert calling.on.text == calling.port.good[:MIDDLE]
    assert calling.fake_sleep.taken == []
    (row,), (request,) = calling.ledger.rows, calling.claude.requests
    assert (row.stop_reason, row.is_estimated) == (kind.__name__, True)
    assert row.input_tokens + row.cache_write_tokens == request.usage.total_input
    # What was thought is in the estimate, since it was billed.
    assert row.output_tokens > request.body["max_tokens"] // 8
    assert row.nano_usd is not None
    assert row.nano_usd >= round(request.billed.total * 1e9)


@every_port_that_does_not
@pytest.mark.parametrize(("ending", "kind"), BROKEN)
async def test_a_break_after_text_that_nobody_watches_is_tried_once_more(
    calling: Calling, ending: Cut | Close | StreamError, kind: type[ModelError]
) -> None:
    """Nothing on a screen would jump back."""
    broken = replace(calling.good, ending=ending)
    calling.claude.script(broken, calling.good, broken, broken)
    assert await calling.call()
    with pytest.raises(kind):
        await calling.call()
    assert calling.fake_sleep.taken == [3.0, 3.0]
    assert [row.stop_reason for row in calling.ledger.rows] == [kind.__name__, "end_turn", *[kind.__name__] * 2]


@every_port
@pytest.mark.parametrize(
    ("ending", "kind"), [(Cut(), StreamBroken), (Close(), StreamBroken), (StreamError(), Overloaded)]
)
async def test_a_stream_broken_before_any_text_is_retried_exactly_once(
    calling: Calling, ending: Cut | Close | StreamError, kind: type[ModelError]
) -> None:
    broken = replace(calling.good, thinking=Thinking(), ending=ending)
    calling.claude.script(broken, calling.good, broken, broken)
    answer = await calling.call()
    assert calling.fake_sleep.taken == [3.0]
    assert calling.on.text == (calling.port.good if calling.port.shows else "")
    assert [row.stop_reason for row in calling.ledger.rows] == [kind.__name__, "end_turn"]
    if isinstance(answer, ModelText):
        assert answer.cost.nano_usd == sum(row.nano_usd or 0 for row in calling.ledger.rows)
    with pytest.raises(kind):
        await calling.call()
    assert calling.claude.remaining == 0
    assert len(calling.fake_sleep.taken) == 2


@every_port
async def test_a_stream_that_falls_silent_is_reported_as_stalled(calling: Calling) -> None:
    tries = 1 if calling.port.shows else 2
    calling.claude.script(*(replace(calling.good, pauses=(Pause(MIDDLE, Gate()),)) for _ in range(tries)))
    with pytest.raises(Stalled, match="Nothing came from the model"):
        await calling.call(silence=0.1)
    assert calling.on.text == (calling.port.good[:MIDDLE] if calling.port.shows else "")
    assert (await calling.claude.requests[-1].done()).disconnected
    assert [(row.stop_reason, row.is_estimated) for row in calling.ledger.rows] == [("Stalled", True)] * tries


@every_port
async def test_broken_http_is_reported_as_stalled_although_the_client_would_keep_waiting(calling: Calling) -> None:
    """aiohttp tells nobody who reads, and stops its own clock. Before any text it is tried once more."""
    broken = replace(calling.good, ending=BadChunk(MIDDLE))
    tries = 1 if calling.port.shows else 2
    calling.claude.script(replace(broken, ending=BadChunk()), calling.good, *[broken] * tries)
    async with calling.under(silence=0.1) as models:
        assert await calling.port.send(models, calling.structure, NOTES[1], calling.on)
        with pytest.raises(Stalled, match="Nothing came from the model"):
            await calling.port.send(models, calling.structure, NOTES[1], calling.on)
    assert calling.on.text == (calling.port.good + calling.port.good[:MIDDLE] if calling.port.shows else "")
    assert [row.stop_reason for row in calling.ledger.rows] == ["Stalled", "end_turn", *["Stalled"] * tries]


@every_port
async def test_a_call_silent_from_the_start_is_reported_as_stalled_and_never_retried(
    calling: Calling,
) -> None:
    """Three silences would take longer than the whole call may, and be told as something else."""
    calling.claude.script(*(replace(calling.good, before_headers=Gate()) for _ in range(3)))
    with pytest.raises(Stalled):
        await calling.call(silence=0.1, total=5.0, retries=2)
    assert len(calling.claude.requests) == 1
    (row,) = calling.ledger.rows
    assert (row.stop_reason, row.is_estimated) == ("Stalled", True)
    assert row.input_tokens > 500


@every_port
async def test_a_call_ends_when_its_time_is_over(calling: Calling) -> None:
    calling.claude.script(replace(calling.good, pauses=(Pause(MIDDLE, Gate()),)))
    with pytest.raises(TookTooLong):
        await calling.call(total=0.3)
    assert (await calling.claude.requests[0].done()).disconnected
    assert [(row.stop_reason, row.is_estimated) for row in calling.ledger.rows] == [("TookTooLong", True)]


async def test_a_call_ends_when_the_time_that_its_prompt_allows_is_over(
    claude: ClaudeSimulator, structure: Structure, tmp_path: Path
) -> None:
    prompts = shutil.copytree(prompts_directory(), tmp_path / "prompts")
    question = prompts / "next_question.md"
    question.write_text(re.sub(r"^seconds: \d+$", "seconds: 1", question.read_text("utf-8"), flags=re.MULTILINE))
    calling = Calling(PORTS["next_question"], claude, structure)
    claude.script(replace(calling.good, before_headers=Gate()))
    with pytest.raises(TookTooLong):
        await calling.call(prompts=prompts)


def test_a_question_may_take_a_minute_at_most() -> None:
    allowed = {name: prompt.timeout_seconds for name, prompt in read_prompts(prompts_directory()).items()}
    assert allowed["next_question.md"] == 60 < allowed["place.md"] < allowed["draft.md"]


@every_port
async def test_a_connection_dropped_before_a_reply_is_retried_or_reported(calling: Calling) -> None:
    calling.claude.script(Dropped(), calling.good, Dropped())
    await calling.call(retries=1)
    assert len(calling.claude.requests) == 2
    with pytest.raises(NoNetwork, match="cannot be reached"):
        await calling.call()
    assert calling.ledger.rows[-1].is_estimated  # it was sent, and may have been billed


@every_port
async def test_a_server_that_is_not_listening_is_reported_as_no_network_and_costs_nothing(calling: Calling) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(NoNetwork, match=address):
            await calling.call(address=address)
    assert [(row.nano_usd, row.input_tokens) for row in calling.ledger.rows] == [(0, 0)]


@every_port
async def test_a_wrong_key_is_refused(calling: Calling) -> None:
    with pytest.raises(KeyRefused) as caught:
        await calling.call(key="sk-wrong")
    assert "sk-wrong" not in str(caught.value)
    calling.claude.requests.clear()  # the simulator counts a refused key as a refused request


@every_port
async def test_an_overloaded_service_is_retried_automatically(calling: Calling) -> None:
    calling.claude.script(HttpError(529, retry_after=0.01), HttpError(429, retry_after=0.01), calling.good)
    await calling.call(retries=2)
    assert [request.retry for request in calling.claude.requests] == [0, 1, 2]
    assert [row.stop_reason for row in calling.ledger.rows] == ["end_turn"]


@every_port
@pytest.mark.parametrize("answer", [HttpError(429, retry_after=7_200), HttpError(529, retry_after=60), spend_limit()])
async def test_a_long_retry_after_is_told_and_not_waited_for(calling: Calling, answer: HttpError) -> None:
    calling.claude.script(answer)
    with pytest.raises((RateLimited, Overloaded, SpendLimitReached)) as caught:
        await calling.call(retries=2)
    assert len(calling.claude.requests) == 1
    if answer.retry_after == 7_200:
        assert isinstance(caught.value, RateLimited)
        assert caught.value.retry_after_seconds == 7_200
        assert "2 hours" in str(caught.value)


@every_port
async def test_with_a_spent_budget_no_request_is_sent(calling: Calling) -> None:
    calling.ledger.spent_up = True
    with pytest.raises(BudgetSpent):
        await calling.call()
    assert calling.claude.requests == []
    assert calling.ledger.rows == []


@every_port
async def test_a_model_without_a_known_price_is_not_called_and_the_error_says_what_to_set(
    name: str, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    async with ClaudeSimulator(basic=True, key=None) as server:
        calling = Calling(PORTS[name], server, structure, ledger, fake_sleep)
        with pytest.raises(UnknownPrice, match=r"set its price.*or MODEL_PRICES=a-local-model=0/0 if it costs nothing"):
            await calling.call(prices={"another": FREE["a-local-model"]})
        assert server.requests == []
    assert ledger.rows == []


async def test_a_free_model_costs_nothing_however_its_call_ends(local: ClaudeSimulator, structure: Structure) -> None:
    calling = Calling(PORTS["draft"], local, structure)
    local.script(calling.good, replace(calling.good, ending=Cut(MIDDLE)), HttpError(500))
    assert (await calling.call()).cost.nano_usd == 0
    with pytest.raises(StreamBroken):
        await calling.call()
    with pytest.raises(ServiceFault):
        await calling.call()
    assert [row.nano_usd for row in calling.ledger.rows] == [0, 0, 0]
    assert [reservation.max_nano_usd for reservation in calling.ledger.reservations] == [0, 0, 0]


async def test_all_that_was_received_before_a_connection_breaks_is_kept(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    claude.script(Reply("word " * 100, characters_per_second=600, ending=Cut(430)))
    with pytest.raises(StreamBroken):
        await models.drafter.draft(material(structure, NOTES), on)
    assert on.text == claude.requests[-1].text_sent
    assert len(on.text) > 400
