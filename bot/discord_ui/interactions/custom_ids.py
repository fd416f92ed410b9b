"""Read and write custom ids: what a button, a menu or a form says when it is used, in one versioned form.

``essay:v1:<action>:<essay>:<version>:<argument>``; ``critique:v1:…``, ``server:v1:…`` and ``share:v1:…`` likewise. An
id says all that a click means, so a message works for as long as it exists, whichever process answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MAX_CUSTOM_ID_LENGTH = 100  # Discord's limit for a custom id
NO_SUBJECT = "-"  # in place of an id, for an action that is about no essay or critique
_PATTERN = re.compile(
    r"(?P<kind>essay|critique|server|share):v1:(?P<action>[a-z][a-z-]{0,23}):(?P<subject>-|[0-9a-z]{1,16}):(?P<version>\d{1,9})"
    r":(?P<argument>[0-9A-Za-z._-]{0,32})",
    re.ASCII,
)

SubjectKind = Literal["essay", "critique", "server", "share"]


@dataclass(frozen=True, slots=True)
class CustomId:
    """The parts of a custom id.

    ``subject`` is the essay's or the critique's id. An action about a server has none: it is about the server it is
    used in. One about a shared text is a reader's, and has the essay's id. ``version`` is the number of the version
    that was current when the message was made, 0 before there was one. ``argument`` is whatever else the action needs.
    ``str()`` of it raises ValueError if it is longer than Discord accepts.
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
        """The argument as a number; 0 if it is none, as in a forged id."""
        return int(self.argument) if re.fullmatch(r"\d{1,9}", self.argument, re.ASCII) else 0


def parse_custom_id(custom_id: str) -> CustomId | None:
    """Take a custom id apart; return None for one that this release never made."""
    found = _PATTERN.fullmatch(custom_id)
    if found is None:
        return None
    kinds: dict[str, SubjectKind] = {"essay": "essay", "critique": "critique", "server": "server", "share": "share"}
    return CustomId(kinds[found["kind"]], found["action"], found["subject"], int(found["version"]), found["argument"])
