"""The tolerant JSON reader: exact where text is JSON, repaired where one reading is possible, refused elsewhere."""

from __future__ import annotations

import json

import pytest

from fcformat.parsing.cursor import Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH, JSONReader


def read(text: str, size: int | None = None) -> tuple[str, list[str], str]:
    """What is emitted, what is reported, and how reading ended: `""`, or the error's name and what it expected."""
    cursor, emitted, reported = Cursor(), list[str](), list[str]()
    steps = JSONReader(cursor, lambda what, offset=None: reported.append(what)).value(emitted.append)
    end = ""
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
    return "".join(emitted), reported, end


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": [1, -2.50E+3, {"c": null}], "d": "x\\n\\u4e2d\\/\\"y"}',
        '{ "a" :\n\t[ 1 , 2 ] ,"b":{} , "c" : [ ] }',
        '{"a": [[[1], [2, [3]]], {"x": {"y": [true, false]}}], "b": "é中😀"}',
        "{}",
        "[]",
        '"text"',
        json.dumps({"rows": [{"id": n, "tags": ["a", "b"], "nested": {"x": [n, [n]]}} for n in range(300)]}),
    ],
)
def test_well_formed_json_passes_on_to_the_byte(text: str) -> None:
    assert read(text) == (text, [], "")
    assert read(text, 1) == (text, [], "")
    assert read(text, 7) == (text, [], "")


@pytest.mark.parametrize(
    ("text", "emitted", "reported"),
    [
        ("{'a': 'it\\'s \"x\"'}", '{"a": "it\'s \\"x\\""}', "single quotes"),
        ('{"a": [1, 2,], }', '{"a": [1, 2] }', "a trailing comma"),
        ('{"a": True, "b": None, "c": False}', '{"a": true, "b": null, "c": false}', "True for true"),
        ('{"a": NaN, "b": [Infinity, -Infinity]}', '{"a": null, "b": [null, null]}', "NaN for null"),
        ("{a: 1, b_2: 2}", '{"a": 1, "b_2": 2}', "the unquoted key a"),
        ('{"a": "x\ny\tz"}', '{"a": "x\\ny\\tz"}', "a raw control character in a string"),
        ('{"a": "\\d+\\w \\x41 \\\' \\a"}', '{"a": "\\\\d+\\\\w A \' \\u0007"}', "an escape that JSON does not have"),
    ],
)
def test_what_models_write_beside_json_is_put_right_and_reported(text: str, emitted: str, reported: str) -> None:
    assert read(text)[0] == read(text, 1)[0] == emitted
    assert reported in read(text)[1]
    json.loads(emitted)


@pytest.mark.parametrize(
    "text", ['{"a": "x', '{"a": 12', '{"a": 1,', '{"a"', '{"a": tru', "[[1, 2], ", '{"a": "x\\u12', '{"a": ']
)
def test_truncated_json_is_emitted_as_far_as_it_goes(text: str) -> None:
    emitted, reported, end = read(text)
    assert (emitted, reported) == (text, [])
    assert end.startswith("Truncated: ")
    assert read(text, 1) == (emitted, reported, end)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('{"a": 1 2}', "Unreadable: ',' or '}'"),
        ('{"a" 1}', "Unreadable: ':'"),
        ("[foo]", "Unreadable: a value"),
        ("[-NaN]", "Unreadable: a value"),
        ("[01]", "Unreadable: a value"),
        ("[1}", "Unreadable: ',' or ']'"),
        ('{1: "x"}', "Unreadable: a key in double quotes"),
        ("[" * (MAX_DEPTH + 1), f"Unreadable: at most {MAX_DEPTH} nested arrays and objects"),
        ("[" + "1" * 5000 + "]", "Unreadable: a number or word of at most 4000 characters"),
    ],
)
def test_what_has_no_one_reading_is_refused_with_what_was_expected(text: str, end: str) -> None:
    assert read(text)[2].startswith(end)
    assert read(text, 1) == read(text)


def test_a_string_is_decoded_with_surrogate_pairs_joined() -> None:
    cursor, emitted = Cursor(), list[str]()
    steps = JSONReader(cursor, lambda what, offset=None: None).string(emitted.append)
    for char in '"a\\ud83d\\ude00\\n\\ud83d!"':
        cursor.feed(char)
        next(steps, None)
    assert "".join(emitted) == "a😀\n�!"


def members(text: str, size: int) -> list[tuple[str, str]]:
    """Keys and texts of an object of texts, read from pieces; what was expected where reading broke off."""
    cursor, found = Cursor(), list[tuple[str, str]]()
    json_reader = JSONReader(cursor, lambda what, offset=None: None)

    def steps() -> Steps[None]:
        first = True
        while (key := (yield from json_reader.key(first))) is not None:
            first = False
            pieces: list[str] = []
            yield from json_reader.string(pieces.append)
            found.append((key, "".join(pieces)))

    reading = steps()
    try:
        for start in range(0, len(text), size):
            cursor.feed(text[start : start + size])
            next(reading)
        cursor.ended = True
        next(reading)
    except StopIteration:
        pass
    except (Unreadable, Truncated) as error:
        found.append((type(error).__name__, str(error)))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a":"x","b" : "" , "c":"é"}', [("a", "x"), ("b", ""), ("c", "é")]),
        ('"a\\n":"x\\ud83d\\ude00",\'b\':\'"\',c:"\\"",}', [("a\n", "x😀"), ("b", '"'), ("c", '"')]),
        ('  "a"\n:\t"x"\n}', [("a", "x")]),
        ('"a":"x" "b":"y"}', [("a", "x"), ("Unreadable", "',' or '}'")]),
        (',"a":"x"}', [("Unreadable", "a key in double quotes")]),
        ('"a" "x"}', [("Unreadable", "':'")]),
        ('"a":', [("Truncated", "a value")]),
        ('"a":"x', [("Truncated", "the end of a string")]),
        ('"' + "k" * 4001 + '":"x"}', [("Unreadable", "a key of at most 4000 characters")]),
    ],
)
def test_keys_and_texts_are_the_same_at_one_glance_and_in_pieces(text: str, expected: list[tuple[str, str]]) -> None:
    assert [members(text, size) for size in (len(text), 7, 1)] == [expected] * 3
