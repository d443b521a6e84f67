"""Alternatives that constants, types or members keep apart: the answer stays exact, and many of them stay cheap."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator

from fcformat import GrammarCompiler, GrammarMatcher, SchemaError
from support.engine import SINGLE_BYTES, compiler, matcher


def _branch(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"kind": value, "v": {"type": "integer"}}, "required": ["kind"], **more}


A, B = {"const": "a"}, {"const": "b"}
SCHEMAS: dict[str, Any] = {
    "constants": [_branch(A), _branch(B)],
    "the same constant": [_branch(A), _branch(A, required=["kind", "v"])],
    "enums that share a value": [_branch({"enum": ["a", "b"]}), _branch({"enum": ["b", "c"]})],
    "one number in two spellings": [_branch({"const": 1}), _branch({"const": 1.0})],
    "one and true": [_branch({"const": 1}), _branch({"const": True})],
    "a member that may be absent": [_branch(A, required=[]), _branch(B, required=[])],
    "a member that one requires": [_branch(A), _branch(B, required=[])],
    "without a type": [{**_branch(A), "type": ["object", "null"]}, {**_branch(B), "type": ["object", "null"]}],
    "no type at all": [
        {"properties": {"kind": A}, "required": ["kind"]},
        {"properties": {"kind": B}, "required": ["kind"]},
    ],
    "types": [{"type": "object"}, {"type": "string"}, {"type": ["null", "string"]}],
    "numbers and integers": [{"type": "number"}, {"type": "integer"}],
    "scalars": [{"const": "a"}, {"enum": ["b", None]}, {"enum": [None, 1]}],
    "references": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, {"$ref": "#/$defs/c"}],
    "a reference with a type beside it": [
        {"$ref": "#/$defs/a", "type": "object"},
        {"$ref": "#/$defs/b", "type": "object"},
    ],
    "objects as constants": [
        _branch({"const": {"x": 1}}),
        _branch({"const": {"x": 2}}),
        _branch({"const": {"x": 1.0}}),
    ],
}
DEFINITIONS = {"a": _branch(A), "b": _branch(B), "c": {"$ref": "#/$defs/b"}}
VALUES: list[Any] = [
    *({"kind": kind, **rest} for kind in ("a", "b", "c", 1, True, {"x": 1}, {"x": 2}) for rest in ({}, {"v": 1})),
    *({}, {"v": 1}, None, "a", "b", 1, 1.5, []),
]  # fmt: skip
DRAFTS = {
    "http://json-schema.org/draft-04/schema#": Draft4Validator,
    "http://json-schema.org/draft-07/schema#": Draft7Validator,
    "https://json-schema.org/draft/2020-12/schema": Draft202012Validator,
}


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_alternatives_mean_what_the_judge_says(name: str, keyword: str, draft: str) -> None:
    schema = {"$schema": draft, keyword: SCHEMAS[name], "$defs": DEFINITIONS}
    judge = DRAFTS[draft](schema)
    if not any(
        judge.is_valid(value) for value in VALUES
    ):  # under draft 4, which does not know const, all branches are alike
        with pytest.raises(SchemaError, match="no value satisfies"):
            matcher(json.dumps(schema))
        return
    for value in VALUES:
        state = matcher(json.dumps(schema))
        accepted = state.accept_string(json.dumps(value)) and state.can_terminate()
        assert accepted == judge.is_valid(value), value


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("kind", ["objects", "references", "scalars"])
def test_a_thousand_alternatives_take_formulas_in_proportion(kind: str, keyword: str) -> None:
    count = 1000
    branches: list[Any] = [
        {"const": f"k{i}"} if kind == "scalars" else _branch({"const": f"k{i}"}, additionalProperties=False)
        for i in range(count)
    ]
    schema: dict[str, Any] = {keyword: branches}
    if kind == "references":
        schema = {
            keyword: [{"$ref": f"#/$defs/d{i}"} for i in range(count)],
            "$defs": {f"d{i}": branch for i, branch in enumerate(branches)},
        }
    limits = {"max_formulas": 12 * count, "max_schema_steps": 12 * count}
    grammar = GrammarCompiler(compiler(SINGLE_BYTES).tokenizer_info, limits=limits).compile_json_schema(schema)
    state = GrammarMatcher(grammar)
    assert state.accept_string(json.dumps("k500" if kind == "scalars" else {"kind": "k500", "v": 3}))
    assert state.can_terminate()
