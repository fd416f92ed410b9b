"""Runs every fault under every work, and says what a person has of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.failures.faults import Conditions, Fault, faults
from tests.failures.full_stack import MODELS, Stack, stack
from tests.failures.virtual_time_loop import LeapingLoop
from tests.failures.work_kinds import WORKS, End, Found, Work
from tests.simulators.claude import Reply

_AT_ONCE = 12  # works in one event loop: enough that none is waited for, few enough that none waits for a second
_LONGEST = 60  # seconds for one work and its second try; what goes on for longer hangs
_LONGEST_LEAPT = 3_600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one work under one fault.

    ``told`` is the sentence, None where there was none; ``again`` that of a second try, once the service answers, None
    where there was none or the first had done it; ``unsettled`` counts calls that the ledger holds at their worst.
    """

    fault: Fault
    work: type[Work]
    told: str | None
    found: Found
    again: str | None
    unsettled: int

    @property
    def sees(self) -> str:
        """What the person is told, with what differs from run to run left out."""
        if self.told is None:
            return self.work.done if self.found.end is End.DONE else "What came so far, and Continue."
        told = re.sub(r"http://127\.0\.0\.1:\d+", "ADDRESS", self.told)
        told = re.sub(r"req_\w+", "ID", told)
        told = re.sub("|".join(map(re.escape, set(MODELS.values()))), "MODEL", told)
        return re.sub(r"may cost up to \$[\d.]+", "may cost up to AMOUNT", told)


def outcomes() -> list[Outcome]:
    """Every fault under every work, in the order of the page."""
    every = faults()
    found = asyncio.run(_run([fault for fault in every if not fault.under.leaps]))
    with asyncio.Runner(loop_factory=LeapingLoop) as leaping:
        found += leaping.run(_run([fault for fault in every if fault.under.leaps]))
    places = {fault.name: place for place, fault in enumerate(every)}
    return sorted(found, key=lambda one: (places[one.fault.name], WORKS.index(one.work)))


async def _run(every: Sequence[Fault]) -> list[Outcome]:
    by_conditions = {
        under: [fault for fault in every if fault.under == under] for under in {one.under for one in every}
    }
    came = await asyncio.gather(*(_under(under, of_them) for under, of_them in by_conditions.items()))
    return [one for of_them in came for one in of_them]


async def _under(conditions: Conditions, every: Iterable[Fault]) -> list[Outcome]:
    room = asyncio.Semaphore(_AT_ONCE)
    async with stack(conditions) as joined:

        async def one(fault: Fault, work: type[Work]) -> Outcome:
            async with room, asyncio.timeout(_LONGEST_LEAPT if conditions.leaps else _LONGEST):
                return await _outcome(joined, fault, work)

        async with asyncio.TaskGroup() as group:  # which ends all of them where one fails
            running = [group.create_task(one(fault, work)) for fault, work in _pairs_to_run(every)]
    return [task.result() for task in running]


def _pairs_to_run(every: Iterable[Fault]) -> Iterator[tuple[Fault, type[Work]]]:
    return ((fault, work) for fault in every for work in WORKS if work.has_form or not fault.form)


async def _outcome(joined: Stack, fault: Fault, work: type[Work]) -> Outcome:
    good = Reply(work.good)
    doing = work(joined, f"{fault.name}, {work.name}")
    await doing.prepare()
    await joined.account(doing.writer, fault.under)
    joined.will_answer(doing.writer, *fault.answers(good, work.middle), good, to_check=work.is_check)
    told = await doing.attempt()
    await joined.end_of_check(doing.writer, doing.essay)
    found = await doing.found()
    again = None
    if found.end is not End.DONE:
        joined.will_answer(doing.writer, good, to_check=work.is_check)
        again = await doing.attempt()
        await joined.end_of_check(doing.writer, doing.essay)
    return Outcome(fault, work, told, found, again, await joined.unsettled(doing.writer))
