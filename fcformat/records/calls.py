"""Single calls as APIs, protocols and model families write them as JSON objects, and messages that hold calls.

A shape of calls is the object itself with marks where the name, the arguments and the id stand.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Conversation, FunctionCall, Message, ToolCall
from fcformat.chat._checks import as_mapping, found
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.anthropic import ANTHROPIC
from fcformat.records.openai import OPENAI
from fcformat.records.shape import CALL, Record, Shape, arguments_text

__all__ = ["CALL_SHAPES", "CallRecords", "MessageRecords"]


class Part(enum.Enum):
    """What stands at a place of a call."""

    NAME = "name"
    ARGUMENTS = "arguments, an object"
    ARGUMENTS_TEXT = "arguments, the JSON text of an object"
    ID = "id"


class CallRecords(Shape[Message]):
    """One call as an object."""

    kind = CALL

    def __init__(self, name: str, about: str, layout: Mapping[str, Any], aliases: tuple[str, ...] = ()) -> None:
        """Declares a shape.

        Args:
            name: Its name.
            about: What it is.
            layout: The object, with `Part`s where the parts of the call stand.
            aliases: Its other names.
        """
        self.name = name
        self.about = about
        self.aliases = aliases
        self._layout = layout

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        return _fits(value, self._layout)

    def read(self, value: Any, policy: LossPolicy) -> Message:
        """See `Shape`."""
        parts: dict[Part, Any] = {}
        self._take(value, self._layout, "call", parts, policy)
        name, identifier = parts.get(Part.NAME), parts.get(Part.ID)
        if not isinstance(name, str) or not name:
            raise FormatError(f"call: name: found {found(name)}, expected a nonempty string")
        if identifier is not None and not isinstance(identifier, str):
            raise FormatError(f"call of {name}: id: found {found(identifier)}, expected a string")
        given = parts.get(Part.ARGUMENTS, parts.get(Part.ARGUMENTS_TEXT))
        arguments = arguments_text({} if given is None else given, f"call of {name}: arguments")
        return Message("assistant", None, (ToolCall(FunctionCall(name, arguments), identifier),))

    def _take(
        self, value: Any, layout: Mapping[str, Any], where: str, parts: dict[Part, Any], policy: LossPolicy
    ) -> None:
        given = as_mapping(value)
        if given is None:
            raise FormatError(f"{where}: found {found(value)}, expected an object as {self.name} has it")
        for key, expected in layout.items():
            if isinstance(expected, Part):
                parts[expected] = given.get(key)
            elif isinstance(expected, Mapping):
                self._take(given.get(key), expected, f"{where}: {key}", parts, policy)
            elif given.get(key, expected) != expected:
                raise FormatError(f"{where}: {key}: found {found(given[key])}, expected {expected!r}")
        for key in given:
            if key not in layout:
                policy.lose("fields", None, f"{where}: {key}: found a key that is not carried on")

    def write(self, content: Message, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`."""
        if not content.tool_calls:
            raise FormatError(f"{self.name}: found a message without a call, expected one call")
        for field in ("content", "reasoning"):
            if getattr(content, field):
                policy.lose(field, 0, f"the {field} beside the call has no place here, and is left out")
        if len(content.tool_calls) > 1:
            policy.lose("calls", 0, f"found {len(content.tool_calls)} calls, expected one; the others are left out")
        call = content.tool_calls[0]
        return _filled(self._layout, call)


class MessageRecords(Shape[Message]):
    """A message of the assistant, as a conversation's shape writes it."""

    kind = CALL

    def __init__(self, name: str, about: str, conversations: Shape[Record]) -> None:
        """Declares a shape.

        Args:
            name: Its name.
            about: What it is.
            conversations: The shape of the conversations whose messages these are.
        """
        self.name = name
        self.about = about
        self._conversations = conversations

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        given = as_mapping(value)
        if given is None or given.get("role") != "assistant":
            return False
        return self._conversations.recognises({"messages": [given]})

    def read(self, value: Any, policy: LossPolicy) -> Message:
        """See `Shape`."""
        messages = self._conversations.read({"messages": [value]}, policy).conversation.messages
        if len(messages) != 1 or messages[0].role != "assistant":
            raise FormatError(f"{self.name}: found {found(value)}, expected a message of the assistant")
        return messages[0]

    def write(self, content: Message, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`."""
        record = self._conversations.write(Record(Conversation((content,))), policy)
        message: dict[str, Any] = record["messages"][0]
        return message


def _fits(value: Any, layout: Mapping[str, Any]) -> bool:
    """Whether a value is laid out so; an id may be missing, and nothing else may stand there."""
    if not isinstance(value, Mapping) or not value.keys() <= layout.keys():
        return False
    for key, expected in layout.items():
        given = value.get(key)
        if expected is Part.ID:
            fits = given is None or isinstance(given, str)
        elif expected is Part.ARGUMENTS:
            fits = isinstance(given, Mapping)
        elif isinstance(expected, Part):
            fits = isinstance(given, str)
        else:
            fits = _fits(given, expected) if isinstance(expected, Mapping) else given == expected
        if not fits:
            return False
    return True


def _filled(layout: Mapping[str, Any], call: ToolCall) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for key, expected in layout.items():
        if isinstance(expected, Mapping):
            written[key] = _filled(expected, call)
        elif expected is Part.NAME:
            written[key] = call.function.name
        elif expected is Part.ARGUMENTS:
            written[key] = call.function.arguments_object()
        elif expected is Part.ARGUMENTS_TEXT:
            written[key] = call.function.arguments
        elif expected is not Part.ID:
            written[key] = expected
        elif call.id is not None:
            written[key] = call.id
    return written


_NAME, _ARGUMENTS, _TEXT, _ID = Part.NAME, Part.ARGUMENTS, Part.ARGUMENTS_TEXT, Part.ID

#: All shapes of calls and of messages with calls.
CALL_SHAPES: tuple[Shape[Message], ...] = (
    MessageRecords("openai-message", "OpenAI's message of the assistant", OPENAI),
    MessageRecords("anthropic-message", "Anthropic's message of the assistant", ANTHROPIC),
    CallRecords(
        "openai-call",
        "OpenAI's tool call: an item of tool_calls",
        {"id": _ID, "type": "function", "function": {"name": _NAME, "arguments": _TEXT}},
    ),
    CallRecords(
        "openai-function-call",
        "OpenAI's legacy function_call: name, arguments as text",
        {"name": _NAME, "arguments": _TEXT},
        ("function-call",),
    ),
    CallRecords(
        "openai-responses-call",
        "a function_call item of OpenAI's Responses",
        {"type": "function_call", "call_id": _ID, "name": _NAME, "arguments": _TEXT},
    ),
    CallRecords(
        "anthropic-call",
        "Anthropic's tool_use block",
        {"type": "tool_use", "id": _ID, "name": _NAME, "input": _ARGUMENTS},
    ),
    CallRecords(
        "gemini-call", "Gemini's functionCall part", {"functionCall": {"id": _ID, "name": _NAME, "args": _ARGUMENTS}}
    ),
    CallRecords(
        "langchain-call", "LangChain's tool call", {"name": _NAME, "args": _ARGUMENTS, "id": _ID, "type": "tool_call"}
    ),
    CallRecords(
        "mcp-call",
        "MCP's request tools/call",
        {"method": "tools/call", "params": {"name": _NAME, "arguments": _ARGUMENTS}},
    ),
    CallRecords(
        "chatglm3-finetune-call",
        "a turn of role tool of ChatGLM3's fine-tuning records",
        {"role": "tool", "name": _NAME, "parameters": _ARGUMENTS},
    ),
    CallRecords(
        "json-call",
        "name and arguments as an object, as Hermes and Qwen write",
        {"name": _NAME, "arguments": _ARGUMENTS},
    ),
    CallRecords(
        "json-parameters-call", "name and parameters, as Llama 3 writes", {"name": _NAME, "parameters": _ARGUMENTS}
    ),
)
