"""The port through which jobs are started, watched and stopped. A user interface only watches them.

What a job costs is reserved call by call behind the model ports, since only there it is known; cancelling a job cancels
its call, which settles its reservation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from bot.services.jobs.job import Job, JobKind, JobState, JobView, JobWork
from bot.services.store_ports import Transaction

PrepareJob = Callable[[Transaction], None]
"""Called in the transaction that stores a job: raise an error if it must not start any more, else store what it works
on, if that is not stored yet."""

# So many jobs' watchers hear of a new place in the queue in a second. Each end of a job moves all that wait, and each
# would edit a message: with 800 waiting that is more than one process can do.
PLACES_PER_SECOND = 25


class JobRunner(Protocol):
    """Owns all jobs: queues them, has them run, stops and stores them.

    A writer has at most a number of running jobs, and may queue as many again. Jobs that give way are not counted; see
    ``JobKind.gives_way``. ``on_end`` is called with each job that has ended in this process, unless it is closing.
    """

    on_end: Callable[[Job], None] | None

    async def start(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        work: JobWork,
        base: int | None = None,
        argument: str = "",
        *,
        prepare: PrepareJob | None = None,
        follows: Job | None = None,
    ) -> Job:
        """Store a job and queue it; it runs as soon as there is room, even if the caller is cancelled.

        ``work`` is what it does, which can be built again from the stored job. With ``follows`` it goes on with what
        that job, which has ended, was about, and counts as asked for with it: the messages that show that one show this
        one from now on.

        A job on the subject that gives way is stopped, or returned if it is the same. Raise JobRunning if any other job
        runs on the subject, TooManyJobs if the writer has too many queued, ShuttingDown after ``close``, and what
        ``prepare`` raises; then nothing is stored.
        """

    async def running_job(self, writer: str, subject: str) -> Job | None:
        """Return the writer's job on the subject that has not ended, None if there is none."""

    async def latest_job(self, writer: str, subject: str) -> JobView | None:
        """Return the writer's last job on the subject as it is now; None if there never was one.

        A job whose process has died is interrupted first. Jobs that give way do not count.
        """

    async def view(self, job: Job) -> JobView:
        """Return the current state of a job that was read from the store; a running job is ahead of what is stored."""

    def counts(self) -> Counter[tuple[JobKind, JobState]]:
        """Return how many jobs of this process wait and run, by kind and state. It may be called from any thread."""

    @property
    def is_closing(self) -> bool:
        """Whether the process is ending in order: its jobs are interrupted, and go on after the next start."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes run and end jobs, too."""

    def will_run(self, job: Job) -> bool:
        """Return whether the job runs, or will when its turn comes: here or, if others run jobs, too, anywhere."""

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        """Return the numbers of the writer's ended jobs whose text is in no version; see JobStore.leftovers."""

    def watch(self, writer: str, job: int) -> AsyncIterator[JobView]:
        """Yield the state of a job now and after each change, at last its end; a slow watcher misses states between.

        Ending a watch stops nothing. Raise UnknownJob.
        """

    async def wait(self, writer: str, job: int) -> Job:
        """Wait until the job has ended, and return it. Raise UnknownJob."""

    async def stop(self, writer: str, job: int) -> Job:
        """Stop a job at once, keep its text so far, and return it as it ended.

        A job that has ended stays as it is, and one that is storing its result is done. Raise UnknownJob.
        """

    async def drop_all(self, writer: str) -> None:
        """Stop all jobs of a writer, and keep nothing of their text: all that is stored of them is being deleted."""

    async def close(self) -> None:
        """Interrupt every job of this process and keep its text so far. Nothing can be started afterwards."""

    async def open(
        self, work_for: Callable[[Job], Awaitable[JobWork]], is_ours: Callable[[str], bool] = lambda _: True
    ) -> tuple[Job, ...]:
        """Begin to serve: interrupt the jobs that an earlier process left, keep their text, and return them as ended.

        One in the middle of which MAX_KILLS processes have died has failed instead. Where jobs are shared, what another
        process leaves is taken over all the time, and nothing is returned here.
        ``is_ours`` says whether this process serves a writer: another process may have its own jobs in the same store.
        Call it once, before anything is started; ``work_for`` is then also used by ``release_abandoned``.
        """

    async def release_abandoned(self, writer: str, subject: str) -> Job | None:
        """Interrupt the writer's job on the subject and keep its text, if the process that ran it has died.

        Return it as it is now; None if there was none, and before ``open``.
        """
