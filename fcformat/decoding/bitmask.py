"""Token bitmasks: allocating them, and making forbidden logits minus infinity.

A bitmask row holds one bit a token, 32 to an int32, least significant bit first; a set bit means allowed. Matchers fill rows, this
module applies them where the logits are: through the native kernel in main memory, through Triton on GPUs (`bitmask_triton`), through
torch operations anywhere else.
torch is imported when it is first needed; NumPy arrays are treated without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["allocate_token_bitmask", "apply_token_bitmask_inplace", "bitmask_words"]

_NATIVE_TYPES = ("float32", "float16", "bfloat16", "float64")
_CHUNK_ELEMENTS = 1 << 22  # logits treated at once through torch: the unpacked bits take 4 bytes each


def bitmask_words(vocab_size: int) -> int:
    """The length of a bitmask row in int32 words."""
    return (vocab_size + 31) // 32


def allocate_token_bitmask(batch_size: int, vocab_size: int) -> torch.Tensor:
    """A bitmask that allows everything.

    Returns:
        int32 CPU tensor of shape (batch_size, ceil(vocab_size / 32)), all bits set.

    Raises:
        ValueError: A size is negative.
    """
    import torch

    if batch_size < 0 or vocab_size < 0:
        raise ValueError(
            f"allocate_token_bitmask: found batch_size={batch_size}, vocab_size={vocab_size}, expected sizes of at least 0"
        )
    return torch.full((batch_size, bitmask_words(vocab_size)), -1, dtype=torch.int32)


def apply_token_bitmask_inplace(
    logits: torch.Tensor | Array, bitmask: torch.Tensor | Array, indices: Sequence[int] | None = None
) -> None:
    """Set the logits of forbidden tokens to minus infinity, in place.

    Args:
        logits: Floating-point tensor or array of shape (vocab,) or (batch, vocab), on any device, of any strides. `vocab` may be
            larger than the bitmask (ids past it are forbidden) or smaller (bits past it are ignored).
        bitmask: int32 of shape (words,) or (batch, words), on any device; moved to the logits' device where it differs.
        indices: Row numbers, counted alike in `logits` and `bitmask`; only these rows are treated. By default all rows are, and
            both must have the same number of them.

    Raises:
        TypeError: `logits` or `bitmask` has the wrong type of elements, or one is a tensor and the other an array.
        ValueError: The shapes do not fit together, or an index lies outside of one of them.
    """
    rows = _checked_rows(logits, bitmask, indices)
    if isinstance(logits, np.ndarray) and isinstance(bitmask, np.ndarray):
        _apply_numpy(logits.reshape(1, -1) if logits.ndim == 1 else logits, np.atleast_2d(bitmask), rows)
        return
    import torch

    if not isinstance(logits, torch.Tensor) or not isinstance(bitmask, torch.Tensor):
        raise TypeError(
            f"apply_token_bitmask_inplace: found logits of type {type(logits).__name__} and a bitmask of type "
            f"{type(bitmask).__name__}, expected two torch tensors or two NumPy arrays"
        )
    matrix = logits.unsqueeze(0) if logits.dim() == 1 else logits
    words = bitmask.unsqueeze(0) if bitmask.dim() == 1 else bitmask
    if matrix.numel() == 0:
        return
    kernels = None if matrix.device.type == "cpu" else _gpu_kernels(matrix)
    if _native_can_write(matrix):
        words = words if words.device.type == "cpu" and words.stride(1) == 1 else words.cpu().contiguous()
        _apply_native(
            matrix.data_ptr(),
            _type_name(matrix),
            matrix.shape,
            matrix.stride(0),
            words.data_ptr(),
            words.shape,
            words.stride(0),
            rows,
        )
    elif kernels is not None and matrix.stride(1) == 1:
        words = words.to(matrix.device, non_blocking=True)
        index = None if rows is None else torch.tensor(rows, dtype=torch.long, device=matrix.device)
        kernels.apply_in_place(matrix, words if words.stride(1) == 1 else words.contiguous(), index)
    else:
        _apply_torch(matrix, words, rows)


def _gpu_kernels(matrix: torch.Tensor) -> ModuleType | None:
    from fcformat.decoding.masking import gpu_kernels

    return gpu_kernels(matrix)


def _type_name(array: Any) -> str:
    return str(array.dtype).removeprefix("torch.")


def _checked_rows(logits: Any, bitmask: Any, indices: Sequence[int] | None) -> list[int] | None:
    """The row numbers to treat (None: all), after everything about the two arrays has been checked."""
    where = "apply_token_bitmask_inplace"
    if _type_name(bitmask) != "int32":
        raise TypeError(f"{where}: found a bitmask of {_type_name(bitmask)}, expected int32")
    floating = logits.is_floating_point() if hasattr(logits, "is_floating_point") else logits.dtype.kind == "f"
    if not floating:
        raise TypeError(f"{where}: found logits of {_type_name(logits)}, expected a floating-point type")
    if logits.ndim not in (1, 2) or bitmask.ndim not in (1, 2):
        raise ValueError(
            f"{where}: found logits of shape {tuple(logits.shape)} and a bitmask of shape {tuple(bitmask.shape)}, expected "
            "(vocab,) or (batch, vocab), and (words,) or (batch, words)"
        )
    logit_rows = logits.shape[0] if logits.ndim == 2 else 1
    bitmask_rows = bitmask.shape[0] if bitmask.ndim == 2 else 1
    if indices is None:
        if logit_rows != bitmask_rows:
            raise ValueError(
                f"{where}: found {logit_rows} rows of logits and {bitmask_rows} rows of bitmask, expected as many of one as of "
                "the other (or indices=)"
            )
        return None
    rows = [int(row) for row in indices]
    for row in rows:
        if not 0 <= row < min(logit_rows, bitmask_rows):
            raise ValueError(
                f"{where}: found the row index {row}, expected one from 0 to {min(logit_rows, bitmask_rows) - 1} ({logit_rows} "
                f"rows of logits, {bitmask_rows} of bitmask)"
            )
    return rows


def _native_can_write(matrix: torch.Tensor) -> bool:
    """Whether the kernel may write the memory behind a tensor; autograd and repeated rows are torch's to judge."""
    return (
        matrix.device.type == "cpu"
        and _type_name(matrix) in _NATIVE_TYPES
        and matrix.stride(1) == 1
        and not matrix.requires_grad
        and (matrix.shape[0] == 1 or abs(matrix.stride(0)) >= matrix.shape[1])
    )


def _apply_native(
    logits: int,
    type_name: str,
    shape: Sequence[int],
    row_stride: int,
    bitmask: int,
    bitmask_shape: Sequence[int],
    bitmask_stride: int,
    rows: list[int] | None,
) -> None:
    from fcformat import _core

    _core.apply_bitmask(
        logits, type_name, shape[0], shape[1], row_stride, bitmask, bitmask_shape[1], bitmask_stride, rows
    )


def _apply_numpy(logits: Array, bitmask: Array, rows: list[int] | None) -> None:
    if logits.size == 0:
        return
    step, rest = divmod(logits.strides[0], logits.itemsize)
    if (
        _type_name(logits) in _NATIVE_TYPES
        and logits.strides[1] == logits.itemsize
        and rest == 0
        and logits.flags.writeable
    ):
        words = np.ascontiguousarray(bitmask)
        _apply_native(
            logits.ctypes.data,
            _type_name(logits),
            logits.shape,
            step,
            words.ctypes.data,
            words.shape,
            words.shape[1],
            rows,
        )
        return
    for row in range(logits.shape[0]) if rows is None else rows:
        bits = np.unpackbits(bitmask[row].astype("<i4").view(np.uint8), bitorder="little")[: logits.shape[1]]
        covered = len(bits)
        logits[row, :covered][bits == 0] = -np.inf
        logits[row, covered:] = -np.inf


def _apply_torch(logits: torch.Tensor, bitmask: torch.Tensor, rows: list[int] | None) -> None:
    """The same through torch operations, a bounded number of logits at a time."""
    import torch

    width = logits.shape[1]
    covered = min(width, bitmask.shape[1] * 32)
    if rows is not None:
        bitmask = bitmask[torch.tensor(rows, dtype=torch.long, device=bitmask.device)]
    words = bitmask[:, : bitmask_words(covered)].to(logits.device, non_blocking=True)
    shifts = torch.arange(32, dtype=torch.int32, device=logits.device)
    step = max(1, _CHUNK_ELEMENTS // max(1, width))
    for first in range(0, words.shape[0], step):
        bits = words[first : first + step].unsqueeze(-1) >> shifts & 1
        forbidden = bits.flatten(1)[:, :covered] == 0
        if rows is None:
            part = logits[first : first + step]
            part[:, :covered].masked_fill_(forbidden, float("-inf"))
            part[:, covered:] = float("-inf")
        else:
            index = torch.tensor(rows[first : first + step], dtype=torch.long, device=logits.device)
            part = logits.index_select(0, index)
            part[:, :covered].masked_fill_(forbidden, float("-inf"))
            part[:, covered:] = float("-inf")
            logits[index] = part
