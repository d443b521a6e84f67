"""Work counted instead of timed: how many lines of Python a task runs.

A count is the same on every machine and in every run, so growth can be held to a tight bound. Loops inside C functions (a slice, a search) are
not seen; `tests/attacks` bounds those, with texts of megabytes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["growth", "lines_run"]


def lines_run(task: Callable[[], object]) -> int:
    """How many lines of Python a task runs, in all that it calls."""
    count = 0

    def count_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return count_line

    outer = sys.gettrace()
    sys.settrace(count_line)
    try:
        task()
    finally:
        sys.settrace(outer)
    return count


def growth(task: Callable[[int], object], small: int, factor: int) -> float:
    """By how much more work grows than the size does: 1 is linear, `factor` is quadratic."""
    task(small)  # what is made once, on first use, does not count
    return lines_run(lambda: task(small * factor)) / (factor * lines_run(lambda: task(small)))
