"""Prompts: read an answer, or one of the commands /help, /skip, /back, /undo, /done and /quit.

Where any text may be an answer, a command's word without its slash is confirmed once. Where one of a few things is to
be chosen, the word is the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum

from bot.terminal.context import YES_OR_NO_HELP, TerminalContext, parse_yes_or_no
from bot.terminal.output import CommandList


class PromptCommand(StrEnum):
    """The commands that every prompt knows; each prompt says which of them it accepts."""

    HELP = "help"
    SKIP = "skip"
    BACK = "back"
    UNDO = "undo"
    DONE = "done"
    QUIT = "quit"


_COMMAND_WORDS = {
    **{command.value: command for command in PromptCommand},
    "?": PromptCommand.HELP,
    "next": PromptCommand.SKIP,
    "stop": PromptCommand.DONE,
    "exit": PromptCommand.QUIT,
    "q": PromptCommand.QUIT,
}
_COMMAND_EFFECTS = {
    PromptCommand.HELP: "says what can be typed",
    PromptCommand.SKIP: "skips",
    PromptCommand.BACK: "goes back",
    PromptCommand.UNDO: "takes back your last answer",
    PromptCommand.DONE: "ends the questions",
    PromptCommand.QUIT: "leaves",
}


class SessionLeft(Exception):
    """Raised when the writer leaves with /quit; everything is stored."""


def session_left_message(essay: str) -> str:
    """Say where the essay is stored and how to go on with it."""
    return f"Everything is stored as essay {essay}. To go on with it: essay-bot essays resume {essay}"


def parse_command(typed: str) -> PromptCommand | None:
    """Return the command that is alone on the line, with its slash or as a question mark; None for anything else."""
    word = typed.strip()
    if word == "?":
        return PromptCommand.HELP
    return parse_bare_command(word[1:]) if word.startswith("/") else None


def parse_bare_command(typed: str) -> PromptCommand | None:
    """Return the command whose word is alone on the line, without a slash; None for anything else."""
    word = typed.strip().lower()  # a phone's keyboard begins a line with a capital
    return _COMMAND_WORDS.get(word) or _COMMAND_WORDS.get(word.rstrip(".,:;"))


def ask(
    context: TerminalContext,
    prompt: str,
    help_: str,
    accepted: Collection[PromptCommand] = (),
    *,
    free_text: bool = False,
    default: str = "",
    words: Sequence[str] = (),
) -> str | PromptCommand:
    """Ask until there is an answer or one of the ``accepted`` commands, and return it.

    ``help_`` says what can be typed here; ``free_text``: any text may be an answer. Elsewhere a paste of several lines,
    and what stands behind ``note``, becomes notes of the open essay; before one is open it is refused. Raise
    SessionLeft for /quit, and EOFError for /done and Ctrl-D.
    """
    while True:
        typed = context.keyboard.ask(prompt, default=default, words=words)
        if not free_text and _take_note(context, typed, help_):
            continue
        # A command typed after the default text is a command, and not part of the answer.
        behind = typed.removeprefix(default) if default else typed
        meant = parse_command(typed) or parse_command(behind) or (None if free_text else parse_bare_command(typed))
        if free_text and meant is None and (word := parse_bare_command(typed)) is not None:
            answer = _resolve_ambiguous_answer(context, typed.strip(), word)
            if not isinstance(answer, PromptCommand):
                return answer
            meant = answer
        if meant is None:
            return typed
        if meant is PromptCommand.QUIT:
            raise SessionLeft
        if meant is PromptCommand.DONE:
            raise EOFError
        if meant in accepted:
            return meant
        if meant is PromptCommand.HELP:
            context.screen.print(CommandList(help_))
        else:
            context.warn(f"There is nothing to {_COMMAND_VERBS[meant]} here. {help_}")


NOTE_HELP = "Type the note behind /note, as in: /note It was raining."
_COMMAND_VERBS = {PromptCommand.SKIP: "skip", PromptCommand.BACK: "go back to", PromptCommand.UNDO: "undo"}


def _take_note(context: TerminalContext, typed: str, help_: str) -> bool:
    """Store what was typed as a note, or say why it cannot be one; return False for what is meant as an answer."""
    is_command = re.match(r"\s*/note(?!\S)", typed) is not None
    if context.add_note is None:
        if is_command or "\n" in typed.strip():
            context.warn(f"No essay is open yet to add notes to, so nothing was stored. {help_}")
            return True
        return False
    if note := _typed_note(typed):
        context.add_note(note)
    elif is_command:
        context.warn(NOTE_HELP)
    return is_command or bool(note)


def _typed_note(typed: str) -> str:
    """Return what was typed behind ``note``, or a paste of several lines; "" for anything else."""
    if found := re.match(r"\s*/?note\s+(?=\S)", typed):
        return typed[found.end() :]
    return typed if "\n" in typed.strip() else ""


def _resolve_ambiguous_answer(context: TerminalContext, typed: str, word: PromptCommand) -> str | PromptCommand:
    """Ask whether a command's word is the answer or the command."""
    reply = context.keyboard.ask(
        f'Is "{typed}" your answer, or did you mean /{word}? Enter takes it as the answer; '
        f"/{word} {_COMMAND_EFFECTS[word]}; anything else is your answer instead: "
    ).strip()
    if reply.lower() in {"", "y", "yes"}:
        return typed
    if reply.lower() in {"n", "no"}:
        return word
    return parse_command(reply) or parse_bare_command(reply) or reply


def confirm_default_yes(
    context: TerminalContext, question: str, others: Mapping[str, Callable[[], object]] | None = None
) -> bool:
    """Ask until the writer says yes, as Enter does, or no, as Ctrl-D does. Raise SessionLeft.

    ``others`` are further words, each with what it does before the question is asked again.
    """
    while True:
        try:
            typed = ask(context, question, YES_OR_NO_HELP, (PromptCommand.SKIP, PromptCommand.BACK))
        except EOFError:
            return False
        if others and (do := others.get(typed.strip().lower().removeprefix("/"))) is not None:
            do()
            continue
        said = False if isinstance(typed, PromptCommand) else parse_yes_or_no(typed, enter=True)
        if said is not None:
            return said
        context.warn(YES_OR_NO_HELP)


def confirm_default_no(context: TerminalContext, question: str) -> bool:
    """Ask about what cannot be undone; return True only for an explicit yes. Raise SessionLeft."""
    help_ = "y does it; Enter leaves everything as it is."
    try:
        answer = ask(context, f"{question} [y/N] ", help_, (PromptCommand.SKIP, PromptCommand.BACK, PromptCommand.UNDO))
    except EOFError:
        return False
    return not isinstance(answer, PromptCommand) and parse_yes_or_no(answer, enter=False) is True


def number_range(count: int) -> str:
    """Return the numbers that can be typed, as "1–3"; "1" where there is only one."""
    return f"1–{count}" if count > 1 else "1"
