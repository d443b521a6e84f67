"""Objects over few names and values: every object, member by member in every order, against all keywords for objects at once."""

from __future__ import annotations

import itertools
from typing import Any

import jsonschema
from hypothesis import given, reject
from hypothesis import strategies as st

from fcformat import GrammarLimitError, GrammarMatcher, JSONStyle, SchemaError
from support.engine import compiled

NAMES = "abc"
VALUES = (None, 1)
Members = tuple[tuple[str, Any], ...]

EVERY: list[Members] = [
    tuple(zip(names, values, strict=True))
    for size in range(len(NAMES) + 1)
    for names in itertools.permutations(NAMES, size)
    for values in itertools.product(VALUES, repeat=size)
]

names = st.sampled_from(NAMES)
some_names = st.lists(st.sampled_from(NAMES + "x"), min_size=1, max_size=2, unique=True)
values = st.sampled_from([True, False, {"const": None}, {"const": 1}, {"type": "integer"}, {"not": {"type": "null"}}])
key_patterns = st.sampled_from(["^[ab]$", "^[bc]$", "a", "^[^c]$", "."])
counts = st.integers(0, 3)

keywords: dict[str, st.SearchStrategy[Any]] = {
    "properties": st.dictionaries(names, values, max_size=3),
    "patternProperties": st.dictionaries(key_patterns, values, max_size=2),
    "additionalProperties": values,
    "required": some_names,
    "dependentRequired": st.dictionaries(names, some_names, max_size=3),
    "propertyNames": st.one_of(
        key_patterns.map(lambda pattern: {"pattern": pattern}),
        some_names.map(lambda found: {"enum": found}),
        some_names.map(lambda found: {"not": {"enum": found}}),
    ),
    "minProperties": counts,
    "maxProperties": counts,
    "enum": st.lists(st.sampled_from(EVERY).map(dict), min_size=1, max_size=4),
}


def _schemas(inner: st.SearchStrategy[Any] | None) -> st.SearchStrategy[dict[str, Any]]:
    known = dict(keywords)
    if inner is not None:
        lists = st.lists(inner, min_size=1, max_size=3)
        known |= dict.fromkeys(("not", "if", "then", "else", "unevaluatedProperties"), inner)
        known |= dict.fromkeys(("allOf", "anyOf", "oneOf"), lists)
        known["dependentSchemas"] = st.dictionaries(names, inner, max_size=2)
    chosen = st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: known[key] for key in keys}))


schemas = _schemas(_schemas(_schemas(None)))


def _text(members: Members) -> str:
    return "{" + ",".join(f'"{name}":{"null" if value is None else value}' for name, value in members)


@given(schemas, st.booleans())
def test_a_member_may_come_exactly_where_some_object_has_it(drawn: dict[str, Any], declared_order: bool) -> None:
    few = {"type": "object", "propertyNames": {"enum": [*NAMES]}, "patternProperties": {"": {"enum": [*VALUES]}}}
    schema = {**few, "properties": dict.fromkeys(NAMES, True), "allOf": [drawn]}
    judge = jsonschema.Draft202012Validator(schema)
    valid = {frozenset(members) for members in EVERY if judge.is_valid(dict(members))}
    in_order = [m for m in EVERY if not declared_order or [name for name, _ in m] == sorted(name for name, _ in m)]
    style = JSONStyle(whitespace="compact", property_order="schema" if declared_order else "any")
    try:
        grammar = compiled(schema, style)
    except SchemaError:
        assert not valid
        return
    except GrammarLimitError as error:
        if "max_evaluation_cases" not in str(error):
            raise
        reject()
    assert valid
    begun = {m[:count] for m in in_order if frozenset(m) in valid for count in range(len(m) + 1)}
    for members in EVERY:
        if members and members[:-1] not in begun:
            continue
        matcher = GrammarMatcher(grammar)
        assert matcher.accept_string(_text(members)) == (members in begun), members
        if members in begun:
            assert matcher.accept_string("}") == (frozenset(members) in valid), members
