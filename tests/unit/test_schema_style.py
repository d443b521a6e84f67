"""Style is apart from meaning: where blanks stand, how integers and escapes are written, in which order properties come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import JSONStyle, SchemaError
from support.cases import Case, by_name, check
from support.engine import accepts, compiled, matcher

PAIR = {
    "type": "object",
    "properties": {"a": {"type": "array"}, "b": {"type": "integer"}},
    "additionalProperties": False,
}
GAPS = (
    "{{{0}}}",
    '{{{0}"a":[]}}',
    '{{"a"{0}:[]}}',
    '{{"a":{0}[]}}',
    '{{"a":[{0}]}}',
    '{{"a":[]{0}}}',
    '{{"a":[1{0},2]}}',
    '{{"a":[1,{0}2]}}',
    '{{"a":[],{0}"b":1}}',
    '{{"b":1{0}}}',
    '{{"b":1{0},"a":[]}}',
)


def everywhere(blank: str) -> tuple[str, ...]:
    """A text for each place between two tokens, with the blank there."""
    return tuple(gap.format(blank) for gap in GAPS)


COMPACT = JSONStyle(whitespace="compact")
PYTHON = JSONStyle(whitespace="python")
ANY_INTEGER = JSONStyle(integer_spelling="any")
MINIMAL = JSONStyle(escapes="minimal")

CASES = (
    Case(
        "flexible",
        PAIR,
        (*everywhere(""), *everywhere(" "), *everywhere("\t"), *everywhere("\n"), *everywhere("\r\n  ")),
        (
            *everywhere("\f"),
            *everywhere("\u00a0"),
            *everywhere("/**/"),
            ' {"b":1}',
            '{"b":1} ',
            '{"b":- 1}',
            '{"b":1 1}',
        ),
    ),
    Case("flexible up to a length", PAIR, (*everywhere(" " * 40), *everywhere("\n\t \r" * 10)), everywhere(" " * 41)),
    Case("flexible up to three", PAIR, everywhere("   "), everywhere("    "), JSONStyle(max_whitespace=3)),
    Case("flexible up to nothing", PAIR, everywhere(""), everywhere(" "), JSONStyle(max_whitespace=0)),
    Case("compact", PAIR, everywhere(""), everywhere(" "), COMPACT),
    Case(
        "blanks in strings are text",
        {"items": {"type": "string"}, "type": "object"},
        ('{"a b":" x "}',),
        ('{"a": 1}',),
        COMPACT,
    ),
    Case(
        "as Python writes",
        PAIR,
        ('{"a": [1, 2], "b": 1}', "{}", '{"a": []}', '{"b": 1, "a": [{"c": null}]}'),
        (
            '{"a":[]}',
            '{"a": [1,2]}',
            '{"a":  []}',
            "{ }",
            '{"a": [ ]}',
            '{"b": 1,"a": []}',
            '{"b" : 1}',
            '{"b": 1 }',
            '{"a": [1 ]}',
        ),
        PYTHON,
    ),
    Case(
        "integers in any spelling",
        {"type": "integer", "minimum": -5, "maximum": 1000},
        ("1", "1.0", "1e2", "10E-1", "0.1e1", "-0.0", "1.000", "12.5e1"),
        ("1.5", "1e4", "1e-1", "12.55e1", "1."),
        ANY_INTEGER,
    ),
    Case(
        "integers as digits beside numbers",
        {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        ("1", '"1.0"'),
        ("1.0", "1e0"),
    ),
    Case(
        "integers as digits inside numbers",
        {"anyOf": [{"type": "integer"}, {"type": "number", "minimum": 10}]},
        ("1", "10.0", "1e1", "10"),
        ("1.0", "9.0", "1e0", "2.5"),
    ),
    Case(
        "digits are bounded in each part",
        {"type": "number"},
        ("123", "-123.456", "0.123", "1e999"),
        ("1234", "0.1234", "-1234"),
        JSONStyle(max_digits=3),
    ),
    Case(
        "digits of constants are bounded with the zeros behind them",
        {"enum": [0.5, 12, 1.25, 1234, 0.0625]},
        ("0.5", "0.500", "12", "12.000", "1.25", "1.250"),
        ("0.5000", "12.0000", "1.2500", "1234", "0.0625"),
        JSONStyle(max_digits=3),
    ),
    Case("one digit", {"type": "integer"}, ("0", "9", "-9"), ("10", "-10"), JSONStyle(max_digits=1)),
    Case(
        "minimal escapes",
        {"type": "string"},
        ('"\\"\\\\/é😀"', '"\\n\\t\\b\\f\\r"', '"\\u001f\\u0000\\u000A"', b'"\x7f"'),
        ('"\\/"', '"\\u0041"', '"\\u0022"', '"\\u0020"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\u007f"'),
        MINIMAL,
    ),
    Case("minimal escapes in keys", {"type": "object"}, ('{"a\\"":1}',), ('{"\\u0061":1}', '{"a\\/":1}'), MINIMAL),
    Case(
        "minimal escapes and pattern",
        {"type": "string", "pattern": '^["\\n]$'},
        ('"\\""', '"\\n"', '"\\u000a"'),
        ('"\\u0022"',),
        MINIMAL,
    ),
)

ORDERED = {
    "type": "object",
    "properties": {"b": {"const": 1}, "a": {"const": 2}, "c": {"const": 3}},
    "required": ["a"],
    "additionalProperties": {"const": 4},
}


@by_name(CASES)
def test_style(case: Case) -> None:
    check(case)


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1,"a":2,"c":3}',
        '{"a":2}',
        '{"a":2,"c":3}',
        '{"b":1,"a":2,"x":4}',
        '{"a":2,"y":4,"x":4}',
        '{"b":1,"a":2,"c":3,"0":4}',
    ],
)
def test_schema_order_lets_declared_properties_come_in_order(text: str) -> None:
    assert accepts(ORDERED, text, JSONStyle(property_order="schema"))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":2,"b":1}',
        '{"c":3,"a":2}',
        '{"x":4,"a":2}',
        '{"b":1}',
        '{"b":1,"c":3}',
        '{"a":2,"x":4,"c":3}',
        '{"a":2,"a":2}',
        '{"a":2,"x":4,"x":4}',
        '{"b":2,"a":2}',
    ],
)
def test_schema_order_refuses_another_order(text: str) -> None:
    assert not accepts(ORDERED, text, JSONStyle(property_order="schema"))


def test_schema_order_holds_inside_values_too() -> None:
    style = JSONStyle(property_order="schema")
    nested = {"type": "object", "properties": {"list": {"type": "array", "items": ORDERED}}}
    assert accepts(nested, '{"list":[{"b":1,"a":2},{"a":2,"c":3}]}', style)
    assert not accepts(nested, '{"list":[{"b":1,"a":2},{"c":3,"a":2}]}', style)


def test_schema_order_takes_required_properties_that_are_not_declared_after_the_others() -> None:
    schema = {"type": "object", "properties": {"b": {"const": 1}}, "required": ["z", "b"]}
    assert accepts(schema, '{"b":1,"z":null}', JSONStyle(property_order="schema"))
    assert not accepts(schema, '{"z":null,"b":1}', JSONStyle(property_order="schema"))


def test_too_few_digits_for_every_value_are_refused_at_once() -> None:
    with pytest.raises(SchemaError):
        compiled({"type": "integer", "minimum": 1_000_000}, JSONStyle(max_digits=3))


def test_a_deeply_nested_value_is_no_trouble() -> None:
    state = matcher({"type": "array"})
    depth = 20_000
    assert state.accept_string("[" * depth)
    assert not state.can_terminate()
    assert state.accept_string("]" * depth)
    assert state.can_terminate()


def test_a_long_text_is_no_trouble() -> None:
    assert accepts({"type": "string"}, '"' + "x" * 1_000_000 + '"')


def test_many_properties_are_no_trouble() -> None:
    text = "{" + ",".join(f'"key{index}":{index}' for index in range(2000)) + "}"
    assert accepts({"type": "object"}, text)
    assert not accepts({"type": "object"}, text[:-1] + ',"key77":0}')


@pytest.mark.parametrize(
    ("schema", "plain"),
    [
        ({"type": "integer", "multipleOf": 10}, True),
        ({"type": "integer", "enum": [20, 30]}, True),
        ({"type": "number", "multipleOf": 10}, False),
        ({"enum": [20, 30]}, False),
    ],
    ids=json.dumps,
)
def test_an_integer_is_digits_alone_also_under_two_negations(schema: dict[str, Any], plain: bool) -> None:
    for one in (schema, {"not": {"not": schema}, "type": "number"}):
        assert accepts(one, "20")
        assert accepts(one, "20.0") != plain
