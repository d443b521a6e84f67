"""Grammars in other processes and threads: pickled, inherited by a fork while threads are busy, in a DataLoader, in many threads."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from fcformat._locks import ForkSafeLock
from fcformat.decoding.compiler import GrammarCompiler
from fcformat.decoding.logits_processor import LogitsProcessor
from fcformat.decoding.matcher import GrammarMatcher
from fcformat.decoding.stopping import StoppingCriteria
from support.child_work import INFO, SCHEMA, TEXT, Masks, compiled, masks


def forks(test: Any) -> Any:
    """For tests that fork. Python warns of that beside threads; that it is safe here is what is tested."""
    skip = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
    return skip(pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")(test))


EXPECTED = masks(compiled())


def in_child(work: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether work is done, and well, in a forked child; a child that hangs is killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.002)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


class Busy:
    """Threads that do something over and over."""

    def __init__(self, work: Callable[[], Any], threads: int = 3) -> None:
        self._work = work
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self) -> None:
        while not self._stop.is_set():
            self._work()

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_a_grammar_is_pickled_with_all_that_it_means() -> None:
    grammar = GrammarCompiler(INFO, limits={"max_seconds": 3}).compile_json_schema(SCHEMA)
    masks(grammar)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert masks(pickle.loads(pickle.dumps(grammar, protocol))) == EXPECTED


def test_grammars_pickled_together_share_their_vocabulary() -> None:
    first, second = pickle.loads(pickle.dumps((compiled(), compiled())))
    assert first.tokenizer_info is second.tokenizer_info


def test_a_spawned_process_takes_a_pickled_grammar() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(masks, compiled()).result(timeout=120) == EXPECTED


@forks
def test_a_child_forked_while_threads_fill_can_use_the_same_grammar() -> None:
    grammar = compiled()
    with Busy(lambda: masks(grammar)):
        assert all(in_child(lambda: masks(grammar) == EXPECTED) for _ in range(30))
    assert masks(grammar) == EXPECTED


@forks
def test_a_child_forked_while_threads_compile_can_compile() -> None:
    compiler = GrammarCompiler(INFO, cache_size=2)
    numbers = iter(range(10**9))

    def compile_one() -> bool:
        grammar = compiler.compile_json_schema({"const": next(numbers)})
        return GrammarMatcher(grammar).accept_string("7") in (True, False)

    with Busy(compile_one):
        assert all(in_child(lambda: compile_one() and masks(compiled()) == EXPECTED) for _ in range(20))


@forks
def test_a_child_can_take_a_lock_that_a_thread_of_its_parent_holds() -> None:
    lock = ForkSafeLock()

    def take() -> bool:
        with lock.held:
            return True

    with lock.held:
        assert in_child(take)


def steps(processor: LogitsProcessor) -> list[set[int]]:
    """What a processor allows along the text, its criterion having begun each next mask."""
    criterion = StoppingCriteria(processor)
    found = []
    ids = torch.tensor([[0, 0, 0], [0, 0, 1]])
    for number, token in enumerate(TEXT.encode()):
        masked = processor(ids, torch.randn(2, INFO.vocab_size))  # type: ignore[arg-type]
        found.append(set(torch.nonzero(~torch.isneginf(masked[0])).flatten().tolist()))
        other = ord(" ") if number == 1 else token  # the rows part, so that there are two masks to fill
        ids = torch.cat([ids, torch.tensor([[token], [other]])], dim=1)
        criterion(ids, None)  # type: ignore[arg-type]
    return found


@forks
def test_masks_are_filled_ahead_in_a_forked_child_too() -> None:
    grammar = compiled()
    expected = steps(LogitsProcessor(grammar, overlap=False))
    processor = LogitsProcessor(grammar, overlap=True)
    assert steps(processor) == expected  # the worker threads are running
    assert in_child(lambda: steps(LogitsProcessor(grammar, overlap=True)) == expected)
    assert in_child(lambda: steps(processor) == expected)
    assert steps(processor) == expected


@forks
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_of_a_data_loader_use_a_grammar(context: str) -> None:
    grammar = compiled()
    masks(grammar)
    loader = torch.utils.data.DataLoader(
        Masks(grammar), batch_size=None, num_workers=2, multiprocessing_context=context
    )
    assert list(loader) == [EXPECTED] * 6


def test_many_threads_share_a_grammar_that_is_new() -> None:
    grammar = compiled()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: masks(grammar), range(40))) == {EXPECTED}


def test_many_threads_share_a_compiler_with_a_small_cache() -> None:
    compiler = GrammarCompiler(INFO, cache_size=3)

    def accepts(number: int) -> bool:
        matcher = GrammarMatcher(compiler.compile_json_schema({"const": number % 9}))
        return matcher.accept_string(str(number % 9)) and matcher.can_terminate()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(accepts, range(400)))
    assert compiler.cache_hits + compiler.cache_misses == 400
