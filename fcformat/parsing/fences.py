"""Whether text stands inside a fenced code block, for text that arrives in pieces.

A fence is a line of at least three backticks or tildes, as Markdown has it; it closes with a line of at least as many of
the same and nothing else. A tool call inside a fence is an example, not a call.
"""

from __future__ import annotations

import re

__all__ = ["FenceTracker"]

_FENCE = re.compile(r"^ {0,3}(?:(`{3,})([^`\n]*)|(~{3,})([^\n]*))$", re.MULTILINE)
_MAY_BE_FENCE = re.compile(r" {0,3}(?:[`~]|\Z)")
#: Longest line that is looked at as a fence.
_MAX_LINE = 300


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
    marks, info = (line[1], line[2]) if line[1] else (line[3], line[4])
    if not opened:
        return marks
    closes = marks[0] == opened[0] and len(marks) >= len(opened) and not info.strip()
    return "" if closes else opened
