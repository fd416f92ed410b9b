"""What a revision was told to do, as its job remembers it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from bot.errors import BadInput
from bot.essay.text.decoding import typed
from bot.essay.text.words import count_words
from bot.workflow.jobs import Job, JobKind

INSTRUCTION_CHARACTERS = 2_000  # more than that is a new text, and belongs into the notes


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

    def is_of(self, job: Job, base: int | None) -> bool:
        """Whether the job is this very revision, of the version ``base``."""
        return (job.kind, job.base, job.argument) == (JobKind.REVISION, base, self.argument)


def checked_instruction(instruction: str) -> str:
    """An instruction as a model is given it. Raises BadInput for one without a word, or that is too long."""
    wanted = typed(instruction, "The instruction").strip()
    if not count_words(wanted):
        raise BadInput("The instruction holds no words: say what to change. The section is as it was.")
    if len(wanted) > INSTRUCTION_CHARACTERS:
        raise BadInput(
            f"The instruction has {len(wanted):,} characters: use at most {INSTRUCTION_CHARACTERS:,}, and put new "
            "material into the notes. The section is as it was."
        )
    return wanted
