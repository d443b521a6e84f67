"""The Python literal reader: keyword arguments become JSON, nothing is evaluated."""

from __future__ import annotations

import json

import pytest

from fcformat.parsing.cursor import Cursor, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.python_literals import PythonReader, number_as_json


def read(text: str, size: int | None = None) -> tuple[str, str]:
    """What is emitted, and how reading ended."""
    cursor, emitted, end = Cursor(), list[str](), ""
    steps = PythonReader(cursor, lambda what, offset=None: None).keyword_arguments(emitted.append)
    try:
        for start in range(0, len(text), size or len(text)):
            cursor.feed(text[start : start + (size or len(text))])
            next(steps)
        cursor.ended = True
        next(steps)
    except StopIteration:
        pass
    except (Unreadable, Truncated) as error:
        end = f"{type(error).__name__}: {error}"
    return "".join(emitted), end


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (")", {}),
        ("a=1, b=-2.5, c=True, d=None, e=['x', {'y': (1, 2)}])", {"a": 1, "b": -2.5, "c": True, "d": None, "e": ["x", {"y": [1, 2]}]}),
        ("城市='北京', 日期=\"今天\",)", {"城市": "北京", "日期": "今天"}),
        ("a='it\\'s \"q\"\\n\\t\\\\', b=\"\\u4e2d\\x41\\101\\N{BULLET}\\d\")", {"a": "it's \"q\"\n\t\\", "b": "中AA•\\d"}),
        ("a=r'\\d', b='x' 'y'\n\"z\", c='''l1\n'q' \"l2\"''', d=\"\"\"\"a\"\"\")", {"a": "\\d", "b": "xyz", "c": "l1\n'q' \"l2\"", "d": '"a'}),
        ("a=(1), b=(1,), c=(), d=((1, 2), (3)), e=('x'))", {"a": 1, "b": [1], "c": [], "d": [[1, 2], 3], "e": "x"}),
        ("a={'x', 'y'}, b={1}, c={1: {2, 3,}}, d=[{'x'}, {None, -1.5}])", {"a": ["x", "y"], "b": [1], "c": {"1": [2, 3]}, "d": [["x"], [None, -1.5]]}),
        ("a={1: 'x', True: {None: []}})", {"a": {"1": "x", "true": {"null": []}}}),
        (" a = [ 1 ,\n 2 , ] ,\n b = {} )", {"a": [1, 2], "b": {}}),
        ("a=true, b=null, from='x')", {"a": True, "b": None, "from": "x"}),
        ("a=f'x', b=b\"it's\")", {"a": "x", "b": "it's"}),
        ("rows=[" + "[1, 'a', -0.5], " * 300 + "])", {"rows": [[1, "a", -0.5]] * 300}),
        ("a=[" + "1, 'x', \"it's\", None, " * 200 + "])", {"a": [1, "x", "it's", None] * 200}),
    ],
)  # fmt: skip
def test_keyword_arguments_become_the_json_that_dumps_writes(text: str, expected: dict[str, object]) -> None:
    assert read(text) == (json.dumps(expected, ensure_ascii=False), "")
    assert read(text, 1) == read(text, 5) == read(text)


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("1_000", "1000"),
        ("0x1F", "31"),
        ("-0b101", "-5"),
        (".5", "0.5"),
        ("1.", "1.0"),
        ("+1", "1"),
        ("1e-07", "1e-07"),
        ("-0.0", "-0.0"),
        ("00", "0"),
        ("007", None),
        ("1j", None),
        ("inf", None),
        ("--1", None),
        ("e5", None),
        ("1__0", None),
        ("_1", None),
    ],
)
def test_numbers_keep_their_digits(word: str, written: str | None) -> None:
    assert number_as_json(word) == written


@pytest.mark.parametrize(
    ("text", "emitted", "end"),
    [
        ("a=foo)", '{"a": ', "Unreadable: a value"),
        ("a=__import__('os').system('x'))", '{"a": ', "Unreadable: a value"),
        ("a=1+1)", '{"a": ', "Unreadable: a value"),
        ("a=f'{x}')", '{"a": ', "Unreadable: a value"),
        ("a={'x' 1})", '{"a": {"x"', "Unreadable: ':'"),
        ("a={1 2})", '{"a": {"1"', "Unreadable: ':'"),
        ("a={'x", '{"a": {"x', "Truncated: the end of a string"),
        ("a={", '{"a": {', "Truncated: a value"),
        ("a=({", '{"a": {', "Truncated: a value"),
        ("a=07)", '{"a": ', "Unreadable: a value"),
        ("'x')", "{", "Unreadable: an argument's name"),
        ("a=1, a=2)", '{"a": 1', "Unreadable: the argument a once"),
        ("a=1 b=2)", '{"a": 1', "Unreadable: ',' or ')'"),
        ("a=" + "(" * (MAX_DEPTH + 1), '{"a": ', f"Unreadable: at most {MAX_DEPTH} nested lists, tuples and dicts"),
        ("a='x", '{"a": "x', "Truncated: the end of a string"),
        ("arg1=", '{"arg1": ', "Truncated: a value"),
    ],
)
def test_anything_but_literals_is_refused(text: str, emitted: str, end: str) -> None:
    assert read(text) == read(text, 1) == (emitted, end)
