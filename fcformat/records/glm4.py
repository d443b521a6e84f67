"""Records of GLM-4's fine-tuning: `messages`, tools in the system turn, calls as JSON in the assistant's, role `observation`.

https://github.com/THUDM/GLM-4/tree/main/finetune_demo. Of calls, the publisher's sample has the JSON of name and arguments
as the content; what its server and the format `glm4` write, a name and a line of JSON, is read as well, and so is a name in
`metadata`. Several calls at once are turns of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Conversation, FunctionCall, Message, ToolCall
from fcformat.chat._checks import found
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.chatglm3 import definitions
from fcformat.records.shape import CONVERSATION, Record, Shape, is_among, json_value, mapping, refuse_keys, text_of
from fcformat.records.tagged_texts import call_text
from fcformat.records.weights import WEIGHT_KEYS, weight_of

__all__ = ["GLM4_FINETUNE", "GLM4Records"]

_ROLES = {"system": "system", "user": "user", "assistant": "assistant", "observation": "tool", "tool": "tool"}
_NAMED = re.compile(r"([^\s{}\"]{1,256})\n(\{.*\})\s*", re.DOTALL)


class GLM4Records(Shape[Record]):
    """An object with `messages`."""

    name = "glm4-finetune"
    aliases = ("glm-4-finetune", "glm4-records")
    kind = CONVERSATION
    about = "GLM-4's fine-tuning records: messages, tools in the system turn, role observation"

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        turns = value.get("messages") if isinstance(value, Mapping) else None
        if not isinstance(turns, (list, tuple)) or not turns or "tools" in value or "system" in value:
            return False
        if not all(isinstance(turn, Mapping) and is_among(turn.get("role"), _ROLES) for turn in turns):
            return False
        tools = any("tools" in turn and turn["role"] == "system" for turn in turns)
        return tools or any(turn["role"] == "observation" for turn in turns)

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        record = mapping(value, "record")
        turns = record.get("messages")
        if not isinstance(turns, (list, tuple)):
            raise FormatError(f"record: messages: found {found(turns)}, expected a list of turns")
        messages: list[Message] = []
        weights: dict[int, float] = {}
        tools: Any = ()
        for number, turn in enumerate(turns):
            where = f"messages[{number}]"
            given = mapping(turn, where)
            role = _ROLES.get(given["role"]) if isinstance(given.get("role"), str) else None
            if role is None:
                raise FormatError(
                    f"{where}: role: found {found(given.get('role'))}, expected one of {', '.join(_ROLES)}"
                )
            beside = {"system": ("tools",), "assistant": ("metadata",)}.get(role, ())
            refuse_keys(given, ("role", "content", *beside, *WEIGHT_KEYS), len(messages), policy)
            content = text_of(given.get("content"), f"{where}: content")
            if role == "system" and given.get("tools"):
                if tools:
                    raise FormatError(f"{where}: tools: found tools a second time, expected them once")
                tools = json_value(given["tools"], f"{where}: tools")
                if not content:
                    continue  # there for the tools alone
            message = Message(role, content)
            if role == "assistant":
                message = _said(content, text_of(given.get("metadata"), f"{where}: metadata"))
            if (weight := weight_of(given, where)) is not None:
                weights[len(messages)] = weight
            messages.append(message)
        fields = {key: each for key, each in record.items() if key != "messages"}
        conversation = Conversation(tuple(_together(messages)), definitions(tools, policy))
        if len(conversation.messages) != len(messages) and weights:
            policy.lose("weights", None, "calls in a row become one message, and lose their weights in training")
            weights = {}
        return Record(conversation, fields, weights=weights)

    def write(self, content: Record, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`."""
        conversation = content.conversation
        turns: list[dict[str, Any]] = []
        if conversation.tools:
            turns.append({"role": "system", "content": "", "tools": [tool.to_openai() for tool in conversation.tools]})
        for index, message in enumerate(conversation.messages):
            role = {"developer": "system", "tool": "observation"}.get(message.role, message.role)
            if message.reasoning is not None:
                policy.lose("reasoning", index, "the reasoning has no place here, and is left out")
            if message.name is not None and message.role != "tool":
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role == "developer":
                policy.lose("roles", index, "the role 'developer' is written as the system's")
            if role == "system" and index:
                policy.lose("systems", index, "the system message does not begin the conversation, and is left out")
                continue
            if role == "system" and turns:
                turns[0]["content"] = message.content or ""
                continue
            if message.tool_calls and message.content:
                policy.lose("content", index, "the text beside the call is left out")
            texts = [call_text(call) for call in message.tool_calls] or [message.content or ""]
            turns += [{"role": role, "content": text} for text in texts]
        return {"messages": turns}


def _said(content: str | None, metadata: str | None) -> Message:
    """What the assistant says: a call, if that is what the text spells, or the text."""
    name: Any = metadata
    arguments: Any = content
    if not metadata:
        named = _NAMED.fullmatch(content or "")
        if named is not None:
            name, arguments = named[1], named[2]
        elif (content or "").lstrip().startswith("{"):
            given = _json(content or "")
            keys = given.keys() if isinstance(given, dict) else ()
            key = next((key for key in ("arguments", "parameters") if keys == {"name", key}), None)
            if key is not None:
                name, arguments = given["name"], given[key]
                if isinstance(arguments, dict):
                    arguments = json.dumps(arguments, ensure_ascii=False)
    if (
        not isinstance(name, str)
        or not name
        or not isinstance(arguments, str)
        or not isinstance(_json(arguments), dict)
    ):
        return Message("assistant", content)
    return Message("assistant", None, (ToolCall(FunctionCall(name, arguments)),))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _together(messages: list[Message]) -> list[Message]:
    """The messages with calls that stand in a row as those of one message."""
    joined: list[Message] = []
    for message in messages:
        last = joined[-1] if joined else None
        if last is not None and last.tool_calls and message.tool_calls:
            joined[-1] = Message("assistant", None, (*last.tool_calls, *message.tool_calls))
        else:
            joined.append(message)
    return joined


GLM4_FINETUNE = GLM4Records()
