"""Kimi K2's calls: the id of a call carries the function's name, `functions.NAME:INDEX`.

Models write ids without the prefix, with underscores, or as a bare number; the name is what is left. The index runs over the
whole conversation; whoever writes a turn alone counts from the ids that are given, else from 0.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.named import JSONArguments, bare_name
from fcformat.formats.call_syntax.parts import MAX_NAME, Part, Reading, Tag, ToolView
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json

__all__ = ["KimiCalls"]

_BEGIN, _ARGUMENTS, _END = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"
_WORD = re.compile(r"[^\s<>|\"'{}]*")
_ID = re.compile(r"functions\.(.+):([0-9]{1,9})")
_LOOSE_ID = re.compile(r"(?:functions[._])?(.+?)(?::([0-9]{1,9}))?")
_NUMBERED = re.compile(r"(.+)_([0-9]{1,9})")


class _NamingId(Part):
    """The id that carries the name."""

    start = r"[^\s<>|\"'{}]"

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`; the turn writes the id itself."""
        raise FormatError("an id has the number of its call, which only the turn knows: write the turn")

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(
            g.literal(f"functions.{bare_name(tool.name)}:"), g.regex("0|[1-9][0-9]{0,3}"), g.control_token(_ARGUMENTS)
        )

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor, builder = reading.cursor, reading.builder
        char = yield from cursor.skip_space()
        while True:
            match = _WORD.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            written = match.group()
            if len(written) > MAX_NAME:
                raise Unreadable(f"an id of at most {MAX_NAME} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("the end of an id")
            yield
        if not written:
            raise Unreadable("the id of a call") if char else Truncated("the id of a call")
        name, number = _named(written, tuple(tool.name for tool in reading.tools))
        cursor.take(match.end())
        if not (yield from cursor.match_loosely((_ARGUMENTS,))):
            yield from cursor.skip_space()
            half = cursor.ended and cursor.is_half_of(_ARGUMENTS)
            raise Truncated(repr(_ARGUMENTS)) if half else Unreadable(repr(_ARGUMENTS))
        canonical = f"functions.{name}:{number if number is not None else len(builder.calls)}"
        if written != canonical:
            builder.report(f"the id {written!r}, read as {canonical!r}")
        reading.call.identified(canonical)
        reading.call.named(name)


def _named(written: str, tools: tuple[str, ...]) -> tuple[str, str | None]:
    """The name and the index in an id.

    Raises:
        Unreadable: No name shows.
    """
    match = _LOOSE_ID.fullmatch(written)
    assert match is not None  # the id is not empty
    name, number = match.groups()
    if written in tools:
        return written, None
    if number is None and name not in tools:
        if name.isdecimal():
            if len(tools) == 1:
                return tools[0], name
            raise Unreadable("an id with a function's name")
        numbered = _NUMBERED.fullmatch(name)
        if numbered is not None and (numbered[1] in tools or written.startswith("functions_")):
            return numbered[1], numbered[2]
    return name, number


class KimiCalls(CallSections):
    """Text, then a section of calls; a call may also stand alone."""

    def __init__(self) -> None:
        """Sets up the turn."""
        call = CallSyntax(Tag(_BEGIN), _NamingId(), JSONArguments(until=(_END, _BEGIN)), Tag(_END))
        section = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
        super().__init__(
            call,
            section=section,
            also_opened=("<|tool_call_section_begin|>",),
            also_closed=("<|tool_call_section_end|>",),
            alone=True,
            controls=section,
        )

    def _write_call(self, call: ToolCall, index: int, position: int, draft: Draft) -> None:
        """See `CallSections`."""
        name = call.function.name
        match = _ID.fullmatch(call.id or "")
        number = match[2] if match is not None and match[1] == name else str(position)
        try:
            identifier, arguments = f"functions.{bare_name(name)}:{number}", as_json(call.function.arguments)
        except FormatError as error:
            raise FormatError(f"message {index}: tool_calls[{position}] ({name}): {error}") from error
        draft.fixed(_BEGIN, trainable=True)
        draft.text(identifier, trainable=True)
        draft.fixed(_ARGUMENTS, trainable=True)
        draft.text(arguments, trainable=True)
        draft.fixed(_END, trainable=True)
