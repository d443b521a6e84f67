"""The conversation model: what was said and called, in OpenAI's chat-completions shape, as immutable values.

A `Message` is the one canonical form between every prompt format, every parser and every outside shape. This module
holds the values and what makes them coherent; reading foreign dicts is in `normalize`, the legacy shape in `legacy`,
response objects in `responses`. Nothing here knows how a model family writes a turn.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from fcformat.chat._checks import found
from fcformat.errors import FormatError

__all__ = ["ROLES", "FunctionCall", "Message", "ToolCall"]

#: The roles of a message. The legacy role `function` is read as `tool`.
ROLES = ("system", "developer", "user", "assistant", "tool")


@dataclasses.dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function's name and the exact text of its arguments.

    Attributes:
        name: Name of the function, not empty.
        arguments: JSON text of an object. Kept byte for byte, also where it is not valid JSON: models write such text.
    """

    name: str
    arguments: str

    def __post_init__(self) -> None:
        name: object = self.name
        arguments: object = self.arguments
        if not isinstance(name, str) or not name:
            raise FormatError(f"function call: name: found {found(name)}, expected a nonempty string")
        if not isinstance(arguments, str):
            raise FormatError(f"function call: arguments: found {found(arguments)}, expected a string of JSON")

    def arguments_object(self) -> dict[str, Any]:
        """The arguments as a new dict.

        Raises:
            FormatError: The text is not the JSON of one object, names a key twice, or is nested too deeply to read.
        """
        where = f"call of {self.name}: arguments"

        def refuse_constant(name: str) -> NoReturn:
            raise FormatError(f"{where}: found {name}, which is not JSON")

        def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            read = dict(pairs)
            if len(read) < len(pairs):
                keys = [key for key, _ in pairs]
                twice = next(key for key in keys if keys.count(key) > 1)
                raise FormatError(f"{where}: found the key {twice!r} twice, expected it once")
            return read

        try:
            value = json.loads(self.arguments, parse_constant=refuse_constant, object_pairs_hook=unique)
        except FormatError:
            raise
        except (ValueError, RecursionError) as error:
            raise FormatError(
                f"{where}: found {found(self.arguments)}, expected the JSON of an object ({error})"
            ) from error
        if not isinstance(value, dict):
            raise FormatError(f"{where}: found {found(value)}, expected an object")
        return value


@dataclasses.dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that the assistant made.

    Attributes:
        function: What is called.
        id: What the result refers to; `None` where the call came without one (legacy calls, most model outputs).
        type: Always `"function"`; OpenAI's other kinds of calls are not function calls.
    """

    function: FunctionCall
    id: str | None = None
    type: str = "function"

    def __post_init__(self) -> None:
        function: object = self.function
        identifier: object = self.id
        if not isinstance(function, FunctionCall):
            raise FormatError(f"tool call: function: found {found(function)}, expected a FunctionCall")
        if identifier is not None and not isinstance(identifier, str):
            raise FormatError(f"tool call: id: found {found(identifier)}, expected a string or None")
        if self.type != "function":
            raise FormatError(f"tool call: type: found {found(self.type)}, expected 'function'")

    def to_openai(self) -> dict[str, Any]:
        """One item of `tool_calls`; `id` is left out where there is none."""
        item: dict[str, Any] = {} if self.id is None else {"id": self.id}
        item["type"] = self.type
        item["function"] = {"name": self.function.name, "arguments": self.function.arguments}
        return item


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Two messages are equal when they say the same: `issues` and `finish_reason` tell how a message came about and do not
    count.

    Attributes:
        role: One of `ROLES`.
        content: The text, or `None` where there is none.
        tool_calls: Calls of an assistant's turn, in order.
        tool_call_id: On a `tool` message, the id of the call that it answers; `None` for a legacy result.
        name: The function's name on a `tool` message, else the speaker's name.
        reasoning: What the assistant thought before it answered, or `None`.
        issues: What a tolerant parser had to repair or could not read, as sentences.
        finish_reason: Why a generated message ended: `"stop"`, `"tool_calls"`, `"length"`, or `None` if not known.

    Raises:
        FormatError: A field has the wrong type, or does not belong to the role.
    """

    role: str
    content: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    name: str | None = None
    reasoning: str | None = None
    issues: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    finish_reason: str | None = dataclasses.field(default=None, compare=False)

    def __post_init__(self) -> None:
        for field in ("tool_calls", "issues"):
            if isinstance(getattr(self, field), list):
                object.__setattr__(self, field, tuple(getattr(self, field)))
        problem = problem_of(self)
        if problem is not None:
            raise FormatError(f"message: {problem}")

    @classmethod
    def from_openai(cls, message: Mapping[str, Any] | Message, index: int = 0) -> Message:
        """Reads a message in OpenAI's chat-completions shape; the dict is not changed.

        Content given as a list of text parts is joined; `arguments` may be a string (kept byte for byte) or an object
        (written as JSON); reasoning is read from `reasoning_content`, `reasoning` or `thinking`; a legacy
        `function_call` becomes a tool call without an id, a legacy `function` message a `tool` message with a name.

        Args:
            message: The message. A `Message` is returned as it is.
            index: Its place in the conversation, for error messages.

        Raises:
            FormatError: Something has the wrong type, is not text, or has no place in a `Message`.
        """
        from fcformat.chat.normalize import message_from_openai

        return message_from_openai(message, index)

    def to_openai(self, legacy: bool = False) -> dict[str, Any]:
        """A new dict in OpenAI's chat-completions shape.

        `content` is always there; other fields are left out where they are `None` or empty. Reasoning is written as
        `reasoning_content`, arguments as JSON text. `issues` and `finish_reason` are not part of the shape.

        Args:
            legacy: Write `function_call` and role `function` instead of `tool_calls` and role `tool`. Ids have no place
                there: a result follows its call.

        Raises:
            FormatError: With `legacy`, the message has more than one call, or is a result without a name.
        """
        if legacy:
            from fcformat.chat.legacy import message_to_legacy

            return message_to_legacy(self)
        message: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.reasoning is not None:
            message["reasoning_content"] = self.reasoning
        if self.tool_calls:
            message["tool_calls"] = [call.to_openai() for call in self.tool_calls]
        if self.tool_call_id is not None:
            message["tool_call_id"] = self.tool_call_id
        if self.name is not None:
            message["name"] = self.name
        return message

    @classmethod
    def from_response(cls, response: Mapping[str, Any], choice: int = 0) -> Message:
        """Reads one choice of a chat-completions response object: its message and its `finish_reason`.

        Raises:
            FormatError: It is not such an object, or has no such choice.
        """
        from fcformat.chat.responses import message_from_response

        return message_from_response(response, choice)

    def to_response(
        self, *, model: str, id: str, created: int, usage: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A chat-completions response object whose one choice is this message.

        Args:
            model: The response's `model`.
            id: The response's `id`.
            created: The response's `created`, in seconds since 1970.
            usage: The response's `usage`, left out where it is `None`.

        Raises:
            FormatError: The message is not the assistant's.
        """
        from fcformat.chat.responses import message_to_response

        return message_to_response(self, model=model, id=id, created=created, usage=usage)


def problem_of(message: Any) -> str | None:
    """What is wrong with a message's fields, as `field: found X, expected Y`, or `None`."""
    if not isinstance(message.role, str):
        return f"role: found {found(message.role)}, expected a string"
    if message.role not in ROLES:
        return f"role: found {found(message.role)}, expected one of {', '.join(ROLES)}"
    for field in ("content", "tool_call_id", "name", "reasoning", "finish_reason"):
        value = getattr(message, field)
        if value is not None and not isinstance(value, str):
            return f"{field}: found {found(value)}, expected a string or None"
    if not isinstance(message.tool_calls, tuple):
        return f"tool_calls: found {found(message.tool_calls)}, expected a list"
    for position, call in enumerate(message.tool_calls):
        if not isinstance(call, ToolCall):
            return f"tool_calls[{position}]: found {found(call)}, expected a ToolCall"
    if not isinstance(message.issues, tuple) or not all(isinstance(issue, str) for issue in message.issues):
        return f"issues: found {found(message.issues)}, expected a tuple of strings"
    for field, owner in (("tool_calls", "assistant"), ("reasoning", "assistant"), ("tool_call_id", "tool")):
        if getattr(message, field) not in (None, ()) and message.role != owner:
            return f"{field}: found on a message of role {message.role!r}, expected only on role {owner!r}"
    return None
