"""What every prompt understands besides an answer: /help, /skip, /back, /undo, /done and /quit, however they are typed.

Where any text may be an answer, a command's word without its slash is asked about once. Where one of a few things is
to be chosen it can mean nothing else, and is the command.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

from bot.terminal.tools import YES_OR_NO, Sitting, yes_or_no


class Command(StrEnum):
    """What can be typed at every prompt."""

    HELP = "help"
    SKIP = "skip"
    BACK = "back"
    UNDO = "undo"
    DONE = "done"
    QUIT = "quit"


_WORDS = {
    **{command.value: command for command in Command},
    "?": Command.HELP,
    "next": Command.SKIP,
    "stop": Command.DONE,
    "exit": Command.QUIT,
    "q": Command.QUIT,
}
_DOES = {
    Command.HELP: "says what can be typed",
    Command.SKIP: "skips",
    Command.BACK: "goes back",
    Command.UNDO: "takes back your last answer",
    Command.DONE: "ends the questions",
    Command.QUIT: "leaves",
}


class Left(Exception):
    """The writer wants to leave. Everything is stored."""


def left(essay: str) -> str:
    """What somebody is told who leaves an essay."""
    return f"Everything is stored as essay {essay}. To go on with it: essay-bot essays resume {essay}"


def command(typed: str) -> Command | None:
    """The command that stands alone on the line, with its slash; None for anything else. A question mark needs none."""
    word = typed.strip()
    if word == "?":
        return Command.HELP
    return bare(word[1:]) if word.startswith("/") else None


def bare(typed: str) -> Command | None:
    """The command whose word stands alone on the line, without a slash; None for anything else."""
    word = typed.strip().lower()  # a phone's keyboard begins a line with a capital
    return _WORDS.get(word) or _WORDS.get(word.rstrip(".,:;"))


def ask(
    sitting: Sitting,
    prompt: str,
    help_: str,
    takes: Collection[Command] = (),
    *,
    free: bool = False,
    default: str = "",
    words: Sequence[str] = (),
) -> str | Command:
    """What was typed, or which of the commands in ``takes`` was.

    ``help_`` says what can be typed here. ``free`` says that any text may be an answer. Raises Left for /quit, and for
    /done EOFError, as for Ctrl-D.
    """
    while True:
        typed = sitting.keyboard.ask(prompt, default=default, words=words)
        # A command typed behind what stood in the line already is that command, and none of the answer.
        behind = typed.removeprefix(default) if default else typed
        meant = command(typed) or command(behind) or (None if free else bare(typed))
        if free and meant is None and (word := bare(typed)) is not None:
            answer = _asked(sitting, typed.strip(), word)
            if not isinstance(answer, Command):
                return answer
            meant = answer
        if meant is None:
            return typed
        if meant is Command.QUIT:
            raise Left
        if meant is Command.DONE:
            raise EOFError
        if meant in takes:
            return meant
        if meant is Command.HELP:
            sitting.say(help_)
        else:
            sitting.warn(f"There is nothing to {_VERBS[meant]} here. {help_}")


_VERBS = {Command.SKIP: "skip", Command.BACK: "go back to", Command.UNDO: "undo"}


def _asked(sitting: Sitting, typed: str, word: Command) -> str | Command:
    """Whether a command's word is meant as the answer: the one question more."""
    reply = sitting.keyboard.ask(
        f'Is "{typed}" your answer, or did you mean /{word}? Enter takes it as the answer; /{word} {_DOES[word]}; '
        "anything else is your answer instead: "
    ).strip()
    if reply.lower() in {"", "y", "yes"}:
        return typed
    if reply.lower() in {"n", "no"}:
        return word
    return command(reply) or bare(reply) or reply


def agreed(sitting: Sitting, question: str) -> bool:
    """Whether the writer says yes, as Enter does; Ctrl-D says no. Asks again where neither is said. Raises Left."""
    while True:
        try:
            typed = ask(sitting, question, YES_OR_NO, (Command.SKIP, Command.BACK))
        except EOFError:
            return False
        said = False if isinstance(typed, Command) else yes_or_no(typed, enter=True)
        if said is not None:
            return said
        sitting.warn(YES_OR_NO)


def confirmed(sitting: Sitting, question: str) -> bool:
    """Whether the writer wants what cannot be undone: yes, and nothing else, is a yes. Raises Left."""
    help_ = "y does it; Enter leaves everything as it is."
    try:
        answer = ask(sitting, f"{question} [y/N] ", help_, (Command.SKIP, Command.BACK, Command.UNDO))
    except EOFError:
        return False
    return not isinstance(answer, Command) and yes_or_no(answer, enter=False) is True
