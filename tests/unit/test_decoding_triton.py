"""Tests of the GPU kernels through Triton's interpreter, on the CPU: `TRITON_INTERPRET=1 pytest tests/unit/test_decoding_triton.py`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("triton")
if os.environ.get("TRITON_INTERPRET") != "1":  # Triton reads it when it is imported
    pytest.skip("TRITON_INTERPRET=1 is not set", allow_module_level=True)

TYPES = (torch.float32, torch.float16, torch.bfloat16)


@pytest.fixture(scope="module")
def kernels() -> Any:
    from fcformat.decoding import bitmask_triton

    return bitmask_triton


def random_words(rows: int, words: int, density: float, seed: int) -> torch.Tensor:
    bits = np.random.default_rng(seed).random((rows, words * 32)) < density
    return torch.from_numpy(np.packbits(bits, axis=1, bitorder="little").view("<i4").astype(np.int32))


def allowed(words: torch.Tensor, width: int) -> torch.Tensor:
    bits = np.unpackbits(words.numpy().view(np.uint8), axis=1, bitorder="little").astype(bool)
    padded = np.zeros((len(words), max(width, bits.shape[1])), dtype=bool)
    padded[:, : bits.shape[1]] = bits
    return torch.from_numpy(padded[:, :width])


def same(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left.dtype == right.dtype and torch.equal(left, right)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("width", "words"), [(1, 1), (33, 2), (2048, 64), (2049, 65), (5000, 150), (5000, 170)])
def test_forbidden_logits_become_minus_infinity(kernels: Any, dtype: torch.dtype, width: int, words: int) -> None:
    for seed, density in enumerate((0.0, 0.01, 0.5, 1.0)):
        store = torch.randn(3, 2, width + 3).to(dtype)
        before = store.clone()
        logits = store[:, 1, 1 : width + 1]
        bits = random_words(3, words, density, seed)
        expected = logits.masked_fill(~allowed(bits, width), float("-inf"))
        kernels.apply_in_place(logits, bits)
        assert same(logits, expected)
        logits[:] = before[:, 1, 1 : width + 1]
        assert same(store, before)  # nothing around the rows was touched


@pytest.mark.parametrize("rows", [[0], [2, 0], [3, 3, 1]])
def test_only_the_given_rows_are_treated(kernels: Any, rows: list[int]) -> None:
    logits = torch.randn(4, 3000)
    bits = random_words(4, 94, 0.3, 0)
    expected = logits.clone()
    for row in set(rows):
        expected[row, ~allowed(bits, 3000)[row]] = float("-inf")
    kernels.apply_in_place(logits, bits, torch.tensor(rows))
    assert same(logits, expected)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_masked_copy_leaves_the_scores_as_they_were(kernels: Any, dtype: torch.dtype) -> None:
    store = torch.randn(3, 2, 2100).to(dtype)
    scores = store[:, 1, :]
    before = scores.clone()
    bits = random_words(3, 66, 0.4, 1)
    copied = kernels.masked_copy(scores, bits)
    assert same(scores, before)
    assert copied.is_contiguous()
    assert same(copied, before.masked_fill(~allowed(bits, 2100), float("-inf")))


def test_a_row_that_others_emptied_gets_its_allowed_tokens_back(kernels: Any) -> None:
    scores = torch.randn(4, 2100)
    bits = random_words(4, 66, 0.3, 2)
    bits[3] = 0
    bits[3, 65] = 1  # one token, in the last program
    may = allowed(bits, 2100)
    scores[1, may[1]] = float("-inf")
    scores[3] = float("-inf")
    copied = kernels.masked_copy(scores, bits)
    expected = scores.masked_fill(~may, float("-inf"))
    expected[1, may[1]] = 0.0
    expected[3, 65 * 32] = 0.0
    assert same(copied, expected)


def test_nothing_to_do_is_done(kernels: Any) -> None:
    kernels.apply_in_place(torch.zeros(0, 5), torch.zeros(0, 1, dtype=torch.int32))
    assert kernels.masked_copy(torch.zeros(0, 5), torch.zeros(0, 1, dtype=torch.int32)).shape == (0, 5)
