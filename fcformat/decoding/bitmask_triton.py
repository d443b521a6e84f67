"""Bitmask kernels for GPUs, in Triton: packed bits are read once, where the logits are.

Imported only where logits lie on a GPU and Triton is there (it comes with torch's GPU builds); everywhere else `bitmask` and `masking`
have other ways. No function here waits for the device. The kernels are tested through Triton's interpreter.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

__all__ = ["apply_in_place", "masked_copy"]

_BLOCK_WORDS = 64  # 2,048 logits a program


@triton.jit  # type: ignore[misc, untyped-decorator, unused-ignore]
def _apply_kernel(  # type: ignore[no-untyped-def]
    logits, row_stride, columns, words, words_stride, word_count, rows, HAS_ROWS: tl.constexpr, BLOCK: tl.constexpr
):
    """Minus infinity where a bit is not set; nothing else is read or written."""
    if HAS_ROWS:
        row = tl.load(rows + tl.program_id(0)).to(tl.int64)
    else:
        row = tl.program_id(0).to(tl.int64)
    word = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    bit = tl.arange(0, 32)
    packed = tl.load(words + row * words_stride + word, mask=word < word_count, other=0)
    allowed = ((packed[:, None] >> bit[None, :]) & 1) != 0
    column = word[:, None] * 32 + bit[None, :]
    forbidden = (column < columns) & (allowed == 0)
    tl.store(logits + row * row_stride + column, float("-inf"), mask=forbidden)


@triton.jit  # type: ignore[misc, untyped-decorator, unused-ignore]
def _copy_kernel(  # type: ignore[no-untyped-def]
    source, source_stride, target, target_stride, columns, words, words_stride, word_count, seen, BLOCK: tl.constexpr
):
    """Allowed logits are copied, all others are minus infinity; `seen` says of each row whether anything else is in it."""
    row = tl.program_id(0).to(tl.int64)
    word = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    bit = tl.arange(0, 32)
    packed = tl.load(words + row * words_stride + word, mask=word < word_count, other=0)
    column = word[:, None] * 32 + bit[None, :]
    inside = column < columns
    allowed = (((packed[:, None] >> bit[None, :]) & 1) != 0) & inside
    value = tl.load(source + row * source_stride + column, mask=allowed, other=float("-inf"))
    tl.store(target + row * target_stride + column, value, mask=inside)
    some = tl.max(tl.max((value != float("-inf")).to(tl.int32), axis=1), axis=0)
    tl.store(seen + row, some, mask=some > 0)  # all who write here write 1


@triton.jit  # type: ignore[misc, untyped-decorator, unused-ignore]
def _restore_kernel(  # type: ignore[no-untyped-def]
    target, target_stride, columns, words, words_stride, word_count, seen, BLOCK: tl.constexpr
):
    """Zero for the allowed logits of rows in which nothing was seen."""
    row = tl.program_id(0).to(tl.int64)
    if tl.load(seen + row) == 0:
        word = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
        bit = tl.arange(0, 32)
        packed = tl.load(words + row * words_stride + word, mask=word < word_count, other=0)
        column = word[:, None] * 32 + bit[None, :]
        allowed = (((packed[:, None] >> bit[None, :]) & 1) != 0) & (column < columns)
        tl.store(target + row * target_stride + column, 0.0, mask=allowed)


def _grid(rows: int, columns: int) -> tuple[int, int]:
    return rows, triton.cdiv(triton.cdiv(columns, 32), _BLOCK_WORDS)


def _on_device(tensor: torch.Tensor) -> Any:
    """Kernels are launched on the current device."""
    return torch.cuda.device(tensor.device) if tensor.device.type == "cuda" else torch.no_grad()


def apply_in_place(logits: torch.Tensor, words: torch.Tensor, rows: torch.Tensor | None = None) -> None:
    """Set forbidden logits to minus infinity.

    Args:
        logits: Of shape (rows, columns), the columns next to each other.
        words: int32 of shape (rows, words), on the same device, the words next to each other.
        rows: Row numbers, an integer tensor on the same device; by default all.
    """
    count = logits.shape[0] if rows is None else rows.shape[0]
    if count == 0 or logits.shape[1] == 0:
        return
    with _on_device(logits):
        _apply_kernel[_grid(count, logits.shape[1])](
            logits,
            logits.stride(0),
            logits.shape[1],
            words,
            words.stride(0),
            words.shape[1],
            words if rows is None else rows,  # not looked at without rows
            HAS_ROWS=rows is not None,
            BLOCK=_BLOCK_WORDS,
        )


def masked_copy(scores: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """A contiguous copy of the scores with forbidden ones at minus infinity; where all allowed ones were that before, they are zero.

    Args:
        scores: Of shape (rows, columns), the columns next to each other.
        words: int32 of shape (rows, words), on the same device, the words next to each other.
    """
    target = torch.empty(scores.shape, dtype=scores.dtype, device=scores.device)
    if scores.numel() == 0:
        return target
    seen = torch.zeros(scores.shape[0], dtype=torch.int32, device=scores.device)
    bits = (words, words.stride(0), words.shape[1])
    grid = _grid(*scores.shape)
    with _on_device(scores):
        _copy_kernel[grid](
            scores, scores.stride(0), target, target.stride(0), scores.shape[1], *bits, seen, BLOCK=_BLOCK_WORDS
        )
        _restore_kernel[grid](target, target.stride(0), scores.shape[1], *bits, seen, BLOCK=_BLOCK_WORDS)
    return target
