"""From a custom id to what it does: the one table of actions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from bot.discord_ui.actions import browsing, critiquing, drafting, interviewing, noting, owning
from bot.discord_ui.faults import NotAButton, NotYours
from bot.discord_ui.ids import NOBODY, Id
from bot.discord_ui.reply import Answer, Later, Press, Reply
from bot.discord_ui.screens import STALE, UNDER_WAY, Screens
from bot.errors import JobRunning, Outdated, UnknownCritique, UnknownEssay

Handler = Callable[[Screens, Press], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table.

    ``form`` says that a form may open, which must be the first answer and so must be quick. ``current`` that it is only
    done where nobody has changed the text since the button was made. ``changes`` that it writes: of one writer, such
    actions run one after another, so that the second of two clicks sees what the first has done. ``settles`` that what
    the writer said in messages becomes notes first.
    """

    handler: Handler
    form: bool = False
    current: bool = True
    changes: bool = False
    settles: bool = False


def _reads(handler: Handler, *, current: bool = True) -> Action:
    return Action(handler, current=current)


def _changes(handler: Handler, *, current: bool = True, settles: bool = False) -> Action:
    return Action(handler, current=current, changes=True, settles=settles)


def _opens(handler: Handler, *, current: bool = True) -> Action:
    return Action(handler, form=True, current=current)


ESSAY: Mapping[str, Action] = {
    "open": _reads(drafting.open_, current=False),
    "dm": _reads(owning.dm, current=False),
    "structure": _changes(interviewing.structure),
    "paste": _opens(interviewing.paste, current=False),
    "paste-save": _changes(interviewing.paste_save, current=False),
    "interview": _changes(interviewing.interview, current=False),
    "further": _changes(interviewing.further, current=False),
    "answer": _opens(interviewing.answer, current=False),
    "answer-save": _changes(interviewing.answer_save, current=False, settles=True),
    "next": _changes(interviewing.next_, current=False),
    "skip": _changes(interviewing.skip, current=False, settles=True),
    "pass-over": _changes(interviewing.pass_over, current=False),
    "skipped": _changes(interviewing.skipped, current=False, settles=True),
    "write": _changes(drafting.write, settles=True),
    "assemble": _changes(drafting.assemble, settles=True),
    "finish": _changes(drafting.finish, settles=True),
    "keep": _changes(drafting.keep),
    "discard": _changes(drafting.discard, current=False),  # it looks at the essay's version itself
    "again": _changes(drafting.again),
    "came": _reads(drafting.came, current=False),
    "stop": _reads(drafting.stop, current=False),  # it must not wait for what it stops
    "page": _reads(drafting.page),
    "section": _reads(drafting.section),
    "revise": _opens(drafting.revise),
    "revise-save": _changes(drafting.revise_save, current=False),
    "edit": _opens(drafting.edit),
    "edit-save": _changes(drafting.edit_save, current=False),
    "undo": _changes(drafting.undo),
    "redo": _changes(drafting.redo),
    "go": _changes(drafting.go),
    "export": _changes(drafting.export),
    "critique": _changes(critiquing.critique),
    "critique-last": _reads(critiquing.last, current=False),
    "history": _reads(browsing.history, current=False),
    "look": _reads(browsing.look, current=False),
    "read": _reads(browsing.read, current=False),
    "claims": _reads(browsing.claims, current=False),
    "measures": _reads(browsing.measures, current=False),
    "notes": _reads(browsing.notes, current=False),
    "note": _reads(browsing.note, current=False),
    "note-edit": _opens(noting.edit, current=False),
    "note-edit-save": _changes(noting.edit_save, current=False),
    "note-move": _changes(noting.move, current=False),
    "note-delete": _changes(noting.delete, current=False),
    "notes-file": _reads(noting.as_file, current=False),
    "sort": _changes(browsing.sort, current=False),
    "leave-out": _changes(browsing.leave_out, current=False),
    "rename": _opens(owning.rename, current=False),
    "rename-save": _changes(owning.rename_save, current=False),
    "new": _changes(owning.new, current=False),
    "essays": _reads(owning.essays, current=False),
    "choose": _reads(owning.choose, current=False),
    "delete": _changes(owning.delete, current=False),
}
CRITIQUE: Mapping[str, Action] = {
    "list": _reads(critiquing.listed, current=False),
    "choose": _reads(critiquing.choose, current=False),
    "show": _reads(critiquing.show, current=False),
    "apply": _changes(critiquing.apply, current=False),  # it looks at the essay's version itself
    "dismiss": _changes(critiquing.dismiss, current=False),
    "adopt": _changes(critiquing.adopt, current=False),
    "stop": _reads(critiquing.stop, current=False),
    "retry": _changes(critiquing.retry, current=False),
    "pasted": _changes(critiquing.pasted, current=False),
}
MORE = "more"  # a menu whose entries are actions of the panel it stands on
_WITHOUT_SUBJECT = {"essays", "choose", "pasted", "list"}


@dataclass(frozen=True, slots=True)
class Route:
    """An action, and the id that it was reached by."""

    id: Id
    action: Action


def find(found: Id | None, value: str) -> Route:
    """What an id, with the ``value`` chosen if it is a menu's, asks for. Raises NotAButton."""
    if found is None:
        raise NotAButton
    if found.kind == "essay" and found.action == MORE:
        found = replace(found, action=value, argument="")
    table = ESSAY if found.kind == "essay" else CRITIQUE
    action = table.get(found.action)
    if action is None or (found.subject == NOBODY and found.action not in _WITHOUT_SUBJECT):
        raise NotAButton
    return Route(found, action)


class Router:
    """Runs actions: whose it is, whether it is stale, and one at a time for each writer."""

    def __init__(self, screens: Screens) -> None:
        self._screens = screens
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, writer: str) -> asyncio.Lock:
        """The lock that a writer's changes take."""
        return self._turns.setdefault(writer, asyncio.Lock())

    async def run(self, route: Route, press: Press) -> Reply:
        """What comes of a press. Raises BotError in one of its kinds."""
        turn: AbstractAsyncContextManager[object] = self.turn(press.writer) if route.action.changes else nullcontext()
        async with turn:
            try:
                with _named():
                    return await self._act(route, press)
            except JobRunning:
                if press.fields or route.id.kind != "essay":
                    raise  # what was typed must come back, which an error's answer sees to
                return await self._screens.essay(press.writer, route.id.subject, press.place, notice=UNDER_WAY)
            except Outdated:  # what was under way came to its end behind the look at the version
                return await self._screens.essay(press.writer, route.id.subject, press.place, notice=STALE)

    async def show(self, later: Later, told: str | None, *, turning: bool) -> Answer:
        """What is shown once a model was asked, inside the writer's turn. Raises BotError in one of its kinds."""
        with _named():
            return await later.show(told, turning)

    async def _act(self, route: Route, press: Press) -> Reply:
        if route.id.kind == "critique" and route.id.subject != NOBODY:
            await self._screens.tools.criticism.read(press.writer, route.id.subject)
        elif route.id.subject != NOBODY:
            if route.id.action == "delete" and (press.writer, route.id.subject) in self._screens.deleted:
                return await owning.deleted(self._screens, press)
            essay = await self._screens.tools.desk.open(press.writer, route.id.subject)
            if route.action.current and (essay.head or 0) != route.id.version:
                return await self._screens.essay(press.writer, essay.id, press.place, notice=STALE)
            if route.action.settles:
                await self._screens.tools.conversation.settle(press.writer, essay.id)
        return await route.action.handler(self._screens, press)


@contextmanager
def _named() -> Iterator[None]:
    """Whoever is asked for what is gone hears the same as for what is somebody else's."""
    try:
        yield
    except UnknownEssay:
        raise NotYours.essay() from None
    except UnknownCritique:
        raise NotYours.critique() from None
