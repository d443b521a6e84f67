"""What calls stand in: a call by itself behind its tag, or a JSON array of calls; between tags, or bare.

A unit is written, constrained and read as a whole; `TextThenCalls` puts units and text together.
"""

from __future__ import annotations

import abc
import re
from collections.abc import Sequence

from fcformat import grammar as g
from fcformat.chat import ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Reading, Text, ToolView, halves
from fcformat.formats.call_syntax.plain_calls import PlainReader
from fcformat.formats.call_syntax.spacing import spacing
from fcformat.formats.call_syntax.syntax import CallSyntax, pass_brackets, pass_end
from fcformat.formats.call_syntax.turn import announce_end, write_call
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.message_builder import CallBuilder

__all__ = ["CallArray", "CallSeries", "CallUnit", "SingleCall"]

_SPACE = r"[ \t\r\n]{0,64}"


class CallUnit(abc.ABC):
    """One call, or several that stand together.

    Attributes:
        opening: The text at which a unit begins.
        bare: Whether the opening is the JSON's own bracket.
        excludes: Texts without which there is no unit, so that free text must not spell them.
        together: Whether all calls of a turn stand in one unit.
        sure: Whether the opening tells of a call where no tools are looked at.
        follows: Reads further units behind one, opening and all, where they are plain; `None`: they are read one by one.
    """

    opening: str
    bare: bool
    excludes: tuple[str, ...]
    together: bool
    sure = True
    follows: PlainReader | None = None
    _start: re.Pattern[str]

    @property
    def begins(self) -> str:
        """Pattern of an opening and what must follow it, or of half of that at the end of the text."""
        return self._start.pattern if self.bare else f"{re.escape(self.opening)}(?:{self._start.pattern})"

    @property
    def begins_behind(self) -> str:
        """Pattern of what must follow the opening, or of half of that at the end of the text."""
        return self._start.pattern

    def starts(self, buffer: str, place: int, ended: bool) -> bool | None:
        """Whether a unit begins at `place`, where its opening stands; `None` if the text ends before that shows."""
        match = self._start.match(buffer, place if self.bare else place + len(self.opening))
        if self.bare and ended and match is not None and match.end() == len(buffer):
            return False  # brackets at the end of a text, and no more of a call, are text
        return None if match is not None and match.end() == len(buffer) and not ended else match is not None

    def excludes_for(self, tools: tuple[ToolView, ...]) -> tuple[str, ...]:
        """What `excludes` says, where the tools are known."""
        return self.excludes

    @abc.abstractmethod
    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """Adds calls to a draft; where calls do not stand together, one.

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
    def read(self, reading: Reading) -> Steps[list[CallBuilder]]:
        """Reads a unit behind its opening, or at it if it is bare; the calls that joined the message.

        What cannot be read is reported and left unread. What is recorded in the end is text: all that was read if no call has
        joined, else what was read behind the last one and is no part of it.
        """


class SingleCall(CallUnit):
    """A call by itself."""

    together = False

    def __init__(self, call: CallSyntax, *, start: str = "", foreign: str = "") -> None:
        """Sets up the unit.

        Args:
            call: How the call is written. Its first part is the tag that opens it, or else it is bare JSON.
            start: Pattern of what must stand behind the tag, in place of what the next part says.
            foreign: What an issue says of such a call, where it is another family's.
        """
        self._foreign = foreign
        first = call.parts[0]
        self.bare = not isinstance(first, Text)
        self._in_tags = not self.bare and any(isinstance(part, JSONCall) for part in call.parts)
        self.call = call
        if isinstance(first, JSONCall):
            self.opening = "{"
            self.excludes = first.keys
            self._start = re.compile(first.start)
            return
        assert isinstance(first, Text)  # a declaration without an opening tag is a mistake of ours
        self.opening = first.text
        self.excludes = (self.opening,)
        after = next(part for part in call.parts[1:] if not isinstance(part, Text) or part.words)
        self._start = re.compile(rf"{_SPACE}(?:\Z|{start or after.start})")
        plain = PlainReader.of(call.parts, start=rf"{_SPACE}(?:{start})" if start else "")
        self.follows = plain if plain is not None and plain.parts == len(call.parts) and not foreign else None

    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """See `CallUnit`."""
        for number, call in enumerate(calls):
            write_call(self.call, call.function, index, first + number, draft)

    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """See `CallUnit`."""
        return g.choice(*(self.call.grammar(tool) for tool in tools))

    def read(self, reading: Reading) -> Steps[list[CallBuilder]]:
        """See `CallUnit`; models also write several calls between the tags of one."""
        cursor, builder, ended = reading.cursor, reading.builder, True
        try:
            ended = yield from self.call.read(reading, skip=0 if self.bare else 1)
        except (Unreadable, Truncated) as error:
            announce_end(builder, reading.call, error)
        if not reading.call.announced:
            return []
        cursor.recorded = None
        if self._foreign:
            builder.report(self._foreign)
        if reading.call.complete and isinstance(self.call.parts[-1], JSONCall):
            yield from pass_brackets(cursor, builder.report, after_space=False)
        calls = [reading.call]
        while not ended and self._in_tags and not builder.given_up():
            cursor.recorded = []
            yield from cursor.match_loosely((",",))
            if (yield from cursor.skip_space()) != "{":
                break
            call, ended = CallBuilder(builder), True
            try:
                ended = yield from self.call.read(Reading(cursor, call, builder, reading.tools), skip=1)
            except (Unreadable, Truncated) as error:
                announce_end(builder, call, error)
            if not call.announced:
                break
            cursor.recorded = None
            calls.append(call)
        return calls


class CallSeries(CallUnit):
    """Calls one after the other between two tags."""

    together = True
    bare = False

    def __init__(self, opening: Text, call: CallSyntax, closing: Text) -> None:
        """Sets up the unit.

        Args:
            opening: What stands before the calls.
            call: How a call is written; its first part says how it begins.
            closing: What stands behind them.
        """
        self._opening = opening
        self._call = call
        self._closing = closing
        self.opening = opening.words[0]
        self.excludes = (self.opening,)
        self._start = re.compile(rf"{_SPACE}(?:\Z|{call.parts[0].start})")

    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """See `CallUnit`."""
        draft.fixed(self._opening.text, trainable=True)
        for number, call in enumerate(calls):
            write_call(self._call, call.function, index, first + number, draft)
        draft.fixed(self._closing.text, trainable=True)

    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """See `CallUnit`."""
        call = g.choice(*(self._call.grammar(tool) for tool in tools))
        return g.sequence(
            self._opening.grammar(tools[0]), g.repeat(call, min=1, max=most), self._closing.grammar(tools[0])
        )

    def read(self, reading: Reading) -> Steps[list[CallBuilder]]:
        """See `CallUnit`."""
        cursor, builder = reading.cursor, reading.builder
        calls: list[CallBuilder] = []
        while not (calls and (yield from cursor.match_loosely(self._closing.words))) and not builder.given_up():
            call = CallBuilder(builder)
            try:
                yield from self._call.read(Reading(cursor, call, builder, reading.tools))
            except (Unreadable, Truncated) as error:
                if call.announced:
                    calls.append(call)
                    cursor.recorded = None
                announce_end(builder, call, error)
                break
            calls.append(call)
            cursor.recorded = None
        return calls


class CallArray(CallUnit):
    """A JSON array of calls, between tags or bare. Read is also one call without the array's brackets."""

    together = True

    def __init__(
        self,
        *tags: Text,
        item: JSONCall | None = None,
        closing: Text | None = None,
        layout: tuple[str, str, str] = ("[", ", ", "]"),
    ) -> None:
        """Sets up the unit.

        Args:
            *tags: What stands before the array; none: the array is bare.
            item: How one call is written.
            closing: What stands behind it.
            layout: The array's opening bracket, its commas, and its closing bracket, with the white space around them.
        """
        self._tags = tags
        self._item = item if item is not None else JSONCall(also=("parameters",))
        self._plain = PlainReader.of((self._item,))
        self._closing = closing
        self._begin, self._comma, self._end = layout
        self.bare = not tags
        array = rf"\[{_SPACE}(?:\Z|{self._item.start})"
        if self.bare:
            self.opening = "["
            self.excludes = self._item.keys
            self._start = re.compile(array)
            return
        self.opening = tags[0].words[0] if tags[0].words else tags[0].text
        self.excludes = (self.opening,)
        rest = rf"{array}|\[{_SPACE}\]|{self._item.start}"
        for word in reversed([word for tag in tags for word in tag.words][1:]):
            rest = halves(word, rf"{_SPACE}(?:\Z|{rest})")
        self._start = re.compile(rf"{_SPACE}(?:\Z|{rest})")

    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """See `CallUnit`."""
        for tag in self._tags:
            draft.fixed(tag.text, trainable=True)
        draft.fixed(self._begin, trainable=True)
        for number, call in enumerate(calls):
            draft.fixed(self._comma if number else "", trainable=True)
            try:
                self._item.write_numbered(call.function, first + number, draft)
            except FormatError as error:
                raise FormatError(
                    f"message {index}: tool_calls[{first + number}] ({call.function.name}): {error}"
                ) from error
        draft.fixed(self._end + (self._closing.text if self._closing is not None else ""), trainable=True)

    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """See `CallUnit`."""
        item = g.choice(*(self._item.grammar(tool) for tool in tools))
        begin, comma, end = (self._bracket(text) for text in (self._begin, self._comma, self._end))
        more = g.repeat(g.sequence(comma, item), max=None if most is None else most - 1)
        before = [tag.grammar(tools[0]) for tag in self._tags]
        if before:
            before.append(spacing(" "))
        after = () if self._closing is None else (self._closing.grammar(tools[0]), spacing("\n"))
        return g.sequence(*before, begin, item, more, end, *after)

    def _bracket(self, text: str) -> g.Grammar:
        """A bracket or comma; where each call has a line, with any layout that is as long."""
        mark = text.strip()
        if "\n" not in text:
            return g.sequence(g.literal(mark), spacing(text[1:]))
        before, after = (g.regex(f"[ \\n]{{0,{len(part)}}}") if part else g.literal("") for part in text.split(mark))
        return g.sequence(before, g.literal(mark), after)

    def read(self, reading: Reading) -> Steps[list[CallBuilder]]:
        """See `CallUnit`."""
        cursor, builder = reading.cursor, reading.builder
        calls: list[CallBuilder] = []
        try:
            words = tuple(word for tag in self._tags for word in tag.words)[1:]
            if words and not (yield from cursor.match_loosely(words)):
                yield from cursor.skip_space()
                cut = cursor.ended and cursor.is_half_of(words[0])
                raise Truncated(repr(words[0])) if cut else Unreadable(repr(words[0]))
            char = yield from cursor.skip_space()
            if char == "{":
                builder.report("a call without the array around it")
                yield from self._read_item(reading, calls)
            elif char != "[":
                raise Unreadable("'['") if char else Truncated("'['")
            else:
                cursor.take(cursor.position + 1)
                json = JSONReader(cursor, builder.report)
                while (yield from json.item(not calls)):
                    if builder.given_up():
                        return calls
                    yield from self._read_item(reading, calls)
                    yield from pass_brackets(cursor, builder.report, after_space=True)
        except (Unreadable, Truncated) as error:
            if calls and calls[-1].complete:
                builder.report(f"the array of calls breaks off, expected {error}{builder.left_over()}")
                if self._closing is not None and (yield from cursor.match_loosely(self._closing.words)):
                    cursor.recorded = None
            else:
                announce_end(builder, calls[-1] if calls else reading.call, error)
            return calls
        if calls:
            cursor.recorded = None
        if self._closing is not None and not (yield from cursor.match_loosely(self._closing.words)):
            builder.report(f"expected {self._closing.text!r} at the end of the calls")
            yield from pass_end(cursor, self._closing.words)
        if not calls:
            builder.broken("an array without calls")
        return calls

    def _read_item(self, reading: Reading, calls: list[CallBuilder]) -> Steps[None]:
        """Reads a call, and adds it to `calls` once it has joined the message."""
        call = CallBuilder(reading.builder)
        here = Reading(reading.cursor, call, reading.builder, reading.tools)
        try:
            if self._plain is None or not self._plain.read(here):
                yield from self._item.read(here)
        finally:
            if call.announced:
                calls.append(call)
                reading.cursor.recorded = [] if reading.builder.given_up() else None
