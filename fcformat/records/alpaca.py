"""Records of one question and its answer, with the turns before them as pairs: Alpaca's, and prompts with a reply.

https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md has the keys. There are no calls here, only texts.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Conversation, Message, normalize_tools
from fcformat.chat._checks import found
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.shape import CONVERSATION, Record, Shape, json_value, mapping, text_of
from fcformat.records.tagged_texts import split_thought, with_thought

__all__ = ["ALPACA", "PROMPT_COMPLETION", "PROMPT_RESPONSE", "QuestionRecords"]


@dataclasses.dataclass(frozen=True)
class QuestionRecords(Shape[Record]):
    """A shape of records with one question.

    Attributes:
        name: Its name.
        about: What it is.
        question: Key of the question.
        answer: Key of the answer.
        more: Key of what is read behind the question, on a line of its own; always written, empty.
        history: Key of the pairs of texts before it.
        system: Key of the system text.
        tools: Key of the tools, a JSON text.
        aliases: Its other names.
        kind: `CONVERSATION`.
    """

    name: str
    about: str
    question: str
    answer: str
    more: str | None = None
    history: str | None = None
    system: str | None = None
    tools: str | None = None
    aliases: tuple[str, ...] = ()
    kind: str = CONVERSATION

    def recognises(self, value: Any) -> bool:
        """See `Shape`."""
        return isinstance(value, Mapping) and all(
            isinstance(value.get(key), str) for key in (self.question, self.answer)
        )

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        record = mapping(value, "record")
        texts = {}
        for key in (self.question, self.more, self.answer, self.system):
            if key is not None:
                texts[key] = text_of(record.get(key), f"record: {key}")
        if texts[self.question] is None and not record.get(self.answer):
            raise FormatError(f"record: found neither {self.question!r} nor {self.answer!r}, expected both")
        messages: list[Message] = []
        if self.system and texts[self.system]:
            messages.append(Message("system", texts[self.system]))
        for pair in self._pairs(record):
            messages += (Message("user", pair[0]), _answer(pair[1]))
        asked = (texts[self.question], texts[self.more] if self.more else None)
        messages.append(Message("user", "\n".join(text for text in asked if text)))
        if texts[self.answer] is not None:
            messages.append(_answer(texts[self.answer]))
        tools = json_value(record[self.tools], "record: tools") if self.tools and record.get(self.tools) else ()
        known = (self.question, self.more, self.answer, self.history, self.system, self.tools)
        fields = {key: each for key, each in record.items() if key not in known}
        return Record(Conversation(tuple(messages), normalize_tools(tools or ())), fields)

    def _pairs(self, record: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The turns before the question."""
        history = record.get(self.history) if self.history else None
        if history is not None and not isinstance(history, (list, tuple)):
            raise FormatError(f"record: {self.history}: found {found(history)}, expected a list of pairs")
        pairs = []
        for position, pair in enumerate(history or ()):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
                raise FormatError(f"record: {self.history}[{position}]: found {found(pair)}, expected two texts")
            pairs.append((pair[0], pair[1]))
        return pairs

    def write(self, content: Record, policy: LossPolicy) -> dict[str, Any]:
        """See `Shape`."""
        system: list[str] = []
        pairs: list[list[str | None]] = []
        for index, message in enumerate(content.conversation.messages):
            if message.tool_calls:
                what = f"found {len(message.tool_calls)} calls, which have no place here; the message is left out"
                policy.lose("calls", index, what)
                continue
            if message.role == "tool":
                policy.lose("results", index, "found a result, which has no place here")
                continue
            if message.name is not None:
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role in ("system", "developer"):
                if self.system is None or system or pairs:
                    policy.lose("systems", index, "the system message has no place here, and is left out")
                    continue
                if message.role == "developer":
                    policy.lose("roles", index, "the role 'developer' is written as the system's")
                system.append(message.content or "")
            elif message.role == "user":
                pairs.append([message.content or "", None])
            elif not pairs or pairs[-1][1] is not None:
                policy.lose("order", index, "found an answer without a question of its own, which is left out")
            else:
                pairs[-1][1] = with_thought(message.reasoning, message.content) or ""
        return self._record(content, system, pairs, policy)

    def _record(
        self, content: Record, system: list[str], pairs: list[list[str | None]], policy: LossPolicy
    ) -> dict[str, Any]:
        if not pairs:
            raise FormatError("conversation: found no question, expected at least one")
        for question, answer in pairs[:-1]:
            if answer is None:
                policy.lose("order", None, f"found the question {found(question)} without an answer")
        if pairs[-1][1] is None:
            policy.lose("ends", None, "the last question has no answer")
        if len(pairs) > 1 and self.history is None:
            policy.lose(
                "messages", None, f"found {len(pairs)} questions, expected one; the ones before the last are left out"
            )
        record: dict[str, Any] = {self.question: pairs[-1][0]}
        if self.more:
            record[self.more] = ""
        if pairs[-1][1] is not None:
            record[self.answer] = pairs[-1][1]
        if self.system and system:
            record[self.system] = system[0]
        tools = content.conversation.tools
        if tools and self.tools is None:
            policy.lose("tools", None, f"found {len(tools)} tools, which have no place here")
        elif tools and self.tools is not None:
            record[self.tools] = json.dumps([tool.function_dict() for tool in tools], ensure_ascii=False)
        if self.history and len(pairs) > 1:
            record[self.history] = [[question, answer or ""] for question, answer in pairs[:-1]]
        return record


def _answer(text: str | None) -> Message:
    reasoning, said = split_thought(text)
    return Message("assistant", said, reasoning=reasoning)


ALPACA = QuestionRecords(
    "alpaca",
    "Alpaca's records, with LLaMA-Factory's columns: instruction, input, output, system, history, tools",
    "instruction",
    "output",
    "input",
    "history",
    "system",
    "tools",
    aliases=("llamafactory-alpaca",),
)
PROMPT_COMPLETION = QuestionRecords("prompt-completion", "TRL's records: prompt and completion", "prompt", "completion")
PROMPT_RESPONSE = QuestionRecords(
    "prompt-response", "ChatGLM3's input-output records: prompt and response", "prompt", "response"
)
