"""Grammars with rules, of every kind of recursion and ambiguity, held against a slow recogniser over all short texts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcformat import CompiledGrammar, GrammarMatcher, SchemaError
from fcformat.grammar import Choice, Grammar, Literal, Regex, Repeat, Rule, Rules, Sequence
from oracle import recogniser
from support.engine import allowed, compiler

NAMES = ("root", "a", "b", "c")
VOCABULARY = (b"a", b"b", b"ab", b"ba", b"aab")
STOP = len(VOCABULARY)
LONGEST = 5

LEAVES: st.SearchStrategy[Grammar] = st.one_of(
    st.sampled_from(["a", "b", "", "ab", "ba"]).map(Literal),
    st.sampled_from([Regex("[ab]"), Regex("[^a]")]),
)


@st.composite
def grammars(draw: st.DrawFn) -> Rules:
    """Up to four rules over `a` and `b`."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    nodes = st.recursive(
        st.one_of(LEAVES, st.sampled_from(names).map(Rule)),
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda items: Sequence(tuple(items))),
            st.lists(inner, min_size=2, max_size=3).map(lambda items: Choice(tuple(items))),
            st.tuples(inner, st.integers(0, 2), st.sampled_from([0, 1, 2, None])).map(
                lambda t: Repeat(t[0], t[1], None if t[2] is None else t[1] + t[2])
            ),
        ),
        max_leaves=5,
    )
    return Rules(tuple((name, draw(nodes)) for name in names), "root")


@given(grammars())
def test_a_text_is_allowed_just_where_the_rules_say_so(grammar: Rules) -> None:
    check(grammar)


def check(grammar: Rules) -> None:
    if not recogniser.has_text(grammar):
        with pytest.raises(SchemaError, match="no text satisfies the grammar"):
            compiler(VOCABULARY).compile_grammar(grammar)
        return
    compiled = compiler(VOCABULARY).compile_grammar(grammar)
    allowed_texts = {text for text in texts(LONGEST) if recogniser.is_viable(grammar, text)}
    for text, matcher in reachable(compiled, ""):
        assert text in allowed_texts, f"{text!r} leads nowhere"
        assert matcher.can_terminate() == recogniser.accepts(grammar, text), text
        allowed_texts.remove(text)
        expected = {
            token
            for token, piece in enumerate(VOCABULARY)
            if len(text) + len(piece) <= LONGEST and recogniser.is_viable(grammar, text + piece.decode())
        }
        found = {t for t in allowed(matcher, VOCABULARY) if t == STOP or len(text) + len(VOCABULARY[t]) <= LONGEST}
        assert found - {STOP} == expected, text
        assert (STOP in found) == matcher.can_terminate(), text
    assert not allowed_texts, "not reached"


def texts(longest: int) -> Iterator[str]:
    """All texts over `a` and `b` up to a length."""
    level = [""]
    for _ in range(longest + 1):
        yield from level
        level = [text + letter for text in level for letter in "ab"]


def reachable(compiled: CompiledGrammar, text: str) -> Iterator[tuple[str, GrammarMatcher]]:
    """The texts that a matcher takes letter by letter, each with a matcher that stands behind it."""
    stack = [(text, GrammarMatcher(compiled))]
    while stack:
        text, matcher = stack.pop()
        yield text, matcher
        if len(text) == LONGEST:
            continue
        for letter in (0, 1):
            fork = matcher.fork()
            if fork.accept_token(letter):
                stack.append((text + "ab"[letter], fork))
