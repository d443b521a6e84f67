"""Schemas of keys that refer to the schema they stand in: a key is a string, for which `propertyNames` says nothing."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from fcformat import SchemaError
from support.engine import accepts

NAMED: list[Any] = [
    {"propertyNames": {"$ref": "#"}},
    {"$ref": "#/$defs/d0", "$defs": {"d0": {"propertyNames": {"$ref": "#/$defs/d0"}}}},
    {"allOf": [{"propertyNames": {"$ref": "#"}}], "maxLength": 3},
    {"not": {"propertyNames": {"$ref": "#"}}},
    {"propertyNames": {"not": {"$ref": "#"}}},
    {"propertyNames": {"anyOf": [{"$ref": "#"}, {"type": "integer"}]}, "maxLength": 3},
    {"oneOf": [{"propertyNames": {"$ref": "#"}, "maxLength": 3}, {"type": "integer"}]},
    {"anyOf": [{"propertyNames": {"$ref": "#"}, "maxLength": 2}, {"maxProperties": 1, "maxLength": 3}]},
    {"if": {"propertyNames": {"$ref": "#"}, "maxLength": 3}, "then": {"maxProperties": 1}},
    {"if": {"propertyNames": {"$ref": "#"}, "maxLength": 2}, "then": {"maxProperties": 1}, "else": {"maxLength": 3}},
    {"type": "object", "propertyNames": {"$ref": "#"}},
    {"type": ["object", "string"], "propertyNames": {"$ref": "#"}, "pattern": "^a"},
    {"propertyNames": {"$ref": "#/$defs/d"}, "$defs": {"d": {"maxLength": 2, "propertyNames": {"$ref": "#"}}}},
    {"unevaluatedProperties": False, "propertyNames": {"$ref": "#"}, "maxLength": 2, "properties": {"ab": True}},
    {
        "propertyNames": {"allOf": [{"$ref": "#"}, {"not": {"not": {"$ref": "#"}}}]},
        "maxLength": 2,
        "additionalProperties": {"$ref": "#"},
    },
    {"not": {"not": {"propertyNames": {"not": {"$ref": "#"}}, "minLength": 2}}},
]
KEYS = ("", "a", "ab", "abc", "abcd", "b")
VALUES: list[Any] = [
    *(1, None, [], *KEYS),
    *({}, *({key: 1} for key in KEYS), *({key: "abc"} for key in KEYS), {"a": {"abcd": 1}}),
    *({first: 1, second: 1} for first in KEYS for second in KEYS if first < second),
]


@pytest.mark.parametrize("schema", NAMED, ids=json.dumps)
def test_keys_may_be_under_the_schema_itself(schema: Any) -> None:
    judge = jsonschema.Draft202012Validator(schema)
    for value in VALUES:
        assert accepts(schema, json.dumps(value)) == judge.is_valid(value), value


def test_a_schema_of_keys_that_says_nothing_is_still_refused() -> None:
    with pytest.raises(SchemaError, match="refers to itself"):
        accepts({"propertyNames": {"$ref": "#/$defs/d"}, "$defs": {"d": {"$ref": "#/$defs/d"}}}, "{}")
