"""Prompts are files; a file that cannot be used is refused by name, with the mend, before anybody waits for a model."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import jinja2
import pytest

from bot.errors import InvalidPromptFile
from bot.llm.prices import estimate_tokens
from bot.llm.prompts import TEMPLATE_VARIABLES, read_json_instruction, read_prompt, read_prompts
from bot.services.llm_ports import ModelRole
from bot.structure_files import prompts_directory

GOOD = "---\nrole: writer\neffort: medium\nmax_tokens: 100\nseconds: 60\n---\nBe plain.\n{# turn #}\nSay {{ title }}.\n"
GIVEN = frozenset({"title"})

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
    (GOOD.replace("{# turn #}\n", ""), "put one line {# turn #}"),
    (GOOD.replace("Be plain.", ""), "put one line {# turn #}"),
    (GOOD + "{# turn #}\nMore.", "put one line {# turn #}"),
    (GOOD.replace("Be plain", "Be {{ title }}"), "move what changes behind that line"),
    (GOOD.replace("{{ title }}", "{{ titel }}"), "it uses titel, which it is not given; it is given title"),
    (GOOD.replace("{{ title }}", "{% if title %}"), "its template cannot be read"),
    (GOOD.replace("{{ title }}", "{% include title %}"), 'write it as {% include "parts/NAME.md" %}'),
    (GOOD.replace("{{ title }}", '{% include "draft.md" %}'), 'write it as {% include "parts/NAME.md" %}'),
    (GOOD.replace("plain.", '{% include "../plain.md" %}'), "move what changes behind that line"),
]


def test_the_prompts_that_ship_can_be_used_and_are_long_enough_to_be_cached() -> None:
    prompts = read_prompts(prompts_directory())
    assert prompts.keys() == TEMPLATE_VARIABLES.keys()
    for prompt in prompts.values():
        if prompt.name == "probe.md":
            continue  # asked once to see whether anybody answers: there is nothing to cache
        assert estimate_tokens(prompt.system) >= 600  # the service caches from 512 tokens on
    roles = {name: prompt.role for name, prompt in prompts.items()}
    assert roles["place.md"] is roles["follow_up.md"] is ModelRole.INTERVIEWER
    assert roles["draft.md"] is roles["finish.md"] is roles["revise.md"] is ModelRole.WRITER
    assert roles["critique.md"] is ModelRole.CRITIC


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


def test_the_json_instruction_is_a_file_too(tmp_path: Path) -> None:
    assert "JSON" in read_json_instruction(prompts_directory())
    with pytest.raises(InvalidPromptFile, match="put the prompt back"):
        read_json_instruction(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "json_only.md").write_text(" \n")
    with pytest.raises(InvalidPromptFile, match="the file is empty"):
        read_json_instruction(tmp_path)


def test_a_prompt_file_is_split_into_fixed_system_text_and_a_user_template(tmp_path: Path) -> None:
    path = tmp_path / "draft.md"
    path.write_text(GOOD)
    prompt = read_prompt(path, GIVEN)
    assert (prompt.system, prompt.render({"title": "<Out>"})) == ("Be plain.", "Say <Out>.")
    assert (prompt.role, prompt.effort, prompt.max_tokens, prompt.timeout_seconds) == (
        ModelRole.WRITER,
        "medium",
        100,
        60,
    )
    assert prompt.hash == hashlib.sha256(GOOD.encode()).hexdigest()[:12]
    with pytest.raises(jinja2.UndefinedError):
        prompt.render({})


def test_text_shared_by_prompts_is_in_one_file_and_covered_by_their_hash(tmp_path: Path) -> None:
    part, path = tmp_path / "parts" / "plain.md", tmp_path / "draft.md"
    part.parent.mkdir()
    include = '{% include "parts/plain.md" %}'
    path.write_text(GOOD.replace("plain.", include).replace("Say", f"{include} Say"))
    with pytest.raises(InvalidPromptFile) as caught:
        read_prompt(path, GIVEN)
    assert str(part) in str(caught.value)
    prompts = []
    for words in ("plain.", "kind."):
        part.write_text(f"{words}\n")
        prompts.append(read_prompt(path, GIVEN))
    assert [one.system for one in prompts] == ["Be plain.", "Be kind."]
    assert prompts[0].render({"title": "Out"}) == "plain. Say Out."
    assert prompts[0].hash != prompts[1].hash


def test_no_rule_is_repeated_in_two_prompts() -> None:
    """Two that were meant to be the same would drift apart: what several prompts share stands in parts/."""
    seen: dict[str, str] = {}
    for path in sorted(prompts_directory().glob("**/*.md")):
        rules = path.read_text("utf-8").split("{# turn #}")[0]
        for sentence in re.split(r"(?<=[.:;])\s+|---\n", rules):
            if len(sentence.split()) >= 6 and "{%" not in sentence:
                assert sentence not in seen, f"{path.name} and {seen[sentence]}: {sentence}"
                seen[sentence] = path.name
