"""What a streamed reply adds, piece by piece, in the shape of OpenAI's streamed chunks.

A delta says what is new since the last one. The text of all deltas, concatenated, is the text of the whole message;
`join_deltas` does that. Nothing here parses.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from fcformat.chat.messages import FunctionCall, Message, ToolCall
from fcformat.errors import FormatError

__all__ = ["Delta", "FunctionDelta", "ToolCallDelta", "join_deltas"]


@dataclasses.dataclass(frozen=True, slots=True)
class FunctionDelta:
    """The function part of a `ToolCallDelta`: its name where the call begins, and a piece of its arguments."""

    name: str | None = None
    arguments: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """What is new in one tool call.

    Attributes:
        index: Which call of the message, from 0.
        id: The call's id, in the call's first delta; in a later one where the format writes it behind the arguments.
        name: The function's name, whole, in the call's first delta only.
        arguments: The next piece of the arguments' JSON text.
    """

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""

    @property
    def function(self) -> FunctionDelta:
        """The same in OpenAI's nesting: an object with `name` and `arguments`."""
        return FunctionDelta(self.name, self.arguments)

    def to_openai(self) -> dict[str, Any]:
        """One item of a chunk's `delta.tool_calls`; `type` and `name` stand in the call's first delta only."""
        item: dict[str, Any] = {"index": self.index}
        if self.id is not None:
            item["id"] = self.id
        if self.name is None:
            item["function"] = {"arguments": self.arguments}
        else:
            item["type"] = "function"
            item["function"] = {"name": self.name, "arguments": self.arguments}
        return item


@dataclasses.dataclass(frozen=True, slots=True)
class Delta:
    """What is new in a message. `None` and `()` mean nothing new of that kind."""

    content: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCallDelta, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "tool_calls", tuple(self.tool_calls))

    def to_openai(self) -> dict[str, Any]:
        """The `delta` object of a streamed chunk; what is not new is left out."""
        delta: dict[str, Any] = {}
        if self.content is not None:
            delta["content"] = self.content
        if self.reasoning is not None:
            delta["reasoning_content"] = self.reasoning
        if self.tool_calls:
            delta["tool_calls"] = [call.to_openai() for call in self.tool_calls]
        return delta


def join_deltas(deltas: Iterable[Delta]) -> Message:
    """The assistant message that a stream of deltas adds up to.

    Args:
        deltas: In the order in which they were streamed.

    Raises:
        FormatError: The deltas of a call never name its function or name it twice, or an index is left out.
    """
    content: list[str] = []
    reasoning: list[str] = []
    spoken = thought = False
    ids: dict[int, str | None] = {}
    names: dict[int, str] = {}
    arguments: dict[int, list[str]] = {}
    for position, delta in enumerate(deltas):
        if delta.content is not None:
            spoken = True
            content.append(delta.content)
        if delta.reasoning is not None:
            thought = True
            reasoning.append(delta.reasoning)
        for call in delta.tool_calls:
            where = f"delta {position}: tool call {call.index}"
            if call.name is not None:
                if call.index in names:
                    raise FormatError(
                        f"{where}: found the name {call.name!r} after {names[call.index]!r}, expected one name"
                    )
                names[call.index] = call.name
            elif call.index not in names:
                raise FormatError(f"{where}: found no name, expected one in the call's first delta")
            if call.id is not None:
                if ids.get(call.index) not in (None, call.id):
                    raise FormatError(f"{where}: found the id {call.id!r} after {ids[call.index]!r}, expected one id")
                ids[call.index] = call.id
            arguments.setdefault(call.index, []).append(call.arguments)
    if sorted(names) != list(range(len(names))):
        raise FormatError(f"deltas: found the tool call indices {sorted(names)}, expected each from 0 on")
    calls = tuple(
        ToolCall(FunctionCall(names[index], "".join(arguments[index])), ids.get(index)) for index in range(len(names))
    )
    return Message(
        role="assistant",
        content="".join(content) if spoken else None,
        tool_calls=calls,
        reasoning="".join(reasoning) if thought else None,
    )
