"""Small schemas, small alphabets, all texts: the engine accepts what the oracle accepts, and keeps alive what can be finished."""

from __future__ import annotations

from typing import Any

import pytest

import oracle
from fcformat import GrammarMatcher, JSONStyle
from oracle import accepted_texts
from support.engine import MIXED, compiled
from support.walks import Walk

COMPACT = JSONStyle(whitespace="compact")
ONE_BLANK = JSONStyle(max_whitespace=1)
PYTHON = JSONStyle(whitespace="python")

# name -> schema, style, pieces, greatest number of pieces
CASES: dict[str, tuple[Any, JSONStyle, list[bytes], int]] = {
    "integers in bounds": (
        {"type": "integer", "minimum": -12, "maximum": 21},
        COMPACT,
        [b"-", b"0", b"1", b"2", b".", b"e"],
        5,
    ),
    "numbers in bounds": (
        {"type": "number", "exclusiveMinimum": -0.2, "maximum": 1.2},
        COMPACT,
        [b"-", b"0", b"1", b"2", b".", b"e"],
        6,
    ),
    "numbers far from zero": (
        {"type": "number", "minimum": 10, "exclusiveMaximum": 12},
        COMPACT,
        [b"-", b"0", b"1", b".", b"e", b"E+"],
        6,
    ),
    "tiny negative numbers": (
        {"type": "number", "exclusiveMaximum": 0, "minimum": -0.01},
        COMPACT,
        [b"-", b"0", b"1", b".", b"e"],
        7,
    ),
    "integers in any spelling": (
        {"type": "integer", "minimum": 1, "maximum": 10},
        JSONStyle(whitespace="compact", integer_spelling="any"),
        [b"0", b"1", b".", b"e", b"-"],
        6,
    ),
    "three constants": ({"enum": [1, 10, 1.5]}, COMPACT, [b"0", b"1", b"5", b".", b"e", b"-"], 6),
    "digits are counted": (
        {"type": "number"},
        JSONStyle(whitespace="compact", max_digits=2),
        [b"0", b"1", b".", b"-"],
        7,
    ),
    "strings by pattern": ({"type": "string", "pattern": "^(ab|b)*$"}, COMPACT, [b'"', b"a", b"b", b"\\", b"u0061"], 6),
    "strings by length": (
        {"type": "string", "minLength": 1, "maxLength": 2},
        COMPACT,
        [b'"', b"a", b"\xc3", b"\xa9", b"\\ud83d", b"\\ude00", b"\\n"],
        5,
    ),
    "strings of an enum": ({"enum": ["a", "aa", "ba", ""]}, COMPACT, [b'"', b"a", b"b", b"\\", b"u0061", b"u0062"], 6),
    "any short string": ({"type": "string"}, COMPACT, [b'"', b"\\", b"/", b"u", b"000a", b"\x1f", b"\x7f"], 5),
    "minimal escapes": (
        {"type": "string"},
        JSONStyle(escapes="minimal"),
        [b'"', b"\\", b"/", b"u", b"000a", b"0041", b"n"],
        5,
    ),
    "arrays of lengths": (
        {"type": "array", "items": {"enum": [0, 1]}, "minItems": 1, "maxItems": 2},
        ONE_BLANK,
        [b"[", b"]", b",", b"0", b"1", b" "],
        7,
    ),
    "tuples": (
        {"prefixItems": [{"const": 0}, {"const": []}], "items": False, "type": "array"},
        COMPACT,
        [b"[", b"]", b",", b"0", b"1"],
        8,
    ),
    "nested arrays": (
        {"$ref": "#/$defs/t", "$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}},
        COMPACT,
        [b"[", b"]", b",", b"0"],
        9,
    ),
    "arrays of two kinds": (
        {"anyOf": [{"type": "array", "items": {"const": 0}, "maxItems": 1}, {"type": "array", "items": {"const": 1}}]},
        COMPACT,
        [b"[", b"]", b",", b"0", b"1"],
        8,
    ),
    "properties in any order": (
        {
            "type": "object",
            "properties": {"a": {"const": 0}, "b": {"const": 1}},
            "required": ["a"],
            "additionalProperties": False,
        },
        COMPACT,
        [b"{", b"}", b'"a":', b'"b":', b'"\\u0061":', b",", b"0", b"1"],
        8,
    ),
    "free properties": (
        {"type": "object", "properties": {"a": False}, "additionalProperties": {"const": 0}},
        COMPACT,
        [b'{"', b"a", b"b", b"\\u0062", b'":0', b',"', b"}"],
        8,
    ),
    "required but not declared": (
        {"type": "object", "required": ["a"]},
        COMPACT,
        [b"{", b"}", b'"a"', b'"b"', b":", b",", b"0"],
        8,
    ),
    "blanks of the python style": ({"items": {"type": "array"}, "type": "array"}, PYTHON, [b"[", b"]", b",", b" "], 8),
    "blanks of python objects": ({"type": "object"}, PYTHON, [b"{", b"}", b'"a"', b'""', b":", b",", b" ", b"0"], 8),
    "linked list": (
        {
            "type": "object",
            "properties": {"n": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
            "required": ["n"],
            "additionalProperties": False,
        },
        COMPACT,
        [b"{", b"}", b'"n"', b":", b"null", b"n", b","],
        12,
    ),
    "all of": (
        {"allOf": [{"type": ["integer", "string"]}, {"minimum": 2}, {"maxLength": 1}]},
        COMPACT,
        [b'"', b"1", b"2", b"a", b"-"],
        4,
    ),
    "objects whose alternatives share keys": (
        {
            "anyOf": [
                {"properties": {"a": {"const": 0}, "b": {"const": 1}}, "required": ["a", "b"]},
                {"properties": {"a": {"const": 1}}, "required": ["a"], "additionalProperties": False},
            ],
            "type": "object",
        },
        COMPACT,
        [b"{", b"}", b'"a":', b'"b":', b",", b"0", b"1"],
        9,
    ),
}


def _live(grammar: Any, pieces: list[bytes], most: int) -> tuple[set[bytes], set[bytes]]:
    """All texts of at most `most` pieces that the engine accepts, and all that it keeps alive."""
    accepted, live = set(), set()
    pending = [(b"", 0, GrammarMatcher(grammar))]
    while pending:
        text, length, matcher = pending.pop()
        live.add(text)
        if matcher.can_terminate():
            accepted.add(text)
        if length < most:
            for piece in pieces:
                fork = matcher.fork()
                if fork.accept_string(piece):
                    pending.append((text + piece, length + 1, fork))
    return accepted, live


@pytest.mark.parametrize("name", CASES)
def test_the_engine_accepts_exactly_the_texts_of_the_oracle(name: str) -> None:
    schema, style, pieces, most = CASES[name]
    accepted, _ = _live(compiled(schema, style), pieces, most)
    expected = set(accepted_texts(schema, style, pieces, most))
    assert expected, "the case says nothing"
    assert sorted(accepted - expected) == []
    plain = {text for text in expected if oracle.expected(schema, text, style)}
    assert sorted(plain - accepted) == []


@pytest.mark.parametrize("name", CASES)
def test_all_that_is_kept_alive_can_be_finished(name: str) -> None:
    schema, style, pieces, most = CASES[name]
    grammar = compiled(schema, style, MIXED)
    _, live = _live(grammar, pieces, min(most, 5))
    for seed, text in enumerate(sorted(live)[:400]):
        walk = Walk(grammar, seed)
        for byte in text:
            walk.take(byte)
        walk.finish()
