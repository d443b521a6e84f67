"""Anthropic's Messages requests: content in blocks, results in the user's turn, the system text apart.

https://docs.anthropic.com/en/api/messages. Blocks of an assistant's turn have an order that the conversation model has
not: reasoning, text, calls. Another order is a stated loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fcformat.chat import Conversation, FunctionCall, Message, ToolCall
from fcformat.chat._checks import as_mapping, found
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.fitting import with_ids
from fcformat.records.shape import CONVERSATION, Record, Shape, arguments_text, is_among, mapping, refuse_keys, text_of
from fcformat.records.tools import ANTHROPIC_TOOLS

__all__ = ["ANTHROPIC", "AnthropicRecords"]

#: Parameters of the request, which say how to generate and nothing of what was said.
_REQUEST_KEYS = frozenset(
    """container context_management max_tokens mcp_servers metadata model output_config service_tier stop_sequences stream
    temperature thinking tool_choice top_k top_p""".split()
)
_BLOCKS = frozenset(("text", "thinking", "redacted_thinking", "tool_use", "tool_result", "image", "document"))
_CALL_KEYS = ("type", "id", "name", "input", "cache_control", "caller")


class AnthropicRecords(Shape[Record]):
    """An object with `messages`, and where there are any, `system` and `tools`."""

    name = "anthropic"
    aliases = ("anthropic-messages", "claude")
    kind = CONVERSATION
    about = "Anthropic's Messages requests: content blocks, system apart"

    def recognises(self, value: Any) -> bool:
        """See `Shape`. A request of plain texts only is OpenAI's as well, where it means the same."""
        if not isinstance(value, Mapping) or not isinstance(value.get("messages"), (list, tuple)):
            return False
        messages = [as_mapping(message) for message in value["messages"]]
        if any(message is None or message.get("role") not in ("user", "assistant") for message in messages):
            return False
        blocks = [
            block
            for message in messages
            if message is not None and isinstance(message.get("content"), (list, tuple))
            for block in map(as_mapping, message["content"])
        ]
        if any(block is None or not is_among(block.get("type"), _BLOCKS) for block in blocks):
            return False
        if isinstance(value.get("system"), (str, list)):
            return True
        tools = value.get("tools")
        return any(block is not None and block["type"] != "text" for block in blocks) or (
            isinstance(tools, (list, tuple))
            and bool(tools)
            and all("input_schema" in (as_mapping(t) or ()) for t in tools)
        )

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        request = mapping(value, "record")
        turns = request.get("messages")
        if not isinstance(turns, (list, tuple)):
            raise FormatError(f"record: messages: found {found(turns)}, expected a list")
        messages = [Message("system", text) for text in _system(request.get("system"), policy)]
        for number, turn in enumerate(turns):
            where = f"messages[{number}]"
            given = as_mapping(turn)
            if given is None:
                raise FormatError(f"{where}: found {found(turn)}, expected an object")
            refuse_keys(given, ("role", "content"), len(messages), policy)
            if given.get("role") == "user":
                messages += _user(_content(given.get("content"), where), where, len(messages), policy)
            elif given.get("role") == "assistant":
                messages.append(_assistant(_content(given.get("content"), where), where, len(messages), policy))
            else:
                raise FormatError(f"{where}: role: found {found(given.get('role'))}, expected 'user' or 'assistant'")
        tools = ANTHROPIC_TOOLS.read(request["tools"], policy) if request.get("tools") else ()
        fields = {key: each for key, each in request.items() if key not in ("messages", "system", "tools")}
        for key in sorted(_REQUEST_KEYS & fields.keys()):
            if fields.pop(key) is not None:
                policy.lose("request", None, f"{key}: found a parameter of the request, which is not carried on")
        return Record(Conversation(tuple(messages), tools), fields)

    def write(self, content: Record, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`. Calls and results without an id are given one."""
        conversation = with_ids(content.conversation, policy)
        system: list[str] = []
        turns: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        spoken = False
        for index, message in enumerate(conversation.messages):
            if message.role in ("system", "developer"):
                if spoken:
                    policy.lose("systems", index, "the system message does not begin the conversation, and is left out")
                else:
                    if message.role == "developer":
                        policy.lose("roles", index, "the role 'developer' is written as the system's")
                    system.append(message.content or "")
                continue
            spoken = True
            if message.role == "tool":
                results.append({"type": "tool_result", "tool_use_id": message.tool_call_id, "content": message.content})
                continue
            if message.name is not None:
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role == "user" and message.content is not None and results:
                results.append({"type": "text", "text": message.content})
                _flush(results, turns)
                continue
            _flush(results, turns)
            if message.reasoning is not None:
                policy.lose(
                    "signature", index, "the API takes reasoning back with its signature only, which is not known"
                )
            turns.append({"role": message.role, "content": _blocks(message)})
        _flush(results, turns)
        request: dict[str, Any] = {}
        if system:
            request["system"] = system[0] if len(system) == 1 else [{"type": "text", "text": text} for text in system]
        request["messages"] = turns
        if conversation.tools:
            request["tools"] = ANTHROPIC_TOOLS.write(conversation.tools, policy)
        return request


def _system(system: Any, policy: LossPolicy) -> list[str]:
    """The system texts: one, or one a block."""
    if system is None or isinstance(system, str):
        return [] if system is None else [system]
    texts = []
    for position, block in enumerate(_content(system, "system")):
        given = mapping(block, f"system[{position}]")
        if given.get("type") != "text" or not isinstance(given.get("text"), str):
            raise FormatError(f"system[{position}]: found {found(given.get('type'))}, expected a block of text")
        _note_cache(given, None, policy)
        texts.append(given["text"])
    return texts


def _content(content: Any, where: str) -> Sequence[Any]:
    """The blocks of a content."""
    if isinstance(content, str):
        return ({"type": "text", "text": content},)
    if not isinstance(content, (list, tuple)):
        raise FormatError(f"{where}: content: found {found(content)}, expected a string or a list of blocks")
    blocks = []
    for position, block in enumerate(content):
        given = as_mapping(block)
        if given is None or not isinstance(given.get("type"), str):
            raise FormatError(f"{where}: content[{position}]: found {found(block)}, expected a block with a type")
        blocks.append(given)
    return blocks


def _user(blocks: Sequence[Any], where: str, index: int, policy: LossPolicy) -> list[Message]:
    """The messages of a user's turn: results, and what the user says. Texts next to each other are one."""
    messages: list[Message] = []
    texts: list[str] = []

    def say() -> None:
        if texts:
            messages.append(Message("user", "".join(texts)))
            texts.clear()

    for position, block in enumerate(blocks):
        at, place = index + len(messages), f"{where}: content[{position}]"
        _note_cache(block, at, policy)
        if block["type"] == "text":
            refuse_keys(block, ("type", "text", "cache_control"), at, policy)
            texts.append(_required(block, "text", place))
        elif block["type"] == "tool_result":
            say()
            at = index + len(messages)
            refuse_keys(block, ("type", "tool_use_id", "content", "is_error", "cache_control"), at, policy)
            if block.get("is_error"):
                policy.lose("is_error", at, "found a result that is marked as an error, which is not carried on")
            text = _result(block.get("content"), place, at, policy)
            messages.append(Message("tool", text, tool_call_id=_required(block, "tool_use_id", place)))
        else:
            policy.lose("media", at, f"content[{position}]: found a block of type {block['type']!r}, expected text")
    say()
    return messages or [Message("user")]


def _result(content: Any, where: str, index: int, policy: LossPolicy) -> str | None:
    if content is None:
        return None
    texts = []
    for block in _content(content, where):
        if block["type"] == "text":
            texts.append(_required(block, "text", where))
        else:
            policy.lose("media", index, f"found a result's block of type {block['type']!r}, expected text")
    return "".join(texts)


def _assistant(blocks: Sequence[Any], where: str, index: int, policy: LossPolicy) -> Message:
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[ToolCall] = []
    disordered = False
    for position, block in enumerate(blocks):
        place = f"{where}: content[{position}]"
        _note_cache(block, index, policy)
        if block["type"] == "text":
            refuse_keys(block, ("type", "text", "cache_control"), index, policy)
            disordered |= bool(calls)
            texts.append(_required(block, "text", place))
        elif block["type"] == "thinking":
            refuse_keys(block, ("type", "thinking", "signature"), index, policy)
            disordered |= bool(calls or texts)
            if block.get("signature"):
                policy.lose("signature", index, "the signature of the reasoning is not carried on")
            thoughts.append(_required(block, "thinking", place))
        elif block["type"] == "tool_use":
            refuse_keys(block, _CALL_KEYS, index, policy)
            arguments = arguments_text(mapping(block.get("input"), f"{place}: input"), f"{place}: input")
            calls.append(
                ToolCall(FunctionCall(_required(block, "name", place), arguments), text_of(block.get("id"), place))
            )
        else:
            what = f"content[{position}]: found a block of type {block['type']!r}, which cannot be carried"
            policy.lose("blocks", index, what)
    if disordered:
        policy.lose(
            "order", index, "found text or reasoning after a call or a text; reasoning, text and calls are put apart"
        )
    return Message(
        "assistant",
        "".join(texts) if texts else None,
        tuple(calls),
        reasoning="".join(thoughts) if thoughts else None,
    )


def _blocks(message: Message) -> str | list[dict[str, Any]]:
    """The content of a turn that is no result."""
    if message.content is not None and message.reasoning is None and not message.tool_calls:
        return message.content
    blocks: list[dict[str, Any]] = []
    if message.reasoning is not None:
        blocks.append({"type": "thinking", "thinking": message.reasoning})
    if message.content:  # the API refuses empty blocks of text
        blocks.append({"type": "text", "text": message.content})
    for call in message.tool_calls:
        use = {"type": "tool_use", "id": call.id, "name": call.function.name, "input": call.function.arguments_object()}
        blocks.append(_without_none(use))
    return blocks


def _flush(results: list[dict[str, Any]], turns: list[dict[str, Any]]) -> None:
    if results:
        turns.append({"role": "user", "content": [_without_none(result) for result in results]})
        results.clear()


def _without_none(block: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if value is not None}


def _required(block: Mapping[str, Any], key: str, where: str) -> str:
    value = block.get(key)
    if not isinstance(value, str):
        raise FormatError(f"{where}: {key}: found {found(value)}, expected a string")
    return value


def _note_cache(block: Mapping[str, Any], index: int | None, policy: LossPolicy) -> None:
    if block.get("cache_control"):
        policy.lose("cache", index, "cache_control is not carried on")


ANTHROPIC = AnthropicRecords()
