"""ShareGPT's records: turns with `from` and `value`. Calls, results and tools as most datasets that have them write them.

Datasets name the roles in many ways; all of these are read, and the first of each is written.
"""

from __future__ import annotations

from fcformat.records.turn_lists import TurnLists

__all__ = ["SHAREGPT"]

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
)
