"""Names that require others, beside bounds on how many there may be: no object is begun that cannot be ended."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fcformat import GrammarLimitError, JSONStyle, SchemaError
from support.engine import matcher

NAMES = "abcde"


def _schema(source: random.Random, kinds: int) -> dict[str, Any]:
    """An object whose names require others, in circles too, one of which may not be there at all; and members of some kinds."""
    count = source.randint(2, 4 if kinds else 5)
    needs = {
        name: sorted(set(source.choices(NAMES[:count] + "x", [3] * count + [1], k=source.randint(1, 2))))
        for name in NAMES[:count]
        if source.random() < 0.7
    }
    least = source.randint(0, count)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"enum": [None, 1] if kinds else [None]} for name in NAMES[:count]},
        "additionalProperties": False,
        "dependentRequired": needs,
        "minProperties": least,
        "maxProperties": source.randint(least, count),
    }
    if kinds:
        one_of = ["".join(source.sample(NAMES[:count], 2)) for _ in range(kinds)]
        none = [{"patternProperties": {f"^[{two}]$": source.choice([False, {"const": None}])}} for two in one_of]
        schema["allOf"] = [{"not": each} for each in none]
    return schema


def _members(schema: dict[str, Any]) -> Iterator[tuple[tuple[str, Any], ...]]:
    for size in range(len(schema["properties"]) + 1):
        for names in itertools.permutations(schema["properties"], size):
            yield from (
                tuple(zip(names, values, strict=True))
                for values in itertools.product(*(schema["properties"][name]["enum"] for name in names))
            )


def _text(members: tuple[tuple[str, Any], ...]) -> str:
    return "{" + ",".join(f'"{name}":{"null" if value is None else value}' for name, value in members)


@pytest.mark.parametrize("kinds", [0, 1, 2])
@pytest.mark.parametrize("seed", range(100))
def test_a_member_may_come_exactly_where_an_object_holds_it(seed: int, kinds: int) -> None:
    schema = _schema(random.Random(seed), kinds)
    validator = Draft202012Validator(schema)
    every = list(_members(schema))
    sets = {frozenset(members): validator.is_valid(dict(members)) for members in every}
    valid = [members for members in every if sets[frozenset(members)]]
    if not valid:
        with pytest.raises(SchemaError, match="no value"):
            matcher(schema)
        return
    begun = {members[:count] for members in valid for count in range(len(members) + 1)}
    for members in every:
        if members[:-1] not in begun:
            continue
        state = matcher(schema)
        assert state.accept_string(_text(members)) == (members in begun), members
        if members in begun:
            assert state.accept_string("}") == (sets[frozenset(members)]), members


def test_free_keys_fill_what_a_circle_leaves() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {}, "b": {}, "c": {}},
        "patternProperties": {"^x": {}},
        "additionalProperties": False,
        "dependentRequired": {"a": ["b"], "b": ["c"], "c": ["a"]},
        "minProperties": 2,
        "maxProperties": 2,
    }
    assert not matcher(schema).accept_string('{"a')
    assert matcher(schema).accept_string('{"x":1,"xx":1}')
    with pytest.raises(SchemaError, match="no value"):
        matcher({**schema, "patternProperties": {}})


def test_declared_order_leaves_out_what_is_passed() -> None:
    circle = {"a": ["c"], "c": ["a"]}
    schema = {
        "type": "object",
        "properties": {name: {} for name in "abc"},
        "additionalProperties": False,
        "dependentRequired": circle,
        "minProperties": 2,
        "maxProperties": 2,
    }
    style = JSONStyle(whitespace="compact", property_order="schema")
    assert matcher(schema, style=style).accept_string('{"a":1,"c":1}')
    assert not matcher(schema, style=style).accept_string('{"a":1,"b')
    assert not matcher(schema, style=style).accept_string('{"b')


def test_many_circles_are_weighed_together() -> None:
    """Circles of 3 and of 5: 11 members are two of 3 and one of 5, 7 are none."""
    names = [[f"{size}-{circle}-{place}" for place in range(size)] for size in (3, 5) for circle in range(20)]
    schema = {
        "type": "object",
        "properties": {name: {} for circle in names for name in circle},
        "additionalProperties": False,
        "dependentRequired": {
            name: [following]
            for circle in names
            for name, following in zip(circle, circle[1:] + circle[:1], strict=True)
        },
    }
    state = matcher({**schema, "minProperties": 11, "maxProperties": 11})
    assert state.accept_string('{"5-0-0":1,"3-1-0":1,"3-2-0":1')
    assert not state.accept_string(',"3-3')
    with pytest.raises(SchemaError, match="no value"):
        matcher({**schema, "minProperties": 7, "maxProperties": 7})


def test_choices_have_a_bound() -> None:
    """A subset sum in disguise: which circles come together must be searched, and the search ends."""
    source = random.Random(5)
    sizes = [source.randint(20, 60) * 2 for _ in range(60)]
    needs: dict[str, list[str]] = {}
    for number, size in enumerate(sizes):
        names = [f"{number}-{place}" for place in range(size)]
        needs.update({name: [following] for name, following in zip(names, names[1:] + names[:1], strict=True)})
    for number in range(len(sizes) // 2):
        needs[f"{number}-0"].extend(
            f"{other}-0" for other in range(len(sizes) // 2, len(sizes)) if source.random() < 0.5
        )
    schema = {
        "type": "object",
        "properties": {name: {} for name in needs},
        "additionalProperties": False,
        "dependentRequired": needs,
        "minProperties": 1001,
        "maxProperties": 1001,
    }
    with pytest.raises(GrammarLimitError, match="max_name_choices"):
        matcher(schema)


def test_a_name_that_requires_an_impossible_one_does_not_count() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {}, "ab": {}, "é": True},
        "additionalProperties": {"not": {}},
        "minProperties": 3,
        "dependentRequired": {"a": ["b"]},
    }
    with pytest.raises(SchemaError, match="no value"):
        matcher(schema)
    assert matcher(schema | {"minProperties": 2}).accept_string('{"ab":1,"é":1}')
    assert not matcher(schema | {"minProperties": 2}).accept_string('{"a":1')


def test_a_member_of_some_kind_is_not_one_that_cannot_come() -> None:
    some = {"not": {"patternProperties": {"^a": {"type": "integer"}}}}
    closed = {"type": "object", "properties": {"a": {}, "c": {}}, "additionalProperties": False}
    with pytest.raises(SchemaError, match="no value"):
        matcher({**closed, **some, "dependentRequired": {"a": ["b"]}})
    assert matcher({**closed, **some, "dependentRequired": {"a": ["c"]}}).accept_string('{"a":"x","c":1}')
