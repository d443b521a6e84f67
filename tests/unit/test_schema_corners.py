"""Corners of schemas that faults put into the core by hand (tests/mutation) had found unwatched."""

from __future__ import annotations

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.errors import GrammarLimitError
from support.cases import Case, by_name, check
from support.engine import SINGLE_BYTES, allowed, compiled, matcher

DYNAMIC_TREE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/strict-tree",
    "$dynamicAnchor": "node",
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "https://example.com/tree",
            "$dynamicAnchor": "node",
            "type": "object",
            "properties": {"data": True, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
        }
    },
}
CORNERS = (
    Case(
        "an open bound beside the same one closed",
        {"type": "integer", "minimum": 3, "allOf": [{"exclusiveMinimum": 3}, {"maximum": 7}, {"exclusiveMaximum": 7}]},
        ("4", "6"),
        ("3", "7"),
    ),
    Case(
        "a closed bound beside the same one open",
        {"allOf": [{"exclusiveMinimum": 3}, {"minimum": 3}, {"exclusiveMaximum": 7}, {"maximum": 7}], "type": "number"},
        ("4", "6.9"),
        ("3", "3.0", "7"),
    ),
    Case(
        "decimal places behind the divisor's last",
        {"type": "number", "multipleOf": 0.01},
        ("0.01", "0.15", "1.500", "7"),
        ("0.015", "0.001", "1.2345"),
    ),
    Case(
        "names in references are escaped",
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer"}, "a~b": {"type": "string"}}},
        ("1",),
        ('"x"',),
    ),
    Case(
        "a tilde in a reference",
        {"$ref": "#/$defs/a~0b", "$defs": {"a/b": {"type": "integer"}, "a~b": {"type": "string"}}},
        ('"x"',),
        ("1",),
    ),
    Case(
        "a $dynamicRef leads to the outermost anchor on the way",
        DYNAMIC_TREE,
        ('{"children":[{"data":1,"children":[]}]}',),
        ('{"children":[{"daat":1}]}', '{"daat":1}'),
    ),
    Case(
        "what is empty only while a question is open is not empty for good",
        {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/link"}},
                {"type": "object", "maxProperties": 0},
            ],
            "$defs": {"link": {"type": "object", "required": ["to"], "properties": {"to": {"$ref": "#"}}}},
        },
        ("{}", '[{"to":{}}]', '[{"to":[{"to":{}}]}]'),
        ("[]", '[{"to":1}]', "[{}]"),
    ),
    Case(
        "keys under a pattern that are many, but not endless, come once",
        {"patternProperties": {"^[a-z]{2}$": True}, "additionalProperties": False, "type": "object"},
        ('{"ab":1,"cd":2,"ba":3}',),
        ('{"ab":1,"ab":2}', '{"ab":1,"cd":1,"ab":2}', '{"abc":1}'),
    ),
    Case(
        "a pattern holds for declared names too",
        {"properties": {"ab": {"type": "integer"}}, "patternProperties": {"^a": {"minimum": 3}}, "type": "object"},
        ('{"ab":3}', '{"b":1}'),
        ('{"ab":1}', '{"ab":3.5}', '{"ac":1}'),
    ),
    Case(
        "of two prefixes the longer is evaluated",
        {
            "type": "array",
            "allOf": [{"prefixItems": [True, {"const": 1}]}, {"prefixItems": [True]}],
            "unevaluatedItems": False,
        },
        ("[0,1]", "[0]"),
        ("[0,2]", "[0,1,2]"),
    ),
    Case(
        "a branch of anyOf that fails evaluates nothing",
        {
            "type": "object",
            "anyOf": [
                {"properties": {"a": {"const": 1}}, "required": ["a"]},
                {"properties": {"b": {"const": 2}}, "required": ["b"]},
            ],
            "unevaluatedProperties": False,
        },
        ('{"a":1}', '{"b":2}', '{"a":1,"b":2}'),
        ("{}", '{"a":1,"b":3}', '{"a":1,"c":3}'),
    ),
)


@by_name(CORNERS)
def test_corners(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("start", [b"\xe0", b"\xf0"])
def test_no_character_is_begun_that_would_be_longer_than_it_needs(start: bytes) -> None:
    state = matcher({"type": "string"})
    assert state.accept_string(b'"' + start)
    first = 0xA0 if start == b"\xe0" else 0x90
    assert sorted(allowed(state)) == list(range(first, 0xC0))


def test_a_search_that_runs_out_of_states_says_so_and_not_that_there_is_no_text() -> None:
    info = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
    lengths = r"^(?=(?:a{7})+$)(?=(?:a{11})+$)(?:a{13})+$"  # the shortest text has 1001 characters
    with pytest.raises(GrammarLimitError, match="max_search_states"):
        GrammarCompiler(info, limits={"max_search_states": 100}).compile_regex(lengths)
    state = GrammarMatcher(GrammarCompiler(info).compile_regex(lengths))
    assert state.accept_string("a" * 1001)
    assert state.can_terminate()


def test_many_texts_that_a_string_must_contain_are_found_without_trying_all_their_orders() -> None:
    info = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
    contained = [{"pattern": f"{chr(97 + i)}{i % 10}{chr(98 + i)}"} for i in range(12)]
    schema = {"type": "string", "allOf": [*contained, {"pattern": "^.{60}$"}]}
    compiled = GrammarCompiler(info, limits={"max_search_states": 2000}).compile_json_schema(schema)
    text = "".join(f"{chr(97 + i)}{i % 10}" for i in range(12)) + "m"
    state = GrammarMatcher(compiled)
    assert state.accept_string('"' + text + "-" * (60 - len(text)) + '"')
    assert state.can_terminate()


def test_a_text_that_is_refused_leaves_nothing_behind() -> None:
    state = matcher({"type": "object"})
    assert state.accept_string('{"a')
    assert not state.accept_string("x\x01")
    assert state.accept_string('b":1,"a')
    assert not state.accept_string('b":2}')  # the key is "ab" again
    assert state.accept_string('xb":2}')


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array", "items": {"type": "string", "minLength": 2}}])
def test_a_mask_that_was_kept_is_the_mask_that_was_kept(schema: dict[str, object]) -> None:
    words = tuple(f"{head}{tail}".encode() for head in ("w", '"w', 'w"', 'w"]', "w\\n") for tail in range(600))
    vocabulary = (*SINGLE_BYTES, *words)
    grammar = compiled(schema, vocabulary=vocabulary)
    for text in ('"' if schema["type"] == "string" else '["', '"a' if schema["type"] == "string" else '["ab'):
        masks = []
        for _ in range(3):
            state = GrammarMatcher(grammar)
            assert state.accept_string(text)
            masks.append(allowed(state, vocabulary))
        fresh = GrammarMatcher(grammar)
        assert fresh.accept_string(text)
        right = {token for token in range(len(vocabulary)) if fresh.fork().accept_token(token)}
        assert masks == [right] * 3
