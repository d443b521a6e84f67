"""Tests of the masked copy that a processor returns: the native way and the one through torch agree with a reference of a few lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fcformat.decoding import masking
from fcformat.decoding.recycled_memory import RecycledMemory

TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
STOP = np.array([1 << 5, 0], dtype=np.int32)


def random_bitmask(rows: int, words: int, density: float, seed: int) -> torch.Tensor:
    bits = np.random.default_rng(seed).random((rows, words * 32)) < density
    return torch.from_numpy(np.packbits(bits, axis=1, bitorder="little").view("<i4").astype(np.int32))


def reference(scores: torch.Tensor, bitmask: torch.Tensor) -> torch.Tensor:
    result = torch.full_like(scores, float("-inf"))
    width = scores.shape[1]
    for row, words in enumerate(bitmask.tolist()):
        allowed = [i for i in range(min(width, len(words) * 32)) if words[i // 32] >> i % 32 & 1]
        if not allowed:
            result[row, 5] = 0.0
            continue
        result[row, allowed] = scores[row, allowed]
        if bool(torch.isneginf(result[row]).all()):
            result[row, allowed] = 0.0
    return result.contiguous()


@pytest.fixture(params=["native", "torch"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "torch":
        monkeypatch.setattr(masking, "_native_can_read", lambda scores: False)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("width", [31, 64, 300, 2048, 2049, 5000])
def test_forbidden_scores_are_minus_infinity_in_the_copy(dtype: torch.dtype, width: int) -> None:
    store = torch.randn(3, 2, width + 2).to(dtype)
    scores = store[:, 1, 1 : width + 1]
    before = store.clone()
    for seed, density in enumerate((0.0, 0.003, 0.5, 0.999, 1.0)):
        for words in {(width + 31) // 32, max(1, width // 64), width // 32 + 3}:
            bitmask = random_bitmask(3, words, density, seed)
            masked, event = masking.masked_copy(scores, bitmask, STOP, RecycledMemory())
            assert event is None
            assert masked.dtype == dtype
            assert masked.is_contiguous()
            assert torch.equal(masked, reference(scores, bitmask))
    assert torch.equal(store, before)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_row_that_others_emptied_gets_its_allowed_tokens_back(dtype: torch.dtype) -> None:
    scores = torch.randn(4, 4100).to(dtype)
    bitmask = random_bitmask(4, 129, 0.2, 0)
    bitmask[2] = 0
    bitmask[2, 128] = 1
    for row in (1, 2):
        scores[row, ~torch.isneginf(reference(scores, bitmask)[row])] = float("-inf")
    masked, _ = masking.masked_copy(scores, bitmask, STOP, RecycledMemory())
    assert torch.equal(masked, reference(scores, bitmask))
    assert masked[2, 4096] == 0


def test_values_that_are_allowed_keep_their_bits() -> None:
    scores = torch.tensor([[float("nan"), float("inf"), -0.0, 1e-45, 7.0, float("-inf")]])
    masked, _ = masking.masked_copy(scores, torch.tensor([[0b101111]], dtype=torch.int32), STOP, RecycledMemory())
    assert masked.view(torch.int32)[0, :4].tolist() == scores.view(torch.int32)[0, :4].tolist()
    assert torch.isneginf(masked[0, 4:]).all()


@pytest.mark.parametrize("layout", ["columns apart", "rows backwards", "one row for all"])
def test_scores_may_lie_in_any_way(layout: str) -> None:
    base: dict[str, Any] = {
        "columns apart": torch.randn(100, 3).T,
        "rows backwards": torch.randn(3, 100).flip(0),
        "one row for all": torch.randn(1, 100).expand(3, 100),
    }
    bitmask = random_bitmask(3, 4, 0.5, 0)
    assert torch.equal(
        masking.masked_copy(base[layout], bitmask, STOP, RecycledMemory())[0], reference(base[layout], bitmask)
    )
