"""OpenAI's shape before `tools`: `functions`, `function_call`, and results of role `function`.

Reading it is part of `normalize`; this module gives it back, and gives ids to conversations that came from it. The
legacy shape pairs a result with its call by order and name: it has no ids and one call a message.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from fcformat.chat.conversation import Conversation
from fcformat.chat.messages import Message, ToolCall
from fcformat.errors import FormatError

__all__ = ["conversation_to_legacy", "message_to_legacy", "with_call_ids"]


def message_to_legacy(message: Message, where: str = "message") -> dict[str, Any]:
    """One message in the legacy shape; see `Message.to_openai`."""
    result = message.role == "tool"
    written: dict[str, Any] = {"role": "function" if result else message.role, "content": message.content}
    if message.reasoning is not None:
        written["reasoning_content"] = message.reasoning
    if len(message.tool_calls) > 1:
        raise FormatError(f"{where}: found {len(message.tool_calls)} calls, expected at most one in the legacy shape")
    for call in message.tool_calls:
        written["function_call"] = {"name": call.function.name, "arguments": call.function.arguments}
    if message.name is not None:
        written["name"] = message.name
    if result and not message.name:
        raise FormatError(f"{where}: found a tool result without a name, expected the name of its function")
    return written


def conversation_to_legacy(conversation: Conversation) -> dict[str, Any]:
    """A conversation in the legacy shape; see `Conversation.to_openai`."""
    names: dict[str, str] = {}
    messages: list[dict[str, Any]] = []
    for index, message in enumerate(conversation.messages):
        names.update({call.id: call.function.name for call in message.tool_calls if call.id is not None})
        if message.role == "tool" and message.name is None and message.tool_call_id in names:
            message = dataclasses.replace(message, name=names[message.tool_call_id])
        messages.append(message_to_legacy(message, f"message {index}"))
    request: dict[str, Any] = {"messages": messages}
    if conversation.tools:
        request["functions"] = [tool.function_dict() for tool in conversation.tools]
    return request


def with_call_ids(conversation: Conversation) -> Conversation:
    """Ids for calls and results that have none; see `Conversation.with_call_ids`."""
    taken = {call.id for message in conversation.messages for call in message.tool_calls}
    taken |= {message.tool_call_id for message in conversation.messages}
    number = 0
    unanswered: list[ToolCall] = []
    messages: list[Message] = []
    for index, message in enumerate(conversation.messages):
        if message.tool_calls:
            unanswered = []
            for call in message.tool_calls:
                if call.id is None:
                    while f"call_{number}" in taken:
                        number += 1
                    call = dataclasses.replace(call, id=f"call_{number}")
                    number += 1
                unanswered.append(call)
            message = dataclasses.replace(message, tool_calls=tuple(unanswered))
            unanswered = list(unanswered)
        elif message.role == "tool":
            answers = [
                call
                for call in unanswered
                if message.tool_call_id == call.id
                or (message.tool_call_id is None and message.name in (None, call.function.name))
            ]
            if message.tool_call_id is None:
                if not answers:
                    named = "" if message.name is None else f" of {message.name!r}"
                    raise FormatError(
                        f"message {index}: found a tool result{named}, expected a call before it to answer"
                    )
                message = dataclasses.replace(message, tool_call_id=answers[0].id)
            for call in answers[:1]:
                unanswered.remove(call)
        messages.append(message)
    return Conversation(tuple(messages), conversation.tools)
