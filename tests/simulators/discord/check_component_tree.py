"""Rules for whole trees of components: what may stand in what, how many, how much text, which attachments."""

import copy
from collections.abc import Mapping

from tests.simulators.discord.check_components import (
    BUTTON,
    CHECKBOX,
    CHECKBOX_GROUP,
    CONTAINER,
    FILE,
    FILE_UPLOAD,
    GALLERY,
    LABEL,
    RADIO_GROUP,
    SECTION,
    SELECTS,
    SEPARATOR,
    TEXT_DISPLAY,
    TEXT_INPUT,
    THUMBNAIL,
    PartRules,
)
from tests.simulators.discord.errors import FormErrors, Path, internal_error
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.settings import Settings

ROW = 1
IN_ROW = (BUTTON, *SELECTS)
IN_CONTAINER = (ROW, SECTION, TEXT_DISPLAY, GALLERY, FILE, SEPARATOR)
TOP_V2 = (*IN_CONTAINER, CONTAINER)
IN_LABEL = (*SELECTS, TEXT_INPUT, FILE_UPLOAD, RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX)

MOST_COMPONENTS = 40
MOST_TEXT = 4000
# Measured by a reporter in discord/discord-api-docs#8554 (August 2026): UTF-8 bytes of all TextDisplays plus 12 for
# each; one byte more and Discord answers 500. Scripts of three bytes a character reach it well before 4000 characters.
MOST_BYTES, BYTES_EACH = 10170, 12


class Layout:
    """Checks one list of components and returns it as Discord would store it: ids filled in, media resolved.

    Args:
        media: the attachments that the message will have, by file name; ``attachment://name`` must be among them.
    """

    def __init__(
        self, settings: Settings, errors: FormErrors, media: Mapping[str, Json], *, modal: bool = False
    ) -> None:
        self._parts = PartRules(settings, errors, modal=modal)
        self._settings = settings
        self._errors = errors
        self._media = media
        self._count = 0
        self._texts: list[str] = []

    def message(self, components: object, *, v2: bool) -> list[Json]:
        """Raises (through ``errors``) for what Discord refuses; 500 at once above the byte budget of #8554."""
        tree = self._children(components, ("components",), TOP_V2 if v2 else (ROW,))
        if not v2:
            self._errors.length(("components",), len(tree), 0, 5)
        elif self._count > MOST_COMPONENTS:
            self._errors.add(
                ("components",),
                "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
                f"The total number of components cannot exceed {MOST_COMPONENTS}, but is {self._count}.",
            )
        total = sum(self._settings.length(text) for text in self._texts)
        if total > MOST_TEXT:
            self._errors.add(
                ("components",),
                "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
                f"The total displayable text size exceeds the maximum of {MOST_TEXT}, it is {total}.",
            )
        self._number(tree)
        self._errors.raise_if_any()
        if sum(len(text.encode()) + BYTES_EACH for text in self._texts) > MOST_BYTES:
            raise internal_error()
        return tree

    def modal(self, components: object) -> list[Json]:
        """One to five top-level parts: Label, TextDisplay, or the deprecated row with one TextInput."""
        tree = self._children(components, ("components",), (ROW, TEXT_DISPLAY, LABEL))
        self._errors.length(("components",), len(tree), 1, 5)
        self._number(tree)
        return tree

    def _children(self, items: object, path: Path, allowed: tuple[int, ...]) -> list[Json]:
        if not isinstance(items, list):
            self._errors.add(path, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        return [child for index, item in enumerate(items) if (child := self._one(item, (*path, index), allowed))]

    def _one(self, item: object, path: Path, allowed: tuple[int, ...]) -> Json | None:
        self._count += 1
        if not isinstance(item, dict) or item.get("type") not in allowed:
            listed = f"({', '.join(map(str, allowed))}{',' if len(allowed) == 1 else ''})"
            self._errors.add(path, "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {listed}.')
            return None
        # An explicit null means the same as a missing field, and discord.py sends many.
        part = {key: copy.deepcopy(value) for key, value in item.items() if value is not None}
        if part.get("id") is not None:
            self._errors.within((*path, "id"), part["id"], 0, 2**31 - 1)
        kind = part["type"]
        if kind == ROW:
            self._row(part, path)
        elif kind == SECTION:
            part["components"] = self._children(part.get("components"), (*path, "components"), (TEXT_DISPLAY,))
            self._errors.length((*path, "components"), len(part["components"]), 1, 3)
            part["accessory"] = self._one(part.get("accessory"), (*path, "accessory"), (BUTTON, THUMBNAIL))
        elif kind == CONTAINER:
            part["components"] = self._children(part.get("components"), (*path, "components"), IN_CONTAINER)
            self._errors.length((*path, "components"), len(part["components"]), 1, MOST_COMPONENTS)
            if part.get("accent_color") is not None:
                self._errors.within((*path, "accent_color"), part["accent_color"], 0, 0xFFFFFF)
        elif kind == LABEL:
            self._parts.text(part, "label", path, 1, 45, required=True)
            self._parts.text(part, "description", path, 0, 100, required=False)
            part["component"] = self._one(part.get("component"), (*path, "component"), IN_LABEL)
        elif kind == TEXT_DISPLAY:
            self._text_display(part, path)
        elif kind in (GALLERY, FILE, THUMBNAIL):
            self._media_part(part, path)
        elif kind == SEPARATOR:
            if part.get("spacing", 1) not in (1, 2):
                self._errors.choices((*path, "spacing"), (1, 2))
        else:
            self._parts.check(part, path)
        return part

    def _row(self, part: Json, path: Path) -> None:
        allowed = (TEXT_INPUT,) if self._parts.modal else IN_ROW
        children = self._children(part.get("components"), (*path, "components"), allowed)
        part["components"] = children
        selects = sum(child["type"] in SELECTS for child in children)
        if self._parts.modal or selects:
            self._errors.length((*path, "components"), len(children), 1, 1)
        else:
            self._errors.length((*path, "components"), len(children), 1, 5)
        if self._parts.modal:  # in a row the label is the TextInput's own, and required
            for index, child in enumerate(children):
                self._parts.text(child, "label", (*path, "components", index), 1, 45, required=True)

    def _text_display(self, part: Json, path: Path) -> None:
        """Empty text is refused. Not verified for text of white space alone: refused too, as the stricter reading."""
        content = part.get("content")
        self._parts.text(part, "content", path, 1, MOST_TEXT, required=True)
        if isinstance(content, str):
            if content and not content.strip():
                self._errors.length((*path, "content"), 0, 1, MOST_TEXT)
            self._texts.append(content)

    def _media_part(self, part: Json, path: Path) -> None:
        if part["type"] == FILE:
            part["file"] = self._medium(part.get("file"), (*path, "file"), only_attachments=True)
            found = self._media.get(str(part["file"].get("name")))
            if found:
                part.update(name=found["filename"], size=found["size"])
            return
        if part["type"] == THUMBNAIL:
            self._parts.text(part, "description", path, 0, 1024, required=False)
            part["media"] = self._medium(part.get("media"), (*path, "media"))
            return
        items = part.get("items")
        if not isinstance(items, list):
            self._errors.required((*path, "items"))
            return
        self._errors.length((*path, "items"), len(items), 1, 10)
        for index, item in enumerate(items):
            here = (*path, "items", index)
            self._parts.text(item, "description", here, 0, 1024, required=False)
            item["media"] = self._medium(item.get("media"), (*here, "media"))

    def _medium(self, medium: object, path: Path, *, only_attachments: bool = False) -> Json:
        url = medium.get("url") if isinstance(medium, dict) else None
        if not isinstance(url, str):
            self._errors.required((*path, "url"))
            return {}
        scheme, _, name = url.partition("://")
        schemes = ("attachment",) if only_attachments else ("http", "https", "attachment")
        if scheme not in schemes:
            self._errors.add(
                (*path, "url"),
                "URL_TYPE_INVALID_SCHEME",
                f'Scheme "{scheme}" is not supported. Scheme must be one of {schemes}.',
            )
            return {}
        if scheme != "attachment":
            return {"url": url, "proxy_url": url}
        found = self._media.get(name)
        if found is None:
            self._errors.add(
                (*path, "url"),
                "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                "The referenced attachment was not found in the message's attachments",
            )
            return {}
        return {
            "url": found["url"],
            "proxy_url": found["url"],
            "name": name,
            "attachment_id": found["id"],
            "content_type": found["content_type"],
        }

    def _number(self, tree: list[Json]) -> None:
        """Gives every component an integer id: those sent stay, the others are filled in from 1, in reading order."""
        parts = list(walk(tree))
        given = [part["id"] for part in parts if part.get("id")]
        if len(given) != len(set(given)):
            self._errors.add(("components",), "COMPONENT_ID_DUPLICATED", "Component ids must be unique")
        free = (number for number in range(1, 2**31) if number not in given)
        for part in parts:
            part["id"] = part.get("id") or next(free)


def walk(tree: list[Json]) -> list[Json]:
    """Every component of a tree in reading order, parents before children, a section's accessory after its text."""
    found: list[Json] = []
    for part in tree:
        found.append(part)
        found += walk([child for child in part.get("components") or () if child])
        for key in ("accessory", "component"):
            if part.get(key):
                found += walk([part[key]])
    return found
