"""Masks that are made from another state's are those that the matcher itself would give."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import TokenizerInfo
from fcformat.decoding import GrammarCompiler, GrammarMatcher
from support.engine import allowed

WORDS = [
    "a",
    "b",
    "ab",
    " ",
    " a",
    '"',
    '",',
    '"}',
    '":',
    '": ',
    '"a',
    "\\",
    "\\n",
    "\\u0061",
    "\\u00",
    "é",
    "n",
    "na",
    "name",
    'name"',
    "x",
]
LONG = [
    "a" * 25,
    "a" * 40,
    "ab" * 15,
    " " * 30,
    "a " * 14,
    "name" * 8,
    "a" * 30 + '"',
    "a" * 29 + '"}',
    "{",
    "}",
    ", ",
    '": "',
    "1",
    ":",
]
TOKENS = tuple(token.encode() for token in [*WORDS, *LONG])
STOP = len(TOKENS)
INFO = TokenizerInfo.from_bytes([*TOKENS, None], control_tokens={STOP: "<stop>"}, stop_token_ids=[STOP])


def hold(schema: Any, texts: list[str]) -> None:
    """After every prefix of the texts, the mask and what the matcher takes are the same."""
    grammar = GrammarCompiler(INFO).compile_json_schema(schema)
    for text in texts:
        matcher = GrammarMatcher(grammar)
        for place in range(len(text) + 1):
            mask = set(allowed(matcher, TOKENS))
            for token in range(len(TOKENS)):
                fork = matcher.fork()
                assert fork.accept_token(token) == (token in mask), (text[:place], TOKENS[token])
            if place < len(text):
                assert matcher.accept_string(text[place])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^[a-c]{0,70}$"},
        {"type": "string", "pattern": "^[a-c]{50,70}$"},
        {"type": "string", "pattern": "^(?:a+ ){0,40}a$"},
        {"type": "string", "pattern": "^[a ]*$", "maxLength": 60},
        {"type": "string", "pattern": "^(?:[ab]{30}|a{2})+$", "maxLength": 62},
        {"type": "string", "pattern": "a$", "minLength": 3, "maxLength": 60},
    ],
)
def test_counts_far_from_their_bounds_do_not_change_a_mask(schema: Any) -> None:
    hold(schema, ['"' + "a" * length for length in (28, 45, 59)])


def test_keys_in_the_middle_of_known_names_have_exact_masks() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "integer"}, "names": {"type": "string"}, "na": False},
        "additionalProperties": {"type": "string"},
    }
    hold(schema, ['{"name": 1, "na', '{"x": "a", "names": "a", "name', '{"\\u0061": "a", "a'])
