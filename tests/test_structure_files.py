"""Structures are read from their files; a bad file is refused naming the file, the line and the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import InvalidStructureFile, UnknownStructure
from bot.essay.structure import collect_private_questions
from bot.structure_files import prompts_directory, read_structure, read_structures

GOOD = """\
name: Short one
description: Two sections.
sections:
  - key: missed
    heading: What I missed
    purpose: Say it.
    words: [5, 20]
    questions:
      - What was missing?
  - key: gave-up
    heading: What I gave up
    purpose: Say it too.
    words: [5, 20]
    questions: ["What did it cost?"]
"""


def test_all_nine_structures_that_ship_can_be_used() -> None:
    catalogue = read_structures(prompts_directory() / "structures")
    assert list(catalogue) == [
        "bootcamp-to-job",
        "career-switch",
        "first-year-manager",
        "founder-to-employee",
        "layoff",
        "leaving",
        "post-mortem",
        "promotion",
        "return-or-relocation",
    ]
    for structure in catalogue.values():
        questions = [question for section in structure.sections for question in section.questions]
        assert len(questions) == len(set(questions))
        assert structure.budget.high <= 1_600


def test_a_misspelt_structure_name_suggests_the_closest_one() -> None:
    catalogue = read_structures(prompts_directory() / "structures")
    with pytest.raises(UnknownStructure, match="did you mean career-switch"):
        catalogue.find("carer-swich")
    with pytest.raises(UnknownStructure, match="The structures are"):
        catalogue.find("zzz")


def test_a_valid_structure_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "short-one.yaml"
    path.write_text(GOOD)
    structure = read_structure(path)
    assert (structure.key, structure.name, structure.budget.low, structure.budget.high) == (
        "short-one",
        "Short one",
        10,
        40,
    )
    assert [section.questions for section in structure.sections] == [("What was missing?",), ("What did it cost?",)]
    assert structure.find_section("gave-up") is structure.sections[1]
    assert 12 in structure.sections[0].budget
    assert 4 not in structure.sections[0].budget


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("name: Short one", "nom: Short one", 1, "nom is not a field here; the fields are name, description, sections"),
        ("name: Short one\n", "", 1, "name is missing; add name"),
        ("name: Short one", "name: Short one\nname: Again", 2, "name stands twice"),
        ("name: Short one", "name: [a]", 1, "name is no text"),
        ("name: Short one", f"name: {'a' * 41}", 1, "name has 41 characters; use at most 40"),
        ("name: Short one", "name: ''", 1, "name is empty"),
        ("words: [5, 20]", "words: [20, 5]", 7, "the budget goes from 20 to 5; give the lower number first"),
        ("words: [5, 20]", "words: [5]", 7, "words has 1 entries; give from 2 to 2"),
        ("words: [5, 20]", "words: 5", 7, "words is no list"),
        ("words: [5, 20]", "words: [five, 20]", 7, "words are two whole numbers"),
        ("key: missed", "key: What I missed", 4, "What I missed is no key"),
        ("key: gave-up", "key: missed", 10, "the key missed stands twice"),
        ("    questions:\n      - What was missing?\n", "", 4, "questions is missing"),
        ("    heading: What I missed", "   heading: What I missed", 5, "this is not YAML"),
        ("sections:", "sections: 3\nx:", 4, "x is not a field here"),
        ("name: Short one", f"name: {'[' * 3000}", 1, "brackets stand in brackets without end"),
        ("name: Short one", "? [a, b]\n: c", 1, "a field's name is no word"),
        ("words: [5, 20]", f"words: [5, {'9' * 5000}]", 7, "words are two whole numbers"),
        (GOOD, "", 1, "the file is empty"),
        (GOOD, "- a", 1, "this is no mapping"),
    ],
)
def test_a_bad_structure_file_is_refused_naming_the_file_the_line_and_the_fix(
    tmp_path: Path, old: str, new: str, line: int, sentence: str
) -> None:
    path = tmp_path / "short-one.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InvalidStructureFile) as refused:
        read_structure(path)
    assert str(refused.value).startswith(f"{path}, line {line}: ")
    assert sentence in str(refused.value)


def test_structure_files_that_are_not_utf_8_or_badly_named_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: x\ndescription: caf\xe9\n")
    with pytest.raises(InvalidStructureFile, match="line 2: the file is not UTF-8; save it as UTF-8"):
        read_structure(path)
    path = tmp_path / "Bad Name.yaml"
    path.write_text(GOOD)
    with pytest.raises(InvalidStructureFile, match="use lower case letters, digits and hyphens"):
        read_structure(path)
    with pytest.raises(InvalidStructureFile, match="there is no structure here"):
        read_structures(tmp_path / "nowhere")
    (tmp_path / "other.yml").write_text(GOOD)
    with pytest.raises(InvalidStructureFile, match=r"structures end in \.yaml"):
        read_structures(tmp_path)
    control = tmp_path / "control.yaml"
    control.write_text("name: \x01\n")
    with pytest.raises(InvalidStructureFile, match="this is not YAML"):
        read_structure(control)


def test_a_question_may_keep_its_answers_private_but_never_the_first_of_a_section(tmp_path: Path) -> None:
    path = tmp_path / "short-one.yaml"
    private = GOOD + "  - key: rest\n    heading: Rest\n    purpose: Say.\n    words: [5, 20]\n    questions:\n"
    asked = "      - What was left?\n      - ask: What should not be public?\n        private: true\n"
    path.write_text(private + asked)
    structure = read_structure(path)
    assert structure.sections[2].questions == ("What was left?", "What should not be public?")
    assert structure.sections[2].private_questions == {"What should not be public?"}
    assert structure.is_private_question("What should not be public?")
    assert not structure.is_private_question("What was left?")
    assert not structure.is_private_question(None)
    for questions, wrong in (
        ("      - ask: What should not be public?\n        private: true\n", "the first question is private"),
        (asked.replace("true", "perhaps"), "private is true or false"),
        (asked.replace("        private: true\n", ""), "private is missing"),
        (asked.replace("private:", "secret:"), "secret is not a field here"),
    ):
        path.write_text(private + questions)
        with pytest.raises(InvalidStructureFile, match=wrong):
            read_structure(path)


def test_the_shipped_questions_that_ask_for_secrets_keep_their_answers_private() -> None:
    assert collect_private_questions(read_structures(prompts_directory() / "structures")) == {
        "What should not be public, such as names, sums or terms you signed?",
        "What part of the story should stay private?",
        "How much of the reason may a reader know?",
    }
