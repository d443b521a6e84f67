"""Qwen3-Coder: ChatML, calls as functions and parameters between `<tool_call>` tags, tools told as XML."""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.tagged_shapes import function_tags

__all__ = ["QWEN3_CODER"]

QWEN3_CODER = CallFormat(
    "qwen3_coder",
    aliases=("qwen3-coder", "Qwen/Qwen3-Coder-*"),
    turn=ReasonedTurn(
        Reasoning(
            "<think>", "</think>", after_opening="\n", before_closing="\n", after_closing="\n\n", unopened="undecided"
        ),
        function_tags("<tool_call>", "</tool_call>", padding="\n"),
    ),
    stops=("<|im_end|>", "<|endoftext|>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<tool_call>", "</tool_call>", "<think>", "</think>"),
)
