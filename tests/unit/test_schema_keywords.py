"""What each keyword for values, objects and arrays accepts and refuses, in its odd corners too."""

from __future__ import annotations

from support.cases import Case, by_name, check
from support.engine import accepts, matcher

CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
    "additionalProperties": False,
}
GENERAL = (
    Case(
        "true is any value",
        True,
        ("0", '"x"', "[]", "{}", "null", '{"a":[{"b":null}]}'),
        ("", "nul", "[", "}", "tru e"),
    ),
    Case(
        "the empty schema is any value",
        {},
        ("1.5e3", "false", '["a",{}]'),
        ("01", "+1", "'a'", "NaN", "undefined", "1.", ".5"),
    ),
    Case(
        "annotations say nothing",
        {"title": "t", "description": "d", "default": 1, "examples": ["x"], "$comment": "c"},
        ("null",),
    ),
    Case("type null", {"type": "null"}, ("null",), ("0", '"null"', "nul", "nulll", "Null")),
    Case("type boolean", {"type": "boolean"}, ("true", "false"), ("True", "0", "1", '"true"', "null")),
    Case("type list", {"type": ["string", "null"]}, ('"x"', "null"), ("1", "true", "[]", "{}")),
    Case("type list of number and integer", {"type": ["integer", "number"]}, ("1", "1.5", "1.0", "1e2")),
    Case("number keywords leave other types alone", {"minimum": 5}, ('"x"', "null", "[1]", "5", "7.5"), ("4", "4.99")),
    Case(
        "string keywords leave other types alone",
        {"minLength": 2, "pattern": "a"},
        ("1", "[]", '"xa"'),
        ('"a"', '"xx"'),
    ),
    Case("array keywords leave other types alone", {"maxItems": 0}, ("1", '{"a":1}', "[]"), ("[1]",)),
    Case("object keywords leave other types alone", {"required": ["a"]}, ("[]", "1", '{"a":0}'), ("{}", '{"b":0}')),
    Case("false as a property's schema", {"properties": {"a": False}}, ("{}", '{"b":1}'), ('{"a":1}', '{"b":1,"a":1}')),
)

CONSTANTS = (
    Case(
        "enum of all types",
        {"enum": [1, "a", None, True, [1], {"k": 2}]},
        ("1", '"a"', "null", "true", "[1]", '{"k":2}'),
        ("2", "false", "[]", "{}", '{"k":1}', '"1"'),
    ),
    Case("enum and type", {"type": "string", "enum": ["a", 1, None]}, ('"a"',), ("1", "null")),
    Case(
        "enum of texts that begin alike",
        {"enum": ["a", "ab", "abc", "b"]},
        ('"a"', '"ab"', '"abc"', '"b"'),
        ('""', '"ac"', '"abcd"', '"bc"'),
    ),
    Case(
        "enum beyond ASCII",
        {"enum": ["é", "天气", "😀"]},
        ('"é"', '"天气"', '"😀"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\u5929气"'),
        ('"e"', '"天"', '"\\ud83d"', '"\\ude00"'),
    ),
    Case(
        "enum with control characters",
        {"enum": ["\n", '"', "\\", "\u0000"]},
        ('"\\n"', '"\\u000a"', '"\\""', '"\\\\"', '"\\u0000"', '"\\u0022"'),
        ('"\n"', '"\\\\\\\\"', '"\\u0001"', '"n"'),
    ),
    Case(
        "an integer constant in other spellings of the number",
        {"const": 1},
        ("1", "1.0", "1e0", "10e-1", "0.1E+1"),
        ("true", "2", "1.1", '"1"', "-1"),
    ),
    Case("a decimal constant", {"const": 1.5}, ("1.5", "1.50", "15e-1", "0.15e1"), ("1", "1.05", "1.5000001", "2")),
    Case("zero has a sign", {"const": 0}, ("0", "-0", "0.0", "-0.0", "0e5"), ("false", "1", '""', "null")),
    Case("false is not zero", {"enum": [False]}, ("false",), ("0", "0.0")),
    Case(
        "nested constants keep their types apart",
        {"const": {"a": [True, 0]}},
        ('{"a":[true,0]}', '{"a":[true,0.0]}'),
        ('{"a":[1,0]}', '{"a":[true,false]}'),
    ),
    Case(
        "a nested constant in any order of keys",
        {"const": {"a": {"x": 1, "y": [None]}, "b": "t"}},
        ('{"a":{"x":1,"y":[null]},"b":"t"}', '{"b":"t","a":{"y":[null],"x":1.0}}'),
        (
            "{}",
            '{"b":"t"}',
            '{"a":{"x":1},"b":"t"}',
            '{"a":{"x":1,"y":[null]},"b":"t","c":1}',
            '{"a":{"x":1,"y":[]},"b":"t"}',
        ),
    ),
    Case(
        "enum of objects that share keys",
        {"enum": [{"a": 1, "b": 1}, {"a": 2, "b": 2}, {"a": 3}]},
        ('{"b":1,"a":1}', '{"a":2,"b":2}', '{"a":3}'),
        ('{"a":1,"b":2}', '{"a":1}', '{"a":3,"b":1}'),
    ),
    Case(
        "enum of arrays that begin alike",
        {"enum": [[1, 2], [1, 3], [1]]},
        ("[1,2]", "[1,3]", "[1]"),
        ("[]", "[1,4]", "[1,2,3]"),
    ),
    Case(
        "a great constant is exact",
        {"const": 12345678901234567890123},
        ("12345678901234567890123", "12345678901234567890123.0"),
        ("12345678901234567890124", "1.2345678901234568e22"),
    ),
)

OBJECTS = (
    Case(
        "properties in any order",
        CLOSED,
        ('{"a":1,"b":"x"}', '{"b":"x","a":1}', '{"a":1}', '{"b":""}', "{}"),
        ('{"a":"x"}', '{"b":1}', '{"c":1}', '{"a":1,"c":1}', '{"a":1,}', "{,}"),
    ),
    Case("a key cannot come twice", CLOSED, ('{"a":1}',), ('{"a":1,"a":1}', '{"a":1,"b":"x","a":2}')),
    Case(
        "a key cannot come twice in another spelling",
        {"type": "object"},
        ('{"a":1,"\\u0062":2}',),
        ('{"a":1,"\\u0061":2}', '{"\\u0061":1,"a":2}', '{"\\u0061":1,"\\u0061":2}'),
    ),
    Case(
        "a free key cannot come twice",
        {"type": "object"},
        ('{"x":1,"y":1}', '{"x":{"x":{"x":1}}}'),
        ('{"x":1,"x":1}', '{"":1,"":2}', '{"é":1,"\\u00e9":2}', '{"😀":1,"\\ud83d\\ude00":1}', '{"a/":1,"a\\/":1}'),
    ),
    Case(
        "a key may extend another",
        {"type": "object"},
        ('{"a":1,"ab":2,"abc":3}', '{"abc":1,"ab":2,"a":3,"":4}'),
        ('{"ab":1,"a":2,"ab":3}',),
    ),
    Case(
        "keys with escapes",
        {"properties": {'q"': {"const": 1}, "n\n": {"const": 2}, "é": {"const": 3}}, "additionalProperties": False},
        ('{"q\\"":1,"n\\n":2,"é":3}', '{"\\u00e9":3,"n\\u000A":2,"q\\u0022":1}'),
        ('{"q\\"":2}', '{"é":1}', '{"\\u00e8":3}'),
    ),
    Case(
        "the empty key",
        {"properties": {"": {"type": "null"}}, "required": [""], "additionalProperties": False},
        ('{"":null}',),
        ("{}", '{"":1}', '{" ":null}'),
    ),
    Case(
        "required",
        {**CLOSED, "required": ["b", "a"]},
        ('{"a":1,"b":"x"}', '{"b":"x","a":1}'),
        ("{}", '{"a":1}', '{"b":"x"}'),
    ),
    Case(
        "required without properties",
        {"type": "object", "required": ["x", "y"]},
        ('{"x":1,"y":2}', '{"z":0,"y":null,"x":[]}'),
        ("{}", '{"x":1}', '{"x":1,"x":2}'),
    ),
    Case(
        "required through additionalProperties",
        {"type": "object", "required": ["x"], "additionalProperties": {"type": "integer"}},
        ('{"x":1}', '{"y":2,"x":1}'),
        ('{"x":"1"}', '{"y":1}'),
    ),
    Case(
        "additionalProperties false alone",
        {"type": "object", "additionalProperties": False},
        ("{}",),
        ('{"a":1}', '{"":1}'),
    ),
    Case(
        "additionalProperties as a schema",
        {"properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
        ('{"a":"x","b":1}', '{"b":1,"c":2}'),
        ('{"a":1}', '{"b":"x"}', '{"\\u0061":1}'),
    ),
    Case(
        "properties that start with each other",
        {
            "properties": {"a": {"const": 1}, "ab": {"const": 2}, "b": {"const": 3}},
            "additionalProperties": {"const": 4},
        },
        ('{"a":1,"ab":2,"b":3,"abc":4}', '{"aa":4,"":4}'),
        ('{"a":2}', '{"ab":1}', '{"abc":2}', '{"aa":1}'),
    ),
    Case(
        "objects inside objects",
        {"properties": {"o": CLOSED}, "required": ["o"]},
        ('{"o":{"b":"x","a":1}}', '{"p":{"c":1},"o":{}}'),
        ('{"o":{"c":1}}', '{"o":1}', '{"p":{}}'),
    ),
    Case(
        "many required properties in any order",
        {"type": "object", "required": [f"k{i}" for i in range(12)], "additionalProperties": {"type": "boolean"}},
        ("{" + ",".join(f'"k{i}":true' for i in (7, 3, 11, 0, 1, 10, 2, 9, 4, 8, 6, 5)) + "}",),
        ("{" + ",".join(f'"k{i}":true' for i in range(11)) + "}",),
    ),
)

ARRAYS = (
    Case(
        "items",
        {"type": "array", "items": {"type": "integer"}},
        ("[]", "[1]", "[1,-2,3]"),
        ('["a"]', "[1,null]", "[1,]", "[,1]", "[1 2]", "[1.5]", "["),
    ),
    Case("items false", {"type": "array", "items": False}, ("[]",), ("[1]", "[null]")),
    Case(
        "prefixItems leaves the rest open",
        {"prefixItems": [{"type": "integer"}, {"type": "string"}]},
        ("[]", "[1]", '[1,"a"]', '[1,"a",null,{}]'),
        ('["a"]', "[1,2]"),
    ),
    Case(
        "prefixItems and items",
        {"prefixItems": [{"const": 1}], "items": {"const": 2}, "type": "array"},
        ("[]", "[1]", "[1,2,2]"),
        ("[2]", "[1,1]"),
    ),
    Case(
        "prefixItems and no more",
        {"prefixItems": [{"type": "integer"}, True], "items": False, "type": "array"},
        ("[]", "[1]", "[1,{}]"),
        ("[1,2,3]", '["a"]'),
    ),
    Case(
        "minItems and maxItems",
        {"type": "array", "minItems": 1, "maxItems": 3},
        ("[0]", "[0,0]", '[{},[],""]'),
        ("[]", "[1,2,3,4]"),
    ),
    Case("maxItems 0", {"type": "array", "maxItems": 0}, ("[]",), ("[0]", "[null]")),
    Case(
        "minItems beyond the prefix",
        {"type": "array", "prefixItems": [{"const": 1}], "items": {"const": 2}, "minItems": 3},
        ("[1,2,2]", "[1,2,2,2]"),
        ("[1]", "[1,2]", "[1,1,1]"),
    ),
    Case("sizes as decimals", {"type": "array", "minItems": 1.0, "maxItems": 2.0}, ("[0]", "[0,0]"), ("[]", "[0,0,0]")),
    Case(
        "arrays inside arrays",
        {"items": {"items": {"items": {"type": "integer"}, "type": "array"}, "type": "array"}, "type": "array"},
        ("[]", "[[]]", "[[[1],[]],[]]"),
        ("[1]", "[[1]]", "[[[[]]]]"),
    ),
    Case(
        "a great maxItems costs no states",
        {"type": "array", "items": {"const": 1}, "maxItems": 1_000_000, "minItems": 3},
        ("[1,1,1]", "[" + ",".join("1" * 200) + "]"),
        ("[1,1]", "[]"),
    ),
    Case(
        "the schema of an impossible item is an upper bound",
        {"prefixItems": [{"const": 1}, False], "type": "array"},
        ("[]", "[1]"),
        ("[1,1]",),
    ),
)


def test_crossed_bounds_below_the_root_only_close_that_branch() -> None:
    schema = {"properties": {"a": {"type": "object", "minProperties": 2, "maxProperties": 1}}, "type": "object"}
    state = matcher(schema)
    assert state.accept_string('{"')
    assert accepts(schema, '{"b":{}}')
    assert not accepts(schema, '{"a":{}}')
    assert not matcher(schema).accept_string('{"a":')


@by_name((*GENERAL, *CONSTANTS))
def test_values_and_constants(case: Case) -> None:
    check(case)


@by_name(OBJECTS)
def test_objects(case: Case) -> None:
    check(case)


@by_name(ARRAYS)
def test_arrays(case: Case) -> None:
    check(case)
