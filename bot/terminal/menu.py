"""The menu of an essay that has a post: the table of its commands, and the loop that reads and runs them.

The commands are in commands/; ``answer`` is in interview.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches

from bot.errors import BotError, InvalidInput
from bot.essay.essay import Essay
from bot.essay.export_targets import target_list
from bot.terminal import privacy_notice
from bot.terminal.commands.checks import CheckCommands
from bot.terminal.commands.critiques import CritiqueCommands
from bot.terminal.commands.drafts import DraftCommands
from bot.terminal.commands.notes import NOTES_HELP, NoteCommands
from bot.terminal.commands.posts import PostCommands
from bot.terminal.commands.voice import VOICE_HELP, VoiceCommands
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView
from bot.terminal.input_prompts import PromptCommand, parse_bare_command, session_left_message
from bot.terminal.interview import KeyboardInterview
from bot.terminal.output import CommandList

_MENU_HELP = f"""\
post, post N       show the post, or its version N
edit N             change section N in your editor, which EDITOR in the environment names
answer             what a draft left open, then more questions, the skipped ones first
measures           what was counted in the post, and why an editor cares
shape              how long the sections are, what in them could be checked, how the sentences run
report [FILE]      the post with its findings, notes, measures and shape, as one page of HTML
title TEXT         give the post a title; title alone suggests some, if a model is at work
note TEXT          add a note; so does a paste of several lines
undo, redo         go back a version, or forward again
history            all versions
diff A B           what changed from version A to version B, by sentence
go N               make version N the current one
export [PLACE] [FILE]  write the post as Markdown, or as PLACE takes it: {target_list()}. FILE is a name with its
                   ending, of which .txt, .html and .docx say the place themselves. --force behind it replaces a FILE
                   that is there, --strict writes nothing while a gap is left or your notes do not hold something in it
copy [PLACE]       put the same into the terminal's clipboard
done               leave; everything is stored

{NOTES_HELP}

{VOICE_HELP}"""

# The commands behind which a text may have several lines. Anything else of several lines is notes, whatever its first
# word is.
_TAKES_LINES = re.compile(r"/?(?:note|(?:reply|reword|revise) \d+) ")

_FIRST_STEPS = (
    "answer goes on with the questions, edit 2 changes the second section, export linkedin writes the post as LinkedIn "
    "takes it; help lists the rest, done leaves."
)
_SLASH_HELP = "A slash before a command changes nothing: /help and help are the same."

_FLOOR_HELP = """\
check              numbers, dates, quotations and addresses of the post that no note holds, by letters only"""

_MODEL_HELP = """\
draft              have the post drafted anew from the notes
continue           have the missing sections of a draft cut short written
keep               take a draft cut short for complete
again              begin once more what was stopped, failed or interrupted
sort               have the notes without a section sorted
revise N WHAT      have section N rewritten, as in: revise 2 make it shorter
critique           an editor's findings, in a new critique
findings [all]     the last critique once more, with its lesser findings
apply N            put the wording of its finding N into the post, or take its words out
reply N TEXT       answer the question of its finding N: a note, and that passage is rewritten
dismiss N          pass over its finding N

What costs money says first how much at most. Ctrl-C stops it, and keeps what came."""

_MODEL_COMMANDS = frozenset(
    {"draft", "continue", "keep", "again", "sort", "revise", "critique", "vouch", "fix", "reword", "sources"}
)

_CHECK_HELP = """\
check              what your notes do not hold, each in its sentence; "check again" judges all anew
vouch N, fix N     keep passage N as a note; put its mended sentence in place ("fix all" mends all)
reword N TEXT      put your own words in place of that sentence; without TEXT it goes
sources [N]        each paragraph, or paragraph N, beside the notes that it rests on"""


class EssayMenu:
    """Run commands until the writer leaves; each reads the essay anew."""

    def __init__(self, context: TerminalContext, essay: Essay, interview: KeyboardInterview) -> None:
        self._context = context
        self._has_model = context.services.has_model
        self._essay_id = essay.id
        self._view = EssayView(context, essay.id)
        self._jobs = EssayJobs(context, essay.id)
        self._interview, self._essay = interview, essay
        posts = PostCommands(context, essay.id, self._view)
        notes = NoteCommands(context, essay.id)
        critiques = CritiqueCommands(context, essay.id, self._view)
        self._commands: dict[str, Callable[[str], None]] = {
            "post": posts.post,
            "edit": posts.edit,
            "answer": lambda _: interview.answer_more(essay, self._view),
            "measures": posts.measures,
            "shape": posts.shape,
            "report": posts.report,
            "check": posts.claims,
            "claims": posts.claims,
            "notes": notes.notes,
            "note": lambda rest: notes.notes(rest) if notes.is_command(rest) else self._add_note(rest),
            "title": lambda rest: posts.title(rest) if rest else interview.suggest_titles(essay, in_menu=True),
            "voice": VoiceCommands(context).voice,
            "undo": posts.undo,
            "redo": posts.redo,
            "history": posts.history,
            "diff": posts.diff,
            "go": posts.go,
            "export": posts.export,
            "copy": posts.copy,
            "help": self._help,
            "skip": self._nothing_to_skip,
            "back": self._nothing_to_go_back_to,
            # Of a critique that a model made before.
            "findings": critiques.findings,
            "apply": critiques.apply,
            "reply": critiques.reply,
            "dismiss": critiques.dismiss,
        }
        if self._has_model:
            drafts = DraftCommands(context, essay.id, self._view, critiques.critique)
            self._commands |= {
                "draft": drafts.draft,
                "continue": drafts.continue_draft,
                "keep": drafts.keep,
                "again": drafts.again,
                "sort": notes.sort,
                "revise": drafts.revise,
                "critique": critiques.critique,
            }
        if context.services.checking.has_checker:
            checks = CheckCommands(context, essay.id, self._view)
            self._commands |= {
                "answer": lambda _: self._answer_and_check(checks),
                "check": checks.check,
                "vouch": checks.vouch,
                "fix": checks.fix,
                "reword": checks.reword,
                "sources": checks.sources,
                "claims": checks.check,
            }

    def run(self) -> None:
        """Run commands until done or Ctrl-D. Raise KeyboardInterrupt on Ctrl-C."""
        self._view.show_overview()
        self._context.say(f"\n{_FIRST_STEPS}")
        while True:
            try:
                line = self._context.keyboard.ask("\nNext [help]: ", words=self._words, recall=True).strip()
            except EOFError:
                line = "done"
            name, _, rest = line.partition(" ")
            name = name.lower().removeprefix("/")
            meant = parse_bare_command(name) if not rest.strip() else None
            if meant in (PromptCommand.DONE, PromptCommand.QUIT):
                self._context.say(session_left_message(self._essay_id))
                return
            name = meant.value if meant is not None else name
            if not name:
                self._context.say(_FIRST_STEPS)
                continue
            try:
                self._jobs.release_interrupted()
                if "\n" in line and not _TAKES_LINES.match(line):
                    self._add_note(line)
                    continue
                if name not in self._commands:
                    raise self._unknown_command(name)
                self._commands[name](rest.strip())
            except BotError as error:
                self._context.warn(str(error))

    def _answer_and_check(self, checks: CheckCommands) -> None:
        self._interview.answer_more(self._essay, self._view)
        checks.follow_begun()

    def _add_note(self, text: str) -> None:
        self._interview.add_notes(self._essay, text)

    @property
    def _words(self) -> list[str]:
        return [*(name for name in self._commands if name not in ("skip", "back")), "done"]

    def _unknown_command(self, name: str) -> InvalidInput:
        if name in _MODEL_COMMANDS:
            return InvalidInput(
                f"No model is at work here, which {name} needs: essay-bot check says what is missing. measures shows "
                "what can be counted in the post. Nothing was changed."
            )
        close = get_close_matches(name[:100], self._words, 1)
        meant = f" Did you mean {close[0]}?" if close else ""
        return InvalidInput(f"There is no such command: help lists them.{meant} Nothing was changed.")

    def _help(self, _: str) -> None:
        checks = _CHECK_HELP if self._context.services.checking.has_checker else _FLOOR_HELP
        parts = [_MENU_HELP, checks, *([_MODEL_HELP] if self._has_model else []), _SLASH_HELP]
        self._context.screen.print(CommandList("\n\n".join(parts)))
        self._context.say(f"\n{privacy_notice(with_model=self._has_model)}")

    def _nothing_to_skip(self, _: str) -> None:
        raise InvalidInput("There is no question here to skip: help lists the commands. Nothing was changed.")

    def _nothing_to_go_back_to(self, _: str) -> None:
        raise InvalidInput(
            "Before this came the questions: answer puts more of them, undo takes the post a version back."
        )
