"""A bot in a process of its own between a loopback Discord and a loopback model, and what its people read."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.event_loop_probe import Sample, install, samples
from benchmarks.measures import text_of
from bot.essay.export import read_export
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request, Thinking
from tests.simulators.discord import Attachment, DiscordSimulator, Message, Moment, Settings, User, process
from tests.simulators.discord.check_component_tree import walk
from tests.simulators.discord.json_types import Json

ROOT = Path(__file__).parent.parent
LATENCY_SECONDS = 0.08
CHARACTERS_A_SECOND = 600.0
CHECK_THINKING_SECONDS = 2.0
PATIENCE = 180.0
LOG_LINES = 60  # of the bot's log, shown where a step never comes to its end
_WHO = re.compile(r"writer number (\d+)")
# Every kind of mark that must not be seen half-open, twice over a page.
_MARKED = (
    "What the note on the door said was **the plan is the plan**, and *nobody* laughed. “I counted **three** of us who "
    "believed it,” she said, and wrote `deploy --all` on the board.\n\n"
    "```\nfirst the export, then the rest\nno change after four\n```\n\n"
    "***Nothing*** of it was kept; ~~the plan~~ became a list, and “the list” became **my first real job**.\n\n"
)


@dataclass(eq=False)
class Stage:
    """What a benchmark acts on.

    ``pid`` is the bot's process. ``answers`` gives the model's reply by the writer's number, ``asked_at`` when the
    model was last asked for it, in seconds since 1970.
    """

    sim: DiscordSimulator
    claude: ClaudeSimulator
    probe: Path
    pid: int
    answers: dict[int, Answer]
    asked_at: dict[int, float]

    def samples(self, start: float, end: float) -> list[Sample]:
        """What the probe in the bot found between two times."""
        return samples(self.probe, start, end)

    def drafts(self) -> dict[int, Request]:
        """The last request for a draft, by the writer's number."""
        return {who: one for one in self.claude.requests if one.schema is None and (who := number_in(one)) is not None}


def number_in(request: Request) -> int | None:
    """Whose notes a request holds."""
    found = _WHO.search(request.last_user_text)
    return int(found[1]) if found else None


@asynccontextmanager
async def stage(*, at_once: int, with_model: bool = True) -> AsyncIterator[Stage]:
    """A bot that may do ``at_once`` jobs at once, connected. Where a step fails, the end of its log is shown."""
    answers: dict[int, Answer] = {}
    asked_at: dict[int, float] = {}

    def respond(request: Request) -> Answer:
        if request.schema is not None:
            return check_reply(request) if is_check(request) else Reply('{"question": null, "placements": []}')
        who = number_in(request) or 0
        asked_at[who] = time.time()
        return answers[who]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = folder / "place"
        place.mkdir()
        settings = Settings(latency=LATENCY_SECONDS)
        async with ClaudeSimulator(responder=respond) as claude, DiscordSimulator(settings) as sim:
            sim.environment(place)
            customised = (place / "sitecustomize.py").read_text(encoding="utf-8")
            more = {
                "DISCORD_TOKEN": sim.token,
                "ACCESS": "open",
                "DATABASE_PATH": str(folder / "essays.db"),
                **(_model(claude) if with_model else {"ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": ""}),
                "JOBS_AT_ONCE": str(at_once),
                "PYTHONDONTWRITEBYTECODE": "",  # modules are compiled once, as an installation does
                "BUDGET_WRITER_DAY": "1000000",
                "BUDGET_MONTH": "1000000",
                "PYTHONPATH": f"{folder / 'probing'}:{ROOT}",
                **_probing(folder, customised),
            }
            command = ("/bin/sh", "-c", f'exec "$0" -m bot run 2>{folder / "log"}', sys.executable)
            try:
                async with process(sim, command, place, more, cwd=folder) as started:
                    yield Stage(sim, claude, folder / "lateness", started.pid, answers, asked_at)
            except BaseException:
                log = (folder / "log").read_text(encoding="utf-8").splitlines()
                print(*log[-LOG_LINES:], sep="\n", file=sys.stderr)
                raise


def is_check(request: Request) -> bool:
    """Whether a request asks for a check of a post against its notes."""
    return request.schema is not None and "unsupported" in request.schema["properties"]


def check_reply(request: Request) -> Reply:
    """A check that finds every sentence of the post in the first note."""
    text = request.body["messages"][-1]["content"][-1]["text"]
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    found = [{"sentence": number, "notes": [1]} for number in numbers]
    return Reply(
        json.dumps({"sentences": found, "unsupported": [], "mended": []}),
        thinking=Thinking(seconds=CHECK_THINKING_SECONDS),
        characters_per_second=CHARACTERS_A_SECOND,
    )


def _model(claude: ClaudeSimulator) -> dict[str, str]:
    return {
        "ANTHROPIC_API_KEY": claude.key or "",
        "ANTHROPIC_BASE_URL": claude.base_url,
        "LLM_DIALECT": "claude",
    }


def _probing(folder: Path, customised: str) -> dict[str, str]:
    """A second sitecustomize.py, which is the simulator's and the probe: Python loads only the first that it finds."""
    place = folder / "probing"
    place.mkdir()
    (place / "sitecustomize.py").write_text(customised, encoding="utf-8")
    return install(place, folder / "lateness")


def draft_of(characters: int, number: int = 0) -> str:
    """A post of about so many characters under a structure's headings, with every kind of mark in it."""
    prose = text_of(characters // 4).split("\n\n")[number % 5 :]
    prose = [block for block in prose if not block.lstrip().startswith("#")]
    blocks = [f"{_MARKED if place % 4 == 1 else ''}{block}" for place, block in enumerate(prose)]
    text = ""
    for block in blocks:
        if len(text) + len(block) > characters:
            break
        text += f"{block.strip()}\n\n"
    half = text.find("\n\n", len(text) // 2) + 2
    return f"## What I missed\n\n{text[:half]}## What I gave up and what I gained\n\n{text[half:].strip()}\n"


def notes_of(number: int) -> Attachment:
    """A writer's notes, by which the model knows them; the post's words are among them."""
    body = draft_of(3_000, number)
    return Attachment("notes.md", f"I am writer number {number} of this run.\n\n{body}".encode())


async def until(
    user: User, look: Callable[[], object], what: str, seconds: float = PATIENCE, *, panel: Message | None = None
) -> None:
    """Waits until this is so, looking after each change that the person sees.

    Raises AssertionError, with ``what`` and what stands on the panel.
    """

    def otherwise() -> str:
        return f"{user.name}: {what}" + (f"; the panel shows {panel.text!r}" if panel is not None else "")

    timeline = user._sim.timeline  # User.sees reads every message of everybody, which 400 cannot afford
    await timeline.until(lambda: bool(look()), seconds, otherwise, watching=user.name)


async def with_notes(user: User, number: int) -> Message:
    """The panel of an essay that holds notes and no text yet."""
    panel = await (await user.slash(user.dm, "draft", notes=notes_of(number))).message(PATIENCE)
    await until(user, lambda: "stored." in panel.text, "the notes are not stored", panel=panel)
    return panel


def page_shown(payload: Json) -> str:
    """The page of the text on a panel: what stands above its first rule; "" where none is shown."""
    parts = walk(payload["components"])
    rules = [place for place, part in enumerate(parts) if part["type"] == 14]
    return str(parts[rules[0] - 1].get("content", "")) if rules and rules[0] else ""


def states(stage: Stage, panel: Message, since: float) -> list[Moment]:
    """The states of a panel that show text, from a time on."""
    return [one for one in stage.sim.timeline.states(panel.id) if one.at >= since and page_shown(one.payload or {})]


async def pages_read(user: User, panel: Message) -> list[str]:
    """Every page of the text, by a person who turns them from the first on."""
    await until(user, lambda: "Export" in panel.buttons, "there is no text to be read")
    if "First page" in panel.buttons:  # the panel stays where the draft was followed to its end
        at_the_end = panel.edited
        await user.click(panel, "First page")
        await until(user, lambda: panel.edited != at_the_end, "the page does not turn")
    read = [page_shown(panel.payload())]
    while "▶" in panel.buttons:
        before = panel.edited
        await user.click(panel, "▶")
        await until(user, lambda before=before: panel.edited != before, "the page does not turn")  # type: ignore[misc]  # a default that only holds the loop's value
        read.append(page_shown(panel.payload()))
    return read


async def all_pages(user: User, panel: Message) -> str:
    """What a person has read who turned every page of the panel, white space apart."""
    return "".join("".join(await pages_read(user, panel)).split())


async def stored(user: User, panel: Message) -> str:
    """The text as it is handed over, white space apart."""
    act = await user.click(panel, "Export")
    as_it_is = "Export as it is"  # asked for while the text is not checked
    await until(user, lambda: as_it_is in panel.buttons or any(one.files for one in act.messages), "no export")
    if as_it_is in panel.buttons:
        act = await user.click(panel, as_it_is)
    handed = await act.followup(timeout=PATIENCE)
    (data,) = handed.files.values()
    return "".join(read_export(data.decode())[1].split())
