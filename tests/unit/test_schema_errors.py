"""What is wrong, unsupported or impossible in a schema is said when it is compiled, with the place and the keyword."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import (
    FcformatError,
    GrammarCompiler,
    GrammarLimitError,
    SchemaError,
    TokenizerInfo,
    UnsupportedSchemaError,
)
from support.engine import accepts, compiled

# name -> a schema that asks for what no automaton can follow, and the keyword
UNSUPPORTED: dict[str, tuple[Any, str]] = {
    "a back-reference": ({"type": "string", "pattern": "^(a|b)\\1$"}, "pattern"),
    "a back-reference in a name": ({"patternProperties": {"^(.)\\1$": {"type": "null"}}}, "patternProperties"),
}

ANNOTATIONS: dict[str, Any] = {
    "title": "a title",
    "description": "what it is for",
    "default": {"a": [1]},
    "examples": [1, "two"],
    "$comment": "why",
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "readOnly": True,
    "writeOnly": False,
    "deprecated": True,
    "contentEncoding": "base64",
    "contentMediaType": "application/json",
    "x-order": 3,
    "$defs": {"unused": {"type": "null"}},
    "then": False,
    "else": {"type": "null"},
    "minContains": 3,
    "maxContains": 0,
}

# name -> schema, pointer of the schema that is wrong, keyword
WRONG: dict[str, tuple[Any, str, str]] = {
    "an unknown type": ({"type": "strnig"}, "", "type"),
    "a type that is no text": ({"type": 3}, "", "type"),
    "an unknown type in a list": ({"type": ["string", "int"]}, "", "type"),
    "a negative length": ({"minLength": -1}, "", "minLength"),
    "a broken length": ({"maxLength": 1.5}, "", "maxLength"),
    "a length as text": ({"minLength": "1"}, "", "minLength"),
    "a size as boolean": ({"minItems": True}, "", "minItems"),
    "a size that is null": ({"maxItems": None}, "", "maxItems"),
    "a bound as text": ({"maximum": "3"}, "", "maximum"),
    "an open group": ({"pattern": "("}, "", "pattern"),
    "a repetition of nothing": ({"pattern": "a|*"}, "", "pattern"),
    "a pattern that is no text": ({"pattern": 3}, "", "pattern"),
    "an enum that is no list": ({"enum": "a"}, "", "enum"),
    "properties as a list": ({"properties": ["a"]}, "", "properties"),
    "a property that is no schema": ({"properties": {"a": 3}}, "", "properties"),
    "required as text": ({"required": "a"}, "", "required"),
    "required of numbers": ({"required": [1]}, "", "required"),
    "additionalProperties as a number": ({"additionalProperties": 1}, "", "additionalProperties"),
    "prefixItems as an object": ({"prefixItems": {}}, "", "prefixItems"),
    "anyOf as an object": ({"anyOf": {"a": {}}}, "", "anyOf"),
    "anyOf of nothing": ({"anyOf": []}, "", "anyOf"),
    "allOf of texts": ({"allOf": ["a"]}, "", "allOf"),
    "$defs as a list": ({"$defs": [{}]}, "", "$defs"),
    "a reference to nowhere": ({"$ref": "#/$defs/none"}, "", "$ref"),
    "a reference through a text": ({"title": "t", "$ref": "#/title/x"}, "", "$ref"),
    "a reference that is no text": ({"$ref": 3}, "", "$ref"),
    "deep down": (
        {"properties": {"a~/": {"items": {"anyOf": [True, {"minLength": -1}]}}}},
        "/properties/a~0~1/items/anyOf/1",
        "minLength",
    ),
    "deep down behind a reference": (
        {"$ref": "#/$defs/x", "$defs": {"x": {"prefixItems": [{"type": "x"}]}}},
        "/$defs/x/prefixItems/0",
        "type",
    ),
    "a list": ([], "", ""),
    "a number": (3, "", ""),
    "null": (None, "", ""),
}

IMPOSSIBLE: dict[str, Any] = {
    "crossed numbers of properties": {"type": "object", "minProperties": 2, "maxProperties": 1},
    "more names than may be": {"type": "object", "minProperties": 2, "propertyNames": {"enum": ["a"]}},
    "more required names than may be": {"type": "object", "required": ["a", "b"], "maxProperties": 1},
    "more unique items than values": {
        "type": "array",
        "items": {"type": "boolean"},
        "uniqueItems": True,
        "minItems": 3,
    },
    "a choice of two that hold together": {"oneOf": [True, True]},
    "a schema and its negation": {"type": "string", "pattern": "^a", "not": {"pattern": "^a"}},
    "no multiple between": {"type": "integer", "minimum": 1, "maximum": 6, "multipleOf": 7},
    "contained items that may not be": {"type": "array", "contains": {"type": "null"}, "items": {"type": "string"}},
    "false": False,
    "an enum of nothing": {"enum": []},
    "crossed bounds": {"type": "integer", "minimum": 3, "maximum": 2},
    "no integer between": {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
    "touching open bounds": {"type": "number", "minimum": 1.5, "exclusiveMaximum": 1.5},
    "crossed lengths": {"type": "string", "minLength": 3, "maxLength": 2},
    "crossed sizes": {"type": "array", "minItems": 3, "maxItems": 2},
    "a pattern that is too long": {"type": "string", "pattern": "^abc$", "maxLength": 2},
    "two patterns": {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "^b"}]},
    "two types": {"allOf": [{"type": "string"}, {"type": "null"}]},
    "a constant of another type": {"type": "string", "const": 1},
    "constants that differ": {"allOf": [{"const": 1}, {"const": 2}]},
    "true is not one": {"allOf": [{"const": 1}, {"const": True}]},
    "a required property that may not be": {"type": "object", "required": ["a"], "properties": {"a": False}},
    "a required property without a schema": {"type": "object", "required": ["a"], "additionalProperties": False},
    "a required property without a value": {"type": "object", "required": ["a"], "properties": {"a": {"enum": []}}},
    "items that may not be": {"type": "array", "minItems": 1, "items": False},
    "items without a value": {"type": "array", "minItems": 2, "prefixItems": [True, {"enum": []}]},
    "an array without an end": {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1}},
    },
    "an object without an end": {"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]},
    "two objects that need each other": {
        "$ref": "#/$defs/a",
        "$defs": {
            "a": {"type": "object", "properties": {"b": {"$ref": "#/$defs/b"}}, "required": ["b"]},
            "b": {"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1},
        },
    },
    "alternatives that are all impossible": {
        "anyOf": [False, {"enum": []}, {"type": "integer", "minimum": 1, "maximum": 0}]
    },
}

CIRCULAR: dict[str, Any] = {
    "itself": {"$ref": "#"},
    "in two steps": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
    "through allOf": {"allOf": [{"$ref": "#"}, {"type": "null"}]},
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_is_not_supported_is_named_with_its_place(name: str) -> None:
    schema, keyword = UNSUPPORTED[name]
    with pytest.raises(UnsupportedSchemaError) as caught:
        compiled({"properties": {"a/b": {"items": {"anyOf": [{"type": "null"}, schema]}}}})
    assert caught.value.pointer.startswith("/properties/a~1b/items/anyOf/1")
    assert caught.value.keyword == keyword
    assert keyword in str(caught.value)
    assert caught.value.pointer in str(caught.value)


@pytest.mark.parametrize("keyword", ANNOTATIONS)
def test_an_annotation_is_no_constraint(keyword: str) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer", keyword: ANNOTATIONS[keyword]}},
        keyword: ANNOTATIONS[keyword],
    }
    assert accepts(schema, '{"a":1}')
    assert not accepts(schema, '{"a":"x"}')


def test_an_unknown_format_is_an_annotation() -> None:
    assert accepts({"type": "string", "format": "x-unheard-of"}, '"anything"')


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_keyword_is_named_with_its_place(name: str) -> None:
    schema, pointer, keyword = WRONG[name]
    with pytest.raises(SchemaError) as caught:
        compiled(schema)
    assert type(caught.value) is SchemaError
    assert (caught.value.pointer, caught.value.keyword) == (pointer, keyword)
    assert pointer in str(caught.value)
    assert keyword in str(caught.value)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_schema_without_valid_values_is_refused_at_once(name: str) -> None:
    with pytest.raises(SchemaError) as caught:
        compiled(IMPOSSIBLE[name])
    assert type(caught.value) is SchemaError
    assert caught.value.pointer in ("", "/properties/a", "/properties/n", "/$defs/a")


@pytest.mark.parametrize("name", CIRCULAR)
def test_a_reference_that_leads_back_without_a_step_is_refused(name: str) -> None:
    with pytest.raises(SchemaError) as caught:
        compiled(CIRCULAR[name])
    assert type(caught.value) is SchemaError


def test_a_reference_to_another_document_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match=r"https://example\.com/other\.json") as caught:
        compiled({"items": {"$ref": "https://example.com/other.json"}})
    assert (caught.value.pointer, caught.value.keyword) == ("/items", "$ref")


def test_a_dialect_that_is_none_of_the_drafts_is_read_as_no_statement() -> None:
    schema = {
        "$schema": "https://example.com/dialect",
        "prefixItems": [{"type": "null"}],
        "if": True,
        "then": {"maxItems": 1},
    }
    assert accepts(schema, "[null]")
    assert not accepts(schema, "[1]")
    assert not accepts(schema, "[null, null]")


@pytest.mark.parametrize("text", ["", "{", '{"type": "string"', "{'type': 'null'}", '{"type":}'])
def test_a_schema_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(SchemaError):
        compiled(text)


def test_a_schema_as_text_keeps_its_numbers_exact() -> None:
    assert accepts('{"const": 0.1234567890123456789012345}', "0.1234567890123456789012345")
    assert not accepts('{"const": 0.1234567890123456789012345}', "0.1234567890123456789012346")
    assert not accepts('{"const": 0.1234567890123456789012345}', "0.12345678901234568")


def test_the_schema_is_not_changed() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1, 2.5]}}, "required": ["a"]}
    before = repr(schema)
    compiled(schema)
    assert repr(schema) == before


def test_a_schema_nested_without_reason_meets_a_limit_and_not_the_stack() -> None:
    depth = 100_000
    with pytest.raises(FcformatError):
        compiled('{"items":' * depth + "{}" + "}" * depth)


def test_a_budget_that_is_exceeded_is_named() -> None:
    info = TokenizerInfo.from_bytes([b"a", None], control_tokens={1: "<stop>"}, stop_token_ids=[1])
    compiler = GrammarCompiler(info, limits={"max_expression_nodes": 50})
    with pytest.raises(GrammarLimitError, match="max_expression_nodes = 50"):
        compiler.compile_json_schema(
            {"type": "string", "pattern": "|".join(f"^[a-{last}]{{3}}$" for last in "bcdefghijklmnopqrstuvwxyz")}
        )
