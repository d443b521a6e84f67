"""Tools as values: what may be called, with the definition kept exactly as it was given, because prompts print it.

A tool comes from an OpenAI tool dict, a bare function dict, a Python callable or a pydantic model class. How Python
signatures become schemas is in `callables`; this module only holds, validates and gives back.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fcformat.chat._checks import as_mapping, found, json_copy
from fcformat.chat.tool_shapes import SCHEMA_KEYS, foreign_tool
from fcformat.errors import FormatError

__all__ = ["Tool", "check_names"]

_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """A function that a model may call.

    Two tools are equal when their OpenAI definitions are written the same, key order included, since prompts print the
    definitions in their order.

    Attributes:
        name: The function's name, not empty.
        description: What it does, or `None`.
        parameters: JSON schema of the arguments: a dict that belongs to this tool and must not be changed, or a bool.
            A definition without parameters has the schema of an object with no declared properties.
        strict: OpenAI's `strict`, or `None` where the definition does not say.

    Raises:
        FormatError: A field has the wrong type, or the schema is not JSON data.
    """

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] | bool = dataclasses.field(default_factory=lambda: dict(_NO_PARAMETERS))
    strict: bool | None = None
    _definition: str | None = dataclasses.field(default=None, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        fields = ("name", "description", "parameters", "strict")
        now = json_copy({field: getattr(self, field) for field in fields}, "tool")
        if self._definition is None:
            given = {key: value for key, value in now.items() if value is not None}
            definition: dict[str, Any] = {"type": "function", "function": given}
        else:
            definition = json.loads(self._definition)
            # After `dataclasses.replace` the definition is the old one: what differs is written into it.
            for (key, value), before in zip(now.items(), _read(definition, "tool"), strict=True):
                if json.dumps(value) != json.dumps(before):
                    definition["function"][key] = value
        object.__setattr__(self, "parameters", _read(definition, "tool")[2])
        object.__setattr__(self, "_definition", json.dumps(definition, ensure_ascii=False))

    @classmethod
    def from_any(cls, tool: Any, index: int | None = None) -> Tool:
        """Reads a tool.

        Args:
            tool: A `Tool`; an OpenAI tool dict `{"type": "function", "function": {...}}`, nested or flat; a bare
                function dict `{"name": ..., "description": ..., "parameters": ...}`; a Python callable, whose type
                hints and Google-style docstring give the schema; a pydantic model class; a dataclass or `TypedDict`
                class; Anthropic's `{"name": ..., "input_schema": ...}` or MCP's `{"name": ..., "inputSchema": ...}`, as
                dict or object; a tool object of LangChain or LlamaIndex. Of the last four, what is no part of OpenAI's
                definition (hints for clients, such as MCP's `annotations`) is not kept.
            index: Its place among the tools, for error messages.

        Raises:
            FormatError: It is none of these, or its definition is wrong.
        """
        where = "tool" if index is None else f"tool {index}"
        if isinstance(tool, Tool):
            return tool
        foreign = foreign_tool(tool, where)
        if foreign is not None:
            return cls._from_definition({"type": "function", "function": json_copy(foreign.function, where)}, where)
        mapping = as_mapping(tool)
        if mapping is None and callable(tool):
            from fcformat.chat.callables import function_from_callable

            function = json_copy(function_from_callable(tool, where), where)
            return cls._from_definition({"type": "function", "function": function}, where)
        if mapping is None:
            raise FormatError(
                f"{where}: found {found(tool)}, expected a tool or function dict, a callable or a pydantic model class"
            )
        return cls._from_definition(_wrapped(json_copy(mapping, where), where), where)

    @classmethod
    def _from_definition(cls, definition: dict[str, Any], where: str) -> Tool:
        """A tool of a definition that is JSON and nobody else's; so nothing is copied and compared again."""
        tool = object.__new__(cls)
        fields = ("name", "description", "parameters", "strict")
        for field, value in zip(fields, _read(definition, where), strict=True):
            object.__setattr__(tool, field, value)
        object.__setattr__(tool, "_definition", json.dumps(definition, ensure_ascii=False))
        return tool

    def to_openai(self) -> dict[str, Any]:
        """A new OpenAI tool dict: the one that was given, extra keys and key order included, or a plain wrapper."""
        definition: dict[str, Any] = json.loads(self._text())
        return definition

    def function_dict(self) -> dict[str, Any]:
        """A new bare function dict, extra keys and key order as they were given."""
        function: dict[str, Any] = self.to_openai()["function"]
        return function

    def _text(self) -> str:
        assert self._definition is not None  # set by __post_init__
        return self._definition

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tool):
            return NotImplemented
        return self._text() == other._text()

    def __hash__(self) -> int:
        return hash(self._text())


def check_names(tools: Sequence[Tool]) -> None:
    """Raises a `FormatError` where two tools have one name."""
    places: dict[str, int] = {}
    for index, tool in enumerate(tools):
        first = places.setdefault(tool.name, index)
        if first != index:
            raise FormatError(f"tools {first} and {index}: found the name {tool.name!r} twice, expected unique names")


def _wrapped(given: dict[str, Any], where: str) -> dict[str, Any]:
    """The wrapper dict of a definition that was given with one, flat (`type` beside `name`), or bare."""
    if "name" not in given and "function" not in given and "type" in given:
        raise FormatError(f"{where}: found neither 'function' nor 'name' beside type {found(given['type'])}")
    if given.get("type", "function") != "function":
        raise FormatError(f"{where}: type: found {found(given['type'])}, expected 'function'")
    if "function" not in given:
        return {"type": "function", "function": {key: value for key, value in given.items() if key != "type"}}
    if not isinstance(given["function"], dict):
        raise FormatError(f"{where}: function: found {found(given['function'])}, expected an object")
    return given


def _read(definition: dict[str, Any], where: str) -> tuple[str, str | None, dict[str, Any] | bool, bool | None]:
    """Name, description, parameters and strict of a wrapper dict, each of the right type."""
    function = definition["function"]
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise FormatError(f"{where}: name: found {found(name)}, expected a nonempty string")
    where = f"{where} ({name})"
    description = function.get("description")
    if description is not None and not isinstance(description, str):
        raise FormatError(f"{where}: description: found {found(description)}, expected a string")
    parameters = function.get("parameters")
    if parameters is None:
        for foreign in SCHEMA_KEYS:
            if foreign in function:
                raise FormatError(f"{where}: found {foreign!r} without 'parameters', expected OpenAI's 'parameters'")
        parameters = json_copy(_NO_PARAMETERS, where)
    elif not isinstance(parameters, (dict, bool)):
        raise FormatError(f"{where}: parameters: found {found(parameters)}, expected an object or a boolean")
    strict = function["strict"] if "strict" in function else definition.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise FormatError(f"{where}: strict: found {found(strict)}, expected a boolean")
    return name, description, parameters, strict
