"""A call syntax: the parts of one call in order, written, constrained and read from the one declaration."""

from __future__ import annotations

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.parts import Part, Reading, Text, ToolView
from fcformat.formats.call_syntax.plain_calls import PlainReader
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable

__all__ = ["CallSyntax"]

#: Most closing brackets too many that are passed over before the end of a call.
MAX_STRAY = 8


class CallSyntax:
    """How one call is written.

    Attributes:
        parts: The parts of a call, in order.
    """

    def __init__(self, *parts: Part) -> None:
        """Sets up the syntax.

        Args:
            parts: The parts of a call, in order.
        """
        self.parts = parts
        self._plain: dict[int, PlainReader | None] = {}  # by how many parts have been read before

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """Adds the call to a draft.

        Raises:
            FormatError: The syntax cannot express the call.
        """
        for part in self.parts:
            part.write(call, draft)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """What may be generated for a call of this tool."""
        return g.sequence(*(part.grammar(tool) for part in self.parts))

    def read(self, reading: Reading, skip: int = 0) -> Steps[None]:
        """Reads a call.

        Once the arguments are complete the call stands: what is missing or too much around its end is reported.

        Args:
            reading: Where from and where to.
            skip: How many parts at the beginning have been read.

        Raises:
            Unreadable: The text is not a call, or not to its end.
            Truncated: The text ends inside the call.
        """
        if skip not in self._plain:
            self._plain[skip] = PlainReader.of(self.parts[skip:])
        plain = self._plain[skip]
        if plain is not None and plain.read(reading):
            skip += plain.parts
        for part in self.parts[skip:]:
            if reading.call.closed:
                return
            try:
                yield from part.read(reading)
            except (Unreadable, Truncated) as error:
                if reading.call.complete and reading.call.name:
                    reading.builder.report(f"expected {error} at the end of a call")
                    yield from self._pass_end(reading)
                elif isinstance(error, Truncated) or not (yield from self._closes(reading, error)):
                    raise
                return

    def _closes(self, reading: Reading, error: Unreadable) -> Steps[bool]:
        """Reads the tag that ends a call, if it comes where the arguments break off."""
        last, cursor = self.parts[-1], reading.cursor
        start, trail = cursor.offset, list(cursor.trail or ())
        if not reading.call.announced or not isinstance(last, Text) or not last.words:
            return False
        if not (yield from cursor.match_loosely(last.words)):
            return False
        cursor.trail = trail
        reading.builder.report(f"the arguments break off, expected {error}{reading.builder.left_over()}", start)
        return True

    def _pass_end(self, reading: Reading) -> Steps[None]:
        """Reads the end of a call whose brackets do not match."""
        last = self.parts[-1]
        if not isinstance(last, Text) or not last.words:
            return
        cursor = reading.cursor
        for _ in range(MAX_STRAY):
            if (yield from cursor.match_loosely(last.words)):
                return
            char = yield from cursor.skip_space()
            if cursor.ended and cursor.is_half_of(last.words[0]):
                cursor.take(len(cursor.buffer))  # the text ends inside the tag
                return
            if not char or char not in "}])":
                return
            cursor.take(cursor.position + 1)
