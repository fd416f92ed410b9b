"""The rules of Discord servers, sealed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.services.server_rules import ALL_ALLOWED, ServerRules
from bot.store.database import EncryptedDatabase
from bot.store.encryption import CellPlace
from bot.store.sealed_columns import SERVER_RULES, new_revision

log = logging.getLogger(__name__)


class SqlServers:
    """The servers of one database. See ServerStore for what each method promises."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def rules(self, server: str) -> ServerRules:
        row = self._db.execute("SELECT rules, revision FROM server_rules WHERE server = ?", [server]).fetchone()
        if row is None:
            return ALL_ALLOWED
        text = self._database.open_or_none(_place(server, row[1]), row[0], "the rules of a server")
        try:
            return ServerRules(is_damaged=True) if text is None else _from_json(json.loads(text))
        except (ValueError, TypeError, KeyError, InvalidOperation):
            log.warning("the rules of a server are not in the form that this release writes")
            return ServerRules(is_damaged=True)

    def set_rules(self, server: str, rules: ServerRules, at: datetime) -> None:
        revision = new_revision()
        sealed = self._database.seal(_place(server, revision), json.dumps(_to_json(rules)))
        self._db.execute(
            "INSERT INTO server_rules (server, rules, revision, changed) VALUES (?,?,?,?)"
            " ON CONFLICT (server) DO UPDATE SET rules = excluded.rules, revision = excluded.revision,"
            " changed = excluded.changed",
            [server, sealed, revision, at.isoformat()],
        )


def _place(server: str, revision: int) -> CellPlace:
    return SERVER_RULES.place("", server, revision=revision)  # it is no writer's


def _to_json(rules: ServerRules) -> dict[str, Any]:
    return {
        "roles": sorted(rules.roles),
        "channels": sorted(rules.channels),
        "structures": sorted(rules.structures),
        "day_budget": None if rules.day_budget is None else str(rules.day_budget),
        "member_day_budget": None if rules.member_day_budget is None else str(rules.member_day_budget),
        "allows_model": rules.allows_model,
    }


def _from_json(stored: Mapping[str, Any]) -> ServerRules:
    """Return the rules. Raise ValueError, TypeError, KeyError or InvalidOperation for what ``_to_json`` never made."""
    return ServerRules(
        roles=frozenset(map(int, stored["roles"])),
        channels=frozenset(map(int, stored["channels"])),
        structures=frozenset(map(str, stored["structures"])),
        day_budget=None if stored["day_budget"] is None else Decimal(stored["day_budget"]),
        member_day_budget=None if stored["member_day_budget"] is None else Decimal(stored["member_day_budget"]),
        allows_model=bool(stored["allows_model"]),
    )
