"""A call with bare keys and delimited strings, `call:name{city:<|"|>Paris<|"|>,days:3}`: Gemma 4, FunctionGemma."""

from __future__ import annotations

import functools
import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.argument_types import argument_types
from fcformat.formats.call_syntax.parts import MAX_NAME, Part, Plain, Reading, ToolView
from fcformat.formats.call_syntax.tags import LAYOUT
from fcformat.formats.rendered import Draft
from fcformat.json_style import JSONStyle
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.delimited_values import DelimitedReader, as_delimited
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.plain_values import PlainDelimited
from fcformat.parsing.strings import json_inner, json_string
from fcformat.parsing.typed_values import Permitted, typed_value

__all__ = ["DelimitedCall"]

_NAME = re.compile(rf"[^\s:,{{}}\[\]<>|\"']{{1,{MAX_NAME}}}")
# Models leave the word out at times, or write the colon before it, too; the last colon they leave out never.
_HEAD = re.compile(rf"[ \t\r\n]{{0,64}}(?::?call)?:[ \t]{{0,8}}({_NAME.pattern})[ \t\r\n]{{0,8}}\{{")
_HALF_HEAD = re.compile(
    rf"[ \t\r\n]{{0,64}}(?::?(?:c|ca|cal|call))?(?::[ \t]{{0,8}}(?:{_NAME.pattern}[ \t\r\n]{{0,8}})?)?\Z"
)
#: Templates sort the keys, or leave them as they are; so do models.
_STYLE = JSONStyle(whitespace="compact", escapes="minimal")


class DelimitedCall(Part):
    """The name and the arguments, keys sorted."""

    start = r"(?:c(?:\Z|a(?:\Z|l(?:\Z|l(?:\Z|:))))|:)"

    def __init__(self, delimiter: str) -> None:
        """Sets up the part.

        Args:
            delimiter: What stands on both sides of a string.
        """
        self._delimiter = delimiter
        mark, first = re.escape(delimiter), re.escape(delimiter[0])
        self._member = (
            rf"([^\s:,{{}}\[\]<>\"'|]{{1,{MAX_NAME}}}):"
            rf"(?:(?:{mark}([^{first}]*){mark}|(-?(?:0|[1-9][0-9]{{0,99}})(?:\.[0-9]{{1,99}})?|true|false|null))([,}}])"
            r"|(?=[\[{]))"
        )
        self._containers = PlainDelimited(delimiter)
        self._syntax = g.TaggedArguments(
            before_key=g.literal(""),
            after_key=g.literal(":"),
            after_value=g.literal(""),
            between=g.literal(","),
            excludes=(delimiter,),
            key=r"[^\s:,{}\[\]<>\"']+",
            delimiter=g.control_token(delimiter),
        )

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        return Plain(rf"{LAYOUT}call:[ \t]{{0,8}}(?P<name>{_NAME.pattern})[ \t\r\n]{{0,8}}\{{", self._body)

    def _body(self, reading: Reading, name: str, at: int) -> tuple[str, int, int] | None:
        """See `Body`; text that stands where the schema has none is read step by step."""
        buffer = reading.cursor.buffer
        if buffer.startswith("}", at):
            return "{}", at + 1, 0
        member, types = self._compiled, argument_types(reading, name)
        written: list[str] = []
        elements = 0
        while len(written) + elements < reading.cursor.steps and (found := member.match(buffer, at)) is not None:
            at = found.end()
            if found[4] is None:
                container = self._containers.read(buffer, at, MAX_DEPTH, reading.cursor.steps - elements)
                if container is None or buffer[container[1] : container[1] + 1] not in (",", "}"):
                    return None
                written.append(f"{json_string(found[1])}: {container[0]}")
                elements += container[2]
                at = container[1] + 1
                if buffer[container[1]] == "}":
                    return f"{{{', '.join(written)}}}", at, len(written) + elements
                continue
            permitted = types(found[1])
            if permitted is not None and (permitted.no_text if found[3] is None else permitted.only_text):
                return None
            written.append(f"{json_string(found[1])}: {json_string(found[2]) if found[3] is None else found[3]}")
            if found[4] == "}":
                return f"{{{', '.join(written)}}}", at, len(written) + elements
        return None

    @functools.cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self._member)

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        draft.text(f"call:{_checked(call.name)}{{", trainable=True)
        # Delimiters are control tokens; what is between them is not, whatever it spells.
        pieces = as_delimited(call.arguments, self._delimiter, sort=True).split(self._delimiter)
        for number, piece in enumerate(pieces):
            if number:
                draft.fixed(self._delimiter, trainable=True)
            draft.text(piece, trainable=True)
        draft.text("}", trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(
            g.literal(f"call:{_checked(tool.name)}{{"),
            g.schema_value(tool.schema, syntax=self._syntax, style=_STYLE),
            g.literal("}"),
        )

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor, call, report = reading.cursor, reading.call, reading.builder.report
        while not cursor.ended and _HALF_HEAD.match(cursor.buffer, cursor.position):
            yield
        head = _HEAD.match(cursor.buffer, cursor.position)
        if head is None:
            half = _HALF_HEAD.match(cursor.buffer, cursor.position)
            raise Truncated("a function's name and '{'") if half else Unreadable("'call:', a name and '{'")
        written = head.group().lstrip()
        if not written.startswith("call"):
            report(
                "a colon before the word 'call'" if written.startswith(":call:") else "a call without the word 'call'"
            )
        cursor.take(head.end())
        call.named(head[1])
        types = argument_types(reading)
        reader = DelimitedReader(cursor, report, self._delimiter)
        call.arguments("{")
        first = True
        while (key := (yield from reader.key(first))) is not None:
            cursor.spend()
            call.arguments(f"{'' if first else ', '}{json_string(key)}: ")
            yield from _value(reader, reading, types(key))
            first = False
        call.arguments("}")
        call.complete = True


def _value(reader: DelimitedReader, reading: Reading, permitted: Permitted | None) -> Steps[None]:
    """Reads an argument. What does not say its type is typed by the schema, and so is a string where none is permitted."""
    cursor, emit, report = reading.cursor, reading.call.arguments, reading.builder.report
    if (yield from reader.at_string()):
        if permitted is None or not permitted.no_text:
            emit('"')
            yield from reader.string(lambda text: emit(json_inner(text)))
            emit('"')
            return
        pieces: list[str] = []
        yield from reader.string(pieces.append)
        report("a string for a value of another type")
        emit(typed_value("".join(pieces), permitted, report))
    elif cursor.buffer[cursor.position : cursor.position + 1] in ("", "{", "[", '"', "'") or permitted is None:
        yield from reader.value(emit)
    else:
        bare = yield from reader.bare()
        word = reader.word(bare)
        emit(typed_value(bare, permitted, report) if permitted.only_text else word)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise FormatError(f"found the name {name!r}, expected one without blanks, quotes, brackets, ':', '|' and ','")
    return name
