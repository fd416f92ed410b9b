"""The line in which jobs wait: whose turn it is, and how long the line is before a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def next_in_line(writers: Sequence[str], running: Counter[str], *, at_once: int, per_writer: int) -> int | None:
    """The index in the line of the job to begin now, None where there is no room for any.

    ``writers`` are those of the waiting jobs, the longest waiting first; ``running`` how many jobs each has under way.
    Whoever has the fewest under way comes first, and among those the job that waits longest.
    """
    if running.total() >= at_once:
        return None
    able = [index for index, writer in enumerate(writers) if running[writer] < per_writer]
    return min(able, key=lambda index: running[writers[index]], default=None)


def place_in_line(writers: Sequence[str], running: Counter[str], index: int) -> int:
    """The place in line, from 1, of the job at ``index``, which must be there: itself and those to begin before it."""
    line = list(enumerate(writers))
    begun = Counter(running)
    while (first := min(line, key=lambda job: begun[job[1]]))[0] != index:
        line.remove(first)
        begun[first[1]] += 1
    return len(writers) - len(line) + 1
