"""Calls with arguments between tags: written, and read back from any pieces."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
from fcformat.errors import FormatError, ParseError
from fcformat.formats.call_syntax.parts import ToolView, ToolViews
from fcformat.formats.call_syntax.turn import Turn, drain
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Steps
from fcformat.parsing.message_builder import MessageBuilder
from fcformat.parsing.stream import Reader, StreamParser, read_whole
from support.counting import growth
from support.tagged import PADDED, QUOTED, TYPED

SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "count": {"type": "integer"},
        "flag": {"type": ["boolean", "null"]},
        "list": {"type": "array"},
        "object": {"type": ["object", "null"]},
        "either": {"type": ["string", "integer"]},
    },
}
TOOLS = ToolViews((ToolView("f", SCHEMA), ToolView("g", {"type": "object"})))


def reader(turn: Turn, tools: ToolViews) -> Reader:
    def steps(cursor: Cursor, builder: MessageBuilder) -> Steps[None]:
        if (yield from turn.read(cursor, builder, tools, ("<|end|>",))) is not None:
            yield from drain(cursor, builder)

    return steps


def read(turn: Turn, text: str, *, strict: bool = False, tools: ToolViews = TOOLS) -> Message:
    return read_whole(reader(turn, tools), text, strict=strict)


def streamed(turn: Turn, pieces: list[str]) -> Message:
    parser = StreamParser(reader(turn, TOOLS))
    deltas = [delta for piece in pieces for delta in parser.feed(piece)]
    message = parser.finish()
    assert join_deltas([*deltas, *parser.final_deltas]) == message
    return message


def written(turn: Turn, *calls: dict[str, Any] | str, content: str | None = None) -> str:
    texts = [call if isinstance(call, str) else json.dumps(call) for call in calls]
    message = Message("assistant", content, tuple(ToolCall(FunctionCall("f", text)) for text in texts))
    draft = Draft(())
    turn.write(message, 0, draft)
    return draft.rendered().text


def arguments(message: Message) -> list[Any]:
    return [json.loads(call.function.arguments) for call in message.tool_calls]


@pytest.mark.parametrize("turn", [PADDED, TYPED, QUOTED])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": ""},
        {"text": "\n"},
        {"text": " a\n\n  b\n"},
        {"text": '<p>He said "hi" & \'bye\' \\ </p>\n\t{"k": [1]}\n'},
        {"text": "null", "count": -3, "flag": True},
        {"flag": None, "list": [], "object": {}},
        {"list": [1, "two", {"three": [None, False]}], "object": {"a": "</parameter>", "b": "x" * 200}},
        {"text": "日本 😀 \u2028", "either": "007"},
        {"either": 5},
    ],
)
def test_what_is_written_is_read_back(turn: Turn, given: dict[str, Any]) -> None:
    text = written(turn, given, {"count": 1}, content="So be it.")
    message = read(turn, text, strict=True)
    assert message.content == "So be it."
    assert arguments(message) == [given, {"count": 1}]
    assert streamed(turn, list(text)) == message


def test_the_spelling_of_numbers_is_kept() -> None:
    text = written(PADDED, '{"count": 10000000000000000000000, "list": [1.10, 1E2]}')
    assert read(PADDED, text).tool_calls[0].function.arguments == (
        '{"count": 10000000000000000000000, "list": [1.10, 1E2]}'
    )


def test_only_the_line_breaks_of_the_layout_are_taken_off() -> None:
    text = "<tool_call>\n<function=f>\n<parameter=text>\n\n  x\n\n\n</parameter>\n</function>\n</tool_call>"
    assert arguments(read(PADDED, text)) == [{"text": "\n  x\n\n"}]


def test_values_without_the_layout_are_read_as_well() -> None:
    text = "<tool_call><function=f><parameter=text>  x</parameter><parameter=count>4</parameter></function></tool_call>"
    assert arguments(read(PADDED, text)) == [{"text": "  x", "count": 4}]


@pytest.mark.parametrize(
    "value",
    ["a </parameter> b", "</parameter>", "</function> and more", "<tool_call>\n", "</tool_call>", "<parameter=>"],
)
def test_tags_inside_of_a_value_are_part_of_it(value: str) -> None:
    text = written(PADDED, {"text": value, "count": 2})
    assert arguments(read(PADDED, text, strict=True)) == [{"text": value, "count": 2}]


@pytest.mark.parametrize(
    "value", ["a</parameter>\n</function>", "a\n</parameter>\n<parameter=count>", "</function>\n</tool_call>"]
)
def test_a_value_that_would_end_early_cannot_be_written(value: str) -> None:
    with pytest.raises(FormatError, match=r"message 0: tool_calls\[0\] \(f\): argument 'text': .*its end"):
        written(PADDED, {"text": value})


def test_keys_that_break_tags_cannot_be_written() -> None:
    with pytest.raises(FormatError, match="the key 'a>b'"):
        written(PADDED, {"a>b": 1})


def test_a_call_may_stand_without_its_first_tag() -> None:
    message = read(PADDED, "Well.\n\n<function=f>\n<parameter=count>\n1\n</parameter>\n</function>\n</tool_call>")
    assert (message.content, arguments(message)) == ("Well.", [{"count": 1}])
    assert "without '<tool_call>'" in message.issues[0]


def test_a_call_may_stand_without_its_section() -> None:
    message = read(TYPED, 'Well.\n\n<invoke name="f">\n</invoke>\n<invoke name="g">\n</invoke>\n</calls> Done.')
    assert (message.content, [call.function.name for call in message.tool_calls]) == ("Well. Done.", ["f", "g"])


def test_what_tags_say_of_the_type_decides_where_the_schema_does_not() -> None:
    text = (
        '<calls>\n<invoke name="f">\n<parameter name="a" string="false">5</parameter>\n<parameter name="b" string="true">5'
        '</parameter>\n<parameter name="either" string="true">5</parameter>\n<parameter name="count" string="true">5'
        "</parameter>\n</invoke>\n</calls>"
    )
    assert arguments(read(TYPED, text)) == [{"a": 5, "b": "5", "either": "5", "count": 5}]


def test_all_the_arguments_under_one_key_are_taken_out_of_it() -> None:
    text = (
        '<calls><invoke name="f"><parameter name="arguments" string="false">{"count": 1}</parameter></invoke></calls>'
    )
    message = read(TYPED, text)
    assert message.tool_calls[0].function.arguments == '{"count": 1}'
    assert "all the arguments in one" in message.issues[0]


def test_a_missing_closing_tag_is_put_right_before_the_next_argument() -> None:
    text = '<calls><invoke name="f"><parameter name="text" string="true">a<b><parameter name="count">2</parameter></invoke></calls>'
    message = read(TYPED, text)
    assert arguments(message) == [{"text": "a<b>", "count": 2}]
    assert "'</parameter>' missing" in message.issues[0]


def test_prose_about_tags_is_no_call() -> None:
    for text in (
        "Use <tool_call> and <function=f>!",
        "<tool_call>\n<function=f>\nWait.",
        "```\n<tool_call>\n<function=f>\n</function>\n</tool_call>\n```",
    ):
        message = read(PADDED, text)
        assert (message.content, message.tool_calls) == (text, ())


def test_broken_json_is_kept_as_text_and_named() -> None:
    text = "<tool_call>\n<function=f>\n<parameter=list>\n[1, oops\n</parameter>\n</function>\n</tool_call>"
    message = read(PADDED, text)
    assert arguments(message) == [{"list": "[1, oops"}]
    assert "a type that its schema does not permit" in message.issues[0]
    with pytest.raises(ParseError):
        read(PADDED, text, strict=True)


def test_strings_and_long_json_are_sent_as_they_arrive() -> None:
    head = "<tool_call>\n<function=f>\n<parameter="
    for key, value in (("text", "some words"), ("either", "5 words"), ("list", "[" + "1, " * 40)):
        parser = StreamParser(reader(PADDED, TOOLS))
        parser.feed(f"{head}{key}>\n")
        sent = "".join(call.arguments for delta in parser.feed(value) for call in delta.tool_calls)
        assert value.split()[-1].strip(",") in sent


def test_a_text_that_ends_inside_a_call_gives_what_there_is() -> None:
    text = written(PADDED, {"text": "words", "list": [1, 2]}, content="Hm.")
    for size in range(len(text)):
        message = read(PADDED, text[:size])
        assert streamed(PADDED, list(text[:size])) == message
        if message.tool_calls and size < text.index("</function>"):
            assert message.finish_reason == "length"


@pytest.mark.parametrize("turn", [PADDED, TYPED, QUOTED])
def test_random_pieces_of_tags_never_break_the_reader(turn: Turn) -> None:
    rng = random.Random(5)
    pieces = [
        "<tool_call>", "</tool_call>", "<function=f>", "</function>", "<parameter=text>", "<parameter=list>", "</parameter>",
        '<calls>', '</calls>', '<invoke name="f">', "</invoke>", '<parameter name="count" string="false">', "\n", "x", "[1,",
        '<function name="f">', '<param name="text">', "</param>", "<![CDATA[", "]]>", "{", "5", "<|end|>", "```\n",
    ]  # fmt: skip
    for _ in range(400):
        text = "".join(rng.choices(pieces, k=rng.randint(1, 14)))
        whole = read(turn, text)
        cut = rng.randint(0, len(text))
        assert streamed(turn, [text[:cut], text[cut:]]) == whole, text
        assert streamed(turn, list(text)) == whole, text


@pytest.mark.parametrize(
    "unit",
    [
        "<tool_call>\n<function=f>\n<parameter=list>\n[",
        "<tool_call>",
        "<tool_call>\n<function=f>\n<parameter=text>\n</parameter>",
        "<parameter=list>\n[</parameter>",
        "<function=f",
    ],
)
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    assert growth(lambda times: read(PADDED, "<tool_call>\n<function=f>\n" + unit * times), 60, 10) < 1.2


def test_of_two_tools_with_one_name_the_first_types_the_arguments() -> None:
    tools = ToolViews((ToolView("f", SCHEMA), ToolView("f", {"properties": {"count": {"type": "string"}}})))
    message = read(TYPED, '<calls><invoke name="f"><parameter name="count">5</parameter></invoke></calls>', tools=tools)
    assert (arguments(message), message.issues) == ([{"count": 5}], ())
