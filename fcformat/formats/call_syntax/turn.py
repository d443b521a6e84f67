"""The assistant's turn: how text and calls share it, written, constrained and read.

Each kind of turn is one class in a sibling module; this one holds what they have in common.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from fcformat import grammar as g
from fcformat.chat import FunctionCall, Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import ToolView, ToolViews
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.rendered import Draft
from fcformat.json_style import JSONStyle
from fcformat.parsing.cursor import SPACE, Cursor, Finder, Steps, Truncated, Unreadable
from fcformat.parsing.fences import FenceTracker, SpanTracker
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["Speech", "Turn", "TurnPlan", "announce_end", "answer", "drain", "read_text", "write_call"]


@dataclasses.dataclass(frozen=True, slots=True)
class TurnPlan:
    """What a turn may be.

    Attributes:
        tools: The tools that may be called.
        required: Whether the turn must call.
        most: Most calls, `None` for any number.
        boundaries: Texts that cannot be inside a turn, which free text must not spell.
        response: A schema that the turn's text must be valid under, or `None` for any text. Such a turn is a call or an
            answer, never both.
        reasoning: Whether the turn reasons: `"auto"`, `"none"` or `"required"`.
        begun: What the prompt already holds of the turn, or `None` where the prompt is not known.
        most_reasoning: Most tokens of reasoning, `None` for any number.
    """

    tools: tuple[ToolView, ...]
    required: bool
    most: int | None
    boundaries: tuple[str, ...]
    response: Mapping[str, Any] | bool | None = None
    reasoning: str = "auto"
    begun: str | None = None
    most_reasoning: int | None = None


class Turn(abc.ABC):
    """How an assistant's turn is laid out, after its header and before its end.

    Attributes:
        openings: Texts that open a call, where that is how calls begin.
        reasons: Whether reasoning may stand before the answer.
    """

    openings: tuple[str, ...] = ()
    reasons = False

    @abc.abstractmethod
    def write(self, message: Message, index: int, draft: Draft) -> None:
        """Adds a message's text and calls to a draft.

        Args:
            message: An assistant's message.
            index: Its place in the conversation, for errors.
            draft: Where it goes.

        Raises:
            FormatError: The turn cannot express the message.
        """

    @abc.abstractmethod
    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """What may be generated after the prompt."""

    @abc.abstractmethod
    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """Reads a turn to the end of the text, or to a text that ends turns.

        What follows the end of the turn is the caller's business, or has been read and reported.

        Args:
            cursor: Where the text comes from.
            builder: The message that it becomes.
            tools: The tools of the conversation; empty if they are not known.
            boundaries: Texts that cannot be inside a turn: reading ends there.

        Returns:
            The boundary that ended the turn, which has been read; `None` at the end of the text.
        """

    def begins_call(self, buffer: str, place: int, ended: bool) -> bool | None:
        """Whether a call begins at `place`, where one of `openings` stands; `None` if the text ends before that shows."""
        return True


class Speech:
    """What a turn says around its calls: holds white space after a call until text follows it, follows code fences.

    Attributes:
        after_call: Whether nothing has been said since the last call.
    """

    def __init__(self, builder: MessageBuilder) -> None:
        """Sets up an empty turn.

        Args:
            builder: Where the text goes.
        """
        self.after_call = False
        self._builder = builder
        self._fences = FenceTracker()
        self._spans = SpanTracker()
        self._gap: list[str] = []

    @property
    def in_fence(self) -> bool:
        """Whether what comes next stands inside a fenced code block."""
        return self._fences.inside

    def in_code(self, cursor: Cursor) -> bool:
        """Whether what comes next stands inside a fenced code block, or in a code span that it may begin."""
        return self._fences.inside or self._spans.inside("".join(cursor.recorded or ()), cursor.previous)

    def say(self, text: str) -> None:
        """Adds text."""
        if not text:
            return
        if self._gap:
            text = "".join((*self._gap, text))
            self._gap.clear()
        self.after_call = False
        self._fences.feed(text)
        self._spans.feed(text)
        self._builder.content(text)

    def say_gap(self) -> None:
        """Adds the white space that was held, where it turns out not to be layout."""
        gap = "".join(self._gap)
        self._gap.clear()
        self.say(gap)

    def called(self) -> None:
        """Notes a call: white space before it, after another one, was layout."""
        self.after_call = True
        self._gap.clear()

    def separated(self) -> None:
        """Notes a separator after a call: white space before it was layout, and what follows is not."""
        self.after_call = False
        self._gap.clear()

    def rest(self, cursor: Cursor, boundaries: tuple[str, ...]) -> Steps[str | None]:
        """Says all that follows, where no more calls are looked for.

        Args:
            cursor: Where the text comes from.
            boundaries: Texts that end the turn.

        Returns:
            The boundary that ended it, which has been read; `None` at the end of the text.
        """
        if self.after_call:
            yield from self.skip_gap(cursor)
        return (yield from read_text(cursor, boundaries, self.say))

    def skip_gap(self, cursor: Cursor) -> Steps[None]:
        """Reads white space after a call; it counts only if text follows."""
        while True:
            match = SPACE.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() > cursor.position:
                self._gap.append(cursor.take(match.end()))
            if cursor.position < len(cursor.buffer) or cursor.ended:
                return
            yield


def read_text(cursor: Cursor, boundaries: tuple[str, ...], say: Callable[[str], None]) -> Steps[str | None]:
    """Reads text in which nothing is looked for but its end.

    Args:
        cursor: Where it comes from.
        boundaries: Texts that end it.
        say: Called with its pieces.

    Returns:
        The boundary that ended it, which has been read; `None` at the end of the text.
    """
    finder = Finder(boundaries)
    while True:
        found = finder.find(cursor.buffer, cursor.position, cursor.ended)
        if found is not None:
            say(cursor.take(found[0]))
            return cursor.take(found[0] + len(found[1]))
        held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
        say(cursor.take(len(cursor.buffer) - held))
        if cursor.ended:
            return None
        yield


def answer(plan: TurnPlan, *excludes: str) -> g.Grammar:
    """The text of a turn: a value under the plan's response schema, else free text.

    Args:
        plan: What the turn may be.
        excludes: Texts that free text must not spell, besides the boundaries.
    """
    if plan.response is not None:
        return g.schema_value(plan.response, style=JSONStyle())
    return g.free_text((*excludes, *plan.boundaries))


def write_call(syntax: CallSyntax, call: FunctionCall, index: int, position: int, draft: Draft) -> None:
    """Adds a call to a draft; an error names the message and the call.

    Raises:
        FormatError: The syntax cannot express the call.
    """
    try:
        syntax.write(call, draft)
    except FormatError as error:
        raise FormatError(f"message {index}: tool_calls[{position}] ({call.name}): {error}") from error


def announce_end(builder: MessageBuilder, call: CallBuilder, error: Unreadable | Truncated) -> None:
    """Reports a call that could not be read to its end."""
    if isinstance(error, Truncated):
        builder.truncated = True
        left = builder.left_over() if call.announced else ""
        builder.report(f"the text ends inside a call, expected {error}{left}")
    elif call.announced:
        builder.broken(f"a broken call, expected {error}{builder.left_over()}; what follows is kept as content")
    else:
        builder.broken(f"what looks like a call is not one, expected {error}; it is kept as content")


def drain(cursor: Cursor, builder: MessageBuilder) -> Steps[None]:
    """Passes over what follows the end of the turn; anything but white space is named in an issue."""
    yield from cursor.skip_space()
    start, text = cursor.offset, list[str]()
    while True:
        text.append(cursor.take(len(cursor.buffer)))
        if builder.strict and cursor.offset > start:
            builder.report("text after the end of the turn", start)
        if cursor.ended:
            break
        yield
    if cursor.offset > start:
        builder.report(f"text after the end of the turn: {''.join(text)!r}", start)
