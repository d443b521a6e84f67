"""The processor's last step: a copy of the scores in which forbidden tokens are minus infinity, made where the scores are.

On the CPU through the native kernel, on GPUs through Triton (`bitmask_triton`), on other devices through torch. On a GPU nothing here
waits: the bitmask is copied asynchronously from pinned memory, and rows that other processors had emptied are found by the kernels.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fcformat.decoding.bitmask import apply_token_bitmask_inplace
from fcformat.decoding.recycled_memory import RecycledMemory

if TYPE_CHECKING:
    Words = np.ndarray[Any, np.dtype[np.int32]]

__all__ = ["gpu_kernels", "masked_copy"]

_KERNEL_TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def gpu_kernels(logits: torch.Tensor) -> ModuleType | None:
    """The kernels for logits on a GPU; None for other devices and types, and where Triton is not installed."""
    if logits.device.type != "cuda" or logits.dtype not in _KERNEL_TYPES or logits.requires_grad:
        return None
    return _kernels()


@functools.cache
def _kernels() -> ModuleType | None:
    try:
        from fcformat.decoding import bitmask_triton
    except ImportError:
        return None
    return bitmask_triton


def masked_copy(
    scores: torch.Tensor, bitmask: torch.Tensor, stop: Words, memory: RecycledMemory
) -> tuple[torch.Tensor, Any]:
    """Scores with forbidden tokens at minus infinity; no row is all minus infinity.

    Args:
        scores: Of shape (rows, width), any floating type, device and strides; not written.
        bitmask: int32 of shape (rows, words), in main memory (pinned for a GPU).
        stop: The row of bits that allows stop tokens only: what a row gets that allows nothing within the width.
        memory: Where a new tensor in main memory is taken from.

    Returns:
        The new tensor, and on a GPU an event after which the bitmask may be written again (otherwise None).
    """
    kernels = gpu_kernels(scores)
    if kernels is not None:
        words = bitmask.to(scores.device, non_blocking=True)
        copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
        copied.record(torch.cuda.current_stream(scores.device))
        source = scores if scores.stride(1) == 1 else scores.contiguous()
        return kernels.masked_copy(source, words), copied
    if _native_can_read(scores):
        return _native_copy(scores, bitmask, stop, memory), None
    masked = scores.clone(memory_format=torch.contiguous_format)
    apply_token_bitmask_inplace(masked, bitmask)
    _keep_one_token(masked, bitmask.numpy(), stop)
    return masked, None


def _native_can_read(scores: torch.Tensor) -> bool:
    return (
        scores.device.type == "cpu"
        and scores.dtype in _KERNEL_TYPES
        and scores.stride(1) == 1
        and not scores.requires_grad
        and scores.numel() > 0
    )


def _native_copy(scores: torch.Tensor, bitmask: torch.Tensor, stop: Words, memory: RecycledMemory) -> torch.Tensor:
    from fcformat import _core

    rows, width = scores.shape
    masked = memory.empty((rows, width), scores.dtype)
    without = _core.masked_copy(
        scores.data_ptr(),
        str(scores.dtype).removeprefix("torch."),
        rows,
        width,
        scores.stride(0),
        bitmask.data_ptr(),
        bitmask.shape[1],
        bitmask.stride(0),
        masked.data_ptr(),
    )
    if without:
        masked[without] = masked[without].index_fill(1, torch.tensor(_ids_of(stop, width)), 0.0)
    return masked


def _keep_one_token(masked: torch.Tensor, bits: Words, stop: Words) -> None:
    """Where all that is allowed was minus infinity before, allow it again."""
    width = masked.shape[1]
    words = (bits != 0).argmax(axis=1)
    lowest = bits[np.arange(len(bits)), words].astype(np.uint32)
    lowest &= ~lowest + np.uint32(1)
    tokens = words * 32 + np.frexp(lowest.astype(np.float64))[1] - 1  # the exponent of a power of two is its place
    candidates = torch.from_numpy(np.clip(tokens, 0, width - 1)).to(masked.device)
    doubtful = torch.isneginf(masked.gather(1, candidates.unsqueeze(1))).squeeze(1)
    for row in torch.nonzero(doubtful).flatten().tolist():  # nothing, almost always
        if bool(torch.isneginf(masked[row]).all()):
            allowed = _ids_of(bits[row], width)
            masked[row, allowed if allowed else _ids_of(stop, width)] = 0.0


def _ids_of(words: Words, width: int) -> list[int]:
    bits = np.unpackbits(words.astype("<i4").view(np.uint8), bitorder="little")[:width]
    found: list[int] = np.flatnonzero(bits).tolist()
    return found
