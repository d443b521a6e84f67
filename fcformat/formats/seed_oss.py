"""Seed-OSS: calls as functions and parameters between `<seed:tool_call>` tags, values without layout around them.

Source: ByteDance's chat template. It writes null and booleans as Python spells them; arrays and objects, which it writes so as well,
are written as JSON here.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.tagged_shapes import function_tags

__all__ = ["SEED_OSS"]

SEED_OSS = CallFormat(
    "seed_oss",
    aliases=("seed-oss", "ByteDance-Seed/Seed-OSS-*"),
    turn=ReasonedTurn(
        Reasoning(
            "<seed:think>",
            "</seed:think>",
            after_closing="\n",
            unopened="undecided",
            left_open_before=("<seed:tool_call>",),
        ),
        function_tags("<seed:tool_call>", "</seed:tool_call>", python_words=True),
    ),
    stops=("<seed:eos>",),
    headers=("<seed:bos>assistant\n",),
    begins=("<seed:bos>",),
    controls=("<seed:tool_call>", "</seed:tool_call>", "<seed:think>", "</seed:think>"),
)
