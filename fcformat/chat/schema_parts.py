"""Pieces of JSON schemas that Python type hints are made of: unions, enumerations, annotations, defaults.

Functions on plain schema dicts. Which type leads to which piece is in `type_schemas`.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Iterable
from typing import Any

from fcformat.chat._checks import found, json_copy
from fcformat.errors import FormatError

__all__ = ["add_default", "annotated", "described", "enumeration", "is_required", "special_form", "union_of"]

_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
#: Bounds on metadata of `Annotated` (annotated-types, pydantic's `Field`), and the keywords that say the same.
_BOUNDS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
}
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}


def union_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of a value that is valid under one of these: a list of types where that says it, else `anyOf`.

    A description of the one alternative that is not null becomes the description of the whole.
    """
    if any(not set(schema) - {"description"} for schema in schemas):
        schemas = [{}]
    valued = [schema for schema in schemas if schema.get("type") != "null"]
    description = valued[0].pop("description", None) if len(valued) == 1 else None
    members: list[dict[str, Any]] = []
    for schema in schemas:
        for member in schema["anyOf"] if set(schema) == {"anyOf"} else [schema]:
            if member not in members:
                members.append(member)
    if len(members) == 1:
        return described(members[0], description)
    if all(set(member) == {"type"} for member in members):
        kinds: list[str] = []
        for member in members:
            kinds += [member["type"]] if isinstance(member["type"], str) else member["type"]
        return described({"type": list(dict.fromkeys(kinds))}, description)
    return described({"anyOf": members}, description)


def described(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    """The same schema, with this description written into it if there is one."""
    if description is not None:
        schema["description"] = description
    return schema


def add_default(schema: dict[str, Any], default: object) -> None:
    """Writes the default into the schema, if JSON can write it."""
    if isinstance(default, enum.Enum):
        default = default.value
    try:
        schema["default"] = json_copy(default, "default")
    except FormatError:
        return  # a value that only Python can write; that the parameter is optional is said by `required`


def enumeration(members: Iterable[Any], where: str) -> dict[str, Any]:
    """The schema of one of these values, with their type where they have one in common."""
    values = [member.value if isinstance(member, enum.Enum) else member for member in members]
    for value in values:
        if type(value) not in _KINDS:
            raise FormatError(f"{where}: found {found(value)} among the values, expected strings, numbers or booleans")
    kinds = {_KINDS[type(value)] for value in values}
    return {"type": kinds.pop(), "enum": values} if len(kinds) == 1 else {"enum": values}


def annotated(schema: dict[str, Any], metadata: Iterable[Any]) -> dict[str, Any]:
    """Writes descriptions and bounds of `Annotated` into the schema; the last description, the outermost, holds."""
    for item in metadata:
        if isinstance(item, type):
            continue
        if isinstance(item, str):
            schema["description"] = item
            continue
        for attribute in ("description", "documentation"):
            if isinstance(getattr(item, attribute, None), str):
                schema["description"] = getattr(item, attribute)
        _bound(schema, item)
        nested = getattr(item, "metadata", None)
        if isinstance(nested, (list, tuple)):  # pydantic's Field keeps its bounds there
            for inner in nested:
                _bound(schema, inner)
    return schema


def _bound(schema: dict[str, Any], item: Any) -> None:
    for attribute, keyword in _BOUNDS.items():
        value = getattr(item, attribute, None)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            schema[keyword] = value
    pattern = getattr(item, "pattern", None)
    if isinstance(pattern, str):
        schema["pattern"] = pattern
    kinds = schema.get("type")
    for attribute in ("min_length", "max_length"):
        value = getattr(item, attribute, None)
        if isinstance(value, int) and not isinstance(value, bool):
            for kind, noun in _LENGTHS.items():
                if kinds is None or kind == kinds or (isinstance(kinds, list) and kind in kinds):
                    schema[attribute[:3] + noun] = value


def special_form(origin: Any) -> str | None:
    """The name of a special form such as `Required`, also of typing_extensions' own on older Pythons."""
    return None if isinstance(origin, type) else getattr(origin, "_name", None)


def is_required(hint: Any, otherwise: bool) -> bool:
    """Whether a `TypedDict` key is required: by its own mark, else by the class's totality."""
    while (origin := typing.get_origin(hint)) is not None:
        if special_form(origin) in ("Required", "NotRequired"):
            return special_form(origin) == "Required"
        if origin is not typing.Annotated and special_form(origin) != "ReadOnly":
            break
        hint = typing.get_args(hint)[0]
    return otherwise
