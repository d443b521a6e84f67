"""A part of a call that models write in one of two ways: one is written and constrained, both are read."""

from __future__ import annotations

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Part, Reading, ToolView
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps

__all__ = ["PartsOrObject"]


class PartsOrObject(Part):
    """Parts in order; where a brace stands in their place, an object with the name and the arguments."""

    def __init__(self, *parts: Part, also: JSONCall) -> None:
        """Sets up the part.

        Args:
            parts: What is written.
            also: The object that is read as well.
        """
        self.start = rf"(?:{parts[0].start}|{also.start})"
        self._parts = parts
        self._also = also

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        for part in self._parts:
            part.write(call, draft)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(*(part.grammar(tool) for part in self._parts))

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        if (yield from reading.cursor.skip_space()) == "{":
            yield from self._also.read(reading)
            return
        for part in self._parts:
            yield from part.read(reading)
