"""Qwen1.5 and Qwen2: plain ChatML, whose prompts know nothing of tools.

Source: the chat templates that Qwen publishes with these models. They leave tools and calls out; so do we, with a warning.
Calls are read and constrained as Qwen2.5 writes them; `qwen_agent` has the prompts with which Qwen gave these models tools.
Qwen1.5's template leaves the last turn open unless the model is to go on, and asks the model for nothing after its own turn.
"""

from __future__ import annotations

from fcformat.formats.chatml import CHATML_ROLES, CHATML_STOPS, HERMES_CALLS, HERMES_CONTROLS
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, Results, Role

__all__ = ["QWEN2", "QWEN15"]

_RESULTS = Results(Role("<|im_start|>tool\n", end="<|im_end|>", after="\n"))
_LOSSES = frozenset(("reasoning", "tools", "calls"))

QWEN2 = ConversationFormat(
    "qwen2",
    aliases=("qwen2-instruct", "Qwen/Qwen2-*"),
    layout=Layout(
        roles=CHATML_ROLES,
        tools=None,
        results=_RESULTS,
        generation_prompt="<|im_start|>assistant\n",
        default_system="You are a helpful assistant.",
    ),
    turn=HERMES_CALLS,
    controls=HERMES_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=_LOSSES,
)

QWEN15 = ConversationFormat(
    "qwen1.5",
    aliases=("qwen15", "qwen1.5-chat", "Qwen/Qwen1.5-*"),
    layout=Layout(
        roles=CHATML_ROLES,
        tools=None,
        results=_RESULTS,
        generation_prompt="<|im_start|>assistant\n",
        default_system="You are a helpful assistant",
        last_open=True,
    ),
    turn=HERMES_CALLS,
    controls=HERMES_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=_LOSSES,
)
