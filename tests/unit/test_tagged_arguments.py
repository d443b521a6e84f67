"""Objects written as texts around keys and values, as XML-like and delimited call syntaxes write arguments."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from fcformat import GrammarMatcher, SchemaError, TokenizerInfo, UnsupportedSchemaError
from fcformat import grammar as g
from fcformat.decoding import GrammarCompiler
from support.engine import MIXED, SINGLE_BYTES, accepts_from_start, allowed, compiler

XML = g.TaggedArguments(
    before_key=g.literal("<parameter="),
    after_key=g.literal(">\n"),
    after_value=g.literal("\n</parameter>"),
    between=g.literal("\n"),
    excludes=("</parameter>",),
)
TYPED = g.TaggedArguments(
    before_key=g.literal('<p name="'),
    after_key=g.literal('" string="true">'),
    after_other_key=g.literal('" string="false">'),
    after_value=g.literal("</p>"),
    excludes=("</p>",),
)
DELIMITED = g.TaggedArguments(
    before_key=g.literal(""),
    after_key=g.literal(":"),
    after_value=g.literal(""),
    between=g.literal(","),
    delimiter=g.literal('<|"|>'),
    excludes=('<|"|>',),
    key=r"[^\s<>:,{}\[\]|\"]+",
)


def objects(properties: dict[str, Any], required: tuple[str, ...] = (), **rest: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        **({"additionalProperties": False} | rest),
    }


def accepts(schema: Any, text: str, syntax: g.TaggedArguments = XML) -> bool:
    grammar = g.sequence(g.literal("<f>"), g.schema_value(schema, syntax=syntax), g.literal("</f>"))
    return accepts_from_start(compiler(SINGLE_BYTES).compile_grammar(grammar), f"<f>{text}</f>")


def parameter(key: str, value: str) -> str:
    return f"<parameter={key}>\n{value}\n</parameter>"


CITY = objects({"city": {"type": "string"}, "days": {"type": "integer"}}, ("city",))


@pytest.mark.parametrize(
    "value", ["Paris", "", 'say "hi" \\ there', "two\nlines\n", "5", "true", "{", "<b>bold</b>", "天气 😀", "</param"]
)
def test_a_string_is_raw_text(value: str) -> None:
    assert accepts(CITY, parameter("city", value))


def test_what_ends_a_string_cannot_be_in_it() -> None:
    assert not accepts(CITY, parameter("city", "a</parameter>b"))


def test_members_come_in_any_order_and_required_ones_must() -> None:
    assert accepts(CITY, parameter("city", "Paris") + "\n" + parameter("days", "3"))
    assert accepts(CITY, parameter("days", "3") + "\n" + parameter("city", "Paris"))
    assert not accepts(CITY, parameter("days", "3"))
    assert not accepts(CITY, parameter("city", "a") + "\n" + parameter("city", "b"))
    assert not accepts(CITY, "")


@pytest.mark.parametrize("word", ["null", "true", "false"])
def test_python_words_are_allowed_where_they_are_asked_for(word: str) -> None:
    schema = objects({"x": {"enum": [None, True, False, 5]}})
    python = dataclasses.replace(XML, python_words=True)
    spelled = {"null": "None", "true": "True", "false": "False"}[word]
    assert accepts(schema, parameter("x", word))
    assert accepts(schema, parameter("x", word), python)
    assert accepts(schema, parameter("x", spelled), python)
    assert not accepts(schema, parameter("x", spelled))
    assert not accepts(objects({"x": {"type": "integer"}}), parameter("x", spelled), python)


@pytest.mark.parametrize("syntax", [XML, dataclasses.replace(XML, python_words=True)])
def test_a_string_that_reads_like_a_word_of_python_is_not_written(syntax: g.TaggedArguments) -> None:
    schema = objects({"x": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "y": {"type": "string"}}, ("y",))
    needs_y = schema | {"if": {"properties": {"x": {"const": "None"}}, "required": ["x"]}, "then": False}
    for text in ("Nonesuch", "none", "True"):
        assert accepts(needs_y, parameter("x", text) + "\n" + parameter("y", "None"), syntax)
    allows_null = accepts(needs_y, parameter("x", "None") + "\n" + parameter("y", ""), syntax)
    assert allows_null == syntax.python_words  # as null, which the condition does not touch


def test_inside_of_arrays_words_are_those_of_json() -> None:
    schema = objects({"x": {"type": "array", "items": {"type": "boolean"}}})
    python = dataclasses.replace(XML, python_words=True)
    assert accepts(schema, parameter("x", "[true]"), python)
    assert not accepts(schema, parameter("x", "[True]"), python)


def test_other_values_are_json() -> None:
    schema = objects({"v": {"type": ["array", "boolean", "null", "number", "object"]}})
    for value in ('{"a": [1, "x"]}', "[1,2]", "true", "null", "-1.5", "{}"):
        assert accepts(schema, parameter("v", value))
    assert not accepts(schema, parameter("v", "text"))
    assert not accepts(schema, parameter("v", "{a: 1}"))


def test_no_arguments_are_the_empty_text() -> None:
    assert accepts(objects({"v": {"type": "string"}}), "")
    assert accepts(objects({}), "")


def test_a_schema_applies_to_the_text_as_it_is_read_back() -> None:
    assert accepts(objects({"v": {"enum": ["a", "b c", 5]}}), parameter("v", "b c"))
    assert accepts(objects({"v": {"enum": ["a", "b c", 5]}}), parameter("v", "5"))
    assert not accepts(objects({"v": {"enum": ["a", "b c", 5]}}), parameter("v", "6"))
    assert accepts(objects({"v": {"type": "string", "pattern": "^[a-z]+$"}}), parameter("v", "abc"))
    assert not accepts(objects({"v": {"type": "string", "pattern": "^[a-z]+$"}}), parameter("v", "ABC"))
    assert not accepts(objects({"v": {"type": "string", "maxLength": 2}}), parameter("v", "abc"))


def test_a_string_that_would_be_read_as_another_value_cannot_be_written() -> None:
    mixed = objects({"v": {"type": ["string", "integer", "object"], "maximum": 7}})
    assert accepts(mixed, parameter("v", "7"))
    assert not accepts(mixed, parameter("v", "8"))
    assert not accepts(mixed, parameter("v", "8 "))
    assert not accepts(mixed, parameter("v", "{oops"))
    assert not accepts(mixed, parameter("v", '"quoted"'))
    assert accepts(mixed, parameter("v", "8 apples"))
    assert accepts(mixed, parameter("v", "true"))  # no boolean is allowed, so it is a text


def test_free_form_keys_are_written_once() -> None:
    schema = {
        "type": "object",
        "patternProperties": {"^n": {"type": "number"}},
        "additionalProperties": {"type": "string"},
    }
    assert accepts(schema, parameter("n1", "5") + "\n" + parameter("other", "text"))
    assert not accepts(schema, parameter("n1", "text"))
    assert not accepts(schema, parameter("k", "a") + "\n" + parameter("k", "b"))
    assert not accepts(schema, parameter("a b", "x"))


def test_a_required_key_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(SchemaError):
        accepts(objects({"a b": {"type": "string"}}, ("a b",)), "")


def test_the_text_behind_a_key_may_tell_strings_from_others() -> None:
    schema = objects({"v": {}, "n": {"type": "integer"}})
    assert accepts(schema, '<p name="v" string="true">a text</p>', TYPED)
    assert accepts(schema, '<p name="v" string="false">[1]</p><p name="n" string="false">5</p>', TYPED)
    assert not accepts(schema, '<p name="n" string="true">5</p>', TYPED)
    assert not accepts(schema, '<p name="v" string="false">a text</p>', TYPED)


def test_delimited_values_nest() -> None:
    schema = objects(
        {
            "s": {"type": "string"},
            "l": {"type": "array", "items": {"type": ["string", "integer"]}},
            "o": objects({"a": {"type": "boolean"}, "b": objects({"c": {"type": "null"}})}),
        }
    )
    text = 's:<|"|>x "y" {z}<|"|>,l:[<|"|>a<|"|>,5,[]],o:{a:true,b:{c:null}}'
    assert not accepts(schema, text, DELIMITED)
    assert accepts(schema, text.replace(",[]", ""), DELIMITED)
    assert accepts(schema, "o:{},l:[]", DELIMITED)
    assert accepts(schema, 's:<|"|><|"|>', DELIMITED)
    assert not accepts(schema, "o:{a:1}", DELIMITED)
    assert not accepts(schema, "l:[,]", DELIMITED)
    assert not accepts(schema, 's:<|"|>a<|"|>b<|"|>', DELIMITED)


def test_delimited_keys_that_cannot_be_written_leave_no_dead_end() -> None:
    inner = objects({"a,b": {"type": "string"}}, ("a,b",))
    with pytest.raises(SchemaError):
        accepts(objects({"o": inner}, ("o",)), "", DELIMITED)
    assert accepts(objects({"o": inner}), "", DELIMITED)
    assert not accepts(objects({"o": inner}), "o:{}", DELIMITED)


def test_comparing_delimited_items_is_refused() -> None:
    with pytest.raises(UnsupportedSchemaError, match="uniqueItems"):
        accepts(objects({"l": {"type": "array", "uniqueItems": True}}), "", DELIMITED)


def test_tags_may_be_control_tokens() -> None:
    vocabulary = [bytes([byte]) for byte in range(256)]
    tags = ["<stop>", "<k>", "</k>", "<v>", "</v>"]
    info = TokenizerInfo.from_bytes(
        [*vocabulary, *([None] * len(tags))],
        control_tokens={256 + i: tag for i, tag in enumerate(tags)},
        stop_token_ids=[256],
    )
    syntax = g.TaggedArguments(
        before_key=g.control_token("<k>"),
        after_key=g.sequence(g.control_token("</k>"), g.literal("\n"), g.control_token("<v>")),
        after_value=g.control_token("</v>"),
        excludes=("</v>",),
    )
    compiled = GrammarCompiler(info).compile_grammar(g.schema_value(CITY, syntax=syntax))
    matcher = GrammarMatcher(compiled)
    assert not matcher.accept_string("<k>")
    for step in (257, "city", 258, "\n", 259, "Paris"):
        assert matcher.accept_string(step) if isinstance(step, str) else matcher.accept_token(step)
        assert not matcher.can_terminate()
    assert not matcher.accept_string("</v>")
    assert matcher.accept_token(260)
    assert matcher.can_terminate()
    assert matcher.accept_token(256)


@pytest.mark.parametrize(
    "syntax",
    [XML, dataclasses.replace(XML, python_words=True), TYPED, DELIMITED],
    ids=["xml", "python words", "typed", "delimited"],
)
def test_masks_agree_with_acceptance(syntax: g.TaggedArguments) -> None:
    schema = objects(
        {
            "ab": {"type": "string", "maxLength": 5},
            "abc": {"type": ["integer", "string"]},
            "l": {"type": "array", "items": {"type": "string", "enum": ["ab", "a\nb"]}},
            "o": objects({"a": {"type": "number"}}, additionalProperties={"type": "string"}),
        },
        ("ab",),
        patternProperties={"^1": {}},
    )
    grammar = g.sequence(g.schema_value(schema, syntax=syntax), g.literal("</f>"))
    compiled = compiler(MIXED).compile_grammar(grammar)
    rng = random.Random(5)
    for _ in range(12):
        matcher = GrammarMatcher(compiled)
        for _ in range(60):
            mask = allowed(matcher, MIXED)
            assert mask, "a dead end"
            for token in [*rng.sample(range(len(MIXED)), 40), len(MIXED)]:
                accepted = matcher.accept_token(token)
                if accepted:
                    matcher.rollback(1)
                assert accepted == (token in mask), (token, MIXED[token] if token < len(MIXED) else "stop")
            token = rng.choice(sorted(mask))
            matcher.accept_token(token)
            if matcher.is_terminated():
                break
