"""Read and write custom ids: what a button, a menu or a form says when it is used, in one versioned form.

``essay:v1:<action>:<essay>:<version>:<argument>``, and ``critique:v1:…`` likewise. Everything a click means stands in
it, so that a message works for as long as it exists, whichever process answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MAX_CUSTOM_ID_LENGTH = 100  # Discord's limit for a custom id
NO_SUBJECT = "-"  # stands for the essay where an action is about none
_PATTERN = re.compile(
    r"(?P<kind>essay|critique):v1:(?P<action>[a-z][a-z-]{0,23}):(?P<subject>-|[0-9a-z]{1,16}):(?P<version>\d{1,9})"
    r":(?P<argument>[0-9A-Za-z._-]{0,32})",
    re.ASCII,
)

SubjectKind = Literal["essay", "critique"]


@dataclass(frozen=True, slots=True)
class CustomId:
    """A custom id, taken apart.

    ``subject`` is the essay's or the critique's id. ``version`` is the number of the version that was current when the
    message was made, 0 before there was one. ``argument`` is whatever else the action needs. As a string
    it raises ValueError where it is longer than Discord takes.
    """

    kind: SubjectKind
    action: str
    subject: str = NO_SUBJECT
    version: int = 0
    argument: str = ""

    def __str__(self) -> str:
        text = f"{self.kind}:v1:{self.action}:{self.subject}:{self.version}:{self.argument}"
        if len(text) > MAX_CUSTOM_ID_LENGTH:
            raise ValueError(f"a custom id has {len(text)} characters")
        return text

    @property
    def int_argument(self) -> int:
        """The argument as a number; 0 where it is none, so that no forged one gets further than a page or a list."""
        return int(self.argument) if re.fullmatch(r"\d{1,9}", self.argument, re.ASCII) else 0


def parse_custom_id(custom_id: str) -> CustomId | None:
    """Take a custom id apart; return None for one that this release never made."""
    found = _PATTERN.fullmatch(custom_id)
    if found is None:
        return None
    kind: SubjectKind = "essay" if found["kind"] == "essay" else "critique"
    return CustomId(kind, found["action"], found["subject"], int(found["version"]), found["argument"])
