"""Records of ChatGLM3's fine-tuning: `conversations` of role and content, and in the tool form turns of role `tool`.

https://github.com/THUDM/ChatGLM3/tree/main/finetune_demo. A turn of role `tool` is a call and its result; several calls
at once cannot be said. The prompt is the format `chatglm3`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Conversation, FunctionCall, Message, Tool, ToolCall
from fcformat.chat._checks import found, json_copy
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.fitting import answers, one_call_a_message
from fcformat.records.shape import (
    CONVERSATION,
    Record,
    Shape,
    arguments_text,
    is_among,
    json_value,
    mapping,
    refuse_keys,
    text_of,
)
from fcformat.records.weights import WEIGHT_KEYS, label, weight_of

__all__ = ["CHATGLM3_FINETUNE", "ChatGLM3Records", "definitions"]

_ROLES = ("system", "user", "assistant", "tool")


class ChatGLM3Records(Shape[Record]):
    """An object with `conversations`, and in the tool form `tools`."""

    name = "chatglm3-finetune"
    aliases = ("chatglm3-records", "chatglm3-tool-alpaca")
    kind = CONVERSATION
    about = "ChatGLM3's fine-tuning records: conversations and tools"
    weight_key = "loss"

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        turns = value.get("conversations") if isinstance(value, Mapping) else None
        return (
            isinstance(turns, (list, tuple))
            and bool(turns)
            and all(isinstance(turn, Mapping) and is_among(turn.get("role"), _ROLES) for turn in turns)
        )

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        record = mapping(value, "record")
        turns = record.get("conversations")
        if not isinstance(turns, (list, tuple)):
            raise FormatError(f"record: conversations: found {found(turns)}, expected a list of turns")
        messages: list[Message] = []
        weights: dict[int, float] = {}
        said = False
        for number, turn in enumerate(turns):
            where = f"conversations[{number}]"
            given = mapping(turn, where)
            role = given.get("role")
            weight = weight_of(given, where)
            if role == "tool":
                # What the assistant says before it calls is a turn of its own here, and part of the message there.
                before = messages.pop() if said else Message("assistant")
                weight = _one_weight(
                    weights.pop(len(messages), weight) if said else weight, weight, len(messages), policy
                )
                if weight is not None:
                    weights[len(messages)] = weight
                messages += _call(given, before, where, len(messages), policy)
            elif is_among(role, _ROLES):
                refuse_keys(given, ("role", "content", *WEIGHT_KEYS), len(messages), policy)
                if weight is not None:
                    weights[len(messages)] = weight
                messages.append(Message(str(role), text_of(given.get("content"), f"{where}: content")))
            else:
                raise FormatError(f"{where}: role: found {found(role)}, expected one of {', '.join(_ROLES)}")
            said = role == "assistant"
        tools = definitions(json_value(record.get("tools"), "record: tools") or (), policy)
        fields = {key: each for key, each in record.items() if key not in ("conversations", "tools")}
        return Record(Conversation(tuple(messages), tools), fields, weights=weights)

    def write(self, content: Record, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`."""
        conversation = content.conversation
        numbered = one_call_a_message(conversation.messages, policy)
        answered = answers([message for _, message in numbered])
        result_of = {asked: numbered[place][1] for place, asked in answered.items()}
        turns: list[dict[str, Any]] = []
        for place, (index, message) in enumerate(numbered):
            if message.reasoning is not None:
                policy.lose("reasoning", index, "the reasoning has no place here, and is left out")
            if message.name is not None and message.role != "tool":
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role == "tool":
                if place not in answered:
                    policy.lose("results", index, "found a result that answers no call, which is left out")
                continue
            role = "system" if message.role == "developer" else message.role
            if role == "system" and place:
                policy.lose("systems", index, "the system message does not begin the conversation, and is left out")
                continue
            if message.role == "developer":
                policy.lose("roles", index, "the role 'developer' is written as the system's")
            weight = content.weights.get(index)
            weight = weight if weight in (0.0, 1.0) else None
            if message.content is not None or not message.tool_calls:
                turns.append(label({"role": role, "content": message.content or ""}, "loss", weight))
            turns += [
                label(_turn(call, result_of.get((place, 0)), index, policy), "loss", weight)
                for call in message.tool_calls
            ]
        record: dict[str, Any] = {}
        if conversation.tools:
            record["tools"] = [tool.function_dict() for tool in conversation.tools]
        record["conversations"] = turns
        return record


def _call(given: Mapping[str, Any], before: Message, where: str, index: int, policy: LossPolicy) -> list[Message]:
    """The messages of a turn of role `tool`: the call, joined to what was said before it, and the result."""
    refuse_keys(given, ("role", "name", "parameters", "observation", *WEIGHT_KEYS), index, policy)
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise FormatError(f"{where}: name: found {found(name)}, expected a nonempty string")
    arguments = arguments_text(given.get("parameters") or {}, f"{where}: parameters")
    messages = [dataclasses.replace(before, tool_calls=(ToolCall(FunctionCall(name, arguments)),))]
    if "observation" in given:
        observation = given["observation"]
        if not isinstance(observation, str):  # as the publisher's own code writes it into the prompt
            observation = json.dumps(json_copy(observation, f"{where}: observation"), ensure_ascii=False)
        messages.append(Message("tool", observation))
    return messages


def _turn(call: ToolCall, result: Message | None, index: int, policy: LossPolicy) -> dict[str, Any]:
    turn = {"role": "tool", "name": call.function.name, "parameters": call.function.arguments_object()}
    if result is None:
        policy.lose(
            "results", index, f"the call of {call.function.name!r} has no result, which training writes as null"
        )
    else:
        turn["observation"] = result.content or ""
    return turn


def _one_weight(before: float | None, weight: float | None, index: int, policy: LossPolicy) -> float | None:
    """The weight of a message that two turns become."""
    if before != weight:
        policy.lose("weights", index, f"a text of weight {before} and its call of {weight} become one message")
    return weight


def definitions(given: Any, policy: LossPolicy) -> tuple[Tool, ...]:
    """The tools. Their form is free; those that are no definitions, such as plain texts, cannot be carried."""
    if not isinstance(given, (list, tuple)):
        raise FormatError(f"record: tools: found {found(given)}, expected a list")
    tools = []
    for number, tool in enumerate(given):
        if isinstance(tool, str):
            policy.lose("tools", None, f"tool {number}: found a text, {found(tool)}, expected a definition")
        else:
            tools.append(Tool.from_any(tool, number))
    return tuple(tools)


CHATGLM3_FINETUNE = ChatGLM3Records()
