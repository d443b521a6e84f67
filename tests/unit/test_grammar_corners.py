"""Corners of grammars that faults put into the core by hand (tests/mutation) had found unwatched."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import grammar as g
from support.engine import SINGLE_BYTES, accepts_from_start, compiler


@pytest.mark.parametrize(
    ("schema", "inside", "broken"),
    [
        ({"type": "integer"}, "12", '12\\"'),
        ({"type": "string", "maxLength": 3}, '\\"abc\\"', '\\"abc\\"\\"'),
        ({"type": "array", "items": {"type": "number"}}, "[1,2.5]", '[1,2.5\\"'),
    ],
)
def test_a_value_inside_a_string_ends_at_the_strings_own_quote(
    schema: dict[str, Any], inside: str, broken: str
) -> None:
    value = g.schema_value(schema, syntax="json_string")
    compiled = compiler(SINGLE_BYTES).compile_grammar(g.sequence(g.literal('"'), value, g.literal('"')))
    assert accepts_from_start(compiled, f'"{inside}"')
    for text in (f'"{broken}', f'"{broken}"', f'"{inside}', f'"{inside}\\"'):
        assert not accepts_from_start(compiled, text), text


def test_an_escaped_quote_belongs_to_the_value_whatever_may_follow_it() -> None:
    value = g.schema_value({"type": "integer"}, syntax="json_string")
    grammar = g.sequence(g.literal('"'), value, g.choice(g.literal('"'), g.literal("\\")))
    compiled = compiler(SINGLE_BYTES).compile_grammar(grammar)
    assert accepts_from_start(compiled, '"12"')
    assert not accepts_from_start(compiled, '"12\\"')
