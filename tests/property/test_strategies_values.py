"""`from_schema`: only valid values, of every kind that the schema has, and they shrink."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

import oracle
from fcformat import GrammarLimitError, JSONStyle, SchemaError, UnsupportedSchemaError
from fcformat.strategies import from_schema
from support.engine import accepts
from support.schemas import schemas

TREE: dict[str, Any] = {
    "$defs": {"node": {"properties": {"value": {"type": "integer"}, "children": {"$ref": "#/$defs/nodes"}}}},
    "$ref": "#/$defs/strict",
}
TREE["$defs"]["nodes"] = {"type": "array", "items": {"$ref": "#/$defs/strict"}}
TREE["$defs"]["strict"] = {"$ref": "#/$defs/node", "type": "object", "required": ["value", "children"]}


def is_valid(schema: Any, value: Any) -> bool:
    """What the outside judge says, with exact numbers."""
    return oracle.is_valid(schema, oracle.read(json.dumps(value, ensure_ascii=False).encode(), JSONStyle()))


def values(schema: Any, count: int = 300) -> list[Any]:
    """Values as Hypothesis draws them, the same in every run."""
    drawn: list[Any] = []

    @seed(1)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(from_schema(schema))
    def draw(value: Any) -> None:
        drawn.append(value)

    draw()
    return drawn


@given(st.data())
def test_every_value_of_every_schema_is_valid_and_accepted_by_the_engine(data: st.DataObject) -> None:
    schema = data.draw(schemas(), label="schema")
    try:
        strategy = from_schema(schema)
    except UnsupportedSchemaError:
        raise
    except SchemaError:  # no value is valid: that is decided by the engine, and tested with it
        raise UnsatisfiedAssumption from None
    for _ in range(4):
        value = data.draw(strategy, label="value")
        try:
            assert is_valid(schema, value)
        except oracle.UnsupportedByJudge:
            raise UnsatisfiedAssumption from None
        assert accepts(schema, json.dumps(value, ensure_ascii=False))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "minProperties": 3, "propertyNames": {"pattern": "^[ab]{1,2}$"}},
        {"type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": {"type": "null"}},
        {"properties": {"a": True}, "dependentRequired": {"a": ["b", "c"]}, "required": ["a"], "type": "object"},
        {"type": "array", "contains": {"const": 5}, "minContains": 2, "maxContains": 3, "maxItems": 5},
        {"type": "array", "uniqueItems": True, "items": {"enum": [1, 2, 3]}, "minItems": 3},
        {"type": "array", "prefixItems": [{"type": "null"}, {"type": "string"}], "items": False, "minItems": 1},
        {"type": "object", "unevaluatedProperties": False, "anyOf": [{"properties": {"a": True}}, {"required": ["b"]}]},
        {"type": "number", "multipleOf": 0.1, "not": {"multipleOf": 0.5}, "minimum": -3, "maximum": 3},
        {"type": "integer", "minimum": 10**30, "not": {"const": 10**30}},
        {"type": "string", "pattern": "^(?=.*[0-9])(?!.*0).{4,6}$"},
        {"type": "string", "minLength": 2000},
        {"not": {"type": "array", "uniqueItems": True}, "type": "array"},
        {"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}], "type": "integer"},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}, "type": "object"},
        TREE,
    ],
    ids=lambda schema: "-".join(sorted(schema)),
)
def test_values_are_valid_by_construction(schema: Any) -> None:
    for value in values(schema, 60):
        assert is_valid(schema, value), value


def test_optional_properties_appear_and_are_absent_alone_and_together() -> None:
    names = ("a", "b", "c")
    schema = {"properties": {name: {"type": "null"} for name in names}, "additionalProperties": False, "type": "object"}
    seen = {frozenset(value) for value in values(schema)}
    assert seen == {frozenset(n for i, n in enumerate(names) if mask >> i & 1) for mask in range(8)}


def test_each_optional_property_of_many_appears_often() -> None:
    names = [f"p{index}" for index in range(20)]
    drawn = values({"type": "object", "properties": {name: {"type": "null"} for name in names}})
    for name in names:
        assert 0.25 < sum(name in value for value in drawn) / len(drawn) < 0.75, name


def test_undeclared_members_are_seldom_but_there() -> None:
    drawn = values({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    more = sum(bool(set(value) - {"a"}) for value in drawn)
    assert 0 < more < len(drawn) / 2


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_every_branch_is_reached(keyword: str) -> None:
    branches = [
        {"type": "object", "properties": {"kind": {"const": index}}, "required": ["kind"]} for index in range(10)
    ]
    drawn = values({keyword: [*branches, {"type": "string"}, {"type": "array", "items": {"type": "null"}}]})
    assert {value["kind"] for value in drawn if isinstance(value, dict)} == set(range(10))
    assert {type(value) for value in drawn} == {dict, str, list}


def test_every_branch_of_strings_and_of_numbers_is_reached() -> None:
    drawn = values(
        {
            "anyOf": [
                {"const": "x"},
                {"pattern": "^a+$", "type": "string"},
                {"type": "number", "minimum": 5, "maximum": 6},
            ]
        }
    )
    assert any(value == "x" for value in drawn)
    assert any(isinstance(value, str) and value.startswith("a") for value in drawn)
    assert any(not isinstance(value, str) for value in drawn)


def test_every_member_of_an_enum_is_drawn() -> None:
    enum = [None, True, 0, -1.5, "", "b", [], [1], {}, {"a": None}]
    drawn = {json.dumps(value) for value in values({"enum": enum})}
    assert drawn == {json.dumps(value) for value in enum}


@pytest.mark.parametrize(
    ("schema", "measure", "bounds"),
    [
        ({"type": "integer", "minimum": -7, "maximum": 1000}, lambda value: value, (-7, 1000)),
        ({"type": "number", "minimum": 0.5, "maximum": 2.25}, lambda value: value, (0.5, 2.25)),
        ({"type": "string", "minLength": 2, "maxLength": 40}, len, (2, 40)),
        ({"type": "array", "minItems": 1, "maxItems": 6, "items": {"type": "null"}}, len, (1, 6)),
        ({"type": "object", "minProperties": 1, "maxProperties": 4}, len, (1, 4)),
        ({"type": "string", "pattern": "^[a-c]{2,6}$"}, len, (2, 6)),
    ],
    ids=["integer", "number", "string", "array", "object", "pattern"],
)
def test_bounds_are_hit(schema: Any, measure: Callable[[Any], float], bounds: tuple[float, float]) -> None:
    sizes = [measure(value) for value in values(schema)]
    assert (min(sizes), max(sizes)) == bounds
    assert len(set(sizes)) > 2


def test_lengths_of_arrays_and_free_strings_vary() -> None:
    assert {len(value) for value in values({"type": "array", "items": {"type": "null"}})} == {0, 1, 2, 3, 4}
    assert len({len(value) for value in values({"type": "string"})}) > 8


def test_numbers_come_in_all_sizes() -> None:
    drawn = values({"type": "number"})
    assert any(isinstance(value, int) for value in drawn)
    assert any(isinstance(value, float) and not value.is_integer() for value in drawn)
    assert any(abs(value) > 1e9 for value in drawn)
    assert any(0 < abs(value) < 1e-6 for value in drawn)
    assert any(value < 0 for value in drawn)


def test_recursive_values_nest_and_end() -> None:
    def depth(value: Any) -> int:
        return 1 + max(map(depth, value["children"]), default=0)

    depths = {depth(value) for value in values(TREE)}
    assert 1 in depths
    assert max(depths) >= 3


@pytest.mark.parametrize(
    ("schema", "condition", "smallest"),
    [
        ({"type": "integer"}, lambda value: value > 10, 11),
        ({"type": "string"}, lambda value: len(value) >= 3, None),
        ({"type": "array", "items": {"type": "integer"}}, lambda value: sum(value) >= 5, [5]),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}, "c": {"type": "string"}},
            },
            lambda value: value.get("a", 0) > 2,
            {"a": 3},
        ),
        ({"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^x+$"}]}, lambda value: bool(value), "x"),
        (TREE, lambda value: len(value["children"]) >= 2, {"value": 0, "children": [{"value": 0, "children": []}] * 2}),
    ],
    ids=["integer", "string", "array", "object", "pattern", "tree"],
)
def test_values_shrink_to_small_ones(schema: Any, condition: Callable[[Any], bool], smallest: Any) -> None:
    found = find(from_schema(schema), condition, settings=settings(database=None, max_examples=2000))
    assert found == smallest or (smallest is None and len(found) == 3)


def test_the_representation_can_be_pasted() -> None:
    schema = {"type": "integer", "minimum": 3}
    assert repr(from_schema(schema)) == "from_schema({'type': 'integer', 'minimum': 3})"


def test_a_schema_without_values_is_refused_when_the_strategy_is_made() -> None:
    with pytest.raises(SchemaError, match="/properties/a|no value"):
        from_schema({"type": "object", "properties": {"a": False}, "required": ["a"]})


def test_a_value_that_no_test_can_hold_is_a_limit_that_is_named() -> None:
    strategy = from_schema({"type": "array", "minItems": 10**6, "items": {"type": "null"}})
    with pytest.raises(GrammarLimitError, match="max_drawn_items"):
        find(strategy, lambda value: True, settings=settings(database=None, max_examples=1))
