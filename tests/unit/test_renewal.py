"""An automaton that has grown too large is built anew, and nobody who uses it notices."""

from __future__ import annotations

import random
import threading

import pytest

from fcformat import GrammarLimitError, GrammarMatcher, TokenizerInfo
from fcformat import grammar as g
from fcformat.decoding import CompiledGrammar, GrammarCompiler
from support.engine import MIXED, allowed

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-c]{2,40}$", "maxLength": 30},
        "host": {"type": "string", "format": "hostname"},
    },
    "additionalProperties": {"type": "string", "maxLength": 60},
}
STOP = len(MIXED)
SMALL = 60_000


def compiled(grammar: g.Grammar, **limits: float) -> CompiledGrammar:
    info = TokenizerInfo.from_bytes([*MIXED, None], control_tokens={STOP: "<stop>"}, stop_token_ids=[STOP])
    return GrammarCompiler(info, limits=limits).compile_grammar(grammar)


def walk(matcher: GrammarMatcher, twin: GrammarMatcher, rng: random.Random, steps: int) -> None:
    """Takes the same random tokens with both, now and then some steps back."""
    matcher.reset()
    twin.reset()
    taken = 0
    for _ in range(steps):
        mask = allowed(matcher, MIXED)
        assert mask == allowed(twin, MIXED)
        token = rng.choice(sorted(mask))
        assert matcher.accept_token(token)
        assert twin.accept_token(token)
        taken += 1
        if rng.random() < 0.2:
            back = rng.randint(0, min(5, taken))
            matcher.rollback(back)
            twin.rollback(back)
            taken -= back
        if matcher.is_terminated():
            assert twin.is_terminated()
            return


def test_a_grown_automaton_is_renewed_and_matchers_go_on() -> None:
    small = compiled(g.schema_value(SCHEMA), max_grammar_bytes=SMALL)
    large = compiled(g.schema_value(SCHEMA))
    rng = random.Random(3)
    matcher, twin = GrammarMatcher(small), GrammarMatcher(large)
    for _ in range(40):
        walk(matcher, twin, rng, 30)
    assert small.native.renewals > 0
    assert large.native.renewals == 0


def test_matchers_that_rested_meanwhile_find_their_place() -> None:
    small = compiled(g.schema_value(SCHEMA), max_grammar_bytes=SMALL)
    resting = GrammarMatcher(small)
    assert resting.accept_string('{"name": "abc')
    forked = resting.fork()
    busy, twin = GrammarMatcher(small), GrammarMatcher(compiled(g.schema_value(SCHEMA)))
    rng = random.Random(4)
    while small.native.renewals < 2:
        walk(busy, twin, rng, 30)
    for matcher in (resting, forked):
        assert not matcher.accept_string("d")
        assert matcher.accept_string('c", "k": "v"}')
        matcher.rollback(1)
        assert matcher.accept_string('"}')
        assert matcher.accept_token(STOP)
        assert matcher.is_terminated()
    while small.native.renewals < 4:
        walk(busy, twin, rng, 30)
    assert resting.is_terminated()
    resting.rollback(1)
    assert resting.can_terminate()
    assert resting.accept_token(STOP)


def test_control_tokens_are_replayed() -> None:
    tag = len(MIXED) + 1
    info = TokenizerInfo.from_bytes(
        [*MIXED, None, b"<t>"], control_tokens={STOP: "<stop>", tag: "<t>"}, stop_token_ids=[STOP]
    )
    grammar = g.sequence(g.free_text(("<t>",)), g.control_token("<t>"), g.schema_value(SCHEMA))
    small = GrammarCompiler(info, limits={"max_grammar_bytes": SMALL}).compile_grammar(grammar)
    resting = GrammarMatcher(small)
    assert resting.accept_string("hello ")
    assert resting.accept_token(tag)
    assert resting.accept_string('{"host": "a-')
    others = [GrammarMatcher(small) for _ in range(3)]
    rng = random.Random(5)
    while small.native.renewals < 2:
        for other in others:
            other.reset()
            assert other.accept_token(tag)
            assert other.accept_string('{"host": "')
            other.accept_string("".join(rng.choices("abc-.xyz019", k=40)))
            for key in range(8):
                other.accept_string(f'", "{rng.random()}{key}": "x')
    assert resting.accept_string('b"}')
    assert resting.can_terminate()


def test_threads_share_a_grammar_that_is_renewed() -> None:
    small = compiled(g.schema_value(SCHEMA), max_grammar_bytes=SMALL)
    large = compiled(g.schema_value(SCHEMA))
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            rng = random.Random(seed)
            matcher, twin = GrammarMatcher(small), GrammarMatcher(large)
            for _ in range(10):
                walk(matcher, twin, rng, 30)
        except BaseException as error:  # handed to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert small.native.renewals > 0


def test_one_step_that_needs_more_than_the_budget_still_fails() -> None:
    schema = {"type": "string", "pattern": "^(?:.*a.{12}|.*b.{15})$"}  # remembers where the last letters were
    grammar = compiled(g.schema_value(schema), max_expression_nodes=2_000)
    matcher = GrammarMatcher(grammar)
    assert matcher.accept_string('"')
    rng = random.Random(1)
    with pytest.raises(GrammarLimitError, match="max_expression_nodes"):
        matcher.accept_string("".join(rng.choice("ab") for _ in range(5_000)))
