"""ChatML, which Qwen and others lay their conversations out in, and the texts with which Qwen tells of tools. Data only."""

from __future__ import annotations

from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallArray, SingleCall
from fcformat.formats.layout import Results, Role, ToolList
from fcformat.formats.tagged_shapes import function_call

__all__ = [
    "CHATML_ROLES",
    "CHATML_STOPS",
    "HERMES_ARRAY",
    "HERMES_CALLS",
    "HERMES_CONTROLS",
    "HERMES_TOOLS",
    "HERMES_XML",
    "USER_RESULTS",
]

CHATML_ROLES = {
    role: Role(f"<|im_start|>{role}\n", end="<|im_end|>", after="\n") for role in ("system", "user", "assistant")
}
CHATML_STOPS = ("<|im_end|>", "<|endoftext|>")

#: An array of calls between the tags of one; read and never written.
HERMES_ARRAY = CallArray(Tag("<tool_call>"), closing=Tag("</tool_call>"))
#: A call as Qwen3-Coder writes it between the same tags; read and never written.
HERMES_XML = SingleCall(
    function_call("<tool_call>", "</tool_call>", padding="\n"), foreign="a call as Qwen3-Coder writes it"
)
#: Calls as JSON between tags.
HERMES_CALLS = TextThenCalls(
    CallSyntax(
        Tag("<tool_call>"), Text("\n"), JSONCall(also=("parameters",), fenced=True), Text("\n"), Tag("</tool_call>")
    ),
    HERMES_ARRAY,
    HERMES_XML,
)
HERMES_CONTROLS = ("<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")

#: How Qwen tells of tools, after a system message.
HERMES_TOOLS = ToolList(
    before=(
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
    ),
    joint="\n\n",
    after=(
        "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
        "</tool_call>"
    ),
)

#: Results in a user's turn.
USER_RESULTS = Results(
    Role("<|im_start|>user", end="<|im_end|>", after="\n"),
    opening="\n<tool_response>\n",
    closing="\n</tool_response>",
    grouped=True,
)
