"""The reader of values whose strings stand between delimiters: what it takes, what it puts right, what it refuses."""

from __future__ import annotations

import json

import pytest

from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.parsing.cursor import Cursor, Truncated, Unreadable
from fcformat.parsing.delimited_values import DelimitedReader, as_delimited
from fcformat.parsing.json_incremental import MAX_DEPTH

MARK = '<|"|>'


def read(text: str, size: int | None = None) -> tuple[str, list[str], str]:
    """What is emitted, what was put right, and how reading ended."""
    cursor, emitted, issues, end = Cursor(), list[str](), list[str](), ""
    steps = DelimitedReader(cursor, lambda what, offset=None: issues.append(what), MARK).value(emitted.append)
    try:
        for start in range(0, len(text), size or max(1, len(text))):
            cursor.feed(text[start : start + (size or len(text))])
            next(steps)
        cursor.ended = True
        next(steps)
    except StopIteration:
        pass
    except (Unreadable, Truncated) as error:
        end = f"{type(error).__name__}: {error}"
    return "".join(emitted), issues, end


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{}", "{}"),
        (f"{{a:{MARK}x{MARK},b:[1,-2.5,true,null]}}", '{"a": "x", "b": [1, -2.5, true, null]}'),
        (f'{{ a : {MARK}say "hi"\n{MARK} , b : {{c:[]}} }}', r'{"a": "say \"hi\"\n", "b": {"c": []}}'),
        (f"{{{MARK}a b{MARK}:1}}", '{"a b": 1}'),
        (f"[[[1,2],[3]],[],{MARK}{MARK}]", '[[[1, 2], [3]], [], ""]'),
        (f"[{MARK}<|{MARK},{MARK}<{MARK}]", '["<|", "<"]'),
    ],
)
def test_values_become_json(text: str, written: str) -> None:
    assert read(text) == (written, [], "")
    assert all(read(text, size) == (written, [], "") for size in (1, 2, 5))
    json.loads(written)


@pytest.mark.parametrize(
    ("text", "written", "issue"),
    [
        ('{"a":1}', '{"a": 1}', "a quoted key"),
        ("{'a':1}", '{"a": 1}', "a quoted key"),
        ('["x"]', '["x"]', "a quoted string"),
        ("[word two]", '["word two"]', "a string without delimiters"),
        ("[True]", "[true]", "True for true"),
        ("[nil]", "[null]", "nil for null"),
        ("[1,]", "[1]", "a trailing comma"),
        ("{a:1,}", '{"a": 1}', "a trailing comma"),
        ("[007]", '["007"]', "a string without delimiters"),
        ("{a:}", '{"a": ""}', "a key without a value"),
        ("[{a: ,b:1}]", '[{"a": "", "b": 1}]', "a key without a value"),
    ],
)
def test_what_is_almost_right_is_put_right_and_reported(text: str, written: str, issue: str) -> None:
    assert read(text) == read(text, 1) == (written, [issue], "")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("[1 2}", "Unreadable: ',' or ']'"),
        ("[1]]", ""),
        ("[[1]}", "Unreadable: ',' or ']'"),
        ("{a:1]", "Unreadable: ',' or '}'"),
        ("{a,", "Unreadable: ':'"),
        ("{:1}", "Unreadable: a key"),
        ("[,1]", "Unreadable: a value"),
        ("[1,,2]", "Unreadable: a value"),
        ("{a:]", "Unreadable: a value"),
        ("", "Truncated: a value"),
        ("[", "Truncated: a value"),
        ("{", "Truncated: a key"),
        ("{a", "Truncated: ':' after a key"),
        (f"{{{MARK}a{MARK}", "Truncated: ':'"),
        ("{a:", "Truncated: a value"),
        ("{a:1", "Truncated: the end of a value"),
        (f"[{MARK}a", "Truncated: the end of a string"),
        (f"[{MARK}a{MARK}", "Truncated: ',' or ']'"),
        (f"{{a:{MARK}a{MARK}", "Truncated: ',' or '}'"),
        ("[" * MAX_DEPTH + "[", f"Unreadable: at most {MAX_DEPTH} nested arrays and objects"),
        ("[" + "9" * 5000 + "]", "Unreadable: a number or word of at most 4000 characters"),
        ("{" + "k" * 5000 + ":1}", "Unreadable: a key of at most 4000 characters"),
        ("{" + MARK + "k" * 5000 + MARK + ":1}", "Unreadable: a key of at most 4000 characters"),
    ],
)
def test_what_has_no_reading_says_what_was_expected(text: str, end: str) -> None:
    assert read(text)[2] == read(text, 1)[2] == end


def test_json_is_spelled_with_delimiters() -> None:
    text = '{"b": "x", "a": [1.50, true, false, null, {"c": 1E2}], "B": {}}'
    assert as_delimited(text, MARK, sort=False) == f"b:{MARK}x{MARK},a:[1.50,true,false,null,{{c:1E2}}],B:{{}}"
    assert as_delimited(text, MARK, sort=True).startswith("a:[1.50")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({"a": f"x{MARK}y"}), "in a string, expected none: it delimits strings and has no escape"),
        (json.dumps({"a": "x" + MARK[:-1]}), ""),
        ('{"a b": 1}', "expected one without blanks, quotes, brackets"),
        ('{"": 1}', "expected one without blanks, quotes, brackets"),
    ],
)
def test_what_has_no_spelling_is_refused(text: str, message: str) -> None:
    if not message:
        assert json.loads(read("{" + as_delimited(text, MARK, sort=False) + "}")[0]) == json.loads(text)
        return
    with pytest.raises(FormatError, match=message):
        as_delimited(text, MARK, sort=False)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("zip:a, b", {"zip": "a, b"}),
        ("zip:a, b,n:1", {"zip": "a, b", "n": 1}),
        ("city:New York, NY , x: 2", {"city": "New York, NY", "x": 2}),
        ("n:1,my key:2", {"n": 1, "my key": 2}),
        ('n:1,<|"|>k<|"|>:2', {"n": 1, "k": 2}),
        ("a:{b:x, y,c:1}", {"a": {"b": "x, y", "c": 1}}),
        ("a:[x, y]", {"a": ["x", "y"]}),
        ("a:hello,", {"a": "hello"}),
    ],
)
def test_a_comma_that_no_key_follows_belongs_to_a_string_without_delimiters(written: str, expected: object) -> None:
    form = get_format("gemma4")
    text = f"<|tool_call>call:f{{{written}}}<tool_call|>"
    read = form.parse(text)
    assert [json.loads(call.function.arguments) for call in read.tool_calls] == [expected]
    parser = form.stream_parser()
    for char in text:
        parser.feed(char)
    assert parser.finish() == read
