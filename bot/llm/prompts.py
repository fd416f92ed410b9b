"""Read the prompts, and put a writer's texts into them.

Every word said to a model stands in a Markdown file. It has front matter (role, effort, max_tokens, seconds), then the
system text, then a line ``{# turn #}``, then a Jinja template of what changes from call to call. The system text is the
same for every writer, so that the service can cache it. Either part may hold ``{% include "parts/NAME.md" %}``, for
words that several prompts share.

A writer's text is set in blocks whose tags carry an id that nobody can have guessed, in the form that Anthropic's
prompting guide for Opus 5.5 gives for pasted text: the tags on lines of their own, the same random id in both, and a
system text that says what stands in them is material.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import frontmatter
import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, meta

from bot.errors import InvalidPromptFile
from bot.essay.essay import Note
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.privacy_marks import has_private_mark
from bot.services.llm_ports import ModelRole

EFFORTS = ("low", "medium", "high", "xhigh", "max")  # anthropic 2.12, types/output_config_param.py
MAX_OUTPUT_TOKENS = 128_000  # the most output that any Claude model of 2026 gives
MAX_CALL_SECONDS = 600  # a draft with its thinking takes two or three minutes; ten is where a person has given up
HASH_CHARACTERS = 12  # as short as a person compares by eye; 48 bits tell versions of one file apart

# The files, and what the template of each is given. Another name would fail in the middle of somebody's work.
TEMPLATE_VARIABLES: Mapping[str, frozenset[str]] = {
    "place.md": frozenset({"block", "structure", "notes"}),
    "follow_up.md": frozenset({"block", "section", "notes", "asked"}),
    "draft.md": frozenset({"block", "gap", "structure", "title", "notes"}),
    "finish.md": frozenset({"block", "gap", "structure", "title", "notes", "text", "wanted"}),
    "revise.md": frozenset({"block", "section", "instruction", "notes", "text"}),
    "critique.md": frozenset({"block", "structure", "measured", "text"}),
    "probe.md": frozenset({"block"}),
}

JSON_INSTRUCTION_PATH = "parts/json_only.md"  # follows the system text where a server takes no schema

_DIVIDER = re.compile(r"^\{# turn #\}[ \t]*$", re.MULTILINE)
# Replaced before anything else is read, so that the prompt's hash covers it.
_INCLUDE = re.compile(r'\{% include "(?P<path>parts/[a-z_]+\.md)" %\}')
_FIELDS = ("role", "effort", "max_tokens", "seconds")

BLOCK_NAMES = ("note", "question", "title", "post", "heading", "passage", "instruction", "fact")

TagFactory = Callable[[], str]
"""Return an id for the tags of one request: letters and digits that nobody can guess."""

_LOOKALIKE_TAG = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(BLOCK_NAMES)})\b)", re.IGNORECASE)
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    ``hash`` is the start of the SHA-256 of its file with all that it includes, ``max_tokens`` the room for thinking and
    answer, ``timeout_seconds`` how long a call may take in all. ``json_instruction`` follows the system text of a call
    with a schema, where the server takes none.
    """

    name: str
    hash: str
    role: ModelRole
    effort: str
    max_tokens: int
    timeout_seconds: int
    system: str
    template: Template
    json_instruction: str = ""

    def render(self, values: Mapping[str, object]) -> str:
        """Return what is said in this call. Raise jinja2.UndefinedError for a value that is not given."""
        return self.template.render(values).strip()


def read_prompts(directory: Path) -> dict[str, Prompt]:
    """Return every prompt of TEMPLATE_VARIABLES, by file name. Raise InvalidPromptFile for an unusable one."""
    json_instruction = read_json_instruction(directory)
    return {
        name: replace(read_prompt(directory / name, variables), json_instruction=json_instruction)
        for name, variables in TEMPLATE_VARIABLES.items()
    }


def read_json_instruction(directory: Path) -> str:
    """Return what asks for JSON where a server takes no schema. Raise InvalidPromptFile."""
    path = directory / JSON_INSTRUCTION_PATH
    return _read_text(path).strip() or _raise_bad_file(path, "the file is empty", "write what asks for one JSON object")


def read_prompt(path: Path, variables: frozenset[str]) -> Prompt:
    """Return the prompt in a file, whose template may use ``variables``. Raise InvalidPromptFile with what to mend."""
    text = _INCLUDE.sub(lambda found: _read_text(path.parent / found["path"]).strip(), _read_text(path))
    fields, body = _parse_front_matter(path, text)
    system, turn = _split_body(path, body)
    return Prompt(
        name=path.name,
        hash=hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS],
        role=_parse_role(path, fields["role"]),
        effort=_parse_effort(path, fields["effort"]),
        max_tokens=_parse_positive_int(path, "max_tokens", fields["max_tokens"], MAX_OUTPUT_TOKENS),
        timeout_seconds=_parse_positive_int(path, "seconds", fields["seconds"], MAX_CALL_SECONDS),
        system=system,
        template=_compile_template(path, turn, variables),
    )


def _raise_bad_file(path: Path, wrong: str, mend: str) -> NoReturn:
    raise InvalidPromptFile(path, wrong, mend) from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        _raise_bad_file(path, "the file is not UTF-8", "save it as UTF-8")
    except OSError as error:
        _raise_bad_file(
            path, f"the file cannot be read ({error.strerror})", "put the prompt back, or check its permissions"
        )


def _parse_front_matter(path: Path, text: str) -> tuple[dict[str, object], str]:
    try:
        fields, body = frontmatter.parse(text)
    except yaml.YAMLError as error:
        _raise_bad_file(
            path, f"its front matter is not YAML ({str(error).splitlines()[0]})", "mend the lines between the ---"
        )
    for name in fields:
        if name not in _FIELDS:
            _raise_bad_file(path, f"{name} is not a field here", f"the fields are {', '.join(_FIELDS)}")
    for name in _FIELDS:
        if name not in fields:
            _raise_bad_file(
                path, f"{name} is missing", f"begin the file with --- and the lines {', '.join(_FIELDS)}, then ---"
            )
    return fields, body


def _split_body(path: Path, body: str) -> tuple[str, str]:
    halves = [half.strip() for half in _DIVIDER.split(body)]
    if len(halves) != 2 or not all(halves):
        _raise_bad_file(
            path, "its two parts cannot be told apart", "put one line {# turn #} between what stays and what changes"
        )
    if "{{" in halves[0] or "{%" in halves[0]:
        _raise_bad_file(path, "the part before {# turn #} is a template", "move what changes behind that line")
    return halves[0], halves[1]


def _compile_template(path: Path, turn: str, variables: frozenset[str]) -> Template:
    # A model reads it, never a browser, so there is no HTML to escape.
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    try:
        parsed = environment.parse(turn)
        if list(meta.find_referenced_templates(parsed)):
            _raise_bad_file(
                path, "it includes what is no part of a prompt", 'write it as {% include "parts/NAME.md" %}'
            )
        unknown = meta.find_undeclared_variables(parsed) - variables
        if unknown:
            _raise_bad_file(
                path, f"it uses {min(unknown)}, which it is not given", f"it is given {', '.join(sorted(variables))}"
            )
        return environment.from_string(turn)
    except TemplateSyntaxError as error:
        _raise_bad_file(path, f"its template cannot be read ({error.message})", "mend it; it is Jinja")


def _parse_role(path: Path, value: object) -> ModelRole:
    try:
        return ModelRole(str(value))
    except ValueError:
        _raise_bad_file(path, f"{value} is no role", f"the roles are {', '.join(ModelRole)}")


def _parse_effort(path: Path, value: object) -> str:
    if value not in EFFORTS:
        _raise_bad_file(path, f"{value} is no effort", f"the efforts are {', '.join(EFFORTS)}")
    return str(value)


def _parse_positive_int(path: Path, name: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        _raise_bad_file(path, f"{name} is {value}", f"give a whole number from 1 to {most}")
    return value


def random_tag() -> str:
    """Return an id of 48 random bits."""
    return secrets.token_hex(6)


class PromptBlocks:
    """The blocks of one request. Templates call it: ``block("note", text, number=3)``."""

    def __init__(self, tag: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]+", tag):
            raise ValueError("a tag's id is letters and digits")
        self._tag = tag

    def __call__(self, name: str, text: str, **attributes: str | int) -> str:
        """Return the text between its tags, without comments. ``attributes`` are never words of a person."""
        if name not in BLOCK_NAMES:
            raise ValueError(f"{name} is no block: add it to BLOCK_NAMES, so that no text can imitate it")
        seen = remove_comments(text)
        if has_private_mark(seen):
            raise ValueError("a private passage was handed to a model's port")
        extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return f'<{name} id="{self._tag}"{extra}>\n{neutralize_tags(seen)}\n</{name} id="{self._tag}">'


def neutralize_tags(text: str) -> str:
    """Return the text with ‹ in place of < where it opens a tag named like one of ours.

    Drop control characters, which a model cannot read, and replace halves of characters, which cannot be sent.
    """
    return _LOOKALIKE_TAG.sub("‹", _CONTROL_CHARACTER.sub("", replace_surrogates(text)))


def replace_surrogates(text: str) -> str:
    """Return the text with ? for each half of a character (a lone surrogate), which can be neither sent nor stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def check_no_private_notes(notes: Sequence[Note]) -> Sequence[Note]:
    """Return the notes. Raise ValueError for a private one, a mistake of this program that must send nothing."""
    if any(note.is_excluded for note in notes):
        raise ValueError("a private note was handed to a model's port")
    return notes
