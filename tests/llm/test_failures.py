"""Every way in which a call can fail, through the real SDK: what the person is told, what the ledger holds."""

from __future__ import annotations

import socket

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
)
from bot.essay.structure import Structure
from bot.workflow.models import Models
from tests.llm.asks import GOOD_CRITIQUE, Ask, both, critique, draft
from tests.llm.conftest import DRAFT, MemoryLedger, Naps, Pieces, ports
from tests.simulators.claude import (
    Answer,
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

REFUSED = [
    (HttpError(400, message="max_tokens: too many."), RequestRefused, "max_tokens: too many"),
    (HttpError(401), KeyRefused, "refused the API key"),
    (HttpError(402), OutOfCredit, "no credit left"),
    (HttpError(403), KeyRefused, "may not use the model claude-opus-5-5"),
    (HttpError(404), UnknownModel, "no model claude-opus-5-5"),
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
    (WebPage(), NotClaude, "does not speak as Claude does"),
    (WebPage(status=404), NotClaude, "does not speak as Claude does"),
    (WebPage(status=502), ServiceFault, "a fault of its own"),
    (Reply(DRAFT, events_named=False), NotClaude, "does not speak as Claude does"),
]


@both
@pytest.mark.parametrize(
    ("answer", "kind", "words"), REFUSED, ids=[f"{n}-{k.__name__}" for n, (_, k, _) in enumerate(REFUSED)]
)
async def test_a_refused_call_is_told_in_its_own_sentence_and_costs_nothing(
    answer: Answer,
    kind: type[ModelError],
    words: str,
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    claude.script(answer)
    with pytest.raises(kind, match=words) as caught:
        await ask(models, structure, on)
    assert "stored" in str(caught.value)
    assert [(row.stop_reason, row.nano_usd, row.output_tokens, row.estimated) for row in ledger.rows] == [
        (kind.__name__, 0, 0, False)
    ]
    assert on.got == []
    assert naps.taken == []


BROKEN = [
    (Cut(30), StreamBroken),
    (Close(30), StreamBroken),
    (StreamError(30), Overloaded),
    (StreamError(30, type="rate_limit_error"), RateLimited),
    (StreamError(30, type="api_error"), ServiceFault),
]


@both
@pytest.mark.parametrize(("ending", "kind"), BROKEN)
async def test_a_break_after_text_was_shown_is_told_at_once_and_billed_by_estimate(
    ending: Cut | Close | StreamError,
    kind: type[ModelError],
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    claude.script(Reply(DRAFT, thinking=Thinking(), ending=ending))
    with pytest.raises(kind):
        await ask(models, structure, on)
    assert on.text == DRAFT[:30]
    assert naps.taken == []
    (row,) = ledger.rows
    assert (row.stop_reason, row.estimated) == (kind.__name__, True)
    assert row.input_tokens + row.cache_write_tokens == claude.requests[0].usage.total_input
    assert row.output_tokens > 2_000  # what was thought is in the estimate, since it was billed
    assert row.nano_usd is not None
    assert row.nano_usd >= round(claude.requests[0].billed.total * 1e9)


@both
@pytest.mark.parametrize(
    ("ending", "kind"), [(Cut(), StreamBroken), (Close(), StreamBroken), (StreamError(), Overloaded)]
)
async def test_a_break_before_any_text_is_tried_once_more(
    ending: Cut | Close | StreamError,
    kind: type[ModelError],
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    good = GOOD_CRITIQUE if ask is critique else DRAFT
    claude.script(Reply(DRAFT, thinking=Thinking(), ending=ending), Reply(good))
    answer = await ask(models, structure, on)
    assert naps.taken == [3.0]
    assert on.text == good
    assert [row.stop_reason for row in ledger.rows] == [kind.__name__, "end_turn"]
    assert answer.cost.nano_usd == sum(row.nano_usd or 0 for row in ledger.rows)


@both
async def test_a_break_before_any_text_is_tried_no_more_than_once(
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    claude.script(Reply(DRAFT, ending=Cut()), Reply(DRAFT, ending=Cut()))
    with pytest.raises(StreamBroken):
        await ask(models, structure, on)
    assert len(naps.taken) == 1
    assert [row.stop_reason for row in ledger.rows] == ["StreamBroken", "StreamBroken"]


@both
async def test_silence_in_the_middle_is_a_stall(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    claude.script(Reply(DRAFT, pauses=(Pause(20, Gate()),)))
    async with ports(claude, ledger, naps, silence=0.1) as models:
        with pytest.raises(Stalled, match="Nothing came from the model"):
            await ask(models, structure, on)
    assert on.text == DRAFT[:20]
    assert (await claude.requests[0].done()).disconnected
    assert (ledger.rows[0].stop_reason, ledger.rows[0].estimated) == ("Stalled", True)


@both
async def test_silence_from_the_start_is_a_stall_too(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    claude.script(Reply(DRAFT, before_headers=Gate()))
    async with ports(claude, ledger, naps, silence=0.1) as models:
        with pytest.raises(Stalled):
            await ask(models, structure, on)
    assert ledger.rows[0].estimated
    assert ledger.rows[0].input_tokens > 500


@both
async def test_silence_from_the_start_is_not_waited_for_again_whatever_the_retries(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    """Three silences would take longer than the whole call may, and be told as something else."""
    claude.script(*(Reply(DRAFT, before_headers=Gate()) for _ in range(3)))
    async with ports(claude, ledger, naps, silence=0.2, total=0.5, retries=2) as models:
        with pytest.raises(Stalled):
            await ask(models, structure, on)
    assert len(claude.requests) == 1
    assert [(row.stop_reason, row.estimated) for row in ledger.rows] == [("Stalled", True)]


@both
async def test_a_connection_dropped_before_an_answer_is_made_again(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    claude.script(Dropped(), Reply(GOOD_CRITIQUE if ask is critique else DRAFT))
    async with ports(claude, ledger, naps, retries=2) as models:
        await ask(models, structure, on)
    assert len(claude.requests) == 2


@both
async def test_a_call_ends_when_its_time_is_over(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    claude.script(Reply(DRAFT, pauses=(Pause(20, Gate()),)))
    async with ports(claude, ledger, naps, total=0.3) as models:
        with pytest.raises(TookTooLong):
            await ask(models, structure, on)
    assert (await claude.requests[0].done()).disconnected
    assert (ledger.rows[0].stop_reason, ledger.rows[0].estimated) == ("TookTooLong", True)


@both
async def test_a_connection_dropped_before_an_answer_is_no_network(
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    on: Pieces,
) -> None:
    claude.script(Dropped())
    with pytest.raises(NoNetwork, match="cannot be reached"):
        await ask(models, structure, on)
    assert ledger.rows[0].estimated  # it was sent, and may have been billed


@both
async def test_an_address_where_nothing_listens_is_no_network_and_costs_nothing(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        async with ports(claude, ledger, naps, address=address) as models:
            with pytest.raises(NoNetwork, match=address):
                await ask(models, structure, on)
    assert (ledger.rows[0].nano_usd, ledger.rows[0].input_tokens) == (0, 0)


@both
async def test_a_wrong_key_is_refused(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    async with ports(claude, ledger, naps, key="sk-wrong") as models:
        with pytest.raises(KeyRefused) as caught:
            await ask(models, structure, on)
    assert "sk-wrong" not in str(caught.value)
    claude.requests.clear()  # the simulator counts a refused key as a refused request


@both
async def test_overload_before_an_answer_is_tried_again_by_itself(
    ask: Ask, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    good = GOOD_CRITIQUE if ask is critique else DRAFT
    claude.script(HttpError(529, retry_after=0.01), HttpError(429, retry_after=0.01), Reply(good))
    async with ports(claude, ledger, naps, retries=2) as models:
        await ask(models, structure, on)
    assert [request.retry for request in claude.requests] == [0, 1, 2]
    assert [row.stop_reason for row in ledger.rows] == ["end_turn"]


@both
@pytest.mark.parametrize("answer", [HttpError(429, retry_after=7_200), HttpError(529, retry_after=60), spend_limit()])
async def test_nobody_sleeps_for_as_long_as_the_service_says(
    answer: HttpError,
    ask: Ask,
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    on: Pieces,
) -> None:
    claude.script(answer)
    async with ports(claude, ledger, naps, retries=2) as models:
        with pytest.raises((RateLimited, Overloaded, SpendLimitReached)) as caught:
            await ask(models, structure, on)
    assert len(claude.requests) == 1
    if answer.retry_after == 7_200:
        assert isinstance(caught.value, RateLimited)
        assert caught.value.wait == 7_200
        assert "2 hours" in str(caught.value)


@both
async def test_a_spent_budget_sends_nothing(
    ask: Ask,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    on: Pieces,
) -> None:
    ledger.spent_up = True
    with pytest.raises(BudgetSpent):
        await ask(models, structure, on)
    assert claude.requests == []
    assert ledger.rows == []


async def test_an_unpriced_model_has_no_cost_however_its_call_ends(
    local: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps, on: Pieces
) -> None:
    local.script(Reply(DRAFT), Reply(DRAFT, ending=Cut(30)), HttpError(500))
    async with ports(local, ledger, naps) as models:
        assert (await draft(models, structure, on)).cost.nano_usd is None
        with pytest.raises(StreamBroken):
            await draft(models, structure, on)
        with pytest.raises(ServiceFault):
            await draft(models, structure, on)
    assert [row.nano_usd for row in ledger.rows] == [None, None, None]
    assert [reservation.worst_nano_usd for reservation in ledger.reservations] == [None, None, None]
