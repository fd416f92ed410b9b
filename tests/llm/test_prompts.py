"""Prompts are files; a file that cannot be used is refused by name, with the mend, before anybody waits for a model."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import jinja2
import pytest

from bot.bootstrap import load_structures
from bot.errors import InvalidPromptFile
from bot.llm.prices import estimate_tokens
from bot.llm.prompts import TEMPLATE_VARIABLES, PromptBlocks, read_json_instruction, read_prompt, read_prompts
from bot.llm.writer_player import FactSheet
from bot.services.llm_ports import ModelRole
from bot.structure_files import prompts_directory

GOOD = "---\nrole: writer\neffort: medium\nmax_tokens: 100\nseconds: 60\n---\nSay {{ title }}.\n"
STRUCTURE = next(iter(load_structures().values()))
GIVEN = frozenset({"title"})


@pytest.fixture(autouse=True)
def _preface(tmp_path: Path) -> None:
    (tmp_path / "preface.md").write_text("Be plain.\n")


BAD = [
    (GOOD.replace("role: writer\n", ""), "role is missing"),
    (GOOD.replace("writer", "poet"), "poet is no role; the roles are writer, critic, interviewer"),
    (GOOD.replace("medium", "huge"), "huge is no effort"),
    (GOOD.replace("100", "many"), "max_tokens is many"),
    (GOOD.replace("100", "0"), "max_tokens is 0"),
    (GOOD.replace("100", "true"), "max_tokens is True"),
    (GOOD.replace("60", "601"), "seconds is 601; give a whole number from 1 to 600"),
    (GOOD.replace("effort", "temperature: 1\neffort"), "temperature is not a field here"),
    (GOOD.replace("role: writer", "role: [writer"), "not YAML"),
    (GOOD.replace("Say {{ title }}.\n", ""), "the task is missing"),
    (
        GOOD.replace("effort", "material: [letters]\neffort"),
        "letters is no material; there are structure, questions, interviewing, voice, notes, post",
    ),
    (GOOD.replace("{{ title }}", "{{ titel }}"), "it uses titel, which it is not given; it is given title"),
    (GOOD.replace("{{ title }}", "{% if title %}"), "its template cannot be read"),
    (GOOD.replace("{{ title }}", "{% include title %}"), 'write it as {% include "parts/NAME.md" %}'),
    (GOOD.replace("{{ title }}", '{% include "draft.md" %}'), 'write it as {% include "parts/NAME.md" %}'),
    (GOOD.replace("{{ title }}", '{% include "../plain.md" %}'), 'write it as {% include "parts/NAME.md" %}'),
]


def test_the_prompts_that_ship_can_be_used_and_their_preface_is_long_enough_to_be_cached() -> None:
    prompts = read_prompts(prompts_directory())
    assert prompts.keys() == TEMPLATE_VARIABLES.keys()
    for prompt in prompts.values():
        assert estimate_tokens(prompt.preface) >= 600  # the service caches from 512 tokens on
    roles = {name: prompt.role for name, prompt in prompts.items()}
    assert roles["place.md"] is roles["next_question.md"] is roles["titles.md"] is ModelRole.INTERVIEWER
    assert roles["draft.md"] is roles["finish.md"] is roles["revise.md"] is ModelRole.WRITER
    assert roles["critique.md"] is ModelRole.CRITIC
    assert roles["check.md"] is ModelRole.CHECKER
    assert roles["play_writer.md"] is ModelRole.WRITER_PLAYER


@pytest.mark.parametrize(("text", "words"), BAD)
def test_a_bad_prompt_file_is_refused_with_its_name_and_how_to_fix_it(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "draft.md"
    path.write_text(text)
    with pytest.raises(InvalidPromptFile) as caught:
        read_prompt(path, GIVEN)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_a_prompt_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidPromptFile, match="put the prompt back"):
        read_prompts(tmp_path)
    path = tmp_path / "place.md"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidPromptFile, match="save it as UTF-8"):
        read_prompt(path, GIVEN)


def test_only_those_that_write_are_shown_the_writers_own_texts() -> None:
    values = {
        "structure": STRUCTURE,
        "notes": (),
        "text": "",
        "base": "",
        "changes": (),
        "voice": ("It leaked, mind.",),
        "sheet": FactSheet("plain", "It began.", ("It ended.",)),
    }
    shown = {
        name
        for name, prompt in read_prompts(prompts_directory()).items()
        if any("It leaked, mind." in part.render({**values, "block": PromptBlocks("x1")}) for part in prompt.material)
    }
    assert shown == {"draft.md", "finish.md", "revise.md", "fill.md"}


def test_the_json_instruction_is_a_file_too(tmp_path: Path) -> None:
    assert "JSON" in read_json_instruction(prompts_directory())
    with pytest.raises(InvalidPromptFile, match="put the prompt back"):
        read_json_instruction(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "json_only.md").write_text(" \n")
    with pytest.raises(InvalidPromptFile, match="the file is empty"):
        read_json_instruction(tmp_path)


def test_a_call_is_told_the_preface_then_the_material_then_the_task(tmp_path: Path) -> None:
    path = tmp_path / "draft.md"
    given = GOOD.replace("effort", "material: [post, structure]\neffort")
    path.write_text(given)
    (tmp_path / "material").mkdir()
    (tmp_path / "material" / "post.md").write_text("{{ text }}\n")
    (tmp_path / "material" / "structure.md").write_text("A {{ structure }}.\n")
    prompt = read_prompt(path, GIVEN)
    said = prompt.render({"title": "<Out>", "text": "The post.", "structure": "layoff"})
    assert (prompt.preface, said.material, said.task) == ("Be plain.", ("A layoff.", "The post."), "Say <Out>.")
    assert prompt.render({"title": "Out", "text": "", "structure": "x"}).material == ("A x.",)
    assert (prompt.role, prompt.effort, prompt.max_tokens, prompt.timeout_seconds) == (
        ModelRole.WRITER,
        "medium",
        100,
        60,
    )
    words = "\0".join(("Be plain.", given, "A {{ structure }}.\n", "{{ text }}\n"))
    assert prompt.hash == hashlib.sha256(words.encode()).hexdigest()[:12]
    with pytest.raises(jinja2.UndefinedError):
        prompt.render({})


def test_text_shared_by_prompts_is_in_one_file_and_covered_by_their_hash(tmp_path: Path) -> None:
    part, path = tmp_path / "parts" / "plain.md", tmp_path / "draft.md"
    part.parent.mkdir()
    include = '{% include "parts/plain.md" %}'
    path.write_text(GOOD.replace("Say", f"{include} Say"))
    with pytest.raises(InvalidPromptFile) as caught:
        read_prompt(path, GIVEN)
    assert str(part) in str(caught.value)
    prompts = []
    for words in ("plain.", "kind."):
        part.write_text(f"{words}\n")
        prompts.append(read_prompt(path, GIVEN))
    assert [one.render({"title": "Out"}).task for one in prompts] == ["plain. Say Out.", "kind. Say Out."]
    assert prompts[0].hash != prompts[1].hash


def test_no_rule_is_repeated_in_two_prompts() -> None:
    """Two that were meant to be the same would drift apart: what several prompts share stands in parts/."""
    seen: dict[str, str] = {}
    for path in sorted(prompts_directory().glob("**/*.md")):
        rules = path.read_text("utf-8")
        for sentence in re.split(r"(?<=[.:;])\s+|---\n", rules):
            if len(sentence.split()) >= 6 and "{" not in sentence:
                assert sentence not in seen, f"{path.name} and {seen[sentence]}: {sentence}"
                seen[sentence] = path.name
