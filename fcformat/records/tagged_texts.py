"""Texts of datasets that hold more than text: reasoning between marks, calls and results between Hermes' tags.

Calls are read by the format `hermes`, whose models are trained on such records.
"""

from __future__ import annotations

import dataclasses
import json
import re

from fcformat.chat import Message, ToolCall
from fcformat.formats import get_format
from fcformat.formats.losses import LossPolicy

__all__ = [
    "THINK",
    "call_text",
    "read_tagged_calls",
    "read_tagged_results",
    "split_thought",
    "tagged_calls",
    "tagged_result",
    "with_thought",
]

#: The marks between which datasets write reasoning inside of a text, as LLaMA-Factory does.
THINK = ("<think>\n", "\n</think>\n\n")
_CALL = ("<tool_call>\n", "\n</tool_call>")
_RESULT = ("<tool_response>\n", "\n</tool_response>")
_RESULTS = re.compile(r"<tool_response>\n?(.*?)\n?</tool_response>\s*", re.DOTALL)


def split_thought(text: str | None) -> tuple[str | None, str | None]:
    """Reasoning and text of a text that begins with reasoning between `THINK`."""
    opening, closing = THINK
    if text is None or not text.startswith(opening) or closing.rstrip("\n") not in text:
        return None, text
    thought, _, said = text[len(opening) :].partition(closing.rstrip("\n"))
    return thought, said.removeprefix("\n\n")


def with_thought(reasoning: str | None, text: str | None) -> str | None:
    """The text with reasoning before it."""
    return text if reasoning is None else f"{THINK[0]}{reasoning}{THINK[1]}{text or ''}"


def call_text(call: ToolCall) -> str:
    """A call as a JSON object; its arguments keep their spelling.

    Raises:
        FormatError: The arguments are no object of JSON.
    """
    call.function.arguments_object()
    name = json.dumps(call.function.name, ensure_ascii=False)
    return f'{{"name": {name}, "arguments": {call.function.arguments}}}'


def tagged_calls(message: Message) -> str:
    """The text and calls of a message, each call between tags.

    Raises:
        FormatError: The arguments of a call are no object of JSON.
    """
    calls = "\n".join(f"{_CALL[0]}{call_text(call)}{_CALL[1]}" for call in message.tool_calls)
    return f"{message.content}\n{calls}" if message.content else calls


def tagged_result(message: Message) -> str:
    """A result between tags."""
    return f"{_RESULT[0]}{message.content or ''}{_RESULT[1]}"


def read_tagged_calls(text: str | None, index: int, policy: LossPolicy) -> Message:
    """The assistant's message that a text holds: reasoning, text, and calls between tags.

    What had to be put right in a call is stated. Calls that break off are kept as text, which is stated, too.
    """
    reasoning, said = split_thought(text)
    if said is None or "<tool_call>" not in said:
        return Message("assistant", said, reasoning=reasoning)
    read = get_format("hermes").parse(said)
    whole = read.tool_calls and read.finish_reason != "length" and not any("kept as content" in i for i in read.issues)
    for issue in read.issues:
        policy.lose("spelling" if whole else "unread", index, issue)
    if not whole:
        return Message("assistant", said, reasoning=reasoning)
    calls = tuple(dataclasses.replace(call, id=None) for call in read.tool_calls)
    return Message("assistant", read.content, calls, reasoning=reasoning or read.reasoning)


def read_tagged_results(text: str | None) -> list[Message]:
    """The results that a text holds: one between each pair of tags, or the text itself."""
    blocks, at = [], 0
    while text and (block := _RESULTS.match(text, at)) is not None:
        blocks.append(Message("tool", block[1]))
        at = block.end()
    return blocks if text and at == len(text) else [Message("tool", text)]
