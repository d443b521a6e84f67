"""Records that list turns of a role and a text, calls among them as JSON text: ShareGPT's way, declared as data.

What differs between publishers is names of keys and roles, where the system text and the tools stand, and what may follow
what; a declaration says these, and nothing else is written here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Conversation, FunctionCall, Message, ToolCall, normalize_tools
from fcformat.chat._checks import found
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.shape import (
    CONVERSATION,
    Record,
    Shape,
    arguments_text,
    json_value,
    mapping,
    refuse_keys,
    text_of,
)
from fcformat.records.tagged_texts import (
    call_text,
    read_tagged_calls,
    read_tagged_results,
    split_thought,
    tagged_calls,
    tagged_result,
    with_thought,
)
from fcformat.records.weights import WEIGHT_KEYS, label, weight_of

__all__ = ["TurnLists", "calls_of", "calls_text"]

#: Keys under which tools are found, beside the declared one.
_ASKING, _ANSWERING = frozenset(("user", "tool")), frozenset(("assistant", "calls"))


@dataclasses.dataclass(frozen=True)
class TurnLists(Shape[Record]):
    """A shape of records with a list of turns.

    Attributes:
        name: Its name.
        about: What it is.
        aliases: Its other names.
        turns: Key of the list.
        role: Key of a turn's role.
        text: Key of a turn's text.
        roles: Role of the conversation model of each role that is read; `"calls"` is a turn of calls. The first of each
            is the one that is written.
        system_key: Key of the system text beside the turns; `None`: it is a turn.
        tools: Key of the tools, a JSON text.
        alternating: Whether questions and results must alternate with answers and calls, beginning with a question.
        meant: Whether a value of this shape that is also of a sibling's is meant to be this one.
        tagged: Whether calls and results are written between tags inside of texts, as Hermes models write them. Such texts
            are read in any case.
        weight_key: See `Shape`.
        kind: `CONVERSATION`.
    """

    name: str
    about: str
    roles: Mapping[str, str]
    aliases: tuple[str, ...] = ()
    turns: str = "conversations"
    role: str = "from"
    text: str = "value"
    system_key: str | None = None
    tools: str = "tools"
    alternating: bool = False
    meant: bool = True
    tagged: bool = False
    weight_key: str = ""
    kind: str = CONVERSATION

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        turns = value.get(self.turns) if isinstance(value, Mapping) else None
        if not self.meant or not isinstance(turns, (list, tuple)) or not turns:
            return False
        if not all(isinstance(turn, Mapping) and self.role in turn and self.text in turn for turn in turns):
            return False
        if any("tools" in turn for turn in turns):
            return False
        roles = {turn[self.role] for turn in turns if isinstance(turn[self.role], str)}
        # OpenAI's own keys and roles are OpenAI's or GLM-4's, unless calls or tools stand there as text.
        openai = self.role == "role" and "function_call" not in roles
        return roles <= self.roles.keys() and not (openai and not isinstance(value.get(self.tools), str))

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        record = mapping(value, "record")
        turns = record.get(self.turns)
        if not isinstance(turns, (list, tuple)):
            raise FormatError(f"record: {self.turns}: found {found(turns)}, expected a list of turns")
        messages: list[Message] = []
        system = text_of(record.get("system"), "record: system")
        if system:
            messages.append(Message("system", system))
        weights: dict[int, float] = {}
        joinable = False
        for number, turn in enumerate(turns):
            where = f"{self.turns}[{number}]"
            given = mapping(turn, where)
            refuse_keys(given, (self.role, self.text, *WEIGHT_KEYS), len(messages), policy)
            weight = weight_of(given, where)
            role = self.roles.get(given[self.role]) if isinstance(given.get(self.role), str) else None
            if role is None:
                expected = ", ".join(self.roles)
                raise FormatError(
                    f"{where}: {self.role}: found {found(given.get(self.role))}, expected one of {expected}"
                )
            text = text_of(given.get(self.text), f"{where}: {self.text}")
            if role == "calls":
                message = calls_of(text, f"{where}: {self.text}")
                if joinable and message.reasoning is None and not self.alternating:
                    # Text before a call is a turn of its own here, and part of the message there.
                    message = dataclasses.replace(messages.pop(), tool_calls=message.tool_calls)
                    if weights.pop(len(messages), weight) != weight:
                        policy.lose(
                            "weights", len(messages), "a text and its call, of other weight, become one message"
                        )
            elif role == "assistant":
                message = read_tagged_calls(text, len(messages), policy)
            elif role == "tool":
                results = read_tagged_results(text)
                messages += results[:-1]
                message = results[-1]
            else:
                message = Message(role, text)
            joinable = role == "assistant" and not message.tool_calls
            if weight is not None:
                weights[len(messages)] = weight
            messages.append(message)
        tools = json_value(record[self.tools], f"record: {self.tools}") if record.get(self.tools) else ()
        fields = {key: each for key, each in record.items() if key not in (self.turns, "system", self.tools)}
        return Record(Conversation(tuple(messages), normalize_tools(tools or ())), fields, weights=weights)

    def write(self, content: Record, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`."""
        names: dict[str, str] = {}
        for name, role in self.roles.items():
            names.setdefault(role, name)
        record: dict[str, Any] = {self.turns: []}
        turns: list[dict[str, Any]] = record[self.turns]
        last: str | None = None

        def add(role: str, text: str | None) -> None:
            turn = {self.role: names[role], self.text: text or ""}
            turns.append(label(turn, self.weight_key, content.weights.get(index)) if self.weight_key else turn)

        messages = content.conversation.messages
        for index, message in enumerate(messages):
            role = "system" if message.role == "developer" else message.role
            if message.role == "developer":
                policy.lose("roles", index, "the role 'developer' is written as the system's")
            if role == "system" and self.system_key is not None:
                if index:
                    policy.lose("systems", index, "the system message does not begin the conversation, and is left out")
                else:
                    record[self.system_key] = message.content or ""
                continue
            if message.name is not None and role != "tool":
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            kind = "calls" if message.tool_calls else role
            if self.alternating:
                last = self._follows(last, kind, index, message, turns, policy)
                if last == "joined":
                    last = "tool"
                    continue
            if self.tagged and kind == "calls":
                add("assistant", with_thought(message.reasoning, tagged_calls(message)))
            elif self.tagged and kind == "tool":
                block = tagged_result(message)
                if index and messages[index - 1].role == "tool":
                    turns[-1][self.text] += f"\n{block}"
                else:
                    add(role, block)
            elif kind == "calls":
                text = message.content
                if text and self.alternating:
                    policy.lose("content", index, "the text beside the call is left out")
                elif text is not None:
                    add("assistant", with_thought(message.reasoning, text))
                reasoning = message.reasoning if text is None or self.alternating else None
                add("calls", with_thought(reasoning, calls_text(message)))
            else:
                add(role, with_thought(message.reasoning, message.content))
        if self.alternating and last in _ASKING | {None}:
            policy.lose("ends", None, "the conversation does not end with an answer or a call, which training wants")
        if content.conversation.tools:
            functions = [tool.function_dict() for tool in content.conversation.tools]
            record[self.tools] = json.dumps(functions, ensure_ascii=False)
        return record

    def _follows(
        self, last: str | None, kind: str, index: int, message: Message, turns: list[dict[str, Any]], policy: LossPolicy
    ) -> str:
        """Checks that a turn may follow the last one; results in a row become one."""
        answering = kind in _ANSWERING
        if kind == last == "tool":
            policy.lose(
                "results", index, "the result is joined to the one before it: one result may follow a turn of calls"
            )
            turns[-1][self.text] += "\n" + (message.content or "")
            return "joined"
        if answering != (last in _ASKING):
            before = f"a turn of {last!r}" if last else "the beginning"
            policy.lose(
                "order", index, f"found a turn of {kind!r} after {before}, where questions and answers alternate"
            )
        return kind


def calls_of(text: str | None, where: str) -> Message:
    """The message of a turn of calls: the JSON of a call or of a list of them, maybe behind reasoning."""
    reasoning, written = split_thought(text)
    given = json_value(written or "", where)
    calls = []
    for position, each in enumerate(given if isinstance(given, list) else [given]):
        place = f"{where}: call {position}"
        call = mapping(each, place, "an object with 'name' and 'arguments'")
        if isinstance(call.get("function"), Mapping):  # an item of OpenAI's `tool_calls`
            call = call["function"]
        name = call.get("name")
        if not isinstance(name, str) or not name:
            raise FormatError(f"{place}: name: found {found(name)}, expected a nonempty string")
        key = "arguments" if "arguments" in call else "parameters"
        calls.append(ToolCall(FunctionCall(name, arguments_text(call.get(key), f"{place}: arguments"))))
    return Message("assistant", None, tuple(calls), reasoning=reasoning)


def calls_text(message: Message) -> str:
    """The calls as JSON: one as an object, several as a list. Arguments keep their spelling."""
    texts = [call_text(call) for call in message.tool_calls]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
