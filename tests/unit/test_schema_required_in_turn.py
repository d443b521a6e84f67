"""Names that require others, beside bounds on how many there may be: no object is begun that cannot be ended."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from fcformat import SchemaError
from support.engine import matcher

NAMES = "abcd"


def _schema(source: random.Random) -> dict[str, Any]:
    """A closed object. Names require later ones, one of which may not be there at all."""
    needs = {
        name: sorted(set(source.choices(NAMES[place + 1 :] + "x", k=source.randint(1, 2))))
        for place, name in enumerate(NAMES)
        if source.random() < 0.6
    }
    least = source.randint(0, 4)
    return {
        "type": "object",
        "properties": {name: {"type": "null"} for name in NAMES[: source.randint(2, 4)]},
        "additionalProperties": False,
        "dependentRequired": needs,
        "minProperties": least,
        "maxProperties": source.randint(least, 4),
    }


def _valid(schema: dict[str, Any], names: tuple[str, ...]) -> bool:
    return (
        schema["minProperties"] <= len(names) <= schema["maxProperties"]
        and set(names) <= schema["properties"].keys()
        and all(set(schema["dependentRequired"].get(name, ())) <= set(names) for name in names)
    )


@pytest.mark.parametrize("seed", range(300))
def test_a_member_may_come_exactly_where_an_object_holds_it(seed: int) -> None:
    schema = _schema(random.Random(seed))
    every = [names for size in range(5) for names in itertools.permutations(NAMES, size)]
    valid = [names for names in every if _valid(schema, names)]
    if not valid:
        with pytest.raises(SchemaError, match="no value"):
            matcher(schema)
        return
    begun = {names[:count] for names in valid for count in range(len(names) + 1)}
    for names in every:
        if names[:-1] not in begun:
            continue
        state = matcher(schema)
        text = "{" + ",".join(f'"{name}":null' for name in names)
        assert state.accept_string(text) == (names in begun), text
        if names in begun:
            assert state.accept_string("}") == (names in valid), text


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
