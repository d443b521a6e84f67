"""`$ref`s into `$defs`: who refers to whom, new names for definitions, a definition in place of the reference to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["PREFIX", "inline_root", "reachable", "rename"]

#: Keywords whose value is data, in which `$ref` is an ordinary key; and those that hold schemas by free names.
_DATA = frozenset(("const", "default", "enum", "examples"))
_NAMED = frozenset(("$defs", "dependentSchemas", "patternProperties", "properties"))
PREFIX = "#/$defs/"


def inline_root(reference: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The definition that a `$ref` names, with the definitions beside it; without itself, if nothing refers to it."""
    name = reference["$ref"][len(PREFIX) :]
    root = dict(definitions[name])
    if json.dumps(PREFIX + name) not in json.dumps(definitions):
        definitions = {other: schema for other, schema in definitions.items() if other != name}
    return {**root, "$defs": definitions} if definitions else root


def _references(schema: Any) -> Iterable[str]:
    """Names of the definitions that a schema refers to."""
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str) and value["$ref"].startswith(PREFIX):
                yield value["$ref"][len(PREFIX) :]
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def reachable(name: str, definitions: Mapping[str, Any]) -> list[str]:
    """The names of a definition and of all that it refers to, sorted."""
    seen = {name}
    pending = [name]
    while pending:
        for other in _references(definitions[pending.pop()]):
            if other in definitions and other not in seen:
                seen.add(other)
                pending.append(other)
    return sorted(seen)


def rename(schema: Any, names: Mapping[str, str]) -> Any:
    """A copy of a schema in which references to definitions carry their new names. Depth is bounded by `json_copy`."""
    if isinstance(schema, list):
        return [rename(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    renamed: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DATA:
            renamed[key] = value
        elif key in _NAMED and isinstance(value, dict):
            renamed[key] = {name: rename(item, names) for name, item in value.items()}
        elif key == "$ref" and isinstance(value, str) and value.startswith(PREFIX):
            renamed[key] = PREFIX + names.get(value[len(PREFIX) :], value[len(PREFIX) :])
        elif key == "discriminator" and isinstance(value, dict) and isinstance(value.get("mapping"), dict):
            mapping = {tag: rename({"$ref": to}, names)["$ref"] for tag, to in value["mapping"].items()}
            renamed[key] = {**value, "mapping": mapping}
        else:
            renamed[key] = rename(value, names)
    return renamed
