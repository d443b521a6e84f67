"""Where a raw text between tags ends: at its closing tag, or, if that is missing, at what only stands behind it.

A mark that merely occurs in the text ends nothing: behind a closing tag something of the call's must follow, before another
argument its key must be new and known, and behind the end of the call no text may stand. Models misspell the tag that ends a call;
another tag in its place ends it as well, if what stands behind calls follows.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from fcformat.formats.call_syntax.parts import halves
from fcformat.formats.call_syntax.tags import LAYOUT, begins, follows
from fcformat.parsing.cursor import Cursor, Scanner, Steps
from fcformat.parsing.typed_values import SchemaView

__all__ = ["MAX_KEY", "Surroundings", "ValueEnds"]

#: Longest key of an argument.
MAX_KEY = 1_000
#: Longest name of a tag in the place of another.
MAX_SLIP = 60

_KEY = re.compile(r"[^<>\"\n]*")
_LAYOUT = re.compile(LAYOUT)
#: How texts begin that end turns.
_MARKUP_BEGINS = ("<", "[", "]")
_MARKUP = re.compile(rf"{LAYOUT}[<\[\]]")


@dataclasses.dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known where a value is read.

    Attributes:
        view: The schema of the tool's arguments, where it is known.
        before: The keys of the arguments that have been read.
        boundaries: Texts that end the turn.
        text_may_follow: Whether text behind the end of a call does not tell that it is none.
    """

    view: SchemaView | None = None
    before: frozenset[str] | set[str] = frozenset()
    boundaries: tuple[str, ...] = ()
    text_may_follow: bool = False


class ValueEnds:
    """The marks that may end a value.

    Attributes:
        marks: What they are: the closing tag, what stands before a key, the ends of a call.
        following: What may follow the end of a call.
    """

    def __init__(
        self,
        closing: str,
        *,
        keys: tuple[str, ...],
        after_keys: tuple[str, ...],
        ends: tuple[str, ...],
        following: tuple[str, ...],
        last: str,
        padding: str,
        after: str,
    ) -> None:
        """Sets up the marks.

        Args:
            closing: The tag that ends a value.
            keys: What may stand before the next key.
            after_keys: How what stands behind a key begins.
            ends: The tags that end the call, in order.
            following: What may follow the end of a call.
            last: The tag behind all calls, which may follow it, too; `""`: there is none.
            padding: Layout on both sides of a value.
            after: Layout behind the closing tag.
        """
        self._closing = closing
        self._keys = keys
        self._after_keys = after_keys
        self._ends = ends
        self._last = (last,) if last else ()
        self._next = following
        self.following = (*following, *self._last)
        self._padding = padding
        self._after = after
        self._behind_slip = (*ends[1:], *self.following)
        slip = rf"(?!{re.escape(closing)})</[^<>]{{1,{MAX_SLIP}}}"
        self._slip_pattern = rf"{slip}(?:\Z|>{LAYOUT}{begins(*self._behind_slip)})"
        self.marks = (closing, *keys, *ends)
        self._scanners: dict[tuple[str, ...], Scanner] = {}  # a format has one or two sets of boundaries

    def scanner(self, boundaries: tuple[str, ...]) -> Scanner:
        """Finds the marks; those that cannot end a value are passed over at once.

        Args:
            boundaries: Texts that end the turn.
        """
        found = self._scanners.get(boundaries)
        if found is None:
            behind = (*self._next, *boundaries)
            regular = begins(*self._keys, *self._ends, *self._last, *behind)
            ahead = {self._closing: f"{re.escape(self._closing)}{LAYOUT}(?:{regular}|{self._slip_pattern})"}
            tail = LAYOUT + begins(*behind)
            for end in reversed((*self._ends, *self._last)):  # the end of a call counts with all that comes behind it
                ahead[end] = re.escape(end) + tail
                tail = rf"{LAYOUT}(?:{begins(*behind)}|{halves(end, tail)})"
            led_by = tuple(layout + mark for mark in self.marks for layout in {self._padding, self._after})
            found = self._scanners[boundaries] = Scanner(self.marks, led_by, ahead)
        return found

    def layout_before(self, cursor: Cursor, place: int, mark: str) -> int:
        """How many characters before a mark are layout; without the closing tag, what stands behind that is."""
        layout = self._padding if self._padding or mark == self._closing else self._after
        return len(layout) if cursor.buffer.endswith(layout, cursor.position, place) else 0

    def ends_here(self, cursor: Cursor, place: int, mark: str, around: Surroundings) -> bool | None:
        """Whether a mark that has been found ends the value; `None`: not known yet."""
        buffer, at, ended = cursor.buffer, place + len(mark), cursor.ended
        if mark == self._closing:
            known = follows(buffer, at, ended, (*self._keys, *self._ends, *self.following, *around.boundaries))
            return known if known is not False else self._slips(buffer, at, ended)
        if mark in self._keys:
            match = _KEY.match(buffer, at, at + MAX_KEY)
            assert match is not None  # the pattern matches the empty text
            key = match.group().strip()
            if match.end() == len(buffer):
                return False if ended else None
            if not key or key in around.before or (around.view is not None and around.view.property(key) is None):
                return False
            return follows(buffer, match.end(), ended, self._after_keys) and match.end() < len(buffer)
        behind = (*self.following, *around.boundaries)
        for end in (*self._ends[self._ends.index(mark) + 1 :], *self._last):
            known = follows(buffer, at, ended, (end, *behind))
            layout = _LAYOUT.match(buffer, at)
            assert layout is not None  # the pattern matches the empty text
            if not known or around.text_may_follow or not buffer.startswith(end, layout.end()):
                return known
            at = layout.end() + len(end)
        return follows(buffer, at, ended, behind)

    def _slips(self, buffer: str, at: int, ended: bool) -> bool | None:
        """Whether a misspelled end of the call stands at a place of the buffer, after layout; `None`: not yet known."""
        match = self._slip.match(buffer, at)
        if match is None:
            return False
        if match.end() == len(buffer) and not ended:
            return None
        return match.group().rstrip().endswith((">", *self._behind_slip))

    def slip(self, cursor: Cursor) -> Steps[str]:
        """Reads a misspelled end of the call, and the layout before it; `""` where there is none."""
        while (slips := self._slips(cursor.buffer, cursor.position, cursor.ended)) is None:
            yield
        if not slips:
            return ""
        return cursor.take(cursor.buffer.index(">", cursor.position) + 1).strip()

    @functools.cached_property
    def _slip(self) -> re.Pattern[str]:
        return re.compile(LAYOUT + self._slip_pattern)

    def is_whole(self, value: str, behind: str) -> bool:
        """Whether a text is read back as it is, written with layout on both sides and its closing tag.

        Args:
            value: The text.
            behind: What is written behind the closing tag.
        """
        if not any(mark in value for mark in self.marks):
            return True
        cursor = Cursor()
        cursor.feed(self._padding + value + self._padding + self._closing + behind)
        scan = len(self._padding)
        end = scan + len(value)
        scanner, around = self.scanner(_MARKUP_BEGINS), Surroundings(text_may_follow=True)
        while True:
            found = scanner.find(cursor.buffer, scan)
            assert found is not None  # the closing tag is there
            place, mark = found
            if place >= end + len(self._padding):
                return True
            markup = _MARKUP.match(cursor.buffer, place + len(mark))
            if markup is not None and markup.end() <= end:
                return False  # what ends a turn is not known here, and it may be that
            if self.ends_here(cursor, place, mark, around) is not False:
                return False
            scan = place + 1
