"""The loopback model of the crowd, in a process of its own: ``python -m benchmarks.crowd_model WRITERS RECORDS``.

It prints its address, serves until SIGTERM, and then writes to the file RECORDS what it was asked, one JSON object a
line.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from benchmarks.bot_process import CHARACTERS_A_SECOND, check_reply, draft_of, is_check, number_in
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request, Thinking

CHARACTERS = 9_000
THINKING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Record:
    """One request: of whom, for what, and when it was asked and answered, in seconds since 1970."""

    who: int
    is_draft: bool
    asked: float
    first_text: float | None
    last_text: float | None
    characters: int
    finished: bool


def read_records(path: Path) -> list[Record]:
    """What a model that has ended was asked."""
    return [Record(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


@cache
def _draft(variant: int) -> str:
    return draft_of(CHARACTERS, variant)


async def serve(writers: int, records: Path) -> None:
    """Write slowly for the numbers up to ``writers``, at once for those above, who only need a post to click in."""
    asked: dict[int, float] = {}

    def respond(request: Request) -> Answer:
        asked[request.number] = time.time()
        if request.schema is not None:
            return check_reply(request) if is_check(request) else Reply('{"question": null, "placements": []}')
        number = number_in(request) or 0
        if number > writers:
            return Reply(_draft(number % 5), chunk=4_000)
        thinking = Thinking(seconds=THINKING_SECONDS)
        return Reply(_draft(number % 5), thinking=thinking, characters_per_second=CHARACTERS_A_SECOND)

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with ClaudeSimulator(responder=respond) as claude:
        print(claude.base_url, flush=True)
        await ended.wait()
        found = [
            Record(
                number_in(one) or 0,
                one.schema is None,
                asked[one.number],
                one.first_text_at,
                one.last_text_at,
                len(one.text_sent),
                one.stop_reason is not None,
            )
            for one in claude.requests
        ]
    lines = "".join(f"{json.dumps(asdict(one))}\n" for one in found)
    await asyncio.to_thread(records.write_text, lines, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
