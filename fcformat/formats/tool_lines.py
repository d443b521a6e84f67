"""Tools told with a line for each parameter, as LLaMA-Factory's default tool format has them, and read back.

The text tells of one level of parameters: their types, descriptions, choices, the types of items, and which are required.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Tool
from fcformat.formats.reading.prompt_text import PromptText, any_of
from fcformat.formats.reading.tool_lists import as_tool

__all__ = ["ToolLines"]

_NAME = re.compile(r"> Tool Name: ([^\n]{1,1000})\nTool Description: ")
_ARGS = re.compile(r"\nTool Args:\n(?=\n|  - )")
_PARAMETER = re.compile(r"  - ([^\n]{1,1000}?) \(([^()\n]{0,1000}?)(, required)?\): ")
_ITEMS = re.compile(r", where each item should be ([^\n]{0,1000})\Z")
_CHOICES = re.compile(r", should be one of \[([^\n]*)\]\Z")
_OF_TYPE = {"integer": int, "number": float}


class ToolLines:
    """How a tool is told; see `ToolWords`."""

    opening = "> Tool Name: "

    def name_of(self, tool: Tool) -> str:
        """What a tool is called."""
        return tool.name

    def write(self, tool: Tool) -> str:
        """The text of a tool."""
        parameters = tool.parameters if isinstance(tool.parameters, Mapping) else {}
        required = parameters.get("required", ())
        lines = []
        for name, schema in parameters.get("properties", {}).items():
            schema = schema if isinstance(schema, Mapping) else {}
            items = schema.get("items")
            lines.append(
                f"  - {name} ({schema.get('type', '')}{', required' if name in required else ''}): "
                f"{schema.get('description', '')}"
                + (f", should be one of [{', '.join(map(str, schema['enum']))}]" if schema.get("enum") else "")
                + (
                    f", where each item should be {items.get('type', '')}"
                    if isinstance(items, Mapping) and items
                    else ""
                )
                + "\n"
            )
        return f"{self.opening}{tool.name}\nTool Description: {tool.description or ''}\nTool Args:\n{''.join(lines)}\n"

    def read(self, prompt: PromptText, ends: tuple[str, ...]) -> Tool:
        """Reads the text of a tool.

        Raises:
            ParseError: It does not come next.
        """
        start = prompt.position
        named = prompt.match(_NAME)
        if named is None:
            prompt.fail("the name and description of a tool")
        description, found = prompt.until(_ARGS)
        if found is None:
            prompt.fail("'Tool Args:'", start)
        function: dict[str, Any] = {"name": named[1], **({"description": description} if description else {})}
        properties: dict[str, Any] = {}
        required: list[str] = []
        while not prompt.skip("\n"):
            parameter = prompt.match(_PARAMETER)
            if parameter is None:
                prompt.fail("a parameter of the tool")
            text, _ = prompt.until(_parameter_ends(ends))
            properties[parameter[1]] = _schema(parameter[2], text)
            required += [parameter[1]] if parameter[3] else []
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            parameters["required"] = required
        function["parameters"] = parameters
        if properties:
            prompt.issues.append(
                f"tool {named[1]}: the prompt tells of parameters one level deep, and of no other keywords"
            )
        return as_tool(function, start, prompt)


@functools.lru_cache(maxsize=16)
def _parameter_ends(ends: tuple[str, ...]) -> re.Pattern[str]:
    """What ends a parameter: another one, or the end of the tool. A description may have several lines."""
    return re.compile(rf"\n(?=\n(?:{any_of(ends)})|{_PARAMETER.pattern})")


def _schema(kind: str, text: str) -> dict[str, Any]:
    """A parameter's schema, from its type and what is told of it."""
    schema: dict[str, Any] = {}
    if kind:
        schema["type"] = _types(kind)
    items = _ITEMS.search(text)
    if items is not None:
        text = text[: items.start()]
    choices = _CHOICES.search(text)
    if choices is not None:
        text = text[: choices.start()]
        schema["enum"] = [_choice(each, schema.get("type")) for each in choices[1].split(", ")]
    if text:
        schema["description"] = text
    if items is not None:
        # Items without a type are told of, empty ones are not: this says as little, and is not empty.
        schema["items"] = {"type": _types(items[1])} if items[1] else {"anyOf": [{}]}
    return schema


def _types(kind: str) -> Any:
    """A type, or a list of them as Python prints it."""
    try:
        types = json.loads(kind.replace("'", '"')) if kind.startswith("[") else kind
    except ValueError:
        return kind
    return types if str(types) == kind else kind


def _choice(text: str, kind: Any) -> Any:
    """One of the choices, as the value that its parameter's type says."""
    if not isinstance(kind, str) or kind not in _OF_TYPE:
        return text
    try:
        value = _OF_TYPE[kind](text)
    except ValueError:
        return text
    return value if str(value) == text else text
