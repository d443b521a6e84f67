"""Tools told with a Python signature, their arguments and their JSON schema, as Hermes 2 Pro's template has them, and read back.

Everything but the schema follows from the schema; one without properties is not written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Tool
from fcformat.errors import ParseError
from fcformat.formats.reading.prompt_text import PromptText
from fcformat.formats.reading.tool_lists import as_tool, read_json

__all__ = ["ToolSignatures"]

_OPENING = '{"type": "function", "function": {"name": "'
_SAID = '", "description": "'
_SCHEMA = '", "parameters": '
_NAME = re.compile(rf'([^"\n]{{1,1000}}){re.escape(_SAID)}')
#: How many places in a description are tried that look like its end.
_MOST_ENDS = 32


class ToolSignatures:
    """How a tool is told; see `ToolWords`."""

    opening = _OPENING

    def name_of(self, tool: Tool) -> str:
        """What a tool is called."""
        return tool.name

    def write(self, tool: Tool) -> str:
        """The text of a tool."""
        parameters = tool.parameters if isinstance(tool.parameters, Mapping) else {}
        before, behind = _around(tool.name, parameters)
        schema = json.dumps(dict(parameters), ensure_ascii=False) if _properties(parameters) else "{}"
        return f"{_OPENING}{tool.name}{_SAID}{before}{tool.description or ''}{behind}{_SCHEMA}{schema}}}"

    def read(self, prompt: PromptText, ends: tuple[str, ...]) -> Tool:
        """Reads the text of a tool.

        Raises:
            ParseError: It does not come next.
        """
        start = prompt.position
        prompt.expect(_OPENING)
        named = prompt.match(_NAME)
        if named is None:
            prompt.fail("the name of a tool and its description")
        told = prompt.position
        for _ in range(_MOST_ENDS):
            place = prompt.text.find(_SCHEMA, prompt.position, prompt.limit)
            if place < 0:
                break
            prompt.position = place + len(_SCHEMA)
            try:
                parameters = read_json(prompt)
                prompt.expect("}")
            except ParseError:
                prompt.position = place + len(_SCHEMA)  # the description goes on
                continue
            said = prompt.text[told:place]
            before, behind = _around(named[1], parameters if isinstance(parameters, dict) else {})
            if not (said.startswith(before) and said.endswith(behind) and len(said) >= len(before + behind)):
                prompt.fail(f"the signature {before!r}", told)
            description = said[len(before) : len(said) - len(behind)]
            # A schema without properties is not written: the usual one is taken for it.
            function = {
                "name": named[1],
                "description": description,
                "parameters": parameters or {"type": "object", "properties": {}},
            }
            return as_tool({key: value for key, value in function.items() if value}, start, prompt)
        raise prompt.error(repr(_SCHEMA), told)


def _around(name: str, parameters: Mapping[str, Any]) -> tuple[str, str]:
    """What stands in the description before and behind the tool's own."""
    properties = _properties(parameters)
    signature = ", ".join(f"{key}: {_type(schema)}" for key, schema in properties.items())
    behind = ["\n\n"]
    for number, (key, schema) in enumerate(properties.items()):
        description = schema.get("description", "") if isinstance(schema, Mapping) else ""
        heading = "    Args:\n" if not number else ""
        behind.append(f"{heading}        {key}({_type(schema)}): {str(description).strip()}")
    return f"{name}({signature}) - ", "".join(behind)


def _properties(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    found = parameters.get("properties")
    return found if isinstance(found, Mapping) else {}


_TYPES = {"string": "str", "number": "float", "integer": "int", "boolean": "bool"}


def _type(schema: Any, depth: int = 0) -> str:
    """A schema's type as the template writes it, which does not look into the items of arrays."""
    if not isinstance(schema, Mapping) or depth > 50:
        return "Any"
    kind = schema.get("type")
    if isinstance(kind, str):
        if kind in _TYPES:
            return _TYPES[kind]
        if kind == "array":
            return "list[Union[]]"
        if kind == "object":
            more = schema.get("additionalProperties", ...)
            return (
                "dict"
                if more is ...
                else f"dict[str, {_type(more, depth + 1) if isinstance(more, Mapping) else 'Union[]'}]"
            )
        return "Any"
    if isinstance(kind, (list, tuple)):
        return f"Union[{','.join(_type({'type': each}, depth + 1) for each in kind)}]"
    return "Union[]"
