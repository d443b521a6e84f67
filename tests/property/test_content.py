"""`contentEncoding` and `contentMediaType` against Python's `json` and `base64`: on content, and on content slightly damaged."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fcformat.strategies import from_schema, invalid_for
from support.engine import accepts

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
BASE64 = {"contentEncoding": "base64"}
JSON = {"contentMediaType": "application/json"}
KINDS: tuple[dict[str, Any], ...] = (BASE64, JSON, {**BASE64, **JSON})

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_texts = st.tuples(_values, st.booleans(), st.sampled_from((None, 1)), st.sampled_from(("", " ", "\n"))).map(
    lambda drawn: drawn[3] + json.dumps(drawn[0], ensure_ascii=drawn[1], indent=drawn[2]) + drawn[3]
)
_pieces = st.sampled_from([*'[]{}",:0129.-+eE\\utrfalsn \t\x1fé中😀=/A', "", "true", "null", "\\u00", "==", "[[", "{}"])
_edits = st.lists(st.tuples(st.integers(0, 200), _pieces, st.booleans()), max_size=3)


def damaged(text: str, edits: list[tuple[int, str, bool]]) -> str:
    """The text with characters put in, or in place of others."""
    for at, piece, replaces in edits:
        place = at % (len(text) + 1)
        text = text[:place] + piece + text[place + replaces :]
    return text


def no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def decoded(text: str) -> bytes:
    """The bytes of base64; Python also takes padding that fills no group (`AAAA==`)."""
    if len(text) % 4 or text.endswith("==="):
        raise ValueError("no whole groups")
    return base64.b64decode(text, validate=True)


def holds(text: str, keywords: dict[str, Any]) -> bool:
    """What the standard library says of a string's content."""
    try:
        data = decoded(text) if "contentEncoding" in keywords else text.encode()
        if "contentMediaType" in keywords:
            json.loads(data.decode(), parse_constant=no_constant)
    except (ValueError, binascii.Error):
        return False
    return True


def check(text: str, keywords: dict[str, Any]) -> None:
    spelled = json.dumps(text, ensure_ascii=False)
    expected = holds(text, keywords)
    assert accepts({"$schema": DRAFT_7, **keywords}, spelled) is expected
    assert accepts({"$schema": DRAFT_7, "not": keywords}, spelled) is not expected


@given(_texts, _edits)
def test_json_is_what_python_reads(text: str, edits: list[tuple[int, str, bool]]) -> None:
    check(damaged(text, edits), JSON)


@given(st.binary(max_size=12), _edits)
def test_base64_is_what_python_decodes(data: bytes, edits: list[tuple[int, str, bool]]) -> None:
    check(damaged(base64.b64encode(data).decode(), edits), BASE64)


@given(_texts, _edits, _edits)
def test_json_in_base64_is_what_python_decodes_and_reads(
    text: str, inner: list[tuple[int, str, bool]], outer: list[tuple[int, str, bool]]
) -> None:
    check(damaged(base64.b64encode(damaged(text, inner).encode()).decode(), outer[:1]), KINDS[2])


@given(st.binary(max_size=6).map(lambda data: b'"' + data + b'"'))
def test_bytes_of_a_string_are_utf8(data: bytes) -> None:
    check(base64.b64encode(data).decode(), KINDS[2])


@given(st.data(), st.sampled_from(KINDS), st.integers(0, 12), st.integers(4, 20))
def test_drawn_strings_hold_their_content(data: st.DataObject, keywords: dict[str, Any], least: int, more: int) -> None:
    lengths = {"minLength": least, "maxLength": least + more}
    text = data.draw(from_schema({"$schema": DRAFT_7, "type": "string", **keywords, **lengths}))
    assert holds(text, keywords)
    assert least <= len(text) <= least + more
    other = data.draw(from_schema({"$schema": DRAFT_7, "type": "string", "not": keywords, **lengths}))
    assert not holds(other, keywords)
    assert isinstance(
        data.draw(from_schema({"$schema": DRAFT_7, "type": "string", **keywords}, assert_content=False)), str
    )


@given(st.data())
def test_one_keyword_is_broken_and_the_others_hold(data: st.DataObject) -> None:
    schema = {"$schema": DRAFT_7, "type": "string", "maxLength": 12, **KINDS[2]}
    drawn = data.draw(invalid_for(schema))
    if drawn.pointer == "/type":
        assert not isinstance(drawn.value, str)
        return
    assert (len(drawn.value) > 12) is (drawn.pointer == "/maxLength")
    assert holds(drawn.value, BASE64) is (drawn.pointer != "/contentEncoding")
    assert holds(drawn.value, KINDS[2]) is (drawn.pointer == "/maxLength")
    assert drawn.pointer in {"/maxLength", "/contentEncoding", "/contentMediaType"}
