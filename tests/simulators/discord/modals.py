"""What a person fills into a form, checked as the client checks it before it sends."""

from collections.abc import Mapping

from tests.simulators.discord.check_components import CHECKBOX, CHECKBOX_GROUP, FILE_UPLOAD, RADIO_GROUP, TEXT_INPUT
from tests.simulators.discord.command_options import Attachment, Uploader
from tests.simulators.discord.commands import NotOfferedError
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.models import Modal
from tests.simulators.discord.settings import Settings


def fill(modal: Modal, fields: Mapping[str, object], upload: Uploader, settings: Settings) -> list[Json]:
    """The ``components`` of a modal submit, in the shape of the form.

    Raises:
        NotOfferedError: for a field that is not there, or contents that the client would not send.
    """
    labels = {str(part["custom_id"]): label for label, part in modal.fields}
    names = {*labels, *labels.values()}
    for name in fields:
        if name not in names:
            raise NotOfferedError(f"the form has no field {name!r}, only {sorted(labels.values())}")

    def answer(part: Json) -> Json:
        label = labels[part["custom_id"]]
        given = fields.get(part["custom_id"], fields.get(label))
        about = {"type": part["type"], "id": part["id"], "custom_id": part["custom_id"]}
        return {**about, **_answer(part, label, given, upload, settings)}

    found: list[Json] = []
    for part in modal.payload["components"]:
        about = {"type": part["type"], "id": part["id"]}
        if part["type"] == 18:
            found.append({**about, "component": answer(part["component"])})
        elif part["type"] == 1:
            found.append({**about, "components": [answer(child) for child in part["components"]]})
        else:
            found.append(about)
    return found


def _answer(part: Json, label: str, given: object, upload: Uploader, settings: Settings) -> Json:
    kind, required = part["type"], part.get("required", True)
    if kind == TEXT_INPUT:
        value = str(part.get("value") or "") if given is None else given
        if not isinstance(value, str):
            raise NotOfferedError(f"{label!r} takes text")
        size = settings.length(value)
        if (required and not size) or (size and not part.get("min_length", 0) <= size <= part.get("max_length", 4000)):
            raise NotOfferedError(f"{label!r} does not take {size} characters")
        return {"value": value}
    if kind == FILE_UPLOAD:
        files = [one for one in given if isinstance(one, Attachment)] if isinstance(given, list) else []
        _count(part, label, len(files), required=required)
        return {"values": [upload.resolve(one) for one in files]}
    if kind == CHECKBOX:
        return {"value": bool(part.get("default")) if given is None else bool(given)}
    defaults = [one["value"] for one in part.get("options") or () if one.get("default")]
    wanted = defaults if given is None else [given] if isinstance(given, str) else given
    if not isinstance(wanted, list):
        raise NotOfferedError(f"{label!r} takes options")
    chosen = [_option(part, label, one) for one in wanted]
    if kind == RADIO_GROUP:
        if (required and not chosen) or len(chosen) > 1:
            raise NotOfferedError(f"{label!r} takes one option")
        return {"value": chosen[0] if chosen else None}
    _count(part, label, len(chosen), required=required)
    return {"values": chosen}


def _count(part: Json, label: str, count: int, *, required: bool) -> None:
    most = part.get("max_values") or (len(part["options"]) if part["type"] == CHECKBOX_GROUP else 1)
    least = part.get("min_values", 1) if required else 0
    if count > most or count < least or (count and count < part.get("min_values", 1)):
        raise NotOfferedError(f"{label!r} does not take {count} entries")


def _option(part: Json, label: str, wanted: object) -> str:
    hits = [one["value"] for one in part.get("options") or () if wanted in (one["label"], one["value"])]
    if len(hits) != 1:
        raise NotOfferedError(f"{wanted!r} is not an option of {label!r}")
    return str(hits[0])
