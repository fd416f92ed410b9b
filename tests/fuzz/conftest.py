"""How many examples there are, and the bot that a module's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.services.offload import worker_processes
from tests.fuzz.fuzzed_bot import FuzzedBot, fuzzed_bot


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/fuzz/" in item.nodeid:
            item.add_marker(pytest.mark.fuzz)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzedBot]:
    """The bot of the module, with worker processes as in use, and its bystander."""
    with worker_processes(), fuzzed_bot(tmp_path_factory.mktemp("fuzz")) as made:
        yield made
