"""How many different items there are: objects and arrays of booleans, against all that can be written."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcformat import GrammarMatcher, SchemaError
from support.engine import accepts_from_start, compiled

BOOLEANS = (True, False)
OBJECTS = [
    {name: value for name, value in zip("ab", values, strict=True) if value is not None}
    for values in itertools.product((None, *BOOLEANS), repeat=2)
]
ARRAYS = [list(items) for size in range(3) for items in itertools.product(BOOLEANS, repeat=size)]
DOMAIN = [None, *BOOLEANS, *OBJECTS, *ARRAYS]

booleans = st.sampled_from(
    [{"type": "boolean"}, {"const": True}, {"enum": [False, True]}, {"not": {"enum": [1]}, "type": "boolean"}]
)
objects = st.fixed_dictionaries(
    {
        "type": st.just("object"),
        "properties": st.dictionaries(st.sampled_from("ab"), booleans, max_size=2),
        "additionalProperties": st.just(False),
    },
    optional={
        "required": st.lists(st.sampled_from("ab"), max_size=2, unique=True),
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
    },
)
arrays = st.fixed_dictionaries(
    {"type": st.just("array"), "items": booleans, "maxItems": st.integers(0, 2)},
    optional={"minItems": st.integers(0, 2), "uniqueItems": st.booleans()},
)
items = st.lists(st.one_of(objects, arrays, booleans, st.just({"type": "null"})), min_size=1, max_size=3).map(
    lambda branches: {"anyOf": branches}
)


@given(items, st.integers(1, 6))
def test_an_array_of_different_items_exists_where_there_are_as_many(item: dict[str, Any], least: int) -> None:
    valid = [value for value in DOMAIN if jsonschema.Draft202012Validator(item).is_valid(value)]
    schema = {"type": "array", "items": item, "uniqueItems": True, "minItems": least}
    try:
        grammar = compiled(schema)
    except SchemaError:
        assert len(valid) < least
        return
    assert len(valid) >= least
    texts = [json.dumps(value, separators=(",", ":")) for value in valid]
    assert accepts_from_start(grammar, f"[{','.join(texts)}]")
    # All but one of those that are needed are there: a further one can come, and an end cannot.
    begun = GrammarMatcher(grammar)
    assert begun.accept_string(f"[{','.join(texts[: least - 1])}")
    assert not begun.accept_string("]")
    assert begun.accept_string(f"{',' if least > 1 else ''}{texts[least - 1]}]")


def test_objects_whose_members_are_all_required_can_be_different() -> None:
    item = {
        "type": "object",
        "properties": {"id": {"type": "integer"}},
        "required": ["id"],
        "additionalProperties": False,
    }
    grammar = compiled({"type": "array", "items": item, "uniqueItems": True, "minItems": 2})
    assert accepts_from_start(grammar, '[{"id":1},{"id":2}]')
    assert not accepts_from_start(grammar, '[{"id":1},{"id":1}]')


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"contains": {"const": {"id": 1, "name": "x2"}}},
        {"items": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}, "required": ["id", "name"]}},
    ],
    ids=["free", "contains", "declared"],
)
def test_many_objects_and_arrays_are_told_apart(schema: dict[str, Any]) -> None:
    grammar = compiled({**schema, "type": "array", "uniqueItems": True})
    objects = [{"id": i // 2, "name": f"x{i}"} for i in range(60)] + [{"id": 1, "name": "x1", "more": []}]
    arrays = [[i // 2, f"x{i}"] for i in range(60)] + [[1, "x2", []], [], [1], [2]]
    items = objects if "items" in schema else [*objects, *arrays, *range(60), *(f"x{i}" for i in range(60))]
    matcher = GrammarMatcher(grammar)
    for at, item in enumerate(items):
        assert matcher.accept_string(("," if at else "[") + json.dumps(item))
    for item in items[::10]:
        again = json.dumps(dict(reversed(item.items())) if isinstance(item, dict) else item)
        assert not matcher.accept_string(f",{again},")
    assert matcher.accept_string("]")
    assert matcher.can_terminate()


def test_arrays_of_different_items_are_counted_item_by_item() -> None:
    item = {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2}
    schema = {"type": "array", "items": item, "uniqueItems": True}
    grammar = compiled({**schema, "minItems": 2})
    assert accepts_from_start(grammar, "[[true,false],[false,true]]")
    assert not accepts_from_start(grammar, "[[true,false],[true,false]]")
    with pytest.raises(SchemaError, match="no value satisfies"):
        compiled({**schema, "minItems": 3})


@pytest.mark.parametrize(
    "item",
    [
        {"anyOf": [{"type": "null"}, {"$ref": "#"}]},  # each array would need another one inside it
        {"type": "array", "maxItems": 0},
        {"enum": [{}, {"a": ["b"]}], "patternProperties": {"a": {"type": "string"}}},
    ],
    ids=["itself", "the empty array", "the empty object"],
)
def test_where_too_few_items_exist_the_schema_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(SchemaError, match="no value satisfies"):
        compiled({"type": "array", "items": item, "uniqueItems": True, "minItems": 2})


@given(st.lists(st.sampled_from(DOMAIN), max_size=6), items, st.randoms(use_true_random=False))
def test_excluded_constants_are_the_only_ones_that_are_missing(
    excluded: list[Any], item: dict[str, Any], source: Any
) -> None:
    schema = {**item, "not": {"enum": excluded}} if excluded else item
    valid = [value for value in DOMAIN if jsonschema.Draft202012Validator(schema).is_valid(value)]
    try:
        grammar = compiled(schema)
    except SchemaError:
        assert not valid
        return
    for value in DOMAIN:
        if isinstance(value, dict):
            value = dict(source.sample(list(value.items()), len(value)))
        assert accepts_from_start(grammar, json.dumps(value)) == (value in valid)
    # Whatever is begun can be ended: each beginning of a text belongs to a valid value, and each such one is let through.
    texts = [json.dumps(value, separators=(",", ":")) for value in DOMAIN]
    texts += [json.dumps(dict(reversed(v.items())), separators=(",", ":")) for v in OBJECTS]
    alive = {t[:n] for t in texts for n in range(len(t)) if accepts_from_start(grammar, t)}
    for beginning in {t[:n] for t in texts for n in range(len(t))}:
        assert GrammarMatcher(grammar).accept_string(beginning) == (beginning in alive), beginning


def test_what_must_still_come_does_not_split_by_the_arrays_before_it() -> None:
    schema = {"uniqueItems": True, "contains": {"enum": [[[1, None], "a"], [[1, None], []]]}, "type": "array"}
    before = ",".join(f"[{number}]" for number in range(40))
    matcher = GrammarMatcher(compiled(schema))
    assert matcher.accept_string(f"[{before}")
    assert not matcher.accept_string("]")
    assert not matcher.accept_string(",[7]")
    assert matcher.accept_string(',[[1,null],"a"]]')
