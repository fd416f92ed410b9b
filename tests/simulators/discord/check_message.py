"""Rules for whole messages: content, embeds, flags, mentions ("Create Message", "Embed Limits", "Allowed Mentions")."""

import re

from tests.simulators.discord.errors import FormErrors, Path
from tests.simulators.discord.json_types import COMPONENTS_V2, EPHEMERAL, SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS, Json
from tests.simulators.discord.settings import Settings

MOST_CONTENT = 2000
EMBED_TEXTS = (("title", 256), ("description", 4096))
MOST_EMBED_TEXT = 6000
LEGACY_FIELDS = ("content", "embeds", "poll", "sticker_ids", "stickers")


def check_flags(payload: Json, errors: FormErrors, *, interaction: bool) -> int:
    """The flags asked for. Others than Discord lists for a route are refused; not verified, the stricter reading."""
    flags = payload.get("flags") or 0
    allowed = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2 | (EPHEMERAL if interaction else 0)
    if not isinstance(flags, int) or isinstance(flags, bool) or flags & ~allowed:
        errors.add(("flags",), "BASE_TYPE_FLAGS", f"Flags {flags} cannot be set here.")
        return 0
    return flags


def check_legacy_fields(payload: Json, errors: FormErrors) -> None:
    """Under Components V2 none of the older ways to say something may carry anything."""
    for name in LEGACY_FIELDS:
        if payload.get(name):
            errors.add(
                (name,),
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_2",
                f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_2",
            )


def check_content(payload: Json, settings: Settings, errors: FormErrors) -> str:
    """The content as Discord keeps it: without white space at its ends."""
    content = payload.get("content")
    if content is None:
        return ""
    if not isinstance(content, str):
        errors.add(("content",), "STRING_TYPE_COERCE", "Could not interpret value as string.")
        return ""
    errors.length(("content",), settings.length(content), 0, MOST_CONTENT)
    return content.strip()


def check_embeds(embeds: object, settings: Settings, errors: FormErrors) -> list[Json]:
    if embeds is None:
        return []
    if not isinstance(embeds, list) or not all(isinstance(embed, dict) for embed in embeds):
        errors.add(("embeds",), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        return []
    errors.length(("embeds",), len(embeds), 0, 10)
    total = 0
    for index, embed in enumerate(embeds):
        texts: list[tuple[Path, object, int]] = [((key,), embed.get(key), most) for key, most in EMBED_TEXTS]
        texts += [(("footer", "text"), (embed.get("footer") or {}).get("text"), 2048)]
        texts += [(("author", "name"), (embed.get("author") or {}).get("name"), 256)]
        fields = embed.get("fields") or []
        errors.length(("embeds", index, "fields"), len(fields), 0, 25)
        for place, one in enumerate(fields):
            for key, most in (("name", 256), ("value", 1024)):
                if not one.get(key):
                    errors.required(("embeds", index, "fields", place, key))
                texts.append((("fields", place, key), one.get(key), most))
        for path, text, most in texts:
            if text is not None:
                errors.length(("embeds", index, *path), settings.length(str(text)), 0, most)
                total += settings.length(str(text))
    if total > MOST_EMBED_TEXT:
        errors.add(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MOST_EMBED_TEXT}")
    return [{**embed, "type": "rich"} for embed in embeds]


def check_allowed_mentions(payload: Json, errors: FormErrors) -> None:
    allowed = payload.get("allowed_mentions")
    if not allowed:
        return
    parse = allowed.get("parse") or []
    for kind in parse:
        if kind not in ("users", "roles", "everyone"):
            errors.choices(("allowed_mentions", "parse"), ("everyone", "roles", "users"))
    for kind in ("users", "roles"):
        listed = allowed.get(kind) or []
        errors.length(("allowed_mentions", kind), len(listed), 0, 100)
        if kind in parse and listed:
            errors.add(
                ("allowed_mentions",),
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.',
            )


def pings(text: str, allowed: Json | None) -> tuple[str, ...]:
    """What a text would notify: "@everyone", "@here", "<@id>", "<@&id>". Without ``allowed`` everything pings."""
    everyone = re.findall(r"@(?:everyone|here)\b", text)
    users = re.findall(r"<@!?(\d+)>", text)
    roles = re.findall(r"<@&(\d+)>", text)
    if allowed is not None:
        parse = allowed.get("parse") or []
        everyone = everyone if "everyone" in parse else []
        users = [one for one in users if "users" in parse or one in map(str, allowed.get("users") or ())]
        roles = [one for one in roles if "roles" in parse or one in map(str, allowed.get("roles") or ())]
    return (*everyone, *(f"<@{one}>" for one in users), *(f"<@&{one}>" for one in roles))
