"""One writer's story as a model takes part in it: the real forms of every reply, made from the request alone."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.critique_replies import critique_tags, finding_tags
from tests.simulators.claude import Reply, Request

STRUCTURE = "layoff"
LINES = """They called at nine on 4 March.
HR was already in the room.
The flat in Leith was bought on that salary.
I sent 40 letters and got 3 replies.
Kim from the shop rang every Friday."""
UNASKED = "My badge stopped working before I reached the stairs."
ANSWER = "My manager read it from a sheet and I signed. I had thought the job was safe. If it is you, sign nothing."
TITLE = "40 letters and got 3 replies"
EXCHANGED, ANSWERED = "Who was in the room at nine?", "What did you sign, and what was said before it?"
GAP = "What did the flat cost a month?"
OPEN = {GAP: "It cost 900 a month.", "Who replied first?": "A printer in Fife.", "What did Kim say?": "Come and eat."}
REPLACED, REPLACEMENT = "It was a lifeline in a stormy sea.", "I waited for that call."
CUT = "It was what it was."
FEELING, WRONG, RIGHT = "relieved", "got 5 replies", "got 3 replies"

_PLACES = {
    "call": ("They called", "HR was", "My badge"),
    "built-on-it": ("The flat",),
    "weeks-after": ("I sent",),
    "helped": ("Kim from",),
}
_DRAFT = {
    "call": "They called at nine on 4 March. HR was already in the room, and I was relieved. My manager read it from a "
    "sheet and I signed.\n\nMy badge stopped working before I reached the stairs.",
    "built-on-it": f"The flat in Leith was bought on that salary. [NEED: {GAP}]",
    "weeks-after": f"I sent 40 letters and {WRONG}. {CUT}",
    "misjudged": "I had thought the job was safe.",
    "helped": f"Kim from the shop rang every Friday. {REPLACED}",
    "if-today": "If it is you, sign nothing.",
}
_BLOCK = r'<{name} id="\w+"{more}[^>]*>\n(.*?)\n</{name}'


class StoryModel:
    """Answers each request by what it asks for; ``asked`` are the tasks, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._questions = [("call", EXCHANGED), ("call", ANSWERED)]

    def __call__(self, request: Request) -> Reply:
        text, wanted = request.last_user_text, (request.schema or {}).get("properties", {})
        if "placements" in wanted:
            return self._data("place", placements=_placements(text))
        if "question" in wanted:
            section, question = self._questions.pop(0) if self._questions else ("", None)
            states = [{"section": key, "state": "thin" if question else "enough"} for key in _DRAFT]
            return self._data("ask", sections=states, section=section, question=question)
        if "titles" in wanted:
            return self._data("titles", titles=[{"title": TITLE, "words": TITLE}])
        if "unsupported" in wanted:
            return self._data("check", **_check(text))
        if "<finding " in text:
            self.asked.append("critique")
            return Reply(_critique())
        if "<rewrite>" in text:
            self.asked.append("fill")
            return Reply(f"<rewrite>\n{_filled(text)}\n</rewrite>")
        self.asked.append("draft")
        sections = "\n".join(f'<section key="{key}">\n{body}\n</section>' for key, body in _DRAFT.items())
        beside = zip(("weeks-after", "helped"), list(OPEN)[1:], strict=True)
        return Reply(sections + "".join(f'\n<question section="{key}">{one}</question>' for key, one in beside))

    def _data(self, task: str, **reply: Any) -> Reply:
        self.asked.append(task)
        return Reply(json.dumps(reply))


def _placements(text: str) -> list[dict[str, Any]]:
    notes = re.findall(_BLOCK.format(name="note", more=r'[^>]*number="(\d+)"'), text, re.DOTALL)
    return [
        {"note": int(number), "section": key}
        for number, note in notes
        for key, beginnings in _PLACES.items()
        if note.startswith(beginnings)
    ]


def _check(text: str) -> dict[str, Any]:
    post = re.search(_BLOCK.format(name="post", more=""), text, re.DOTALL)
    assert post is not None
    found: dict[str, Any] = {"sentences": [], "unsupported": [], "mended": []}
    for number, sentence in re.findall(r"^(\d+)[.:]? (.*)$", post[1], re.MULTILINE):
        found["sentences"].append({"sentence": int(number), "notes": [1]})
        for words, kind, mended in (
            (FEELING, "feeling", None),
            (WRONG, "number", sentence.replace(WRONG, RIGHT)),
        ):
            if words in sentence:
                told = {"words": words, "kind": kind, "reason": "No note says so.", "nearest_note": 4}
                found["unsupported"].append({"sentence": int(number), **told})
                if mended:
                    found["mended"].append({"sentence": int(number), "text": mended})
    return found


def _critique() -> str:
    cliche = finding_tags(REPLACED, "cliché", "serious", "A reader has read it.", replacement=REPLACEMENT)
    empty = finding_tags(CUT, "needless", "minor", "It says nothing.", cut=True)
    return critique_tags([cliche, empty], fix_first="Say it plainly.", fixes=1, earlier_that_hold="")


def _filled(text: str) -> str:
    """The passage with the new note in the place of its gap, or behind it."""
    new = re.search(r"Note (\d+) is new", text)
    assert new is not None
    passage = re.search(_BLOCK.format(name="passage", more=""), text[new.start() :], re.DOTALL)
    assert passage is not None
    note = re.search(_BLOCK.format(name="note", more=rf'[^>]*number="{new[1]}"'), text, re.DOTALL)
    assert note is not None
    body, gaps = re.subn(r"\[NEED: [^\]]*\]", note[1], passage[1])
    return body if gaps else f"{body} {note[1]}"


def expected_post(text: str) -> None:
    """Every step of the story has left its mark on the text, and nothing else has."""
    assert f"salary. {OPEN[GAP]}\n" in text
    assert "[NEED" not in text
    assert f"I sent 40 letters and {RIGHT}." in text
    assert "I was relieved." in text
    assert UNASKED in text
    assert REPLACEMENT in text
    for answer in OPEN.values():
        assert text.count(answer) == 1
    for gone in (REPLACED, CUT, WRONG):
        assert gone not in text
    assert text.count("\n## ") + text.startswith("## ") == len(_DRAFT)
