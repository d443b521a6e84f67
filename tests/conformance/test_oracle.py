"""The oracle itself is held against the JSON Schema Test Suite, and its reader against `json.loads`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing.exceptions import Unresolvable

import oracle
from fcformat import JSONStyle
from support.instances import spellings
from support.schemas import values
from support.suite import DIALECTS, STYLE, groups, suite_files

# Where jsonschema is at odds with the suite, or a schema names another dialect inside (there it drops exact numbers).
DISPUTED = {
    "$recursiveRef with nesting",
    "remote ref, containing refs itself",
    "schema that uses custom metaschema with with no validation vocabulary",
    "unevaluatedProperties with adjacent non-bool additionalProperties",
}


@pytest.mark.parametrize("draft", DIALECTS)
def test_the_oracle_agrees_with_the_required_tests_of_the_suite(draft: str) -> None:
    wrong = []
    for file in (file for known, file in suite_files() if known == draft and "/" not in file and file != "format.json"):
        for name, schema, tests in groups(draft, file):
            for test in tests:
                try:
                    accepted = oracle.accepts(schema, json.dumps(test["data"]).encode(), STYLE)
                except (oracle.UnsupportedByJudge, Unresolvable):
                    continue
                if accepted != test["valid"] and name not in DISPUTED:
                    wrong.append(f"{file}: {name} / {test['description']}")
    assert wrong == []


@given(st.data())
def test_the_reader_reads_what_json_loads_reads(data: st.DataObject) -> None:
    text = data.draw(spellings(data.draw(values)))
    assert json.loads(text) == _plain(oracle.read(text, JSONStyle()))


@given(st.text('{}[]",:\\u0019dDcCeE+-. \n\x00truefalsn', max_size=12).map(str.encode) | st.binary(max_size=6))
def test_the_reader_is_at_least_as_strict_as_json_loads(text: bytes) -> None:
    try:
        oracle.read(text, JSONStyle())
    except (oracle.Malformed, oracle.Unfinished):
        return
    json.loads(text.decode())


@given(st.data())
def test_a_prefix_of_a_value_is_unfinished_and_a_wrong_byte_is_malformed(data: st.DataObject) -> None:
    text = data.draw(spellings(data.draw(values.filter(lambda value: isinstance(value, str | list | dict)))))
    for end in range(len(text)):
        with pytest.raises(oracle.Unfinished):
            oracle.read(text[:end], JSONStyle())
    with pytest.raises(oracle.Malformed):
        oracle.read(text + b"x", JSONStyle())


def test_the_oracle_knows_prefixes_of_small_schemas() -> None:
    schema = {"enum": ["ab", [0]]}
    alphabet = [bytes([byte]) for byte in b'"ab[]0']
    viable = [
        text
        for text in (b'"', b'"a', b'"b', b"[", b"[0", b"0", b'"ab"', b'"ab"a')
        if oracle.is_viable(schema, text, None, alphabet, 4)
    ]
    assert viable == [b'"', b'"a', b"[", b"[0", b'"ab"']


def _plain(value: object) -> object:
    """Numbers as `json.loads` has them."""
    if isinstance(value, oracle.Number):
        return int(value.text) if value.plain else float(value.text)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value
