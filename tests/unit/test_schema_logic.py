"""What negation, exclusive choice, conditions and the counting keywords accept and refuse."""

from __future__ import annotations

import pytest

from support.cases import Case, by_name, check
from support.engine import accepts

LOGIC = (
    Case("not a type", {"not": {"type": ["string", "object"]}}, ("1", "null", "[]", "true"), ('"x"', "{}", '{"a":1}')),
    Case(
        "not an integer",
        {"type": "number", "not": {"type": "integer"}},
        ("1.5", "-0.25"),
        ("1", "0", "-3", "1.0", "10e-1", "1e2", "0.0"),
    ),
    Case(
        "not a constant in any spelling",
        {"not": {"const": 1}},
        ("2", "true", '"1"', "1.01", "10", "[1]"),
        ("1", "1.0", "1.00", "1e0", "10e-1", "0.1e1", "0.1E+01", "100e-2"),
    ),
    Case(
        "not a great constant in any spelling",
        {"type": "number", "not": {"const": 1e22}},
        ("1", "10000000000000000000001"),
        ("1e22", "1e+22", "10000000000000000000000", "10e21", "0.1e23", "100.0e20"),
    ),
    Case(
        "not zero in any spelling",
        {"type": "number", "not": {"const": 0}},
        ("1", "0.1", "-0.01"),
        ("0", "-0", "0.0", "-0.00", "0e5", "0.0e0", "-0E-3"),
    ),
    Case(
        "not an enum of texts",
        {"type": "string", "not": {"enum": ["a", "ab"]}},
        ('""', '"b"', '"abc"', '"aa"', '"\\n"'),
        ('"a"', '"ab"', '"\\u0061"', '"a\\u0062"'),
    ),
    Case("not a pattern", {"type": "string", "not": {"pattern": "a"}}, ('""', '"b"'), ('"a"', '"xax"', '"\\u0061"')),
    Case(
        "not a bound",
        {"type": "number", "not": {"minimum": 3}},
        ("2", "2.9", "-5"),
        ("3", "3.0", "3.1", "1e1", "30e-1"),
    ),
    Case(
        "not required",
        {"type": "object", "not": {"required": ["a"]}},
        ("{}", '{"b":1}'),
        ('{"a":1}', '{"b":1,"a":null}', '{"\\u0061":1}'),
    ),
    Case(
        "not both required",
        {"type": "object", "not": {"required": ["a", "b"]}},
        ("{}", '{"a":1}', '{"b":1,"c":2}'),
        ('{"a":1,"b":1}', '{"b":1,"c":0,"a":1}'),
    ),
    Case(
        "not a property's value",
        {"type": "object", "not": {"properties": {"a": {"const": 1}}}},
        ('{"a":2}', '{"b":1,"a":null}'),
        ("{}", '{"a":1}', '{"b":2}'),
    ),
    Case(
        "not all items",
        {"type": "array", "not": {"items": {"type": "integer"}}},
        ('["a"]', "[1,null]", "[1,1.5,2]"),
        ("[]", "[1]", "[1,2]"),
    ),
    Case("not a length of an array", {"type": "array", "not": {"minItems": 2}}, ("[]", "[1]"), ("[1,2]", "[1,2,3]")),
    Case(
        "not a constant object",
        {"type": "object", "not": {"const": {"a": 1}}},
        ("{}", '{"a":2}', '{"a":1,"b":1}', '{"b":1}'),
        ('{"a":1}', '{"a":1.0}'),
    ),
    Case("not not", {"not": {"not": {"type": "integer"}}}, ("1", "0"), ("1.5", '"a"')),
    Case("oneOf of types", {"oneOf": [{"type": "integer"}, {"type": "string"}]}, ("1", '"a"'), ("null", "1.5")),
    Case(
        "oneOf that overlaps",
        {"oneOf": [{"type": "integer", "minimum": 2}, {"type": "integer", "maximum": 4}]},
        ("1", "5", "-3"),
        ("2", "3", "4"),
    ),
    Case(
        "oneOf of numbers and integers",
        {"oneOf": [{"type": "number"}, {"type": "integer"}]},
        ("1.5",),
        ("1", "1.0", '"x"'),
    ),
    Case(
        "oneOf of multiples",
        {"type": "integer", "oneOf": [{"multipleOf": 3}, {"multipleOf": 5}]},
        ("3", "5", "-9", "10"),
        ("0", "15", "1", "-30"),
    ),
    Case(
        "oneOf of required keys",
        {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        ('{"a":1}', '{"c":1,"b":1}'),
        ("{}", '{"a":1,"b":1}', '{"b":1,"c":1,"a":1}'),
    ),
    Case(
        "oneOf of three",
        {"oneOf": [{"minimum": 0}, {"minimum": 10}, {"type": "string", "minLength": 2}]},
        ("0", "9.5"),
        ("10", "-1", '"ab"', "null"),
    ),
    Case(
        "oneOf with a discriminator",
        {
            "type": "object",
            "required": ["t"],
            "oneOf": [
                {"properties": {"t": {"const": "a"}, "v": {"type": "integer"}}},
                {"properties": {"t": {"const": "b"}, "v": {"type": "string"}}},
            ],
        },
        ('{"t":"a","v":1}', '{"v":"x","t":"b"}', '{"t":"a"}'),
        ('{"t":"a","v":"x"}', '{"v":1,"t":"b"}', '{"t":"c"}', "{}"),
    ),
    Case(
        "if then else",
        {"if": {"type": "integer"}, "then": {"minimum": 5}, "else": {"type": "string"}},
        ("5", '"x"'),
        ("4", "5.5", "null"),
    ),
    Case(
        "if then",
        {"type": "object", "if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["v"]}},
        ("{}", '{"k":2}', '{"k":1,"v":0}', '{"v":0,"k":1}'),
        ('{"k":1}', '{"a":0,"k":1.0}'),
    ),
    Case(
        "if else", {"type": "integer", "if": {"minimum": 0}, "else": {"multipleOf": 2}}, ("1", "0", "-2"), ("-1", "-3")
    ),
)

OBJECTS = (
    Case(
        "patternProperties",
        {"type": "object", "patternProperties": {"^a": {"type": "integer"}, "b$": {"minimum": 5}}},
        ('{"a":1,"xb":5,"ab":6,"c":null}',),
        ('{"a":"x"}', '{"xb":4}', '{"ab":4}', '{"ab":7.5}', '{"\\u0061":null}'),
    ),
    Case(
        "patternProperties and no more",
        {"type": "object", "properties": {"x": True}, "patternProperties": {"^a": True}, "additionalProperties": False},
        ('{"x":1,"a":1,"abc":1}', "{}"),
        ('{"b":1}', '{"xa":1}', '{"":1}'),
    ),
    Case(
        "some member against a pattern's schema, before or behind members that are under it",
        {
            "type": "object",
            "not": {"patternProperties": {"^a": {"type": "integer"}}},
            "additionalProperties": {"type": ["integer", "string"]},
        },
        ('{"a":"x"}', '{"b":1,"a":"x"}', '{"a":1,"ab":"x"}', '{"a":"x","b":1}', '{"b":1,"a":"x","c":1}'),
        ("{}", '{"a":1}', '{"b":"x"}', '{"b":"x","a":1}', '{"a":1,"b":"x"}', '{"a":null}'),
    ),
    Case(
        "propertyNames",
        {"type": "object", "propertyNames": {"maxLength": 2, "pattern": "^[a-z]*$"}},
        ('{"a":1,"bc":2,"":3}',),
        ('{"abc":1}', '{"A":1}', '{"\\u0041":1}'),
    ),
    Case(
        "propertyNames of an enum",
        {"type": "object", "propertyNames": {"enum": ["a", "b"]}, "minProperties": 1},
        ('{"a":1}', '{"b":1,"a":2}'),
        ("{}", '{"c":1}', '{"a":1,"b":2,"c":3}', '{"a":1,"b":1,"a":1}'),
    ),
    Case(
        "minProperties and maxProperties",
        {"type": "object", "minProperties": 1, "maxProperties": 2},
        ('{"a":1}', '{"a":1,"b":2}'),
        ("{}", '{"a":1,"b":2,"c":3}'),
    ),
    Case("maxProperties 0", {"type": "object", "maxProperties": 0}, ("{}",), ('{"a":1}',)),
    Case(
        "room is kept for what is required",
        {"type": "object", "required": ["a", "b"], "maxProperties": 2},
        ('{"a":1,"b":2}', '{"b":1,"a":2}'),
        ('{"a":1}', '{"c":1,"a":1}', '{"a":1,"b":2,"c":3}'),
    ),
    Case(
        "dependentRequired",
        {"type": "object", "dependentRequired": {"a": ["b"], "b": ["c"]}},
        ("{}", '{"c":1}', '{"b":1,"c":1}', '{"c":1,"b":1,"a":1}', '{"a":1,"b":1,"c":1}'),
        ('{"a":1}', '{"b":1}', '{"a":1,"b":1}', '{"a":1,"c":1}'),
    ),
    Case(
        "dependentSchemas",
        {"type": "object", "dependentSchemas": {"a": {"properties": {"b": {"type": "integer"}}, "required": ["b"]}}},
        ("{}", '{"b":"x"}', '{"a":1,"b":2}', '{"b":2,"a":1}'),
        ('{"a":1}', '{"a":1,"b":"x"}', '{"b":"x","a":1}'),
    ),
)

ARRAYS = (
    Case(
        "contains",
        {"type": "array", "contains": {"type": "integer"}},
        ("[1]", '["a",1]', "[1,null]"),
        ("[]", '["a"]', "[1.5]"),
    ),
    Case(
        "contains between two counts",
        {"type": "array", "contains": {"const": 1}, "minContains": 2, "maxContains": 3},
        ("[1,1]", "[1,0,1]", "[0,1,1,1,0]"),
        ("[]", "[1]", "[1,1,1,1]", "[0,0]"),
    ),
    Case(
        "contains none",
        {"type": "array", "contains": {"const": 1}, "minContains": 0, "maxContains": 0},
        ("[]", "[0]", '["1"]'),
        ("[1]", "[0,1.0]"),
    ),
    Case(
        "contains within maxItems",
        {"type": "array", "contains": {"const": 1}, "items": {"enum": [0, 1]}, "maxItems": 2},
        ("[1]", "[0,1]", "[1,0]"),
        ("[0,0]", "[0]", "[0,0,1]"),
    ),
    Case(
        "uniqueItems",
        {"type": "array", "uniqueItems": True},
        ("[]", '[1,2,"1",true,[1],[2],{},null]', "[0,false,1,true]", '[{"a":1},{"a":2},{"b":1}]', "[[1],[true]]"),
        (
            "[1,1]",
            "[1,1.0]",
            "[[],[]]",
            '["a","\\u0061"]',
            "[null,2,null]",
            '[{"a":1,"b":2},{"b":2,"a":1}]',
            "[0,-0]",
            "[0.5,0.50]",
            "[[1],[true],[1]]",
        ),
    ),
    Case(
        "uniqueItems over an enum",
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True, "minItems": 2},
        ('["a","b"]', '["c","a","b"]'),
        ('["a","a"]', '["a"]', '["a","b","c","a"]'),
    ),
)

NUMBERS = (
    Case(
        "multipleOf",
        {"type": "integer", "multipleOf": 7},
        ("0", "-0", "7", "-14", "700000000000000000007"),
        ("1", "8", "-13", "700000000000000000008"),
    ),
    Case(
        "multipleOf a decimal",
        {"type": "number", "multipleOf": 0.01},
        ("0", "1", "0.01", "1.10", "-12.34", "5.000", "0.07"),
        ("0.001", "1.234", "0.0100001"),
    ),
    Case(
        "multipleOf a broken number",
        {"type": "number", "multipleOf": 1.5},
        ("0", "1.5", "3", "-4.5", "3.0", "1.50"),
        ("1", "2", "1.51", "0.5"),
    ),
    Case(
        "two divisors and bounds",
        {"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "minimum": 1, "maximum": 30},
        ("12", "24"),
        ("0", "4", "6", "36", "-12", "120"),
    ),
    Case(
        "multipleOf and bounds around zero",
        {"type": "number", "multipleOf": 0.5, "exclusiveMinimum": -1, "exclusiveMaximum": 1},
        ("-0.5", "0", "0.5", "0.50", "-0"),
        ("-1", "1", "0.25", "0.75"),
    ),
)

FORMATS = (
    Case(
        "date",
        {"type": "string", "format": "date"},
        ('"2024-02-29"', '"1999-12-31"', '"2000-02-29"'),
        ('"2023-02-29"', '"1900-02-29"', '"2024-13-01"', '"2024-1-1"', '"20240101"', '""', '"2024-04-31"'),
    ),
    Case(
        "ipv4",
        {"type": "string", "format": "ipv4"},
        ('"127.0.0.1"', '"255.255.255.255"'),
        ('"256.0.0.1"', '"1.2.3"', '"01.2.3.4"', '"1.2.3.4.5"'),
    ),
    Case(
        "uuid",
        {"type": "string", "format": "uuid"},
        ('"2eb8aa08-aa98-11ea-b4aa-73b441d16380"', '"2EB8AA08-AA98-11EA-B4AA-73B441D16380"'),
        ('"2eb8aa08-aa98-11ea-b4aa73b441d16380"', '"2eb8aa08"', '"zeb8aa08-aa98-11ea-b4aa-73b441d16380"'),
    ),
    Case(
        "format and pattern",
        {"type": "string", "format": "date", "pattern": "^2024"},
        ('"2024-01-01"',),
        ('"2023-01-01"',),
    ),
    Case("format leaves other types alone", {"format": "date"}, ("1", "null", '"2024-01-01"'), ('"x"',)),
)


@by_name(LOGIC)
def test_logic(case: Case) -> None:
    check(case)


@by_name(OBJECTS)
def test_objects(case: Case) -> None:
    check(case)


@by_name(ARRAYS)
def test_arrays(case: Case) -> None:
    check(case)


@by_name((*NUMBERS, *FORMATS))
def test_numbers_and_formats(case: Case) -> None:
    check(case)


DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("schema", "text", "valid"),
    [
        ({"$schema": DRAFT_4, "minimum": 1, "exclusiveMinimum": True}, "1", False),
        ({"$schema": DRAFT_4, "minimum": 1, "exclusiveMinimum": True}, "1.5", True),
        ({"$schema": DRAFT_7, "items": [{"type": "null"}], "additionalItems": False}, "[null]", True),
        ({"$schema": DRAFT_7, "items": [{"type": "null"}], "additionalItems": False}, "[null,1]", False),
        ({"$schema": DRAFT_7, "dependencies": {"a": ["b"]}}, '{"a":1}', False),
        ({"$schema": DRAFT_7, "dependencies": {"a": {"required": ["b"]}}}, '{"a":1,"b":1}', True),
        (
            {"$schema": DRAFT_7, "definitions": {"x": {"type": "null"}}, "$ref": "#/definitions/x", "type": "string"},
            "null",
            True,
        ),
        (
            {"$schema": DRAFT_2020, "$defs": {"x": {"type": "null"}}, "$ref": "#/$defs/x", "enum": [None, 1]},
            "null",
            True,
        ),
        ({"$schema": DRAFT_2020, "$defs": {"x": {"type": "null"}}, "$ref": "#/$defs/x", "enum": [None, 1]}, "1", False),
        ({"$schema": DRAFT_4, "const": 1}, "2", True),
        ({"$schema": DRAFT_7, "prefixItems": [{"type": "null"}]}, "[1]", True),
    ],
)
def test_a_keyword_means_what_its_dialect_says(schema: object, text: str, valid: bool) -> None:
    assert accepts(schema, text) is valid


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, "1"),
        ({"type": "array", "items": [{"type": "null"}], "additionalItems": False}, "[null,1]"),
        ({"type": "object", "dependencies": {"a": ["b"]}}, '{"a":1}'),
    ],
)
def test_keywords_of_older_dialects_are_not_ignored_where_none_is_named(schema: object, text: str) -> None:
    assert not accepts(schema, text)
