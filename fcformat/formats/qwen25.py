"""Qwen2.5: ChatML with calls as JSON between `<tool_call>` tags, after Hermes.

Source: the chat template that Qwen publishes with the Qwen2.5 models. It differs from us where `arguments` is a string: it
prints that string as JSON once more, so that history shows the model calls that it must not write; we decode it first.
"""

from __future__ import annotations

import dataclasses

from fcformat.formats.chatml import (
    CHATML_ROLES,
    CHATML_STOPS,
    HERMES_CALLS,
    HERMES_CONTROLS,
    HERMES_TOOLS,
    USER_RESULTS,
)
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout

__all__ = ["QWEN25"]

QWEN25 = ConversationFormat(
    "qwen2.5",
    aliases=("qwen25", "qwen", "qwen2.5-instruct", "Qwen/Qwen2.5-*"),
    layout=Layout(
        roles=CHATML_ROLES,
        tools=dataclasses.replace(HERMES_TOOLS, before="\n\n" + HERMES_TOOLS.before, joint=""),
        results=USER_RESULTS,
        generation_prompt="<|im_start|>assistant\n",
        default_system="You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
    ),
    turn=HERMES_CALLS,
    controls=HERMES_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning",)),
)
