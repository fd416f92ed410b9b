"""A session while a model is at work: what it may cost, what is said meanwhile, how it is stopped, what is shown."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest

from bot.errors import KeyRefused, Overloaded
from bot.essay.critique import Category, Severity
from bot.services.jobs.job import JobKind
from bot.services.llm_ports import RawFinding
from bot.store.jobs import process_name
from bot.terminal import LOCAL_WRITER
from bot.terminal.one_shot import draft_notes
from tests.services.conftest import NOTES
from tests.services.fakes import GONE, opinion, rewrites, says
from tests.terminal.scripted_terminal import END, CallbackGate, Terminal, another_living_process

DRAFT = "## What I missed\n\nThe noise, and 99 people.\n\n## What I gave up\n\nPay.\n"
EDITED = "## What I missed\n\nTyped elsewhere.\n\n## What I gave up\n\nPay.\n"
FIRST = "## What I missed\n\nThe noise.\n\n## What I gave up\n\nPay.\n"
LONGER = FIRST + "\nEveryone I knew there was as tired of it all as I was by then.\n"


def test_a_draft_that_ends_after_an_edit_is_shown_with_its_claims_and_how_to_reach_both(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    elsewhere = CallbackGate(partial(terminal.change, essay.id, EDITED))
    terminal.room.models.script(says("## What I missed\n\n", elsewhere, DRAFT.removeprefix("## What I missed\n\n")))
    seen = terminal.resume_and_type(essay, "draft", "", "post", "go 3", "post")
    assert "This is version 3. The essay has changed since that was begun, and its current text is version 2" in seen
    assert "diff 2 3 shows how they differ, go 3 makes this one current, history lists all." in seen
    assert "number: 99" in seen  # of the draft, which alone holds it
    told, then = seen.split("Typed elsewhere.")
    assert "Version 3: " in told
    assert "99 people" in then
    assert terminal.text(essay).text == DRAFT


def test_a_first_draft_is_shown_even_where_another_session_has_made_the_first_post(terminal: Terminal) -> None:
    essay = terminal.essay()
    elsewhere = CallbackGate(partial(terminal.change, essay.id, EDITED))
    terminal.room.models.script(says(elsewhere, DRAFT))
    seen = terminal.resume_and_type(essay, "")
    assert "This is version 2. The essay has changed since that was begun, and its current text is version 1" in seen
    assert "99 people" in seen
    assert "number: 99" in seen


def test_a_revision_that_ends_after_an_edit_shows_only_its_own_change(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    elsewhere = CallbackGate(partial(terminal.change, essay.id, EDITED))
    terminal.room.models.script(says("<rewrite>", elsewhere, "The silence.\n</rewrite>"))
    seen = terminal.resume_and_type(essay, "revise 1 shorter", "")
    assert "This is version 3." in seen
    assert "- The [-noise.-]\n+ The {+silence.+}\n" in seen


def test_a_change_is_shown_with_its_passage_and_the_whole_is_shown_on_request(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n\n## What I gave up\n\nMy pay.\n")
    terminal.room.models.script(says("<rewrite>The silence.</rewrite>"))
    seen = terminal.resume_and_type(essay, "revise 1 shorter", "", "diff 1 2")
    first, second = seen.split("diff 1 2 shows the whole post with it.")
    change = "- The [-noise.-]\n+ The {+silence.+}\n\n"
    assert f"…\n\n{change}…" in first
    assert "My pay." not in first
    assert f"## What I missed\n\n{change}## What I gave up\n\nMy pay." in second


def test_a_filled_gap_is_shown_before_and_after_and_not_mixed_into_one_line(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\n[NEED: How many people did you lead?]\n")
    terminal.room.models.script(says("<rewrite>It was my team of four.</rewrite>"))
    seen = terminal.resume_and_type(essay, "revise 1 fill it", "")
    assert "- [NEED: How many people did you lead?]\n+ It was my team of four.\n" in seen


def test_a_draft_on_the_command_line_outputs_its_own_text_even_after_an_edit(terminal: Terminal) -> None:
    async def elsewhere() -> None:
        (essay,) = await terminal.room.desk.list_essays(LOCAL_WRITER)
        await terminal.change(essay.id, EDITED)

    terminal.room.models.script(says(CallbackGate(elsewhere), DRAFT))
    made = terminal.runner.run(draft_notes(terminal.tools, terminal.beside, NOTES, terminal.structure, None))
    assert (made.post.text, made.post.version) == (DRAFT, 2)
    assert "its current text is version 1" in terminal.stderr.getvalue()
    assert "It may cost up to $0.01." in terminal.stderr.getvalue()


def test_text_written_before_ctrl_c_is_kept_and_shown_as_unfinished(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    begun = "## What I missed\n\nThe noise was lo"
    terminal.room.models.script(says(begun, CallbackGate(terminal.presses_ctrl_c)))
    seen = terminal.resume_and_type(essay, "draft", "")
    assert "The draft was stopped before its end. What came is version 2." in seen
    assert "Version 2: 4 words, no gaps, not complete: continue writes the rest." in seen
    assert terminal.text(essay).text == f"{begun}\n"


def test_a_draft_is_offered_with_its_maximum_cost_and_begins_only_on_enter(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.room.models.worst = 341_000_001
    terminal.room.models.script(says(DRAFT))
    seen = terminal.resume_and_type(essay, "")
    assert "A draft can be written now, from your notes alone. It may cost up to $0.35.\n" in seen
    assert terminal.keyboard.asked[0].startswith("Enter has it written; titles suggests three titles")
    assert terminal.text(essay).text == DRAFT


@pytest.mark.parametrize("answer", ["n", "What?", END])
def test_a_declined_draft_is_not_begun_and_the_post_is_assembled_from_the_notes(
    terminal: Terminal, answer: str | EOFError
) -> None:
    essay = terminal.essay()
    seen = terminal.resume_and_type(essay, answer)
    assert "It may cost up to $0.01." in seen
    assert "no model wrote this version" in seen
    assert terminal.room.models.asked == []
    assert "the noise of the shop" in terminal.text(essay).text


@pytest.mark.parametrize("command", ["draft", "continue", "revise 1 shorter", "critique"])
def test_every_paid_command_states_its_maximum_cost_first(terminal: Terminal, command: str) -> None:
    essay = terminal.essay(LONGER)
    if command == "continue":
        terminal.add_unfinished_job(essay, JobKind.DRAFT, "## What I missed\n\nThe noise was lo", GONE)
    terminal.room.models.worst = 20_000_000
    assert "It may cost up to $0.02.\nNothing was begun.\n" in terminal.resume_and_type(essay, command, "n")
    assert terminal.room.models.asked == []


def test_a_running_sessions_job_is_named_and_a_killed_sessions_text_is_kept(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    terminal.room.models.script(says(DRAFT))
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        theirs = process_name(other.pid)
        assert theirs is not None
        terminal.add_unfinished_job(essay, JobKind.DRAFT, "## What I missed\n\nThe noise was lo", theirs)
        seen = terminal.resume_and_type(essay, "draft", "")
        assert "A draft of this essay is being written in another session of this program." in seen
        assert "is being written in another session of this program: wait for its end, or press Ctrl-C there" in seen
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # whoever started it has taken no note of that yet
        seen = terminal.resume_and_type(essay, "draft", "")
    assert "A draft was interrupted. What came is version 2." in seen
    assert "Version 3: " in seen
    assert terminal.text(essay).text == DRAFT
    assert terminal.text(essay).info.parent == 2


def test_another_session_killed_while_this_one_is_open_blocks_no_new_draft(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    terminal.room.models.script(says(DRAFT))

    def killed() -> str:
        terminal.add_unfinished_job(essay, JobKind.DRAFT, "## What I missed\n\nThe noise was lo", GONE)
        return "draft"

    seen = terminal.resume_and_type(essay, killed, "")
    assert 'A draft was interrupted. What came is version 2. The command "again" begins it once more.' in seen
    assert terminal.text(essay).text == DRAFT


def test_while_another_session_writes_the_first_draft_no_post_is_assembled(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.add_unfinished_job(essay, JobKind.DRAFT, "", another_living_process())
    seen = terminal.resume_and_type(essay, "")
    assert "wait for its end" in seen
    assert seen.endswith(
        f"Everything is stored as essay {essay.id}. To go on with it: essay-bot essays resume {essay.id}\n"
    )
    assert terminal.opened(essay.id).head is None


def test_an_interrupted_continuation_is_reported_as_a_continuation(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    terminal.add_unfinished_job(essay, JobKind.FINISH, "", GONE)
    assert "A continuation was interrupted. The essay is as it was before." in terminal.resume_and_type(essay)


def test_waiting_for_a_follow_up_is_shown_and_ctrl_c_skips_only_the_follow_up(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.runner.run(terminal.room.desk.delete_essay(LOCAL_WRITER, essay.id))
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))

    async def hangs() -> None:
        await terminal.stderr.until("the model reads your answer")
        await terminal.presses_ctrl_c()

    terminal.room.models.script(hangs, "Who paid that?", None, says(DRAFT))
    seen = terminal.resume_and_type(essay, "It was loud.", "4,000 euros.", "Anna.", "")
    assert "Passed over; your answer is stored." in seen
    assert [prompt for prompt in terminal.keyboard.asked if prompt == "Answer: "] == ["Answer: "] * 3
    assert "What did it cost?" in seen
    assert "Who paid that?" in seen
    notes = terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))
    assert [note.text for note in notes] == ["It was loud.", "4,000 euros.", "Anna."]
    assert terminal.text(essay).text == DRAFT


def test_sorting_notes_is_shown_and_ctrl_c_leaves_the_rest_unsorted(terminal: Terminal) -> None:
    async def hangs() -> None:
        await terminal.stderr.until("the model sorts your notes")
        await terminal.presses_ctrl_c()

    terminal.room.models.script(hangs, None, hangs)
    terminal.types("Loose words.\n\nMore of them.", END, "n", "sort", "")
    terminal.session().start("short-one")
    assert (
        "The sorting was stopped. In the menu, sort goes on with it.\n2 notes stored, 0 under a section."
        in terminal.stdout.getvalue()
    )
    assert (
        "The sorting was stopped. What had been sorted stays so, and every note is stored."
        in terminal.stdout.getvalue()
    )
    assert "Loose words." in terminal.stdout.getvalue()


def test_a_permanent_model_error_is_reported_once_and_ends_follow_ups(terminal: Terminal) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.room.models.script(KeyRefused.invalid())
    seen = terminal.resume_and_type(essay, "It was loud.", "4,000 euros.", "n")
    assert seen.count("The service refused the API key") == 1
    assert "Your answers are stored; the structure's own question comes next." in seen
    assert "From here on only the structure's own questions are put." in seen
    assert "try again" not in seen
    assert len(terminal.room.models.asked) == 1
    assert "cost" not in terminal.stderr.getvalue()


def test_after_a_temporary_model_error_the_next_answer_gets_a_follow_up_again(terminal: Terminal) -> None:
    essay = terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))
    terminal.room.models.script(Overloaded(), "Who paid that?", None, None)
    seen = terminal.resume_and_type(essay, "It was loud.", "4,000 euros.", "Anna.", "n")
    assert "overloaded" in seen
    assert "Who paid that?" in seen


def test_without_a_critique_there_is_nothing_to_apply_and_a_critique_without_findings_says_so(
    terminal: Terminal,
) -> None:
    essay = terminal.essay(LONGER)
    terminal.room.models.worst = 1
    terminal.room.models.script(opinion(fix_first="", fixes=None))
    seen = terminal.resume_and_type(essay, "apply 1", "findings", "critique", "", "findings", "apply 1")
    before, _, after = seen.partition("It may cost")
    assert before.count("There is no critique of this post yet: ask for one first. Nothing was changed.") == 2
    assert after.count("The editor found nothing to object to.") == 2
    assert "There is no such finding in this critique" in after


def test_findings_are_applied_cut_answered_and_dismissed_and_a_second_critique_says_what_is_fixed(
    terminal: Terminal,
) -> None:
    essay = terminal.essay(LONGER)
    terminal.room.models.worst = 1
    told = RawFinding("Everyone I knew", Category.VAGUE, Severity.SERIOUS, "Nobody is seen.", None, "Who, for one?")
    cut = RawFinding("as I was by then", Category.NEEDLESS, Severity.MINOR, "It is known.", None, None, is_cut=True)
    lesser = [
        replace(cut, quotation=words) for words in ("I knew there", "was as tired", "tired of it all", "it all as I")
    ]
    many = [replace(told, quotation=words) for words in ("Everyone I", "knew there was", "tired of it")]
    terminal.room.models.script(
        opinion(told, *many, cut, *lesser), rewrites("Anna from the shop was so weary by May that she slept there.")
    )
    seen = terminal.resume_and_type(
        essay,
        "critique",
        "",
        "findings all",
        "apply 2",
        "apply 5",
        "reply 1 Anna from the shop.",
        "",
        "dismiss 2",
        "reply 9 x",
        "findings",
    )
    assert "answer its question or edit the words" in seen
    for decided in (
        "1. vague, serious, {}, answered",
        "2. vague, serious, {}, dismissed",
        "5. needless, minor, {}, applied",
    ):
        assert f"\n{decided.format('in What I gave up')}\n" in seen
    assert "Take out: as I was by then" in seen
    assert "2 lesser findings more: findings all shows them." in seen
    assert "\n9. needless, minor" in seen
    assert "Your answer is note" in seen
    assert "Finding 2 is dismissed." in seen
    assert "This finding asks nothing" in seen
    assert "Anna from the shop was so weary" in terminal.text(essay).text
    assert "by then" not in terminal.text(essay).text
    assert terminal.room.models.asked[-1].what == "fill"
    terminal.room.models.script(opinion(fix_first="", fixes=None))
    seen = terminal.resume_and_type(essay, "critique", "")
    assert "Since the last critique: 9 fixed, 0 new." in seen


def test_a_picture_added_by_a_model_is_removed_and_its_address_listed_as_unsupported(
    terminal: Terminal,
) -> None:
    essay = terminal.essay(FIRST)
    picture = "![what it looked like](https://evil.example/p.png?q=pay)"
    terminal.room.models.script(says(DRAFT.replace("99 people", f"{picture}, see https://evil.example/y")))
    seen = terminal.resume_and_type(essay, "draft", "")
    assert terminal.text(essay).text == DRAFT.replace("99 people", "what it looked like, see https://evil.example/y")
    assert "address: evil.example/y" in seen
    terminal.room.models.script(rewrites(f"{picture} and silence."))
    terminal.resume_and_type(essay, "revise 1 shorter", "")
    assert terminal.text(essay).text.startswith("## What I missed\n\nwhat it looked like and silence.\n")


def test_a_comment_in_a_revised_section_is_kept_and_sent_to_no_model(terminal: Terminal) -> None:
    essay = terminal.essay(
        "## What I missed\n\nThe noise. <!-- ask Kim -->\n\nAnd light.\n\n## What I gave up\n\nPay.\n"
    )
    terminal.room.models.script(rewrites("Noise and light."))
    terminal.resume_and_type(essay, "revise 1 shorter", "")
    assert terminal.text(essay).text == (
        "## What I missed\n\nNoise and light.\n\n<!-- ask Kim -->\n\n## What I gave up\n\nPay.\n"
    )


def test_what_a_model_says_beside_the_text_is_shown_after_its_work_and_with_the_overview(terminal: Terminal) -> None:
    essay = terminal.essay(FIRST)
    terminal.room.models.script(says(f"[bold]Mind the gap.[/bold]\n\n{DRAFT}"))
    seen = terminal.resume_and_type(essay, "draft", "")
    assert "Beside the text the model says: [bold]Mind the gap.[/bold]" in seen
    assert "Mind the gap" not in terminal.text(essay).text
