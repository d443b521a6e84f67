"""Tools as others define them, read into OpenAI's definition: Anthropic, MCP, and the objects of LangChain and LlamaIndex.

Objects are known by what they have, so that neither package is needed here. What a definition holds beside a name, a
description, a schema and `strict` tells clients how to show or cache a tool; it is given back apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fcformat.chat._checks import as_mapping, found, json_copy
from fcformat.errors import FormatError

__all__ = ["SCHEMA_KEYS", "ForeignTool", "foreign_tool"]

#: Where Anthropic and MCP keep the schema of a tool's arguments.
SCHEMA_KEYS = ("input_schema", "inputSchema")
_CARRIED = ("name", "description", "strict", "parameters", *SCHEMA_KEYS)


class ForeignTool(NamedTuple):
    """A tool's function in OpenAI's shape, and what else its definition held."""

    function: dict[str, Any]
    left_out: dict[str, Any]


def foreign_tool(tool: Any, where: str) -> ForeignTool | None:
    """Reads a tool of another shape than OpenAI's; `None` where it is none of those.

    Args:
        tool: What was given.
        where: Start of error messages.

    Raises:
        FormatError: It is one of these shapes, and wrong.
    """
    metadata: Any = getattr(tool, "metadata", None)
    if callable(getattr(metadata, "get_parameters_dict", None)):
        parameters = _schema(metadata.get_parameters_dict(), where)
        return ForeignTool(_function(metadata.name, metadata.description, parameters), {})
    if _is_langchain(tool):
        schema = getattr(tool, "tool_call_schema", None) or tool.args_schema
        parameters = {"type": "object", "properties": {}} if schema is None else _schema(schema, where)
        return ForeignTool(_function(tool.name, tool.description or None, parameters), {})
    given = as_mapping(tool)
    if given is None or "function" in given or "parameters" in given or not any(key in given for key in SCHEMA_KEYS):
        return None
    return _of_mapping(given, where)


def _is_langchain(tool: Any) -> bool:
    """Whether it is an object such as LangChain's `BaseTool`; its class is none."""
    return (
        not isinstance(tool, (type, Mapping))
        and isinstance(getattr(tool, "name", None), str)
        and isinstance(getattr(tool, "description", None), str)
        and hasattr(tool, "args_schema")
    )


def _of_mapping(given: Mapping[Any, Any], where: str) -> ForeignTool:
    keys = [key for key in SCHEMA_KEYS if key in given]
    if len(keys) > 1:
        raise FormatError(f"{where}: found both 'input_schema' and 'inputSchema', expected one of them")
    if given.get("type") not in (None, "custom", "function"):
        raise FormatError(f"{where}: type: found {found(given['type'])}, expected a tool that the caller runs")
    parameters = json_copy(given[keys[0]], f"{where}: {keys[0]}")
    function = {"name": given.get("name"), "description": given.get("description"), "parameters": parameters}
    function["strict"] = given.get("strict")
    left_out = {
        str(key): value
        for key, value in given.items()
        if key not in _CARRIED and key != "type" and value not in (None, {}, [])
    }
    return ForeignTool({key: value for key, value in function.items() if value is not None}, left_out)


def _function(name: Any, description: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    described = {} if description is None else {"description": description}
    return {"name": name, **described, "parameters": parameters}


def _schema(given: Any, where: str) -> dict[str, Any]:
    """A schema that is given as a dict or as a pydantic model class; its title and description are the class's."""
    if isinstance(given, Mapping):
        schema = json_copy(given, f"{where}: schema")
    else:
        method = getattr(given, "model_json_schema", None) or getattr(given, "schema", None)  # pydantic 2, and 1
        if not callable(method):
            raise FormatError(f"{where}: schema: found {found(given)}, expected an object or a pydantic model class")
        schema = json_copy(method(), f"{where}: schema")
    if not isinstance(schema, dict):
        raise FormatError(f"{where}: schema: found {found(schema)}, expected an object")
    for key in ("title", "description"):
        schema.pop(key, None)
    return schema
