"""What a reply holds beside its calls is never lost: it is content, or an issue names it."""

from __future__ import annotations

import pytest

from fcformat.chat import Message
from fcformat.formats import get_format

HERMES = get_format("hermes")


def in_pieces(text: str) -> Message:
    parser = HERMES.stream_parser()
    for character in text:
        parser.feed(character)
    return parser.finish()


def call(inner: str) -> str:
    return f"<tool_call>\n{inner}\n</tool_call>"


def test_a_call_without_a_name_is_text() -> None:
    text = call('{"nme": "f", "arguments": {"a": 1}}')
    message = HERMES.parse(text)
    assert (message.content, message.tool_calls) == (text, ())
    assert message.issues


@pytest.mark.parametrize(
    "inner",
    [
        '{"name": "f", "argu: {"a": 1}}',
        '{"name": "f", "arguments": {not json}}',
        '{"name": "f", "arguments": {{"a": 1}}}',
        '{"name": "f", "arguments": {a, b}}',
        '{"arguments": {a b}, "name": "f"}',
        '{"name": "f"; "arguments": {}}',
    ],
)
def test_a_call_whose_arguments_never_begin_is_text(inner: str) -> None:
    parser = HERMES.stream_parser()
    for character in call(inner):
        assert not any(delta.tool_calls for delta in parser.feed(character))
    for message in (HERMES.parse(call(inner)), parser.finish()):
        assert (message.content, message.tool_calls) == (call(inner), ())
        assert message.issues


@pytest.mark.parametrize(
    "inner",
    [
        '{"name": "f", "arguments": {a : 1}}',
        '{"name": "f", "arguments":\n{ \n }}',
        '{"name": "f", "arguments": {' + " " * 100 + '"a": 1}}',
        '{"name": "f", "arguments": {' + "a" * 100 + ": 1}}",
    ],
)
def test_odd_beginnings_of_arguments_are_read(inner: str) -> None:
    assert [each.function.name for each in HERMES.parse(call(inner)).tool_calls] == ["f"]


@pytest.mark.parametrize(
    ("inner", "left"),
    [
        ('{"name": "f", "argument": {"a": 1}}', '"a": 1'),
        ('{"name": "f", "arguments": {}, "more": [1, 2]}', "[1, 2]"),
    ],
)
def test_what_is_no_part_of_a_call_is_named(inner: str, left: str) -> None:
    message = HERMES.parse(call(inner))
    assert [each.function.name for each in message.tool_calls] == ["f"]
    assert any(left in issue for issue in message.issues)


@pytest.mark.parametrize(
    "text",
    [
        call('{"name": "f", "arguments": {"a": [[[1]]], "b": {"c": "\\u00e9"}}}') * 3,
        call('{"name": "f", "arguments": {"a": "x\ud83dy"}}') + "\n" + call('{"name": "g\ud83d", "arguments": {}}'),
        call('{"name": "f", "arguments": {"a": 1,}}') + call('{"name": "g", "arguments": {"a": 1}}') + " and",
        call('{"name": "f", "arguments": {"a": ' + "9" * 1500 + "}}"),
    ],
)
def test_calls_that_are_read_at_one_glance_are_read_the_same_in_pieces(text: str) -> None:
    whole, pieces = HERMES.parse(text), in_pieces(text)
    assert (whole, whole.issues, whole.finish_reason) == (pieces, pieces.issues, pieces.finish_reason)
    assert whole.tool_calls
