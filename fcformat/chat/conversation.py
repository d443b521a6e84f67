"""A conversation: its messages and the tools that may be called in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from fcformat.chat._checks import found
from fcformat.chat.messages import Message
from fcformat.chat.tools import Tool, check_names
from fcformat.errors import FormatError

__all__ = ["Conversation"]


@dataclasses.dataclass(frozen=True, slots=True)
class Conversation:
    """Messages and tools.

    Attributes:
        messages: In order.
        tools: What may be called; names are unique.
        issues: Where it was read from a prompt, what could not be read or would be written otherwise, as sentences.

    Raises:
        FormatError: An item is no `Message` or no `Tool`, or two tools have one name.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    issues: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    def __post_init__(self) -> None:
        for field, kind in (("messages", Message), ("tools", Tool)):
            value = getattr(self, field)
            if not isinstance(value, (list, tuple)):
                raise FormatError(f"conversation: {field}: found {found(value)}, expected a tuple")
            for position, item in enumerate(value):
                if not isinstance(item, kind):
                    raise FormatError(
                        f"conversation: {field}[{position}]: found {found(item)}, expected a {kind.__name__}"
                    )
            object.__setattr__(self, field, tuple(value))
        check_names(self.tools)

    @classmethod
    def from_openai(cls, request: Mapping[str, Any]) -> Conversation:
        """Reads `messages` and `tools`, or the legacy `functions`, of a chat-completions request.

        What else a request holds (model, sampling, tool choice) is not part of the conversation and is not read.

        Raises:
            FormatError: A message or tool is wrong, or both `tools` and `functions` are given.
        """
        from fcformat.chat.normalize import conversation_from_openai

        return conversation_from_openai(request)

    def to_openai(self, legacy: bool = False) -> dict[str, Any]:
        """A new dict with `messages`, and `tools` where there are any.

        Args:
            legacy: Write `functions`, `function_call` and role `function`. The function's name of a result that has
                only an id is looked up among the calls before it.

        Raises:
            FormatError: With `legacy`, a message has more than one call, or a result's function is not known.
        """
        if legacy:
            from fcformat.chat.legacy import conversation_to_legacy

            return conversation_to_legacy(self)
        request: dict[str, Any] = {"messages": [message.to_openai() for message in self.messages]}
        if self.tools:
            request["tools"] = [tool.to_openai() for tool in self.tools]
        return request

    def with_call_ids(self) -> Conversation:
        """The same conversation with an id on every call and every result, as OpenAI's current shape wants it.

        Ids that are there stay. New ones are `call_0`, `call_1`, ... A result without an id answers the first
        unanswered call of the last calling turn, of its name if it has one.

        Raises:
            FormatError: A result without an id has no call to answer.
        """
        from fcformat.chat.legacy import with_call_ids

        return with_call_ids(self)
