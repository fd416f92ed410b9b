"""Notes that no prompt was written for, through the whole stack: very long ones, and ones in another language."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.llm.prompts import read_prompts
from bot.services.jobs.job import JobState
from bot.services.note_placement import MAX_NOTES_PER_CALL
from bot.structure_files import prompts_directory
from tests.failures.faults import Conditions
from tests.failures.full_stack import STRUCTURE, Stack, stack
from tests.simulators.claude import Reply

NOTHING_PLACED = Reply('{"placements": []}')


@pytest.fixture
async def simulated_stack() -> AsyncIterator[Stack]:
    async with stack(Conditions()) as made:
        yield made


def draft_of(first: str, second: str) -> str:
    """A draft of the two sections."""
    bodies = zip(STRUCTURE.sections, (first, second), strict=True)
    return "\n".join(f"## {section.heading}\n\n{body}\n" for section, body in bodies)


def long_page(characters: int, paragraph: int) -> list[str]:
    """Paragraphs of about so many characters, all different, which come to so many in all."""
    sentence = "On the {n}th morning the press stood still and nobody could say since when. "
    many, size, number = list[str](), 0, 0
    while size < characters:
        text = ""
        while len(text) < min(paragraph, characters - size):
            number += 1
            text += sentence.format(n=number)
        many.append(text.strip())
        size += len(text)
    return many


@pytest.mark.parametrize("paragraph", [40_000, 200])
async def test_notes_of_forty_thousand_characters_reach_the_model_whole(simulated_stack: Stack, paragraph: int) -> None:
    paragraphs = long_page(40_000, paragraph)
    essay = (await simulated_stack.desk.create_essay("me", STRUCTURE)).id
    batches = -(-len(paragraphs) // MAX_NOTES_PER_CALL)
    text = draft_of("The press stood still.", "Nobody could say since when.")
    simulated_stack.will_answer("me", *[NOTHING_PLACED] * batches, Reply(text))
    handed = await simulated_stack.interview.add_notes("me", essay, "\n\n".join(paragraphs))
    assert handed.notice is None
    assert [note.text for note in handed.notes] == paragraphs
    job = await simulated_stack.jobs.wait("me", (await simulated_stack.writing.start_draft("me", essay)).id)
    assert (job.state, job.error) == (JobState.DONE, None)
    sorted_from = "".join(request.last_user_text for request in simulated_stack.asked[:-1])
    for paragraph_ in paragraphs:
        assert paragraph_ in sorted_from
        assert paragraph_ in simulated_stack.asked[-1].last_user_text
    assert [note.text for note in await simulated_stack.desk.notes("me", essay)] == paragraphs


LANGUAGES = {
    "German": ("Am 12. Mai 2019 stand die Presse still.", "Anna sagte: „Das wird nichts mehr.“"),
    "French": ("Le 12 mai 2019, la presse s’est arrêtée.", "Anna m’a dit : « Ça ne sert plus à rien. »"),
    "Russian": ("12 мая 2019 года пресс остановился.", "Анна сказала: «Больше ничего не выйдет»."),
    "Japanese": ("2019年5月12日、プレス機が止まった。", "アンナは「もうだめだ」と言った。"),
    "Arabic": ("في 12 مايو 2019 توقفت الآلة.", "قالت آنا: «لا فائدة بعد الآن»."),
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_draft_and_a_revision_in_the_language_of_the_notes_are_stored_unchanged(
    simulated_stack: Stack, language: str
) -> None:
    notes = LANGUAGES[language]
    essay = (await simulated_stack.desk.create_essay("me", STRUCTURE)).id
    simulated_stack.will_answer("me", NOTHING_PLACED, Reply(draft_of(*notes)), Reply(f"<rewrite>{notes[1]}</rewrite>"))
    await simulated_stack.interview.add_notes("me", essay, "\n\n".join(notes))
    await simulated_stack.jobs.wait("me", (await simulated_stack.writing.start_draft("me", essay)).id)
    version = await simulated_stack.desk.current_version("me", essay)
    assert (version.text, version.info.is_complete) == (draft_of(*notes), True)
    assert await simulated_stack.writing.unsupported_claims("me", essay, version) == ()
    assert all(note in simulated_stack.asked[-1].last_user_text for note in notes)
    job = await simulated_stack.writing.start_revision("me", essay, version, 0, "Kürzer. Plus court. Короче.")
    assert (await simulated_stack.jobs.wait("me", job.id)).state is JobState.DONE
    assert (await simulated_stack.desk.current_version("me", essay)).text == draft_of(notes[1], notes[1])


def test_every_prompt_names_the_language_to_write_in() -> None:
    for prompt in read_prompts(prompts_directory()).values():
        assert "Write in the language of the material" in prompt.preface
