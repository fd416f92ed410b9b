"""The rules of servers: read for each click, and kept in memory only where nobody else changes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.services.server_rules import ServerRulesService
from bot.store.sql_store import SqlStore

pytestmark = pytest.mark.both_databases


@pytest.mark.parametrize("is_only_process", [True, False])
async def test_what_another_process_has_changed_holds_at_the_next_click_where_there_are_several(
    store: SqlStore, is_only_process: bool
) -> None:
    ours, other = (
        ServerRulesService(store, lambda: datetime.now(UTC), is_only_process=is_only_process) for _ in range(2)
    )
    assert (await ours.get("a server")).allows_model
    await other.change("a server", lambda rules: replace(rules, allows_model=False))
    assert not (await other.get("a server")).allows_model
    assert (await ours.get("a server")).allows_model is is_only_process
