"""Reads the prompts: every word said to a model stands in a Markdown file. A bad file is refused with its mend.

A file has front matter (role, effort, max_tokens, seconds), then the part that never changes, then a line
``{# turn #}``, then a Jinja template of the part that does. The first part is the system text; it is the same for every
writer, so that the service's cache can hold it. Either part may hold ``{% include "parts/NAME.md" %}`` for words that
several prompts share.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import frontmatter
import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, meta

from bot.errors import BadPromptFile
from bot.workflow.models import Role

EFFORTS = ("low", "medium", "high", "xhigh", "max")  # anthropic 2.12, types/output_config_param.py
MOST_TOKENS = 128_000  # the most output that any Claude model of 2026 gives
MOST_SECONDS = 600  # a draft with its thinking takes two or three minutes; ten is where a person has given up
HASH_CHARACTERS = 12  # as short as a person compares by eye; 48 bits tell versions of one file apart

# What each file's template is given. A name that is not here would fail in the middle of somebody's work.
VALUES: Mapping[str, frozenset[str]] = {
    "place.md": frozenset({"block", "structure", "notes"}),
    "follow_up.md": frozenset({"block", "section", "notes", "asked"}),
    "draft.md": frozenset({"block", "gap", "structure", "title", "notes"}),
    "finish.md": frozenset({"block", "gap", "structure", "title", "notes", "text", "wanted"}),
    "revise.md": frozenset({"block", "section", "instruction", "notes", "text"}),
    "critique.md": frozenset({"block", "structure", "measured", "text"}),
    "probe.md": frozenset({"block"}),
}

JSON_ONLY = "parts/json_only.md"  # said behind a prompt to servers that take no schema

_DIVIDER = re.compile(r"^\{# turn #\}[ \t]*$", re.MULTILINE)
# Put in before anything else is read, so that the prompt's hash covers it.
_INCLUDE = re.compile(r'\{% include "(?P<path>parts/[a-z_]+\.md)" %\}')
_FIELDS = ("role", "effort", "max_tokens", "seconds")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    ``hash`` is the start of the SHA-256 of its file with all that it includes, ``max_tokens`` the room for thinking and
    answer, ``seconds`` how long a call may take in all.
    """

    name: str
    hash: str
    role: Role
    effort: str
    max_tokens: int
    seconds: int
    system: str
    template: Template

    def turn(self, values: Mapping[str, object]) -> str:
        """What is said in this call. Raises jinja2.UndefinedError for a value that is not given."""
        return self.template.render(values).strip()


def read_prompts(directory: Path) -> dict[str, Prompt]:
    """Every prompt in VALUES, by its file's name. Raises BadPromptFile for the first that cannot be used."""
    return {name: read_prompt(directory / name, values) for name, values in VALUES.items()}


def read_json_only(directory: Path) -> str:
    """What is said before a schema to a server that takes none. Raises BadPromptFile."""
    path = directory / JSON_ONLY
    return _text(path).strip() or _refuse(path, "the file is empty", "write what asks for one JSON object")


def read_prompt(path: Path, values: frozenset[str]) -> Prompt:
    """The prompt in one file, whose template may use ``values``. Raises BadPromptFile naming the file and the mend."""
    text = _INCLUDE.sub(lambda found: _text(path.parent / found["path"]).strip(), _text(path))
    fields, body = _taken_apart(path, text)
    system, turn = _halves(path, body)
    return Prompt(
        name=path.name,
        hash=hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS],
        role=_role(path, fields["role"]),
        effort=_effort(path, fields["effort"]),
        max_tokens=_whole(path, "max_tokens", fields["max_tokens"], MOST_TOKENS),
        seconds=_whole(path, "seconds", fields["seconds"], MOST_SECONDS),
        system=system,
        template=_template(path, turn, values),
    )


def _refuse(path: Path, wrong: str, mend: str) -> NoReturn:
    raise BadPromptFile(path, wrong, mend) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        _refuse(path, "the file is not UTF-8", "save it as UTF-8")
    except OSError as error:
        _refuse(path, f"the file cannot be read ({error.strerror})", "put the prompt back, or check its permissions")


def _taken_apart(path: Path, text: str) -> tuple[dict[str, object], str]:
    try:
        fields, body = frontmatter.parse(text)
    except yaml.YAMLError as error:
        _refuse(path, f"its front matter is not YAML ({str(error).splitlines()[0]})", "mend the lines between the ---")
    for name in fields:
        if name not in _FIELDS:
            _refuse(path, f"{name} is not a field here", f"the fields are {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if name not in fields:
            _refuse(path, f"{name} is missing", f"begin the file with --- and the lines {', '.join(_FIELDS)}, then ---")
    return fields, body


def _halves(path: Path, body: str) -> tuple[str, str]:
    halves = [half.strip() for half in _DIVIDER.split(body)]
    if len(halves) != 2 or not all(halves):
        _refuse(
            path, "its two parts cannot be told apart", "put one line {# turn #} between what stays and what changes"
        )
    if "{{" in halves[0] or "{%" in halves[0]:
        _refuse(path, "the part before {# turn #} is a template", "move what changes behind that line")
    return halves[0], halves[1]


def _template(path: Path, turn: str, values: frozenset[str]) -> Template:
    # What comes out is read by a model and never by a browser, so there is no HTML to escape.
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    try:
        parsed = environment.parse(turn)
        if list(meta.find_referenced_templates(parsed)):
            _refuse(path, "it includes what is no part of a prompt", 'write it as {% include "parts/NAME.md" %}')
        unknown = meta.find_undeclared_variables(parsed) - values
        if unknown:
            _refuse(path, f"it uses {min(unknown)}, which it is not given", f"it is given {', '.join(sorted(values))}")
        return environment.from_string(turn)
    except TemplateSyntaxError as error:
        _refuse(path, f"its template cannot be read ({error.message})", "mend it; it is Jinja")


def _role(path: Path, value: object) -> Role:
    try:
        return Role(str(value))
    except ValueError:
        _refuse(path, f"{value} is no role", f"the roles are {', '.join(Role)}")


def _effort(path: Path, value: object) -> str:
    if value not in EFFORTS:
        _refuse(path, f"{value} is no effort", f"the efforts are {', '.join(EFFORTS)}")
    return str(value)


def _whole(path: Path, name: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        _refuse(path, f"{name} is {value}", f"give a whole number from 1 to {most}")
    return value
