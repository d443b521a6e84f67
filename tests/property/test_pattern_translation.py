"""Translated patterns agree with Python's `re` wherever the two dialects do: all small patterns, all short texts.

`re` is told ASCII classes and `\\Z` for `$`. Left out is where it differs from ECMA-262: `\\B` in an empty text, and
lookbehinds of varying length.
"""

from __future__ import annotations

import gzip
import itertools
import json
import random
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcformat._core import Expression
from support.data import data_path

TEXTS = ["".join(text) for length in range(5) for text in itertools.product("ab-", repeat=length)]
ATOMS = ("", "a", "-", "[^a]", ".", "\\w", "^", "$", "\\b", "\\B")
REPEATABLE = ("a", "-", "[^a]", ".", "\\w")
QUANTIFIERS = ("*", "+", "?", "{2}", "{0,2}", "{1,}", "*?")
LOOKBEHINDS = ("(?<=a)", "(?<!a)", "(?<=^)", "(?<!\\W)", "(?<=[^a]a)", "(?<!ab)")


def in_python(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("$", "\\Z"), re.ASCII)


def disagreements(pattern: str, texts: list[str]) -> list[tuple[str, str]]:
    """The texts, and how they are matched, about which the translation and `re` are of two minds."""
    judge, search, full = in_python(pattern), Expression.search(pattern), Expression.full(pattern)
    found = []
    for text in texts:
        if text == "" and "\\B" in pattern:
            continue
        if search.matches(text) != bool(judge.search(text)):
            found.append(("search", text))
        if full.matches(text) != bool(judge.fullmatch(text)):
            found.append(("full", text))
    return found


@lru_cache(None)
def patterns(size: int) -> tuple[str, ...]:
    """All patterns of so many operators and atoms, but for those that only another grouping tells apart."""
    if size == 1:
        return (*ATOMS, *LOOKBEHINDS)
    found = []
    for inner in patterns(size - 1):
        if inner in REPEATABLE:
            found += [inner + quantifier for quantifier in QUANTIFIERS]
        found += [f"({inner}){quantifier}" for quantifier in QUANTIFIERS[:5]]
        found += [f"(?={inner})", f"(?!{inner})"]
    for first in range(1, size - 1):
        for a, b in itertools.product(patterns(first), patterns(size - 1 - first)):
            found += [a + b] if a and b else []
            found.append(f"(?:{a}|{b})")
    return tuple(dict.fromkeys(found))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_all_small_patterns_agree_with_re_on_all_short_texts(size: int) -> None:
    wrong = {pattern: disagreements(pattern, TEXTS) for pattern in patterns(size)}
    assert {pattern: found for pattern, found in wrong.items() if found} == {}


@pytest.mark.slow
def test_the_next_larger_patterns_agree_with_re_on_all_short_texts() -> None:
    drawn = random.Random(0).sample(patterns(4), 10_000)
    wrong = {pattern: disagreements(pattern, TEXTS) for pattern in drawn}
    assert {pattern: found for pattern, found in wrong.items() if found} == {}


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    quantifiers = st.sampled_from([*QUANTIFIERS, "{1,3}", "{3}", "??"])
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=4).map(lambda options: f"(?:{'|'.join(options)})"),
        st.builds(lambda body, quantifier: f"({body}){quantifier}", inner, quantifiers),
        st.builds(lambda kind, body: f"(?{kind}{body})", st.sampled_from("=!:"), inner),
    )


drawn_patterns = st.recursive(st.sampled_from((*ATOMS, *LOOKBEHINDS, "b", "[ab]", "[b-]", "\\W")), larger, max_leaves=8)
short_texts = st.lists(st.text("ab-", max_size=7), min_size=20, max_size=40)


@given(drawn_patterns, short_texts)
def test_drawn_patterns_agree_with_re(pattern: str, texts: list[str]) -> None:
    assert disagreements(pattern, texts) == []


@given(drawn_patterns)
def test_a_shortest_text_is_found_exactly_where_there_is_one(pattern: str) -> None:
    expression = Expression.full(pattern)
    shortest = expression.shortest()
    assert (shortest is None) is expression.is_empty()
    matched = [text for text in TEXTS if expression.matches(text)]
    assert shortest is not None or not matched
    assert shortest is None or expression.matches(shortest)
    assert shortest is None or not matched or len(shortest) <= len(matched[0])


def patterns_of(schema: Any) -> Iterator[str]:
    """All values of `pattern` and keys of `patternProperties` in a schema."""
    todo = [schema]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if isinstance(value.get("pattern"), str):
                yield value["pattern"]
            if isinstance(value.get("patternProperties"), dict):
                yield from value["patternProperties"]
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def real_patterns() -> list[str]:
    with gzip.open(data_path("data", "maskbench", "dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        return sorted({pattern for line in lines for pattern in patterns_of(json.loads(line)["schema"])})


def damaged(text: str, source: random.Random) -> str:
    """The text after up to two characters have been taken away, put in or replaced."""
    for _ in range(source.randrange(3)):
        at, piece = (
            source.randrange(len(text) + 1),
            source.choice(["", "a", "Z", "0", "-", "_", ".", "/", ":", " ", "@", "{"]),
        )
        text = text[:at] + piece + text[at + source.randrange(2) :]
    return text


def test_real_patterns_agree_with_re_on_texts_near_them() -> None:
    source = random.Random(0)
    for pattern in real_patterns():
        expression = Expression.search(pattern)
        shortest = expression.shortest()
        assert shortest is not None, pattern
        # A dollar sign in a class or behind a backslash is no anchor; the texts hold no line break, so $ needs no \Z.
        judge = re.compile(pattern, re.ASCII)
        texts = [shortest, *(damaged(shortest, source) for _ in range(40))]
        assert [text for text in texts if expression.matches(text) != bool(judge.search(text))] == [], pattern
