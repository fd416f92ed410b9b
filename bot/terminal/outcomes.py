"""What a person at the keyboard is told of work that has ended, by itself or with the session that began it."""

from __future__ import annotations

from bot.workflow.jobs import Job


def ended(job: Job) -> str:
    """Why a job did not come to its end, and what is kept of it."""
    why = job.error or f"The {job.kind.spoken} was {job.state.value} before its end."
    return why if job.result is None else f"{why} What came is version {job.result}."


def moved_on(made: int, head: int | None) -> str:
    """That the essay's text is another version than the one just made, and how to reach both."""
    told = f"This is version {made}. The essay has changed since that was begun, and"
    if head is None:
        return f"{told} has no current text: go {made} makes this one current."
    return (
        f"{told} its current text is version {head}: diff {head} {made} shows how they differ, go {made} makes this "
        "one current, history lists all."
    )


def interrupted(job: Job, head: int | None) -> str:
    """That a job was interrupted, what is kept of it, and how to begin it once more."""
    said = f"A {job.kind.spoken} was interrupted."
    if job.result is None:
        said += " The essay is as it was before."
    elif job.result == head:
        said += f" What came is version {job.result}."
    else:
        said += f" What came is version {job.result}, beside the current text: go {job.result} leads there."
    return said if head is None else f'{said} The command "again" begins it once more.'
