"""The word ``voice``: the writer's own texts that show a model how they write."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import InvalidInput
from bot.essay.voice import VoiceSample, describe_sample
from bot.services.services import Services
from bot.services.voice import VOICE_PROMISE
from bot.terminal import LOCAL_WRITER
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import parse_number

VOICE_HELP = """\
voice              your own texts that show a model how you write
voice add FILE     give one more, three at most
voice delete N     delete text N of them"""


class VoiceCommands:
    """List, add and delete the writer's own texts."""

    def __init__(self, context: TerminalContext) -> None:
        self._context = context

    def voice(self, rest: str) -> None:
        """Run the word after ``voice``; without one list the texts."""
        name, _, argument = rest.partition(" ")
        services, argument = self._context.services, argument.strip()
        if name.lower() == "add" and argument not in {"", "-"}:  # standard input is the keyboard here
            text = self._context.read_file(argument)
            self._context.say(self._context.run(add_sample(services, text)))
        elif name.lower() == "delete" and argument:
            self._context.say(self._context.run(delete_sample(services, parse_number(argument))))
        elif name:
            raise InvalidInput("Type voice, voice add FILE or voice delete N, as in: voice add letter.md")
        else:
            self._context.say(list_samples(self._context.run(services.voice.samples(LOCAL_WRITER))))


async def add_sample(services: Services, text: str) -> str:
    """Store a text of the writer's and return what to say of it."""
    added = await services.voice.add(LOCAL_WRITER, text)
    said = f"Stored as text {added.sample.number}: “{added.sample.name}”, {describe_sample(added.sample)}."
    return f"{added.notice} {said}" if added.notice else said


async def delete_sample(services: Services, number: int) -> str:
    """Delete a text of the writer's and return what to say of it."""
    deleted = await services.voice.delete(LOCAL_WRITER, number)
    return f"Text {number}, “{deleted.name}”, was deleted. Backups that you made keep it until they are deleted too."


def list_samples(samples: Sequence[VoiceSample]) -> str:
    """Return the list of the texts, with what they are for."""
    lines = [f"{sample.number}  “{sample.name}”, {describe_sample(sample)}" for sample in samples]
    return "\n".join([*(lines or ["There are no texts of yours yet: voice add FILE gives one."]), VOICE_PROMISE])
