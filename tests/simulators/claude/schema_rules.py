"""Which JSON schemas `output_config.format` takes.

Source: Anthropic's structured outputs page, August 2026: types, `enum` and `const` of scalars, `anyOf`, `allOf` without
`$ref`, internal `$ref`, `default`, `required`, ten string formats, `minItems` of 0 or 1, simple `pattern`; every object
with `additionalProperties: false`; no recursion; at most 24 optional properties and 16 unions in all. A keyword that
page does not list is refused, its purely descriptive ones aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulators.claude.errors import ApiError

TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
STRING_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
KEYWORDS = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "minItems", "enum", "const"),
        *("anyOf", "allOf", "$ref", "$defs", "definitions", "default", "format", "pattern", "title", "description"),
    }
)
MOST_OPTIONAL = 24
MOST_UNIONS = 16
_UNSIMPLE = ("(?=", "(?!", "(?<", "\\b", "\\B", "\\1")
"""Marks of look-around, word boundaries and back references, which the page excludes from `pattern`."""

Schema = dict[str, Any]


def check_schema(schema: object) -> None:
    """Returns if the service would compile this schema; else raises the ApiError it would answer with."""
    where = "output_config.format.schema"
    root = _as_schema(schema, where)
    nodes = list(_walk(root, where))
    for node, place in nodes:
        _check_node(node, place, root)
    _refuse_recursion(root, where)
    optional = sum(len(set(node.get("properties", ())) - set(node.get("required", ()))) for node, _ in nodes)
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node, _ in nodes)
    if optional > MOST_OPTIONAL:
        raise ApiError.invalid(f"{where}: too complex: {optional} optional properties, at most {MOST_OPTIONAL}")
    if unions > MOST_UNIONS:
        raise ApiError.invalid(f"{where}: too complex: {unions} properties with a union type, at most {MOST_UNIONS}")


def resolve(root: Schema, reference: str) -> Schema | None:
    """The schema an internal `$ref` names, or None."""
    if not reference.startswith("#"):
        return None
    found: Any = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        if part:
            found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _as_schema(value: object, where: str) -> Schema:
    if not isinstance(value, dict) or not value:
        raise ApiError.invalid(f"{where}: a schema is a non-empty object")
    return value


def _children(node: Schema, where: str) -> Iterator[tuple[Schema, str]]:
    for keyword in ("properties", "$defs", "definitions"):
        for name, child in node.get(keyword, {}).items():
            yield _as_schema(child, f"{where}.{keyword}.{name}"), f"{where}.{keyword}.{name}"
    for keyword in ("anyOf", "allOf"):
        for number, child in enumerate(node.get(keyword, ())):
            yield _as_schema(child, f"{where}.{keyword}.{number}"), f"{where}.{keyword}.{number}"
    if "items" in node:
        yield _as_schema(node["items"], f"{where}.items"), f"{where}.items"


def _walk(node: Schema, where: str) -> Iterator[tuple[Schema, str]]:
    yield node, where
    for child, place in _children(node, where):
        yield from _walk(child, place)


def _check_node(node: Schema, where: str, root: Schema) -> None:
    if extra := sorted(set(node) - KEYWORDS):
        raise ApiError.invalid(f"{where}: the keyword '{extra[0]}' is not supported")
    kinds = node.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if unknown := [kind for kind in kinds if kind not in TYPES]:
        raise ApiError.invalid(f"{where}: unknown type {unknown[0]!r}")
    if not kinds and not {"enum", "const", "anyOf", "allOf", "$ref"} & set(node):
        raise ApiError.invalid(f"{where}: a schema needs a type, enum, const, anyOf, allOf or $ref")
    if "object" in kinds or "properties" in node:
        _check_object(node, where)
    if "array" in kinds and "items" not in node:
        raise ApiError.invalid(f"{where}: an array needs items")
    if node.get("minItems", 0) not in (0, 1):
        raise ApiError.invalid(f"{where}: minItems takes only 0 and 1")
    if "format" in node and node["format"] not in STRING_FORMATS:
        raise ApiError.invalid(f"{where}: the string format {node['format']!r} is not supported")
    if any(mark in node.get("pattern", "") for mark in _UNSIMPLE):
        raise ApiError.invalid(f"{where}: this pattern is not supported")
    scalars = [*node.get("enum", []), *([node["const"]] if "const" in node else [])]
    if any(isinstance(value, dict | list) for value in scalars) or node.get("enum") == []:
        raise ApiError.invalid(f"{where}: enum and const take strings, numbers, booleans and null")
    if any("$ref" in part for part in node.get("allOf", ())):
        raise ApiError.invalid(f"{where}: allOf with $ref is not supported")
    if "$ref" in node and resolve(root, node["$ref"]) is None:
        raise ApiError.invalid(f"{where}: $ref {node['$ref']!r} does not name a part of this schema")


def _check_object(node: Schema, where: str) -> None:
    if node.get("additionalProperties") is not False:
        raise ApiError.invalid(f"{where}: for 'object' type, 'additionalProperties' must be explicitly set to false")
    if missing := sorted(set(node.get("required", ())) - set(node.get("properties", ()))):
        raise ApiError.invalid(f"{where}: required names '{missing[0]}', which is not among the properties")


def _refuse_recursion(root: Schema, where: str) -> None:
    def descend(node: Schema, open_references: frozenset[str]) -> None:
        for part, _ in _walk(node, where):
            if part is not node and part in definitions:
                continue  # reached through its $ref or not at all
            if (reference := part.get("$ref")) is None:
                continue
            if reference in open_references:
                raise ApiError.invalid(f"{where}: recursive schemas are not supported ({reference})")
            target = resolve(root, reference)
            if target is not None:
                descend(target, open_references | {reference})

    definitions = [child for keyword in ("$defs", "definitions") for child in root.get(keyword, {}).values()]
    descend(root, frozenset({"#", "#/"}))
