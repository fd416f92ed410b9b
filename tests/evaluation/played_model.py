"""Scripted models for a played writer: each request is answered by its form alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from bot.bootstrap import load_structures
from tests.simulators.claude import Answer, Reply, Request

STRUCTURES = load_structures()
STRUCTURE = STRUCTURES["layoff"]
FACTS = (
    ("call", "They rang at nine on 4 March."),
    ("call", "The woman from head office read from a sheet."),
    ("built-on-it", "The flat in Leith cost 900 a month."),
    ("weeks-after", "I sent forty letters and three were answered."),
    ("misjudged", "I laughed when the printers left the building."),
    ("helped", "Kim from the shop brought soup every Friday."),
)
INTERVIEW: dict[str, Any] = {
    "structure": STRUCTURE.key,
    "language": "en-GB",
    "manner": "dry, short",
    "beginning": "I was laid off in spring.\nI want to say how it went.",
    "facts": [{"section": section, "fact": fact} for section, fact in FACTS],
}
SENTENCE, INVENTED, MENDED = "I was laid off in spring.", "I was relieved.", "I went home."
DRAFT = f"{SENTENCE} {INVENTED} [NEED: Who rang?]"
PLAYABLE = [
    text for section in STRUCTURE.sections for text in section.questions if text not in section.private_questions
]

Told = tuple[str, list[dict[str, Any]]]
Player = Callable[[list[int]], Told]


def tells(number: int) -> Player:
    """A writer-player that tells so many facts each time, in order."""

    def play(told: list[int]) -> Told:
        numbers = [fact for fact in range(1, len(FACTS) + 1) if fact not in told][:number]
        return " ".join(FACTS[fact - 1][1] for fact in numbers) or "Don't remember.", [
            {"fact": fact, "words": FACTS[fact - 1][1].rstrip(".").lower()} for fact in numbers
        ]

    return play


def lies(_told: list[int]) -> Told:
    """A writer-player that claims facts that it does not tell, that there are none of, or by words of no one fact."""
    return "The flat in Leith cost a lot. I was laid off.", [
        {"fact": 4, "words": "forty letters"},
        {"fact": 3, "words": "brought soup"},
        {"fact": 99, "words": "in Leith"},
        {"fact": 3, "words": "the"},
        {"fact": 1, "words": "I was laid off"},
    ]


class PlayedModel:
    """All models of a played essay. ``asked`` are the requests by what they want, in order."""

    def __init__(self, player: Player, *, questions: int = 3, marks: str = "invented", repeats: bool = False) -> None:
        self.asked: list[str] = []
        self._player, self._left, self._marks, self._repeats = player, questions, marks, repeats
        self._questions: Iterator[str] = iter(PLAYABLE)

    def __call__(self, request: Request) -> Answer:
        text, wanted = request.last_user_text, (request.schema or {}).get("properties", {})
        if "answer" in wanted:
            told = re.search(r"by number: ([\d, ]+)", text)
            answer, claimed = self._player([int(number) for number in told[1].split(",")] if told else [])
            return self._data("play", answer=answer, told=claimed)
        if "placements" in wanted:
            return self._data("place", placements=[{"note": 1, "section": "call"}])
        if "question" in wanted:
            return self._next_question()
        if "unsupported" in wanted:
            return self._data("check", **self._check(text))
        if "remarks" in wanted:
            return self._data("critique", remarks=[], strengths=[], sections=[], fix_first="")
        self.asked.append("draft")
        return Reply(f'<section key="call">\n{DRAFT}\n</section>\n<question section="helped">Who helped?</question>')

    def _next_question(self) -> Reply:
        asks = self._left > 0
        self._left -= 1
        question = (PLAYABLE[0] if self._repeats else next(self._questions)) if asks else None
        states = [{"section": section.key, "state": "thin" if asks else "enough"} for section in STRUCTURE.sections]
        return self._data("ask", sections=states, section="call", question=question)

    def _check(self, text: str) -> dict[str, Any]:
        found: dict[str, Any] = {"sentences": [], "unsupported": [], "mended": []}
        for number, sentence in re.findall(r"^(\d+)\. (.*)$", text, re.MULTILINE):
            found["sentences"].append({"sentence": int(number), "notes": [1]})
            bare = re.sub(r"\[NEED:[^\]]*\]", "", sentence).strip()
            if bare and (self._marks == "all" or (self._marks == "invented" and INVENTED in sentence)):
                about = {"words": bare, "kind": "event", "reason": "No note says so.", "nearest_note": None}
                found["unsupported"].append({"sentence": int(number), **about})
                if self._marks == "invented":
                    found["mended"].append({"sentence": int(number), "text": sentence.replace(INVENTED, MENDED)})
        return found

    def _data(self, task: str, **reply: Any) -> Reply:
        self.asked.append(task)
        return Reply(json.dumps(reply))
