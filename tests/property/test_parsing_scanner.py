"""Finding the first of several strings: one pattern in which what they begin with alike is written once."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from fcformat.parsing.cursor import Finder, Scanner

NEEDLES = st.lists(st.text("ab<", min_size=1, max_size=5), min_size=1, max_size=6).map(tuple)
TEXTS = st.text("ab<", max_size=40)


def first(needles: tuple[str, ...], text: str, start: int) -> tuple[int, str] | None:
    """What must be found, in the plainest way."""
    for place in range(start, len(text)):
        standing = [needle for needle in needles if text.startswith(needle, place)]
        if standing:
            return place, max(standing, key=len)
    return None


@given(NEEDLES, TEXTS, st.integers(0, 10))
def test_the_first_and_longest_is_found(needles: tuple[str, ...], text: str, start: int) -> None:
    expected = first(needles, text, start)
    assert Scanner(needles).find(text, start) == expected
    assert Finder(needles).find(text, start) == expected


@given(NEEDLES, TEXTS, st.integers(0, 40))
def test_nothing_is_found_behind_the_end(needles: tuple[str, ...], text: str, end: int) -> None:
    assert Scanner(needles).find(text, 0, end) == first(needles, text[:end], 0)


@given(NEEDLES, TEXTS, st.sampled_from(["a", "[ab]{2}", ".<"]), st.data())
def test_a_needle_before_which_its_pattern_does_not_match_is_passed_over(
    needles: tuple[str, ...], text: str, pattern: str, data: st.DataObject
) -> None:
    picky = data.draw(st.sampled_from(needles))
    found = Scanner(needles, ahead={picky: pattern}).find(text, 0)
    expected = None
    for place in range(len(text)):
        standing = [
            needle
            for needle in needles
            if text.startswith(needle, place) and (needle != picky or re.compile(pattern).match(text, place))
        ]
        if standing:
            expected = place, max(standing, key=len)
            break
    assert found == expected


@given(NEEDLES, TEXTS)
def test_what_may_become_a_needle_is_held(needles: tuple[str, ...], text: str) -> None:
    held = Scanner(needles).held(text, 0)
    assert all(
        not needle.startswith(text[at:]) or len(text) - at <= held
        for needle in needles
        for at in range(len(text))
        if len(needle) > len(text) - at
    )
