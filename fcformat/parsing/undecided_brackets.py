"""JSON text some of whose opening brackets are not known yet, held back until they are.

In Python, what follows decides: `(1)` is a number and `(1,)` a tuple, `{1}` is a set and `{1: 2}` a dict.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["UndecidedBrackets"]


class UndecidedBrackets:
    """Passes JSON text on, except what stands in brackets until it is known what they are."""

    def __init__(self, emit: Callable[[str], None]) -> None:
        self._emit = emit
        self._held: list[str] = []
        self._undecided: list[tuple[int, str]] = []  # where in `_held` each opened, and what it is if the text ends

    def __call__(self, text: str) -> None:
        """Adds text."""
        if self._undecided:
            self._held.append(text)
        else:
            self._emit(text)

    def open(self, otherwise: str = "") -> None:
        """Begins a bracket; `otherwise` is what it is if nothing decides."""
        self._undecided.append((len(self._held), otherwise))

    def decide(self, bracket: str, *, quoted: bool = False) -> None:
        """Says what the innermost undecided bracket is, `""` for none, and whether what was said in it is put in quotes."""
        start, _ = self._undecided.pop()
        if quoted and not self._held[start].startswith('"'):
            self._held[start:] = ['"', *self._held[start:], '"']
        if bracket:
            self._held.insert(start, bracket)
        if not self._undecided:
            self._pass_on()

    def flush(self) -> None:
        """Passes on all that is held; brackets that are still undecided become what they are otherwise."""
        while self._undecided:
            start, otherwise = self._undecided[-1]
            self.decide(otherwise, quoted=otherwise == "{" and start < len(self._held))

    def _pass_on(self) -> None:
        for text in self._held:
            self._emit(text)
        self._held.clear()
