"""`$vocabulary`: under a metaschema that is passed in, the keywords of vocabularies that it does not use say nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import UnsupportedSchemaError
from support.engine import SINGLE_BYTES, accepts_from_start, compiler

URI = "https://example.com/metaschema"
DRAFTS = ("https://json-schema.org/draft/2019-09/", "https://json-schema.org/draft/2020-12/")


def takes(schema: dict[str, Any], text: str, vocabularies: dict[str, bool]) -> bool:
    """Whether the text is accepted under a schema whose metaschema has these vocabularies."""
    resources = json.dumps({URI: {"$id": URI, "$vocabulary": vocabularies}})
    grammar = compiler(SINGLE_BYTES, resources).compile_json_schema({"$schema": URI, **schema})
    return accepts_from_start(grammar, text)


@pytest.mark.parametrize("draft", DRAFTS)
def test_keywords_of_an_absent_vocabulary_say_nothing(draft: str) -> None:
    used = {f"{draft}vocab/core": True, f"{draft}vocab/applicator": True}
    schema = {"properties": {"a": {"minimum": 10, "allOf": [{"type": "number"}]}, "b": False}}
    assert takes(schema, '{"a":1}', used)
    assert not takes(schema, '{"b":1}', used)
    assert takes({"format": "ipv4"}, '"x"', used)
    used[f"{draft}vocab/validation"] = True
    assert not takes(schema, '{"a":1}', used)
    assert takes(schema, '{"a":10}', used)


def test_the_draft_is_that_of_the_vocabularies() -> None:
    old, new = ({f"{draft}vocab/{name}": True for name in ("core", "applicator", "validation")} for draft in DRAFTS)
    assert takes({"prefixItems": [False]}, "[1]", old)
    assert not takes({"prefixItems": [False]}, "[1]", new)


def test_contains_counts_to_one_where_its_bounds_mean_nothing() -> None:
    schema = {"contains": {"const": 1}, "minContains": 0}
    used = {f"{DRAFTS[1]}vocab/core": True, f"{DRAFTS[1]}vocab/applicator": True}
    assert not takes(schema, "[]", used)
    assert takes(schema, "[]", {**used, f"{DRAFTS[1]}vocab/validation": True})


def test_a_part_may_name_a_metaschema_of_its_own() -> None:
    resources = json.dumps({URI: {"$id": URI, "$vocabulary": {f"{DRAFTS[1]}vocab/core": True}}})
    schema = {"items": {"$id": "https://example.com/a", "$schema": URI, "type": "string"}, "minItems": 1}
    grammar = compiler(SINGLE_BYTES, resources).compile_json_schema(schema)
    assert accepts_from_start(grammar, "[1]")
    assert not accepts_from_start(grammar, "[]")


def test_an_unknown_vocabulary_is_refused_where_it_is_required() -> None:
    known = {f"{DRAFTS[1]}vocab/core": True, f"{DRAFTS[1]}vocab/validation": True}
    assert not takes({"type": "number"}, '"x"', {**known, "https://example.com/vocab": False})
    with pytest.raises(UnsupportedSchemaError, match="requires the vocabulary"):
        takes({"type": "number"}, "1", {**known, "https://example.com/vocab": True})


def test_a_metaschema_that_is_not_passed_says_nothing() -> None:
    grammar = compiler(SINGLE_BYTES).compile_json_schema({"$schema": URI, "type": "number"})
    assert not accepts_from_start(grammar, '"x"')
