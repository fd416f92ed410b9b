"""The commands as a person runs them, each in a process of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.terminal.conftest import Ran

Run = Callable[..., Ran]

NOTES = """\
# Out of the workshop

Loose words first.

## what i missed

The noise, and 14 people.

## Who this move makes sense for

Nobody I know.
"""


@pytest.fixture
def notes(home: Path) -> Path:
    path = home / "notes.md"
    path.write_text(NOTES)
    return path


def the_essay(run: Run) -> str:
    """The id of the one essay there is."""
    return run("essays").out.splitlines()[1].split()[0]


def test_draft_writes_only_the_markdown_to_standard_output(essay_bot: Run, notes: Path) -> None:
    ran = essay_bot("draft", "notes.md")
    assert ran.code == 0
    _, front, body = ran.out.split("---\n", 2)
    fields = yaml.safe_load(front)
    assert (fields["title"], fields["structure"]) == ("Out of the workshop", "career-switch")
    assert body.count("## ") == 8
    assert "\n## What I missed\n\nThe noise, and 14 people.\n" in body
    assert body.endswith("\n## Unsorted notes\n\nLoose words first.\n")
    assert "Stored as essay" in ran.err
    assert "No model wrote any of it." in ran.err


def test_draft_reads_standard_input_and_writes_a_file_where_asked(essay_bot: Run, home: Path) -> None:
    ran = essay_bot("draft", "-", "-t", "Mine", "-o", "out.md", given=NOTES)
    assert (ran.code, ran.out) == (0, "")
    assert "title: Mine\n" in (home / "out.md").read_text()
    assert "Exported to out.md" in ran.err


def test_the_structure_is_the_one_that_most_headings_name(essay_bot: Run) -> None:
    ran = essay_bot("draft", "-", given="## The call\n\nAt nine.\n\n## The weeks after\n\nLong.\n")
    assert 'in the structure "layoff"' in ran.err


def test_an_export_equals_the_stored_text_and_a_plain_text_export_states_its_length(
    essay_bot: Run, notes: Path, home: Path
) -> None:
    first = essay_bot("draft", "notes.md").out
    essay = the_essay(essay_bot)
    assert essay_bot("essays", "export", essay).out == first
    notes.write_text(f"## What I missed\n\n{'Many words. ' * 300}\n")
    ran = essay_bot("draft", "notes.md", "--format", "text")
    assert "\nWhat I missed\n\nMany words." in ran.out
    assert "a LinkedIn post holds 3,000" in ran.err
    assert "##" not in ran.out


def test_essays_are_listed_exported_and_deleted(essay_bot: Run, notes: Path) -> None:
    assert "You have no essays yet" in essay_bot("essays").err
    essay_bot("draft", "notes.md")
    listed = essay_bot("essays").out
    assert "Out of the workshop" in listed
    essay = the_essay(essay_bot)
    refused = essay_bot("essays", "delete", essay)
    assert (refused.code, "add --yes" in refused.err) == (2, True)
    assert essay_bot("essays", "delete", essay, "--yes").code == 0
    assert "You have no essays yet" in essay_bot("essays").err
    gone = essay_bot("essays", "export", essay)
    assert (gone.code, f"You have no essay {essay}" in gone.err) == (2, True)
    assert f"You have no essay {essay}" in essay_bot("essays", "resume", essay).err


def test_what_changes_an_essay_names_it_since_the_changed_one_moves_to_number_1(essay_bot: Run) -> None:
    for title in ("First", "Second"):
        essay_bot("draft", "-", "-t", title, given="Some words.")
    second, first = (line.split()[0] for line in essay_bot("essays").out.splitlines()[1:])
    assert essay_bot("essays", "note", "2", "A note.").err.endswith(f'in essay {first}, "First".\n')
    assert essay_bot("essays", "title", "2", "Third").err == f'Essay {second} has the title "Third" now.\n'
    assert f'This is essay {first}, "First".\n' in essay_bot("essays", "export", "2").err
    assert essay_bot("essays", "delete", "1", "--yes").err.startswith(f'Deleted essay {first}, "First". Backups ')


def test_a_note_and_a_title_are_given_in_one_command_each(essay_bot: Run, notes: Path) -> None:
    essay_bot("draft", "notes.md")
    essay = the_essay(essay_bot)
    ran = essay_bot("essays", "note", "1", "It was a Tuesday.\n\n[private] Anna cried.")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == (
        f'2 notes stored, 0 under a section, in essay {essay}, "Out of the workshop".\n'
        "1 note is left out: it stays stored, stands in no post, and no model sees it.\n"
    )
    ran = essay_bot("essays", "note", essay, "-", given="## What I gave up\n\nMy pay.\n")
    said = f'1 note stored, 1 under a section, in essay {essay}, "Out of the workshop".\n'
    assert (ran.code, ran.err) == (0, said)
    found = essay_bot("essays", "notes", essay).out
    assert "It was a Tuesday." in found
    assert "My pay." in found
    assert essay_bot("essays", "title", essay[:4], " The  rain").err == f'Essay {essay} has the title "The rain" now.\n'
    assert "The rain" in essay_bot("essays").out
    for bad in (("note", essay, " "), ("note", "zzz", "A note."), ("title", essay, " "), ("title", essay, "x" * 201)):
        ran = essay_bot("essays", *bad)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.endswith(".\n")
    assert essay_bot("essays", "notes", essay).out == found.replace("Out of the workshop", "The rain")


def test_without_a_model_a_check_compares_letters_and_says_that_no_more_is_compared(
    essay_bot: Run, notes: Path
) -> None:
    essay_bot("draft", "notes.md")
    ran = essay_bot("essays", "check", "1")
    assert ran.code == 1
    assert "Not checked against your notes." in ran.out
    assert "This compares by letters only" in " ".join(ran.out.split())
    ran = essay_bot("essays", "check", "1", "--again")
    assert (ran.code, ran.out) == (2, "")
    assert "No model is configured" in ran.err


def test_critique_measures_any_essay_and_stores_nothing(essay_bot: Run, home: Path) -> None:
    (home / "essay.txt").write_text("What I Missed\nIt wasn't the money. It was the noise.\nWhat I Lost\nMuch.\n")
    ran = essay_bot("critique", "essay.txt")
    assert ran.code == 0
    assert "words apart from headings" in ran.out
    assert not (home / "data").exists()


def test_critique_as_json_holds_every_measure_with_its_places(essay_bot: Run) -> None:
    text = "## What I missed\n\nIt wasn't the money. It was the noise.\n"
    found = json.loads(essay_bot("critique", "-", "--json", "-s", "career-switch", given=text).out)
    assert found["words"] == 8
    assert found["sections"] == [{"title": "What I missed", "key": "what-i-missed", "words": 8}]
    for measure in found["measures"]:
        assert measure["why"]
        assert measure["threshold"]
        assert measure["source"]
        for place in measure["places"]:
            assert text[place["start"] : place["end"]] == place["text"]


def test_a_raised_measure_shows_its_worst_passages_and_how_to_see_the_others(essay_bot: Run) -> None:
    """What it marks is not told again among the single places."""
    plain = "I drove van 14 from Leeds to Ely on Mondays and kept the log for Ola. She read it in the yard. " * 8
    worn = "I was really late. It goes without saying that I ran. Needless to say, I fell. As a matter of fact, no."
    ran = essay_bot("critique", "-", given=f"# Vans\n\n{plain}\n\n{worn} At the end of the day, it healed. {plain}\n")
    filler = ran.out.split("Filler:")[1].split("\n\n")[0]
    assert "| really" not in filler
    assert "more: --all shows every place" in filler
    assert ran.out.count("| Needless to say") <= 1


def test_a_critique_of_another_language_says_what_could_not_be_measured(essay_bot: Run) -> None:
    """That a measure was not taken is not said as if it had nothing to object to."""
    german = "Ich habe im März bei der Firma in Erlangen gekündigt und bin mit dem Rad nach Hause gefahren. " * 12
    out = " ".join(essay_bot("critique", "-", given=german).out.split())
    assert "11 measures could not be taken: they look for English words, and the text is in German." in out
    assert "15 of 16" not in out
    assert "16 of 16" not in out


def test_a_critique_lists_gaps_first_and_then_marked_passages_even_if_no_measure_is_raised(essay_bot: Run) -> None:
    """The places of quiet measures, the gravest first; with --all every place of every measure."""
    plain = "I drove van 14 from Leeds to Ely on Mondays and kept the log for Ola. She read it in the yard. " * 8
    text = f"# Vans\n\nAt some point Research shows that I was late. [NEED: when was it] {plain}\n"
    ran = essay_bot("critique", "-", given=text)
    assert ran.code == 0
    assert ran.out.lstrip().startswith("Open gaps: 1 gap is still open: when was it.")
    look = ran.out.split("Places worth a look")[1]
    assert look.index("Research shows") < look.index("At some point")
    assert "authority without a source" in " ".join(look.split())
    assert "Vague amounts, times and doers" not in ran.out
    assert "Vague amounts, times and doers: 1 place" in essay_bot("critique", "-", "--all", given=text).out
    found = json.loads(essay_bot("critique", "-", "--json", given=text).out)
    assert [place["text"] for place in found["worth_a_look"]] == ["Research shows", "At some point"]


def test_sections_with_the_writers_own_headings_are_not_measured_against_a_word_budget(essay_bot: Run) -> None:
    body = "I drove van 14 from Leeds to Ely on Mondays and kept the log for Ola. She read it in the yard. " * 12
    text = f"Why did I leave?\n\n{body}\n\n2019\n\n{body}\n\nPart Two\n\nThe yard\n\n{body}\n"
    found = json.loads(essay_bot("critique", "-", "--json", "-s", "layoff", given=text).out)
    assert [section["title"] for section in found["sections"]] == ["Why did I leave?", "2019", "Part Two", "The yard"]
    words = next(measure for measure in found["measures"] if measure["key"] == "section_words")
    assert not words["raised"]
    assert "no budget is held against it" in words["summary"]


def test_an_exported_post_is_measured_in_its_own_structure(essay_bot: Run, notes: Path) -> None:
    exported = essay_bot("draft", "notes.md").out
    found = json.loads(essay_bot("critique", "-", "--json", given=exported).out)
    assert found["structure"] == "career-switch"


def test_structures_are_listed_and_shown(essay_bot: Run) -> None:
    assert len(essay_bot("structures").out.splitlines()) == 9
    assert "What I had built on it" in essay_bot("structures", "layoff").out


@pytest.mark.parametrize(
    ("setting", "code", "last"),
    [
        ({}, 0, "The program can run in a terminal. The bot cannot run in Discord: DISCORD_TOKEN is not set."),
        (
            {"DISCORD_TOKEN": "secret.no.token"},
            2,
            "The program can run in a terminal. The bot cannot run in Discord: DISCORD_TOKEN is no bot token.",
        ),
        (
            {"DISCORD_TOKEN": f"{base64.b64encode(b'123456789012345678').decode()}.secret.part"},
            0,
            "The bot can run in Discord too, if Discord takes the token, which this does not ask.",
        ),
        ({"DATABASE_PATH": "../home"}, 1, "The bot cannot run in Discord: DISCORD_TOKEN is not set."),
    ],
)
def test_check_says_what_can_run_and_exits_with_2_or_1_if_something_is_wrong(
    essay_bot: Run, setting: dict[str, str], code: int, last: str
) -> None:
    """What is not set is no fault, and is not claimed to work either."""
    ran = essay_bot("check", more=setting)
    assert ran.code == code
    assert " ".join(ran.out.split()).endswith(last)
    assert "secret" not in ran.out


MODEL_SETTINGS = ("MODEL_WRITER", "MODEL_CRITIC", "MODEL_INTERVIEWER", "MODEL_CHECKER")
OWN_SERVER = {"ANTHROPIC_BASE_URL": "http://192.168.0.7:11434", **dict.fromkeys(MODEL_SETTINGS, "llama3")}


def test_check_says_that_a_model_without_a_known_price_is_not_called_and_what_to_set(essay_bot: Run) -> None:
    ran = essay_bot("check", more=OWN_SERVER)
    said = " ".join(ran.out.split())
    assert ran.code == 1
    assert "The price of llama3 is not known, so no budget can be kept, and no call is made" in said
    assert "MODEL_PRICES=llama3=0/0 if it costs nothing" in said
    assert "A model that is set is not called: its price is not known." in said
    ran = essay_bot("check", more=OWN_SERVER | {"MODEL_PRICES": "llama3=0/0"})
    assert ran.code == 0
    assert "$3 a writer a day, $10 a writer a month, and $50 a month in all" in " ".join(ran.out.split())


def test_check_warns_of_a_key_that_goes_over_the_network_unencrypted(essay_bot: Run) -> None:
    priced = OWN_SERVER | {"MODEL_PRICES": "llama3=0/0"}
    for more, said in (
        (
            priced,
            "The texts go over the network unencrypted, since ANTHROPIC_BASE_URL begins with http://: use https://",
        ),
        (priced | {"ANTHROPIC_API_KEY": "sk-secret"}, "The key and the texts go over the network unencrypted"),
    ):
        ran = essay_bot("check", more=more)
        assert said in " ".join(ran.out.split())
        assert "sk-secret" not in ran.out
    for address in ("http://localhost:11434", "https://192.168.0.7"):
        ran = essay_bot("check", more=priced | {"ANTHROPIC_API_KEY": "sk-secret", "ANTHROPIC_BASE_URL": address})
        assert "unencrypted" not in ran.out


def test_the_demo_ends_with_the_path_of_an_exported_file(essay_bot: Run, home: Path) -> None:
    for name in ("demo", "again"):
        ran = essay_bot("try", *(["--demo"] if name == "demo" else []))
        assert ran.code == 0
        path = Path(ran.out.splitlines()[-1].removeprefix("Exported to "))
        assert path.parent == home
        body = path.read_text().split("---\n", 2)[2].removeprefix("\n")
        assert body in ran.out
        assert "[NEED: " in body
    assert len(list(home.glob("*.md"))) == 1  # the same post again needs no second file
    assert "You have no essays yet" in essay_bot("essays").err


def test_the_demo_shows_the_whole_way_and_says_what_a_model_wrote_beforehand(essay_bot: Run, home: Path) -> None:
    seen = essay_bot("try", "--demo").out
    at = 0
    for heading in ("Notes", "Question", "Draft", "Check", "Critique", "Post", "Measures"):
        at = seen.index(f". {heading}\n", at)
    draft, rest = seen.split("3. Draft\n")[1].split("4. Check\n")
    asked = "someone expected a different version of your job from the one you did.\n\nAnswer: school careers evening"
    assert asked in seen
    assert "the best mark in the class" in draft
    assert "It was a journey of self-discovery." in draft
    assert seen.lower().count("written beforehand by a language model") == 4
    (path,) = home.glob("*.md")
    post = path.read_text()
    assert post.split("---\n", 2)[2].removeprefix("\n") in rest
    assert "and a language model" in post
    for gone in ("the best mark in the class", "I will say yes.", "It was a journey of self-discovery."):
        assert gone not in post
    assert "  \n" not in post


def test_the_demo_assembles_the_notes_in_a_structure_that_they_were_not_written_for(essay_bot: Run, home: Path) -> None:
    seen = essay_bot("try", "--demo", "-s", "layoff").out
    assert "written beforehand" not in seen.lower()
    assert "no language model wrote any of it" in next(home.glob("*.md")).read_text()


def test_a_strict_export_of_an_assembled_text_is_refused_while_gaps_are_left(essay_bot: Run, home: Path) -> None:
    (home / "notes.md").write_text("## The decision\n\nI left the shop in May 2019.\n")
    assert essay_bot("draft", "notes.md", "--no-model").code == 0
    ran = essay_bot("essays", "export", "1", "-o", "post.md", "--strict")
    assert ran.code != 0
    assert "gaps are left in the text, marked [NEED: …]. Fill each first, or export without --strict." in ran.err
    assert not (home / "post.md").exists()
    assert essay_bot("essays", "export", "1", "-o", "post.md").code == 0


def test_a_message_that_ends_in_a_question_gets_no_full_stop_after_it(essay_bot: Run, home: Path) -> None:
    assert "Did you mean 'essays'? See essay-bot --help." in essay_bot("essay").err
    (home / "post.md").write_text("## One\n\n[NEED: When was it?]\n")
    assert "1 gap is still open: When was it?\n" in essay_bot("critique", "post.md", "--no-model").out
