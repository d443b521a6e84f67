"""DeepSeek V3.2, V4 and V4.1: calls in DSML, whose tags say of every parameter whether its value is a string.

Sources: the `encoding_*.py` that DeepSeek publishes with the models. The tags' names begin with one control token, `｜DSML｜`.
Models end an open reasoning block with the section of calls, and leave the section's tags out or misspell them.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.tagged_shapes import invoke_tags

__all__ = ["DEEPSEEK_V4", "DEEPSEEK_V32", "DEEPSEEK_V41"]

_TOKEN = "｜DSML｜"


def _dsml(name: str, aliases: tuple[str, ...], section: str, gap: str, also_opened: tuple[str, ...]) -> CallFormat:
    prefix = _TOKEN + gap
    opening, closing = f"<{prefix}{section}>", f"</{prefix}{section}>"
    others = tuple(f"<{prefix}{each}>" for each in also_opened)
    calls = invoke_tags(
        (opening, closing),
        prefix=prefix,
        typed=True,
        before="\n\n",
        bare=True,
        also_opened=others,
        wrappers=("arguments", "input"),
        controls=(_TOKEN,),
    )
    reasoning = Reasoning(
        "<think>", "</think>", unopened="undecided", lone=True, ended_by=(f"\n\n{opening}", opening, *others)
    )
    return CallFormat(
        name,
        aliases=aliases,
        turn=ReasonedTurn(reasoning, calls),
        stops=("<｜end▁of▁sentence｜>",),
        headers=("<｜Assistant｜>",),
        begins=("<｜User｜>", "<｜Assistant｜>"),
        controls=(_TOKEN, "<think>", "</think>"),
    )


DEEPSEEK_V32 = _dsml(
    "deepseek_v32", ("deepseek-v3.2", "deepseekv32", "deepseek-ai/DeepSeek-V3.2*"), "function_calls", "", ()
)
DEEPSEEK_V4 = _dsml(
    "deepseek_v4", ("deepseek-v4", "deepseekv4", "deepseek-ai/DeepSeek-V4*"), "tool_calls", "", ("toolcalls", "tool")
)
DEEPSEEK_V41 = _dsml("deepseek_v41", ("deepseek-v4.1", "deepseekv41", "deepseek-ai/DeepSeek-V4.1*"), "calls", " ", ())
