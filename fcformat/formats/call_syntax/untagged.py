"""Calls whose opening tag is not there: a model left it out, or it was stripped as a special token.

Such calls are calls only where nothing else could be meant: they begin a line, or follow a tag, as the family writes them, and the
first names a tool that is known. They are read and never written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fcformat import grammar as g
from fcformat.chat import ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import MAX_NAME, Reading, ToolView, halves
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.turn import announce_end
from fcformat.formats.call_syntax.units import CallUnit
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["UntaggedCall"]

#: What ends a sentence; behind it, a call follows where no layout stands before calls.
_ENDS = frozenset(".!?…。！？")
_NAME = rf"[^\s:,{{}}\[\]<>|\"']{{1,{MAX_NAME}}}"


class UntaggedCall(CallUnit):
    """A call of a known tool that begins as the family writes it, such as `call:f{` or `[{"name": "f"`."""

    bare = True
    together = False
    sure = False

    def __init__(
        self, opening: str, call: CallSyntax | CallUnit, *, after_name: str, behind: str = "", name: str = _NAME
    ) -> None:
        """Sets up the unit.

        Args:
            opening: What stands before the name.
            call: How the call is written, or several of them, from `opening` on.
            after_name: What stands behind it.
            behind: Pattern of what must follow, or of as much of it as stands at the end of what is there.
            name: Pattern of a name.
        """
        self.opening = opening
        self.excludes = ()
        self._call = call
        self._after_name = after_name
        self._head = re.compile(rf"{re.escape(opening)}({name}){re.escape(after_name)}")
        self._start = re.compile(rf"{re.escape(opening)}(?:\Z|{name}(?:\Z|{halves(after_name, behind)}))")

    def excludes_for(self, tools: tuple[ToolView, ...]) -> tuple[str, ...]:
        """See `CallUnit`."""
        return tuple(f"{self.opening}{tool.name}{self._after_name}" for tool in tools)

    def write(self, calls: Sequence[ToolCall], index: int, first: int, draft: Draft) -> None:
        """See `CallUnit`; there is always another way to write a call."""
        raise FormatError("found a call without its opening tag, expected one with it")

    def grammar(self, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """See `CallUnit`; there is always another way to write a call."""
        raise FormatError("found a call without its opening tag, expected one with it")

    def read(self, reading: Reading) -> Steps[list[CallBuilder]]:
        """See `CallUnit`."""
        cursor, builder = reading.cursor, reading.builder
        head = self._head.match(cursor.buffer, cursor.position)
        if head is None or head[1] not in reading.tools.by_name or not _may_begin(cursor.previous, builder):
            builder.divided()
            cursor.take(cursor.position + len(self.opening))  # text
            return []
        builder.report("a call without its opening tag")
        if isinstance(self._call, CallUnit):
            return (yield from self._call.read(reading))
        try:
            yield from self._call.read(reading)
        except (Unreadable, Truncated) as error:
            announce_end(builder, reading.call, error)
        if not reading.call.announced:
            return []
        cursor.recorded = None
        return [reading.call]


def _may_begin(previous: str, builder: MessageBuilder) -> bool:
    """Whether a call may begin behind this character.

    On a line of its own, behind a tag, another call, nothing but blanks, or the end of a sentence without a blank.
    """
    if previous in ("", "\n", ">") or previous in _ENDS or not builder.has_content:
        return True
    return bool(builder.calls) and previous in "}])"
