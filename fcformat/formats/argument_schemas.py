"""The schema that constrains a tool's arguments: an object, closed unless it says otherwise.

Tools rarely write `additionalProperties: false`, and a model that is free to invent parameters does. So an object schema
that declares `properties` and says nothing of others is closed, wherever that cannot change what its neighbours mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fcformat.chat import Tool
from fcformat.errors import FormatError

__all__ = ["arguments_schema"]

#: Keywords that say something of undeclared properties, or through which other schemas declare more of them.
_OPEN_WORLD = frozenset(
    (
        "additionalProperties",
        "unevaluatedProperties",
        "patternProperties",
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "dependencies",
        "propertyNames",
        "not",
    )
)
#: Keywords under which a schema's meaning is used in ways that closing it would change.
_COMBINING = frozenset(("allOf", "oneOf", "not", "if", "contains", "unevaluatedProperties", "unevaluatedItems"))


def arguments_schema(tool: Tool, undeclared_arguments: str = "forbid") -> dict[str, Any] | bool:
    """The schema of a tool's arguments.

    Args:
        tool: The tool.
        undeclared_arguments: `"forbid"`: objects that declare `properties` and say nothing of others have no others.
            `"schema"`: what the schema says, which by JSON Schema's rules allows them.

    Raises:
        FormatError: `undeclared_arguments` is neither.
    """
    if undeclared_arguments not in ("forbid", "schema"):
        raise FormatError(f"undeclared_arguments: found {undeclared_arguments!r}, expected 'forbid' or 'schema'")
    parameters = tool.parameters
    if parameters is False:
        return False
    schema: dict[str, Any] = {} if parameters is True else dict(parameters)
    if "type" not in schema and not _OPEN_WORLD & schema.keys():
        schema = {"type": "object", **schema}
    if undeclared_arguments == "schema":
        return schema
    combining = _combines(schema)
    if parameters is not True and not schema.keys() - {"type", "description", "title", "required"}:
        if not schema.get("required"):
            schema = {**schema, "properties": {}}
    closed: dict[str, Any] = _closed(schema, 0, combining)
    return closed


def _combines(schema: Any) -> bool:
    """Whether a combining keyword stands anywhere in the schema, outside of plain data."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if _COMBINING & part.keys():
                return True
            pending.extend(value for key, value in part.items() if key not in ("enum", "const", "default", "examples"))
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return False


def _closed(schema: Any, depth: int, combining: bool) -> Any:
    """The schema with its object schemas closed; definitions only where nothing combines them."""
    if not isinstance(schema, Mapping) or depth > 200:  # the depth that tool definitions may have
        return schema
    closed = dict(schema)
    named = (
        ("properties", "patternProperties")
        if combining
        else ("properties", "patternProperties", "$defs", "definitions")
    )
    for key, value in schema.items():
        if isinstance(value, Mapping) and key in named:
            closed[key] = {name: _closed(part, depth + 1, combining) for name, part in value.items()}
        elif key in ("items", "prefixItems", "additionalItems", "additionalProperties", "anyOf"):
            if isinstance(value, (list, tuple)):
                closed[key] = [_closed(part, depth + 1, combining) for part in value]
            else:
                closed[key] = _closed(value, depth + 1, combining)
    if "properties" in schema and not _OPEN_WORLD & schema.keys():
        closed["additionalProperties"] = False
    return closed
