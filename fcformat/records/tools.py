"""Lists of tools as OpenAI, Anthropic and MCP define them. Any of them is read by any; writing is what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fcformat.chat import Tool, normalize_tools
from fcformat.chat._checks import as_mapping, found, json_copy
from fcformat.chat.tool_shapes import SCHEMA_KEYS, foreign_tool
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.shape import TOOLS, Shape, json_value
from fcformat.records.strict import strict_schema

__all__ = ["ANTHROPIC_TOOLS", "TOOL_SHAPES", "ToolRecords", "object_schema"]

#: Writes one tool; `where` begins what is said of it.
Write = Callable[[Tool, str, LossPolicy], Any]


class ToolRecords(Shape[tuple[Tool, ...]]):
    """A list of tools."""

    kind = TOOLS

    def __init__(
        self, name: str, about: str, write: Write, marks: tuple[str, ...], aliases: tuple[str, ...] = ()
    ) -> None:
        """Declares a shape.

        Args:
            name: Its name.
            about: What it is.
            write: Writes one tool.
            marks: Keys that its definitions have and those of other shapes have not; none: it is never the one meant.
            aliases: Its other names.
        """
        self.name = name
        self.about = about
        self.aliases = aliases
        self._write = write
        self._marks = marks

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        if not self._marks or not isinstance(value, (list, tuple)) or not value:
            return False
        given = [as_mapping(tool) for tool in value]
        return all(
            tool is not None and all(mark in tool for mark in self._marks) and "role" not in tool for tool in given
        )

    def read(self, value: Any, policy: LossPolicy) -> tuple[Tool, ...]:
        """See `Shape`."""
        value = json_value(value, "tools")
        if isinstance(value, Mapping) and isinstance(value.get("tools"), list):  # as MCP's `tools/list` answers
            value = value["tools"]
        if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
            raise FormatError(f"tools: found {found(value)}, expected a list of tools")
        tools = list(value)
        for number, tool in enumerate(tools):
            where = f"tool {number}"
            foreign = None if isinstance(tool, Tool) else foreign_tool(tool, where)
            for key in foreign.left_out if foreign is not None else ():
                kind = "cache" if key == "cache_control" else "fields"
                policy.lose(
                    kind, None, f"{where} ({foreign and foreign.function.get('name')}): {key} is not carried on"
                )
        return normalize_tools(tools)

    def write(self, content: tuple[Tool, ...], policy: LossPolicy) -> list[Any]:
        """See `Shape`."""
        return [self._write(tool, f"tool {number} ({tool.name})", policy) for number, tool in enumerate(content)]


def _plain(tool: Tool, where: str, policy: LossPolicy) -> dict[str, Any]:
    return tool.to_openai()


def _bare(tool: Tool, where: str, policy: LossPolicy) -> dict[str, Any]:
    definition = tool.to_openai()
    if "strict" in definition:
        definition["function"].setdefault("strict", definition["strict"])
    others = [key for key in definition if key not in ("type", "function", "strict")]
    if others:
        policy.lose("fields", None, f"{where}: {', '.join(others)}: found beside the function, which stands alone here")
    function: dict[str, Any] = definition["function"]
    return function


def _strict(tool: Tool, where: str, policy: LossPolicy) -> dict[str, Any]:
    definition = tool.to_openai()
    schema = object_schema(tool, where)
    definition.pop("strict", None)
    definition["function"].update(parameters=strict_schema(schema, f"{where}: parameters", policy), strict=True)
    return definition


def _responses(tool: Tool, where: str, policy: LossPolicy) -> dict[str, Any]:
    function = _bare(tool, where, policy)
    function.pop("type", None)
    # Without `strict`, the Responses API takes a tool for a strict one.
    return {"type": "function", **function, "strict": bool(tool.strict)}


def _with_schema_under(key: str, carried: tuple[str, ...]) -> Write:
    def write(tool: Tool, where: str, policy: LossPolicy) -> dict[str, Any]:
        definition: dict[str, Any] = {"name": tool.name}
        if tool.description is not None:
            definition["description"] = tool.description
        definition[key] = object_schema(tool, where)
        if tool.strict is not None and "strict" in carried:
            definition["strict"] = tool.strict
        elif tool.strict is not None:
            policy.lose("schema", None, f"{where}: strict: found {tool.strict}, which has no place here")
        known = ("name", "description", "parameters", "strict")
        others = [each for each in tool.function_dict() if each not in known]
        if others:
            policy.lose("fields", None, f"{where}: {', '.join(others)}: found under a key that has no place here")
        return definition

    return write


def object_schema(tool: Tool, where: str) -> dict[str, Any]:
    """The schema of the arguments, which has to say that they are an object.

    Raises:
        FormatError: It allows no call.
    """
    schema = json_copy(tool.parameters, where)
    if schema is False:
        raise FormatError(f"{where}: parameters: found False, which allows no call, expected a schema of objects")
    if schema is True:
        return {"type": "object"}
    assert isinstance(schema, dict)  # a tool's schema is one or the other
    return schema if "type" in schema else {"type": "object", **schema}


ANTHROPIC_TOOLS = ToolRecords(
    "anthropic-tools",
    "Anthropic's tools: name, description, input_schema",
    _with_schema_under("input_schema", ("strict",)),
    SCHEMA_KEYS[:1],
)
#: All shapes of lists of tools.
TOOL_SHAPES = (
    ToolRecords("openai-tools", "OpenAI's tools: type and function", _plain, ("type", "function")),
    ToolRecords("openai-functions", "OpenAI's functions: bare definitions", _bare, (), ("functions",)),
    ToolRecords("openai-strict-tools", "OpenAI's tools in strict mode: closed objects, all required", _strict, ()),
    ToolRecords(
        "openai-responses-tools", "tools of OpenAI's Responses: flat", _responses, ("type", "name", "parameters")
    ),
    ANTHROPIC_TOOLS,
    ToolRecords(
        "mcp-tools",
        "MCP's tools: name, description, inputSchema",
        _with_schema_under("inputSchema", ()),
        SCHEMA_KEYS[1:],
    ),
)
