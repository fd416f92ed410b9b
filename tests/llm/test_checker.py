"""The checker: numbered sentences and notes go out, what comes back is taken item by item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.errors import BadReply
from bot.essay.structure import Structure
from bot.essay.support import SentenceSupport, SupportKind, UnsupportedPassage, number_sentences
from bot.llm.checker import format_ranges
from bot.services.llm_ports import ModelRole, Models, RawCheck, require_checker
from tests.llm.conftest import NOTES, FakeSleep, ProgressLog, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Reply

TEXT = "## What I missed\n\nOne. Two\nlines of it. Three. Four. Five. Six. Seven. Eight.\n\n## Gave up\n\nNine. Ten.\n"
SENTENCES = number_sentences(TEXT)
SAID: dict[str, Any] = {
    "sentences": [{"sentence": 1, "notes": [1, "2", None]}, {"sentence": 2, "notes": []}, "nonsense"],
    "unsupported": [
        {"sentence": 2, "words": "lines", "kind": "Feeling", "reason": "No note says so.", "nearest_note": 1},
        {"sentence": 2, "words": "of it", "kind": "mood", "reason": None, "nearest_note": "none"},
        {"sentence": 1, "words": "One", "kind": "other", "reason": "Of which nothing is left.", "nearest_note": None},
        {"sentence": 2},
    ],
    "mended": [{"sentence": 2, "text": "Two."}, {"sentence": 1, "text": " "}],
}


async def check(
    claude: ClaudeSimulator, models: Models, said: object, structure: Structure, asked: set[int]
) -> RawCheck:
    claude.script(Reply(said if isinstance(said, str) else json.dumps(said)))
    given = material(structure, NOTES, text=TEXT)
    return await require_checker(models).check(given, SENTENCES, asked, ProgressLog())


async def test_what_the_checker_says_is_read_item_by_item(
    either: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep, structure: Structure
) -> None:
    async with ports(either, ledger, fake_sleep) as models:
        found = await check(either, models, SAID, structure, {1, 2})
    assert found.supports == (SentenceSupport(1, (1,)), SentenceSupport(2, ()))
    assert found.unsupported == (
        UnsupportedPassage(2, "lines", SupportKind.FEELING, "No note says so.", 1, "Two."),
        UnsupportedPassage(2, "of it", SupportKind.OTHER, "", None, "Two."),
        UnsupportedPassage(1, "One", SupportKind.OTHER, "Of which nothing is left.", None, " "),
    )
    assert found.malformed_count == 2
    assert ledger.reservations[0].role is ModelRole.CHECKER


async def test_only_the_sentences_asked_and_those_beside_them_are_sent_each_on_a_line(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    await check(claude, models, SAID, structure, {2, 9})
    turn = claude.requests[0].last_user_text
    assert "## What I missed\n1. One.\n2. Two lines of it.\n3. Three." in turn
    assert "8. Eight.\n## Gave up\n9. Nine." in turn
    assert "Judge these sentences and no others: 2, 9." in turn
    assert format_ranges([1, 2, 3, 5, 7, 8]) == "1–3, 5, 7–8"


async def test_a_few_sentences_get_less_room_and_are_priced_so(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    await check(claude, models, SAID, structure, {2})
    await check(claude, models, SAID, structure, set(range(1, 11)))
    assert [request.body["max_tokens"] for request in claude.requests] == [5_110, 6_100]
    checker, given = require_checker(models), material(structure, NOTES, text=TEXT)
    many = range(1, 1_000)
    assert checker.max_check_cost(given, SENTENCES, {2}) < 0.5 * checker.max_check_cost(given, SENTENCES, many)


@pytest.mark.parametrize("said", ["I cannot do that.", "[]", '{"sentences": "all of them"}', '{"sentences": ["x"]}'])
async def test_an_answer_without_a_judgement_is_a_bad_reply(
    claude: ClaudeSimulator, models: Models, structure: Structure, said: str
) -> None:
    with pytest.raises(BadReply):
        await check(claude, models, said, structure, {1})
