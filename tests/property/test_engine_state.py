"""Accepting can be taken back, forks live on their own, and a refused text leaves the state as it was."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from fcformat import GrammarMatcher
from support.drawn import draw_compiled, seeds
from support.engine import MIXED, allowed
from support.walks import Walk


def _seen(matcher: GrammarMatcher) -> tuple[set[int], bool, bool]:
    return allowed(matcher, MIXED), matcher.can_terminate(), matcher.is_terminated()


@given(st.data())
def test_accept_then_rollback_is_the_identity(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    seen = [_seen(walk.matcher)]
    for _ in range(20):
        before = len(walk.ids)
        walk.wander(1)
        if len(walk.ids) == before:
            break
        seen.append(_seen(walk.matcher))
    source = random.Random(data.draw(seeds, label="rollback seed"))
    while len(seen) > 1:
        count = source.randint(1, len(seen) - 1)
        walk.matcher.rollback(count)
        del seen[-count:]
        assert _seen(walk.matcher) == seen[-1]


@given(st.data())
def test_rollback_undoes_the_stop_token(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    text = walk.finish()
    walk.matcher.rollback(1)
    fresh = GrammarMatcher(grammar)
    assert fresh.accept_string(text)
    assert _seen(walk.matcher) == _seen(fresh)


@given(st.data())
def test_a_fork_and_its_origin_do_not_touch_each_other(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    walk.wander(8)
    text, seen = walk.text, _seen(walk.matcher)
    fork = walk.matcher.fork()
    assert _seen(fork) == seen
    walk.wander(8)
    assert _seen(fork) == seen, text
    after = _seen(walk.matcher)
    fork.reset()
    assert _seen(fork) == _seen(GrammarMatcher(grammar))
    assert _seen(walk.matcher) == after


@given(st.data())
def test_a_fork_can_be_rolled_back_behind_the_fork(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    walk.wander(6)
    fork = walk.matcher.fork()
    fork.rollback(len(walk.ids))
    assert _seen(fork) == _seen(GrammarMatcher(grammar))


@given(st.data())
def test_a_refused_token_or_text_leaves_the_state_as_it_was(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    walk.wander(10)
    seen = _seen(walk.matcher)
    for token in set(range(len(MIXED))) - seen[0]:
        assert not walk.matcher.accept_token(token)
        assert not walk.matcher.accept_string(MIXED[token])
    assert _seen(walk.matcher) == seen


@given(st.data())
def test_reset_returns_to_the_beginning(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    walk.finish()
    walk.matcher.reset()
    assert _seen(walk.matcher) == _seen(GrammarMatcher(grammar))


@given(st.data())
def test_the_jump_forward_string_is_the_only_way_on(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    for _ in range(6):
        jump = walk.matcher.find_jump_forward_string().encode()
        probe = walk.matcher.fork()
        for byte in jump:
            assert {MIXED[token][0] for token in allowed(probe, MIXED) - {walk.stop}} == {byte}, walk.text
            assert not probe.can_terminate()
            assert probe.accept_token(byte)
        walk.wander(2)
