"""Parts of calls whose function's name stands outside of the JSON: Mistral, DeepSeek, Kimi, Qwen-Agent, Functionary.

`Name` is the bare name, up to the mark after it; `JSONArguments` is the arguments' object alone.
"""

from __future__ import annotations

import functools
import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.json_call import read_arguments
from fcformat.formats.call_syntax.parts import MAX_NAME, SPACES, Part, Plain, Reading, ToolView, json_body, loosely
from fcformat.formats.call_syntax.syntax import pass_brackets
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS, JSONStyle
from fcformat.parsing.cursor import Cursor, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json

__all__ = ["JSONArguments", "Name", "bare_name", "raw_arguments", "stands_at"]

#: A character of a function's name where no quotes tell where it ends.
NAME_CHARACTER = r"[^\s`(){}\[\]\"'<>,;|\uff5c\u273f]"
_NAME = re.compile(rf"{NAME_CHARACTER}*")
#: Most characters behind broken JSON that are kept as part of the arguments, if the mark behind them follows.
MAX_BROKEN_REST = 4_000


def bare_name(name: str) -> str:
    """The name, if it can be written without quotes.

    Raises:
        FormatError: It cannot.
    """
    match = _NAME.fullmatch(name)
    if match is None or len(name) > MAX_NAME:
        raise FormatError(
            f"found the name {name!r}, expected at most {MAX_NAME} characters without blanks, quotes or brackets"
        )
    return name


class Name(Part):
    """The function's name, up to the first character that cannot be part of one."""

    start = NAME_CHARACTER

    def __init__(self, *, prefix: str = "", suffix: str = "", until_end: bool = False) -> None:
        """Sets up the part.

        Args:
            prefix: Written before the name; read where it is there.
            suffix: Written after the name, of characters that names may have; without it, there is no name.
            until_end: Whether a name that the end of the text cuts off counts as it stands.
        """
        self._prefix = prefix
        self._suffix = suffix
        self._until_end = until_end

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        if self._suffix:
            return None
        prefix = re.escape(self._prefix)
        before = f"(?:{prefix}|(?!{prefix}))" if prefix else ""
        name = f"{NAME_CHARACTER}{{1,{MAX_NAME}}}(?!{NAME_CHARACTER})"
        return Plain(rf"{SPACES}{before}(?P<name>{name})")

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        draft.text(self._prefix + bare_name(call.name) + self._suffix, trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.literal(self._prefix + tool.name + self._suffix)

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor = reading.cursor
        char = yield from cursor.skip_space()
        while True:
            match = _NAME.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            name = match.group()
            if len(name) > MAX_NAME + len(self._prefix):
                raise Unreadable(f"a name of at most {MAX_NAME} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                if name and self._until_end:
                    break
                raise Truncated("a function's name" if not name else "the end of a function's name")
            yield
        if self._prefix and name.startswith(self._prefix):
            name = name[len(self._prefix) :]
        if not name.endswith(self._suffix):
            raise Unreadable(repr(self._suffix))
        name = name.removesuffix(self._suffix)
        if not name:
            raise Unreadable("a function's name") if char else Truncated("a function's name")
        cursor.take(match.end())
        reading.call.named(name)


class JSONArguments(Part):
    """The arguments' object.

    Where nothing stands in its place there are no arguments. What is no JSON is kept as it is, up to the mark after it.
    """

    start = r"[\"'{\[`]"

    def __init__(
        self, *, until: tuple[str, ...] = (), fence: tuple[str, str] = ("", ""), style: JSONStyle = DUMPS
    ) -> None:
        """Sets up the part.

        Args:
            until: Marks that may follow the arguments.
            fence: Written around the arguments, such as a code fence; read where it is there.
            style: How the arguments are spelled.
        """
        self._until = until
        self._fence = fence
        self._style = style

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        opening, closing = (tuple(tags.split()) for tags in self._fence)
        # A bracket too many is looked for step by step, and so is the end of what is at hand.
        after = loosely(closing) if closing else r"(?=[^)}])"
        return Plain(rf"{loosely(opening)}{SPACES}", json_body, after)

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        opening, closing = self._fence
        draft.text(opening + as_json(call.arguments) + closing, trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        opening, closing = self._fence
        return g.sequence(g.literal(opening), g.schema_value(tool.schema, style=self._style), g.literal(closing))

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor, call = reading.cursor, reading.call
        opening, closing = (tuple(tags.split()) for tags in self._fence)
        fenced = bool(opening) and (yield from cursor.match_loosely(opening))
        if opening and not fenced:
            reading.builder.report(f"arguments without {self._fence[0]!r} before them")
        char = yield from cursor.skip_space()
        if not char:
            raise Truncated("the arguments")
        if char in "{\"'" or not self._until:
            try:
                yield from read_arguments(reading)
            except Unreadable as error:
                if not self._until or not (yield from self._broken_rest(reading)):
                    raise
                reading.builder.report(f"the arguments break off, expected {error}")
        else:
            yield from raw_arguments(reading, self._until)
        call.complete = True
        yield from pass_brackets(cursor, reading.builder.report, after_space=fenced)
        if fenced and not (yield from cursor.match_loosely(closing)):
            reading.builder.report(f"arguments without {self._fence[1]!r} after them")

    def _broken_rest(self, reading: Reading) -> Steps[bool]:
        """Reads what follows broken JSON up to a mark that is near, and keeps it as it is; whether there is such a mark."""
        cursor = reading.cursor
        finder = _scanner(self._until)
        while True:
            end = cursor.position + MAX_BROKEN_REST
            found = finder.find(cursor.buffer, cursor.position, end)
            if found is not None:
                rest = cursor.take(found[0]).rstrip()
                if rest:
                    reading.call.arguments(rest)
                return True
            if cursor.ended or len(cursor.buffer) >= end:
                return False
            yield


def raw_arguments(reading: Reading, marks: tuple[str, ...]) -> Steps[None]:
    """Reads text up to one of the marks as arguments that are no JSON; white space around it is layout.

    Raises:
        Truncated: The text ends before any of them.
    """
    cursor, call = reading.cursor, reading.call
    finder = _scanner(marks)
    start, empty = cursor.offset, True
    gap: list[str] = []  # white space that counts only if something follows
    while True:
        found = finder.find(cursor.buffer, cursor.position)
        held = 0 if found or cursor.ended else finder.held(cursor.buffer, cursor.position)
        end = found[0] if found else len(cursor.buffer) - held
        piece = cursor.take(end)
        kept = piece.rstrip()
        if kept:
            if empty:
                reading.builder.report("arguments that are not an object", start)
                empty = False
            call.arguments("".join((*gap, kept)))
            gap.clear()
        gap.append(piece[len(kept) :])
        if found:
            break
        if cursor.ended:
            raise Truncated("the end of the arguments")
        yield
    if empty:
        call.arguments("{}")


@functools.lru_cache(maxsize=64)
def _scanner(marks: tuple[str, ...]) -> Scanner:
    return Scanner(marks)


def stands_at(cursor: Cursor, marks: tuple[str, ...]) -> Steps[bool]:
    """Whether one of the marks comes next, after any white space; reads nothing but that."""
    yield from cursor.skip_space()
    while True:
        rest = cursor.buffer[cursor.position : cursor.position + max(map(len, marks))]
        if any(rest.startswith(mark) for mark in marks):
            return True
        if cursor.ended or not any(mark.startswith(rest) for mark in marks):
            return False
        yield
