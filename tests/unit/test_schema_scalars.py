"""What strings and numbers are accepted and refused: lengths, patterns and bounds, and the ways to spell both."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.cases import Case, by_name, check
from support.engine import accepts

LENGTHS = (
    Case(
        "minLength and maxLength",
        {"type": "string", "minLength": 1, "maxLength": 3},
        ('"a"', '"abc"', '"é天😀"'),
        ('""', '"abcd"'),
    ),
    Case(
        "length counts code points",
        {"type": "string", "minLength": 2, "maxLength": 2},
        ('"😀😀"', '"a天"', '"e\u0301"'),
        ('"😀"', '"天"', '"é"', '"abc"'),
    ),
    Case(
        "a surrogate pair counts one",
        {"type": "string", "maxLength": 1},
        ('"\\ud83d\\ude00"', '"\\uD83D\\uDE00"', '"\\u0061"', '"\\n"', '"\\\\"', '""'),
        ('"\\ud83d\\ude00a"', '"\\u0061\\u0061"', '"\\\\n"'),
    ),
    Case(
        "minLength is not met by halves",
        {"type": "string", "minLength": 2},
        ('"\\ud83d\\ude00a"', '"\\u00e9e"'),
        ('"\\ud83d\\ude00"', '"\\u00e9"', '"😀"'),
    ),
    Case("maxLength 0", {"type": "string", "maxLength": 0}, ('""',), ('"a"', '"\\n"', '"\\u0000"')),
    Case("a great maxLength costs no states", {"type": "string", "maxLength": 100_000}, ('""', f'"{"x" * 5000}"')),
    Case("a great minLength", {"type": "string", "minLength": 3000}, (f'"{"天" * 3000}"',), (f'"{"天" * 2999}"',)),
    Case(
        "length and enum",
        {"enum": ["", "a", "ab", "abc"], "minLength": 1, "maxLength": 2},
        ('"a"', '"ab"'),
        ('""', '"abc"'),
    ),
)

SPELLING = (
    Case(
        "all short escapes",
        {"type": "string"},
        ('"\\"\\\\\\/\\b\\f\\n\\r\\t"',),
        ('"\\a"', '"\\\'"', '"\\x41"', '"\\0"', '"\\U0041"', '"\\'),
    ),
    Case(
        "unicode escapes",
        {"type": "string"},
        ('"\\u0000"', '"\\uABCD"', '"\\uabcd"', '"\\uffff"', '"\\udbff\\udfff"'),
        ('"\\u00"', '"\\u00g0"', '"\\u{61}"', '"\\u 061"'),
    ),
    Case(
        "lone surrogates",
        {"type": "string"},
        ('"\\ud800\\udc00"',),
        (
            '"\\ud800"',
            '"\\udc00"',
            '"\\ud83d\\ud83d"',
            '"\\ude00\\ud83d"',
            '"\\ud83d\\u0061"',
            '"\\ud83dx"',
            '"\\ud83d\\n"',
        ),
    ),
    Case(
        "control bytes",
        {"type": "string"},
        (b'"\x7f"', b'"\xc2\x80"', '"\u2028"'),
        tuple(b'"' + bytes([byte]) + b'"' for byte in range(0x20)),
    ),
    Case(
        "UTF-8",
        {"type": "string"},
        ('"\u00ff\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff"',),
        (b'"\xc3"', b'"\xe5\xa4"', b'"\xf0\x9f\x98"', b'"\xff"', b'"\xfe"', b'"\x80"', b'"\xc3("'),
    ),
    Case(
        "overlong UTF-8",
        {"type": "string"},
        (b'"\xc2\x80"',),
        (
            b'"\xc0\x80"',
            b'"\xc1\xbf"',
            b'"\xe0\x80\x80"',
            b'"\xe0\x9f\xbf"',
            b'"\xf0\x80\x80\x80"',
            b'"\xf0\x8f\xbf\xbf"',
        ),
    ),
    Case(
        "surrogates in UTF-8, and beyond the last code point",
        {"type": "string"},
        (b'"\xed\x9f\xbf"', b'"\xf4\x8f\xbf\xbf"'),
        (b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"', b'"\xf4\x90\x80\x80"', b'"\xf5\x80\x80\x80"'),
    ),
    Case("no byte order mark", True, ("1",), ("\ufeff1",)),
    Case("nothing before or after the value", {"type": "integer"}, ("1",), (" 1", "1 ", "\n1", "1\n", "1,", "1 1")),
    Case(
        "numbers as RFC 8259 has them",
        {"type": "number"},
        ("0", "-0", "0.0", "-1.5", "1e5", "1E+5", "1e-05", "1.5e00", "9" * 50),
        (
            "00",
            "01",
            "-01",
            "1.",
            ".1",
            "+1",
            "-",
            "1e",
            "1e+",
            "1.e1",
            "0x1",
            "1_0",
            "Infinity",
            "--1",
            "1e1.5",
            "1,0",
        ),
    ),
)

PATTERNS = (
    Case(
        "a pattern is not anchored",
        {"type": "string", "pattern": "ab"},
        ('"ab"', '"xabx"', '"aab"'),
        ('"a"', '"ba"', '""'),
    ),
    Case("anchors", {"type": "string", "pattern": "^ab$"}, ('"ab"',), ('"xab"', '"abx"', '"ab\\n"')),
    Case(
        "a pattern sees through escapes",
        {"type": "string", "pattern": "^[A-Z]+$"},
        ('"A"', '"\\u0041B"', '"\\u005A"'),
        ('"\\u0061"', '"\\\\u0041"', '"a"'),
    ),
    Case(
        "a pattern with escapes of its own",
        {"type": "string", "pattern": '^\\u0041\\t"\\\\\\/$'},
        ('"A\\t\\"\\\\/"', '"\\u0041\\u0009\\u0022\\u005c\\/"'),
        ('"A"', '"A\t\\"\\\\/"'),
    ),
    Case(
        "a pattern beyond the basic plane",
        {"type": "string", "pattern": "^[😀-😂]{2}$"},
        ('"😀😁"', '"\\ud83d\\ude02😀"'),
        ('"😀"', '"😃😀"', '"\\ud83d\\ude00"'),
    ),
    Case(
        "the dot takes one code point but no line break",
        {"type": "string", "pattern": "^.$"},
        ('"a"', '"😀"', '"\\ud83d\\ude00"', '"\\t"', '"\u0085"'),
        ('""', '"\\n"', '"\\r"', '"\u2028"', '"\\u2029"'),
    ),
    Case("digits are ASCII", {"type": "string", "pattern": "^\\d+$"}, ('"0123"', '"\\u0031"'), ('"٣"', '"１"', '""')),
    Case("word characters are ASCII", {"type": "string", "pattern": "^\\w+$"}, ('"aZ_9"',), ('"é"', '"天"', '"-"')),
    Case(
        "white space is that of ECMA-262",
        {"type": "string", "pattern": "^\\s$"},
        ('" "', '"\\t"', '"\u00a0"', '"\ufeff"', '"\u2003"'),
        ('"\u200b"', '"a"', '"\u0085"'),
    ),
    Case(
        "alternatives, groups and counts",
        {"type": "string", "pattern": "^(?:a|bc){2,3}(x+?|y*)$"},
        ('"aa"', '"abcax"', '"bcbcyy"'),
        ('"a"', '"aaaa"', '"aaxy"'),
    ),
    Case(
        "anchors inside alternatives",
        {"type": "string", "pattern": "^a|b$"},
        ('"ax"', '"xb"', '"ab"'),
        ('"xa"', '"bx"'),
    ),
    Case("negated classes", {"type": "string", "pattern": "^[^\\d\\s]+$"}, ('"é天"', '"-"'), ('"a1"', '"a b"', '""')),
    Case(
        "pattern and lengths",
        {"type": "string", "pattern": "^(ab)*$", "minLength": 3, "maxLength": 5},
        ('"abab"',),
        ('"ab"', '"ababab"', '"aba"'),
    ),
    Case("pattern and enum", {"enum": ["ab", "b", 3], "pattern": "^a"}, ('"ab"', "3"), ('"b"',)),
    Case("a pattern that everything matches", {"type": "string", "pattern": ""}, ('""', '"x"')),
    Case(
        "counts in the hundreds",
        {"type": "string", "pattern": "^[a-z]{1,600}$"},
        (f'"{"q" * 600}"', '"q"'),
        (f'"{"q" * 601}"', '""'),
    ),
)

NUMBERS = (
    Case(
        "integers are written as digits",
        {"type": "integer"},
        ("0", "-0", "7", "-12", "1" * 100),
        ("1.0", "1e2", "1.5", "01", "-", "1E0"),
    ),
    Case(
        "bounds that are met",
        {"type": "integer", "minimum": 3, "maximum": 12},
        ("3", "9", "10", "12"),
        ("2", "13", "0", "-3", "30", "100"),
    ),
    Case(
        "bounds that are not met",
        {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 12},
        ("4", "11"),
        ("3", "12", "0"),
    ),
    Case(
        "both kinds of bound",
        {"type": "integer", "minimum": 3, "exclusiveMinimum": 3, "maximum": 9, "exclusiveMaximum": 8},
        ("4", "7"),
        ("3", "8", "9"),
    ),
    Case(
        "negative bounds",
        {"type": "integer", "minimum": -12, "maximum": -3},
        ("-3", "-9", "-10", "-12"),
        ("-2", "-13", "3", "0", "-0", "-100"),
    ),
    Case(
        "bounds around zero",
        {"type": "integer", "minimum": -1, "maximum": 1},
        ("-1", "0", "-0", "1"),
        ("-2", "2", "10", "-10"),
    ),
    Case("decimal bounds of integers", {"type": "integer", "minimum": 1.5, "maximum": 3.99}, ("2", "3"), ("1", "4")),
    Case(
        "decimal bounds",
        {"type": "number", "minimum": 0.1, "maximum": 2.25},
        ("0.1", "0.10", "2.25", "2.250", "1", "1e-1", "22.5e-1", "225e-2"),
        ("0.09", "2.2500001", "0", "3", "-1", "1e1", "0.0999999"),
    ),
    Case(
        "negative decimal bounds",
        {"type": "number", "exclusiveMinimum": -1.5, "exclusiveMaximum": -0.5},
        ("-1", "-1.49", "-0.51", "-5.1e-1"),
        ("-1.5", "-0.5", "-1.50", "-0.50", "0", "-2", "-15e-1"),
    ),
    Case(
        "positive numbers",
        {"type": "number", "exclusiveMinimum": 0},
        ("0.001", "1", "1e-9", "0.10"),
        ("0", "-0", "0.0", "0e9", "-1", "-0.000"),
    ),
    Case(
        "numbers not below zero",
        {"type": "number", "minimum": 0},
        ("0", "-0", "0.0", "-0.0", "-0e3", "5"),
        ("-1", "-0.1", "-0.0001", "-1e-5"),
    ),
    Case(
        "exponents count",
        {"type": "number", "minimum": 1000, "maximum": 20000},
        ("1e3", "1E+4", "1000", "0.2e5", "150e2", "1.5e0003", "20000000e-3"),
        ("1e2", "1e5", "1", "2.1e4", "1e-3", "999.999"),
    ),
    Case(
        "multiples whose exponent makes any mantissa one",
        {"type": "number", "multipleOf": 250},
        ("7.5e19", "7.5E+20", "7.123e99", "9e100", "-1.5e999", "500"),
        ("7.5e-20", "7.5e0", "751", "7.5e+"),
    ),
    Case(
        "great bounds are exact",
        {"type": "integer", "minimum": 10**20, "maximum": 10**20 + 1},
        ("100000000000000000000", "100000000000000000001"),
        ("99999999999999999999", "100000000000000000002"),
    ),
    Case(
        "great decimals are exact",
        {"type": "number", "maximum": 10**20, "exclusiveMinimum": 10**20 - 1},
        ("1e20", "99999999999999999999.5", "100000000000000000000.0"),
        ("99999999999999999999", "100000000000000000000.0000001"),
    ),
    Case(
        "an open interval between integers",
        {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
        ("1.5", "1.0000001", "1.99", "15e-1"),
        ("1", "2", "1.0", "2.0"),
    ),
    Case(
        "one value only",
        {"type": "number", "minimum": 1.5, "maximum": 1.5},
        ("1.5", "1.500", "15e-1"),
        ("1", "1.4", "1.6", "1.51"),
    ),
    Case("bounds and enum", {"enum": [1, 2.5, 10, "x"], "minimum": 2}, ("2.5", "10", '"x"', "10.0"), ("1",)),
)


# Exponents as Python and JavaScript write them by default: these at least must be accepted.
EXPONENTS = (
    ({"type": "number"}, ("1e+22", "1e22", "1e-07", "1e-7", "1.5e+300", "-2.5e-10", "1e5", "1E+5", "0e0")),
    ({"type": "number", "exclusiveMinimum": 0}, ("1e-07", "1e+22", "1.5e-300", "2.5e21")),
    ({"type": "number", "minimum": -1e10, "maximum": 1e30}, ("1e-07", "-1e-07", "1e+22", "-1.25e9")),
    ({"type": "number", "multipleOf": 0.5}, ("1e+22",)),
    ({"const": 1e22}, ("1e+22", "1e22", "10000000000000000000000")),
    ({"enum": [1e-7, -1.5e300]}, ("1e-07", "1e-7", "0.0000001", "-1.5e+300", "-1.5e300")),
    (True, ("1e+22", "1e-07")),
)


@pytest.mark.parametrize(("schema", "texts"), EXPONENTS, ids=[json.dumps(schema) for schema, _ in EXPONENTS])
def test_numbers_as_other_languages_write_them(schema: Any, texts: tuple[str, ...]) -> None:
    assert [text for text in texts if not accepts(schema, text)] == []


@by_name(LENGTHS)
def test_lengths(case: Case) -> None:
    check(case)


@by_name(SPELLING)
def test_spelling(case: Case) -> None:
    check(case)


@by_name(PATTERNS)
def test_patterns(case: Case) -> None:
    check(case)


@by_name(NUMBERS)
def test_numbers(case: Case) -> None:
    check(case)
