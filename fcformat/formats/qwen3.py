"""Qwen3 and QwQ: ChatML with calls as JSON between `<tool_call>` tags, and reasoning in `<think>` blocks.

Sources: the chat templates that Qwen publishes with Qwen3, Qwen3-Instruct-2507, Qwen3-Thinking-2507 and QwQ-32B. Qwen3 keeps
reasoning after the last question only. QwQ's template opens the block for the model and closes it at once unless asked for
thinking; its users leave that line out, so that a reply of which the prompt is not known is taken to begin in the block.
"""

from __future__ import annotations

import dataclasses

from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.chatml import (
    CHATML_ROLES,
    CHATML_STOPS,
    HERMES_CALLS,
    HERMES_CONTROLS,
    HERMES_TOOLS,
    USER_RESULTS,
)
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, ReasoningHistory

__all__ = ["QWEN3", "QWEN3_INSTRUCT", "QWEN3_THINKING", "QWQ"]

_THINK = Reasoning(after_opening="\n", before_closing="\n", after_closing="\n\n", left_open_before=("<tool_call>",))
_CONTROLS = (*HERMES_CONTROLS, "<think>", "</think>")
_INSTRUCT = Layout(
    roles=CHATML_ROLES, tools=HERMES_TOOLS, results=USER_RESULTS, generation_prompt="<|im_start|>assistant\n"
)

QWEN3 = ConversationFormat(
    "qwen3",
    aliases=("qwen3_json", "Qwen/Qwen3-*"),
    layout=dataclasses.replace(
        _INSTRUCT,
        reasoning=ReasoningHistory(empty="last", prompts={None: "", True: "", False: "<think>\n\n</think>\n\n"}),
    ),
    turn=ReasonedTurn(_THINK, HERMES_CALLS),
    controls=_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning",)),
)

QWEN3_INSTRUCT = ConversationFormat(
    "qwen3-2507",
    aliases=("qwen3-instruct-2507", "Qwen/Qwen3-*-Instruct-2507*"),
    layout=_INSTRUCT,
    turn=HERMES_CALLS,
    controls=HERMES_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning",)),
)

QWEN3_THINKING = ConversationFormat(
    "qwen3-thinking-2507",
    aliases=("Qwen/Qwen3-*-Thinking-2507*",),
    layout=dataclasses.replace(
        _INSTRUCT, reasoning=ReasoningHistory(empty="last", prompts=dict.fromkeys((None, True, False), "<think>\n"))
    ),
    turn=ReasonedTurn(dataclasses.replace(_THINK, unopened="reasoning"), HERMES_CALLS),
    controls=_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning",)),
)

QWQ = ConversationFormat(
    "qwq",
    aliases=("qwq-32b", "Qwen/QwQ-*"),
    layout=dataclasses.replace(
        _INSTRUCT,
        tools=dataclasses.replace(HERMES_TOOLS, before="\n\n" + HERMES_TOOLS.before, joint=""),
        reasoning=ReasoningHistory(
            keep="none",
            prompts={None: "<think>\n</think>", True: "<think>\n", False: "<think>\n</think>"},
        ),
    ),
    turn=ReasonedTurn(dataclasses.replace(_THINK, unopened="reasoning"), HERMES_CALLS),
    controls=_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning",)),
)
