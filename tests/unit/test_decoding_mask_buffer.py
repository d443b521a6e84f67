"""Tests of filling masks ahead: on another thread where it pays, for the right ids, into rows that nobody reads."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
import torch

from fcformat.decoding import mask_buffer
from fcformat.decoding.mask_buffer import MaskBuffer, words_of
from fcformat.decoding.matcher_pool import RowState
from fcformat.decoding.tokenizer_info import TokenizerInfo

INFO = TokenizerInfo.from_bytes([bytes([65 + number]) for number in range(40)], stop_token_ids=39)


class SlowMatcher:
    """Allows one token, and takes its time to say so."""

    def __init__(self, token: int, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.token = token
        self.threads: list[str] = []
        self._seconds = seconds
        self._error = error

    def is_terminated(self) -> bool:
        return False

    def fill_next_token_bitmask(self, bitmask: Any, index: int = 0) -> bool:
        time.sleep(self._seconds)
        if self._error is not None:
            raise self._error
        self.threads.append(threading.current_thread().name)
        bitmask.numpy()[index] = words_of([self.token], INFO.vocab_size)
        return True

    def __getattr__(self, name: str) -> Any:  # the rest of the protocol is not asked for
        raise AssertionError(name)


def ids(*row: int) -> Any:
    return np.array([row], dtype=np.int64)


def tokens(bitmask: torch.Tensor) -> list[list[int]]:
    return [[i for i in range(40) if words[i // 32] >> i % 32 & 1] for words in bitmask.tolist()]


def test_what_was_begun_is_ready_and_was_filled_on_another_thread() -> None:
    buffer, matcher = MaskBuffer(INFO, None, overlap=True), SlowMatcher(7, 0.01)
    buffer.begin([RowState(matcher)], ids(1))
    assert tokens(buffer.fill([RowState(matcher)], ids(1))) == [[7]]
    (name,) = matcher.threads
    assert name.startswith("fcformat-mask")


def test_what_was_begun_for_other_ids_is_not_taken() -> None:
    buffer = MaskBuffer(INFO, None, overlap=True)
    buffer.begin([RowState(SlowMatcher(7, 0.01))], ids(1))
    assert tokens(buffer.fill([RowState(SlowMatcher(8))], ids(2))) == [[8]]
    buffer.begin([RowState(SlowMatcher(7, 0.01))], ids(1))
    assert tokens(buffer.fill([RowState(SlowMatcher(9))] * 2, np.array([[1], [1]]))) == [[9], [9]]


@pytest.mark.parametrize(("limit", "elsewhere"), [(10.0, False), (0.001, True)])
def test_a_thread_is_used_by_itself_only_where_filling_takes_long(
    limit: float, elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mask_buffer, "_WORTH_A_THREAD", limit)
    buffer, matcher = MaskBuffer(INFO, None, overlap=None), SlowMatcher(7, 0.002)
    for step in range(4):
        buffer.begin([RowState(matcher)], ids(step))
        buffer.fill([RowState(matcher)], ids(step))
    assert any(name.startswith("fcformat-mask") for name in matcher.threads) == elsewhere
    assert not matcher.threads[0].startswith("fcformat-mask")  # nothing is known before the first


def test_rows_that_are_being_read_are_not_written() -> None:
    buffer = MaskBuffer(INFO, None, overlap=True)
    first = buffer.fill([RowState(SlowMatcher(1))], ids(1))
    buffer.begin([RowState(SlowMatcher(2))], ids(1, 2))
    buffer.settle()
    assert tokens(first) == [[1]]
    assert tokens(buffer.fill([RowState(SlowMatcher(3))], ids(1, 2))) == [[2]]


def test_an_error_of_a_begun_fill_is_raised_by_the_fill_that_needs_it() -> None:
    buffer = MaskBuffer(INFO, None, overlap=True)
    buffer.begin([RowState(SlowMatcher(1, error=MemoryError("too much")))], ids(1))
    buffer.settle()
    with pytest.raises(MemoryError, match="too much"):
        buffer.fill([RowState(SlowMatcher(1))], ids(1))
    assert tokens(buffer.fill([RowState(SlowMatcher(1))], ids(1))) == [[1]]


def test_a_device_that_still_reads_is_waited_for() -> None:
    class Event:
        waited = 0

        def synchronize(self) -> None:
            self.waited += 1

    buffer, event = MaskBuffer(INFO, None, overlap=False), Event()
    buffer.fill([RowState(SlowMatcher(1))], ids(1))
    buffer.sent(event)
    buffer.fill([RowState(SlowMatcher(2))], ids(2))
    assert event.waited == 0
    buffer.fill([RowState(SlowMatcher(3))], ids(3))
    assert event.waited == 1


def test_rows_with_one_state_are_filled_once() -> None:
    matcher = SlowMatcher(5)
    state = RowState(matcher)
    buffer = MaskBuffer(INFO, None, overlap=False)
    assert tokens(buffer.fill([state, None, state], ids(1).repeat(3, axis=0))) == [[5], list(range(40)), [5]]
    assert len(matcher.threads) == 1
