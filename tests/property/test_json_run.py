"""The core's scan of plain JSON, held against Python's own decoder, and against itself in pieces."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from hypothesis import given
from hypothesis import strategies as st

from fcformat._core import json_end, json_run

DEEPEST = 5
VALUE, DONE = 0, 5
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
#: What breaks JSON, or nearly does.
SPICE = st.sampled_from(
    [*'{}[]",:\\ \n\t\r0-1.eE+tfnu/x', '\\"', "\\u12", "\\ud83d", "\x00", "\x1f", "é", "中", "😀", "NaN", "1e5", ", ]"]
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """JSON of a container, written one way or another, and damaged now and then."""
    value = draw(st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(1, len(text)))
        text = text[:at] + draw(SPICE) + text[at + draw(st.integers(0, 2)) :]
    return text + draw(st.sampled_from(["", "}", " x", ","]))


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


#: Objects come as the lists of their values, also of keys that stand there twice.
_DECODER = json.JSONDecoder(
    parse_constant=_refuse, parse_int=str, parse_float=str, object_pairs_hook=lambda pairs: [pair[1] for pair in pairs]
)


def decoded_end(text: str) -> int:
    """Where Python's decoder ends, `-1` where it refuses the text or the text is nested too deeply."""
    try:
        value, end = _DECODER.raw_decode(text)
    except ValueError:
        return -1
    return end if _depth(value) <= DEEPEST else -1


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@given(texts(), st.sampled_from(["", "ab", "é", "中", "😀"]))
def test_the_core_ends_where_the_standard_decoder_ends(text: str, before: str) -> None:
    end = json_end(before + text, len(before), DEEPEST)
    assert (end - len(before) if end >= 0 else -1) == decoded_end(text)


@given(texts(), st.lists(st.integers(0, 200), max_size=6))
def test_a_text_in_pieces_is_read_as_far_as_the_whole_one(text: str, cuts: list[int]) -> None:
    whole = json_run(text, 0, "", VALUE, DEEPEST)
    at, closers, due = 0, "", VALUE
    for cut in (*sorted(cut for cut in cuts if cut < len(text)), len(text)):
        if cut >= at:
            at, closers, due = json_run(text[:cut], at, closers, due, DEEPEST)
    assert (at, closers, due) == whole


@given(texts())
def test_what_is_passed_over_leaves_off_at_a_token(text: str) -> None:
    at, closers, due = json_run(text, 0, "", VALUE, DEEPEST)
    assert due == DONE or json_run(text, at, closers, due, DEEPEST) == (at, closers, due)
    assert (due == DONE) == (json_end(text, 0, DEEPEST) == at)
