"""Replies for trials by hand, made from the request alone: no test should lean on their wording.

A request with a JSON schema (in `output_config.format`, or for the basic dialect written out in the prompt) gets JSON
of that shape whose quotations stand in the user's text. One for a critique gets two findings between its tags, a short
one that speaks of questions a question, and one for a rewrite a sentence of the writer's between its tags. Any other
gets the writer's own sentences, as they stand in the request's tagged blocks, set into the sections that it asks for,
with a gap where there is nothing to set: nothing in it is invented.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from tests.simulators.claude.recorded_requests import Request
from tests.simulators.claude.replies import Reply, Thinking
from tests.simulators.claude.schema_rules import resolve

_QUESTION_LIMIT = 4096
"""Interview turns ask for fewer output tokens than this, drafts for more."""

_BLOCK = re.compile(r'<(?P<name>\w+) id="(?P<id>\w+)"[^>]*>\n(?P<inside>.*?)\n</(?P=name) id="(?P=id)">', re.DOTALL)
_WRITTEN = {"note", "post"}

_WORDS_OF_A_SENTENCE = 4
"""Fewer words are a label or a name, not a sentence worth quoting."""


def canned(request: Request) -> Reply:
    """A sensible answer to any request of the bot's."""
    if (schema := request.schema or _schema_in(request)) is not None:
        if "unsupported" in schema.get("properties", {}):
            return Reply(
                json.dumps(_check(_material(request.last_user_text))), thinking=Thinking(tokens=600, seconds=0.3)
            )
        answer = _instance(schema, schema, "", cycle(_sentences(_material(request.last_user_text))))
        return Reply(json.dumps(answer, ensure_ascii=False, indent=2), thinking=Thinking(tokens=600, seconds=0.3))
    if (
        "question" in f"{request.system} {request.last_user_text}".lower()
        and request.body["max_tokens"] <= _QUESTION_LIMIT
    ):
        last = _sentences(_material(request.last_user_text))[-1]
        return Reply(f"You wrote: “{last}” What did you believe just before that, which you no longer believe?")
    asked = _BLOCK.sub("", request.last_user_text)
    sentences = _sentences(_material(request.last_user_text))
    if "<finding " in asked:
        return Reply(_critique(request.last_user_text), thinking=Thinking(tokens=600, seconds=0.3))
    if "<rewrite>" in asked:
        return Reply(f"<rewrite>\n{sentences[0]}\n</rewrite>", thinking=Thinking(tokens=800, seconds=0.3))
    wanted = re.findall(r"^- ([\w-]+)$", asked, re.MULTILINE)
    draft = _draft(sentences, wanted or re.findall(r'^Section ([\w-]+), "', asked, re.MULTILINE) or ["missed"])
    return Reply(draft, thinking=Thinking(tokens=1500, seconds=0.5))


def _check(material: str) -> dict[str, Any]:
    """A check by which every numbered sentence rests on the first note."""
    numbers = map(int, re.findall(r"^(\d+)\. ", material, re.MULTILINE))
    return {"sentences": [{"sentence": n, "notes": [1]} for n in numbers], "unsupported": [], "mended": []}


def _critique(text: str) -> str:
    """Two findings that quote the post, with a question each."""
    posts = [match["inside"] for match in _BLOCK.finditer(text) if match["name"] == "post"]
    keys = re.findall(r'^Section ([\w-]+), "', _BLOCK.sub("", text), re.MULTILINE)
    quoted = cycle(_sentences("\n".join(posts)))
    findings = [
        f'<finding category="vague" severity="serious">\n<quotation>{next(quoted)}</quotation>\n'
        "<effect>The simulator's own words: say plainly what happened, and to whom.</effect>\n"
        "<question>What did this cost you that the text does not say?</question>\n</finding>"
        for _ in range(2)
    ]
    return "\n".join(
        (
            *findings,
            f"<strength><quotation>{next(quoted)}</quotation><why>The simulator's own words.</why></strength>",
            *(f'<section key="{key}" covered="thin"></section>' for key in keys),
            '<fix_first finding="1">The simulator\'s own words: begin here.</fix_first>',
        )
    )


def _material(text: str) -> str:
    """What stands in the blocks of notes and posts, or all of the text where there are none."""
    return "\n".join(match["inside"] for match in _BLOCK.finditer(text) if match["name"] in _WRITTEN) or text


def _draft(sentences: list[str], keys: list[str]) -> str:
    share = max(1, -(-len(sentences) // len(keys)))
    bodies = [" ".join(sentences[number * share : (number + 1) * share]) for number in range(len(keys))]
    return "\n\n".join(
        f'<section key="{key}">\n{body or "[NEED: What was it?]"}\n</section>'
        for key, body in zip(keys, bodies, strict=True)
    )


def _sentences(text: str) -> list[str]:
    """Sentences as they stand in the text, tags and headings left out; at least one."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*(<|#|[{}\[\]\"])", line)]
    found = [part.strip() for line in lines for part in re.split(r"(?<=[.!?])\s+", line)]
    return [part for part in found if len(part.split()) >= _WORDS_OF_A_SENTENCE] or [text.strip() or "Nothing yet."]


def _schema_in(request: Request) -> dict[str, Any] | None:
    text = f"{request.system}\n{request.last_user_text}"
    decoder = json.JSONDecoder()
    for start in re.finditer(r"\{", text):
        try:
            value, _ = decoder.raw_decode(text, start.start())
        except ValueError:
            continue
        if isinstance(value, dict) and "properties" in value:
            return value
    return None


def _instance(schema: dict[str, Any], root: dict[str, Any], name: str, sentences: Iterator[str]) -> Any:
    if "$ref" in schema:
        return _instance(resolve(root, schema["$ref"]) or {}, root, name, sentences)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    for keyword in ("anyOf", "allOf"):
        if keyword in schema:
            return _instance(schema[keyword][0], root, name, sentences)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {key: _instance(part, root, key, sentences) for key, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [_instance(schema["items"], root, name, sentences) for _ in range(2)]
    if kind == "string":
        return _string(name, sentences)
    return {"integer": 3, "number": 0.5, "boolean": True}.get(str(kind))


def _string(name: str, sentences: Iterator[str]) -> str:
    if "quot" in name or "evidence" in name or "text" in name:
        return next(sentences)
    if "question" in name:
        return "What did this cost you that the text does not say?"
    return f"The simulator's own words for {name or 'this'}: say plainly what happened, and to whom."
