"""Kimi K2 and K2 Thinking: a section of calls whose ids carry the function's name.

Source: Moonshot's chat templates. Prompts come from them; they differ in how they write the ids of history.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.kimi_calls import KimiCalls
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning

__all__ = ["KIMI_K2"]

KIMI_K2 = CallFormat(
    "kimi_k2",
    aliases=("kimi-k2", "kimik2", "moonshotai/Kimi-K2*"),
    turn=ReasonedTurn(
        Reasoning(
            ended_by=("<|tool_calls_section_begin|>", "<|tool_call_section_begin|>", "<|tool_call_begin|>"),
            interleaved=True,
        ),
        KimiCalls(),
    ),
    stops=("<|im_end|>", "[EOS]"),
    headers=("<|im_assistant|>assistant<|im_middle|>",),
    begins=("<|im_user|>", "<|im_system|>", "<|im_assistant|>"),
    controls=(
        "<think>",
        "</think>",
        "<|tool_calls_section_begin|>",
        "<|tool_calls_section_end|>",
        "<|tool_call_begin|>",
        "<|tool_call_argument_begin|>",
        "<|tool_call_end|>",
    ),
)
