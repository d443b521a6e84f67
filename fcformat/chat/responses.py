"""Chat-completions response objects: the message of one choice in, a response with one choice out.

Streamed chunks are in `deltas`; the sampling facts of a response (log probabilities, usage) are not part of a message.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from fcformat.chat._checks import as_mapping, found, json_copy
from fcformat.chat.messages import Message
from fcformat.chat.normalize import message_from_openai
from fcformat.errors import FormatError

__all__ = ["message_from_response", "message_to_response"]


def message_from_response(response: object, choice: int = 0) -> Message:
    """Reads one choice of a response; see `Message.from_response`.

    A `finish_reason` of `function_call`, which goes with the legacy call, is read as `tool_calls`.
    """
    given = as_mapping(response)
    if given is None:
        raise FormatError(f"response: found {found(response)}, expected an object with 'choices'")
    choices = given.get("choices")
    if not isinstance(choices, (list, tuple)):
        raise FormatError(f"response: choices: found {found(choices)}, expected a list")
    if not 0 <= choice < len(choices):
        raise FormatError(f"response: choices: found {len(choices)} of them, expected one at index {choice}")
    where = f"response: choices[{choice}]"
    chosen = as_mapping(choices[choice])
    if chosen is None:
        raise FormatError(f"{where}: found {found(choices[choice])}, expected an object")
    try:
        message = message_from_openai(chosen.get("message"), choice)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from None
    if message.role != "assistant":
        raise FormatError(f"{where}: role: found {message.role!r}, expected 'assistant'")
    reason = chosen.get("finish_reason")
    if reason is not None and not isinstance(reason, str):
        raise FormatError(f"{where}: finish_reason: found {found(reason)}, expected a string or None")
    return dataclasses.replace(message, finish_reason="tool_calls" if reason == "function_call" else reason)


def message_to_response(
    message: Message, *, model: str, id: str, created: int, usage: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A response with this message as its one choice; see `Message.to_response`.

    Where the message does not know why it ended, `finish_reason` is `tool_calls` if it calls, else `stop`.
    """
    if message.role != "assistant":
        raise FormatError(f"response: role: found {message.role!r}, expected 'assistant'")
    reason = message.finish_reason
    if reason is None:
        reason = "tool_calls" if message.tool_calls else "stop"
    response: dict[str, Any] = {
        "id": id,
        "object": "chat.completion",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "message": message.to_openai(), "finish_reason": reason}],
    }
    if usage is not None:
        response["usage"] = json_copy(usage, "response: usage")
    return response
