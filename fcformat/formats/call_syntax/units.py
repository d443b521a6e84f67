"""What calls stand in: a call by itself behind its tag, or a JSON array of calls.

A unit is written, constrained and read as a whole; `TextThenCalls` puts units and text together.
"""

from __future__ import annotations

import abc
import re
from collections.abc import Sequence

from fcformat import grammar as g
from fcformat.chat import ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import JSONCall, Part, Reading, Text, ToolView
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.turn import announce_end, write_call
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["CallArray", "CallUnit", "SingleCall"]

_BARE_KEYS = ('"name"', "'name'", '"function"', "'function'")


class CallUnit(abc.ABC):
    """One call, or several that stand together.

    Attributes:
        opening: The text at which a unit begins.
        bare: Whether the opening is the JSON's own bracket.
        excludes: Texts without which there is no unit, so that free text must not spell them.
        together: Whether all calls of a turn stand in one unit.
    """

    opening: str
    bare: bool
    excludes: tuple[str, ...]
    together: bool
    _start: re.Pattern[str]

    def starts(self, buffer: str, place: int, ended: bool) -> bool | None:
        """Whether a unit begins at `place`, where its opening stands; `None` if the text ends before that shows."""
        match = self._start.match(buffer, place if self.bare else place + len(self.opening))
        return None if match is not None and match.end() == len(buffer) and not ended else match is not None

    @abc.abstractmethod
    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """Adds calls to a draft; those of a unit that is not `together` one at a time.

        Args:
            calls: The calls.
            index: The message's place in the conversation, for errors.
            first: The first call's place in the message, for errors.
            draft: Where they go.

        Raises:
            FormatError: The unit cannot express a call.
        """

    @abc.abstractmethod
    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """What may be generated: one call, or up to `most` where they stand together."""

    @abc.abstractmethod
    def read(self, cursor: Cursor, builder: MessageBuilder, tools: tuple[ToolView, ...]) -> Steps[None]:
        """Reads a unit behind its opening, or at it if it is bare. What cannot be read is reported, and left unread."""


class SingleCall(CallUnit):
    """A call by itself."""

    together = False

    def __init__(self, call: CallSyntax, *, bare: bool = False) -> None:
        """Sets up the unit.

        Args:
            call: How the call is written; its first part is the tag that opens it.
            bare: Whether there is no such tag and the call is JSON.
        """
        self.bare = bare
        self._call = call
        first = call.parts[0]
        if bare:
            self.opening = "{"
            self.excludes = _BARE_KEYS
            self._start = re.compile(rf"(?:{call.parts[0].start})")
            return
        assert isinstance(first, Text)  # a declaration without an opening tag is a mistake of ours
        self.opening = first.text
        self.excludes = (self.opening,)
        after = next(part for part in call.parts[1:] if not isinstance(part, Text) or part.words)
        self._start = re.compile(rf"[ \t\r\n]{{0,64}}(?:\Z|{_start_of(after)})")

    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """See `CallUnit`."""
        for number, call in enumerate(calls):
            write_call(self._call, call.function, index, first + number, draft)

    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """See `CallUnit`."""
        return g.choice(*(self._call.grammar(tool) for tool in tools))

    def read(self, cursor: Cursor, builder: MessageBuilder, tools: tuple[ToolView, ...]) -> Steps[None]:
        """See `CallUnit`."""
        call = CallBuilder(builder)
        try:
            yield from self._call.read(Reading(cursor, call, builder, tools), skip=0 if self.bare else 1)
        except (Unreadable, Truncated) as error:
            announce_end(builder, call, error)


class CallArray(CallUnit):
    """A JSON array of calls, possibly between tags. Read is also one call without the array's brackets."""

    together = True

    def __init__(
        self,
        *tags: Text,
        item: Part | None = None,
        closing: Text | None = None,
        begin: str = "[",
        separator: str = ", ",
        end: str = "]",
    ) -> None:
        """Sets up the unit.

        Args:
            *tags: What stands before the array; none: the array is bare.
            item: How one call is written.
            closing: What stands behind it; a text that ends without it is complete.
            begin: The opening bracket with its layout.
            separator: The comma with its layout.
            end: The closing bracket with its layout.
        """
        self._tags = tags
        self._item = item if item is not None else JSONCall(also=("parameters",))
        self._closing = closing
        self._begin = begin
        self._separator = separator
        self._end = end
        self.bare = not tags
        item_start = self._item.start or r"[{\]]"
        array = rf"\[[ \t\r\n]{{0,64}}(?:\Z|\]|{item_start})|{item_start}"
        if self.bare:
            self.opening = "["
            self.excludes = _BARE_KEYS
            self._start = re.compile(rf"\[[ \t\r\n]{{0,64}}(?:\Z|{item_start})")
            return
        self.opening = tags[0].text.rstrip()
        self.excludes = (self.opening,)
        words = "".join(f"{re.escape(word)}[ \\t\\r\\n]{{0,64}}" for tag in tags[1:] for word in tag.words)
        self._start = re.compile(rf"[ \t\r\n]{{0,64}}(?:\Z|{words}(?:\Z|{array}))" if words else rf"[ \t\r\n]{{0,64}}(?:\Z|{array})")

    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """See `CallUnit`."""
        for tag in self._tags:
            draft.fixed(tag.text, trainable=True)
        draft.fixed(self._begin, trainable=True)
        for number, call in enumerate(calls):
            draft.fixed(self._separator if number else "", trainable=True)
            try:
                self._item.write(call.function, draft)
            except FormatError as error:
                raise FormatError(
                    f"message {index}: tool_calls[{first + number}] ({call.function.name}): {error}"
                ) from error
        draft.fixed(self._end + (self._closing.text if self._closing is not None else ""), trainable=True)

    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """See `CallUnit`."""
        item = g.choice(*(self._item.grammar(tool) for tool in tools))
        view = tools[0]
        more = g.repeat(g.sequence(g.literal(self._separator), item), max=None if most is None else most - 1)
        closing = () if self._closing is None else (self._closing.grammar(view),)
        return g.sequence(
            *(tag.grammar(view) for tag in self._tags), g.literal(self._begin), item, more, g.literal(self._end), *closing
        )

    def read(self, cursor: Cursor, builder: MessageBuilder, tools: tuple[ToolView, ...]) -> Steps[None]:
        """See `CallUnit`."""
        call = CallBuilder(builder)
        try:
            for tag in self._tags[1:]:
                yield from tag.read(Reading(cursor, call, builder, tools))
            char = yield from cursor.skip_space()
            if char == "{":
                builder.report("a call without the array around it")
                yield from self._item.read(Reading(cursor, call, builder, tools))
            elif char != "[":
                raise Unreadable("'['") if char else Truncated("'['")
            else:
                cursor.take(cursor.position + 1)
                json = JSONReader(cursor, builder.report)
                first = True
                while (yield from json.item(first)):
                    first = False
                    call = CallBuilder(builder)
                    yield from self._item.read(Reading(cursor, call, builder, tools))
                    cursor.recorded = None
        except (Unreadable, Truncated) as error:
            if not call.announced and builder.calls and cursor.recorded is None:
                # The array breaks off between calls that stand.
                if isinstance(error, Truncated):
                    builder.truncated = True
                builder.report(f"an array of calls breaks off, expected {error}")
            else:
                announce_end(builder, call, error)
            return
        if self._closing is not None and not (yield from cursor.match_loosely(self._closing.words)):
            builder.report(f"expected {self._closing.text!r} at the end of the calls")


def _start_of(part: Part) -> str:
    """Pattern of how a part begins."""
    return re.escape(part.words[0]) if isinstance(part, Text) and part.words and not part.start else part.start
