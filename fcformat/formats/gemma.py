"""Gemma 4 and FunctionGemma: calls with bare keys, and strings between marks that are tokens of their own.

Source: the chat templates that Google publishes with the models. They write Python's `None` for null; we write `null`, as
the values' own grammar has it, and read both.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.delimited import DelimitedCall
from fcformat.formats.call_syntax.parts import Tag
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.untagged import UntaggedCall

__all__ = ["FUNCTIONGEMMA", "GEMMA4"]

_GEMMA4, _FUNCTIONGEMMA = DelimitedCall('<|"|>'), DelimitedCall("<escape>")

GEMMA4 = CallFormat(
    "gemma4",
    aliases=("gemma-4", "google/gemma-4-*"),
    turn=ReasonedTurn(
        # Prompts may end behind the opening tag, or the tag may be stripped as a special token.
        Reasoning(
            "<|channel>",
            "<channel|>",
            after_opening="thought\n",
            also_opening=("thought\n",),
            interleaved=True,
            never_text=True,
        ),
        TextThenCalls(
            CallSyntax(Tag("<|tool_call>"), _GEMMA4, Tag("<tool_call|>")),
            UntaggedCall("call:", CallSyntax(_GEMMA4, Tag("<tool_call|>")), after_name="{"),
            before="",
            between="",
            blank_before=True,
            text_after=True,
        ),
    ),
    stops=("<turn|>", "<|tool_response>", "<eos>"),
    headers=("<|turn>model\n", "<tool_response|>"),
    begins=("<|turn>",),
    controls=("<|channel>", "<channel|>", "<|tool_call>", "<tool_call|>", '<|"|>'),
)

FUNCTIONGEMMA = CallFormat(
    "functiongemma",
    aliases=("google/functiongemma-*",),
    turn=TextThenCalls(
        CallSyntax(Tag("<start_function_call>"), _FUNCTIONGEMMA, Tag("<end_function_call>")),
        UntaggedCall("call:", CallSyntax(_FUNCTIONGEMMA, Tag("<end_function_call>")), after_name="{"),
        before="",
        between="",
    ),
    stops=("<end_of_turn>", "<start_function_response>", "<eos>"),
    headers=("<start_of_turn>model\n", "<end_function_response>"),
    begins=("<start_of_turn>",),
    controls=("<start_function_call>", "<end_function_call>", "<escape>"),
)
