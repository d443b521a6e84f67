"""The parts that a call is made of, each with its three views side by side: how it is written, what may be generated
there, and how it is read back.

A call syntax is a tuple of parts, so that its writer, its grammar and its parser come from one declaration and cannot
disagree. Readers are more tolerant than writers: white space between parts may vary.
"""

from __future__ import annotations

import abc
import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Protocol

from fcformat import grammar as g
from fcformat._core import json_end
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.argument_types import argument_types, spelled_values
from fcformat.formats.call_syntax.spacing import spaced, spacing
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS, PYTHON, JSONStyle
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH, JSONReader
from fcformat.parsing.json_text import as_json, as_python_arguments
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder
from fcformat.parsing.python_arguments import plain_arguments
from fcformat.parsing.python_literals import PythonReader
from fcformat.parsing.quotes import AfterCall
from fcformat.parsing.strings import json_string
from fcformat.parsing.typed_values import SchemaView

__all__ = [
    "PLAIN_TEXT",
    "SPACES",
    "Body",
    "JSONCall",
    "Part",
    "Plain",
    "PythonArguments",
    "Reading",
    "Tag",
    "Text",
    "ToolView",
    "halves",
    "json_body",
    "loosely",
    "read_arguments",
    "read_other",
]

#: Longest function name that is read.
MAX_NAME = 256
#: Most members of a call that are not its own.
MAX_OTHERS = 100
#: Pattern of a short text between quotes in which nothing is escaped.
PLAIN_TEXT = rf'[^"\\\x00-\x1f\ud800-\udfff]{{1,{MAX_NAME}}}'


@dataclasses.dataclass(frozen=True, slots=True)
class ToolView:
    """What a format needs of a tool: its name and the schema of its arguments.

    Attributes:
        name: The function's name.
        schema: The schema of its arguments.
        view: The schema, as readers look at it.
    """

    name: str
    schema: Mapping[str, Any] | bool
    view: SchemaView = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "view", SchemaView(self.schema))


@dataclasses.dataclass(slots=True)
class Reading:
    """A call being read: where the text comes from, what it becomes, the message that it joins, the tools that are known."""

    cursor: Cursor
    call: CallBuilder
    builder: MessageBuilder
    tools: tuple[ToolView, ...] = ()

    @property
    def tool(self) -> ToolView | None:
        """The tool that is called, where it is known."""
        return self.tool_named(self.call.name)

    def tool_named(self, name: str | None) -> ToolView | None:
        """The tool of this name, where it is known."""
        for tool in self.tools:
            if tool.name == name:
                return tool
        return None


class Body(Protocol):
    """Reads arguments that stand in the text as formats write them."""

    def __call__(self, reading: Reading, name: str, at: int) -> tuple[str, int, int] | None:
        """Reads the arguments of the function `name` at a place of the buffer.

        Returns:
            Their JSON, where they end, and how many steps `Cursor.spend` counts for them; `None` where they have to be read step by step. Nothing is read or reported.
        """


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    """How a part looks that needs nothing put right, so that it can be read at one glance.

    What it accepts, reading step by step reads in the same way. A name and an id in its patterns are the groups `name` and
    `id`.

    Attributes:
        before: Pattern of the part, or of what stands before the arguments.
        body: Reads the arguments; `None` where the part has none.
        after: Pattern of what stands behind them.
        known_only: Whether the name must be one of the tools', where these are known.
    """

    before: str
    body: Body | None = None
    after: str = ""
    known_only: bool = False


#: Patterns of any white space, and of as much as may be layout.
SPACES = r"[ \t\r\n]*"
_LAYOUT = rf"[ \t\r\n]{{0,{MAX_LAYOUT_SPACE}}}"


def loosely(words: tuple[str, ...]) -> str:
    """The pattern of words as `Cursor.match_loosely` reads them."""
    return "".join(f"{_LAYOUT}{re.escape(word)}" for word in words)


def json_body(reading: Reading, name: str, at: int) -> tuple[str, int, int] | None:
    """Arguments as a JSON object; see `Body`."""
    buffer = reading.cursor.buffer
    if not buffer.startswith("{", at):
        return None
    end = json_end(buffer, at, MAX_DEPTH)
    return (buffer[at:end], end, 0) if end >= 0 else None


def halves(word: str, rest: str) -> str:
    """A pattern of a word and what follows it, or of its beginning at the end of the text."""
    for char in reversed(word):
        rest = rf"{re.escape(char)}(?:\Z|{rest})"
    return rest


class Part(abc.ABC):
    """One part of a call.

    Attributes:
        start: Pattern of how the part begins, to tell at a glance that a tag in prose is no call. `""`: anything.
    """

    start = ""

    @property
    def plain(self) -> Plain | None:
        """How the part looks as formats write it; `None` where it has to be read step by step."""
        return None

    @abc.abstractmethod
    def write(self, call: FunctionCall, draft: Draft) -> None:
        """Adds the part of this call to a draft.

        Raises:
            FormatError: The part cannot express the call.
        """

    @abc.abstractmethod
    def grammar(self, tool: ToolView) -> g.Grammar:
        """What may be generated for a call of this tool."""

    @abc.abstractmethod
    def read(self, reading: Reading) -> Steps[None]:
        """Reads the part.

        Raises:
            Unreadable: The text is something else.
            Truncated: The text ends inside the part.
        """


class Text(Part):
    """Fixed text, written as it is; any white space may stand for its white space when it is read."""

    def __init__(self, text: str) -> None:
        """Sets up the part.

        Args:
            text: The text.
        """
        self.text = text
        self.words = tuple(text.split())

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        return Plain(loosely(self.words))

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        draft.fixed(self.text, trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return spaced(self.text) if self.words else spacing(self.text)

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        if self.words and not (yield from reading.cursor.match_loosely(self.words)):
            yield from reading.cursor.skip_space()
            cut = reading.cursor.ended and reading.cursor.is_half_of(self.words[0])
            raise Truncated(repr(self.text)) if cut else Unreadable(repr(self.text))


class Tag(Text):
    """A mark that vocabularies have as one control token."""

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.control_token(self.text)


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
            style: How the arguments are spelled.
        """
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
        cursor, call, report = reading.cursor, reading.call, reading.builder.report
        json = JSONReader(cursor, report)
        char = yield from cursor.skip_space()
        if char != "{":
            raise Unreadable("'{'") if char else Truncated("'{'")
        cursor.take(cursor.position + 1)
        first, name, others = True, "", 0
        while (key := (yield from json.key(first))) is not None:
            first = False
            if key == self._name and call.name is None and not name:
                name = yield from _short_string(cursor, json)
                if self._whole and reading.tools and all(name != tool.name for tool in reading.tools):
                    raise Unreadable("the name of a tool")
                if not self._whole or call.has_arguments:
                    call.named(name)
            elif key in self._read and not call.has_arguments:
                if name and call.name is None:
                    call.named(name)
                yield from read_arguments(reading)
                call.complete = True
            elif self._id and key == self._id and (yield from cursor.peek()) in ("'", '"'):
                call.identified((yield from _short_string(cursor, json)))
            else:
                others += 1
                if others > MAX_OTHERS:
                    raise Unreadable(f"at most {MAX_OTHERS} other members in a call")
                yield from read_other(reading, json, key)
        if call.name is None:
            raise Unreadable(f"a call with {self._name!r}")
        if not call.has_arguments:
            call.arguments("{}")
        call.complete = True


class PythonArguments(Part):
    """Keyword arguments, `a=1, b='x'`, with the closing parenthesis."""

    def __init__(self, after: AfterCall | None = None) -> None:
        """Sets up the part.

        Args:
            after: What follows a call; given, what models write beside Python is put right (see `PythonReader`).
        """
        self._after = after

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        return Plain("", self._body)

    def _body(self, reading: Reading, name: str, at: int) -> tuple[str, int, int] | None:
        """See `Body`; text that stands where the schema has none is read step by step."""
        types = argument_types(reading, name)

        def is_wanted(argument: str) -> bool:
            permitted = types(argument)
            return permitted is None or not permitted.no_text

        return plain_arguments(
            reading.cursor.buffer, at, reading.cursor.ended, self._after, is_wanted, reading.cursor.steps
        )

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        draft.text(as_python_arguments(call.arguments) + ")", trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(g.schema_value(tool.schema, syntax="python_arguments", style=PYTHON), g.literal(")"))

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        reader = PythonReader(reading.cursor, reading.builder.report, self._after)
        types = argument_types(reading)

        def is_text(name: str) -> bool:
            permitted = types(name)
            return permitted is not None and permitted.only_text

        yield from reader.keyword_arguments(reading.call.arguments, spelled_values(reading), is_text)
        reading.call.complete = True


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
