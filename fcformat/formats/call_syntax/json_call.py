"""Calls that are JSON objects, with the function's name and its arguments as members, and arguments that are JSON values."""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.parts import (
    MAX_NAME,
    PLAIN_TEXT,
    SPACES,
    Part,
    Plain,
    Reading,
    ToolView,
    halves,
    json_body,
)
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS, JSONStyle
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.json_text import as_json
from fcformat.parsing.strings import json_string

__all__ = ["JSONCall", "begin_arguments", "read_arguments", "read_other"]

_FENCE = "```"
#: Key under which models put a call, as OpenAI's requests have it.
_INNER = "function"
_QUOTED = re.compile(rf"[\"'](?:([^\"'\\\n]{{1,{MAX_NAME}}})[\"']|[^\"'\\\n]{{0,{MAX_NAME}}}\Z)")
#: Most members of a call that are not its own.
MAX_OTHERS = 100

_SPACE = rf"[ \t\r\n]{{0,{MAX_LAYOUT_SPACE}}}"
_WORD = r"[\w.+\-$]{1,64}"
#: What begins like an object and cannot be one, and the beginnings of objects of which that cannot be told yet.
_NO_OBJECT = re.compile(
    rf"\{{{_SPACE}(?:[^ \t\r\n\"'}}\w.+\-$]|{_WORD}(?:[^ \t\r\n:\w.+\-$]|[ \t\r\n]{{1,{MAX_LAYOUT_SPACE}}}[^ \t\r\n:]))"
)
_UNDECIDED = re.compile(rf"(?:\{{{_SPACE}(?:{_WORD}{_SPACE})?)?\Z")


class JSONCall(Part):
    """An object with the function's name and its arguments: `{"name": ..., "arguments": {...}}`.

    Read in any key order; arguments as an object, or as a string that holds one. A call without arguments has none.
    """

    start = r"\{[ \t\r\n]{0,64}(?:\Z|[\"'\w$])"

    def __init__(
        self,
        name: str = "name",
        arguments: str = "arguments",
        *,
        also: tuple[str, ...] = (),
        id: str = "",
        numbered: bool = False,
        whole: bool = False,
        either: tuple[str, ...] = (),
        either_order: bool = False,
        fenced: bool = False,
        style: JSONStyle = DUMPS,
    ) -> None:
        """Sets up the part.

        Args:
            name: Key of the function's name.
            arguments: Key of the arguments.
            also: Other keys under which models write the arguments; read and never written.
            id: Key of the call's id, where there is one; read here, written by the turn.
            numbered: Whether the id is written first, as the call's number in the turn.
            whole: Whether it is only a call once it has a name, one of the tools' where they are known, and arguments: for
                calls without tags.
            either: Those of the other keys that may be generated as well.
            either_order: Whether the arguments may also be generated before the name.
            fenced: Whether models put it in a code fence; read and never written.
            style: How the arguments are spelled.
        """
        self._fenced = fenced
        self._generated = (arguments, *either)
        self._either_order = either_order
        self._name = name
        self._id = id
        self._arguments = arguments
        self._read = (arguments, *also)
        self._numbered = numbered
        self._whole = whole
        self._style = style
        self.keys = tuple(f"{quote}{name}{quote}" for quote in "\"'")
        first = "|".join(halves(quote + key + quote, "") for quote in "\"'" for key in (name, *self._read))
        self._inner = re.compile(rf"\{{{_SPACE}(?:\Z|{first})")
        if fenced:
            end = r"\Z"
            line = halves("json", rf"{_SPACE}(?:\Z|{self.start})")
            self.start = rf"(?:{self.start}|{halves(_FENCE, rf'(?:{line}|{_SPACE}(?:{end}|{self.start}))')})"
        if whole:
            first = "|".join(
                halves(quote + key + quote, "") for quote in "\"'" for key in (name, *self._read, id, "type") if key
            )
            self.start = rf"\{{[ \t\r\n]{{0,64}}(?:\Z|{first})"

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        colon, comma = rf'"{SPACES}:{SPACES}', rf"{SPACES},{SPACES}"
        identifier = rf'"{re.escape(self._id)}{colon}"(?P<id>{PLAIN_TEXT})"'
        first = rf"(?:{identifier}{comma})?" if self._id and self._numbered else ""
        last = rf"(?:{comma}{identifier})?" if self._id and not self._numbered else ""
        keys = "|".join(map(re.escape, self._read))
        return Plain(
            rf'{SPACES}\{{{SPACES}{first}"{re.escape(self._name)}{colon}"(?P<name>{PLAIN_TEXT})"{comma}"(?:{keys}){colon}',
            json_body,
            rf"{last}{SPACES}\}}",
            known_only=self._whole,
        )

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        self.write_numbered(call, 0, draft)

    def write_numbered(self, call: FunctionCall, number: int, draft: Draft) -> None:
        """Adds the call to a draft, as call `number` of its turn.

        Raises:
            FormatError: The arguments are not the JSON of an object.
        """
        identifier = f'"{self._id}": "{number}", ' if self._numbered else ""
        draft.text(
            f'{{{identifier}"{self._name}": {json_string(call.name)}, "{self._arguments}": {as_json(call.arguments)}}}',
            trainable=True,
        )

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        identifier = (g.literal(f'{{"{self._id}": "'), g.regex("0|[1-9][0-9]{0,3}"), g.literal('", '))
        opening = identifier if self._numbered else (g.literal("{"),)
        name = f'"{self._name}": {json_string(tool.name)}'
        keys = [f'"{key}": ' for key in self._generated]
        value = g.schema_value(tool.schema, style=self._style)
        orders = [
            g.sequence(g.literal(f"{name}, "), g.choice(*map(g.literal, keys)), value)
            if len(keys) > 1
            else g.sequence(g.literal(f"{name}, {keys[0]}"), value)
        ]
        if self._either_order:
            orders.append(g.sequence(g.literal(keys[0]), value, g.literal(f", {name}")))
        return g.sequence(*opening, g.choice(*orders) if len(orders) > 1 else orders[0], g.literal("}"))

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor = reading.cursor
        char = yield from cursor.skip_space()
        fenced = char == "`" and self._fenced and (yield from _opens_fence(cursor))
        if fenced:
            char = yield from cursor.skip_space()
        if char != "{":
            raise Unreadable("'{'") if char else Truncated("'{'")
        cursor.take(cursor.position + 1)
        yield from self._members(reading)
        if fenced:
            reading.builder.report("a code fence around a call")
            yield from _closes_fence(cursor)

    def _members(self, reading: Reading, *, inner: bool = False) -> Steps[None]:
        """Reads the members of a call, or of the object under `function` that models put them in, and its end."""
        cursor, call, report = reading.cursor, reading.call, reading.builder.report
        json = JSONReader(cursor, report)
        first, name, others = True, "", 0
        try:
            while (key := (yield from json.key(first))) is not None:
                first = False
                if key == self._name and not name:
                    name = yield from _short_string(cursor, json)
                    if self._whole and reading.tools and name not in reading.tools.by_name:
                        raise Unreadable("the name of a tool")
                    if call.has_arguments:
                        call.named(name)
                elif key in self._read and not call.has_arguments:
                    yield from begin_arguments(cursor)
                    if name:
                        call.named(name)
                    yield from read_arguments(reading)
                    call.complete = True
                elif self._id and key == self._id and (yield from cursor.peek()) in ("'", '"'):
                    call.identified((yield from _short_string(cursor, json)))
                elif key == _INNER and not (inner or name or call.has_arguments) and (yield from self._wraps(reading)):
                    report(f"a call under {_INNER!r}")
                    cursor.take(cursor.position + 1)
                    yield from self._members(reading, inner=True)
                    name = call.name or ""
                elif key == _INNER and not name and (yield from _is_tool(reading)):
                    report(f"a function's name under {_INNER!r}")
                    name = yield from _short_string(cursor, json)
                    if call.has_arguments:
                        call.named(name)
                else:
                    others += 1
                    if others > MAX_OTHERS:
                        raise Unreadable(f"at most {MAX_OTHERS} other members in a call")
                    yield from read_other(reading, json, key)
        except Truncated:
            if name and not self._whole:
                call.named(name)
            raise
        if not name or (self._whole and not call.has_arguments):
            raise Unreadable(f"a call with {self._name!r}" if not name else f"a call with {self._arguments!r}")
        call.named(name)
        if not call.has_arguments:
            call.arguments("{}")
        call.complete = True

    def _wraps(self, reading: Reading) -> Steps[bool]:
        """Whether the object of a call comes next, where `function` has been read; reads nothing."""
        cursor = reading.cursor
        if self._whole and not reading.tools:
            return False
        while True:
            match = self._inner.match(cursor.buffer, cursor.position)
            if match is None or match.end() < len(cursor.buffer) or cursor.ended:
                return match is not None
            yield


def _is_tool(reading: Reading) -> Steps[bool]:
    """Whether the name of a known tool comes next, between quotes; reads nothing."""
    cursor, names = reading.cursor, reading.tools.by_name
    while True:
        match = _QUOTED.match(cursor.buffer, cursor.position)
        if match is None or match[1] is not None or cursor.ended:
            return match is not None and match[1] in names
        yield


def _opens_fence(cursor: Cursor) -> Steps[bool]:
    """Reads the line that opens a code fence."""
    return (yield from cursor.match_loosely((f"{_FENCE}json",))) or (yield from cursor.match_loosely((_FENCE,)))


def _closes_fence(cursor: Cursor) -> Steps[None]:
    """Reads the line that closes a code fence, or what the end of the text leaves of it."""
    if not (yield from cursor.match_loosely((_FENCE,))):
        yield from cursor.skip_space()
        if cursor.ended and cursor.is_half_of(_FENCE):
            cursor.take(len(cursor.buffer))


def begin_arguments(cursor: Cursor) -> Steps[None]:
    """Waits until it is told whether what comes next can be arguments. A call is announced after that.

    Raises:
        Unreadable: It cannot.
    """
    while True:
        if _NO_OBJECT.match(cursor.buffer, cursor.position):
            raise Unreadable("arguments")
        if cursor.ended or not _UNDECIDED.match(cursor.buffer, cursor.position):
            return
        yield


def _short_string(cursor: Cursor, json: JSONReader) -> Steps[str]:
    """A string that is read as a whole: a function's name."""
    pieces: list[str] = []
    yield from json.string(pieces.append)
    name = "".join(pieces)
    # Told at the end of the string, wherever the text was cut.
    if not name or len(name) > MAX_NAME:
        raise Unreadable(f"a name of at most {MAX_NAME} characters" if name else "a name")
    return name


def read_other(reading: Reading, json: JSONReader, key: str) -> Steps[None]:
    """A member of a call that it does not have; it is reported, value and all."""
    start, value = reading.cursor.offset, list[str]()
    try:
        yield from json.value(value.append)
    except (Unreadable, Truncated):
        reading.builder.report(f"the key {key!r} in a call, with {''.join(value)}", start)
        raise
    reading.builder.report(f"the key {key!r} in a call, with {''.join(value)}", start)


def read_arguments(reading: Reading) -> Steps[None]:
    """The arguments' value: an object; a string that holds one; `null` for no arguments. Others are kept and reported.

    Raises:
        Unreadable: The text is not a value.
        Truncated: The text ends inside the value.
    """
    cursor, call, report = reading.cursor, reading.call, reading.builder.report
    json = JSONReader(cursor, report)
    char = yield from cursor.peek()
    if char == "{":
        yield from json.value(call.arguments)
        return
    held: list[str] = []
    start = cursor.offset
    if char in ("'", '"'):
        is_object: bool | None = None

        def decode(text: str) -> None:
            nonlocal is_object
            if is_object is None and text.strip():
                is_object = text.lstrip().startswith("{")
                if is_object:
                    report("arguments in a string", start)
            if is_object:
                call.arguments("".join((*held, text)))
                held.clear()
            else:
                held.append(text)

        yield from json.string(decode)
        if is_object:
            return
        held = [json_string("".join(held))]
    else:
        yield from json.value(held.append)
    report("arguments that are not an object", start)
    written = "".join(held)
    call.arguments("{}" if written == "null" else written)
