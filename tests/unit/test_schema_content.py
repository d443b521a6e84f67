"""`contentEncoding` and `contentMediaType`: asserted in draft 7, annotations elsewhere."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any

import pytest

from fcformat import GrammarCompiler, TokenizerInfo
from fcformat.errors import GrammarLimitError, SchemaError
from support.engine import MIXED, SINGLE_BYTES, accepts, accepts_from_start, allowed, matcher

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
BASE64 = {"contentEncoding": "base64"}
JSON = {"contentMediaType": "application/json"}
BOTH = {**BASE64, **JSON}

JSON_TEXTS = (
    "{}",
    "[]",
    ' {"a" : [1, -2.5e+3, 0, true, false, null], "" : {"b":"c"}} ',
    "\t\r\n0\n",
    "-0",
    "1E5",
    "0.10",
    '"a"',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
    '"\\ud800"',
    '"é中😀\x7f\u2028"',
    '{"a":1,"a":2}',
    "[" * 300 + "]" * 300,
    '{"":' * 50 + "null" + "}" * 50,
)
OTHER_TEXTS = (
    "",
    " ",
    "{:}",
    "{",
    "]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1}",
    '{"a"}',
    '{"a":1,}',
    '{"a":1 "b":2}',
    "{a:1}",
    "{1:1}",
    "'a'",
    '"a',
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u123"',
    "01",
    "1.",
    ".5",
    "+1",
    "-",
    "1e",
    "1e+",
    "NaN",
    "Infinity",
    "tru",
    "truee",
    "True",
    "nul",
    "1 2",
    "\ufeff1",
    "\u00a01",
    "\x0c1",
    "[" * 300 + "]" * 299,
)
BASE64_TEXTS = ("", "QQ==", "QUI=", "QUJD", "+/+/", "ab09", "QR==", "QUJ=", "/" * 400)
NOT_BASE64 = (
    "Q",
    "QQ",
    "QQ=",
    "QQQ",
    "QQ===",
    "=",
    "====",
    "QQ==QQ==",
    "QU=I",
    "QUJD=",
    "QUJD====",
    "QQ==\n",
    "QU JD",
    "-_-_",
    "Q%==",
    "é===",
)


def in_draft_7(*parts: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"$schema": DRAFT_7}
    for part in parts:
        schema.update(part)
    return schema


def takes(schema: dict[str, Any], text: str) -> bool:
    """Whether a string is valid, escaped and raw alike."""
    escaped, raw = (accepts(schema, json.dumps(text, ensure_ascii=ascii_only)) for ascii_only in (True, False))
    assert escaped == raw
    return escaped


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("text", JSON_TEXTS)
def test_a_json_text_is_json_also_in_base64(text: str) -> None:
    assert takes(in_draft_7(JSON), text)
    assert takes(in_draft_7(BOTH), encoded(text))
    assert not takes(in_draft_7({"not": JSON}), text)
    assert not takes(in_draft_7({"not": BOTH}), encoded(text))


@pytest.mark.parametrize("text", OTHER_TEXTS)
def test_what_is_no_json_text_is_refused_also_in_base64(text: str) -> None:
    assert not takes(in_draft_7(JSON), text)
    assert not takes(in_draft_7(BOTH), encoded(text))
    assert takes(in_draft_7({"not": JSON}), text)
    assert takes(in_draft_7({"not": BOTH}), encoded(text))


@pytest.mark.parametrize("text", BASE64_TEXTS)
def test_base64_is_whole_groups_of_its_alphabet(text: str) -> None:
    base64.b64decode(text, validate=True)
    assert takes(in_draft_7(BASE64), text)
    assert not takes(in_draft_7({"not": BASE64}), text)


@pytest.mark.parametrize("text", NOT_BASE64)
def test_what_no_strict_decoder_takes_is_no_base64(text: str) -> None:
    assert not takes(in_draft_7(BASE64), text)
    assert not takes(in_draft_7(BOTH), text)
    assert takes(in_draft_7({"not": BASE64}), text)


@pytest.mark.parametrize("data", [b'"\xff"', b'"\xc3"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe0\x80\x80"', b"\xef\xbb\xbf1", b"1\xc3\xa9"])  # fmt: skip
def test_bytes_that_are_no_utf8_of_json_are_refused(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert not takes(in_draft_7(BOTH), text)
    assert takes(in_draft_7(BASE64), text)


@pytest.mark.parametrize("data", ['"\u0080"', '"\u07ff"', '"\u0800"', '"\ud7ff"', '"\ue000"', '"\uffff"', '"\U00010000"', '"\U0010ffff"'])  # fmt: skip
def test_the_ends_of_utf8s_ranges_are_characters(data: str) -> None:
    assert takes(in_draft_7(BOTH), encoded(data))


def test_bits_that_padding_leaves_over_may_be_any() -> None:
    assert encoded("1") == "MQ=="
    assert all(takes(in_draft_7(BOTH), text) for text in ("MQ==", "MR==", "Mf=="))
    assert encoded("12") == "MTI="
    assert takes(in_draft_7(BOTH), "MTL=")
    assert not takes(in_draft_7(BOTH), "MT==MT==")


@pytest.mark.parametrize(
    ("keywords", "text"),
    [({"contentEncoding": "BASE64"}, "%"), ({"contentMediaType": "Application/JSON"}, "{:}"), ({"contentMediaType": "application/json; charset=utf-8"}, "{:}"), ({"contentMediaType": "application/json ;x=y", "contentEncoding": "Base64"}, "e30")],
)  # fmt: skip
def test_names_count_in_either_case_and_without_parameters(keywords: dict[str, Any], text: str) -> None:
    assert not takes(in_draft_7(keywords), text)


@pytest.mark.parametrize(
    "keywords",
    [{"contentEncoding": "quoted-printable"}, {"contentEncoding": "base64url"}, {"contentEncoding": "8bit", **JSON}, {"contentMediaType": "text/html"}, {"contentMediaType": "application/jsonx"}, {"contentMediaType": "application/json+x"}],
)  # fmt: skip
def test_other_encodings_and_media_types_say_nothing(keywords: dict[str, Any]) -> None:
    assert takes(in_draft_7(keywords), "{:")


def test_another_media_type_beside_base64_leaves_the_encoding() -> None:
    schema = in_draft_7(BASE64, {"contentMediaType": "image/png"})
    assert takes(schema, "QUJD")
    assert not takes(schema, "QUJ")


@pytest.mark.parametrize("text", ["1", "null", "[]", '{"a": 1}', "true"])
def test_values_that_are_no_strings_are_not_affected(text: str) -> None:
    assert accepts(in_draft_7(BOTH), text)


@pytest.mark.parametrize(
    "draft",
    [None, "http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#", "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema"],
)  # fmt: skip
def test_other_drafts_have_annotations(draft: str | None) -> None:
    schema = {"type": "string", **BOTH} if draft is None else {"$schema": draft, "type": "string", **BOTH}
    assert takes(schema, "{:")


def test_a_part_may_be_of_draft_7() -> None:
    part = {"$id": "http://example.com/part", "$schema": DRAFT_7, **JSON}
    assert takes({"allOf": [part, {"contentEncoding": "base64"}]}, "{}")
    assert not takes({"allOf": [part]}, "{")


def test_a_reference_hides_what_stands_beside_it() -> None:
    schema = in_draft_7({"definitions": {"a": {"type": "string"}}, "$ref": "#/definitions/a"}, JSON)
    assert takes(schema, "{")


def test_a_name_that_is_no_text_is_wrong_in_draft_7_only() -> None:
    for keyword in ("contentEncoding", "contentMediaType"):
        with pytest.raises(SchemaError, match=f"at /items: {keyword} is 3, expected a string"):
            accepts(in_draft_7({"items": {keyword: 3}}), "[]")
        assert accepts({"items": {keyword: 3}}, "[]")


def test_it_can_be_switched_off() -> None:
    info = TokenizerInfo.from_bytes([*SINGLE_BYTES, None], stop_token_ids=[len(SINGLE_BYTES)])
    for given, wanted in (({}, False), ({"assert_content": True}, False), ({"assert_content": False}, True)):
        made = GrammarCompiler(info, **given)  # type: ignore[arg-type]
        assert accepts_from_start(made.compile_json_schema(in_draft_7(JSON)), '"{"') is wanted
        grammar = pickle.loads(pickle.dumps(made.compile_json_schema(in_draft_7(JSON))))
        assert accepts_from_start(grammar, '"{"') is wanted


@pytest.mark.parametrize("text", ['{"a":"b"}', "[]", "{:}", "", '"'])
def test_constants_are_judged_exactly(text: str) -> None:
    def valid(value: str) -> bool:
        try:
            json.loads(value)
        except ValueError:
            return False
        return True

    other = "null"
    schema = in_draft_7(JSON, {"enum": [text, other, 3]})
    assert takes(schema, text) is valid(text)
    assert takes(schema, other)
    refused = in_draft_7({"not": JSON, "enum": [text, other, "x"]})
    assert takes(refused, text) is not valid(text)
    assert not takes(refused, other)
    if not valid(text):
        with pytest.raises(SchemaError, match="no value satisfies"):
            accepts(in_draft_7(JSON, {"const": text}), '"x"')


def test_lengths_count_the_strings_own_characters() -> None:
    schema = in_draft_7(JSON, {"minLength": 4, "maxLength": 6})
    assert [takes(schema, text) for text in ("[1]", "[12]", "[1,2] ", "[1, 2] ", '"é中"', '"😀😀😀😀"')] == [
        *(False, True, True, False, True, True)
    ]
    schema = in_draft_7(BOTH, {"minLength": 5, "maxLength": 8})
    assert [takes(schema, encoded(text)) for text in ("123", "1234", "123456", "1234567")] == [False, True, True, False]


def test_a_length_that_no_base64_has_leaves_no_value() -> None:
    for keywords in (BASE64, BOTH):
        with pytest.raises(SchemaError, match="no value satisfies"):
            accepts(in_draft_7({"type": "string"}, keywords, {"minLength": 5, "maxLength": 7}), '"x"')


@pytest.mark.parametrize("most", [1, 2, 3, 5, 60, 61])
def test_what_is_opened_is_closed_in_time(most: int) -> None:
    state = matcher(in_draft_7({"type": "string"}, JSON, {"maxLength": most}))
    assert state.accept_string('"')
    depth = 0
    while state.accept_string("["):
        depth += 1
    assert depth == most // 2
    assert state.accept_string("]" * depth + '"' if depth else '0"')
    assert state.can_terminate()


@pytest.mark.parametrize("most", [4, 7, 8, 40, 400])
def test_what_is_opened_is_closed_in_time_also_in_base64(most: int) -> None:
    state = matcher(in_draft_7({"type": "string"}, BOTH, {"maxLength": most}))
    fits = most // 4 * 3  # bytes
    text = encoded("[" * (fits // 2) + "]" * (fits // 2))
    assert state.accept_string(f'"{text}"')
    assert state.can_terminate()
    deeper = "[" * (fits // 2 + 3)
    assert not matcher(in_draft_7({"type": "string"}, BOTH, {"maxLength": most})).accept_string('"' + encoded(deeper))


def test_other_keywords_stand_beside_it() -> None:
    schema = in_draft_7(JSON, {"pattern": "^\\{.*city", "not": {"pattern": "Paris"}})
    assert takes(schema, '{"city":"Rome"}')
    assert not takes(schema, '{"city":"Paris"}')
    assert not takes(schema, '["city"]')
    assert not takes(schema, '{"city":"Rome"')
    with pytest.raises(SchemaError, match="no value satisfies"):
        accepts(in_draft_7({"type": "string", "format": "date"}, JSON), '"2024-01-01"')


def test_exactly_one_of_json_and_base64() -> None:
    schema = in_draft_7({"oneOf": [JSON, BASE64]})
    assert [takes(schema, text) for text in ("true", "1234", "[]", "QUJD", "nope!", "", "12345")] == [
        *(False, False, True, True, False, True, True)
    ]


def test_conditions_ask_for_content() -> None:
    schema = in_draft_7({"type": "string", "if": JSON, "then": {"maxLength": 2}, "else": {"minLength": 3}})
    assert [takes(schema, text) for text in ("{}", "[1]", "{", "{{{", "tru", "0")] == [
        True,
        False,
        False,
        True,
        True,
        True,
    ]


def test_base64_that_is_no_json() -> None:
    schema = in_draft_7(BASE64, {"not": BOTH})
    assert takes(schema, encoded("{]"))
    assert takes(schema, "")
    assert not takes(schema, encoded("{}"))


def test_two_kinds_of_content_that_agree() -> None:
    schema = in_draft_7({"allOf": [JSON, BASE64]})
    assert takes(schema, "1234")
    assert takes(schema, "null")
    assert not takes(schema, "123")
    assert not takes(schema, "QUJD")


def test_a_contradiction_is_seen() -> None:
    with pytest.raises(SchemaError, match="no value satisfies"):
        accepts(in_draft_7({"type": "string", "allOf": [JSON, {"not": JSON}]}), '"x"')


def test_a_pattern_that_no_json_has_is_refused_or_a_limit() -> None:
    with pytest.raises(SchemaError, match="no value satisfies"):
        accepts(in_draft_7({"type": "string", "pattern": "^[a-eg-mo-su-z]+$"}, JSON), '"x"')
    with pytest.raises(GrammarLimitError, match="max_"):  # "[[[[...", whose depth has no end
        accepts(in_draft_7({"type": "string", "pattern": "^\\[+$"}, JSON), '"x"')


def test_names_of_members_may_be_json() -> None:
    schema = in_draft_7({"type": "object", "propertyNames": JSON})
    assert accepts(schema, '{"[]": 1, "\\"a\\"": 2}')
    assert not accepts(schema, '{"a": 1}')


def test_items_stay_different() -> None:
    schema = in_draft_7({"type": "array", "items": {"type": "string", **JSON}, "uniqueItems": True})
    assert accepts(schema, '["{}", "{ }", "1"]')
    assert not accepts(schema, '["{}", "{}"]')
    assert not accepts(schema, '["{}", "{"]')


@pytest.mark.parametrize(
    ("keywords", "content"),
    [(JSON, '{"a": ["\\"é\\\\", -1.5e2, true], "b": {}}'), (BOTH, encoded('{"a": "é"}')), (BASE64, "QUJDRA=="), ({"not": JSON}, '{"a": ["'), ({**JSON, "maxLength": 24}, '[[{"a":"é"}], null]')],
)  # fmt: skip
def test_masks_agree_with_what_is_accepted(keywords: dict[str, Any], content: str) -> None:
    schema = in_draft_7({"type": "string"}, keywords)
    text = json.dumps(content, ensure_ascii=False).encode()
    state = matcher(schema, vocabulary=MIXED)
    for at in range(len(text) + 1):
        found = allowed(state, MIXED)
        for token, piece in enumerate(MIXED):
            fork = state.fork()
            assert (token in found) == fork.accept_token(token), (text[:at], piece)
        assert (len(MIXED) in found) == state.can_terminate()
        if at < len(text):
            assert state.accept_token(text[at])
    assert state.can_terminate()
