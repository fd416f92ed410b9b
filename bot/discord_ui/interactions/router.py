"""Find the handler of a custom id in the table of actions, and run it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from bot.discord_ui.errors import NotOwner, UnknownCustomId
from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, CustomId
from bot.discord_ui.interactions.handlers import (
    checks,
    critiques,
    drafts,
    essays,
    interview,
    notes,
    personal_data,
    reports,
    server_rules,
    sharing,
    voice,
)
from bot.discord_ui.interactions.responses import ActionRequest, HandlerResult
from bot.discord_ui.panels.presenter import JOB_RUNNING_NOTICE, STALE_NOTICE, Presenter
from bot.errors import JobRunning, StaleRequest, UnknownCritique, UnknownEssay
from bot.services.snapshot import EssayHead, EssaySnapshot

Handler = Callable[[Presenter, ActionRequest], Awaitable[HandlerResult]]


@dataclass(frozen=True, slots=True)
class Action:
    """A row of the table of actions.

    ``opens_form``: a form may open, which must be the first answer, so the handler must be quick. ``requires_current``:
    run only if the text has not changed since the button was made. ``is_write``: the action changes what is stored;
    such actions of one writer run one after another, so that the second of two clicks sees what the first has done.
    ``settles_messages``: what the writer said in messages becomes notes first. ``is_personal``: it is about the data
    stored of a person, so people whom the bot does not serve can use it too, and nothing about the click is stored.
    """

    handler: Handler
    opens_form: bool = False
    requires_current: bool = False
    is_write: bool = False
    settles_messages: bool = False
    is_personal: bool = False


def _read_action(handler: Handler, *, current: bool = False) -> Action:
    return Action(handler, requires_current=current)


def _write_action(handler: Handler, *, current: bool = False, settles: bool = False) -> Action:
    return Action(handler, requires_current=current, is_write=True, settles_messages=settles)


def _form_action(handler: Handler, *, current: bool = False) -> Action:
    return Action(handler, opens_form=True, requires_current=current)


# These names stand in the custom ids of messages that were sent and still work: an action can get a better handler, but
# never another name ("came" shows a partial result, "go" goes to a version, "look" shows one).
ESSAY_ACTIONS: Mapping[str, Action] = {
    "open": _read_action(drafts.open_essay),
    "dm": _read_action(essays.move_to_dm),
    "structure": _write_action(interview.change_structure, current=True),
    "paste": _form_action(interview.open_paste_form),
    "paste-save": _write_action(interview.save_pasted_notes),
    "interview": _write_action(interview.show_question),
    "further": _write_action(interview.ask_further),
    "answer": _form_action(interview.open_answer_form),
    "answer-save": _write_action(interview.save_answer, settles=True),
    "next": _write_action(interview.end_answer),
    "skip": _write_action(interview.skip_question, settles=True),
    "another": _write_action(interview.exchange_question, settles=True),
    "answer-open": _write_action(interview.answer_open, settles=True),
    "titles": _write_action(interview.suggest_titles),
    "title-take": _write_action(interview.take_title),
    "pass-over": _write_action(interview.stop_waiting),
    "skipped": _write_action(interview.revisit_skipped, settles=True),
    "write": _write_action(drafts.write_draft, current=True, settles=True),
    "assemble": _write_action(drafts.assemble_notes, current=True, settles=True),
    "finish": _write_action(drafts.finish_draft, current=True, settles=True),
    "keep": _write_action(drafts.keep_draft, current=True),
    "discard": _write_action(drafts.discard_draft),  # it looks at the essay's version itself
    "again": _write_action(drafts.retry_job, current=True),
    "came": _read_action(drafts.show_partial_result),
    "stop": _read_action(drafts.stop_job),  # it must not wait for what it stops
    "page": _read_action(drafts.show_page, current=True),
    "section": _read_action(drafts.show_section, current=True),
    "revise": _form_action(drafts.open_revision_form, current=True),
    "revise-save": _write_action(drafts.revise_section),
    "edit": _form_action(drafts.open_section_form, current=True),
    "edit-save": _write_action(drafts.save_section),
    "undo": _write_action(drafts.undo, current=True),
    "redo": _write_action(drafts.redo, current=True),
    "go": _write_action(drafts.go_to_version, current=True),
    "export": _write_action(drafts.export_essay, current=True),
    "export-anyway": _write_action(drafts.export_as_it_is, current=True),
    "export-for": _write_action(drafts.export_for_place),  # of the text as it is now
    "critique": _write_action(critiques.critique_essay, current=True),
    "critique-last": _read_action(critiques.show_last_critique),
    "history": _read_action(drafts.show_history),
    "look": _read_action(drafts.show_version),
    "read": _read_action(drafts.show_version_page),
    "claims": _read_action(drafts.show_claims),
    "check": _read_action(checks.show_check),
    "check-run": _write_action(checks.run_check, current=True),
    "check-keep": _write_action(checks.keep_passage),  # these look at the sentence itself
    "check-fix": _write_action(checks.fix_passage),
    "check-fix-all": _write_action(checks.fix_all),
    "check-edit": _form_action(checks.open_edit_form),
    "check-edit-save": _write_action(checks.save_edit),
    "sources": _read_action(checks.show_sources),
    "measures": _read_action(drafts.show_measures),
    "report": _read_action(reports.send_essay_report),
    "shape": _read_action(reports.send_shape),
    "changes": _read_action(reports.show_changes),
    "share": _write_action(sharing.show_share, current=True),  # it may read the thread of one that stands
    "share-what": _write_action(sharing.choose_part, current=True),
    "share-where": _write_action(sharing.choose_channel, current=True),
    "share-post": _write_action(sharing.post, current=True),
    "share-down": _write_action(sharing.take_down),
    "feedback": _write_action(sharing.show_feedback),  # it stores what it reads in the thread
    "feedback-answer": _form_action(sharing.open_answer_form),
    "feedback-answer-save": _write_action(sharing.save_answer),
    "feedback-delete": _write_action(sharing.delete_feedback),
    "notes": _read_action(notes.show_notes),
    "note": _read_action(notes.show_note),
    "note-edit": _form_action(notes.open_note_form),
    "note-edit-save": _write_action(notes.save_note),
    "note-move": _write_action(notes.move_note),
    "note-delete": _write_action(notes.delete_note),
    "notes-file": _read_action(notes.export_notes),
    "sort": _write_action(notes.sort_notes),
    "leave-out": _write_action(notes.set_note_excluded),
    "rename": _form_action(essays.open_rename_form),
    "rename-save": _write_action(essays.save_title),
    "new": _write_action(essays.create_essay),
    "essays": _read_action(essays.show_essays),
    "choose": _read_action(essays.choose_essay),
    "delete": _write_action(essays.delete_essay),
    "retain": _write_action(essays.keep_from_deletion),
    "voice-add": _form_action(voice.open_voice_form),
    "voice-save": _write_action(voice.save_sample),
    "voice-delete": _write_action(voice.delete_sample),
    "mydata": Action(personal_data.show_again, is_personal=True),
    "mydata-download": Action(personal_data.download, is_personal=True),
    "mydata-delete": Action(personal_data.ask_delete_all, is_personal=True),
    "mydata-delete-form": Action(personal_data.open_delete_form, opens_form=True, is_personal=True),
    "mydata-delete-save": Action(personal_data.delete_all, is_write=True, is_personal=True),
    "mydata-critiques": Action(personal_data.list_critiques, is_personal=True),
    "mydata-critique": Action(personal_data.choose_critique, is_personal=True),
    "mydata-critique-delete": Action(personal_data.delete_critique, is_write=True, is_personal=True),
}
CRITIQUE_ACTIONS: Mapping[str, Action] = {
    "list": _read_action(critiques.list_critiques),
    "choose": _read_action(critiques.choose_critique),
    "show": _read_action(critiques.show_critique),
    "report": _read_action(reports.send_critique_report),
    "apply": _write_action(critiques.apply_suggestion),  # it looks at the essay's version itself
    "answer": _form_action(critiques.open_finding_answer_form),
    "answer-save": _write_action(critiques.save_finding_answer),
    "dismiss": _write_action(critiques.dismiss_finding),
    "adopt": _write_action(critiques.adopt_text),
    "stop": _read_action(critiques.stop_critique),
    "retry": _write_action(critiques.retry_critique),
    "pasted": _write_action(critiques.critique_pasted_text),
}
# About the server in which they are used. Each handler looks whether the person may manage it.
SERVER_ACTIONS: Mapping[str, Action] = {
    "roles": _write_action(server_rules.set_roles),
    "channels": _write_action(server_rules.set_channels),
    "structures": _write_action(server_rules.set_structures),
    "any-role": _write_action(server_rules.allow_any_role),
    "any-channel": _write_action(server_rules.allow_any_channel),
    "any-structure": _write_action(server_rules.offer_all_structures),
    "model-off": _write_action(server_rules.forbid_model),
    "model-on": _write_action(server_rules.allow_model),
    "budgets": _form_action(server_rules.open_budgets_form),
    "budgets-save": _write_action(server_rules.save_budgets),
}
# Readers' buttons, on the text in its thread. Each handler looks whether the text stands there.
SHARE_ACTIONS: Mapping[str, Action] = {
    "give": _form_action(sharing.open_feedback_form),
    "give-save": _write_action(sharing.post_feedback),
    "take-back": Action(sharing.take_back, is_write=True, is_personal=True),  # of one's own words, whoever is served
}
ACTION_TABLES = {
    "essay": ESSAY_ACTIONS,
    "critique": CRITIQUE_ACTIONS,
    "server": SERVER_ACTIONS,
    "share": SHARE_ACTIONS,
}
MORE_MENU = "more"  # a menu whose options are actions
_ACTIONS_WITHOUT_SUBJECT = {
    *("essays", "retain", "choose", "pasted", "list", "voice-add", "voice-save", "voice-delete"),
    *(name for name in ESSAY_ACTIONS if name.startswith("mydata")),
}


@dataclass(frozen=True, slots=True)
class Route:
    """An action, and the custom id that led to it."""

    custom_id: CustomId
    action: Action


def find_route(found: CustomId | None, value: str) -> Route:
    """Return the action that a custom id asks for; ``value`` is what was chosen, if it is a menu's.

    Raise UnknownCustomId.
    """
    if found is None:
        raise UnknownCustomId
    if found.kind == "essay" and found.action == MORE_MENU:
        found = replace(found, action=value, argument="")
    action = ACTION_TABLES[found.kind].get(found.action)
    about_nothing = found.kind == "server" or found.action in _ACTIONS_WITHOUT_SUBJECT
    if action is None or (found.subject == NO_SUBJECT and not about_nothing):
        raise UnknownCustomId
    return Route(found, action)


class Router:
    """Run actions after checking owner and staleness; one writer's changes run one at a time."""

    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter
        self._writer_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def writer_lock(self, writer: str) -> asyncio.Lock:
        """Return the lock that is held while something of a writer's is changed."""
        return self._writer_locks.setdefault(writer, asyncio.Lock())

    async def run(self, route: Route, request: ActionRequest) -> HandlerResult:
        """Run an action and return what is to be shown. Raise BotError."""
        turn: AbstractAsyncContextManager[object] = (
            self.writer_lock(request.writer) if route.action.is_write else nullcontext()
        )
        async with turn:
            try:
                with _hide_other_owners():
                    return await self._run_action(route, request)
            except JobRunning:
                if request.fields or route.custom_id.kind != "essay":
                    raise  # the answer to an error gives back what was typed
                return await self._presenter.show_essay(
                    request.writer, route.custom_id.subject, request.context, notice=JOB_RUNNING_NOTICE
                )
            except StaleRequest:  # a job ended between the check of the version and the handler
                return await self._presenter.show_essay(
                    request.writer, route.custom_id.subject, request.context, notice=STALE_NOTICE
                )

    async def _run_action(self, route: Route, request: ActionRequest) -> HandlerResult:
        if route.custom_id.kind == "critique" and route.custom_id.subject != NO_SUBJECT:
            await self._presenter.services.critiques.get(request.writer, route.custom_id.subject)
        elif route.custom_id.kind == "essay" and route.custom_id.subject != NO_SUBJECT:
            if (
                route.custom_id.action == "delete"
                and (request.writer, route.custom_id.subject) in self._presenter.deleted_essays
            ):
                return await essays.show_after_delete(self._presenter, request)
            services, essay = self._presenter.services, route.custom_id.subject
            snapshot: EssaySnapshot | None = None
            head: EssayHead | None = None
            if route.action.opens_form:
                head = await services.essays.essay_head(request.writer, essay)
                current = head.essay.head
            else:
                snapshot = await services.essays.snapshot(request.writer, essay)
                current = snapshot.essay.head
            if route.action.requires_current and (current or 0) != route.custom_id.version:
                return await self._presenter.show_essay(
                    request.writer, essay, request.context, notice=STALE_NOTICE, snapshot=snapshot
                )
            if route.action.settles_messages and snapshot is not None and snapshot.pending_messages:
                await services.dm_messages.finish_all_answers(request.writer, essay)
                snapshot = await services.essays.snapshot(request.writer, essay)
            request = replace(request, essay=snapshot, head=head)
        return await route.action.handler(self._presenter, request)


@contextmanager
def _hide_other_owners() -> Iterator[None]:
    """Report a missing essay like somebody else's, so that a forged id reveals nothing. Raise NotOwner."""
    try:
        yield
    except UnknownEssay:
        raise NotOwner.essay() from None
    except UnknownCritique:
        raise NotOwner.critique() from None
