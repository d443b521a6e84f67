"""Raw text typed by a schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat.parsing.typed_values import ANYTHING, TEXT, SchemaView, Undecided, typed_value

NULLABLE_TEXT = {"type": ["string", "null"]}
UNION = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "object"}]}


def typed(text: str, schema: Any, **how: Any) -> tuple[str, list[str]]:
    issues: list[str] = []
    written = typed_value(text, SchemaView(schema).permitted, lambda what, offset=None: issues.append(what), **how)
    return written, issues


@pytest.mark.parametrize("text", ["5", "true", "null", "None", ' {"a": 1}', '"quoted"', "", " \n", "[1"])
def test_text_stays_text_where_only_strings_are_permitted(text: str) -> None:
    assert typed(text, {"type": "string"}) == (json.dumps(text), [])


@pytest.mark.parametrize(
    ("text", "schema", "written"),
    [
        (" 42\n", {"type": "integer"}, "42"),
        ("5.0", {"type": "integer"}, "5.0"),
        ("1e2", {"type": "integer"}, "1e2"),
        ("1.10", {"type": "number"}, "1.10"),
        ("true", {"type": "boolean"}, "true"),
        ("null", NULLABLE_TEXT, "null"),
        ("nulls", NULLABLE_TEXT, '"nulls"'),
        ("42", UNION, "42"),
        ("4.5", UNION, '"4.5"'),
        ("{not json", UNION, '"{not json"'),
        ('{"a":  1}', UNION, '{"a":  1}'),
        ("007", UNION, '"007"'),
        ("1", {"enum": ["1", 2]}, '"1"'),
        ("2", {"enum": ["1", 2]}, "2"),
        ("4", {}, "4"),
        ("four", {}, '"four"'),
        ("4", True, "4"),
        ("4", {"type": "integer", "nullable": True}, "4"),
        ("null", {"type": "integer", "nullable": True}, "null"),
        ("3", {"allOf": [UNION, {"type": ["integer", "boolean"]}]}, "3"),
    ],
)
def test_the_schema_decides_what_text_means(text: str, schema: Any, written: str) -> None:
    assert typed(text, schema) == (written, [])


@pytest.mark.parametrize(
    ("text", "schema", "written", "issue"),
    [
        ("None", NULLABLE_TEXT, "null", "None for null"),
        ("True", {"type": "boolean"}, "true", "True for true"),
        ("{'a': None}", {"type": "object"}, '{"a": null}', "single quotes"),
        ('[{\\"a\\": 1}]', {"type": "array"}, '[{"a": 1}]', "JSON escaped as in a string"),
        ('"7"', {"type": "integer"}, "7", "a quoted value"),
        ("0x10", {"type": "integer"}, "16", "a number as JSON does not write it"),
        ("018956", {"type": "integer"}, "18956", "a number as JSON does not write it"),
        ("abc", {"type": "integer"}, '"abc"', "a value of a type that its schema does not permit"),
        ("7", {"type": "boolean"}, "7", "a value of a type that its schema does not permit"),
        ("{1, 2}", {"type": "object"}, '"{1, 2}"', "a value of a type that its schema does not permit"),
    ],
)
def test_what_models_write_beside_json_is_put_right_and_named(text: str, schema: Any, written: str, issue: str) -> None:
    found, issues = typed(text, schema)
    assert found == written
    assert issue in issues


def test_a_tag_that_says_string_decides_between_permitted_types() -> None:
    assert typed("42", UNION, prefer_text=True) == ('"42"', [])
    assert typed("42", {"type": "integer"}, prefer_text=True) == ("42", [])


def test_references_are_followed_and_may_be_circular() -> None:
    schema = {
        "$defs": {"n": {"type": "integer"}, "loop": {"$ref": "#/$defs/loop"}, "a/b": {"type": "null"}},
        "properties": {"n": {"$ref": "#/$defs/n"}, "l": {"$ref": "#/$defs/loop"}, "e": {"$ref": "#/$defs/a~1b"}},
    }
    view = SchemaView(schema)
    kinds = {key: set(found.permitted.kinds) for key in "nle" if (found := view.property(key)) is not None}
    assert kinds == {"n": {"integer"}, "l": set(ANYTHING.kinds), "e": {"null"}}
    assert view.property("other") is None


def test_properties_are_found_in_every_branch() -> None:
    view = SchemaView(
        {
            "anyOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {"type": "string"}}}],
            "additionalProperties": {"type": "null"},
        }
    )
    found = view.property("a")
    assert found is not None
    assert set(found.permitted.kinds) == {"null", "integer", "string"}


def test_a_schema_of_exponential_size_is_read_as_permitting_anything() -> None:
    schema: Any = {"type": "integer"}
    for _ in range(40):
        schema = {"anyOf": [schema, schema]}
    assert "string" in SchemaView(schema).permitted.kinds


def test_constants_that_no_double_holds_do_not_break_typing() -> None:
    schema = {"enum": [float("inf"), 10**400]}
    assert typed("1e999", schema)[0] == "1e999"
    assert typed("9" * 5000, schema)[0] == "9" * 5000


def test_only_text_is_text() -> None:
    assert TEXT.only_text
    assert not TEXT.no_text
    assert not ANYTHING.only_text
    assert not ANYTHING.no_text


@pytest.mark.parametrize(
    ("text", "schema", "decided"),
    [
        ("no idea", NULLABLE_TEXT, 2),
        ("null", NULLABLE_TEXT, None),
        (" null \n", NULLABLE_TEXT, None),
        ("null x", NULLABLE_TEXT, 6),
        ("nulls", NULLABLE_TEXT, 5),
        ("42", NULLABLE_TEXT, 1),
        ("42 ", UNION, None),
        ("42 km", UNION, 4),
        ("{not json", UNION, None),
        ("[x", UNION, 1),
        ("Trust", {"type": ["string", "boolean"]}, 4),
    ],
)
def test_text_is_known_as_such_as_soon_as_it_can_be_nothing_else(text: str, schema: Any, decided: int | None) -> None:
    undecided = Undecided(SchemaView(schema).permitted)
    first = next((size for size, char in enumerate(text, 1) if not undecided.feed(char)), None)
    assert first == decided
    assert Undecided(SchemaView(schema).permitted).feed(text) == (decided is None)
    if decided is not None:
        assert typed(text, schema)[0].startswith('"')
