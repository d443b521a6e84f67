"""GLM-4.5 and 4.6: role tokens, calls as pairs of keys and values between `<tool_call>` tags."""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.tagged_shapes import key_value_tags

__all__ = ["GLM45"]

GLM45 = CallFormat(
    "glm45",
    aliases=("glm-4.5", "glm-4.6", "zai-org/GLM-4.5*", "zai-org/GLM-4.6*"),
    turn=ReasonedTurn(
        Reasoning("<think>", "</think>", after_closing="\n", unopened="undecided"),
        key_value_tags(before="\n", between="\n"),
    ),
    stops=("<|user|>", "<|observation|>", "<|endoftext|>"),
    headers=("<|assistant|>",),
    begins=("<|assistant|>", "<|system|>"),
    controls=("<tool_call>", "</tool_call>", "<think>", "</think>"),
)
