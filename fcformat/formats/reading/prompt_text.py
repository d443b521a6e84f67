"""A prompt that is read from the front, and what reading one gives.

Every search goes forward from where reading stands, to what is read next, so that reading is linear in the text.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from fcformat.chat import Conversation, Message, Tool
from fcformat.errors import ParseError

__all__ = ["PromptRead", "PromptText", "ReadReply", "any_of", "conversation_of", "difference", "joined", "unquoted"]

#: Reads what the assistant wrote, given the tools; the text has neither header nor end.
ReadReply = Callable[[str, tuple[Tool, ...]], Message]

_SHOWN = 40


@dataclasses.dataclass(frozen=True, slots=True)
class PromptRead:
    """What a prompt says.

    Attributes:
        conversation: The messages and tools.
        add_generation_prompt: Whether it ends where the assistant begins to write.
        options: Options of `Format.render` with which the format writes the prompt again.
    """

    conversation: Conversation
    add_generation_prompt: bool = False
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class PromptText:
    """A prompt, and where reading stands in it.

    Attributes:
        name: The format's name, for errors.
        text: The whole prompt.
        position: What lies before has been read.
        limit: Where reading ends.
        issues: What could not be read, as sentences.
    """

    def __init__(self, name: str, text: str) -> None:
        """Sets up reading at the beginning.

        Args:
            name: The format's name, for errors.
            text: The prompt.
        """
        self.text = text
        self.position = 0
        self.limit = len(text)
        self.issues: list[str] = []
        self.name = name

    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self.position >= self.limit

    def has(self, text: str) -> bool:
        """Whether a text comes next."""
        return self.text.startswith(text, self.position, self.limit)

    def skip(self, text: str) -> bool:
        """Reads a text if it comes next."""
        found = self.has(text)
        self.position += len(text) if found else 0
        return found

    def expect(self, text: str) -> None:
        """Reads a text that must come next.

        Raises:
            ParseError: It does not.
        """
        if not self.skip(text):
            self.fail(repr(text))

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Reads what a pattern matches, if it comes next."""
        found = pattern.match(self.text, self.position, self.limit)
        if found is not None:
            self.position = found.end()
        return found

    def until(self, pattern: re.Pattern[str]) -> tuple[str, re.Match[str] | None]:
        """Reads up to what a pattern matches, and that; all that is left where it does not match, and `None`."""
        found = pattern.search(self.text, self.position, self.limit)
        start, self.position = self.position, self.limit if found is None else found.end()
        return self.text[start : self.limit if found is None else found.start()], found

    def up_to(self, text: str) -> str | None:
        """Reads up to a text, and that; `None`, and nothing is read, where it does not come."""
        place = self.text.find(text, self.position, self.limit)
        if place < 0:
            return None
        start, self.position = self.position, place + len(text)
        return self.text[start:place]

    def rest(self) -> str:
        """Reads all that is left."""
        start, self.position = self.position, self.limit
        return self.text[start : self.limit]

    def ends_with(self, text: str) -> bool:
        """Whether a text stands at the end of what is left."""
        return self.text.endswith(text, self.position, self.limit)

    def drop_end(self, text: str) -> bool:
        """Takes a text off the end of what is left, if it stands there."""
        if not self.ends_with(text):
            return False
        self.limit -= len(text)
        return True

    def part(self, start: int, end: int) -> PromptText:
        """A part of the prompt, to be read on its own."""
        part = PromptText(self.name, self.text)
        part.position, part.limit = start, end
        return part

    def fail(self, expected: str, position: int | None = None) -> NoReturn:
        """Raises an `error`."""
        raise self.error(expected, position)

    def error(self, expected: str, position: int | None = None) -> ParseError:
        """An error that says where, what was found and what was expected."""
        at = self.position if position is None else position
        found = self.text[at : min(self.limit, at + _SHOWN)]
        shown = repr(found) if found else "the end of the prompt"
        return ParseError(f"{self.name}: at character {at}: found {shown}, expected {expected}", at)


def any_of(texts: Iterable[str]) -> str:
    """A pattern for the first of several texts; where one begins with another, for the longer one."""
    return "|".join(re.escape(text) for text in sorted(set(texts), key=len, reverse=True))


def joined(segments: list[Message]) -> Message:
    """One message of several segments of a turn: their lines of text, and their calls."""
    if len(segments) == 1:
        return segments[0]
    texts = [segment.content for segment in segments if segment.content]
    return dataclasses.replace(
        segments[0],
        content="\n".join(texts) or None,
        tool_calls=tuple(call for segment in segments for call in segment.tool_calls),
        issues=tuple(issue for segment in segments for issue in segment.issues),
    )


def conversation_of(
    messages: Iterable[Message], tools: Iterable[Tool], issues: Iterable[str], *, ids: bool = False
) -> Conversation:
    """The conversation that was read.

    Args:
        messages: What was read, in order.
        tools: What was told.
        issues: What could not be read.
        ids: Whether the format writes ids. Where it does not, calls are numbered, and results answer them in order.
    """
    read: list[Message] = []
    noted: list[str] = list(issues)
    waiting: collections.deque[str] = collections.deque()
    number = 0
    for index, message in enumerate(messages):
        noted += (f"message {index}: {issue}" for issue in message.issues)
        if message.role == "assistant":
            calls = message.tool_calls
            if not ids:
                calls = tuple(
                    dataclasses.replace(call, id=f"call_{number + position}") for position, call in enumerate(calls)
                )
                number += len(calls)
            waiting = collections.deque(call.id for call in calls if call.id is not None)
            message = dataclasses.replace(message, tool_calls=calls, finish_reason=None)
        elif message.role == "tool" and not ids:
            message = dataclasses.replace(message, tool_call_id=waiting.popleft() if waiting else None)
        read.append(message)
    return Conversation(tuple(read), tuple(tools), tuple(noted))


def difference(text: str, written: str) -> str:
    """Where a prompt and what is written for what it says begin to differ, as a sentence; `""` where they are equal."""
    if text == written:
        return ""
    equal, size = 0, 1 << max(len(text), len(written)).bit_length()
    while size:  # halve the step where the next piece is not the same
        if text[equal : equal + size] == written[equal : equal + size]:
            equal += size
        size //= 2
    at = equal
    found, ours = text[at : at + _SHOWN], written[at : at + _SHOWN]
    return f"at character {at}: found {found!r}, which would be written {ours!r}"


def unquoted(result: str) -> str:
    """A result, which stands in a JSON string; without quotes, as other programs write it, it is taken as it stands."""
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return result
    return value if isinstance(value, str) else result
