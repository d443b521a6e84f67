"""LLaMA-Factory's records: its `sharegpt` formatting with default tags, and the same with OpenAI's keys.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md. Turns of `human` and `observation` alternate with turns
of `gpt` and `function_call`; records that break this are skipped in training, so breaking it is a loss. Its `alpaca`
formatting is in `alpaca`.
"""

from __future__ import annotations

from fcformat.records.turn_lists import TurnLists

__all__ = ["LLAMA_FACTORY", "LLAMA_FACTORY_OPENAI"]

LLAMA_FACTORY = TurnLists(
    "llamafactory",
    "LLaMA-Factory's sharegpt formatting: human, gpt, function_call, observation; system and tools apart",
    {
        "human": "user",
        "gpt": "assistant",
        "function_call": "calls",
        "observation": "tool",
        "system": "system",
    },
    aliases=("llama-factory", "llamafactory-sharegpt"),
    system_key="system",
    alternating=True,
    meant=False,  # every record of it is also ShareGPT's, which is read the same
)
LLAMA_FACTORY_OPENAI = TurnLists(
    "llamafactory-openai",
    "LLaMA-Factory's sharegpt formatting with OpenAI's keys: role and content",
    {
        "system": "system",
        "user": "user",
        "assistant": "assistant",
        "function_call": "calls",
        "observation": "tool",
        "tool": "tool",
    },
    aliases=("llama-factory-openai",),
    turns="messages",
    role="role",
    text="content",
    alternating=True,
)
