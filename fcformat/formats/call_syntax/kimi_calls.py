"""Kimi K2's calls: the id of a call carries the function's name, `functions.NAME:INDEX`.

Models write ids without the prefix, with underscores, as a bare number, or, where a client gave calls ids of its own, like those;
the name is what is left, and where nothing is, the one of the only tool whose parameters the arguments are. The index runs over the whole conversation; whoever writes a turn
alone counts from the ids that are given, else from 0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fcformat import grammar as g
from fcformat.chat import FunctionCall, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.named import JSONArguments, bare_name
from fcformat.formats.call_syntax.parts import MAX_NAME, Part, Reading, Tag, ToolView
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json

__all__ = ["KimiCalls"]

_BEGIN, _ARGUMENTS, _END = "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"
_WORD = re.compile(r"[^\s<>|\"'{}]*")
_ID = re.compile(r"functions\.(.+):([0-9]{1,9})")
_LOOSE_ID = re.compile(r"(?:functions[._])?(.+?)(?::([0-9]{1,9}))?")
_NUMBERED = re.compile(r"(.+)[_.]([0-9]{1,9})")
#: Ids that clients give to calls: `call_3`, `toolu_01Akmj`, UUIDs. A template shows them to the model, which goes on with them.
_CLIENT_ID = re.compile(
    r"(?:call|chatcmpl|[a-z]*tool[a-z]*)[_-]\S*[0-9]\S*|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)


class _NamingId(Part):
    """The id that carries the name."""

    start = r"[^\s<>|\"'{}]"

    def __init__(self, arguments: JSONArguments, *, mark: str = _ARGUMENTS) -> None:
        """Sets up the part.

        Args:
            arguments: Reads the arguments, where the name shows in nothing else.
            mark: What stands behind the id.
        """
        self._arguments = arguments
        self._mark = mark

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
        if self._mark and not (yield from cursor.match_loosely((self._mark,))):
            yield from cursor.skip_space()
            half = cursor.ended and cursor.is_half_of(self._mark)
            raise Truncated(repr(self._mark)) if half else Unreadable(repr(self._mark))
        if name is None:
            yield from self._arguments.read(reading)
            name = _called_with(reading)
        canonical = f"functions.{name}:{number if number is not None else len(builder.calls)}"
        if written != canonical:
            builder.report(f"the id {written!r}, read as {canonical!r}")
        reading.call.identified(canonical)
        reading.call.named(name)


class _Arguments(JSONArguments):
    """The arguments, unless they have been read for the name's sake."""

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        if not reading.call.complete:
            yield from super().read(reading)


def _called_with(reading: Reading) -> str:
    """The name of the only tool whose parameters the arguments are.

    Raises:
        Unreadable: There is none, or several.
    """
    try:
        given = json.loads(reading.call.written)
    except ValueError:  # broken, or with a number of more digits than Python converts
        given = None
    fitting = [
        tool.name
        for tool in reading.tools
        if isinstance(given, dict)
        and all(tool.view.property(key) is not None for key in given)
        and all(key in given for key in _required(tool))
    ]
    if len(fitting) != 1:
        raise Unreadable("an id with a function's name")
    return fitting[0]


def _required(tool: ToolView) -> list[Any]:
    """The arguments without which a tool cannot be called, as far as its schema says so at once."""
    required = tool.schema.get("required") if isinstance(tool.schema, Mapping) else None
    return required if isinstance(required, list) else []


def _named(written: str, tools: tuple[str, ...]) -> tuple[str | None, str | None]:
    """The name and the index in an id; no name if it is but a number or a client's, and there are several tools.

    Raises:
        Unreadable: No name shows.
    """
    match = _LOOSE_ID.fullmatch(written)
    assert match is not None  # the id is not empty
    name, number = match.groups()
    if written in tools:
        return written, None
    if number is None and name not in tools:
        numbered = _NUMBERED.fullmatch(name)
        if numbered is not None and (numbered[1] in tools or written.startswith("functions_")):
            return numbered[1], numbered[2]
        if tools and (name.isdecimal() or _CLIENT_ID.fullmatch(written)):
            return tools[0] if len(tools) == 1 else None, name if name.isdecimal() else None
        if name.isdecimal():
            raise Unreadable("an id with a function's name")
    return name, number


class KimiCalls(CallSections):
    """Text, then a section of calls; a call may also stand alone."""

    def __init__(self) -> None:
        """Sets up the turn."""
        arguments = _Arguments(until=(_END, _BEGIN))
        call = CallSyntax(Tag(_BEGIN), _NamingId(arguments), arguments, Tag(_END))
        section = ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")
        super().__init__(
            call,
            section=section,
            also_opened=("<|tool_call_section_begin|>",),
            also_closed=("<|tool_call_section_end|>",),
            alone=True,
            untagged=(
                UntaggedCall(
                    "functions.",
                    CallSyntax(_NamingId(arguments, mark=""), JSONArguments()),
                    name=r"[\w-]{1,64}",
                    after_name=":",
                    behind=r"(?:\Z|[0-9]{1,9}[ \t\r\n]{0,64}(?:\Z|\{))",
                ),
            ),
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
