"""Reading what OpenAI's chat-completions shape allows, and what its clients add, into the conversation model.

Nothing is lost silently: a key that has no place in a `Message` raises unless it is one of the known ones and says
nothing. Inputs are never changed. How a model family writes a conversation is no business of this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fcformat.chat._checks import as_mapping, found, json_copy, key_to_ignore
from fcformat.chat.conversation import Conversation
from fcformat.chat.messages import FunctionCall, Message, ToolCall
from fcformat.chat.tools import Tool, check_names
from fcformat.errors import FormatError

__all__ = ["conversation_from_openai", "message_from_openai", "normalize_messages", "normalize_tools"]

#: Where reasoning is found: with DeepSeek and most servers; with newer vLLM and OpenRouter; in templates' inputs.
_REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")
_MESSAGE_KEYS = ("role", "content", "tool_calls", "tool_call_id", "name", "function_call", *_REASONING_KEYS)


def normalize_messages(messages: Sequence[Mapping[str, Any] | Message]) -> tuple[Message, ...]:
    """Reads a list of messages.

    Args:
        messages: OpenAI-shaped dicts, `Message`s, or message objects of a client library; mixed as one likes.

    Raises:
        FormatError: It is no list, or a message is wrong; the error names the message's index.
    """
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Iterable):
        raise FormatError(f"messages: found {found(messages)}, expected a list of messages")
    return tuple(message_from_openai(message, index) for index, message in enumerate(messages))


def normalize_tools(tools: Iterable[Any] | None) -> tuple[Tool, ...]:
    """Reads a list of tools or legacy functions.

    Args:
        tools: Whatever `Tool.from_any` reads; mixed as one likes. `None` means no tools.

    Raises:
        FormatError: It is no list, a tool is wrong, or two tools have one name.
    """
    if tools is None:
        return ()
    if isinstance(tools, (str, bytes, Mapping)) or not isinstance(tools, Iterable):
        raise FormatError(f"tools: found {found(tools)}, expected a list of tools")
    read = tuple(Tool.from_any(tool, index) for index, tool in enumerate(tools))
    check_names(read)
    return read


def conversation_from_openai(request: Mapping[str, Any]) -> Conversation:
    """Reads the conversation of a chat-completions request; see `Conversation.from_openai`."""
    if not isinstance(request, Mapping):
        raise FormatError(f"request: found {found(request)}, expected an object with 'messages'")
    if "messages" not in request:
        raise FormatError("request: found no 'messages', expected a list of messages")
    tools, functions = request.get("tools"), request.get("functions")
    if tools and functions:
        raise FormatError("request: found both 'tools' and 'functions', expected one of them")
    return Conversation(normalize_messages(request["messages"]), normalize_tools(tools or functions))


def message_from_openai(message: object, index: int = 0) -> Message:
    """Reads one message; see `Message.from_openai`."""
    if isinstance(message, Message):
        return message
    where = f"message {index}"
    given = as_mapping(message)
    if given is None:
        raise FormatError(f"{where}: found {found(message)}, expected an object")
    if "role" not in given:
        raise FormatError(f"{where}: role: found no such key, expected a string")
    _refuse_others(given, _MESSAGE_KEYS, where, "message")
    role = given["role"]
    legacy_result = role == "function"
    if legacy_result and not given.get("name"):
        raise FormatError(f"{where}: name: found {found(given.get('name'))}, expected the name of the function")
    content, calls, reasoning = _content(given.get("content"), where), _calls(given, where), _reasoning(given, where)
    try:
        return Message(
            role="tool" if legacy_result else role,
            content=content,
            tool_calls=calls,
            tool_call_id=given.get("tool_call_id"),
            name=given.get("name"),
            reasoning=reasoning,
        )
    except FormatError as error:  # the message's own check, which does not know the index
        raise FormatError(f"{where}{str(error).removeprefix('message')}") from None


def _content(content: object, where: str) -> str | None:
    """The text of `content`: none, a string, or a list of text parts, which are joined with nothing between."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, (list, tuple)):
        raise FormatError(f"{where}: content: found {found(content)}, expected a string, a list of text parts or None")
    texts: list[str] = []
    for position, part in enumerate(content):
        place = f"{where}: content[{position}]"
        given = as_mapping(part)
        if given is None:
            raise FormatError(f"{place}: found {found(part)}, expected a text part")
        if given.get("type") != "text":
            raise FormatError(f"{place}: found a part of type {found(given.get('type'))}, expected 'text'")
        if not isinstance(given.get("text"), str):
            raise FormatError(f"{place}: text: found {found(given.get('text'))}, expected a string")
        _refuse_others(given, ("type", "text"), place, "text part")
        texts.append(given["text"])
    return "".join(texts)


def _reasoning(given: Mapping[str, Any], where: str) -> str | None:
    """The reasoning, under whichever of its keys; servers that write two of them write the same text twice."""
    chosen: str | None = None
    chosen_key = ""
    for key in _REASONING_KEYS:
        value = given.get(key)
        if value is None:
            continue
        if not isinstance(value, str):
            raise FormatError(f"{where}: {key}: found {found(value)}, expected a string or None")
        if chosen and value and chosen != value:
            raise FormatError(f"{where}: {key}: found another text than under {chosen_key!r}, expected one reasoning")
        if not chosen:
            chosen, chosen_key = value, key
    return chosen


def _calls(given: Mapping[str, Any], where: str) -> tuple[ToolCall, ...]:
    calls, legacy = given.get("tool_calls"), given.get("function_call")
    if calls is not None and not isinstance(calls, (list, tuple)):
        raise FormatError(f"{where}: tool_calls: found {found(calls)}, expected a list")
    if legacy is None:
        return tuple(_call(call, f"{where}: tool_calls[{position}]") for position, call in enumerate(calls or ()))
    if calls:
        raise FormatError(f"{where}: found both 'tool_calls' and 'function_call', expected one of them")
    return (ToolCall(_function(legacy, f"{where}: function_call")),)


def _call(call: object, where: str) -> ToolCall:
    if isinstance(call, ToolCall):
        return call
    given = as_mapping(call)
    if given is None:
        raise FormatError(f"{where}: found {found(call)}, expected an object")
    if given.get("type", "function") != "function":
        raise FormatError(f"{where}: type: found {found(given['type'])}, expected 'function'")
    identifier, index = given.get("id"), given.get("index")
    if identifier is not None and not isinstance(identifier, str):
        raise FormatError(f"{where}: id: found {found(identifier)}, expected a string or None")
    # A stream's `index` orders pieces; in a whole list the order is the list's, and servers number it as they like.
    if index is not None and (isinstance(index, bool) or not isinstance(index, int)):
        raise FormatError(f"{where}: index: found {found(index)}, expected an integer")
    _refuse_others(given, ("id", "type", "function", "index"), where, "tool call")
    return ToolCall(_function(given.get("function"), f"{where}: function"), identifier)


def _function(function: object, where: str) -> FunctionCall:
    if isinstance(function, FunctionCall):
        return function
    given = as_mapping(function)
    if given is None:
        raise FormatError(f"{where}: found {found(function)}, expected an object with 'name' and 'arguments'")
    name, arguments = given.get("name"), given.get("arguments")
    if not isinstance(name, str) or not name:
        raise FormatError(f"{where}: name: found {found(name)}, expected a nonempty string")
    _refuse_others(given, ("name", "arguments"), where, "function call")
    if isinstance(arguments, Mapping):
        arguments = json.dumps(json_copy(arguments, f"{where}: arguments"), ensure_ascii=False)
    elif not isinstance(arguments, str):
        raise FormatError(f"{where}: arguments: found {found(arguments)}, expected a string or an object")
    return FunctionCall(name, arguments)


def _refuse_others(given: Mapping[str, Any], known: tuple[str, ...], where: str, kind: str) -> None:
    for key, value in given.items():
        if key not in known and not key_to_ignore(key, value):
            raise FormatError(f"{where}: {key}: found {found(value)} under a key that has no place in a {kind}")
