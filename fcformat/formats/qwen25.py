"""Qwen2.5: ChatML with calls as JSON between `<tool_call>` tags, after Hermes.

Source: the chat template that Qwen publishes with the Qwen2.5 models. It differs from us where `arguments` is a string: it
prints that string as JSON once more, so that history shows the model calls that it must not write; we decode it first.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.parts import JSONCall, Tag, Text
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, Results, Role, ToolList

__all__ = ["QWEN25"]

_TOOLS = ToolList(
    before=(
        "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
    ),
    after=(
        "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
        "</tool_call>"
    ),
)

QWEN25 = ConversationFormat(
    "qwen2.5",
    aliases=("qwen25", "qwen2.5-instruct", "Qwen/Qwen2.5-*"),
    layout=Layout(
        roles={
            role: Role(f"<|im_start|>{role}\n", end="<|im_end|>", after="\n")
            for role in ("system", "user", "assistant")
        },
        tools=_TOOLS,
        results=Results(
            Role("<|im_start|>user", end="<|im_end|>", after="\n"),
            opening="\n<tool_response>\n",
            closing="\n</tool_response>",
            grouped=True,
        ),
        generation_prompt="<|im_start|>assistant\n",
        default_system="You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    ),
    turn=TextThenCalls(
        CallSyntax(Tag("<tool_call>"), Text("\n"), JSONCall(also=("parameters",)), Text("\n"), Tag("</tool_call>"))
    ),
    controls=("<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
    stops=("<|im_end|>", "<|endoftext|>"),
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning",)),
)
