"""What a revision was told to do, as its job remembers it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot.workflow.jobs import Job


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part to rewrite, by the index that ``split`` gives it, and the writer's instruction."""

    index: int
    instruction: str

    @property
    def argument(self) -> str:
        """What the job remembers."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, job: Job) -> Wanted:
        """What this job, a revision, was told."""
        return cls(**json.loads(job.argument))
