"""Which matcher stands where each row of a batch is, as a function of the row's generated ids alone.

`generate()` reorders beams, repeats rows, tries candidates and takes them back, all without saying so. So nothing here counts calls
or remembers a row's place: a row is looked up by its ids among the rows of the last call, and the matcher with the longest common
prefix is rolled back or forked, then advanced. Rows with the same ids share one matcher. What the last call does not need any more
is dropped, so memory does not grow. This module knows neither torch nor transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

import numpy as np

__all__ = ["IdMatrix", "Matcher", "MatcherPool", "RowState"]

IdMatrix = np.ndarray[Any, np.dtype[np.int64]]


class Matcher(Protocol):
    """What the pool asks of a matcher (`fcformat.GrammarMatcher`)."""

    def accept_token(self, token_id: int) -> bool:
        """Go on by a token, or stay and return False."""
        ...

    def accept_string(self, text: str | bytes) -> bool:
        """Go on by a text, as one step, or stay and return False."""
        ...

    def find_jump_forward_string(self) -> str:
        """The text that must follow, as far as there is one way only."""
        ...

    def fill_next_token_bitmask(self, bitmask: Any, index: int = 0) -> bool:
        """Write which tokens may follow into a row of a bitmask."""
        ...

    def rollback(self, num_tokens: int) -> None:
        """Take back the last tokens."""
        ...

    def fork(self) -> Any:
        """Another matcher at the same place."""
        ...

    def can_terminate(self) -> bool:
        """Whether a stop token may follow."""
        ...

    def is_terminated(self) -> bool:
        """Whether a stop token was accepted."""
        ...


class RowState:
    """Where the grammar stands after certain ids.

    Attributes:
        matcher: It has accepted the first `accepted` of the ids.
        accepted: How many ids the grammar took, an ending stop token included.
        length: How many ids there are.
        padded: Whether padding follows a complete text, as in rows that a stopping criterion has ended.
    """

    __slots__ = ("_can_only_stop", "accepted", "length", "matcher", "padded")

    def __init__(self, matcher: Matcher, accepted: int = 0, length: int = 0) -> None:
        self.matcher = matcher
        self.accepted = accepted
        self.length = length
        self.padded = False
        self._can_only_stop: bool | None = None

    @property
    def status(self) -> Literal["live", "finished", "dead"]:
        """`finished`: ended by a stop token or padding, whatever came after; `dead`: it holds an id that was not allowed."""
        if self.padded or self.matcher.is_terminated():
            return "finished"
        return "live" if self.accepted == self.length else "dead"

    def can_only_stop(self, fill: Callable[[Matcher], bool]) -> bool:
        """Whether a live row is complete and nothing but a stop token may follow.

        Args:
            fill: Fills a mask from the matcher and says whether only stop tokens are in it; asked once for each state.
        """
        if self._can_only_stop is None:
            self._can_only_stop = self.matcher.can_terminate() and fill(self.matcher)
        return self._can_only_stop

    def copy(self) -> RowState:
        """An independent state at the same place."""
        return RowState(self.matcher.fork(), self.accepted, self.length)

    def move(self, ids: IdMatrix, common: int, vocab_size: int, pad_token_id: int | None = None) -> None:
        """Go to the state after `ids`, whose first `common` ids are this state's own."""
        if self.accepted > common:
            self.matcher.rollback(self.accepted - common)
            self.accepted = common
        self.length = len(ids)
        self.padded = False
        self._can_only_stop = None
        while self.accepted < self.length and not self.matcher.is_terminated():
            token_id = int(ids[self.accepted])
            if not 0 <= token_id < vocab_size or not self.matcher.accept_token(token_id):
                self.padded = token_id == pad_token_id and self.matcher.can_terminate()
                break
            self.accepted += 1


class MatcherPool:
    """The states of all rows under one grammar.

    Args:
        new_matcher: Makes a matcher at the grammar's start.
        vocab_size: Ids from here on are never offered to a matcher.
        pad_token_id: What fills the ends of rows that have ended.
    """

    def __init__(self, new_matcher: Callable[[], Matcher], vocab_size: int, pad_token_id: int | None = None) -> None:
        self._new_matcher = new_matcher
        self._vocab_size = vocab_size
        self._pad_token_id = pad_token_id
        self._rows: IdMatrix = np.zeros((0, 0), dtype=np.int64)
        self._states: list[RowState] = []

    def follow(self, rows: IdMatrix) -> list[RowState]:
        """The state of each row, shared by rows with the same ids.

        Args:
            rows: Generated ids, int64 of shape (rows, length); kept, so it must not change later.
        """
        before, length = self._rows.shape[1], rows.shape[1]
        in_place = rows.shape[0] == self._rows.shape[0] and np.array_equal(rows[:, :before], self._rows)
        if in_place and length == before:
            return self._states
        if in_place and length == before + 1:
            sources = [(state, before) for state in self._states]
            keys: list[Any] = rows[:, -1].tolist()
        else:
            sources = [self._closest(row) for row in rows]
            keys = [row.tobytes() for row in rows]
        self._states = self._advance(rows, sources, keys)
        self._rows = rows
        return self._states

    def _closest(self, row: IdMatrix) -> tuple[RowState, int]:
        """The state of the last call that shares the longest beginning with a row, and that length."""
        if not self._states:
            self._states = [RowState(self._new_matcher())]
            self._rows = np.zeros((1, 0), dtype=np.int64)
        shared = min(self._rows.shape[1], len(row))
        if shared == 0:
            return self._states[0], 0
        equal = self._rows[:, :shared] == row[:shared]
        prefix = np.where(equal.all(axis=1), shared, equal.argmin(axis=1))
        best = int(prefix.argmax())
        return self._states[best], int(prefix[best])

    def _advance(self, rows: IdMatrix, sources: list[tuple[RowState, int]], keys: list[Any]) -> list[RowState]:
        """Move every source to its rows; a source with several different rows is forked for all but the last of them."""
        targets: dict[int, dict[Any, list[int]]] = {}
        for row, (source, _) in enumerate(sources):
            targets.setdefault(id(source), {}).setdefault(keys[row], []).append(row)
        result: list[RowState | None] = [None] * len(sources)
        for groups in targets.values():
            members = list(groups.values())
            source = sources[members[0][0]][0]
            copies = [source.copy() for _ in members[1:]]
            for state, group in zip([*copies, source], members, strict=True):
                state.move(rows[group[0]], sources[group[0]][1], self._vocab_size, self._pad_token_id)
                for row in group:
                    result[row] = state
        return [state for state in result if state is not None]
