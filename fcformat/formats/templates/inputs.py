"""What a template is given: messages, tools and options as plain JSON data, each text marked with where it came from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.chat._checks import as_mapping, found, json_copy
from fcformat.chat.normalize import message_from_openai
from fcformat.errors import FormatError
from fcformat.formats.templates.marked import OWN, UNKNOWN, Marked, MarkedDict, MarkedFloat, MarkedInt, MarkedList

__all__ = ["Inputs", "Origin", "read_messages"]

#: Names that reasoning has in messages, as transformers looks for them; templates get it under the first two.
_REASONING = ("reasoning_content", "thinking", "reasoning")
_KNOWN = ("role", "content", "tool_calls", "tool_call_id", "name", "function_call", *_REASONING)


@dataclasses.dataclass(frozen=True, slots=True)
class Origin:
    """Where a text came from.

    Attributes:
        kind: `content`, `reasoning`, `name`, `call name`, `call arguments`, `id`, `tool`, `option`, or a message's own key.
        message: Index of the message.
        call: Number of the call in the message.
        tool: Number of the tool.
    """

    kind: str
    message: int | None = None
    call: int | None = None
    tool: int | None = None


class Inputs:
    """The values of one rendering, and the origins that their marks stand for."""

    def __init__(self) -> None:
        self._origins: list[Origin] = []

    def origin(self, mark: str) -> Origin | None:
        """The origin of a mark, `None` for the template's own and for unknown ones."""
        number = ord(mark) - 2 if mark else -1
        return self._origins[number] if 0 <= number < len(self._origins) else None

    def message_of(self, mark: str) -> int | None:
        """The message of a mark."""
        origin = self.origin(mark)
        return None if origin is None else origin.message

    def message(self, message: Mapping[str, Any], index: int) -> MarkedDict:
        """A message as templates get it."""
        given: dict[str, Any] = {}
        for key, value in message.items():
            if key == "role":
                given[key] = Marked(value, OWN)  # one of a few words
            elif key == "tool_calls" and value:
                given[key] = MarkedList(self._call(call, index, number) for number, call in enumerate(value))
            elif key == "tool_call_id":
                given[key] = self.marked(value, Origin("id", index))
            else:
                given[key] = self.marked(value, Origin("reasoning" if key in _REASONING else key, index))
        reasoning = next((given[key] for key in _REASONING if given.get(key) is not None), None)
        if reasoning is not None:
            given = {"thinking": reasoning, **given, "reasoning_content": reasoning}
        return MarkedDict(given, message=index)

    def _call(self, call: Mapping[str, Any], index: int, number: int) -> MarkedDict:
        given: dict[str, Any] = {}
        for key, value in call.items():
            if key == "function":
                function = {
                    name: self.marked(part, Origin(f"call {name}", index, number)) for name, part in value.items()
                }
                given[key] = MarkedDict(function, message=index)
            else:
                given[key] = self.marked(value, Origin("id" if key == "id" else "call", index, number))
        return MarkedDict(given, message=index)

    def tools(self, tools: Iterable[Tool]) -> MarkedList | None:
        """Tools as templates get them; `None` where there are none."""
        given = [self.marked(tool.to_openai(), Origin("tool", tool=number)) for number, tool in enumerate(tools)]
        return MarkedList(given) if given else None

    def marked(self, value: Any, origin: Origin) -> Any:
        """A copy of JSON data all of whose texts have one origin."""
        if value is None or isinstance(value, bool):
            return value
        number = len(self._origins) + 2
        # Marks are characters; what is beyond the last one is of unknown origin.
        mark = chr(number) if number <= 0x10FFFF else UNKNOWN
        self._origins.append(origin)
        return _marked(value, mark, origin.message)


def _marked(value: Any, mark: str, message: int | None) -> Any:
    if isinstance(value, str):
        return Marked(value, mark)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        number = MarkedInt(value) if isinstance(value, int) else MarkedFloat(value)
        number._mark = mark
        return number
    if isinstance(value, Mapping):
        items = {Marked(key, mark): _marked(item, mark, message) for key, item in value.items()}
        return MarkedDict(items, mark, message)
    return MarkedList([_marked(item, mark, message) for item in value], mark)


def read_messages(messages: Sequence[Mapping[str, Any] | Message]) -> tuple[list[dict[str, Any]], tuple[Message, ...]]:
    """Checks messages and copies them as they are: keys that only templates know, and content in parts, are kept.

    Returns:
        The copies, and the messages as this library reads them, parts that are no text and other keys left out.

    Raises:
        FormatError: A message is wrong; the error names its index.
    """
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Iterable):
        raise FormatError(f"messages: found {found(messages)}, expected a list of messages")
    copies: list[dict[str, Any]] = []
    read: list[Message] = []
    for index, message in enumerate(messages):
        where = f"message {index}"
        given = message.to_openai() if isinstance(message, Message) else as_mapping(message)
        if given is None:
            raise FormatError(f"{where}: found {found(message)}, expected an object")
        copy = json_copy(given, where)
        content = copy.get("content")
        reduced = {key: value for key, value in copy.items() if key in _KNOWN}
        if isinstance(content, list):
            parts = [part for part in content if isinstance(part, dict) and part.get("type", "text") == "text"]
            reduced["content"] = [{"type": "text", "text": part.get("text")} for part in parts]
        checked = message if isinstance(message, Message) else message_from_openai(reduced, index)
        if "function_call" in copy or copy.get("role") == "function":
            extra = {key: value for key, value in copy.items() if key not in _KNOWN}
            copy = {**checked.to_openai(), **extra}
        copies.append(copy)
        read.append(checked)
    return copies, tuple(read)


def with_arguments(message: dict[str, Any], form: str) -> dict[str, Any]:
    """A message whose calls' arguments are all objects (`form="object"`) or all strings (`"string"`)."""
    calls = []
    for call in message.get("tool_calls") or ():
        function = dict(call["function"])
        arguments = function.get("arguments")
        if form == "object" and isinstance(arguments, str):
            try:
                function["arguments"] = json.loads(arguments)
            except ValueError:
                pass  # models write what is no JSON; it stays the text that it is
        elif form == "string" and not isinstance(arguments, str):
            function["arguments"] = json.dumps(arguments, ensure_ascii=False)
        calls.append({**call, "function": function})
    return {**message, "tool_calls": calls} if calls else message
