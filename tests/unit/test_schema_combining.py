"""How schemas are combined: alternatives, conjunctions, and references that may come back to where they are."""

from __future__ import annotations

from support.cases import Case, by_name, check

LINKED = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value", "next"],
            "additionalProperties": False,
        }
    },
}
TREE = {
    "type": "object",
    "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}},
    "additionalProperties": False,
}
DEEP = 60

COMBINED = (
    Case(
        "anyOf of types",
        {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]},
        ("1", '"a"'),
        ('"ab"', "1.5", "null"),
    ),
    Case(
        "anyOf whose branches overlap",
        {"anyOf": [{"type": "number", "minimum": 5}, {"type": "integer", "maximum": 2}]},
        ("5", "7.5", "2", "-3", "5.0"),
        ("3", "2.5", "4", "-3.0"),
    ),
    Case(
        "nested anyOf",
        {"anyOf": [{"anyOf": [{"const": 1}, {"anyOf": [{"const": 2}, {"const": "x"}]}]}, {"const": None}]},
        ("1", "2", '"x"', "null"),
        ("3", '"y"', "true"),
    ),
    Case(
        "anyOf and siblings",
        {"type": "string", "anyOf": [{"minLength": 3}, {"pattern": "^a"}, {"minimum": 1}], "maxLength": 4},
        ('"abc"', '"a"', '"x"', '"xyz"'),
        ("1", '"xxxxx"'),
    ),
    Case("anyOf with a branch that is true", {"anyOf": [True, {"type": "null"}]}, ("1", "null", "{}")),
    Case("anyOf with a branch that is false", {"anyOf": [False, {"type": "null"}]}, ("null",), ("1",)),
    Case(
        "objects told apart late",
        {
            "anyOf": [
                {"properties": {"k": {"const": "a"}, "v": {"type": "integer"}}, "required": ["k", "v"]},
                {"properties": {"k": {"const": "b"}, "v": {"type": "string"}}, "required": ["k", "v"]},
            ],
            "type": "object",
        },
        ('{"k":"a","v":1}', '{"v":1,"k":"a"}', '{"v":"s","k":"b"}', '{"z":0,"k":"b","v":""}'),
        ('{"v":1,"k":"b"}', '{"k":"a","v":"s"}', '{"k":"c","v":1}', '{"k":"a"}'),
    ),
    Case(
        "arrays told apart late",
        {
            "anyOf": [
                {"type": "array", "items": {"type": "integer"}},
                {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2},
            ]
        },
        ("[]", "[1,2]", '[1,"a",null]'),
        ('["a"]', '[1,"a",', '[1,2,"a"]', "[1,null]"),
    ),
    Case(
        "allOf meets",
        {"allOf": [{"type": ["integer", "string"]}, {"type": ["integer", "null"]}, {"minimum": 3}]},
        ("3", "10"),
        ("2", "null", '"a"', "3.5"),
    ),
    Case(
        "allOf of objects",
        {
            "allOf": [
                {"properties": {"a": {"minimum": 2}}},
                {"properties": {"a": {"maximum": 3}, "b": {"type": "null"}}, "required": ["a"]},
            ],
            "type": "object",
        },
        ('{"a":2}', '{"b":null,"a":3}', '{"a":"x"}'),
        ("{}", '{"a":1}', '{"a":4}', '{"a":2,"b":0}'),
    ),
    Case(
        "additionalProperties sees only its own properties",
        {
            "allOf": [{"properties": {"a": {"type": "integer"}}}],
            "additionalProperties": {"type": "string"},
            "type": "object",
        },
        ("{}", '{"b":"x"}'),
        ('{"a":1}', '{"a":"x"}', '{"b":1}'),
    ),
    Case(
        "allOf of arrays",
        {"allOf": [{"items": {"type": "integer"}}, {"prefixItems": [{"minimum": 2}], "maxItems": 2}], "type": "array"},
        ("[]", "[2]", "[3,0]"),
        ("[1]", "[2,0,0]", "[2,null]"),
    ),
    Case(
        "allOf of patterns",
        {"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b$"}, {"minLength": 3}]},
        ('"xab"', '"aab"'),
        ('"ab"', '"aba"', '"xxb"'),
    ),
    Case(
        "anyOf inside allOf",
        {"allOf": [{"anyOf": [{"const": 1}, {"const": 2}]}, {"anyOf": [{"const": 2}, {"const": 3}]}]},
        ("2",),
        ("1", "3"),
    ),
)

REFERENCES = (
    Case(
        "$ref with siblings",
        {"$defs": {"s": {"type": "string"}}, "$ref": "#/$defs/s", "maxLength": 2},
        ('"ab"', '""'),
        ('"abc"', "1"),
    ),
    Case(
        "$ref through escaped names",
        {"$defs": {"a/b~c%": {"type": "null"}}, "$ref": "#/$defs/a~1b~0c%25"},
        ("null",),
        ("1",),
    ),
    Case(
        "$ref into a keyword's schema",
        {"properties": {"a": {"type": "integer"}, "b": {"$ref": "#/properties/a"}}},
        ('{"b":1}',),
        ('{"b":"x"}',),
    ),
    Case(
        "$ref into a list",
        {"anyOf": [{"type": "null"}, {"items": {"$ref": "#/anyOf/0"}, "type": "array"}]},
        ("null", "[]", "[null]"),
        ("[1]", "[[]]"),
    ),
    Case(
        "$ref to the root",
        TREE,
        ("{}", '{"kids":[]}', '{"kids":[{},{"kids":[{}]}]}'),
        ('{"kids":[1]}', '{"kids":{}}', '{"kid":[]}'),
    ),
    Case(
        "a chain of references",
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c"}, "c": {"const": 7}}},
        ("7",),
        ("8",),
    ),
    Case(
        "a linked list",
        LINKED,
        (
            '{"value":1,"next":null}',
            '{"next":{"next":null,"value":2},"value":1}',
            '{"value":1,"next":' * DEEP + "null" + "}" * DEEP,
        ),
        (
            '{"value":1}',
            '{"value":1,"next":{}}',
            '{"value":1,"next":{"value":2,"next":3}}',
            '{"next":null,"value":1,"value":1}',
        ),
    ),
    Case(
        "names of names",
        {"type": ["object", "string"], "propertyNames": {"$ref": "#"}, "maxProperties": 1, "maxLength": 2},
        ("{}", '{"a":[]}', '"ab"'),
        ('{"abc":1}', '"abc"', "1"),
    ),
    Case(
        "two definitions that need each other",
        {
            "$ref": "#/$defs/even",
            "$defs": {
                "even": {
                    "anyOf": [
                        {"const": []},
                        {"type": "array", "items": {"$ref": "#/$defs/odd"}, "minItems": 1, "maxItems": 1},
                    ]
                },
                "odd": {"type": "array", "items": {"$ref": "#/$defs/even"}, "minItems": 1, "maxItems": 1},
            },
        },
        ("[]", "[[[]]]", "[[[[[]]]]]"),
        ("[[]]", "[[[[]]]]", "[[],[]]"),
    ),
    Case(
        "a branch without an end is no branch",
        {
            "anyOf": [{"type": "null"}, {"$ref": "#/$defs/endless"}],
            "$defs": {"endless": {"type": "array", "items": {"$ref": "#/$defs/endless"}, "minItems": 1}},
        },
        ("null",),
        ("[", "[]", "[[]]"),
    ),
)


@by_name(COMBINED)
def test_combinations(case: Case) -> None:
    check(case)


@by_name(REFERENCES)
def test_references(case: Case) -> None:
    check(case)
