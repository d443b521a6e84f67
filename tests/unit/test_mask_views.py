"""What a mask must be to be filled: int32, of the right width, contiguous, writeable; and that it is looked at again where it may have changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from support.engine import SINGLE_BYTES

INFO = TokenizerInfo.from_bytes([*SINGLE_BYTES, None], stop_token_ids=[len(SINGLE_BYTES)])
WORDS = (INFO.vocab_size + 31) // 32
GRAMMAR = GrammarCompiler(INFO).compile_json_schema({"type": "null"})


def read_only() -> Any:
    mask = np.zeros((2, WORDS), dtype=np.int32)
    mask.flags.writeable = False
    return mask


@pytest.mark.parametrize(
    ("mask", "found"),
    [
        (np.zeros((2, WORDS + 1), dtype=np.int32), "shape"),
        (np.zeros(WORDS, dtype=np.int32), "shape"),
        (np.zeros((2, WORDS), dtype=np.int64), "int64"),
        (np.zeros((2, WORDS), dtype=np.float32), "float32"),
        (np.zeros((2, 2 * WORDS), dtype=np.int32)[:, ::2], "not contiguous"),
        (read_only(), "not writeable"),
        (torch.zeros(2, WORDS + 1, dtype=torch.int32), "shape"),
        (torch.zeros(2, WORDS, dtype=torch.int64), "int64"),
        (torch.zeros(2, WORDS, dtype=torch.float32), "float32"),
        (torch.zeros(2, 2 * WORDS, dtype=torch.int32)[:, ::2], "not contiguous"),
        (torch.zeros(2, WORDS, dtype=torch.int32, device="meta"), "on meta"),
        (b"none", "a bytes"),
        ([[0] * WORDS], "a list"),
    ],
)
def test_what_is_no_mask_is_refused_and_described(mask: Any, found: str) -> None:
    with pytest.raises(ValueError, match=f"bitmask: found .*{found}.*expected int32"):
        GrammarMatcher(GRAMMAR).fill_next_token_bitmask(mask, 0)


@pytest.mark.parametrize("row", [-1, 2])
def test_a_row_that_the_mask_does_not_have_is_refused(row: int) -> None:
    matcher, mask = GrammarMatcher(GRAMMAR), np.zeros((2, WORDS), dtype=np.int32)
    matcher.fill_next_token_bitmask(mask, 1)
    with pytest.raises(ValueError, match=f"row {row}"):
        matcher.fill_next_token_bitmask(mask, row)


def expected() -> Any:
    mask = np.zeros((1, WORDS), dtype=np.int32)
    mask[0, ord("n") >> 5] = 1 << (ord("n") & 31)
    return mask


def test_masks_and_matchers_may_change_places() -> None:
    masks: list[Any] = [np.zeros((1, WORDS), dtype=np.int32), torch.zeros(1, WORDS, dtype=torch.int32)] * 2
    matchers = [GrammarMatcher(GRAMMAR) for _ in range(2)]
    for _ in range(3):
        for matcher in matchers:
            for mask in masks:
                mask[:] = 7
                matcher.fill_next_token_bitmask(mask, 0)
                assert np.array_equal(np.asarray(mask), expected())


def test_a_tensor_whose_memory_has_moved_is_looked_at_again() -> None:
    mask = torch.zeros(1, WORDS, dtype=torch.int32)
    first = GrammarMatcher(GRAMMAR)
    first.fill_next_token_bitmask(mask, 0)
    mask.data = torch.zeros(1, WORDS, dtype=torch.int32)
    for matcher in (first, GrammarMatcher(GRAMMAR)):
        mask.zero_()
        matcher.fill_next_token_bitmask(mask, 0)
        assert np.array_equal(mask.numpy(), expected())


def test_a_grammar_of_another_width_looks_at_the_same_mask_anew() -> None:
    mask = np.zeros((1, WORDS), dtype=np.int32)
    GrammarMatcher(GRAMMAR).fill_next_token_bitmask(mask, 0)
    wide = TokenizerInfo.from_bytes([*SINGLE_BYTES, *[b"ab"] * 64, None], stop_token_ids=[len(SINGLE_BYTES) + 64])
    matcher = GrammarMatcher(GrammarCompiler(wide).compile_json_schema({"type": "null"}))
    with pytest.raises(ValueError, match="shape"):
        matcher.fill_next_token_bitmask(mask, 0)
