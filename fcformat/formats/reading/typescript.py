"""Tools told as a TypeScript namespace, read back as far as TypeScript tells.

Integers are numbers there, and keywords such as `minimum` have no words: `issues` says so for each tool that has parameters.
"""

from __future__ import annotations

import json
import re
from typing import Any

from fcformat.chat import Tool
from fcformat.errors import ParseError
from fcformat.formats.reading.prompt_text import PromptText
from fcformat.formats.reading.tool_lists import as_tool
from fcformat.formats.typescript import DEFAULT, MEMBER, NO_PARAMETERS, OTHER_DEFAULT, PARAMETERS, RETURNS

__all__ = ["read_typescript"]

_DECLARED = re.compile(rf"\ntype (\S{{1,1000}}) = (?={re.escape(NO_PARAMETERS)}|{re.escape(PARAMETERS)})")
_KEY = re.compile(r"(?!// )([^\n]{1,1000}?)(\??): ")
_WORDS = re.compile(r"[A-Za-z]{1,100}(?: \| [A-Za-z]{1,100}){0,100}")
_CHOICE = re.compile(r'"([^\n]{0,10000}?)"(?= \| "|\[|,|\n|//|\}| \| \n)')
_COMMENT = re.compile(rf" \| \n|{re.escape(OTHER_DEFAULT)}|,(?=\n)")
#: Deepest nesting of types; definitions are nested twice as deep.
_MAX_DEPTH = 100
#: How many places in a description are tried that look like its end.
_MOST_ENDS = 64


def read_typescript(name: str, prompt: PromptText) -> tuple[Tool, ...]:
    """Reads the declarations of a namespace.

    Args:
        name: The namespace.
        prompt: Where they come next, behind the beginning of the namespace.

    Raises:
        ParseError: They do not.
    """
    tools: list[Tool] = []
    end = f"}} // namespace {name}"
    while not prompt.skip(end):
        start = prompt.position
        prompt.expect("// ")
        description, declared = prompt.until(_DECLARED)
        if declared is None:
            prompt.fail("the type of a tool", start)
        parameters: dict[str, Any] = {"type": "object", "properties": {}}
        if not prompt.skip(NO_PARAMETERS):
            prompt.expect(PARAMETERS)
            parameters = _parameters(prompt)
            prompt.issues.append(
                f"tool {declared[1]}: TypeScript tells neither integers from other numbers nor keywords that restrict values"
            )
        said = {"description": description} if description else {}
        tools.append(as_tool({"name": declared[1], **said, "parameters": parameters}, start, prompt))
    return tuple(tools)


def _parameters(prompt: PromptText) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    while not prompt.skip(RETURNS):
        description = None
        if prompt.skip("// "):
            description, (key, optional, schema) = _described(prompt)
        else:
            key, optional, schema = _property(prompt)
        properties[key] = schema if description is None else _with_description(schema, description)
        required += [] if optional else [key]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _with_description(schema: dict[str, Any], description: str) -> dict[str, Any]:
    """The schema with its description behind its type, where people write it."""
    kind = {"type": schema.pop("type")} if "type" in schema else {}
    return {**kind, "description": description, **schema}


def _described(prompt: PromptText) -> tuple[str, tuple[str, bool, dict[str, Any]]]:
    """Reads a description, which may have several lines, and the parameter behind it."""
    start = at = prompt.position
    for _ in range(_MOST_ENDS):
        place = prompt.text.find("\n", at, prompt.limit)
        if place < 0:
            break
        prompt.position = place + 1
        try:
            return prompt.text[start:place], _property(prompt)
        except ParseError:
            at = place + 1  # another line of the description
    raise prompt.error("a parameter behind its description", start)


def _property(prompt: PromptText) -> tuple[str, bool, dict[str, Any]]:
    """Reads a parameter: its key, whether it is optional, its schema."""
    start = prompt.position
    key = prompt.match(_KEY)
    if key is None:
        prompt.fail("a parameter")
    schema = _union(prompt, 0)
    if prompt.skip(DEFAULT):
        text = _line(prompt)
        schema["default"] = text if schema.get("enum") else _value(text, start, prompt)
    elif "oneOf" in schema and prompt.skip(OTHER_DEFAULT):
        schema["default"] = _line(prompt)
    else:
        prompt.expect(",\n")
    return key[1], bool(key[2]), schema


def _line(prompt: PromptText) -> str:
    """Reads the rest of a parameter's line."""
    text, _ = prompt.until(re.compile(r",\n"))
    return text


def _value(text: str, start: int, prompt: PromptText) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        prompt.fail("a default value in JSON", start)


def _union(prompt: PromptText, depth: int) -> dict[str, Any]:
    """Reads a type, or several on lines of their own."""
    variants = []
    while True:
        variant = _type(prompt, depth)
        if prompt.has("//") and not prompt.has(OTHER_DEFAULT):
            prompt.skip("// ")
            comment, end = _COMMENT.search(prompt.text, prompt.position, prompt.limit), 0
            end = comment.start() if comment is not None else prompt.limit
            _comment(variant, prompt.text[prompt.position : end])
            prompt.position = end
            variants.append(variant)
        elif variants or prompt.has(" | \n"):
            variants.append(variant)
        else:
            return variant
        if not prompt.skip(" | \n"):
            return {"oneOf": variants}


def _comment(variant: dict[str, Any], text: str) -> None:
    """What is told of one of several types: its description, its default."""
    description, mark, default = text.partition(" " * 20 + OTHER_DEFAULT)
    if description:
        variant["description"] = description
    if mark:
        try:
            variant["default"] = json.loads(default)
        except (ValueError, RecursionError):
            variant["default"] = default


def _type(prompt: PromptText, depth: int) -> dict[str, Any]:
    """Reads a type."""
    if depth > _MAX_DEPTH:
        prompt.fail(f"at most {_MAX_DEPTH} types inside of each other")
    schema: dict[str, Any]
    if prompt.skip("{\n"):
        schema = _object(prompt, depth)
    elif prompt.has('"'):
        schema = {"type": "string", "enum": _choices(prompt)}
    else:
        words = prompt.match(_WORDS)
        if words is None:
            prompt.fail("a type")
        schema = _plain(words[0].split(" | "))
    while prompt.skip("[]"):
        schema = {"type": "array", **({"items": schema} if schema else {})}
        if prompt.has(" | null"):
            prompt.skip(" | null")
            schema["nullable"] = True
    return schema


def _plain(kinds: list[str]) -> dict[str, Any]:
    if kinds == ["any"]:
        return {}
    if len(kinds) == 1 and kinds[0] in ("string", "number", "boolean", "object"):
        return {"type": kinds[0]}
    return {"type": kinds}


def _choices(prompt: PromptText) -> list[str]:
    """Reads the texts that a value may be."""
    choices = []
    while True:
        choice = prompt.match(_CHOICE)
        if choice is None:
            prompt.fail("a text in quotes")
        choices.append(choice[1])
        if not prompt.has(' | "'):
            return choices
        prompt.skip(" | ")


def _object(prompt: PromptText, depth: int) -> dict[str, Any]:
    """Reads the members of an object."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    while not prompt.skip("}"):
        if properties:
            prompt.expect(", ")
        key = prompt.match(_MEMBER)
        if key is None:
            prompt.fail("a member of an object")
        properties[key[1]] = _union(prompt, depth + 1)
        required += [] if key[2] else [key[1]]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


_MEMBER = re.compile(rf"([^\n]{{1,1000}}?)(\??){re.escape(MEMBER)}")
