"""Rules for the interactive parts: buttons, selects and the inputs of a modal ("Component Reference")."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from tests.simulators.discord.errors import FormErrors, Path
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.settings import Settings

BUTTON, STRING_SELECT, TEXT_INPUT = 2, 3, 4
SELECTS = (3, 5, 6, 7, 8)
SECTION, TEXT_DISPLAY, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER = 9, 10, 11, 12, 13, 14, 17
LABEL, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 18, 19, 21, 22, 23


class PartRules:
    """Checks single components; what it finds goes to ``errors``. ``modal`` switches to the rules inside a modal."""

    def __init__(self, settings: Settings, errors: FormErrors, *, modal: bool) -> None:
        self.settings = settings
        self.errors = errors
        self.modal = modal
        self._custom_ids: set[str] = set()

    def text(self, part: Json, key: str, path: Path, low: int, high: int, *, required: bool) -> None:
        value = part.get(key)
        if value is None:
            if required:
                self.errors.required((*path, key))
        elif not isinstance(value, str):
            self.errors.add((*path, key), "STRING_TYPE_COERCE", "Could not interpret value as string.")
        else:
            self.errors.length((*path, key), self.settings.length(value), low, high)

    def custom_id(self, part: Json, path: Path) -> None:
        self.text(part, "custom_id", path, 1, 100, required=True)
        value = part.get("custom_id")
        if isinstance(value, str):
            if value in self._custom_ids:
                self.errors.add(
                    (*path, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
                )
            self._custom_ids.add(value)

    def check(self, part: Json, path: Path) -> None:
        kind = part["type"]
        if self.modal and part.get("disabled"):
            self.errors.add(
                (*path, "disabled"), "COMPONENT_DISABLED_IN_MODAL", "Components in modals cannot be disabled"
            )
        if kind == BUTTON:
            self._button(part, path)
            return
        self.custom_id(part, path)
        if kind in SELECTS:
            self._select(part, path)
        elif kind == TEXT_INPUT:
            self._text_input(part, path)
        elif kind == FILE_UPLOAD:
            self._counts(part, path, 10)
        elif kind in (RADIO_GROUP, CHECKBOX_GROUP):
            low = 2 if kind == RADIO_GROUP else 1
            options = self._options(part, path, low, 10)
            if kind == CHECKBOX_GROUP:
                self._counts(part, path, 10, default_high=options)

    def _button(self, part: Json, path: Path) -> None:
        style = part.get("style")
        if style not in (1, 2, 3, 4, 5, 6):
            self.errors.choices((*path, "style"), (1, 2, 3, 4, 5, 6))
            return
        self.text(part, "label", path, 0, 80, required=False)
        emoji = part.get("emoji")
        # A Unicode emoji is never plain ASCII; a custom one has an id.
        if emoji and not emoji.get("id") and (not emoji.get("name") or emoji["name"].isascii()):
            self.errors.add((*path, "emoji", "name"), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
        if style != 6 and not part.get("label") and not emoji:
            self.errors.add((*path, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED", "A button needs a label or an emoji")
        if style == 5:
            self.text(part, "url", path, 1, 512, required=True)
            url = part.get("url")
            if isinstance(url, str) and urlsplit(url).scheme not in ("http", "https", "discord"):
                self.errors.add(
                    (*path, "url"), "URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https', 'discord')."
                )
            if part.get("custom_id") is not None:
                self.errors.add(
                    (*path, "custom_id"),
                    "BUTTON_COMPONENT_CUSTOM_ID_AND_URL",
                    "A custom id and url cannot both be specified",
                )
        elif style == 6:
            if not part.get("sku_id"):
                self.errors.required((*path, "sku_id"))
        else:
            self.custom_id(part, path)
            if part.get("url") is not None:
                self.errors.add(
                    (*path, "url"), "BUTTON_COMPONENT_CUSTOM_ID_AND_URL", "A custom id and url cannot both be specified"
                )

    def _select(self, part: Json, path: Path) -> None:
        self.text(part, "placeholder", path, 0, 150, required=False)
        count = self._options(part, path, 1, 25) if part["type"] == STRING_SELECT else 25
        self._counts(part, path, 25)
        high = part.get("max_values", 1)
        # Not verified for max_values above the number of options; refused, as the stricter reading.
        if isinstance(high, int) and count and high > count:
            self.errors.add(
                (*path, "max_values"), "SELECT_COMPONENT_MAX_VALUES", "max_values exceeds the number of options"
            )
        if part["type"] != STRING_SELECT:
            self._default_values(part, path)
        chosen = sum(bool(option.get("default")) for option in _dicts(part.get("options")))
        if isinstance(high, int) and chosen > high:
            self.errors.add((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "Too many default options")

    def _default_values(self, part: Json, path: Path) -> None:
        """Each is an id and its kind; there may be as many as may be chosen. Which code is given is not verified."""
        kinds = {5: ("user",), 6: ("role",), 7: ("user", "role"), 8: ("channel",)}[part["type"]]
        values = list(_dicts(part.get("default_values")))
        for index, value in enumerate(values):
            here = (*path, "default_values", index)
            if not str(value.get("id", "")).isdecimal():
                self.errors.add((*here, "id"), "NUMBER_TYPE_COERCE", "Value is not snowflake.")
            if value.get("type") not in kinds:
                self.errors.choices((*here, "type"), kinds)
        most, least = part.get("max_values", 1), part.get("min_values", 1)
        if values and not least <= len(values) <= most:
            self.errors.length((*path, "default_values"), len(values), least, most)

    def _options(self, part: Json, path: Path, low: int, high: int) -> int:
        options = part.get("options")
        if not isinstance(options, list):
            self.errors.required((*path, "options"))
            return 0
        self.errors.length((*path, "options"), len(options), low, high)
        values: set[str] = set()
        for index, option in enumerate(_dicts(options)):
            here = (*path, "options", index)
            self.text(option, "label", here, 1, 100, required=True)
            self.text(option, "value", here, 1, 100, required=True)
            self.text(option, "description", here, 0, 100, required=False)
            if str(option.get("value")) in values:
                self.errors.add(
                    (*here, "value"),
                    "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                    "The specified option value is already used",
                )
            values.add(str(option.get("value")))
        return len(options)

    def _counts(self, part: Json, path: Path, high: int, default_high: int = 1) -> None:
        low_given, high_given = part.get("min_values"), part.get("max_values")
        if low_given is not None:
            self.errors.within((*path, "min_values"), low_given, 0, high)
            if self.modal and low_given == 0 and part.get("required", True):
                self.errors.add(
                    (*path, "min_values"),
                    "COMPONENT_MIN_VALUES_REQUIRED",
                    "min_values must be at least 1 when required",
                )
        if high_given is not None:
            self.errors.within((*path, "max_values"), high_given, 1, high)
        lowest = 1 if low_given is None else low_given
        highest = default_high if high_given is None else high_given
        if isinstance(lowest, int) and isinstance(highest, int) and lowest > highest:
            self.errors.add((*path, "min_values"), "COMPONENT_MIN_ABOVE_MAX", "min_values is greater than max_values")

    def _text_input(self, part: Json, path: Path) -> None:
        if part.get("style") not in (1, 2):
            self.errors.choices((*path, "style"), (1, 2))
        self.text(part, "value", path, 0, 4000, required=False)
        self.text(part, "placeholder", path, 0, 100, required=False)
        low, high = part.get("min_length"), part.get("max_length")
        if low is not None:
            self.errors.within((*path, "min_length"), low, 0, 4000)
        if high is not None:
            self.errors.within((*path, "max_length"), high, 1, 4000)
        if isinstance(low, int) and isinstance(high, int) and low > high:
            self.errors.add((*path, "min_length"), "TEXT_INPUT_MIN_ABOVE_MAX", "min_length is greater than max_length")
        value = part.get("value")
        # A prefilled value above the field's own maximum is refused. Not verified; the stricter reading.
        if isinstance(value, str) and value and isinstance(high, int):
            self.errors.length((*path, "value"), self.settings.length(value), 0, high)


def _dicts(items: object) -> Iterable[Json]:
    return (item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
