"""Strings that know where each of their characters came from, through everything that a template does with them.

A template is trusted, what it is given is not. So every literal of a template is marked as its own, every text of a message
or a tool with its origin, and string operations carry the marks along. The text of a result is always that of Python's own
operation. A mark that gets lost on the way leaves a character of unknown origin, which is treated as text: only what is
surely the template's own can become a control token.
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, SupportsIndex

__all__ = [
    "OWN",
    "UNKNOWN",
    "Marked",
    "MarkedDict",
    "MarkedFloat",
    "MarkedInt",
    "MarkedList",
    "formatted",
    "join",
    "marks_of",
]

#: Mark of a character whose origin is not known.
UNKNOWN = "\x00"
#: Mark of a character that the template wrote.
OWN = "\x01"


class Marked(str):
    """A string with one mark a character.

    The mark is a character itself, so that marks are a string which is cut and joined as the text is. Methods that are not
    overridden give plain strings, whose origin is unknown.
    """

    __slots__ = ("_marks",)
    _marks: str

    def __new__(cls, text: str = "", marks: str | None = None) -> Marked:
        """Sets up a string.

        Args:
            text: The text.
            marks: A mark for each character, or one for all of them; `None`: those that the text has.
        """
        self = str.__new__(cls, text)
        if marks is None:
            marks = marks_of(text)
        elif len(marks) == 1:
            marks *= len(self)
        # A wrong count would lend marks to the wrong characters.
        self._marks = marks if len(marks) == len(self) else UNKNOWN * len(self)
        return self

    def __str__(self) -> Marked:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Marked, (str.__getitem__(self, slice(None)), self._marks)

    def __add__(self, other: str) -> str:
        if not isinstance(other, str):
            return NotImplemented
        if hasattr(other, "__html__"):  # markup escapes what is added to it
            added: str = getattr(other, "__radd__")(self)  # noqa: B009 - typing knows no such method
            return added
        return Marked(str.__add__(self, other), self._marks + marks_of(other))

    def __radd__(self, other: str) -> str:
        if not isinstance(other, str):
            return NotImplemented
        return Marked(str.__add__(other, self), marks_of(other) + self._marks)

    def __mul__(self, count: SupportsIndex) -> str:
        return Marked(str.__mul__(self, count), self._marks * count)

    __rmul__ = __mul__

    def __mod__(self, values: Any) -> str:
        text = str.__mod__(self, values)
        given = values if isinstance(values, tuple) else (values,)
        pieces = str.split(self, "%s")
        if isinstance(values, Mapping) or len(pieces) != len(given) + 1:
            return Marked(text, UNKNOWN)
        filled: list[str] = [self[: len(pieces[0])]]
        at = len(pieces[0])
        for value, piece in zip(given, pieces[1:], strict=True):
            at += 2
            filled += [str(value), self[at : at + len(piece)]]
            at += len(piece)
        made = join("", filled)
        return made if made == text else Marked(text, UNKNOWN)

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return Marked(str.__getitem__(self, key), self._marks[key])

    def __iter__(self) -> Iterator[str]:
        return map(Marked, str.__iter__(self), self._marks)

    def join(self, items: Iterable[str], /) -> str:
        """See `str`."""
        return join(self, items)

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """See `str`."""
        return self._found(str.split(self, sep, maxsplit), sep)

    def rsplit(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        """See `str`."""
        return self._found(str.rsplit(self, sep, maxsplit), sep)

    def splitlines(self, keepends: bool = False) -> list[str]:
        """See `str`."""
        lines: list[str] = []
        at = 0
        for line, whole in zip(str.splitlines(self), str.splitlines(self, True), strict=True):
            kept = whole if keepends else line
            lines.append(Marked(kept, self._marks[at : at + len(kept)]))
            at += len(whole)
        return lines

    def partition(self, sep: str, /) -> tuple[str, str, str]:
        """See `str`."""
        return self._parts(str.partition(self, sep))

    def rpartition(self, sep: str, /) -> tuple[str, str, str]:
        """See `str`."""
        return self._parts(str.rpartition(self, sep))

    def strip(self, chars: str | None = None, /) -> str:
        """See `str`."""
        start = len(self) - len(str.lstrip(self, chars))
        text = str.strip(self, chars)
        return Marked(text, self._marks[start : start + len(text)])

    def lstrip(self, chars: str | None = None, /) -> str:
        """See `str`."""
        text = str.lstrip(self, chars)
        return Marked(text, self._marks[len(self) - len(text) :])

    def rstrip(self, chars: str | None = None, /) -> str:
        """See `str`."""
        text = str.rstrip(self, chars)
        return Marked(text, self._marks[: len(text)])

    def removeprefix(self, prefix: str, /) -> str:
        """See `str`."""
        text = str.removeprefix(self, prefix)
        return Marked(text, self._marks[len(self) - len(text) :])

    def removesuffix(self, suffix: str, /) -> str:
        """See `str`."""
        text = str.removesuffix(self, suffix)
        return Marked(text, self._marks[: len(text)])

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> str:
        """See `str`. What is put in place of somebody's text counts as theirs: they chose that it appears."""
        text = str.replace(self, old, new, count)
        if not old:
            return Marked(text, UNKNOWN)
        marks: list[str] = []
        at, left = 0, count.__index__()
        while left and (place := str.find(self, old, at)) >= 0:
            replaced = self._marks[place : place + len(old)]
            foreign = replaced.strip(OWN)
            marks += [self._marks[at:place], foreign[0] * len(new) if foreign else marks_of(new)]
            at, left = place + len(old), left - 1
        marks.append(self._marks[at:])
        return Marked(text, "".join(marks))

    def lower(self) -> str:
        """See `str`."""
        return self._mapped(str.lower(self))

    def upper(self) -> str:
        """See `str`."""
        return self._mapped(str.upper(self))

    def capitalize(self) -> str:
        """See `str`."""
        return self._mapped(str.capitalize(self))

    def title(self) -> str:
        """See `str`."""
        return self._mapped(str.title(self))

    def _mapped(self, text: str) -> str:
        """The result of an operation that changes characters in place; of unknown origin where it changes their number."""
        return Marked(text, self._marks if len(text) == len(self) else UNKNOWN)

    def _parts(self, parts: tuple[str, ...]) -> tuple[str, str, str]:
        first, separator, last = parts
        between = len(first) + len(separator)
        return (
            Marked(first, self._marks[: len(first)]),
            Marked(separator, self._marks[len(first) : between]),
            Marked(last, self._marks[between:]),
        )

    def _found(self, parts: list[str], sep: str | None) -> list[str]:
        """The parts of a split with their marks."""
        found: list[str] = []
        at = 0
        for part in parts:
            if sep is None:
                at = str.find(self, part, at)
            found.append(Marked(part, self._marks[at : at + len(part)]))
            at += len(part) + (0 if sep is None else len(sep))
        return found


class MarkedDict(dict[Any, Any]):
    """An object that was given to a template.

    Attributes:
        _mark: The mark of everything in it, `None` where its values have marks of their own.
        _message: Index of the message that it belongs to.
    """

    __slots__ = ("_mark", "_message")

    def __init__(self, items: Mapping[Any, Any], mark: str | None = None, message: int | None = None) -> None:
        super().__init__(items)
        self._mark = mark
        self._message = message

    def __str__(self) -> str:
        return Marked(dict.__repr__(self), self._mark or UNKNOWN)


class MarkedList(list[Any]):
    """A list that was given to a template, see `MarkedDict`."""

    __slots__ = ("_mark",)

    def __init__(self, items: Iterable[Any], mark: str | None = None) -> None:
        super().__init__(items)
        self._mark = mark

    def __str__(self) -> str:
        return Marked(list.__repr__(self), self._mark or UNKNOWN)


class MarkedInt(int):
    """A number that prints marked."""

    _mark: str

    def __str__(self) -> str:
        return Marked(int.__repr__(self), self._mark)


class MarkedFloat(float):
    """A number that prints marked."""

    _mark: str

    def __str__(self) -> str:
        return Marked(float.__repr__(self), self._mark)


def marks_of(text: str) -> str:
    """The marks of a string's characters."""
    return text._marks if isinstance(text, Marked) else UNKNOWN * len(text)


def join(separator: str, items: Iterable[str]) -> str:
    """`separator.join(items)`, marked.

    A separator between two pieces of one origin that is not the template's counts as theirs, and so does one beside a
    piece that is empty: whoever wrote the text decided how many there are.
    """
    listed = list(items)
    text = str.join(separator, listed)
    marks = [marks_of(item) for item in listed]
    if not separator:
        return Marked(text, "".join(marks))
    between = marks_of(separator)
    joined: list[str] = []
    for before, after in itertools.pairwise(marks):
        left, right = before[-1:] or after[:1], after[:1] or before[-1:]
        foreign = left == right and left != OWN
        joined += [before, (left or UNKNOWN) * len(between) if foreign else between]
    return Marked(text, "".join((*joined, *marks[-1:])))


def formatted(pattern: str, text: str, field: Callable[[str], Any]) -> str:
    """The result of `str.format`, marked.

    Args:
        pattern: The string that was formatted.
        text: The result.
        field: Gives the value of a field by its name.
    """
    mark = marks_of(pattern)[:1]
    if not mark or marks_of(pattern).strip(mark):
        return Marked(text, UNKNOWN)
    pieces: list[str] = []
    automatic = 0
    for literal, name, spec, conversion in string.Formatter().parse(pattern):
        pieces.append(Marked(literal, mark))
        if name is not None:
            if spec or conversion:
                return Marked(text, UNKNOWN)
            pieces.append(str(field(name or str(automatic))))
            automatic += not name
    made = join("", pieces)
    return made if made == text else Marked(text, UNKNOWN)
