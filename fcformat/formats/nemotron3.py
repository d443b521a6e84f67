"""Nemotron 3: calls as Qwen3-Coder writes them, each on lines of its own.

Source: the chat template that NVIDIA publishes with the models. It writes an empty block where a turn's reasoning is left out,
and null and booleans as Python spells them.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.tagged_shapes import function_tags

__all__ = ["NEMOTRON3"]

NEMOTRON3 = CallFormat(
    "nemotron3",
    aliases=("nemotron_v3", "nemotron-3", "nvidia/NVIDIA-Nemotron-3-*"),
    turn=ReasonedTurn(
        Reasoning(
            after_opening="\n",
            before_closing="\n",
            unopened="undecided",
            compact=True,
            left_open_before=("<tool_call>",),
        ),
        function_tags(
            "<tool_call>", "</tool_call>", padding="\n", before="", between="", lead="\n", last="\n", python_words=True
        ),
    ),
    stops=("<|im_end|>",),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<tool_call>", "</tool_call>", "<think>", "</think>"),
)
