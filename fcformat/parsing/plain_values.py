"""Lists and dicts in the spellings of Python and of Gemma, as formats write them: read all at once, where that is possible.

What stands between strings is rewritten as a whole until it is JSON, and the core says whether it is. Whatever is not, or has something
in it that is to be put right, is left to the step by step readers, which give the same for all that is read here.
"""

from __future__ import annotations

import functools
import re

from fcformat._core import json_end

__all__ = ["PlainDelimited", "plain_python"]

#: A short container without others in it: of those inside of a container that is not plain, no more is looked at, since what is
#: looked at in vain is looked at again.
_INNER = re.compile(r"[\[{][^\[\]{}()]{0,1000}[\]}]")
#: A number or word; a longer one is not plain.
_WORD = r"[\w.+\-]{1,999}(?![\w.+\-])"

# No escapes, no quotes inside of strings, no parentheses: what is left has as many characters as its JSON, but for layout.
_PYTHON = re.compile(
    rf"""(?:[\[\]{{}},: \t\r\n]+|'[^'"\\\x00-\x1f\ud800-\udfff]*'|"[^'"\\\x00-\x1f\ud800-\udfff]*"|{_WORD}){{1,64}}"""
)
_WORDS = (("True", "true"), ("False", "false"), ("None", "null"))
_LAYOUT = ((" ", ""), ("\t", ""), ("\r", ""), ("\n", ""), (",", ", "), (":", ": "))


def plain_python(buffer: str, at: int, deepest: int, steps: int, inner: bool = False) -> tuple[str, int, int] | None:
    """A Python list or dict of plain strings, numbers, words and further lists and dicts.

    Args:
        buffer: The text at hand.
        at: Where it begins.
        deepest: How deep it may nest.
        steps: How many steps may be taken.
        inner: Whether it stands inside of one that is not plain; then it must be short, with no others in it.

    Returns:
        Its JSON, spelled as `json.dumps` does, where it ends, and how many steps reading it step by step takes: one for each key and
        each value in it; `None` where it is not plain, not at hand to its end, or takes more steps.
    """
    end = _run(_PYTHON, buffer, at, steps, inner)
    written, _ = _outside(buffer[at:end].replace("'", '"'), _WORDS)
    size = json_end(written, 0, deepest)
    if size < 0:
        return None
    written, outside = _outside(written[:size], _LAYOUT)
    count = _values(outside) + outside.count(":")
    return (written, at + size, count) if count <= steps else None


class PlainDelimited:
    """Reads Gemma's arrays and objects: bare keys, strings between delimiters."""

    def __init__(self, delimiter: str) -> None:
        """Sets up the reader.

        Args:
            delimiter: What stands on both sides of a string.
        """
        self._delimiter = delimiter
        mark, first = re.escape(delimiter), re.escape(delimiter[0])
        # No brackets inside of strings, so that all that are found count.
        self._source = (
            rf"""(?:[\[\]{{}}]+|[,:] ?|{mark}[^\[\]{{}}"\\{first}\x00-\x1f\ud800-\udfff]*{mark}|{_WORD}){{1,64}}"""
        )

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._source)  # when first needed: formats have many

    def read(self, buffer: str, at: int, deepest: int, steps: int, inner: bool = False) -> tuple[str, int, int] | None:
        """An array or object; see `plain_python`; keys take no steps."""
        end, depth = _run(self._pattern, buffer, at, steps, inner), 0
        for count, bracket in enumerate(_BRACKET.finditer(buffer, at, end)):
            if count > 2 * steps + 1:  # of each container but the outermost, one step
                return None
            depth += 1 if bracket.group() in "[{" else -1
            if not depth:
                end = bracket.end()
                break
        else:
            return None
        pieces = buffer[at:end].split(self._delimiter)
        outside = "\x00".join(pieces[::2])
        if "\x00:" in outside:
            return None  # a key between delimiters
        outside = _BEHIND_KEY.sub('": ', outside.replace(", ", ",").replace(": ", ":"))
        outside = _BEFORE_KEY.sub(',"', _FIRST_KEY.sub('{"', outside)).replace(",", ", ")
        pieces[::2] = outside.split("\x00")
        written = '"'.join(pieces)
        values = _values(outside)
        return (written, end, values) if values <= steps and json_end(written, 0, deepest) == len(written) else None


_BRACKET = re.compile(r"[\[\]{}]")
_KEY = r"[\w.\-]{1,256}"
_BEHIND_KEY = re.compile(r"(?<=[\w.\-]):")
_FIRST_KEY = re.compile(rf'\{{(?={_KEY}":)')
_BEFORE_KEY = re.compile(rf',(?={_KEY}":)')


def _run(pattern: re.Pattern[str], buffer: str, at: int, steps: int, inner: bool) -> int:
    """Where a run of what plain values are made of ends; or a place behind more than can be read in so many steps."""
    end = len(buffer)
    if inner:
        short = _INNER.match(buffer, at)
        end = at if short is None else short.end()
    for _ in range(2 + steps // 16):  # a step takes four pieces at most, and a match ends behind 64
        found = pattern.match(buffer, at, end)
        if found is None:
            break
        at = found.end()
    return at


def _values(outside: str) -> int:
    """How many values stand in a container, and in those in it; of its text, what is outside of strings."""
    empty = outside.count("[]") + outside.count("{}")
    return outside.count(",") + outside.count("[") + outside.count("{") - empty


def _outside(text: str, replacements: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The text with texts replaced, but not inside of its strings, in which nothing is escaped; and what is outside of them."""
    pieces = text.split('"')
    outside = "\x00".join(pieces[::2])
    for old, new in replacements:
        outside = outside.replace(old, new)
    pieces[::2] = outside.split("\x00")
    return '"'.join(pieces), outside
