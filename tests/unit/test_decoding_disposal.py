"""Grammars that a full cache drops are taken apart on another thread: whoever still uses one may, in forked processes too."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher
from support.engine import SINGLE_BYTES, compiler


def _schema(number: int) -> str:
    return json.dumps({"enum": [f"{number}-{other}" for other in range(50)]})


def _fresh(**options: Any) -> GrammarCompiler:
    return GrammarCompiler(compiler(SINGLE_BYTES).tokenizer_info, **options)


def _is_right(small: GrammarCompiler, number: int) -> bool:
    matcher = GrammarMatcher(small.compile_json_schema(_schema(number)))
    return matcher.accept_string(f'"{number}-7"') and matcher.can_terminate()


def test_a_dropped_grammar_serves_who_still_has_it() -> None:
    small = _fresh(cache_size=1)
    matchers = [GrammarMatcher(small.compile_json_schema(_schema(number))) for number in range(200)]
    time.sleep(0.05)
    assert all(matcher.accept_string(f'"{number}-7"') for number, matcher in enumerate(matchers))
    assert small.cache_misses == 200


def test_memory_that_the_cache_gives_up_is_counted_out_at_once() -> None:
    small = _fresh(cache_size=1)
    for number in range(100):
        small.compile_json_schema(_schema(number))
    only = small.compile_json_schema(_schema(99))
    assert small.cache_hits == 1
    assert small.cache_bytes == only.nbytes


def test_threads_that_drop_grammars_together() -> None:
    small = _fresh(cache_size=2)
    right: list[bool] = []

    def work(first: int) -> None:
        right.extend(_is_right(small, first + number) for number in range(150))

    threads = [threading.Thread(target=work, args=(1000 * place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 600


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_drops_grammars_of_its_own() -> None:
    small = _fresh(cache_size=1)
    for number in range(50):  # the parent's thread is at work
        small.compile_json_schema(_schema(number))
    for _ in range(5):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if all(_is_right(small, 100 + number) for number in range(100)) else 2
            finally:
                os._exit(status)
        small.compile_json_schema(_schema(77))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    gc.collect()
    assert _is_right(small, 5)
