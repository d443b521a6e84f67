"""The parts that a call is made of, each with its three views side by side: how it is written, what may be generated
there, and how it is read back.

A call syntax is a tuple of parts, so that its writer, its grammar and its parser come from one declaration and cannot
disagree. Readers are more tolerant than writers: white space between parts may vary.
"""

from __future__ import annotations

import abc
import dataclasses
import functools
import re
from collections.abc import Mapping
from typing import Any, Protocol

from fcformat import grammar as g
from fcformat._core import json_end
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.argument_types import argument_types, spelled_values
from fcformat.formats.call_syntax.spacing import spaced, spacing
from fcformat.formats.rendered import Draft
from fcformat.json_style import PYTHON, JSONStyle
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.json_text import as_python_arguments
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder
from fcformat.parsing.python_arguments import plain_arguments
from fcformat.parsing.python_literals import PythonReader
from fcformat.parsing.quotes import AfterCall
from fcformat.parsing.typed_values import SchemaView

__all__ = [
    "PLAIN_TEXT",
    "SPACES",
    "Body",
    "Part",
    "Plain",
    "PythonArguments",
    "Reading",
    "Tag",
    "Text",
    "ToolView",
    "ToolViews",
    "halves",
    "json_body",
    "loosely",
]

#: Longest function name that is read.
MAX_NAME = 256
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


class ToolViews(tuple[ToolView, ...]):
    """The tools of a conversation, which are looked up by name."""

    @functools.cached_property
    def by_name(self) -> Mapping[str, ToolView]:
        """The tools under their names; of two with one name, the first."""
        return {tool.name: tool for tool in reversed(self)}


@dataclasses.dataclass(slots=True)
class Reading:
    """A call being read: where the text comes from, what it becomes, the message that it joins, the tools that are known."""

    cursor: Cursor
    call: CallBuilder
    builder: MessageBuilder
    tools: ToolViews = dataclasses.field(default_factory=ToolViews)

    @property
    def tool(self) -> ToolView | None:
        """The tool that is called, where it is known."""
        return None if self.call.name is None else self.tools.by_name.get(self.call.name)


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


class PythonArguments(Part):
    """Keyword arguments, `a=1, b='x'`, with the closing parenthesis."""

    def __init__(self, after: AfterCall | None = None, style: JSONStyle = PYTHON) -> None:
        """Sets up the part.

        Args:
            after: What follows a call; given, what models write beside Python is put right (see `PythonReader`).
            style: How the arguments may be spelled; written as Python's `repr` does.
        """
        self._after = after
        self._style = style

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
        return g.sequence(g.schema_value(tool.schema, syntax="python_arguments", style=self._style), g.literal(")"))

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        reader = PythonReader(reading.cursor, reading.builder.report, self._after)
        types = argument_types(reading)

        def is_text(name: str) -> bool:
            permitted = types(name)
            return permitted is not None and permitted.only_text

        yield from reader.keyword_arguments(reading.call.arguments, spelled_values(reading), is_text)
        reading.call.complete = True
