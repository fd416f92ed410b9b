"""What a writer's session costs in input, billed as Claude bills it."""

from __future__ import annotations

from benchmarks.session_cost import ALLOWED, made_up, ours, ports
from tests.simulators.claude import ClaudeSimulator


async def test_a_first_session_costs_no_more_than_is_allowed_and_a_later_one_less() -> None:
    session = made_up()
    async with ClaudeSimulator() as claude, ports(claude) as models:
        first = await ours(session, claude, models)
        later = await ours(session, claude, models)
    assert ALLOWED == 0.040
    assert 0 < later < first <= ALLOWED
    draft, *revisions, critique = claude.requests[6:11]
    assert [bool(request.usage.read) for request in (draft, *revisions, critique)] == [False, *[True] * 4]
    # Each is new to the cache only where it says something new.
    assert all(request.usage.write_5m + request.usage.input < 600 for request in revisions[1:])
