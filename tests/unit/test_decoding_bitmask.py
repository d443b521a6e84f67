"""Tests of allocating and applying token bitmasks, on every path, against a reference of a few lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from fcformat.decoding import bitmask as module
from fcformat.decoding.bitmask import allocate_token_bitmask, apply_token_bitmask_inplace

TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
DENSITIES = (0.0, 0.001, 0.5, 0.999, 1.0)


def random_bitmask(rows: int, words: int, density: float, seed: int = 0) -> torch.Tensor:
    bits = np.random.default_rng(seed).random((rows, words * 32)) < density
    return torch.from_numpy(np.packbits(bits, axis=1, bitorder="little").view("<i4").astype(np.int32))


def allowed_columns(bitmask: torch.Tensor, row: int, width: int) -> list[bool]:
    words = bitmask[row].tolist()
    return [column // 32 < len(words) and bool(words[column // 32] >> column % 32 & 1) for column in range(width)]


def expected_logits(logits: torch.Tensor, bitmask: torch.Tensor, rows: Sequence[int] | None = None) -> torch.Tensor:
    result = logits.clone()
    for row in range(logits.shape[0]) if rows is None else rows:
        result[row, ~torch.tensor(allowed_columns(bitmask, row, logits.shape[1]), dtype=torch.bool)] = float("-inf")
    return result


def same(left: torch.Tensor, right: torch.Tensor) -> bool:
    return left.dtype == right.dtype and torch.equal(left, right)


def through_torch(logits: torch.Tensor, bitmask: torch.Tensor, indices: Sequence[int] | None = None) -> None:
    module._apply_torch(logits, bitmask, None if indices is None else list(indices))


PATHS: dict[str, Callable[..., None]] = {"native": apply_token_bitmask_inplace, "torch": through_torch}


def test_a_new_bitmask_allows_everything() -> None:
    bitmask = allocate_token_bitmask(3, 33)
    assert bitmask.dtype == torch.int32
    assert bitmask.shape == (3, 2)
    assert bitmask.device.type == "cpu"
    assert bool((bitmask == -1).all())


def test_a_bitmask_of_negative_size_is_refused() -> None:
    with pytest.raises(ValueError, match="found batch_size=-1, vocab_size=33"):
        allocate_token_bitmask(-1, 33)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("width", [1, 31, 32, 33, 255, 256, 257, 1000])
def test_forbidden_logits_become_minus_infinity(path: str, dtype: torch.dtype, width: int) -> None:
    for seed, density in enumerate(DENSITIES):
        logits = torch.randn(3, width).to(dtype)
        bitmask = random_bitmask(3, (width + 31) // 32, density, seed)
        expected = expected_logits(logits, bitmask)
        PATHS[path](logits, bitmask)
        assert same(logits, expected)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [40, 64, 65, 96, 700])
def test_logits_may_be_wider_or_narrower_than_the_bitmask(path: str, width: int) -> None:
    logits = torch.randn(2, width)
    bitmask = random_bitmask(2, 3, 0.7)
    expected = expected_logits(logits, bitmask)
    PATHS[path](logits, bitmask)
    assert same(logits, expected)
    assert bool(torch.isneginf(logits[:, 96:]).all())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("dtype", TYPES)
def test_rows_may_lie_apart_and_off_alignment(path: str, dtype: torch.dtype) -> None:
    store = torch.randn(4, 3, 301).to(dtype)
    before = store.clone()
    logits = store[:, 1, 1:300]
    bitmask = random_bitmask(4, 10, 0.5)
    expected = expected_logits(logits, bitmask)
    PATHS[path](logits, bitmask)
    assert same(logits, expected)
    store[:, 1, 1:300] = before[:, 1, 1:300]
    assert same(store, before)  # nothing around the rows was touched


@pytest.mark.parametrize("path", PATHS)
def test_columns_may_lie_apart(path: str) -> None:
    logits = torch.randn(100, 4).T
    assert logits.stride(1) != 1
    bitmask = random_bitmask(4, 4, 0.5)
    expected = expected_logits(logits, bitmask)
    PATHS[path](logits, bitmask)
    assert same(logits, expected)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("indices", [[], [0], [2, 0], [3, 3, 1]])
def test_only_the_rows_of_the_indices_are_treated(path: str, indices: list[int]) -> None:
    logits = torch.randn(5, 70)
    bitmask = random_bitmask(4, 3, 0.3)
    expected = expected_logits(logits, bitmask, indices)
    PATHS[path](logits, bitmask, indices)
    assert same(logits, expected)


def test_a_bitmask_may_be_a_strided_view() -> None:
    store = random_bitmask(6, 8, 0.5)
    logits = torch.randn(3, 96)
    bitmask = store[::2, 2:5]
    expected = expected_logits(logits, bitmask)
    apply_token_bitmask_inplace(logits, bitmask)
    assert same(logits, expected)


def test_a_bitmask_with_words_apart_is_understood() -> None:
    bitmask = random_bitmask(3, 4, 0.5).T.contiguous().T
    assert bitmask.stride(1) != 1
    logits = torch.randn(3, 100)
    expected = expected_logits(logits, bitmask)
    apply_token_bitmask_inplace(logits, bitmask)
    assert same(logits, expected)


def test_a_single_row_needs_no_batch_dimension() -> None:
    logits = torch.randn(70)
    bitmask = random_bitmask(1, 3, 0.5)
    expected = expected_logits(logits.unsqueeze(0), bitmask)[0]
    apply_token_bitmask_inplace(logits, bitmask[0])
    assert same(logits, expected)


def test_values_that_are_allowed_keep_their_bits() -> None:
    logits = torch.tensor([[float("nan"), float("inf"), -0.0, 1e-45, float("-inf"), 5.0]])
    bits = logits.view(torch.int32).clone()
    apply_token_bitmask_inplace(logits, torch.tensor([[0b11111]], dtype=torch.int32))
    assert logits.view(torch.int32)[0, :5].tolist() == bits[0, :5].tolist()
    assert logits[0, 5] == float("-inf")


def test_many_rows_go_through_torch_in_bounded_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK_ELEMENTS", 200)
    logits = torch.randn(7, 90)
    bitmask = random_bitmask(7, 3, 0.5)
    expected = expected_logits(logits, bitmask)
    through_torch(logits, bitmask)
    assert same(logits, expected)
    again = torch.randn(7, 90)
    expected = expected_logits(again, bitmask, [6, 2, 3, 0])
    through_torch(again, bitmask, [6, 2, 3, 0])
    assert same(again, expected)


def test_logits_that_need_gradients_stay_in_the_graph() -> None:
    leaf = torch.randn(2, 40, requires_grad=True)
    logits = leaf * 1.0
    bitmask = random_bitmask(2, 2, 0.5)
    apply_token_bitmask_inplace(logits, bitmask)
    (gradient,) = torch.autograd.grad(logits.exp().sum(), leaf)
    assert torch.equal(gradient != 0, torch.tensor([allowed_columns(bitmask, row, 40) for row in range(2)]))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
def test_numpy_arrays_are_treated_without_torch(dtype: Any) -> None:
    store = np.random.default_rng(1).standard_normal((4, 2, 150)).astype(dtype)
    for logits in (store[:, 0, :], store[::-1, 1, 3:120], store[:, :, 7].T.copy().T):
        bitmask = random_bitmask(logits.shape[0], 4, 0.5).numpy()
        expected = expected_logits(torch.from_numpy(logits.copy()), torch.from_numpy(bitmask)).numpy()
        apply_token_bitmask_inplace(logits, bitmask)
        assert np.array_equal(logits, expected)


def test_a_numpy_row_needs_no_batch_dimension() -> None:
    store = np.zeros(140, dtype=np.float32)
    apply_token_bitmask_inplace(store[::2], random_bitmask(1, 3, 0.0).numpy()[0])
    assert np.isneginf(store[::2]).all()
    assert (store[1::2] == 0).all()


def test_nothing_to_do_is_done() -> None:
    apply_token_bitmask_inplace(torch.zeros(0, 5), allocate_token_bitmask(0, 5))
    apply_token_bitmask_inplace(np.zeros((0, 5)), np.zeros((0, 1), dtype=np.int32))


@pytest.mark.parametrize(
    ("logits", "bitmask", "error", "found"),
    [
        (torch.zeros(2, 40), torch.zeros(2, 2), TypeError, "found a bitmask of float32, expected int32"),
        (
            torch.zeros(2, 40, dtype=torch.int64),
            torch.zeros(2, 2, dtype=torch.int32),
            TypeError,
            "found logits of int64",
        ),
        (torch.zeros(2, 40), torch.zeros(3, 2, dtype=torch.int32), ValueError, "found 2 rows of logits and 3 rows"),
        (
            torch.zeros(1, 2, 40),
            torch.zeros(2, 2, dtype=torch.int32),
            ValueError,
            r"found logits of shape \(1, 2, 40\)",
        ),
        (
            torch.zeros(2, 40),
            np.zeros((2, 2), dtype=np.int32),
            TypeError,
            "expected two torch tensors or two NumPy arrays",
        ),
        (np.zeros((2, 40), dtype=np.int32), np.zeros((2, 2), dtype=np.int32), TypeError, "found logits of int32"),
    ],
)
def test_what_does_not_fit_together_is_refused(logits: Any, bitmask: Any, error: type[Exception], found: str) -> None:
    with pytest.raises(error, match=found):
        apply_token_bitmask_inplace(logits, bitmask)


@pytest.mark.parametrize("row", [-1, 2, 7])
def test_an_index_outside_is_refused(row: int) -> None:
    with pytest.raises(ValueError, match=f"found the row index {row}, expected one from 0 to 1"):
        apply_token_bitmask_inplace(torch.zeros(3, 40), torch.zeros(2, 2, dtype=torch.int32), [0, row])
