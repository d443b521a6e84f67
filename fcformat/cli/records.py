"""Records read one by one: a line each, items of a JSON list, or one value a file; never a whole file of records at once.

What is no JSON is given back as a `Problem` with its place, so that the caller can go on with the next record.
"""

from __future__ import annotations

import codecs
import dataclasses
import io
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from fcformat.cli.console import CommandError, name_of

__all__ = ["LINES", "Entry", "Problem", "Source", "find_sources"]

#: Endings of files with a record a line.
LINES = (".jsonl", ".ndjson")
_CHUNK = 1 << 16
_BLANKS = re.compile(r"[ \t\r\n]*")


@dataclasses.dataclass(frozen=True)
class Problem:
    """Something that is no record, and why."""

    why: str


@dataclasses.dataclass(frozen=True)
class Entry:
    """A record and where it stands.

    Attributes:
        value: The JSON value, or a `Problem`.
        line: The line that it begins on, from 1.
        size: How many bytes or characters it took, for progress.
    """

    value: Any
    line: int
    size: int


@dataclasses.dataclass(frozen=True)
class Source:
    """A file to read, or standard input.

    Attributes:
        path: The path, `-` for standard input.
        relative: Where it stands in the folder that was given, or its name.
        how: `"lines"`, `"json"`, `"text"`, or `"auto"` where the first line tells.
    """

    path: str
    relative: str
    how: str

    @property
    def name(self) -> str:
        """How messages name it."""
        return name_of(self.path)

    def entries(self, whole: Callable[[Any], bool]) -> Iterator[tuple[bool, Entry]]:
        """The records, each with whether it is the only value of the file rather than one of a list or of lines.

        Args:
            whole: Whether an item of a list is a part of one record, which the list is.

        Raises:
            CommandError: The file cannot be read.
        """
        try:
            if self.path == "-":
                yield from self._entries(sys.stdin.buffer, whole)
            else:
                with open(self.path, "rb") as stream:
                    yield from self._entries(stream, whole)
        except OSError as error:
            raise CommandError(f"{self.name}: {error.strerror or error}") from error

    def _entries(self, stream: IO[bytes], whole: Callable[[Any], bool]) -> Iterator[tuple[bool, Entry]]:
        if self.how == "text":
            data = stream.read()
            yield True, Entry(_decoded(data), 1, len(data))
        elif self.how == "json":
            yield from _document(stream, whole)
        else:
            yield from _lines(stream, self.how == "auto", whole)


def find_sources(paths: list[str], how: str) -> list[Source]:
    """The files that paths mean; folders are searched for files of JSON, and of text where text is asked for.

    Args:
        paths: Files, folders and `-`.
        how: `"auto"`, or how all of them are to be read.

    Raises:
        CommandError: There is no such file, or a folder holds nothing to read.
    """
    sources = []
    for path in paths:
        if path != "-" and Path(path).is_dir():
            endings = (*LINES, ".json") if how != "text" else (".txt",)
            files = sorted(each for each in Path(path).rglob("*") if each.suffix.lower() in endings and each.is_file())
            if not files:
                raise CommandError(f"{path}: found no file that ends in {', '.join(endings)}")
            sources += [_source(str(each), str(each.relative_to(path)), how) for each in files]
        else:
            if path != "-" and not Path(path).exists():
                raise CommandError(f"{path}: No such file or directory")
            sources.append(_source(path, "standard-input" if path == "-" else Path(path).name, how))
    return sources


def _source(path: str, relative: str, how: str) -> Source:
    if how == "auto":
        suffix = Path(path).suffix.lower()
        how = "lines" if suffix in LINES else "auto"
    return Source(path, relative, how)


def _decoded(data: bytes) -> str | Problem:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return Problem(f"not UTF-8 at byte {error.start}")


def _value(text: str | Problem, lined: bool = False) -> Any:
    """The JSON value of a text, or a problem."""
    if isinstance(text, Problem):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if lined else ""
        return Problem(f"not JSON at {line}column {error.colno}: {error.msg}")
    except (ValueError, RecursionError) as error:  # a number of too many digits; nested too deep
        return Problem(f"JSON that cannot be read: {error}")


def _lines(stream: IO[bytes], auto: bool, whole: Callable[[Any], bool]) -> Iterator[tuple[bool, Entry]]:
    """A record a line; with `auto`, a list or a first line that is no record begins a document instead."""
    pending: list[bytes] = []
    if auto:
        ahead: Any = stream if hasattr(stream, "peek") else io.BufferedReader(stream)
        stream = ahead
        if _without_mark(ahead.peek(1)).lstrip()[:1] == b"[":
            yield from _document(stream, whole)
            return
        full: list[bytes] = []
        for line in stream:
            line = line if pending else _without_mark(line)
            pending.append(line)
            if line.strip():
                full.append(line)
            if len(full) == 2:
                break
        if len(full) < 2 or isinstance(_value(_decoded(full[0])), Problem):
            yield from _document(_Joined(pending, stream), whole)
            return
    for number, line in enumerate(itertools.chain(pending, stream), 1):
        if number == 1:
            line = _without_mark(line)
        if line.strip():
            yield False, Entry(_value(_decoded(line.rstrip(b"\r\n"))), number, len(line))


def _without_mark(line: bytes) -> bytes:
    return line.removeprefix(codecs.BOM_UTF8)


class _Joined:
    """Lines that were read already, and the stream behind them."""

    def __init__(self, lines: list[bytes], stream: IO[bytes]) -> None:
        self._before = b"".join(lines)
        self._stream = stream

    def read(self, size: int) -> bytes:
        """The next bytes, of any number while there are some that were read already."""
        before, self._before = self._before, b""
        return before or self._stream.read(size)


class _Characters:
    """A stream's characters from a place on, read in pieces that double while a value is not yet whole."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.buffer = ""
        self.position = 0
        self.line = 1
        self.ended = False

    def more(self) -> None:
        """Reads on: as much again as is not yet read, so that looking again at a long value costs no more than reading it."""
        self.buffer = self.buffer[self.position :]
        self.position = 0
        data = self._stream.read(max(_CHUNK, len(self.buffer)))
        self.ended = not data
        self.buffer += self._decoder.decode(data, final=self.ended)

    def skip(self, end: int) -> None:
        """Goes on at this place of the buffer."""
        self.line += self.buffer.count("\n", self.position, end)
        self.position = end

    def skip_blank(self) -> str:
        """Goes on to what is not blank; the character, or `""` at the end."""
        while True:
            blank = _BLANKS.match(self.buffer, self.position)
            assert blank is not None  # the pattern matches the empty text
            self.skip(blank.end())
            if self.position < len(self.buffer) or self.ended:
                return self.buffer[self.position : self.position + 1]
            self.more()


def _document(stream: Any, whole: Callable[[Any], bool]) -> Iterator[tuple[bool, Entry]]:
    """One JSON value, or the items of a list of records."""
    characters = _Characters(stream)
    try:
        if characters.skip_blank() != "[":
            line = characters.line
            text = _rest(characters)
            yield True, Entry(_value(text, lined=True), line, len(text))
            return
        yield from _items(characters, whole)
    except UnicodeDecodeError:
        yield False, Entry(Problem("not UTF-8; what follows is not read"), characters.line, 0)


def _rest(characters: _Characters) -> str:
    while not characters.ended:
        characters.more()
    return characters.buffer[characters.position :]


def _items(characters: _Characters, whole: Callable[[Any], bool]) -> Iterator[tuple[bool, Entry]]:
    """The items of a list, one after the other; or the list, where it is one record."""
    decoder = json.JSONDecoder()
    opening = characters.line
    characters.skip(characters.position + 1)
    together: list[Any] | None = None
    first, size = True, 0
    while characters.skip_blank() != "]":
        line = characters.line
        item, length = _item(characters, decoder)
        if not isinstance(item, Problem):
            after = characters.skip_blank()
            if after == ",":
                characters.skip(characters.position + 1)
                if characters.skip_blank() == "]":
                    item = Problem("not JSON: found ']' behind a comma, expected an item")
            elif after != "]":
                item = Problem(f"not JSON: found {after!r} behind an item, expected ',' or ']'")
        if isinstance(item, Problem):
            yield together is not None, Entry(Problem(f"{item.why}; what follows is not read"), line, length)
            return
        if first and whole(item):
            together = []
        first, size = False, size + length
        if together is None:
            yield False, Entry(item, line, length)
        else:
            together.append(item)
    characters.skip(characters.position + 1)
    if behind := characters.skip_blank():
        why = f"not JSON: found {behind!r} behind the list; what follows is not read"
        yield together is not None, Entry(Problem(why), characters.line, 0)
    elif together is not None:
        yield True, Entry(together, opening, size)


def _item(characters: _Characters, decoder: json.JSONDecoder) -> tuple[Any, int]:
    """The value that comes next, and its length."""
    while True:
        start = characters.position
        try:
            item, end = decoder.raw_decode(characters.buffer, start)
            # At the end of what has been read, a number may go on.
            if end < len(characters.buffer) or characters.ended:
                characters.skip(end)
                return item, end - start
        except json.JSONDecodeError as error:
            if characters.ended:
                return Problem(f"not JSON: {error.msg}"), 0
        except (ValueError, RecursionError) as error:
            return Problem(f"JSON that cannot be read: {error}"), 0
        characters.more()
