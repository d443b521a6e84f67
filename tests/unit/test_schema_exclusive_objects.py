"""Many objects of which exactly one must fit: what they exclude asks for the same members again and again."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fcformat import SchemaError
from support.engine import matcher

NAMES = "abcd"
VALUES = (None, 1)
OBJECTS = [
    dict(zip(names, values, strict=True))
    for size in range(len(NAMES) + 1)
    for names in itertools.combinations(NAMES, size)
    for values in itertools.product(VALUES, repeat=size)
]


def _branch(source: random.Random) -> dict[str, Any]:
    kinds: list[Any] = [{"const": None}, {"const": 1}, True, {"enum": [None, 1]}]
    branch: dict[str, Any] = {
        "properties": {name: source.choice(kinds) for name in source.sample(NAMES, source.randint(1, 2))},
        "additionalProperties": source.choice([False, False, False, {"const": 1}]),
    }
    if source.random() < 0.3:
        branch["patternProperties"] = {f"^[{''.join(source.sample(NAMES, 2))}]": source.choice(kinds)}
    if source.random() < 0.2:
        branch["required"] = [source.choice(NAMES)]
    return branch


@pytest.mark.parametrize("seed", range(150))
def test_exactly_one_of_many_closed_objects_fits(seed: int) -> None:
    source = random.Random(seed)
    schema = {
        "type": "object",
        "oneOf": [_branch(source) for _ in range(source.choice([10, 12, 16]))],
        "propertyNames": {"enum": [*NAMES]},
        "patternProperties": {"": {"enum": [*VALUES]}},
    }
    judge = Draft202012Validator(schema)
    valid = [judge.is_valid(value) for value in OBJECTS]
    if not any(valid):
        with pytest.raises(SchemaError, match="no value"):
            matcher(schema)
        return
    for value, is_valid in zip(OBJECTS, valid, strict=True):
        state = matcher(schema)
        text = json.dumps(value, separators=(",", ":"))
        assert (state.accept_string(text) and state.can_terminate()) == is_valid, text


@pytest.mark.parametrize("count", [5, 20, 100])
def test_one_member_of_many(count: int) -> None:
    """No branch requires its member, and the empty object fits all of them."""
    branches = [{"properties": {f"k{i}": {"type": "integer"}}, "additionalProperties": False} for i in range(count)]
    schema = {"type": "object", "oneOf": branches}
    assert not matcher(schema).accept_string("{}")
    state = matcher(schema)
    assert state.accept_string('{"k3":1')
    assert not state.accept_string(',"')
    assert state.accept_string("}")
    assert state.can_terminate()
