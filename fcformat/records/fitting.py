"""Conversations brought into what a record shape can hold: which result answers which call, one call at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from fcformat.chat import Conversation, Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy

__all__ = ["answers", "one_call_a_message", "with_ids"]


def answers(messages: Sequence[Message]) -> dict[int, tuple[int, int]]:
    """The call that each result answers, by the result's index: by id, else by name, else by order.

    Returns:
        Index of the calling message, and place of the call in it. A result that answers no call of the last calling turn is
        left out.
    """
    answered: dict[int, tuple[int, int]] = {}
    waiting: list[tuple[tuple[int, int], ToolCall]] = []
    for index, message in enumerate(messages):
        if message.role == "assistant" and message.tool_calls:
            waiting = [((index, position), call) for position, call in enumerate(message.tool_calls)]
        elif message.role == "tool":
            for number, (place, call) in enumerate(waiting):
                ids = (message.tool_call_id, call.id)
                if ids[0] == ids[1] if None not in ids else message.name in (None, call.function.name):
                    answered[index] = place
                    del waiting[number]
                    break
        else:
            waiting = []
    return answered


def one_call_a_message(messages: Sequence[Message], policy: LossPolicy) -> list[tuple[int, Message]]:
    """The messages, numbered, with each of several calls in a message of its own that is followed by its result."""
    answered = answers(messages)
    numbered: list[tuple[int, Message]] = []
    index = 0
    while index < len(messages):
        at, message = index, messages[index]
        index += 1
        if len(message.tool_calls) < 2:
            numbered.append((at, message))
            continue
        policy.lose("parallel", at, f"found {len(message.tool_calls)} calls at once, which become one after another")
        results: dict[tuple[int, int] | None, list[int]] = {}
        while index < len(messages) and messages[index].role == "tool":
            results.setdefault(answered.get(index), []).append(index)
            index += 1
        for position, call in enumerate(message.tool_calls):
            content, reasoning = (message.content, message.reasoning) if position == 0 else (None, None)
            numbered.append(
                (at, dataclasses.replace(message, content=content, reasoning=reasoning, tool_calls=(call,)))
            )
            numbered += [(place, messages[place]) for place in results.get((at, position), ())]
        numbered += [(place, messages[place]) for place in results.get(None, ())]
    return numbered


def with_ids(conversation: Conversation, policy: LossPolicy) -> Conversation:
    """The conversation with an id on every call and result, or as it is where a result answers no call."""
    messages = conversation.messages
    if all(call.id is not None for message in messages for call in message.tool_calls) and all(
        message.tool_call_id is not None for message in messages if message.role == "tool"
    ):
        return conversation
    try:
        return conversation.with_call_ids()
    except FormatError as error:
        policy.lose("results", None, f"{error}; no ids are given")
        return conversation
