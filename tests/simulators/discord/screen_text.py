"""What a person reads in a message or a form, flattened in reading order, so that a test can assert on words."""

from typing import Protocol

from tests.simulators.discord.json_types import LOADING, Json

THINKING = "is thinking…"


class _Stored(Protocol):
    def payload(self) -> Json: ...


def screen_text(message: Json | _Stored) -> str:
    """The words of a message, given as Discord's object or as a stored :class:`Message`; one block a line.

    A button is ``[Label]``, one that cannot be pressed ``[Label, disabled]``, a select
    ``[Placeholder: option | option]`` with the chosen options in ``*stars*``, a file ``[file name]``, a separator
    ``---``. Under Components V2 an attachment that no component shows is not on the screen, so it is not here.
    """
    if not isinstance(message, dict):
        message = message.payload()
    lines = [THINKING] if message.get("flags", 0) & LOADING else []
    if message.get("content"):
        lines.append(str(message["content"]))
    for embed in message.get("embeds") or ():
        lines += [str(embed[key]) for key in ("title", "description") if embed.get(key)]
        lines += [f"{one.get('name')}: {one.get('value')}" for one in embed.get("fields") or ()]
        lines += [str(embed["footer"]["text"])] if embed.get("footer") else []
    if not message.get("flags", 0) & (1 << 15):
        lines += [f"[file {one['filename']}]" for one in message.get("attachments") or ()]
    for component in message.get("components") or ():
        lines += _lines(component)
    return "\n".join(lines)


def modal_text(modal: Json) -> str:
    """The words of a modal: title, then each part; a field's prefilled text stands after its label."""
    lines = [str(modal.get("title", ""))]
    for component in modal.get("components") or ():
        lines += _lines(component)
    return "\n".join(lines)


def _lines(part: Json) -> list[str]:
    kind = part.get("type")
    if kind == 1:
        return [" ".join(line for child in part["components"] for line in _lines(child))]
    if kind == 2:
        label = " ".join(filter(None, [(part.get("emoji") or {}).get("name"), part.get("label")]))
        return [f"[{label}, disabled]" if part.get("disabled") else f"[{label}]"]
    if kind in (3, 5, 6, 7, 8, 21, 22):
        options = [f"*{one['label']}*" if one.get("default") else one["label"] for one in part.get("options") or ()]
        return [f"[{part.get('placeholder') or 'choose'}: {' | '.join(options)}]"]
    if kind == 4:
        return [str(part.get("value") or part.get("placeholder") or "")]
    if kind == 10:
        return [str(part.get("content", ""))]
    if kind in (9, 17):
        lines = [line for child in part.get("components") or () for line in _lines(child)]
        return lines + (_lines(part["accessory"]) if part.get("accessory") else [])
    if kind == 13:
        return [f"[file {part.get('name') or part.get('file', {}).get('url')}]"]
    if kind == 12:
        return [f"[image {item.get('description') or item['media'].get('name') or ''}]" for item in part["items"]]
    if kind == 11:
        return [f"[image {part.get('description') or ''}]"]
    if kind == 18:
        heading = " ".join(filter(None, [part.get("label"), part.get("description")]))
        return [heading, *(_lines(part["component"]) if part.get("component") else [])]
    return {14: ["---"], 19: ["[upload]"], 23: ["[tick box]"]}.get(int(kind or 0), [])
