"""Read the prompts, and put a writer's texts into them.

Every word said to a model stands in a Markdown file. ``preface.md`` is the system text of every call, whatever the
task. A task has a file of its own: front matter (role, effort, max_tokens, seconds, material), then a Jinja template.
It may hold ``{% include "parts/NAME.md" %}``, for words that several prompts share.

A request is made so that the service can cache what repeats: first the preface, the same for every writer; then the
task's ``material``, made by ``material/NAME.md`` in parts that are blocks of their own, the same from call to call
while the essay does not change; the task itself comes last.

A writer's text is set in blocks whose tags carry an id that nobody can have guessed, in the form that Anthropic's
prompting guide for Opus 5.5 gives for pasted text: the tags on lines of their own, the same random id in both, and a
system text that says what stands in them is material. The id stays the same within an essay, since a changed one would
miss the cache, and differs from essay to essay.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NoReturn

import frontmatter
import yaml
from jinja2 import Environment, StrictUndefined, Template, TemplateSyntaxError, meta

from bot.errors import InvalidPromptFile, PrivateMarkInText
from bot.essay.essay import Note
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.privacy_marks import first_marked_line
from bot.services.llm_ports import ModelRole

EFFORTS = ("low", "medium", "high", "xhigh", "max")  # anthropic 2.12, types/output_config_param.py
MAX_OUTPUT_TOKENS = 128_000  # the most output that any Claude model of 2026 gives
MAX_CALL_SECONDS = 600  # a draft with its thinking takes two or three minutes; ten is where a person has given up
HASH_CHARACTERS = 12  # as short as a person compares by eye; 48 bits tell versions of one file apart

# The files, and what the template of each is given. Another name would fail in the middle of somebody's work.
TEMPLATE_VARIABLES: Mapping[str, frozenset[str]] = {
    "place.md": frozenset({"block", "structure", "notes"}),
    "next_question.md": frozenset({"block", "asked", "further", "refused", "reason"}),
    "titles.md": frozenset({"block"}),
    "draft.md": frozenset({"block", "gap", "structure", "title", "text", "open_questions", "declined_questions"}),
    "finish.md": frozenset(
        {"block", "gap", "structure", "title", "text", "wanted", "open_questions", "declined_questions"}
    ),
    "revise.md": frozenset({"block", "part", "section", "instruction"}),
    "fill.md": frozenset({"block", "heading", "passage", "note"}),
    "critique.md": frozenset({"block", "structure", "notes", "measured", "earlier"}),
    "check.md": frozenset({"block", "sentences", "asked"}),
    "probe.md": frozenset({"block"}),
    "play_writer.md": frozenset({"block", "question", "told"}),
}
# What a task's ``material`` may name, in the order in which it is sent: what changes least comes first. The rules of
# the interview stand among it, before the notes, of which there is one more in each of its calls.
MATERIAL_VARIABLES: Mapping[str, frozenset[str]] = {
    "structure": frozenset({"block", "structure"}),
    "questions": frozenset({"block", "structure"}),
    "interviewing": frozenset({"block"}),
    "voice": frozenset({"block", "voice"}),
    "notes": frozenset({"block", "notes", "next_part"}),
    "post": frozenset({"block", "base", "text"}),
    "changes": frozenset({"block", "changes", "next_part"}),
    "sheet": frozenset({"block", "sheet"}),
}

PREFACE_PATH = "preface.md"
JSON_INSTRUCTION_PATH = "parts/json_only.md"  # follows the system text where a server takes no schema

# Replaced before anything else is read, so that the prompt's hash covers it.
_INCLUDE = re.compile(r'\{% include "(?P<path>parts/[a-z_]+\.md)" %\}')
_FIELDS = ("role", "effort", "max_tokens", "seconds", "material")

BLOCK_NAMES = ("note", "question", "title", "post", "heading", "passage", "instruction", "fact", "sample", "earlier")
# What models answer in besides; no text may seem to do so either.
ANSWER_TAGS = (
    *("section", "rewrite", "names"),
    *("finding", "quotation", "effect", "replacement", "cut", "strength", "why", "earlier_that_hold", "fix_first"),
)

# Ends a part of the material, and is in no text, which loses its control characters. What is put behind the last part
# of a list leaves the parts before it in the service's cache.
_PART_BREAK = "\f"

_LOOKALIKE_TAG = re.compile(rf"<(?=\s*(?:/\s*)?(?:{'|'.join((*BLOCK_NAMES, *ANSWER_TAGS))})\b)", re.IGNORECASE)
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PromptText:
    """What is said in one call: the parts of the material, and the task, which comes last."""

    material: tuple[str, ...]
    task: str

    def __str__(self) -> str:
        return "\n\n".join((*self.material, self.task))


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    ``hash`` is the start of the SHA-256 of all its words: the preface, its file with all that it includes, and the
    templates of its material. ``max_tokens`` is the room for thinking and answer, ``timeout_seconds`` how long a call
    may take in all. ``json_instruction`` ends a call with a schema, where the server takes none.
    """

    name: str
    hash: str
    role: ModelRole
    effort: str
    max_tokens: int
    timeout_seconds: int
    preface: str
    material: tuple[Template, ...]
    task: Template
    json_instruction: str = ""

    def render(self, values: Mapping[str, object]) -> PromptText:
        """Return what is said in this call. Raise jinja2.UndefinedError for a value that is not given."""
        rendered = [template.render({**values, "next_part": _PART_BREAK}) for template in self.material]
        parts = [part.strip() for text in rendered for part in text.split(_PART_BREAK)]
        return PromptText(tuple(part for part in parts if part), self.task.render(values).strip())


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
    """Return the prompt in a file, whose task may use ``variables``. Raise InvalidPromptFile with what to mend."""
    preface = _read_preface(path.parent / PREFACE_PATH)
    text = _read_with_includes(path)
    fields, body = _parse_front_matter(path, text)
    if not body.strip():
        _raise_bad_file(path, "the task is missing", "write what the model is to do below the front matter")
    templates = {
        part: path.parent / "material" / f"{part}.md" for part in _parse_material(path, fields.get("material"))
    }
    sources = {part: _read_with_includes(file) for part, file in templates.items()}
    words = "\0".join((preface, text, *sources.values()))
    return Prompt(
        name=path.name,
        hash=hashlib.sha256(words.encode()).hexdigest()[:HASH_CHARACTERS],
        role=_parse_role(path, fields["role"]),
        effort=_parse_effort(path, fields["effort"]),
        max_tokens=_parse_positive_int(path, "max_tokens", fields["max_tokens"], MAX_OUTPUT_TOKENS),
        timeout_seconds=_parse_positive_int(path, "seconds", fields["seconds"], MAX_CALL_SECONDS),
        preface=preface,
        material=tuple(
            _compile_template(file, sources[part], MATERIAL_VARIABLES[part]) for part, file in templates.items()
        ),
        task=_compile_template(path, body, variables),
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


def _read_with_includes(path: Path) -> str:
    """Return a file's text with the shared words that it includes."""
    prompts = path.parent.parent if path.parent.name == "material" else path.parent
    return _INCLUDE.sub(lambda found: _read_text(prompts / found["path"]).strip(), _read_text(path))


def _read_preface(path: Path) -> str:
    text = _read_with_includes(path).strip()
    if not text:
        _raise_bad_file(path, "the file is empty", "write what holds for every task")
    if "{{" in text or "{%" in text:
        _raise_bad_file(path, "it is a template", "move what changes from call to call into the tasks")
    return text


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
        if name not in fields and name != "material":
            _raise_bad_file(
                path, f"{name} is missing", f"begin the file with --- and the lines {', '.join(_FIELDS)}, then ---"
            )
    return fields, body


def _parse_material(path: Path, value: object) -> list[str]:
    """Return the parts of the material, in the order in which they are sent."""
    named = value if isinstance(value, list) else [] if value is None else [value]
    if unknown := [each for each in named if each not in MATERIAL_VARIABLES]:
        _raise_bad_file(path, f"{unknown[0]} is no material", f"there are {', '.join(MATERIAL_VARIABLES)}")
    return [part for part in MATERIAL_VARIABLES if part in named]


@cache  # the same material is in many prompts, and compiling one takes ten milliseconds
def _compile_template(path: Path, text: str, variables: frozenset[str]) -> Template:
    # A model reads it, never a browser, so there is no HTML to escape.
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    try:
        parsed = environment.parse(text)
        if list(meta.find_referenced_templates(parsed)):
            _raise_bad_file(
                path, "it includes what is no part of a prompt", 'write it as {% include "parts/NAME.md" %}'
            )
        unknown = meta.find_undeclared_variables(parsed) - variables
        if unknown:
            _raise_bad_file(
                path, f"it uses {min(unknown)}, which it is not given", f"it is given {', '.join(sorted(variables))}"
            )
        return environment.from_string(parsed)
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


def block_tag(secret: bytes, essay: str) -> str:
    """Return the id of the tags in an essay's requests: 48 bits that only the holder of the secret can tell."""
    return hmac.new(secret, f"prompt blocks of {essay}".encode(), hashlib.sha256).hexdigest()[:12]


class PromptBlocks:
    """The blocks of one request. Templates call it: ``block("note", text, number=3)``."""

    def __init__(self, tag: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]+", tag):
            raise ValueError("a tag's id is letters and digits")
        self._tag = tag

    def __call__(self, name: str, text: str, **attributes: str | int) -> str:
        """Return the text between its tags, without comments. ``attributes`` are never words of a person.

        Raise PrivateMarkInText for a mark that nobody saw before the comment in its middle was taken out.
        """
        if name not in BLOCK_NAMES:
            raise ValueError(f"{name} is no block: add it to BLOCK_NAMES, so that no text can imitate it")
        seen = remove_comments(text)
        if (line := first_marked_line(seen)) is not None:
            raise PrivateMarkInText(name, line)
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
