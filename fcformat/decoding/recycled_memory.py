"""Memory for the tensors that a processor returns, used again once nobody holds the tensor any more.

A batch of 32 rows of Qwen's width has 19 MB of scores a step. Fresh from the system, each of their pages faults when it is first
written, which costs several times what masking them does. `generate()` lets go of a step's scores at the next step, so two blocks serve all of
it; who keeps the scores (`output_scores=True`) keeps the memory, and gets it for himself.
"""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any

import numpy as np
import torch

__all__ = ["RecycledMemory"]

# Below this the C library hands out memory again by itself.
_WORTH_KEEPING = 1 << 20
_ALIGNMENT = 64  # of torch's own tensors: a line of the cache, and the widest vector
_KEPT = 2  # blocks that nobody uses: the step's before and this one's

_Block = np.ndarray[Any, np.dtype[np.uint8]]


class RecycledMemory:
    """Uninitialised tensors in main memory, whose memory comes back by itself; safe from several threads."""

    def __init__(self) -> None:
        # Appended to and popped from whole, whatever thread a tensor ends on; what is one too many is freed.
        self._unused: deque[_Block] = deque(maxlen=_KEPT)

    def empty(self, shape: tuple[int, int], dtype: torch.dtype) -> torch.Tensor:
        """A new contiguous tensor whose elements are to be written; no other living tensor shares its memory."""
        size = shape[0] * shape[1] * dtype.itemsize
        if size < _WORTH_KEEPING:
            return torch.empty(shape, dtype=dtype)
        block = self._block(size)
        start = -block.ctypes.data % _ALIGNMENT
        # The tensor holds this view for as long as it, or a view of it, lives.
        held = block[start : start + size]
        weakref.finalize(held, self._unused.append, block).atexit = False
        return torch.from_numpy(held).view(dtype).view(shape)

    def _block(self, size: int) -> _Block:
        try:
            block = self._unused.popleft()
        except IndexError:
            return np.empty(size + _ALIGNMENT, dtype=np.uint8)
        # One that is much larger is left from a larger batch.
        if size + _ALIGNMENT <= len(block) <= 2 * size + _ALIGNMENT:
            return block
        return np.empty(size + _ALIGNMENT, dtype=np.uint8)
