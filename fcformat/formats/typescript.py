"""Tools as a TypeScript namespace, as the chat template of gpt-oss tells of them, its line breaks included.

Comments carry descriptions and defaults. What TypeScript, or the template, has no words for is `any`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fcformat.chat import Tool

__all__ = [
    "DEFAULT",
    "MEMBER",
    "NO_PARAMETERS",
    "OTHER_DEFAULT",
    "PARAMETERS",
    "RETURNS",
    "namespace_opening",
    "typescript_namespace",
]

_PLAIN = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean"}
#: A longer type of items is written as `any`.
_MAX_ITEM = 50
#: Deepest nesting that is spelled out.
_MAX_DEPTH = 200
#: What is written of a tool without parameters, before and after parameters, before defaults, and behind a member's key.
NO_PARAMETERS = "() => any;\n\n"
PARAMETERS, RETURNS = "(_: {\n", "}) => any;\n\n"
DEFAULT, OTHER_DEFAULT = ", // default: ", "// default: "
MEMBER = ": \n" + " " * 16


def namespace_opening(name: str) -> str:
    """What stands before the declarations."""
    return f"## {name}\n\nnamespace {name} {{\n\n"


def typescript_namespace(name: str, tools: tuple[Tool, ...]) -> str:
    """The declarations of the tools in a namespace."""
    declared = "".join(_declared(tool) for tool in tools)
    return f"{namespace_opening(name)}{declared}}} // namespace {name}"


def _declared(tool: Tool) -> str:
    parameters = tool.parameters if isinstance(tool.parameters, Mapping) else {}
    head = f"// {tool.description or ''}\ntype {tool.name} = "
    properties = parameters.get("properties")
    if not properties:
        return head + NO_PARAMETERS
    required = parameters.get("required") or ()
    lines = []
    for key, schema in properties.items():
        described = schema if isinstance(schema, Mapping) else {}
        comment = f"// {described['description']}\n" if described.get("description") else ""
        optional = "" if key in required else "?"
        lines.append(f"{comment}{key}{optional}: {_type(schema, 0)}{_default(described)},\n")
    return f"{head}{PARAMETERS}{''.join(lines)}{RETURNS}"


def _default(schema: Mapping[str, Any]) -> str:
    if "default" not in schema:
        return ""
    if schema.get("enum"):
        return f"{DEFAULT}{schema['default']}"
    if schema.get("oneOf"):
        return f"{OTHER_DEFAULT}{schema['default']}"
    return f"{DEFAULT}{json.dumps(schema['default'], ensure_ascii=False)}"


def _type(schema: Any, depth: int) -> str:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return "any"
    kind = schema.get("type")
    if kind == "array":
        return _array(schema, depth)
    if isinstance(kind, (list, tuple)) and kind:
        return " | ".join(map(str, kind))
    if schema.get("oneOf"):
        return _one_of(schema["oneOf"], depth)
    if kind == "string" and schema.get("enum"):
        return '"' + '" | "'.join(map(str, schema["enum"])) + '"'
    if kind == "string":
        return "string | null" if schema.get("nullable") else "string"
    if isinstance(kind, str) and kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "object":
        return _object(schema, depth)
    return "any"


def _array(schema: Mapping[str, Any], depth: int) -> str:
    items = schema.get("items")
    null = " | null" if schema.get("nullable") else ""
    if not items:
        return "any[]" + null
    inner = (
        _PLAIN.get(items.get("type", "")) if isinstance(items, Mapping) and isinstance(items.get("type"), str) else None
    )
    if inner is None:
        inner = _type(items, depth + 1)
        if inner == "object | object" or len(inner) > _MAX_ITEM:
            inner = "any"
    return f"{inner}[]{null}"


def _one_of(variants: Sequence[Any], depth: int) -> str:
    # The template means to write `any` where one of them is an object; its flag never leaves the loop that sets it.
    described = [variant if isinstance(variant, Mapping) else {} for variant in variants]
    written = []
    for variant, told in zip(variants, described, strict=True):
        comment = f"// {told['description']}" if told.get("description") else ""
        if "default" in told:
            comment += f"{' ' * 20}{OTHER_DEFAULT}{json.dumps(told['default'], ensure_ascii=False)}"
        written.append(_type(variant, depth + 1) + comment)
    return " | \n".join(written)


def _object(schema: Mapping[str, Any], depth: int) -> str:
    properties = schema.get("properties")
    if not properties:
        return "object"
    required = schema.get("required") or ()
    members = (
        f"{key}{'' if key in required else '?'}{MEMBER}{_type(each, depth + 1)}" for key, each in properties.items()
    )
    return "{\n" + ", ".join(members) + "}"
