"""Hermes 2 Pro and its kin: ChatML with calls as JSON between `<tool_call>` tags.

Source: the tool-use template that NousResearch publishes with Hermes 2 Pro. It tells of each tool with a signature and its
arguments in the description, and leaves text beside calls out. Kin that write the tags with a name before them, or reason
between `<think>` tags, are read as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Tool
from fcformat.formats.call_syntax.parts import JSONCall, Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import SingleCall
from fcformat.formats.chatml import CHATML_ROLES, CHATML_STOPS, HERMES_CONTROLS
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, Results, Role, ToolList

__all__ = ["HERMES"]

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


def _described(tool: Tool) -> str:
    """A tool as the template tells of it."""
    parameters = tool.parameters if isinstance(tool.parameters, Mapping) else {}
    found = parameters.get("properties")
    properties: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    signature = ", ".join(f"{name}: {_type(schema)}" for name, schema in properties.items())
    told = f"{tool.name}({signature}) - {tool.description or ''}\n\n"
    for number, (name, schema) in enumerate(properties.items()):
        description = schema.get("description", "") if isinstance(schema, Mapping) else ""
        told += ("    Args:\n" if not number else "") + f"        {name}({_type(schema)}): {str(description).strip()}"
    schema_text = json.dumps(dict(parameters), ensure_ascii=False) if properties else "{}"
    return f'{{"type": "function", "function": {{"name": "{tool.name}", "description": "{told}", "parameters": {schema_text}}}'


HERMES = ConversationFormat(
    "hermes",
    aliases=("hermes-2-pro", "hermes-3", "longcat", "NousResearch/Hermes-*"),
    layout=Layout(
        begin="<|begin_of_text|>",
        roles=CHATML_ROLES,
        tools=ToolList(
            before=(
                "You are a function calling AI model. You are provided with function signatures within <tools></tools> XML "
                "tags. You may call one or more functions to assist with the user query. Don't make assumptions about what "
                "values to plug into functions. Here are the available tools: <tools> "
            ),
            after=(
                " </tools>Use the following pydantic model json schema for each tool call you will make: "
                '{"properties": {"name": {"title": "Name", "type": "string"}, "arguments": {"title": "Arguments", "type": '
                '"object"}}, "required": ["name", "arguments"], "title": "FunctionCall", "type": "object"}}\n'
                "For each function call return a json object with function name and arguments within "
                "<tool_call></tool_call> XML tags as follows:\n<tool_call>\n"
                '{"name": <function-name>, "arguments": <args-dict>}\n</tool_call>'
            ),
            describe=_described,
            system="apart",
        ),
        results=Results(
            Role("<|im_start|>tool\n", end="<|im_end|>"),
            opening="<tool_response>\n",
            closing="\n</tool_response>",
            grouped=True,
            unless_last="\n",
        ),
        generation_prompt="<|im_start|>assistant\n",
        beside=False,
    ),
    turn=ReasonedTurn(
        Reasoning(after_opening="\n", before_closing="\n", after_closing="\n\n"),
        TextThenCalls(
            CallSyntax(Tag("<tool_call>"), Text("\n"), JSONCall(also=("parameters",)), Text("\n"), Tag("</tool_call>")),
            SingleCall(
                CallSyntax(Tag("<longcat_tool_call>"), JSONCall(also=("parameters",)), Tag("</longcat_tool_call>"))
            ),
        ),
    ),
    controls=("<|begin_of_text|>", *HERMES_CONTROLS),
    stops=(*CHATML_STOPS, "<|end_of_text|>"),
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning", "content")),
)
