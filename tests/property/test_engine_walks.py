"""Whatever the masks allow leads to a valid value: no dead end, and an end that the oracle accepts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support.drawn import draw_compiled, judge, seeds, styles
from support.walks import Walk


@given(st.data())
def test_every_random_walk_can_be_ended_and_ends_valid(data: st.DataObject) -> None:
    style = data.draw(styles, label="style")
    schema, grammar = draw_compiled(data, style)
    for steps in (0, 4, 25):
        walk = Walk(grammar, data.draw(seeds, label="seed"))
        walk.wander(steps)
        text = walk.finish()
        assert judge(schema, text, style) is not False, text


@given(st.data())
def test_a_terminated_matcher_allows_nothing_and_stays_defined(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    walk.finish()
    matcher = walk.matcher
    assert matcher.is_terminated()
    assert not matcher.accept_token(walk.stop)
    assert not matcher.accept_token(ord("1"))
    assert not matcher.accept_string(b"1")
    assert matcher.is_terminated()
    matcher.rollback(1)
    assert not matcher.is_terminated()
    assert matcher.can_terminate()
