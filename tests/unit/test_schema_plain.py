"""Schemas whose value is seen at a glance, beside such that look like them and have none."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, JSONStyle, SchemaError, TokenizerInfo
from support.engine import SINGLE_BYTES

INFO = TokenizerInfo.from_bytes([*SINGLE_BYTES, None], stop_token_ids=[len(SINGLE_BYTES)])
WITHOUT: list[Any] = [
    {"type": "string", "minLength": 3, "maxLength": 2},
    {"type": "string", "minLength": 10**13, "maxLength": 10**12},
    {"type": "string", "enum": []},
    {"type": "string", "enum": [1, None]},
    {"type": "integer", "minimum": 3, "maximum": 2},
    {"type": "integer", "minimum": 0.2, "maximum": 0.8},
    {"type": "object", "required": ["a"], "properties": {"a": False}},
    {"type": "object", "required": ["a"], "additionalProperties": False},
    {"type": "object", "required": ["a"], "patternProperties": {"": False}},
    {"type": "object", "required": ["a", "b"], "maxProperties": 1},
    {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}},
    {"type": "object", "required": ["a"], "additionalProperties": {"type": "string", "minLength": 2, "maxLength": 1}},
    {"type": "object", "required": ["a"], "propertyNames": {"minLength": 2}},
    {"type": "object", "required": ["ab", "c"], "propertyNames": {"pattern": "^a"}, "properties": {"ab": True}},
    {"type": "object", "required": ["\ud800"]},
    {"type": "object", "required": ["ab"], "patternProperties": {"^a": {"type": "null"}, "b$": {"type": "string"}}},
    {"type": "array", "minItems": 1, "items": False},
    {"type": "array", "minItems": 2, "maxItems": 1},
    {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}},
    {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 1, "items": {"type": "null", "enum": [0]}}},
    {"$ref": "#"},
]
WITH: list[tuple[Any, str]] = [
    ({"type": "string", "minLength": 2, "maxLength": 2}, '"ab"'),
    ({"type": "string", "enum": [1, "x"]}, '"x"'),
    ({"type": "integer", "minimum": 2, "maximum": 2}, "2"),
    (
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "format": "date"}}},
        '{"a":"2024-02-29"}',
    ),
    ({"type": "object", "required": ["a"], "additionalProperties": {"type": "null"}}, '{"a":null}'),
    ({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "number"}}}, "[0.5]"),
]


@pytest.mark.parametrize("schema", WITHOUT)
def test_a_schema_without_values_is_refused(schema: Any) -> None:
    with pytest.raises(SchemaError, match="no value|refers to itself"):
        GrammarCompiler(INFO).compile_json_schema(schema)


@pytest.mark.parametrize(("schema", "text"), WITH)
def test_a_schema_with_a_value_allows_it(schema: Any, text: str) -> None:
    matcher = GrammarMatcher(GrammarCompiler(INFO).compile_json_schema(schema))
    assert matcher.accept_string(text)
    assert matcher.can_terminate()


def test_numbers_with_more_digits_than_may_be_written_are_no_values() -> None:
    with pytest.raises(SchemaError):
        GrammarCompiler(INFO).compile_json_schema({"type": "integer", "minimum": 1000}, JSONStyle(max_digits=2))


def test_schemas_that_need_one_another_over_a_long_way_have_a_value() -> None:
    chain: Any = {"type": "string"}
    for _ in range(200):
        chain = {"type": "object", "required": ["a"], "properties": {"a": chain}}
    GrammarCompiler(INFO).compile_json_schema(chain)
    links = {f"n{i}": {"$ref": f"#/$defs/n{i + 1}"} for i in range(20_000)} | {"n20000": {"type": "null"}}
    GrammarCompiler(INFO).compile_json_schema({"$defs": links, "$ref": "#/$defs/n19990"})


def test_keys_are_told_apart_where_an_object_is_written() -> None:
    patterns = {f"^k{number}:(en|nl|[a-f]{{2}}):x$": {"type": "string"} for number in range(30)}
    inside = {"type": "object", "patternProperties": patterns, "required": ["k3:en:x"]}
    schema = {"type": "object", "properties": {"a": inside, "b": {"type": "integer"}}, "required": ["a"]}
    grammar = GrammarCompiler(INFO).compile_json_schema(schema)
    matcher = GrammarMatcher(grammar)
    assert matcher.accept_string('{"b":1,"a":')
    before = grammar.nbytes
    assert matcher.accept_string('{"k3:')
    assert grammar.nbytes > 5 * before
    assert matcher.accept_string('en:x":"text","k4:af:x":"text"}}')
    assert matcher.can_terminate()
