"""Text that arrives in pieces, read from the front.

A reader is a generator over a `Cursor`: where it cannot decide without more text, it yields; the driver feeds the cursor
and resumes it. What a reader decides depends on the text alone and never on where the pieces were cut, so every chunking
gives the same result. Nothing here knows what the text means.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Generator, Mapping
from typing import Protocol, TypeVar

__all__ = [
    "MAX_LAYOUT_SPACE",
    "MAX_STEPS",
    "SPACE",
    "Cursor",
    "Finder",
    "Report",
    "Scanner",
    "Steps",
    "Truncated",
    "Unreadable",
]

_T = TypeVar("_T")

#: A reader: yields where it needs more text, returns what it has read.
Steps = Generator[None, None, _T]

#: A run of blanks, tabs and line breaks, possibly empty.
SPACE = re.compile(r"[ \t\r\n]*")

#: Longest run of white space that layout may hold between two parts of a call; more of it is not a call.
MAX_LAYOUT_SPACE = 64

#: Most arguments, elements of them and slips in them that are read in one text, where the core does not read them: each takes
#: microseconds, so that a flood of them would take seconds. What both ways to read a value count, they count alike.
MAX_STEPS = 50_000


class Report(Protocol):
    """Told of everything that a reader has to put right."""

    def __call__(self, what: str, offset: int | None = None) -> None:
        """Notes what was found, and where in the text; by default where the cursor stands."""


class Unreadable(Exception):
    """The text at the cursor is not what the reader can read; the message says what was expected."""


class Truncated(Exception):
    """The text ends where more was expected; the message says what."""


class Cursor:
    """A window on text that is still arriving.

    Attributes:
        buffer: The text at hand; what lies before `position` has been read.
        position: Where reading stands in `buffer`.
        ended: Whether no more text will come.
        recorded: While it is a list, everything that is read is also collected there, so that it can be given back as
            plain text if it turns out not to be a call.
        steps: How much may still be spent of `MAX_STEPS`.
        trail: While it is a list, everything that is read is also collected there; emptied where what has been read is
            part of a call. What is left at the end of a broken call has to be named.
    """

    __slots__ = (
        "_before",
        "_finders",
        "_last",
        "_matches",
        "buffer",
        "ended",
        "position",
        "recorded",
        "steps",
        "trail",
    )

    def __init__(self) -> None:
        self.buffer = ""
        self.position = 0
        self.ended = False
        self.recorded: list[str] | None = None
        self.trail: list[str] | None = None
        self.steps = MAX_STEPS
        self._finders: dict[tuple[tuple[str, ...], ...], Finder] = {}
        self._matches: dict[re.Pattern[str], tuple[str, int, re.Match[str] | None]] = {}
        self._before = 0
        self._last = ""

    @property
    def previous(self) -> str:
        """The last character that was read, `""` at the beginning."""
        return self.buffer[self.position - 1] if self.position else self._last

    @property
    def offset(self) -> int:
        """How many characters have been read since the beginning."""
        return self._before + self.position

    def feed(self, text: str) -> None:
        """Appends text; what has been read is let go."""
        self._last = self.previous
        self._before += self.position
        self.buffer = self.buffer[self.position :] + text
        self.position = 0

    def finder(self, needles: tuple[str, ...], led_by: tuple[str, ...] = ()) -> Finder:
        """The one `Finder` for these strings, which remembers what it has found; for readers that begin again and again."""
        found = self._finders.get((needles, led_by))
        if found is None:
            found = self._finders[needles, led_by] = Finder(needles, led_by)
        return found

    def search(self, pattern: re.Pattern[str], start: int) -> re.Match[str] | None:
        """The first match at or behind a place of the buffer; looked for anew only where reading has passed the last one."""
        buffer, since, match = self._matches.get(pattern, ("", 0, None))
        if buffer is not self.buffer or start < since or (match is not None and match.start() < start):
            match = pattern.search(self.buffer, start)
            self._matches[pattern] = self.buffer, start, match
        return match

    def spend(self, steps: int = 1) -> None:
        """Counts what is read step by step.

        Raises:
            Unreadable: There was too much of it. From then on there always is.
        """
        if steps > self.steps:
            self.steps = 0
            raise Unreadable(f"at most {MAX_STEPS} arguments and elements of them in one message")
        self.steps -= steps

    def give_back(self, text: str) -> None:
        """Takes back the text that was read last."""
        self.buffer = text + self.buffer[self.position :]
        self._before += self.position - len(text)
        self.position = 0
        if self.trail:
            self.trail = ["".join(self.trail).removesuffix(text)]

    def take(self, end: int) -> str:
        """Reads up to `end`, a place in the buffer."""
        text = self.buffer[self.position : end]
        if self.recorded is not None:
            self.recorded.append(text)
        if self.trail is not None:
            self.trail.append(text)
        self.position = end
        return text

    def stop_recording(self) -> str:
        """What has been recorded, as one text; from here on nothing is."""
        recorded, self.recorded = self.recorded, None
        return "".join(recorded or ())

    def is_half_of(self, *words: str) -> bool:
        """Whether all that is left of the text at hand, which may be nothing, is the beginning of one of the words."""
        size = len(self.buffer) - self.position
        return any(size <= len(word) and self.buffer.startswith(word[:size], self.position) for word in words)

    def peek(self) -> Steps[str]:
        """The next character, or `""` at the end of the text."""
        while self.position == len(self.buffer):
            if self.ended:
                return ""
            yield
        return self.buffer[self.position]

    def skip_space(self) -> Steps[str]:
        """Reads white space, as much as there is, and returns the character after it, `""` at the end."""
        while True:
            if self.position < len(self.buffer):
                char = self.buffer[self.position]
                if char not in " \t\r\n":
                    return char
                match = SPACE.match(self.buffer, self.position)
                assert match is not None  # the pattern matches the empty text
                self.take(match.end())
            elif self.ended:
                return ""
            else:
                yield

    def match_loosely(self, words: tuple[str, ...]) -> Steps[bool]:
        """Reads the words, each after any white space; reads nothing unless all of them are there.

        At most `MAX_LAYOUT_SPACE` characters of white space may stand before a word.
        """
        while True:
            at, complete = self.position, True
            for word in words:
                match = SPACE.match(self.buffer, at)
                assert match is not None  # the pattern matches the empty text
                if match.end() - at > MAX_LAYOUT_SPACE:
                    return False
                at = match.end()
                found = self.buffer[at : at + len(word)]
                if found == word:
                    at += len(word)
                elif word.startswith(found) and at + len(found) == len(self.buffer) and not self.ended:
                    complete = False
                    break
                else:
                    return False
            if complete:
                self.take(at)
                return True
            yield


def _any_of(ends: Mapping[str, str]) -> str:
    """Pattern of any of several strings, each with a pattern of what its end must meet; the longer string comes first.

    What strings begin with alike is written once, so that it is also looked for once.
    """
    alike: dict[str, dict[str, str]] = {}
    for text in ends:
        if text:
            alike.setdefault(text[0], {})[text] = ends[text]
    branches = []
    for group in alike.values():
        first, last = min(group), max(group)
        size = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
        branches.append(re.escape(first[:size]) + _any_of({text[size:]: end for text, end in group.items()}))
    branches += [ends[""]] if "" in ends else []
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


class Scanner:
    """Finds the first of several strings without keeping anything, so that one scanner serves all texts.

    For strings that are looked for again and again, each time up to the next of them; `Finder` is for one text.
    """

    def __init__(
        self, needles: tuple[str, ...], led_by: tuple[str, ...] = (), ahead: Mapping[str, str] | None = None
    ) -> None:
        """Sets up the search.

        Args:
            needles: What to find. Where two begin at one place, the longer one is found.
            led_by: See `Finder`.
            ahead: Patterns that must match where a needle stands, lest it be passed over.
        """
        self.needles = needles
        ahead = ahead or {}
        # What must match is looked at behind the needle, from where it began: so each alternative begins with plain
        # characters, for which the search has a fast way.
        only = {needle: f"(?<=(?={ahead[needle]}){re.escape(needle)})" for needle in ahead}
        self._source = _any_of({needle: only.get(needle, "") for needle in needles})
        self._prefixes = frozenset(text[:size] for text in (*needles, *led_by) for size in range(1, len(text)))
        self._longest = max((len(prefix) for prefix in self._prefixes), default=0)

    @functools.cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._source)  # when first needed: formats have many

    def find(self, buffer: str, start: int, end: int = sys.maxsize) -> tuple[int, str] | None:
        """The first needle at or after `start`, with its place; it must end before `end`."""
        match = self._pattern.search(buffer, start, end)
        return None if match is None else (match.start(), match.group())

    def held(self, buffer: str, start: int) -> int:
        """How many characters at the end of the buffer, from `start` on, may be the beginning of a needle."""
        for size in range(min(self._longest, len(buffer) - start), 0, -1):
            if buffer[len(buffer) - size :] in self._prefixes:
                return size
        return 0


class Finder:
    """Finds the first of several strings in a growing buffer, in time linear in the text.

    The next place of each string is remembered until reading has passed it, so that frequent strings do not make the
    search for rare ones start again and again.
    """

    def __init__(self, needles: tuple[str, ...], led_by: tuple[str, ...] = ()) -> None:
        """Sets up the search.

        Args:
            needles: What to find. Where two begin at one place, the longer one is found.
            led_by: Further strings whose beginnings `held` must not let go, such as a needle with a line break before it.
        """
        self.needles = needles
        self._needles = tuple(sorted(set(needles), key=len, reverse=True))
        self._prefixes = frozenset(text[:size] for text in (*needles, *led_by) for size in range(1, len(text)))
        self._longest = max((len(prefix) for prefix in self._prefixes), default=0)
        self._buffer: str | None = None
        self._since = 0
        self._places: list[int] = []

    def find(self, buffer: str, start: int, ended: bool = True) -> tuple[int, str] | None:
        """The first needle at or after `start`, with its place.

        Args:
            buffer: The text.
            start: Where to begin.
            ended: Whether no more text will come: until then, a needle is not found while it may become a longer one, or
                stands in one that has begun before it.
        """
        if self._buffer is not buffer or start < self._since:
            self._buffer = buffer
            self._places = [-2] * len(self._needles)
        self._since = start
        best: tuple[int, str] | None = None
        for number, needle in enumerate(self._needles):
            place = self._places[number]
            if place != -1 and place < start:
                place = self._places[number] = buffer.find(needle, start)
            if place != -1 and (best is None or place < best[0]):
                best = place, needle
        if best is not None and not ended and best[1] in self._prefixes:
            rest = buffer[best[0] : best[0] + self._longest + 1]
            if any(len(rest) < len(needle) and needle.startswith(rest) for needle in self._needles):
                return None
        if best is not None and not ended and len(buffer) - best[0] < self._longest:
            for needle in self._needles:
                if best[1] in needle:
                    first = max(start, len(buffer) - len(needle) + 1)
                    if any(needle.startswith(buffer[place:]) for place in range(first, best[0])):
                        return None
        return best

    def held(self, buffer: str, start: int) -> int:
        """How many characters at the end of the buffer, from `start` on, may be the beginning of a needle."""
        for size in range(min(self._longest, len(buffer) - start), 0, -1):
            if buffer[len(buffer) - size :] in self._prefixes:
                return size
        return 0
