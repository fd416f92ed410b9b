"""A person's files, and what they fill into a slash command."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.simulators.discord.check_commands import ATTACHMENT, INTEGER, NUMBER, SUB_COMMAND, SUB_GROUP
from tests.simulators.discord.commands import NotOfferedError
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.models import Channel, Upload
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.world import World

BOOLEAN = 5


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a person's own disk."""

    filename: str
    data: bytes
    content_type: str = "text/plain; charset=utf-8"


class Uploader:
    """Stores a person's files for one interaction; ``resolved`` is what the bot is told of them."""

    def __init__(self, world: World, channel: Channel) -> None:
        self._world = world
        self._channel = channel
        self.resolved: Json = {}

    def store(self, attachment: Attachment, *, ephemeral: bool = False) -> Upload:
        if len(attachment.data) > self._world.settings.file_limit:
            raise NotOfferedError(f"{attachment.filename} is larger than the client sends")
        name, kind = attachment.filename, attachment.content_type
        return self._world.files.store(self._channel.id, name, attachment.data, kind, ephemeral=ephemeral)

    def resolve(self, attachment: Attachment) -> str:
        """Uploads for an option or a form field; such files are ephemeral attachments."""
        upload = self.store(attachment, ephemeral=True)
        self.resolved[str(upload.id)] = upload.payload()
        return str(upload.id)


def build_options(
    command: Json,
    path: Sequence[str],
    given: dict[str, object],
    upload: Uploader,
    settings: Settings,
    *,
    focus: str | None,
) -> Json:
    """The ``data`` of a command interaction. With ``focus`` required options may be missing, as while typing.

    Raises:
        NotOfferedError: for an option that does not exist, is missing, or has a value the client would refuse.
    """
    declared, nest = command["options"], []
    for step in path:
        found = next((one for one in declared if one["name"] == step and one["type"] in (SUB_COMMAND, SUB_GROUP)), None)
        if found is None:
            raise NotOfferedError(f"/{command['name']} has no {step!r}")
        nest.append(found)
        declared = found.get("options") or []
    known = {one["name"]: one for one in declared}
    for name in given:
        if name not in known:
            raise NotOfferedError(f"/{command['name']} has no option {name!r}, only {list(known)}")
    missing = [name for name, one in known.items() if one.get("required") and name not in given]
    if missing and not focus:
        raise NotOfferedError(f"/{command['name']} needs {missing}")
    options = []
    for name, value in given.items():
        option: Json = {"name": name, "type": known[name]["type"]}
        if name == focus:
            if not known[name].get("autocomplete"):
                raise NotOfferedError(f"{name!r} has no suggestions")
            option |= {"value": value, "focused": True}
        else:
            option["value"] = _value(known[name], value, upload, settings)
        options.append(option)
    for group in reversed(nest):
        options = [{"name": group["name"], "type": group["type"], "options": options}]
    data = {"id": command["id"], "name": command["name"], "type": command["type"], "options": options}
    return {**data, "resolved": {"attachments": upload.resolved}} if upload.resolved else data


def _value(option: Json, value: object, upload: Uploader, settings: Settings) -> object:
    kind, name = option["type"], option["name"]
    if kind == ATTACHMENT:
        if not isinstance(value, Attachment):
            raise NotOfferedError(f"{name!r} takes a file")
        return upload.resolve(value)
    types: dict[int, tuple[type, ...]] = {INTEGER: (int,), BOOLEAN: (bool,), NUMBER: (int, float)}
    wanted = types.get(kind, (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != BOOLEAN):
        raise NotOfferedError(f"{name!r} does not take {value!r}")
    choices = option.get("choices") or []
    if choices:
        for choice in choices:
            if value in (choice["name"], choice["value"]):
                return choice["value"]
        raise NotOfferedError(f"{value!r} is not a choice of {name!r}: {[one['name'] for one in choices]}")
    if isinstance(value, str):
        size = settings.length(value)
        if not option.get("min_length", 0) <= size <= option.get("max_length", 6000):
            raise NotOfferedError(f"{name!r} does not take {size} characters")
        return " ".join(value.splitlines())  # a pasted line break becomes a space on desktop (discord-api-docs#2381)
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            raise NotOfferedError(f"{name!r} does not take {value}")
    return value
