"""The bitmask of a batch: filled from the rows' states, ahead of time on another thread where that pays.

The stopping criterion sees a step's tokens before the next forward pass is launched. What may follow them can be found while the
model computes: `begin` starts that on a worker thread, `fill` waits for it, or fills at once where nothing was begun for these ids.
The engine works without the GIL, so filling and the model get in each other's way only where there is one core. While a fill is on
its way nothing else may touch its matchers: whoever moves them calls `settle` first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fcformat import _core
from fcformat._locks import ForkSafeLock
from fcformat.decoding.bitmask import bitmask_words
from fcformat.decoding.matcher_pool import IdMatrix, Matcher, RowState

if TYPE_CHECKING:
    from fcformat.decoding.tokenizer_info import TokenizerInfo

    Words = np.ndarray[Any, np.dtype[np.int32]]

__all__ = ["MaskBuffer", "words_of"]

# Handing work to a thread and taking it back costs some 40 microseconds: below this, filling at once is faster.
_WORTH_A_THREAD = 150e-6
_BUFFERS = 2  # one may still be on its way to a device while the other is filled

_workers: ThreadPoolExecutor | None = None
_workers_lock = ForkSafeLock()


def _executor() -> ThreadPoolExecutor:
    global _workers
    with _workers_lock.held:
        if _workers is None:
            _workers = ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1), thread_name_prefix="fcformat-mask")
        return _workers


def _forget_workers() -> None:
    """In a forked child: threads do not survive a fork."""
    global _workers
    _workers = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)


class _Begun:
    """A fill on its way.

    Attributes:
        ids: The generated ids that it is for.
        future: Its end; None where it was done before anybody waited.
        process: The process that it runs in.
    """

    __slots__ = ("buffer", "future", "ids", "process")

    def __init__(self, ids: IdMatrix, buffer: torch.Tensor, future: Future[None]) -> None:
        self.ids = ids
        self.buffer = buffer
        self.future = future
        self.process = os.getpid()


class MaskBuffer:
    """Rows of bits for the rows of a batch.

    Args:
        info: The vocabulary.
        pad_token_id: Allowed in rows that have ended.
        overlap: Whether fills are begun ahead on another thread; None: where they take long enough for it to pay.

    Attributes:
        stop: The row that allows the stop tokens only.
        pinned: Whether rows are kept where a GPU copies them from without help; set before they are first needed.
        seconds_filling: Time spent filling, on whatever thread.
        seconds_waiting: Time that the caller of `fill` spent waiting or filling.
    """

    def __init__(self, info: TokenizerInfo, pad_token_id: int | None, overlap: bool | None) -> None:
        self._info = info
        self._free = info.existing_token_bitmask()
        self.stop = words_of(info.stop_token_ids, info.vocab_size)
        padding = [] if pad_token_id is None or not 0 <= pad_token_id < info.vocab_size else [pad_token_id]
        self._ended = words_of([*info.stop_token_ids, *padding], info.vocab_size)
        self._overlap = overlap
        self.pinned = False
        self._buffers: list[torch.Tensor] = []
        self._copies: list[Any] = []
        self._next = 0
        self._begun: _Begun | None = None
        self._last_fill = 0.0
        self.seconds_filling = 0.0
        self.seconds_waiting = 0.0

    def begin(self, states: Sequence[RowState | None], ids: IdMatrix) -> None:
        """Start to fill for the next step, where that pays.

        Args:
            states: The state of each row, not to be touched before `settle`.
            ids: The generated ids that they stand after.
        """
        pays = self._last_fill > _WORTH_A_THREAD if self._overlap is None else self._overlap
        if pays and any(state is not None and state.status == "live" for state in states):
            self.settle()
            buffer = self._rows(len(states))
            self._begun = _Begun(ids, buffer, _executor().submit(self._write, list(states), buffer))

    def settle(self) -> None:
        """Wait until nothing is on its way. What a fill raised is raised by `fill`."""
        begun = self._begun
        if begun is None:
            return
        if begun.process != os.getpid():  # begun before a fork, by a thread that is not here
            self._begun = None
        elif not begun.future.done():
            begun.future.exception()

    def fill(self, states: Sequence[RowState | None], ids: IdMatrix) -> torch.Tensor:
        """The bitmask of the rows: int32 of shape (rows, words), in main memory, good until the call after the next.

        Raises:
            GrammarLimitError: A budget of the grammar is exceeded.
        """
        start = time.perf_counter()
        self.settle()
        begun, self._begun = self._begun, None
        if begun is not None and begun.ids.shape == ids.shape and np.array_equal(begun.ids, ids):
            begun.future.result()
            buffer = begun.buffer
        else:
            buffer = self._rows(len(states))
            self._write(states, buffer)
        self.seconds_waiting += time.perf_counter() - start
        return buffer

    def sent(self, event: Any) -> None:
        """The last filled rows are on their way to a device: they are not written again before the event (None: at any time)."""
        self._copies[self._next - 1] = event

    def _rows(self, count: int) -> torch.Tensor:
        """A buffer that nobody reads any more."""
        words = bitmask_words(self._info.vocab_size)
        kept = self._buffers[0] if self._buffers else None
        if kept is None or kept.shape[0] < count or kept.is_pinned() != self.pinned:
            self._buffers = [
                torch.zeros((count, words), dtype=torch.int32, pin_memory=self.pinned) for _ in range(_BUFFERS)
            ]
            self._copies = [None] * _BUFFERS
        number = self._next % _BUFFERS
        self._next = number + 1
        event = self._copies[number]
        if event is not None:
            event.synchronize()
            self._copies[number] = None
        return self._buffers[number][:count]

    def _write(self, states: Sequence[RowState | None], buffer: torch.Tensor) -> None:
        start = time.perf_counter()
        view = buffer.numpy()
        first_of: dict[int, int] = {}
        live: list[int] = []
        for row, state in enumerate(states):
            if state is None:
                view[row] = self._free
            elif first_of.setdefault(id(state), row) == row:
                status = state.status
                if status == "live":
                    live.append(row)
                else:
                    view[row] = self._ended if status == "finished" else self.stop
        _fill_live([state.matcher for state in map(states.__getitem__, live) if state is not None], buffer, live)
        for row, state in enumerate(states):
            if state is not None and first_of[id(state)] != row:
                view[row] = view[first_of[id(state)]]
        self._last_fill = time.perf_counter() - start
        self.seconds_filling += self._last_fill


def _fill_live(matchers: Sequence[Matcher], buffer: torch.Tensor, rows: list[int]) -> None:
    """Fill each matcher's row; all of them in one call into the engine, where they are the engine's own."""
    native = [matcher for matcher in matchers if isinstance(matcher, _core.Matcher)]
    if len(native) == len(rows) > 1:
        _core.batch_fill(native, buffer, rows, 0)
        return
    for matcher, row in zip(matchers, rows, strict=True):
        matcher.fill_next_token_bitmask(buffer, row)


def words_of(token_ids: Sequence[int], vocab_size: int) -> Words:
    """A bitmask row that allows these ids."""
    bits = np.zeros(bitmask_words(vocab_size) * 32, dtype=bool)
    bits[list(token_ids)] = True
    return np.packbits(bits, bitorder="little").view("<i4").astype(np.int32)
