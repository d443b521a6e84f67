"""OpenAI's chat-completions requests: `messages` with `tools`, or with the legacy `functions`; also a bare list of messages.

https://platform.openai.com/docs/api-reference/chat/create. Fine-tuning files hold the same objects, one a line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from fcformat.chat import Conversation, Message, normalize_messages, normalize_tools
from fcformat.chat._checks import as_mapping, found, key_to_ignore
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.fitting import answers, one_call_a_message, with_ids
from fcformat.records.shape import CONVERSATION, Record, Shape, json_value, mapping
from fcformat.records.weights import WEIGHT_KEYS, label, weight_of

__all__ = ["OPENAI", "OPENAI_LEGACY", "OpenAIRecords", "clean_message"]

#: Parameters of the request, which say how to generate and nothing of what was said.
REQUEST_KEYS = frozenset(
    """audio frequency_penalty function_call logit_bias logprobs max_completion_tokens max_tokens metadata modalities model n
    parallel_tool_calls prediction presence_penalty prompt_cache_key reasoning_effort response_format safety_identifier seed
    service_tier stop store stream stream_options temperature tool_choice top_logprobs top_p user verbosity
    web_search_options""".split()
)

_MESSAGE_KEYS = frozenset(
    """role content tool_calls tool_call_id name function_call reasoning_content reasoning thinking""".split()
)


class OpenAIRecords(Shape[Record]):
    """An object with `messages`, or the bare list of them."""

    kind = CONVERSATION

    def __init__(self, name: str, aliases: tuple[str, ...], about: str, *, legacy: bool) -> None:
        """Declares a shape.

        Args:
            name: Its name.
            aliases: Its other names.
            about: What it is.
            legacy: Whether it is written with `functions` and `function_call`. Either is read.
        """
        self.name = name
        self.aliases = aliases
        self.about = about
        self._legacy = legacy
        self.weight_key = "weight"

    def recognises(self, value: Any) -> bool:
        """See `Shape`. The legacy shape reads what the current one does, and is never the one that is meant."""
        if self._legacy:
            return False
        messages = value.get("messages") if isinstance(value, Mapping) else value
        if isinstance(value, Mapping) and ("system" in value or isinstance(value.get("tools"), str)):
            return False
        if not isinstance(messages, (list, tuple)) or not messages:
            return False
        return all(
            isinstance(message, Message)
            or (
                (given := as_mapping(message)) is not None
                and given.get("role") in ("system", "developer", "user", "assistant", "tool", "function")
                and ("content" in given or "tool_calls" in given or "function_call" in given)
                and not ("tools" in given and given.get("role") == "system")
                and all(_is_openai_part(part) for part in _parts(given.get("content")))
            )
            for message in messages
        )

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        request = {"messages": value} if isinstance(value, (list, tuple)) else mapping(value, "record")
        if "messages" not in request:
            raise FormatError("record: found no 'messages', expected a list of messages")
        messages = request["messages"]
        if not isinstance(messages, (list, tuple)):
            raise FormatError(f"record: messages: found {found(messages)}, expected a list")
        weights: dict[int, float] = {}
        cleaned = []
        for index, message in enumerate(messages):
            keys = None if isinstance(message, Message) else as_mapping(message)
            if keys is not None and (weight := weight_of(keys, f"messages[{index}]")) is not None:
                weights[index] = weight
                message = {key: each for key, each in keys.items() if key not in WEIGHT_KEYS}
            cleaned.append(clean_message(message, index, policy))
        tools, functions = request.get("tools"), request.get("functions")
        if tools and functions:
            raise FormatError("record: found both 'tools' and 'functions', expected one of them")
        # Datasets keep tools as JSON text, because tables want one type a column.
        tools = json_value(tools or functions, "record: tools") or None
        conversation = Conversation(normalize_messages(cleaned), normalize_tools(tools))
        fields = {}
        for key, given in request.items():
            if key in REQUEST_KEYS:
                if given is not None:
                    policy.lose("request", None, f"{key}: found a parameter of the request, which is not carried on")
            elif key not in ("messages", "tools", "functions"):
                fields[key] = given
        return Record(conversation, fields, weights=weights)

    def write(self, content: Record, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`. Calls and results without an id are given one, which tools need."""
        conversation = content.conversation
        if not self._legacy:
            return _labelled(with_ids(conversation, policy).to_openai(), range(len(conversation.messages)), content)
        if any(call.id is not None for message in conversation.messages for call in message.tool_calls):
            policy.lose("ids", None, "ids have no place in the legacy shape, where a result follows its call")
        numbered = one_call_a_message(conversation.messages, policy)
        messages = [message for _, message in numbered]
        answered = answers(messages)
        for index, message in enumerate(messages):
            if message.role == "tool" and not message.name:
                if index not in answered:
                    raise FormatError(f"message {index}: found a result of no call, expected the name of its function")
                asked, position = answered[index]
                name = messages[asked].tool_calls[position].function.name
                messages[index] = dataclasses.replace(message, name=name)
        request = Conversation(tuple(messages), conversation.tools).to_openai(legacy=True)
        return _labelled(request, [index for index, _ in numbered], content)


def clean_message(message: Any, index: int, policy: LossPolicy) -> Any:
    """The message without what cannot be carried, which is stated: parts that are no text, keys of no known meaning."""
    given = None if isinstance(message, Message) else as_mapping(message)
    if given is None:
        return message
    cleaned = {}
    for key, value in given.items():
        if key in _MESSAGE_KEYS or key_to_ignore(key, value):
            cleaned[key] = value
        elif value is not None:
            policy.lose("keys", index, f"{key}: found {found(value)} under a key that has no place in a message")
    content = cleaned.get("content")
    if isinstance(content, (list, tuple)):
        parts = []
        for position, part in enumerate(content):
            typed = as_mapping(part)
            if typed is not None and isinstance(typed.get("type"), str) and typed["type"] != "text":
                policy.lose(
                    "media", index, f"content[{position}]: found a part of type {typed['type']!r}, expected text"
                )
            else:
                parts.append(part)
        cleaned["content"] = parts
    return cleaned


def _labelled(request: dict[str, Any], indices: Sequence[int], content: Record) -> dict[str, Any]:
    """The request with the weights of the messages at these indices."""
    for message, index in zip(request["messages"], indices):
        label(message, "weight", content.weights.get(index))
    return request


def _parts(content: Any) -> Sequence[Any]:
    return content if isinstance(content, (list, tuple)) else ()


def _is_openai_part(part: Any) -> bool:
    given = as_mapping(part)
    return given is not None and given.get("type") in ("text", "image_url", "input_audio", "file", "refusal")


OPENAI = OpenAIRecords(
    "openai", ("openai-messages", "messages"), "OpenAI's chat requests: messages and tools", legacy=False
)
OPENAI_LEGACY = OpenAIRecords(
    "openai-legacy",
    ("openai-functions-messages",),
    "OpenAI's chat requests before tools: functions, function_call",
    legacy=True,
)
