"""Tools told as XML, every further key of a definition as an element, as Qwen3-Coder's template has them, and read back.

Elements hold scalars as the template's engine prints them, without saying which kind they are: a text that looks like a number
or a word of Python's is read as such, except under keys whose values are texts, and for parameters that are texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fcformat.chat import Tool
from fcformat.formats.reading.prompt_text import PromptText
from fcformat.formats.reading.tool_lists import as_tool

__all__ = ["ToolElements"]

#: Keys of which the value is a text whatever it looks like.
_TEXTS = frozenset(
    (
        "$anchor",
        "$comment",
        "$id",
        "$ref",
        "$schema",
        "contentEncoding",
        "contentMediaType",
        "format",
        "pattern",
        "title",
    )
)
_WORDS = {"True": True, "False": False, "None": None}
_ELEMENT = re.compile(r"<([^<>/\n][^<>\n]{0,999})>")
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:e[+-]?[0-9]{1,4})?")


class ToolElements:
    """How a tool is told; see `ToolWords`."""

    opening = "<function>\n"

    def name_of(self, tool: Tool) -> str:
        """What a tool is called."""
        return tool.name

    def write(self, tool: Tool) -> str:
        """The text of a tool."""
        function = tool.function_dict()
        lines = ["<function>", f"<name>{tool.name}</name>"]
        if "description" in function:
            lines.append(f"<description>{_said(function['description'])}</description>")
        lines.append("<parameters>")
        parameters = function.get("parameters")
        if isinstance(parameters, Mapping):
            properties = parameters.get("properties")
            for name, fields in properties.items() if isinstance(properties, Mapping) else ():
                lines.extend(("<parameter>", f"<name>{name}</name>"))
                if isinstance(fields, Mapping):
                    if "type" in fields:
                        lines.append(f"<type>{fields['type']}</type>")
                    if "description" in fields:
                        lines.append(f"<description>{_said(fields['description'])}</description>")
                    lines.extend(_elements(fields, ("name", "type", "description")))
                lines.append("</parameter>")
            lines.extend(_elements(parameters, ("type", "properties")))
        lines.append("</parameters>")
        lines.extend(_elements(function, ("type", "name", "description", "parameters")))
        lines.append("</function>")
        return "\n".join(lines)

    def read(self, prompt: PromptText, ends: tuple[str, ...]) -> Tool:
        """Reads the text of a tool.

        Raises:
            ParseError: It does not come next.
        """
        start = prompt.position
        prompt.expect(self.opening)
        function = _fields(prompt, "<parameters>")
        properties: dict[str, Any] = {}
        while prompt.skip("<parameter>\n"):
            fields = _fields(prompt, "</parameter>")
            name = fields.pop("name", None)
            if not isinstance(name, str):
                prompt.fail("a parameter with a name", start)
            properties[name] = fields
        parameters = {"type": "object", "properties": properties, **_fields(prompt, "</parameters>")}
        function["parameters"] = parameters
        function |= _fields(prompt, "</function>", last=True)
        return as_tool(function, start, prompt)


def _said(description: Any) -> str:
    return str(description).strip()


def _elements(fields: Mapping[str, Any], handled: tuple[str, ...]) -> Iterator[str]:
    for key, value in fields.items():
        if key not in handled:
            # Scalars as the template's engine prints them.
            written = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
            yield f"<{key}>{written}</{key}>"


def _fields(prompt: PromptText, end: str, *, last: bool = False) -> dict[str, Any]:
    """Reads elements up to a tag, and the tag with its line break; `last`: there is none behind it."""
    fields: dict[str, Any] = {}
    while not (prompt.skip(end) if last else prompt.skip(end + "\n")):
        start = prompt.position
        opened = prompt.match(_ELEMENT)
        if opened is None or opened[1] == "parameter":
            prompt.fail(f"an element or {end!r}", start)
        text = prompt.up_to(f"</{opened[1]}>\n")
        if text is None:
            prompt.fail(f"an element that is closed by </{opened[1]}>", start)
        fields[opened[1]] = _value(opened[1], text, fields.get("type"))
    return fields


def _value(key: str, text: str, kind: Any) -> Any:
    """What an element says, as the value that is written so."""
    if key in ("name", "description") or key in _TEXTS or kind == "string":
        texts = key in ("name", "description") or key in _TEXTS or key in ("default", "const", "example")
        if texts:
            return text
    if key == "type" and text.startswith("["):
        return _if_written_so(_loads(text.replace("'", '"')), text, str)
    if text[:1] in ("{", "["):
        return _if_written_so(_loads(text), text, lambda value: json.dumps(value, ensure_ascii=False))
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return _if_written_so(_loads(text), text, str)
    return text


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _if_written_so(value: Any, text: str, write: Any) -> Any:
    """The value, if it is written as the text; else the text."""
    return value if value is not None and write(value) == text else text
