"""Whether text stands inside of code, for text that arrives in pieces. A tool call there is an example, not a call.

A fence is a line of at least three backticks or tildes, as Markdown has it; it closes with a line of at least as many of
the same and nothing else. A code span counts where the backtick that opens it stands right before a call.
"""

from __future__ import annotations

import re

__all__ = ["FenceTracker", "SpanTracker"]

_FENCE = re.compile(r"^ {0,3}(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))$", re.MULTILINE)
_MAY_BE_FENCE = re.compile(r" {0,3}(?:[`~]|\Z)")
#: Longest line that is looked at as a fence.
_MAX_LINE = 300
#: A backtick that opens a code span, and closes none, at the end of a text.
_OPENS_SPAN = re.compile(r"(?:\A|[\s(\[{:\"'])`\Z")


class SpanTracker:
    """Follows a code span that begins with a call, up to its other backtick or an empty line."""

    def __init__(self) -> None:
        self._tail = ""  # the last two characters, of the span once it is open
        self._open = False

    def feed(self, text: str) -> None:
        """Adds text."""
        if self._open and ("`" in text or "\n\n" in self._tail + text):
            self._open = False
        self._tail = (self._tail + text[-2:])[-2:]

    def inside(self, gap: str, behind: str) -> bool:
        """Whether what comes next stands inside of a code span, which it may begin.

        Args:
            gap: What stands between the text so far and what comes next.
            behind: The character before what comes next.
        """
        if self._open:
            self._open = "\n\n" not in self._tail + gap
        elif behind == "`" and _OPENS_SPAN.search(self._tail):
            self._open, self._tail = True, ""
        return self._open


class FenceTracker:
    """Follows the fences of a text; looks at it only when asked."""

    def __init__(self) -> None:
        self._pending: list[str] = []
        self._line = ""  # beginning of the current line, while it may be a fence
        self._dull = False  # the current line is no fence
        self._open = ""  # the marks that opened the block

    def feed(self, text: str) -> None:
        """Adds text."""
        self._pending.append(text)

    @property
    def inside(self) -> bool:
        """Whether what comes next stands inside a fenced block."""
        text = "".join(self._pending)
        self._pending.clear()
        if self._dull:
            end = text.find("\n")
            if end < 0:
                return bool(self._open)
            text = text[end + 1 :]
            self._dull = False
        text = self._line + text
        last = text.rfind("\n") + 1
        for match in _FENCE.finditer(text, 0, last):
            self._open = _after(self._open, match)
        self._line = text[last:]
        if len(self._line) > _MAX_LINE or not _MAY_BE_FENCE.match(self._line):
            self._line, self._dull = "", True
        # The current line counts as if it ended here, but it may still go on.
        begun = _FENCE.match(self._line)
        return bool(self._open if begun is None else _after(self._open, begun))


def _after(opened: str, line: re.Match[str]) -> str:
    """The marks of the block that is open after a line that looks like a fence."""
    marks = line[1] or line[3]
    if not opened:
        return marks
    return "" if marks.startswith(opened) and not (line[2] or line[4] or "").strip() else opened
