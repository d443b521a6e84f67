"""Hermes 2 Pro and its kin: ChatML with calls as JSON between `<tool_call>` tags.

Source: the tool-use template that NousResearch publishes with Hermes 2 Pro. It tells of each tool with a signature and its
arguments in the description, and leaves text beside calls out. Kin that write the tags with a name before them, or reason
between `<think>` tags, are read as well.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import SingleCall
from fcformat.formats.chatml import CHATML_ROLES, CHATML_STOPS, HERMES_ARRAY, HERMES_CONTROLS, HERMES_XML
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, Results, Role, ToolList
from fcformat.formats.tool_signatures import ToolSignatures

__all__ = ["HERMES"]

#: The model card writes the arguments first, the template the name.
_OBJECT = JSONCall(also=("parameters",), either_order=True, fenced=True)

HERMES = ConversationFormat(
    "hermes",
    aliases=("hermes-2-pro", "hermes-3", "NousResearch/Hermes-*"),
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
            describe=ToolSignatures(),
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
            CallSyntax(Tag("<tool_call>"), Text("\n"), _OBJECT, Text("\n"), Tag("</tool_call>")),
            HERMES_ARRAY,
            HERMES_XML,
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
