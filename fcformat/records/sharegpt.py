"""ShareGPT's records: turns with `from` and `value`. Calls, results and tools as most datasets that have them write them.

Datasets name the roles in many ways; all of these are read, and the first of each is written.
"""

from __future__ import annotations

from fcformat.records.turn_lists import TurnLists

__all__ = ["SHAREGPT", "SHAREGPT_HERMES"]

SHAREGPT = TurnLists(
    "sharegpt",
    "ShareGPT's turns: from and value, calls as JSON text",
    {
        **dict.fromkeys(("system",), "system"),
        **dict.fromkeys(("human", "user"), "user"),
        **dict.fromkeys(("gpt", "assistant", "chatgpt", "bing", "bard", "model"), "assistant"),
        **dict.fromkeys(("function_call", "function-call", "tool_call"), "calls"),
        **dict.fromkeys(("observation", "tool", "function_response", "function-response", "tool_response"), "tool"),
    },
    weight_key="weight",
)
SHAREGPT_HERMES = TurnLists(
    "sharegpt-hermes",
    "ShareGPT's turns as Hermes models are trained on: calls and results between tags inside of texts",
    {
        "system": "system",
        "human": "user",
        "gpt": "assistant",
        "tool": "tool",
        **{name: role for name, role in SHAREGPT.roles.items() if role != "calls"},
    },
    aliases=("hermes-function-calling", "sharegpt-tags"),
    tagged=True,
    meant=False,  # every record of it is also ShareGPT's, which is read the same
    weight_key="weight",
)
