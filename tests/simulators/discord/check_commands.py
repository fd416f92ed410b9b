"""Rules for application commands and autocomplete ("Application Commands")."""

import unicodedata
from collections.abc import Sequence

from tests.simulators.discord.errors import ApiError, FormErrors, Path
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.settings import Settings

SLASH, USER, MESSAGE = 1, 2, 3
MOST_COMMANDS = {SLASH: 100, USER: 15, MESSAGE: 15}
MOST_CHARACTERS = 8000
SUB_COMMAND, SUB_GROUP, STRING, INTEGER, NUMBER, ATTACHMENT = 1, 2, 3, 4, 10, 11


def check_commands(commands: Sequence[Json], settings: Settings, *, single: bool = False) -> None:
    """Checks a whole bulk overwrite, or one command alone.

    Raises:
        ApiError: 400/50035 with the field errors, 400/30032 for too many commands of a kind.
    """
    errors = FormErrors()
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        path: Path = () if single else (index,)
        key = (command.get("type", SLASH), str(command.get("name")))
        if key in seen:
            errors.add(
                (*path, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        seen.add(key)
        _check_command(command, path, settings, errors)
    errors.raise_if_any()
    for kind, most in MOST_COMMANDS.items():
        if sum(one.get("type", SLASH) == kind for one in commands) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most}).")


def _check_command(command: Json, path: Path, settings: Settings, errors: FormErrors) -> None:
    kind = command.get("type", SLASH)
    if kind not in MOST_COMMANDS:
        errors.choices((*path, "type"), (1, 2, 3))
    name = command.get("name")
    if not isinstance(name, str):
        errors.required((*path, "name"))
    elif kind == SLASH:
        _check_name(name, (*path, "name"), errors)
    else:
        errors.length((*path, "name"), settings.length(name), 1, 32)
    description = command.get("description") or ""
    if kind == SLASH:
        errors.length((*path, "description"), settings.length(description), 1, 100)
    elif description:
        errors.add((*path, "description"), "APPLICATION_COMMAND_DESCRIPTION", "Context menus have no description")
    options = command.get("options") or []
    if options and kind != SLASH:
        errors.add((*path, "options"), "APPLICATION_COMMAND_OPTIONS", "Context menus have no options")
    _check_options(options, (*path, "options"), settings, errors)
    for key, highest in (("integration_types", 1), ("contexts", 2)):
        values = command.get(key)
        if values is not None and (len(set(values)) != len(values) or not all(0 <= one <= highest for one in values)):
            errors.add((*path, key), "BASE_TYPE_CHOICES", f"Values must be unique and between 0 and {highest}.")
    if _characters(command, settings) > MOST_CHARACTERS:
        errors.add(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({MOST_CHARACTERS})")


def _check_name(name: str, path: Path, errors: FormErrors) -> None:
    """``^[-_'\\p{L}\\p{N}\\p{sc=Deva}\\p{sc=Thai}]{1,32}$``, and lower case where a letter has one."""
    marks = ("DEVANAGARI", "THAI")
    fine = all(
        one in "-_'" or unicodedata.category(one)[0] in "LN" or unicodedata.name(one, "").startswith(marks)
        for one in name
    )
    if not 1 <= len(name) <= 32 or not fine or name != name.lower():
        errors.add(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_options(options: Sequence[Json], path: Path, settings: Settings, errors: FormErrors) -> None:
    errors.length(path, len(options), 0, 25)
    optional_seen = False
    names: set[str] = set()
    for index, option in enumerate(options):
        here = (*path, index)
        kind = option.get("type")
        if not isinstance(kind, int) or not 1 <= kind <= 11:
            errors.choices((*here, "type"), tuple(range(1, 12)))
            continue
        name = str(option.get("name") or "")
        _check_name(name, (*here, "name"), errors)
        if name in names:
            errors.add((*here, "name"), "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE", "Option names must be unique")
        names.add(name)
        errors.length((*here, "description"), settings.length(option.get("description") or ""), 1, 100)
        if kind in (SUB_COMMAND, SUB_GROUP):
            _check_options(option.get("options") or [], (*here, "options"), settings, errors)
            continue
        if option.get("required") and optional_seen:
            errors.add(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional_seen = optional_seen or not option.get("required")
        _check_values(option, here, settings, errors)


def _check_values(option: Json, path: Path, settings: Settings, errors: FormErrors) -> None:
    choices = option.get("choices") or []
    errors.length((*path, "choices"), len(choices), 0, 25)
    if choices and option.get("autocomplete"):
        errors.add((*path, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE", "Cannot be used together with choices")
    if (choices or option.get("autocomplete")) and option["type"] not in (STRING, INTEGER, NUMBER):
        errors.add((*path, "choices"), "APPLICATION_COMMAND_CHOICES", "Not valid for this option type")
    for index, choice in enumerate(choices):
        _check_choice(choice, option["type"], (*path, "choices", index), settings, errors)
    for key, low in (("min_length", 0), ("max_length", 1)):
        if option.get(key) is not None:
            errors.within((*path, key), option[key], low, 6000)
            if option["type"] != STRING:
                errors.add((*path, key), "APPLICATION_COMMAND_LENGTH", "Only valid for string options")


def _check_choice(choice: Json, kind: int, path: Path, settings: Settings, errors: FormErrors) -> None:
    errors.length((*path, "name"), settings.length(str(choice.get("name") or "")), 1, 100)
    value = choice.get("value")
    wanted: dict[int, tuple[type, ...]] = {STRING: (str,), INTEGER: (int,), NUMBER: (int, float)}
    if not isinstance(value, wanted.get(kind, (str,))) or isinstance(value, bool):
        errors.add((*path, "value"), "BASE_TYPE_COERCE", f'Could not interpret "{value}" for this option.')
    elif isinstance(value, str):
        errors.length((*path, "value"), settings.length(value), 1, 100)


def _characters(part: Json, settings: Settings) -> int:
    """Names, descriptions and values of a command and all below it; of localisations, the longest of each field."""
    total = 0
    for key in ("name", "description"):
        texts = [part.get(key) or "", *(part.get(f"{key}_localizations") or {}).values()]
        total += max(settings.length(text) for text in texts)
    total += settings.length(part["value"]) if isinstance(part.get("value"), str) else 0
    below = [*(part.get("options") or ()), *(part.get("choices") or ())]
    return total + sum(_characters(one, settings) for one in below)


def check_choices(choices: object, data: Json, settings: Settings, errors: FormErrors) -> list[Json]:
    """The choices of an autocomplete answer, for the option in ``data`` that has the focus."""
    if not isinstance(choices, list):
        errors.required(("choices",))
        return []
    errors.length(("choices",), len(choices), 0, 25)
    for index, choice in enumerate(choices):
        _check_choice(choice, focused(data)["type"], ("choices", index), settings, errors)
    return choices


def focused(data: Json) -> Json:
    """The option being typed in."""
    for option in data.get("options") or ():
        if option.get("focused"):
            return dict(option)
        if option.get("options") and (found := focused(option)):
            return found
    return {}
