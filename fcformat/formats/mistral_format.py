"""Mistral's conversations, as mistral-common writes them for the tokenizer versions that know tools.

What differs between versions is data: where the system text and the tools stand, whether calls have ids, how a result is
written. Control tokens have no text around them. Messages of one role in a row are one, joined by a blank line.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterable
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.mistral_calls import MISTRAL_ID
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered

__all__ = ["MistralFormat", "MistralLayout", "decoded"]

#: Behind these the model goes on.
_OPENS = ("[/INST]", "[/TOOL_RESULTS]", "</s>", "[/SYSTEM_PROMPT]", "[/AVAILABLE_TOOLS]")
_CONTROLS = (
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
    "[CALL_ID]",
    "[ARGS]",
)


@dataclasses.dataclass(frozen=True, slots=True)
class MistralLayout:
    """How one tokenizer version lays out a conversation.

    Attributes:
        system_turns: Whether system messages are turns of their own; else their texts stand in front of the last question.
        tools_first: Whether the tools are told before the first question; else before the last one.
        ids: Whether calls and results carry ids.
        result: How a result is written: `"object"` (JSON with content and id), `"id"` (the id, then the text), `"text"`.
    """

    system_turns: bool
    tools_first: bool
    ids: bool
    result: str


class MistralFormat(Format):
    """One tokenizer version's format."""

    def __init__(self, name: str, *, aliases: tuple[str, ...], layout: MistralLayout, turn: Turn) -> None:
        """Declares a format.

        Args:
            name: Its name.
            aliases: Its other names.
            layout: How conversations are laid out.
            turn: How the assistant's turn is laid out.
        """
        self.name = name
        self.aliases = aliases
        self.turn = turn
        self.layout = layout
        self.stops = ("</s>",)
        self.boundaries = ("</s>", "[INST]", "[TOOL_RESULTS]", "[AVAILABLE_TOOLS]", "[SYSTEM_PROMPT]")

    def begun(self, prompt: str) -> str:
        """See `Format`. A text without any control token is the beginning of a reply."""
        return prompt[max((place + len(mark) for mark in _OPENS if (place := prompt.rfind(mark)) >= 0), default=0) :]

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options)
        draft = Draft(_CONTROLS)
        policy = LossPolicy(self.name, on_loss, frozenset(("reasoning", "space")), draft.losses)
        turns = [*self._joined(self._results_told(messages, policy))]
        asked = [place for place, (_, message) in enumerate(turns) if message.role == "user"]
        system = (
            "" if self.layout.system_turns else "\n\n".join(m.content or "" for _, m in turns if m.role == "system")
        )
        if (tools or system) and not asked:
            raise FormatError(
                f"{self.name}: found no message of the user, expected one, which tools and system text stand before"
            )
        draft.fixed("<s>")
        for place, (index, message) in enumerate(turns):
            if message.name is not None and message.role != "tool":
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role == "user":
                if tools and place == (asked[0] if self.layout.tools_first else asked[-1]):
                    self._enclosed("[AVAILABLE_TOOLS]", _told(tools), "[/AVAILABLE_TOOLS]", draft)
                lead = f"{system}\n\n" if system and place == asked[-1] else ""
                self._enclosed("[INST]", lead + (message.content or ""), "[/INST]", draft)
            elif message.role == "tool":
                self._result(message, draft)
            elif message.role == "assistant":
                self._assistant(message, index, policy, draft)
            elif self.layout.system_turns:
                self._enclosed("[SYSTEM_PROMPT]", message.content or "", "[/SYSTEM_PROMPT]", draft)
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.mistral import read_mistral

        return read_mistral(PromptText(self.name, text), self.layout, self._replies("[/INST]"))

    def _enclosed(self, opening: str, text: str, closing: str, draft: Draft) -> None:
        draft.fixed(opening)
        draft.text(text)
        draft.fixed(closing)

    def _assistant(self, message: Message, index: int, policy: LossPolicy, draft: Draft) -> None:
        if message.reasoning:
            policy.lose("reasoning", index, "the reasoning is left out")
        content = (message.content or "").rstrip(" ")
        if content != (message.content or ""):
            policy.lose("space", index, "blanks at the end of the text are taken off")
        draft.message = index
        self.turn.write(dataclasses.replace(message, content=content, reasoning=None), index, draft)
        draft.fixed("</s>", trainable=True)

    def _result(self, message: Message, draft: Draft) -> None:
        draft.fixed("[TOOL_RESULTS]")
        content = message.content or ""
        if self.layout.result == "object":
            draft.text(json.dumps({"content": decoded(content), "call_id": message.tool_call_id}, ensure_ascii=False))
        else:
            if self.layout.result == "id":
                draft.text(message.tool_call_id or "")
                draft.fixed("[TOOL_CONTENT]")
            draft.text(content)
        draft.fixed("[/TOOL_RESULTS]")

    def _results_told(self, messages: tuple[Message, ...], policy: LossPolicy) -> Iterable[tuple[int, Message]]:
        """The messages with ids as they are written, or without ids in the order of the calls."""
        if self.layout.ids:
            return _with_ids(messages, policy)
        ordered = _in_order(messages)
        for index, what in results_out_of_order(tuple(message for _, message in ordered)):
            policy.lose("order", ordered[index][0], what)
        return ordered

    def _joined(self, numbered: Iterable[tuple[int, Message]]) -> Iterable[tuple[int, Message]]:
        """The messages with those of one role in a row joined, results and system texts apart."""
        waiting: tuple[int, Message] | None = None
        for index, message in numbered:
            if message.role == "developer":
                message = dataclasses.replace(message, role="system")
            if waiting is not None and message.role == waiting[1].role and message.role in ("user", "assistant"):
                texts = [each.content for each in (waiting[1], message) if each.content]
                joined = dataclasses.replace(
                    waiting[1], content="\n\n".join(texts), tool_calls=waiting[1].tool_calls + message.tool_calls
                )
                waiting = waiting[0], joined
                continue
            if waiting is not None:
                yield waiting
            waiting = index, message
        if waiting is not None:
            yield waiting


def _told(tools: tuple[Tool, ...]) -> str:
    definitions = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description or "", "parameters": tool.parameters},
        }
        for tool in tools
    ]
    return json.dumps(definitions, ensure_ascii=False)


def decoded(content: str) -> Any:
    """What a result says, as a value where it is JSON; an empty one is an empty object."""
    try:
        return json.loads(content or "{}")
    except (ValueError, RecursionError):
        return content


def _with_ids(messages: tuple[Message, ...], policy: LossPolicy) -> list[tuple[int, Message]]:
    """Gives every call an id that can be written, and its result the same; a result without one answers the next call."""
    told: list[tuple[int, Message]] = []
    waiting: list[tuple[str | None, str]] = []  # of calls without a result: their ids, as given and as written
    made = 0
    for index, message in enumerate(messages):
        if message.role == "assistant":
            calls = []
            for position, call in enumerate(message.tool_calls):
                identifier = call.id
                if identifier is None or not MISTRAL_ID.fullmatch(identifier):
                    if identifier is not None:
                        policy.lose(
                            "id",
                            index,
                            f"tool_calls[{position}]: found the id {identifier!r}, expected nine letters and digits; "
                            "a number takes its place",
                        )
                    identifier, made = f"{made:09d}", made + 1
                waiting.append((call.id, identifier))
                calls.append(dataclasses.replace(call, id=identifier))
            message = dataclasses.replace(message, tool_calls=tuple(calls))
        elif message.role == "tool":
            place = next((at for at, (given, _) in enumerate(waiting) if given == message.tool_call_id), None)
            if place is None and message.tool_call_id is None and waiting:
                place = 0
            if place is None:
                raise FormatError(
                    f"message {index}: found the result of {message.tool_call_id!r}, expected that of a call before it"
                )
            message = dataclasses.replace(message, tool_call_id=waiting.pop(place)[1])
        told.append((index, message))
    return told


def _in_order(messages: tuple[Message, ...]) -> list[tuple[int, Message]]:
    """The messages with results in the order of their calls, which is how they are told apart."""
    ordered: list[tuple[int, Message]] = []
    places: dict[str | None, int] = {}
    run: list[tuple[int, Message]] = []
    for index, message in enumerate(messages):
        if message.role == "tool":
            run.append((index, message))
            continue
        ordered += sorted(run, key=lambda each: places.get(each[1].tool_call_id, len(places)))
        run = []
        if message.role == "assistant":
            places = {call.id: place for place, call in enumerate(message.tool_calls)}
        ordered.append((index, message))
    return ordered + sorted(run, key=lambda each: places.get(each[1].tool_call_id, len(places)))
