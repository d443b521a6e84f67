"""`invalid_for`: every value is refused, for the one reason that is named. `json_schemas`: every schema is one of its draft."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from jsonschema.validators import validator_for

import oracle
from fcformat import GrammarLimitError, JSONStyle, SchemaError, UnsupportedSchemaError
from fcformat.strategies import Invalid, from_schema, invalid_for, json_schemas
from fcformat.strategies.schemas import DRAFTS, keywords_of

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "pattern": "^[A-Z]"},
        "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "uniqueItems": True, "maxItems": 4},
        "kind": {"enum": ["a", "b"]},
        "home": {"$ref": "#/$defs/place"},
        "pair": {"prefixItems": [{"type": "null"}, {"type": "boolean"}], "items": False, "type": "array"},
        "score": {"type": "number", "multipleOf": 0.5},
        "some": {"type": "array", "contains": {"const": 1}, "maxContains": 2, "items": {"type": "integer"}},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
    "dependentRequired": {"kind": ["home"]},
    "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
    "then": {"required": ["pair"]},
    "$defs": {"place": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}},
}
POINTERS = {
    *("/type", "/additionalProperties", "/required/0", "/required/1", "/dependentRequired/kind", "/then"),
    # Not minLength: the pattern implies it.
    *("/properties/name/type", "/properties/name/pattern", "/properties/age/type"),
    *("/properties/age/minimum", "/properties/age/exclusiveMaximum", "/properties/kind/enum"),
    *("/properties/tags/type", "/properties/tags/items/type", "/properties/tags/items/maxLength"),
    *("/properties/tags/uniqueItems", "/properties/tags/maxItems", "/properties/score/type"),
    *("/properties/score/multipleOf", "/properties/pair/type", "/properties/pair/items"),
    *("/properties/pair/prefixItems/0/type", "/properties/pair/prefixItems/1/type"),
    *("/$defs/place/type", "/$defs/place/required/0", "/$defs/place/properties/city/type"),
    *("/properties/some/type", "/properties/some/contains", "/properties/some/maxContains"),
    "/properties/some/items/type",
}


def is_valid(schema: Any, value: Any) -> bool:
    return oracle.is_valid(schema, oracle.read(json.dumps(value, ensure_ascii=False).encode(), JSONStyle()))


def drawn(schema: Any, count: int) -> list[Invalid]:
    out: list[Invalid] = []

    @seed(1)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(invalid_for(schema))
    def draw(broken: Invalid) -> None:
        out.append(broken)

    draw()
    return out


def relaxed(schema: Any, pointer: str) -> Any:
    """The schema without the constraint at the pointer."""
    schema = copy.deepcopy(schema)
    *steps, last = [token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/")]
    at = schema
    for step in steps:
        at = at[int(step) if isinstance(at, list) else step]
    if steps and steps[-1] in ("prefixItems", "allOf"):
        at[int(last)] = True
    elif isinstance(at, list):
        del at[int(last)]
    elif steps and steps[-1] in ("properties", "patternProperties"):
        at[last] = True
    elif last in ("contains", "minContains"):
        at["minContains"] = 0
    else:
        del at[last]
    return schema


def test_each_constraint_is_broken_and_it_alone() -> None:
    seen = set()
    for broken in drawn(PERSON, 2_000):
        assert not is_valid(PERSON, broken.value), broken
        assert is_valid(relaxed(PERSON, broken.pointer), broken.value), broken
        seen.add(broken.pointer)
    assert seen == POINTERS


@given(st.data())
def test_what_breaks_any_schema_is_refused(data: st.DataObject) -> None:
    # Not formats: jsonschema takes every text with an @ for an address.
    schema = data.draw(json_schemas(keywords=keywords_of("2020-12") - {"format"}), label="schema")
    try:
        strategy = invalid_for(schema)
    except (SchemaError, GrammarLimitError):
        raise UnsatisfiedAssumption from None
    for _ in range(4):
        broken = data.draw(strategy, label="broken")
        try:
            assert not is_valid(schema, broken.value)
            # What is taken out of a schema may be what evaluated something.
            if not any(word in json.dumps(schema) for word in ("$ref", "unevaluated")):
                assert is_valid(relaxed(schema, broken.pointer), broken.value)
        except oracle.UnsupportedByJudge:
            raise UnsatisfiedAssumption from None


def test_a_recursive_schema_is_broken_at_every_depth_without_an_end() -> None:
    tree = {
        "type": "object",
        "properties": {"child": {"$ref": "#"}, "value": {"type": "integer"}},
        "required": ["value"],
    }
    found = drawn(tree, 60)
    assert all(not is_valid(tree, broken.value) for broken in found)
    assert {broken.pointer for broken in found} >= {"/type", "/required/0", "/properties/value/type"}


@pytest.mark.parametrize(
    "schema",
    [True, {}, {"description": "anything", "type": ["null", "boolean", "number", "string", "array", "object"]}],
)
def test_a_schema_that_refuses_nothing_cannot_be_broken(schema: Any) -> None:
    with pytest.raises(SchemaError, match="no value breaks"):
        invalid_for(schema)


def test_a_broken_value_can_be_pasted() -> None:
    assert repr(invalid_for({"type": "null"})) == "invalid_for({'type': 'null'})"
    assert repr(Invalid(1, "/type")) == "Invalid(value=1, pointer='/type')"


@pytest.mark.parametrize("draft", DRAFTS)
@given(data=st.data())
def test_every_schema_is_one_of_its_draft(draft: str, data: st.DataObject) -> None:
    schema = data.draw(json_schemas(draft))
    validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(schema)
    try:
        value = data.draw(from_schema(schema))
    except UnsupportedSchemaError:
        raise
    except SchemaError:
        raise UnsatisfiedAssumption from None
    try:
        assert is_valid(schema, value)
    except oracle.UnsupportedByJudge:
        raise UnsatisfiedAssumption from None


@given(data=st.data(), keywords=st.sets(st.sampled_from(sorted(keywords_of("7"))), min_size=1, max_size=6))
def test_only_the_chosen_keywords_are_used(data: st.DataObject, keywords: set[str]) -> None:
    schema = data.draw(json_schemas("7", keywords - {"$ref", "enum", "const", "properties"}))
    allowed = keywords | {"$schema", "allOf", "then", "else", "items", "additionalItems"}
    assert set(schema) <= allowed


def test_unknown_drafts_and_keywords_are_named() -> None:
    with pytest.raises(ValueError, match="draft: found '5', expected one of 4, 6"):
        json_schemas("5")
    with pytest.raises(ValueError, match="keywords: found prefixItems"):
        json_schemas("7", {"prefixItems"})
