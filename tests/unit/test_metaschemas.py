"""References to the drafts' metaschemas, which nobody has to pass."""

from __future__ import annotations

import json

import pytest
from hypothesis import find
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

from fcformat import GrammarMatcher, SchemaError
from fcformat.data import METASCHEMAS
from fcformat.strategies import from_schema
from support.engine import SINGLE_BYTES, compiler, matcher

DRAFTS = (
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
)


@pytest.mark.parametrize("uri", DRAFTS)
def test_an_argument_may_be_a_schema(uri: str) -> None:
    asked = matcher({"type": "object", "properties": {"schema": {"$ref": uri}}, "additionalProperties": False})
    assert asked.accept_string('{"schema": {"type": ["string", "null"], "properties": {"a": {"minLength": 2}}}')
    assert asked.accept_string("}")
    assert asked.can_terminate()
    for wrong in ('{"schema": {"type": "strung"', '{"schema": {"minLength": -1', '{"schema": {"properties": {"a": 1'):
        asked.reset()
        assert not asked.accept_string(wrong)


def test_they_are_the_published_ones() -> None:
    published = {uri.rstrip("#"): REGISTRY[uri].contents for uri in REGISTRY if "draft-03" not in uri}
    assert json.loads(METASCHEMAS.read_text(encoding="utf-8")) == published


def test_a_document_that_was_passed_is_used_in_its_place() -> None:
    resources = json.dumps({"https://json-schema.org/draft/2020-12/schema": {"const": 7}})
    schema = {"items": {"$ref": "https://json-schema.org/draft/2020-12/schema"}, "type": "array", "minItems": 1}
    asked = GrammarMatcher(compiler(SINGLE_BYTES, resources).compile_json_schema(schema))
    assert not asked.accept_string("[{")
    assert asked.accept_string("[7]")


def test_what_is_no_metaschema_is_still_refused() -> None:
    with pytest.raises(SchemaError, match="was not given"):
        matcher({"$ref": "https://json-schema.org/draft/2021-13/schema"})


def test_strategies_know_them_too() -> None:
    annotations = from_schema({"$ref": "https://json-schema.org/draft/2020-12/meta/format-annotation"})
    assert isinstance(find(annotations, lambda value: isinstance(value, dict) and "format" in value)["format"], str)
