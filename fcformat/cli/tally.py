"""Counts of what a run over many records did, with first examples, and its progress while it runs."""

from __future__ import annotations

import collections
import sys
import time
from typing import TextIO

from fcformat.cli.console import complain

__all__ = ["Progress", "Tally"]

#: How many problems are told one by one, and how many examples of each kind the summary has.
_TOLD, _EXAMPLES = 20, 3


class Tally:
    """Counts of records, of losses by kind and of problems.

    Attributes:
        read: Records read.
        refused: Records that were not written.
    """

    def __init__(self, progress: Progress) -> None:
        self.read = 0
        self.refused = 0
        self._counts: collections.Counter[str] = collections.Counter()
        self._examples: dict[str, list[str]] = {}
        self._told = 0
        self._progress = progress

    def loss(self, place: str, kind: str, sentence: str) -> None:
        """Counts a loss."""
        self._counts[kind] += 1
        examples = self._examples.setdefault(kind, [])
        if len(examples) < _EXAMPLES:
            examples.append(f"{place}: {sentence}")

    def problem(self, place: str, why: str) -> None:
        """Counts a record that is not written, and says why; the first ones only."""
        self.refused += 1
        self.tell(f"{place}: {why}")

    def tell(self, sentence: str) -> None:
        """Says something of a record, as long as not too much has been said."""
        self._told += 1
        if self._told <= _TOLD + 1:
            self._progress.clear()
        if self._told <= _TOLD:
            complain(sentence)
        elif self._told == _TOLD + 1:
            complain("more of the kind are counted, not told")

    def summary(self) -> None:
        """Prints the counts on standard error."""
        written = self.read - self.refused
        complain(f"{self.read:,} read, {written:,} written, {self.refused:,} refused")
        for kind, count in self._counts.most_common():
            complain(f"lost: {kind}: {count:,}, such as {self._examples[kind][0]}")
            for example in self._examples[kind][1:]:
                complain(f"    {example}")


class Progress:
    """A line on standard error that says how far the work is, a few times a second."""

    _EVERY = 0.2

    def __init__(self, wanted: bool | None, total: int | None, stream: TextIO | None = None) -> None:
        """Sets up the line.

        Args:
            wanted: Whether to show it; `None`: where standard error is a terminal.
            total: Bytes to read, where that is known.
            stream: Where it goes; default: standard error.
        """
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty() if wanted is None else wanted
        self._total = total
        self._started = self._last = time.monotonic()
        self._count = self._bytes = self._width = 0

    def advance(self, size: int) -> None:
        """One more record, of so many bytes."""
        self._count += 1
        self._bytes += size
        if self._shown and time.monotonic() - self._last >= self._EVERY:
            self._show()

    def clear(self) -> None:
        """Takes the line away, so that something else can be said."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0

    def close(self) -> None:
        """Shows the last state and ends the line."""
        if self._shown:
            self._show()
            self._stream.write("\n")

    def _show(self) -> None:
        self.clear()
        self._last = time.monotonic()
        rate = self._count / max(self._last - self._started, 1e-9)
        share = f"{min(self._bytes / self._total, 1):4.0%}  " if self._total else ""
        line = f"{share}{self._count:,} records, {self._bytes / 1e6:,.1f} MB, {rate:,.0f}/s"
        self._width = len(line)
        self._stream.write(line)
        self._stream.flush()
