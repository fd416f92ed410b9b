"""The bot of a module, the people who try its doors, and what must hold after each try."""

from __future__ import annotations

import asyncio
import cProfile
import inspect
import json
import logging
import os
import sqlite3
import threading
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import pytest
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.discord_ui.errors import INTERNAL_ERROR_MESSAGE
from bot.discord_ui.interactions.responses import server_id
from bot.essay.critique import Category, Severity
from bot.services import llm_ports
from bot.services.jobs.job import Job
from bot.services.llm_ports import Models, NextQuestion, ProgressCallback, RawCheck, RawFinding, RawTitle, TextChunk
from bot.services.sharing import SharedText
from tests.discord_ui.conftest import Bot, started
from tests.discord_ui.dm_steps import quick
from tests.fuzz.hostile import values
from tests.services.fakes import COST, MODEL, FakeModels, opinion
from tests.simulators.discord import Act, DiscordSimulator, Guild, Interaction, Message, Settings, User

T = TypeVar("T")

MAX_STEP_CALLS = 60_000
"""How many functions one step of the event loop may call; the simulator's steps in the same loop count too."""
_SETTLED = 20.0  # seconds that a test waits for jobs and DMs before it fails

WORDS = "The lift at Mill Lane was loud. It cost me a year, 61,000 in pay, and nobody had asked whether I would stay."
CANARIES = ("Quillfeather", "Marrowgate", "Ostrander", "Velloway", "Thornbury")
"""Words of the bystander alone: in the title, the notes, the post, the critiqued text and the voice sample."""


def ports() -> dict[str, tuple[str, Any]]:
    """Every method of every port that asks a model: the port it is of, and the type that it returns."""
    found: dict[str, tuple[str, Any]] = {}
    for port, hint in get_type_hints(Models).items():
        for one in (hint, *getattr(hint, "__args__", ())):
            for name, method in vars(one).items() if isinstance(one, type) else ():
                if inspect.iscoroutinefunction(method):
                    found[name] = (port, get_type_hints(method, vars(llm_ports))["return"])
    return found


class AnyModels(FakeModels):
    """Models with every method of every port. ``draw`` gives an answer; without it each answers sensibly."""

    def __init__(self) -> None:
        super().__init__()
        self.draw: Callable[[st.SearchStrategy[Any]], Any] | None = None
        self.words: tuple[str, ...] = ("missed",)
        self.called: Counter[str] = Counter()
        self.drew = False
        for name, (_, returned) in ports().items():
            setattr(self, name, self._method(name, returned, getattr(type(self), name, None)))

    @property
    def ports(self) -> Models:
        return Models(self, self, self, self, self)

    def _method(self, name: str, returned: Any, sensible: Any) -> Callable[..., Awaitable[Any]]:
        async def ask(*given: Any, **named: Any) -> Any:
            self.called[name] += 1
            if self.draw is None:
                return await sensible(self, *given, **named)
            self.drew = True
            answer = self.draw(values(returned, self.words))
            for one in (*given, *named.values()):
                if callable(one) and name in _SHOWING:
                    one(TextChunk(str(getattr(answer, "text", "{"))))
            return answer

        return ask

    def _next(self, what: str, **given: Any) -> Any:
        if not self.answers:
            self.answers.append(_sensible(what, given))
        return super()._next(what, **given)


def _shows(method: Any) -> bool:
    return ProgressCallback in get_type_hints(method, vars(llm_ports)).values()


_SHOWING = {
    name
    for name, (port, _) in ports().items()
    for one in (get_type_hints(Models)[port], *getattr(get_type_hints(Models)[port], "__args__", ()))
    if isinstance(one, type) and hasattr(one, name) and _shows(getattr(one, name))
}


def _sensible(what: str, given: dict[str, Any]) -> Any:
    from tests.services.fakes import rewrites, says

    text = str(given.get("text") or "The lift was loud.")
    quoted = next((line for line in text.splitlines() if len(line.split()) > 2 and not line.startswith("#")), "loud")
    finding = RawFinding(quoted, Category.VAGUE, Severity.MINOR, "Whose?", None, "Whose was it?")
    answers: dict[str, Any] = {
        "draft": says('<section key="missed">\nThe lift was loud.\n</section>'),
        "finish": says('<section key="missed">\nThe lift was loud.\n</section>'),
        "revise": rewrites("The lift was loud."),
        "fill": rewrites("The lift was loud."),
        "critique": opinion(finding),
        "place": {},
        "next_question": NextQuestion("missed", "Who heard it?", {}),
        "titles": (RawTitle("The lift was loud", "lift was loud"),),
        "check": RawCheck((), (), MODEL, COST),
    }
    return answers[what]


@dataclass(eq=False)
class Person:
    """Somebody who tries doors. An owner has an essay with a post and a critique, and a panel of it.

    ``server`` is the one that they manage, None for those who use the bot in everybody's.
    """

    user: User
    writer: str
    panel: Message
    subjects: tuple[str, ...] = ()
    server: Guild | None = None


@dataclass(eq=False, repr=False)
class FuzzedBot:
    """A bot with a bystander, whose rows and words nobody may reach. ``asks`` is what the bot asks a model by."""

    sim: DiscordSimulator
    bot: Bot
    models: AnyModels
    guild: Guild
    runner: asyncio.Runner
    database: sqlite3.Connection
    log: LogWatch
    bystander: Person = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    _rows: dict[str, dict[int, tuple[Any, ...]]] = field(default_factory=dict)
    _people: int = 0

    def run(self, example: Coroutine[Any, Any, None]) -> None:
        """Run an example in the module's loop."""
        self.runner.run(example)

    def _repr_pretty_(self, printer: Any, _: bool) -> None:  # Hypothesis prints what a test was given
        printer.text("FuzzedBot()")

    # People.

    async def stranger(self) -> Person:
        """Return somebody who has nothing, and the panel of /help before them."""
        self._people += 1
        user = self.sim.user(f"person {self._people}")
        panel = await (await user.slash(self.guild, "help")).message()
        return Person(user, self.bot.writer(user), panel)

    async def owner(self, words: str = WORDS, title: str = "Out") -> Person:
        """Return somebody with an essay, its post and critique, a critique of a pasted text, and a voice sample."""
        person = await self.stranger()
        writer, services = person.writer, self.bot.client.dispatcher.services
        self.models.draw, draw = None, self.models.draw
        structure = next(iter(services.structures.values()))
        essay = await services.essays.create_essay(writer, structure, title)
        await services.essays.add_note_page(writer, essay.id, f"## {structure.sections[0].heading}\n\n{words}\n")
        version = await services.essays.assemble_post(writer, essay.id)
        critiqued, job = await services.critiques.start_essay_critique(writer, essay.id, version)
        await services.jobs.wait(writer, job.id)
        pasted, job = await services.critiques.start_text_critique(writer, f"{words} " * 9, None, title=title, own=True)
        await services.jobs.wait(writer, job.id)
        await services.voice.add(writer, words)
        person.panel = await (await person.user.slash(self.guild, "draft")).message()
        await self.settle()
        self.models.draw = draw
        person.subjects = (essay.id, critiqued.id, pasted.id)
        return person

    async def manager(self) -> Person:
        """Return somebody who manages a server of their own, with its panel of /settings before them."""
        person = await self.stranger()
        own = self.sim.guild(f"of {person.writer}", managers=(person.user,))
        person.panel, person.server = await (await person.user.slash(own, "settings")).message(), own
        return person

    async def share(self, person: Person) -> Message:
        """Share an owner's essay, and return the message with its text, in its thread."""
        shared = SharedText(person.subjects[0], 1, 1, "Out", None, WORDS)
        sharing = self.bot.client.dispatcher.services.sharing
        share = await sharing.share(person.writer, shared, self.guild.general.id)
        return self.sim.world.channels[share.thread or 0].messages[-1]

    async def reader(self) -> Person:
        """Return somebody who has the text of an owner's before them."""
        owner = await self.owner()
        text = await self.share(owner)
        person = await self.stranger()
        person.panel, person.subjects = text, (owner.subjects[0],) * 3
        return person

    async def add_bystander(self) -> None:
        """Let the bystander store what nobody else may reach."""
        before = self._all_rows()
        self.bystander = await self.owner(f"{', '.join(CANARIES[1:])} were loud on the lift that day.", CANARIES[0])
        after = self._all_rows()
        self._rows = {
            table: {key: row for key, row in rows.items() if before.get(table, {}).get(key) != row}
            for table, rows in after.items()
        }
        assert sum(map(len, self._rows.values())) > 8

    # Doors.

    async def open(
        self, door: str, person: Person, kind: int, data: dict[str, Any], *, source: Message | None = None
    ) -> Act:
        """Send an interaction, wait until it is answered, and check what must hold. ``door`` is what is counted."""
        place = (person.server or self.guild).general
        owners = source.owners if source is not None else self.sim.world.owners(person.user.account, place)
        await self.begin()
        opened = await self.sim.interactions.open(
            person.user.account, source.channel if source is not None else place, kind, data, owners, source=source
        )
        act = Act(self.sim, opened)
        await act.acknowledged()
        await self.bot.client.dispatcher.wait_until_idle()
        self.count(door, refused=bool({*self.log.outcomes} - {"done"}))
        self.check(door, person, opened, data)
        return act

    async def begin(self) -> None:
        """Forget what was seen before a try; what the test itself does, such as drawing, is no step of the bot's."""
        await asyncio.sleep(0)
        self.log.outcomes.clear()
        self.log.longest = 0

    def count(self, door: str, *, refused: bool = False) -> None:
        """Count a try at a door."""
        self.counts[door] += 1
        self.refusals[door] += refused

    async def settle(self) -> None:
        """Wait until no job runs and no panel is still to be changed."""
        dispatcher = self.bot.client.dispatcher
        async with asyncio.timeout(_SETTLED):
            while running := [one.job for one in self.bot.jobs._jobs.values()]:
                for job in running:
                    await self._wait(job)
                await asyncio.sleep(0)
            await dispatcher.wait_until_idle()
            await dispatcher.job_panels.wait_until_done(_SETTLED)

    async def _wait(self, job: Job) -> None:
        await self.bot.jobs.wait(job.writer, job.id)

    # What must hold.

    def check(self, door: str, person: Person, opened: Interaction | None = None, thrown: object = None) -> None:
        """Check that nobody met a bug, that the bystander's rows stand, and that no word of theirs was shown."""
        about = f"{door}: {thrown!r:.2000}"
        self.log.check(about)
        refused = [one for one in self.sim.refused if one.code not in (40060,)]
        assert refused == [], f"Discord refused what was sent: {refused[-1]}; {about}"
        shown = self.shown(person, opened)
        assert INTERNAL_ERROR_MESSAGE not in shown, about
        for word in CANARIES:
            assert word not in shown, f"{word} of the bystander was shown; {about}"
        assert self._bystander_rows() == self._rows, f"rows of the bystander were changed; {about}"
        query = "SELECT count(*) FROM server_rules WHERE server = ?"
        (rules,) = self.database.execute(query, [server_id(self.bot.secret, self.guild.id)]).fetchone()
        assert rules == 0, f"rules were set for a server that nobody manages; {about}"

    def shown(self, person: Person, opened: Interaction | None = None) -> str:
        """Return all that a person has been shown, in messages, files, forms and suggestions."""
        account = person.user.account
        messages = [*person.user.dm.messages, *(opened.messages if opened is not None else [])]
        if person.panel not in messages:
            messages.append(person.panel)
        seen = [one.text for one in messages if not one.deleted and one.author is self.sim.world.bot]
        seen += [data.decode("utf-8", "replace") for one in messages for data in one.files.values()]
        seen += [modal.text for modal in self.sim.world.modals[account.id]]
        seen += [json.dumps(opened.choices, ensure_ascii=False)] if opened is not None and opened.choices else []
        return "\n".join(seen)

    async def stored(self, person: Person) -> str:
        """Return every word that is stored of a person, as the export of their data reads it."""
        services = self.bot.client.dispatcher.services

        def read(tx: Any) -> list[Any]:
            essays = [None, *(essay.id for essay in tx.essays.of_writer(person.writer))]
            return [tx.people.rows(person.writer, essay) for essay in essays]

        return repr(await services.store.read(read))

    def _all_rows(self) -> dict[str, dict[int, tuple[Any, ...]]]:
        return {
            table: {row[0]: row for row in self.database.execute(f"SELECT rowid, * FROM {table}")}
            for table in self._tables()
        }

    def _tables(self) -> list[str]:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT NULL"
        return [name for (name,) in self.database.execute(query)]

    def _bystander_rows(self) -> dict[str, dict[int, tuple[Any, ...]]]:
        """The rows that were the bystander's, and any that has their ids in a column."""
        found: dict[str, dict[int, tuple[Any, ...]]] = {}
        ids = [self.bystander.writer, *self.bystander.subjects]
        marks = ", ".join("?" * len(ids))
        for table, rows in self._rows.items():
            columns = [row[1] for row in self.database.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
            keys = ", ".join(map(str, rows)) or "NULL"
            where = " OR ".join([f"rowid IN ({keys})", *(f'"{column}" IN ({marks})' for column in columns)])
            query = f"SELECT rowid, * FROM {table} WHERE {where}"
            found[table] = {row[0]: row for row in self.database.execute(query, ids * len(columns))}
        return found


class LogWatch(logging.Handler):
    """What the bot logs, and what its loop cannot tell anybody: bugs, and how each interaction ended."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.bugs: list[str] = []
        self.outcomes: list[str] = []
        self.parsed: list[str] = []
        self.longest = 0
        self._profile = cProfile.Profile(subcalls=False)

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.bugs.append(logging.Formatter().format(record))
        elif isinstance(record.args, tuple) and record.msg == "%s: %s, %.0f ms, %s":
            self.outcomes.append(str(record.args[1]))

    def on_loop(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what nobody awaits."""
        self.bugs.append(repr(context))

    def check(self, about: str) -> None:
        """Fail after a bug, or if the event loop was held."""
        bugs, self.bugs = self.bugs, []
        assert bugs == [], f"{about}\n" + "\n".join(bugs)
        parsed, self.parsed = self.parsed, []
        assert parsed == [], f"a text was parsed in the event loop; {about}\n" + "\n".join(parsed)
        longest, self.longest = self.longest, 0
        assert longest <= MAX_STEP_CALLS, f"one step of the event loop made {longest} calls; {about}"

    @contextmanager
    def counting_calls(self, models: AnyModels, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Count what each step of the event loop calls, but for one that draws an answer, and see what it parses."""
        run_step, parse, here = asyncio.Handle._run, MarkdownIt.parse, threading.get_ident()

        def counted(handle: asyncio.Handle) -> None:
            self._profile.clear()
            self._profile.enable()
            try:
                run_step(handle)
            finally:
                self._profile.disable()
            if not models.drew:
                self.longest = max(self.longest, sum(one.callcount for one in self._profile.getstats()))
            models.drew = False

        def watched(parser: MarkdownIt, text: str, env: Any = None) -> Any:
            if threading.get_ident() == here:
                self.parsed.append("".join(traceback.format_stack(limit=12)))
            return parse(parser, text, env)

        patch.setattr(asyncio.Handle, "_run", counted)
        patch.setattr(MarkdownIt, "parse", watched)
        yield


@contextmanager
def fuzzed_bot(folder: Path) -> Iterator[FuzzedBot]:
    """Start a bot on a simulator, with a bystander; all of it lives in a loop of its own until this ends."""
    log, root = LogWatch(), logging.getLogger("bot")
    level = root.level
    root.setLevel(logging.INFO)
    root.addHandler(log)
    models = AnyModels()
    try:
        with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
            stack = _Stack(folder, models, patch)
            sim, bot = runner.run(stack.start())
            runner.get_loop().set_exception_handler(log.on_loop)
            with closing(sqlite3.connect(folder / "essays.db", isolation_level=None)) as database:
                made = FuzzedBot(sim, bot, models, sim.guild("Writers"), runner, database, log)
                runner.run(made.add_bystander())
                with log.counting_calls(models, patch):
                    yield made
                runner.run(made.settle())
            patch.undo()
            runner.run(stack.stop())
            _write_counts(made)
    finally:
        root.removeHandler(log)
        root.setLevel(level)


class _Stack:
    """The simulator and the bot, started and stopped by one task: some of what they hold may be left only there."""

    def __init__(self, folder: Path, models: AnyModels, patch: pytest.MonkeyPatch) -> None:
        self._folder, self._models, self._patch = folder, models, patch
        self._over = asyncio.Event()
        self._task: asyncio.Future[Any] | None = None

    async def start(self) -> tuple[DiscordSimulator, Bot]:
        ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        async def live() -> None:
            async with DiscordSimulator(Settings(rate_limits=False)) as sim:
                sim.point(self._patch)
                async with started(sim, self._folder / "essays.db", self._models) as bot:
                    ready.set_result((sim, quick(bot)))
                    await self._over.wait()
                assert sim.pings == []

        self._task = asyncio.create_task(live())
        await asyncio.wait([self._task, ready], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await self._task
        found: tuple[DiscordSimulator, Bot] = await ready
        return found

    async def stop(self) -> None:
        self._over.set()
        assert self._task is not None
        await self._task


def _write_counts(made: FuzzedBot) -> None:
    if path := os.environ.get("FUZZ_COUNTS"):
        with Path(path).open("a") as page:
            for door, count in made.counts.items():
                page.write(f"| {door} | {count:,} | {made.refusals[door]:,} |\n")
