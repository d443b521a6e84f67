"""Tools as a prompt tells of them, read back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fcformat.chat import Tool
from fcformat.errors import FormatError, ParseError
from fcformat.formats.reading.prompt_text import PromptText

if TYPE_CHECKING:
    from fcformat.formats.layout import ToolList

__all__ = ["as_tool", "read_json", "read_tool", "read_tools"]

_DECODER = json.JSONDecoder()


def read_json(prompt: PromptText) -> Any:
    """Reads a JSON value that comes next.

    Raises:
        ParseError: There is none.
    """
    start = prompt.position
    try:
        value, prompt.position = _DECODER.raw_decode(prompt.text, start)
    except json.JSONDecodeError as error:
        prompt.fail(f"JSON ({error.msg})", min(error.pos, prompt.limit))
    except (ValueError, RecursionError) as error:  # a number with too many digits; nesting that is too deep
        prompt.fail(f"JSON ({error})", start)
    if prompt.position > prompt.limit:
        prompt.fail("JSON", start)
    return value


def read_tool(prompt: PromptText) -> Tool:
    """Reads a tool's definition in JSON that comes next.

    Raises:
        ParseError: There is none, or it is no tool's.
    """
    start = prompt.position
    value = read_json(prompt)
    return as_tool(value, start, prompt)


def as_tool(value: Any, start: int, prompt: PromptText) -> Tool:
    """A definition that was read as a tool.

    Raises:
        ParseError: It is none.
    """
    try:
        return Tool.from_any(value)
    except FormatError as error:
        raise ParseError(f"{prompt.name}: at character {start}: {error}", start) from error


def read_tools(told: ToolList, prompt: PromptText) -> tuple[Tool, ...]:
    """Reads the tools that a list tells of, behind `ToolList.before`.

    Raises:
        ParseError: They are not as the list is written.
    """
    if told.indent is not None:
        start = prompt.position
        value = read_json(prompt)
        if not isinstance(value, list):
            prompt.fail("a list of tools", start)
        return tuple(as_tool(each, start, prompt) for each in value)
    tools: list[Tool] = []
    if told.describe is not None:
        ends = ("\n" + told.describe.opening, told.after)
        while not tools or prompt.skip("\n"):
            tools.append(told.describe.read(prompt, ends))
            if prompt.has(told.after):
                break
        return tuple(tools)
    while not prompt.has(told.after):
        prompt.expect("\n")
        tools.append(read_tool(prompt))
    return tuple(tools)
