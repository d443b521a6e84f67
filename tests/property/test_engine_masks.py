"""A mask says exactly which tokens can be accepted, whatever way led to the state."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from fcformat import GrammarMatcher
from support.drawn import draw_compiled, seeds
from support.engine import MIXED, allowed, compiled
from support.walks import Walk, random_tokens


@given(st.data())
def test_a_mask_bit_is_set_exactly_where_a_fork_accepts_the_token(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    walk = Walk(grammar, data.draw(seeds, label="seed"))
    for steps in (0, 3, 9):
        walk.wander(steps)
        mask = set(walk.allowed())
        by_token = {token for token in range(len(MIXED) + 1) if walk.matcher.fork().accept_token(token)}
        assert mask == by_token, walk.text
        by_bytes = {token for token, piece in enumerate(MIXED) if walk.matcher.fork().accept_string(piece)}
        assert mask - {walk.stop} == by_bytes, walk.text


@given(st.data())
def test_equal_texts_lead_to_equal_masks_whatever_the_tokens(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    source = random.Random(data.draw(seeds, label="seed"))
    walk = Walk(grammar, source.randrange(2**32))
    walk.wander(30)
    text = walk.text
    mask = allowed(walk.matcher, MIXED)
    at_once = GrammarMatcher(grammar)
    assert at_once.accept_string(text)
    assert allowed(at_once, MIXED) == mask, text
    for _ in range(3):
        other = GrammarMatcher(grammar)
        for token in random_tokens(text, source):
            assert other.accept_token(token), text
        assert allowed(other, MIXED) == mask, text


@given(st.permutations(["a", "b", "c", "d"]), st.permutations(["a", "b", "c", "d"]), st.integers(1, 4))
def test_the_order_in_which_properties_came_leaves_no_trace(one: list[str], two: list[str], count: int) -> None:
    names = set(one[:count])
    schema = {"properties": {name: {"type": "integer"} for name in "abcd"}, "required": ["a", "c"], "type": "object"}
    grammar = compiled(schema, None, MIXED)
    masks = []
    for order in (one, two):
        written = ",".join(f'"{name}":7' for name in order if name in names)
        matcher = GrammarMatcher(grammar)
        assert matcher.accept_string("{" + written + ",")
        masks.append(allowed(matcher, MIXED))
    assert masks[0] == masks[1]


@given(st.data())
def test_filling_a_mask_changes_nothing(data: st.DataObject) -> None:
    _, grammar = draw_compiled(data)
    seed = data.draw(seeds, label="seed")
    asked, unasked = Walk(grammar, seed), GrammarMatcher(grammar)
    asked.wander(15)
    for token in asked.ids:
        assert unasked.accept_token(token)
    assert allowed(asked.matcher, MIXED) == allowed(asked.matcher, MIXED) == allowed(unasked, MIXED)
