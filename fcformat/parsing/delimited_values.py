"""Values with bare keys and delimited strings, `{city:<|"|>Paris<|"|>,days:3}`: Gemma's own spelling, read and written.

A string stands between two delimiters and holds anything but the delimiter, unescaped; numbers and JSON's words are bare;
arrays and objects are in brackets and braces. Read text becomes JSON text as it arrives. What models write beside that is
put right and reported: Python's words, quoted strings, strings without a delimiter, trailing commas.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

from fcformat.errors import FormatError
from fcformat.parsing.cursor import Cursor, Finder, Report, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH, MAX_KEY, MAX_WORD, JSONReader
from fcformat.parsing.json_text import tokens
from fcformat.parsing.plain_values import PlainDelimited
from fcformat.parsing.strings import json_inner, json_string

__all__ = ["DelimitedReader", "as_delimited"]

#: Keys that can be written without a delimiter.
_KEY = re.compile(r"[^\s:,{}\[\]<>\"']+")
_BARE = re.compile(r"[^,{}\[\]<>]*")
#: Behind a member: another one, or the end of all; or half of that at the end of the text.
_NEXT_MEMBER = re.compile(r",[ \t\r\n]{0,64}(?:[^:,{}\[\]<>\"']{1,256}:|[}<\"'])")
_HALF_MEMBER = re.compile(r",[ \t\r\n]{0,64}(?:[^:,{}\[\]<>\"']{1,256})?\Z")
_COMMA = re.compile(r",[ \t\r\n]*")
_HALF_KEY = re.compile(r"[^:,{}\[\]<>]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# A run of plain items, which another one follows.
_ITEMS = re.compile(r"(?:(?:-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,99})?|true|false|null), ?){1,400}(?=[\-0-9tfn\[{])")
#: Brackets that others follow, and closing ones.
_BRACKETS = re.compile(r"\[{1,64}(?=\[)")
_CLOSING = re.compile(r"\]{2,64}")
_WORDS = {"true": "true", "false": "false", "null": "null"}
_OTHER_WORDS = {"True": "true", "False": "false", "None": "null", "none": "null", "nil": "null", "NULL": "null"}

Emit = Callable[[str], None]


class DelimitedReader:
    """Reads objects from a cursor; every method is a generator that yields where it needs more text."""

    def __init__(self, cursor: Cursor, report: Report, delimiter: str) -> None:
        """Sets up the reader.

        Args:
            cursor: Where the text comes from.
            report: Told of everything that had to be put right.
            delimiter: What stands on both sides of a string.
        """
        self._cursor = cursor
        self._report = report
        self._delimiter = delimiter
        self._finder = Finder((delimiter,))
        self._plain = _plain(delimiter)

    def key(self, first: bool) -> Steps[str | None]:
        """Reads the next key of an object and the colon behind it, or the object's end.

        Args:
            first: Whether no member has been read yet.

        Returns:
            The key; `None` if the object ended.

        Raises:
            Unreadable: The text is something else.
            Truncated: The text ends before that.
        """
        cursor = self._cursor
        char = yield from cursor.skip_space()
        if not first and char == ",":
            cursor.take(cursor.position + 1)
            char = yield from cursor.skip_space()
            if char == "}":
                self._report("a trailing comma")
        elif not first and char != "}":
            raise Unreadable("',' or '}'") if char else Truncated("',' or '}'")
        if char == "}":
            cursor.take(cursor.position + 1)
            return None
        if not char:
            raise Truncated("a key")
        if (yield from self._at_delimiter()):
            pieces: list[str] = []
            yield from self._delimited(pieces.append, MAX_KEY)
            key = "".join(pieces)
        elif char in "\"'":
            self._report("a quoted key")
            key = yield from self._quoted()
        else:
            key = yield from self._bare_key()
        if (yield from cursor.skip_space()) != ":":
            raise Unreadable("':'") if cursor.position < len(cursor.buffer) else Truncated("':'")
        cursor.take(cursor.position + 1)
        return key

    def value(self, emit: Emit) -> Steps[None]:
        """Reads one value.

        Args:
            emit: Called with pieces that concatenate to the value's JSON text.

        Raises:
            Unreadable: The text is not a value. What was read so far has been emitted.
            Truncated: The text ends inside the value; what there was has been emitted.
        """
        cursor = self._cursor
        opened: list[str] = []  # closing marks
        while True:
            char = yield from cursor.skip_space()
            run = _ITEMS.match(cursor.buffer, cursor.position) if opened and opened[-1] == "]" else None
            if run is not None and (count := run.group().count(",")) <= cursor.steps:
                cursor.spend(count)
                emit(", ".join(item.strip() for item in cursor.take(run.end()).split(",")))
                continue
            brackets = _BRACKETS.match(cursor.buffer, cursor.position)
            if (
                brackets is not None
                and len(opened) + (count := len(brackets.group())) <= MAX_DEPTH
                and count <= cursor.steps
            ):
                cursor.spend(count if opened else count - 1)
                emit(cursor.take(brackets.end()))
                opened.extend("]" * len(brackets.group()))
                continue
            if opened:
                cursor.spend()
            found = None
            if char and char in "{[":
                found = self._plain.read(
                    cursor.buffer, cursor.position, MAX_DEPTH - len(opened), cursor.steps, bool(opened)
                )
            first = False
            if found is not None:
                cursor.spend(found[2])
                cursor.take(found[1])
                emit(found[0])
            elif char and char in "{[":
                if len(opened) == MAX_DEPTH:
                    raise Unreadable(f"at most {MAX_DEPTH} nested arrays and objects")
                cursor.take(cursor.position + 1)
                emit(char)
                opened.append("}" if char == "{" else "]")
                first = True
            else:
                yield from self._scalar(char, emit, member=not opened or opened[-1] == "}")
            closing = _CLOSING.match(cursor.buffer, cursor.position)
            if closing is not None and opened[-len(closing.group()) :] == ["]"] * len(closing.group()):
                emit(cursor.take(closing.end()))
                del opened[-len(closing.group()) :]
                first = False
            while opened and (yield from self._closed(opened[-1], first, emit)):
                opened.pop()
                first = False
            if not opened:
                return

    def _closed(self, closer: str, first: bool, emit: Emit) -> Steps[bool]:
        """Reads up to the next item of an array or object, or its end; whether it ended."""
        cursor = self._cursor
        if closer == "}":
            key = yield from self.key(first)
            if key is not None:
                emit(f"{'' if first else ', '}{json_string(key)}: ")
                return False
        else:
            char = yield from cursor.skip_space()
            if not first and char == ",":
                cursor.take(cursor.position + 1)
                char = yield from cursor.skip_space()
                if char != "]":
                    emit(", ")
                    return False
                self._report("a trailing comma")
            elif first and char != "]":
                return False
            if char != "]":
                raise Unreadable("',' or ']'") if char else Truncated("',' or ']'")
            cursor.take(cursor.position + 1)
        emit(closer)
        return True

    def _scalar(self, char: str, emit: Emit, *, member: bool) -> Steps[None]:
        if not char:
            raise Truncated("a value")
        if (yield from self._at_delimiter()):
            emit('"')
            yield from self._delimited(lambda text: emit(json_inner(text)))
            emit('"')
        elif char in "\"'":
            self._report("a quoted string")
            yield from JSONReader(self._cursor, self._report).value(emit)
        else:
            bare = yield from (self._bare_member() if member else self.bare())
            emit(self.word(bare, member=member))

    def word(self, bare: str, *, member: bool = True) -> str:
        """The JSON of a value without delimiters; what is neither a number nor a word of JSON is taken for a string.

        Args:
            bare: The value; none at all behind a key is an empty string.
            member: Whether it stands behind a key.

        Raises:
            Unreadable: There is nothing, and no end of a member.
        """
        if _NUMBER.fullmatch(bare):
            return bare
        if bare in _WORDS:
            return bare
        if not bare:
            if not member or self._cursor.buffer[self._cursor.position : self._cursor.position + 1] not in (",", "}"):
                raise Unreadable("a value")
            self._report("a key without a value")
            return '""'
        if bare in _OTHER_WORDS:
            self._report(f"{bare} for {_OTHER_WORDS[bare]}")
            return _OTHER_WORDS[bare]
        self._report("a string without delimiters")
        return json_string(bare)

    def bare(self) -> Steps[str]:
        """Reads a value without delimiters, white space at its end left out.

        Raises:
            Unreadable: It is too long.
            Truncated: The text ends inside it.
        """
        cursor = self._cursor
        while True:
            match = _BARE.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_WORD:
                raise Unreadable(f"a number or word of at most {MAX_WORD} characters")
            if match.end() < len(cursor.buffer):
                return cursor.take(match.end()).rstrip()
            if cursor.ended:
                raise Truncated("the end of a value")
            yield

    def _bare_member(self) -> Steps[str]:
        """As `bare`, behind a key: a comma that no other key follows belongs to the text."""
        cursor = self._cursor
        text = yield from self.bare()
        while text:
            while not cursor.ended and _HALF_MEMBER.match(cursor.buffer, cursor.position):
                yield
            comma = cursor.buffer.startswith(",", cursor.position)
            if not comma or _NEXT_MEMBER.match(cursor.buffer, cursor.position) or len(text) > MAX_WORD:
                return text
            comma_and_space = _COMMA.match(cursor.buffer, cursor.position)
            assert comma_and_space is not None  # a comma is there
            text += cursor.take(comma_and_space.end())
            text += yield from self.bare()
        return text

    def at_string(self) -> Steps[bool]:
        """Whether a delimited string comes next, after white space."""
        return bool((yield from self._cursor.skip_space())) and (yield from self._at_delimiter())

    def string(self, emit: Emit) -> Steps[None]:
        """Reads a delimited string.

        Args:
            emit: Called with pieces of the string, as it is.

        Raises:
            Truncated: The text ends inside it.
        """
        yield from self._delimited(emit)

    def _at_delimiter(self) -> Steps[bool]:
        cursor, delimiter = self._cursor, self._delimiter
        while True:
            found = cursor.buffer[cursor.position : cursor.position + len(delimiter)]
            if found == delimiter:
                return True
            if cursor.ended or not delimiter.startswith(found):
                return False
            yield

    def _delimited(self, emit: Emit, longest: int | None = None) -> Steps[None]:
        """Reads a string from delimiter to delimiter."""
        cursor = self._cursor
        cursor.take(cursor.position + len(self._delimiter))
        size = 0
        while True:
            found = self._finder.find(cursor.buffer, cursor.position)
            held = 0 if found or cursor.ended else self._finder.held(cursor.buffer, cursor.position)
            text = cursor.take(found[0] if found else len(cursor.buffer) - held)
            size += len(text)
            if longest is not None and size > longest:
                raise Unreadable(f"a key of at most {longest} characters")
            if text:
                emit(text)
            if found:
                cursor.take(cursor.position + len(self._delimiter))
                return
            if cursor.ended:
                raise Truncated("the end of a string")
            yield

    def _quoted(self) -> Steps[str]:
        pieces: list[str] = []
        yield from JSONReader(self._cursor, self._report).string(pieces.append)
        return "".join(pieces)

    def _bare_key(self) -> Steps[str]:
        cursor = self._cursor
        while True:
            match = _HALF_KEY.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_KEY:
                raise Unreadable(f"a key of at most {MAX_KEY} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("':' after a key")
            yield
        if not match.group().strip():
            raise Unreadable("a key")
        return cursor.take(match.end()).strip()


@functools.cache  # a format has one delimiter
def _plain(delimiter: str) -> PlainDelimited:
    return PlainDelimited(delimiter)


def as_delimited(text: str, delimiter: str, *, sort: bool) -> str:
    """A JSON object in this spelling, its outer braces left out; numbers keep theirs.

    Args:
        text: JSON text.
        delimiter: What stands on both sides of a string.
        sort: Whether keys are sorted, at every level, whatever their case.

    Raises:
        FormatError: The text is not the JSON of one object, or something in it cannot be spelled so.
    """
    for _ in tokens(text):  # says what is wrong, and bounds the nesting
        pass
    decoded = json.loads(text, parse_int=_Number, parse_float=_Number)
    return _spelled(decoded, delimiter, sort)[1:-1]


class _Number(str):
    """A number as it is spelled."""


def _spelled(value: Any, delimiter: str, sort: bool) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, str):
        if delimiter in value + delimiter[:-1]:
            raise FormatError(f"found {delimiter!r} in a string, expected none: it delimits strings and has no escape")
        return f"{delimiter}{value}{delimiter}"
    if isinstance(value, dict):
        keys = sorted(value, key=str.lower) if sort else list(value)
        for key in keys:
            if not _KEY.fullmatch(key):
                raise FormatError(f"found the key {key!r}, expected one without blanks, quotes, brackets, ':' and ','")
        return "{" + ",".join(f"{key}:{_spelled(value[key], delimiter, sort)}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_spelled(item, delimiter, sort) for item in value) + "]"
    return {True: "true", False: "false", None: "null"}[value]
