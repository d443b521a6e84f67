"""A call syntax: the parts of one call in order, written, constrained and read from the one declaration."""

from __future__ import annotations

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.parts import Part, Reading, Text, ToolView
from fcformat.formats.call_syntax.plain_calls import PlainReader
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Report, Steps, Truncated, Unreadable

__all__ = ["CallSyntax", "pass_brackets", "pass_end"]

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

    def read(self, reading: Reading, skip: int = 0) -> Steps[bool]:
        """Reads a call.

        Once the arguments are complete the call stands: what is missing or too much around its end is reported.

        Args:
            reading: Where from and where to.
            skip: How many parts at the beginning have been read.

        Returns:
            Whether the end of the call is there as well.

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
                return True
            try:
                yield from part.read(reading)
            except (Unreadable, Truncated) as error:
                if reading.call.complete and reading.call.name:
                    reading.builder.report(f"expected {error} at the end of a call")
                    last = self.parts[-1]
                    return (
                        isinstance(last, Text)
                        and bool(last.words)
                        and (yield from pass_end(reading.cursor, last.words))
                    )
                if isinstance(error, Truncated) or not (yield from self._closes(reading, error)):
                    raise
                return True
        return True

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


def pass_end(cursor: Cursor, words: tuple[str, ...]) -> Steps[bool]:
    """Reads the end of calls whose brackets do not match; whether the words that end them are there, to the end of the text."""
    for _ in range(MAX_STRAY):
        if (yield from cursor.match_loosely(words)):
            return True
        char = yield from cursor.skip_space()
        if cursor.ended and cursor.is_half_of(words[0]):
            cursor.take(len(cursor.buffer))  # the text ends inside the tag
            return True
        if not char or char not in "}])":
            return False
        cursor.take(cursor.position + 1)
    return False


def pass_brackets(cursor: Cursor, report: Report, *, after_space: bool, brackets: str = "})") -> Steps[None]:
    """Reads closing brackets that are too many behind a call.

    Args:
        cursor: Where the text comes from.
        report: Told of them.
        after_space: Whether white space before them, and behind the call where there are none, is layout.
        brackets: The brackets that may be too many.
    """
    for _ in range(MAX_STRAY):
        char = yield from (cursor.skip_space() if after_space else cursor.peek())
        if not char or char not in brackets:
            return
        report("a bracket too many behind a call")
        cursor.take(cursor.position + 1)
