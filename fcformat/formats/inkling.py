"""Inkling: messages whose first token says what they are; a call is JSON with `name` and `args`.

Source: the tests of serving projects. A function's name may stand before the token of a call as well.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.blocks import MessageBlocks
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.untagged import UntaggedCall

__all__ = ["INKLING"]

_NAME = r"[\w.:-]{0,256}"
_CONTROLS = (
    "<|content_thinking|>",
    "<|content_text|>",
    "<|content_invoke_tool_json|>",
    "<|end_message|>",
    "<|message_model|>",
)

INKLING = CallFormat(
    "inkling",
    turn=MessageBlocks(
        CallSyntax(JSONCall(arguments="args", also=("arguments", "parameters"))),
        headers={
            "reasoning": "<|content_thinking|>",
            "content": "<|content_text|>",
            "call": "<|content_invoke_tool_json|>",
        },
        header=rf"(?:<\|message_model\|>)?{_NAME}<\|content_(\w{{1,40}})\|>",
        half=rf"(?:<[|mesagodl_]{{0,15}}|<\|message_model\|>)?{_NAME}(?:<[|conte_\w]{{0,60}}\|?)?",
        kinds={"thinking": "reasoning", "invoke_tool_json": "call"},
        other="content",
        starts=("<|message_model|>", "<|content_"),
        end="<|end_message|>",
        between="<|message_model|>",
        last=True,
        untagged=UntaggedCall(
            '{"name": "',
            CallSyntax(JSONCall(arguments="args", also=("arguments", "parameters"), whole=True)),
            after_name='"',
        ),
        controls=_CONTROLS,
    ),
    stops=("<|content_model_end_sampling|>",),
    headers=("<|message_model|>",),
    controls=_CONTROLS,
)
