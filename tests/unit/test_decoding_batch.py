"""Many matchers in one call, drafted tokens, forced tokens."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
import pytest

from fcformat import BatchGrammarMatcher, GrammarCompiler, GrammarMatcher, JSONStyle, TokenizerInfo, traverse_draft_tree

PIECES = [bytes([byte]) for byte in range(0x20, 0x7F)] + [
    b'{"',
    b'":',
    b'", "',
    b"name",
    b'name"',
    b"na",
    b"true",
    b'"}',
]
STOP = len(PIECES)
SCHEMAS: list[Any] = [
    {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False},
    {"type": "integer"},
    {"type": "array", "items": {"enum": ["name", "na"]}},
    True,
]


@pytest.fixture(scope="module")
def compiler() -> GrammarCompiler:
    return GrammarCompiler(TokenizerInfo.from_bytes([*PIECES, b"</s>"], stop_token_ids=STOP))


def rows(count: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.full((count, (STOP + 32) // 32), 0x5A5A5A5A, dtype=np.int32)


def id_of(piece: bytes) -> int:
    return PIECES.index(piece)


def matchers_along(compiler: GrammarCompiler, count: int) -> list[GrammarMatcher]:
    source = random.Random(count)
    made = []
    for _ in range(count):
        matcher = GrammarMatcher(compiler.compile_json_schema(source.choice(SCHEMAS)))
        for _ in range(source.randrange(6)):
            matcher.accept_token(source.randrange(STOP))
        made.append(matcher)
    return made


@pytest.mark.parametrize("count", [1, 7, 32, 130])
@pytest.mark.parametrize("threads", [1, 2, "auto"])
def test_a_batch_is_filled_as_each_matcher_alone_would(compiler: GrammarCompiler, count: int, threads: Any) -> None:
    matchers = matchers_along(compiler, count)
    alone, together = rows(count), rows(count)
    for row, matcher in enumerate(matchers):
        matcher.fill_next_token_bitmask(alone, row)
    BatchGrammarMatcher(threads).batch_fill_next_token_bitmask(matchers, together)
    assert np.array_equal(alone, together)


def test_a_batch_writes_the_rows_that_it_is_told_and_no_others(compiler: GrammarCompiler) -> None:
    matchers = matchers_along(compiler, 2)
    mask, expected = rows(4), rows(4)
    matchers[0].fill_next_token_bitmask(expected, 3)
    matchers[1].fill_next_token_bitmask(expected, 1)
    BatchGrammarMatcher().batch_fill_next_token_bitmask(matchers, mask, [3, 1])
    assert np.array_equal(mask, expected)


def test_a_batch_refuses_a_matcher_or_row_that_comes_twice(compiler: GrammarCompiler) -> None:
    matchers = matchers_along(compiler, 2)
    batch = BatchGrammarMatcher()
    for wrong in (
        lambda: batch.batch_fill_next_token_bitmask([matchers[0], matchers[0]], rows(2)),
        lambda: batch.batch_fill_next_token_bitmask(matchers, rows(2), [1, 1]),
        lambda: batch.batch_fill_next_token_bitmask(matchers, rows(1)),
        lambda: batch.batch_fill_next_token_bitmask(matchers, rows(2), [0]),
        lambda: batch.batch_fill_next_token_bitmask(matchers, rows(2)[:, 1:]),
        lambda: batch.batch_accept_token(matchers, [0]),
        lambda: BatchGrammarMatcher(0),
    ):
        with pytest.raises(ValueError):
            wrong()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_fills_batches_of_its_own(compiler: GrammarCompiler) -> None:
    matchers = matchers_along(compiler, 40)
    expected = rows(40)
    BatchGrammarMatcher(2).batch_fill_next_token_bitmask(matchers, expected)
    child = os.fork()
    if child == 0:
        mask = rows(40)
        BatchGrammarMatcher(2).batch_fill_next_token_bitmask(matchers, mask)
        os._exit(0 if np.array_equal(mask, expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_batch_accepts_one_token_each(compiler: GrammarCompiler) -> None:
    matchers = [GrammarMatcher(compiler.compile_json_schema(schema)) for schema in SCHEMAS[:2]]
    assert BatchGrammarMatcher().batch_accept_token(matchers, [id_of(b'{"'), id_of(b"x")]) == [True, False]
    assert [matcher.num_accepted for matcher in matchers] == [1, 0]


def test_validating_tokens_changes_nothing(compiler: GrammarCompiler) -> None:
    matcher = GrammarMatcher(compiler.compile_json_schema(SCHEMAS[0]))
    tokens = [id_of(piece) for piece in (b'{"', b'name"', b":", b'"', b"x", b'"}')]
    assert matcher.validate_tokens(tokens) == 6
    assert matcher.validate_tokens([*tokens, STOP, 0]) == 7
    assert matcher.validate_tokens([*tokens[:2], -1]) == 2
    assert matcher.validate_tokens([1 << 40]) == 0
    assert matcher.num_accepted == 0


def test_forced_text_comes_as_its_longest_tokens(compiler: GrammarCompiler) -> None:
    style = JSONStyle(whitespace="compact", escapes="minimal")
    matcher = GrammarMatcher(compiler.compile_json_schema(SCHEMAS[0], style))
    matcher.accept_token(id_of(b'{"'))
    forced = matcher.find_jump_forward_string()
    tokens = matcher.find_jump_forward_tokens()
    assert tokens
    assert forced.encode().startswith(b"".join(PIECES[token] for token in tokens))
    assert tokens[0] in (id_of(b'name"'), id_of(b"name"))
    assert matcher.find_jump_forward_tokens(lambda text: [id_of(bytes([c])) for c in text.encode()]) == [
        id_of(bytes([c])) for c in forced.encode()[:-1]
    ]
    assert GrammarMatcher(compiler.compile_json_schema(True)).find_jump_forward_tokens() == []


def test_a_draft_tree_is_filled_node_by_node(compiler: GrammarCompiler) -> None:
    matcher = GrammarMatcher(compiler.compile_json_schema(SCHEMAS[0]))
    # 0: the root; 1 {" -> 2 name" -> 4 :  ; 3 (sibling of 2) na ; 5 (sibling of 1) x, refused, with a child 6
    tokens = [0, id_of(b'{"'), id_of(b'name"'), id_of(b"na"), id_of(b":"), id_of(b"x"), id_of(b"x")]
    first_child = [1, 2, 4, -1, -1, 6, -1]
    next_sibling = [-1, 5, 3, -1, -1, -1, -1]
    mask = rows(7)
    traverse_draft_tree(np.array(first_child), np.array(next_sibling), np.array(tokens), matcher, mask)
    assert matcher.num_accepted == 0
    expected = rows(7)
    for node, way in {0: [], 1: [1], 2: [1, 2], 3: [1, 3], 4: [1, 2, 4]}.items():
        fork = matcher.fork()
        assert all(fork.accept_token(tokens[step]) for step in way)
        fork.fill_next_token_bitmask(expected, node)
    assert np.array_equal(mask, expected)


@pytest.mark.parametrize(
    ("first_child", "next_sibling"), [([1, 0], [-1, -1]), ([1, 7], [-1, -1]), ([1, -1], [-1, 1]), ([1], [-1])]
)
def test_links_that_make_no_tree_are_refused(
    compiler: GrammarCompiler, first_child: list[int], next_sibling: list[int]
) -> None:
    matcher = GrammarMatcher(compiler.compile_json_schema(True))
    with pytest.raises(ValueError, match="draft tree"):
        traverse_draft_tree(first_child, next_sibling, [0, id_of(b"{")], matcher, rows(2))
    assert matcher.num_accepted == 0
