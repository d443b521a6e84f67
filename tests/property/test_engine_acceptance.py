"""The engine and the oracle agree on complete texts: nothing invalid in, nothing valid out."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from support.drawn import draw_compiled, judge, styles
from support.engine import accepts_from_start
from support.instances import instances, spellings

_damage = st.tuples(
    st.integers(0, 200), st.sampled_from([b"", b" ", b",", b'"', b"0", b"}", b"]", b"\\", b"a", b"\xff", b"-", b"."])
)


def agrees(grammar: Any, text: bytes, expected: bool | None) -> bool:
    """Whether the engine says what is expected; None: it only has to answer."""
    found = accepts_from_start(grammar, text)
    return expected is None or found == expected


@given(st.data())
def test_engine_and_oracle_agree_on_values_in_any_spelling(data: st.DataObject) -> None:
    style = data.draw(styles, label="style")
    schema, grammar = draw_compiled(data, style)
    for _ in range(6):
        text = data.draw(spellings(data.draw(instances(schema)), style), label="text")
        assert agrees(grammar, text, judge(schema, text, style)), text


@given(st.data())
def test_engine_and_oracle_agree_on_damaged_texts(data: st.DataObject) -> None:
    schema, grammar = draw_compiled(data)
    text = data.draw(spellings(data.draw(instances(schema))), label="text")
    for at, piece in data.draw(st.lists(_damage, min_size=1, max_size=4), label="damage"):
        place = at % (len(text) + 1)
        damaged = text[:place] + piece + text[place + (at % 2) :]
        assert agrees(grammar, damaged, judge(schema, damaged, None)), damaged


@given(st.data())
def test_a_value_is_accepted_in_every_order_of_its_properties(data: st.DataObject) -> None:
    schema, grammar = draw_compiled(data)
    value = data.draw(instances(schema), label="value")
    if isinstance(value, dict):
        shuffled = dict(data.draw(st.permutations(list(value.items())), label="order"))
        texts = [data.draw(spellings(one), label="text") for one in (value, shuffled)]
        for text in texts:
            assert agrees(grammar, text, judge(schema, text, None)), text
