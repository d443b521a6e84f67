"""Families whose calls are an array or stand behind a tag of their own: each way of writing, and what is read beside it."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft

CALLS = (ToolCall(FunctionCall("f", '{"a": [1, null]}')), ToolCall(FunctionCall("g", "{}")))
OBJECTS = '{"name": "f", "arguments": {"a": [1, null]}}', '{"name": "g", "arguments": {}}'
ARRAY = f"[{', '.join(OBJECTS)}]"


def read(name: str, text: str) -> Message:
    """What is read, whole and in single characters."""
    each = get_format(name)
    message = each.parse(text)
    stream = each.stream_parser()
    deltas = [delta for char in text for delta in stream.feed(char)]
    assert stream.finish() == message
    assert join_deltas([*deltas, *stream.final_deltas]) == message
    return message


def calls(message: Message) -> list[tuple[str, str]]:
    return [(call.function.name, call.function.arguments) for call in message.tool_calls]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("granite", f"<|tool_call|>{ARRAY}"),
        ("jamba", "<tool_calls>[\n    " + ",\n    ".join(OBJECTS) + "\n]</tool_calls>"),
        ("hunyuan_a13b", f"<tool_calls>{ARRAY}</tool_calls>"),
        ("nemotron_v2", f"<TOOLCALL>{ARRAY}</TOOLCALL>"),
        ("phi4_mini", f"<|tool_call|>{ARRAY}<|/tool_call|>"),
        ("firefunction_v2", f"functools{ARRAY}"),
        ("xlam", ARRAY),
        ("json_array_required", ARRAY.replace("arguments", "parameters")),
        ("apertus", '<|tools_prefix|>[{"f": {"a": [1, null]}}, {"g": {}}]<|tools_suffix|>'),
        ("apriel", f"<tool_calls>{ARRAY}</tool_calls>"),
        (
            "command_r7b",
            (
                '<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "f", "parameters": {"a": [1, null]}},\n'
                '    {"tool_call_id": "1", "tool_name": "g", "parameters": {}}\n]<|END_ACTION|>'
            ),
        ),
        (
            "command_r",
            (
                'Action: ```json\n[\n    {"tool_name": "f", "parameters": {"a": [1, null]}},\n'
                '    {"tool_name": "g", "parameters": {}}\n]```'
            ),
        ),
        ("granite_20b_fc", "\n".join(f"<function_call> {each}" for each in OBJECTS)),
        (
            "internlm2",
            "".join(f"<|action_start|><|plugin|>\n{each}<|action_end|>" for each in OBJECTS).replace("arguments", "parameters"),
        ),
        ("granite4", "\n".join(f"<tool_call>\n{each}\n</tool_call>" for each in OBJECTS)),
        ("reka", "".join(f"<tool_call>\n{each}\n</tool_call>" for each in OBJECTS)),
    ],
)  # fmt: skip
def test_calls_are_written_the_familys_way_and_read_back(name: str, text: str) -> None:
    draft = Draft(())
    get_format(name).turn.write(Message("assistant", None, CALLS), 0, draft)
    assert draft.rendered().text == text
    message = read(name, text)
    assert calls(message) == [(call.function.name, call.function.arguments) for call in CALLS]
    assert (message.content, message.issues) == (None, ())


@pytest.mark.parametrize(
    ("name", "text", "content"),
    [
        ("granite", f"<tool_call> {ARRAY}", None),
        ("granite", f"a<|tool_call|> {OBJECTS[0]}", "a"),
        ("granite", "<tool_call>\n<function=f>\n<parameter=a>[1, null]</parameter>\n</function>\n</tool_call>", None),
        ("granite", f"<response>a</response><|tool_call|>{ARRAY}", "a"),
        ("xlam", f"a\n```json\n{ARRAY}\n```", "a"),
        ("xlam", f"```\n{ARRAY}\n```", None),
        ("xlam", f"[TOOL_CALLS]{ARRAY}", None),
        ("xlam", f"<think>\nb</think>{ARRAY}", None),
        ("phi4_mini", f"functools{ARRAY}", None),
        ("hermes", f"<longcat_tool_call>{OBJECTS[0]}</longcat_tool_call>", None),
        ("gigachat3", f"a<|message_sep|>\n\nfunction call<|role_sep|>\n{OBJECTS[0]}<|message_sep|>\n\n", "a"),
        ("gigachat3", f"<|function_call|>{OBJECTS[0]}", None),
        ("mimo", f"<tool_call>\n{OBJECTS[0]}\n</tool_call>", None),
        ("spark25", "<tool_call>f<arg_key>a</arg_key><arg_value>[1, null]</arg_value></tool_call>", None),
    ],
)
def test_other_spellings_of_a_family_are_read(name: str, text: str, content: str | None) -> None:
    message = read(name, text)
    # Without a schema, raw text is a string.
    assert calls(message)[0] in (("f", '{"a": [1, null]}'), ("f", '{"a": "[1, null]"}'))
    assert message.content == content


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("granite", "the <|tool_call|> tag"),
        ("phi4_mini", "functools[ no ]"),
        ("xlam", "see [1] and [{x}]"),
        ("xlam", '[{"name": "Ann", "age": 3}]'),
        ("command_r", "Action: none"),
        ("apertus", "<|tools_prefix|>none"),
        ("plain", '<tool_call>{"name": "f", "arguments": {}}</tool_call>'),
    ],
)
def test_what_is_no_call_is_content(name: str, text: str) -> None:
    message = read(name, text)
    assert (message.content, message.tool_calls) == (text, ())


def test_an_array_that_breaks_off_keeps_the_calls_that_stand() -> None:
    message = read("jamba", f"<tool_calls>[{OBJECTS[0]}, ")
    assert calls(message) == [("f", '{"a": [1, null]}')]
    assert message.issues
    message = read("jamba", f'<tool_calls>[{OBJECTS[0]}, {{"name": "g", "arguments": {{"b')
    assert calls(message)[1] == ("g", '{"b')
    assert message.finish_reason == "length"
    with pytest.raises(ParseError):
        get_format("jamba").parse(f"<tool_calls>[{OBJECTS[0]}, ", strict=True)


def test_ids_that_the_model_wrote_are_kept() -> None:
    text = '<|START_ACTION|>[{"tool_call_id": "7", "tool_name": "f", "parameters": {}}]<|END_ACTION|>'
    assert read("command_r7b", text).tool_calls[0].id == "7"


def test_text_between_the_tags_of_an_answer_is_the_answer() -> None:
    message = read("command_r7b", "<|START_THINKING|>b<|END_THINKING|><|START_RESPONSE|>a<|END_RESPONSE|>")
    assert (message.reasoning, message.content) == ("b", "a")
    draft = Draft(())
    get_format("command_r7b").turn.write(Message("assistant", "a"), 0, draft)
    assert draft.rendered().text == "<|START_RESPONSE|>a<|END_RESPONSE|>"
    with pytest.raises(FormatError, match="text beside calls"):
        get_format("command_r7b").turn.write(Message("assistant", "a", CALLS), 0, Draft(()))


def test_reasoning_without_an_opening_tag_ends_at_its_closing_one() -> None:
    prompt = "<|begin_assistant|>\nHere are my steps:\n"
    message = get_format("apriel").parse("b\n[BEGIN FINAL RESPONSE]\na", prompt=prompt)
    assert (message.reasoning, message.content) == ("Here are my steps:\nb", "a")
    assert read("apriel", "a").content == "a"


def test_a_model_without_calls_cannot_be_made_to_call() -> None:
    tools: list[Any] = [{"name": "f", "parameters": {}}]
    with pytest.raises(FormatError, match="a call is required"):
        get_format("plain").grammar(tools, tool_choice="required")
    with pytest.raises(FormatError, match="expected text alone"):
        get_format("plain").turn.write(Message("assistant", None, CALLS), 0, Draft(()))


def test_hermes_tells_of_tools_with_a_signature() -> None:
    tool = {
        "type": "function",
        "function": {
            "name": "f",
            "description": "Does.",
            "parameters": {
                "type": "object",
                "properties": {
                    "a": {"type": "integer", "description": "A number. "},
                    "b": {"type": ["string", "null"]},
                    "c": {"type": "object", "additionalProperties": {"type": "number"}},
                },
            },
        },
    }
    text = get_format("hermes").render([{"role": "user", "content": "hi"}], [tool]).text
    assert "f(a: int, b: Union[str,Any], c: dict[str, float]) - Does.\n\n    Args:\n        a(int): A number." in text


def test_dots_writes_json_and_is_read_in_both_spellings() -> None:
    draft = Draft(())
    get_format("dots").turn.write(Message("assistant", None, CALLS), 0, draft)
    text = "".join(f"<dots_function_call>{each}</dots_function_call>" for each in OBJECTS)
    assert draft.rendered().text == text
    assert calls(read("dots", text)) == [(call.function.name, call.function.arguments) for call in CALLS]
    tagged = '<invoke name="f"><parameter name="a">x</parameter></invoke><invoke name="g"></invoke>'
    message = read("dots", f"So <dots_function_call>{tagged}</dots_function_call>")
    assert (message.content, calls(message)) == ("So ", [("f", '{"a": "x"}'), ("g", "{}")])
    cut = read("dots", '<dots_function_call><invoke name="f"><parameter name="a">x')
    assert (calls(cut)[0][0], cut.finish_reason) == ("f", "length")


def test_brackets_at_the_end_of_a_text_are_text() -> None:
    for name, text in (("llama3_json", "a {"), ("llama3_json", "[{"), ("xlam", "so [")):
        message = read(name, text)
        assert (message.content, message.issues, message.finish_reason) == (text, (), "stop")


def test_gigachat_writes_calls_as_messages_and_later_as_tokens() -> None:
    for name, opening in (
        ("gigachat3", "<|message_sep|>\n\nfunction call<|role_sep|>\n"),
        ("gigachat3.1", "<|function_call|>"),
    ):
        draft = Draft(())
        get_format(name).turn.write(Message("assistant", "a", CALLS[:1]), 0, draft)
        assert draft.rendered().text == f"a{opening}{OBJECTS[0]}"
        with pytest.raises(FormatError, match="at most 1"):
            get_format(name).turn.write(Message("assistant", None, CALLS), 0, Draft(()))


@pytest.mark.parametrize("name", ["granite", "apriel", "nemotron_v2", "llama3.2"])
def test_white_space_that_would_read_as_layout_cannot_be_written_beside_calls(name: str) -> None:
    message = Message("assistant", " \n", (ToolCall(FunctionCall("f", "{}")),))
    with pytest.raises(FormatError, match="message 0: found only white space beside calls"):
        get_format(name).turn.write(message, 0, Draft(()))


def test_half_a_tag_behind_a_broken_call_takes_nothing_from_the_content() -> None:
    text = '<dots_function_call>{"name": "f"; "arguments": {}}</dots_function_call>'
    assert read("dots", text + "</dots_").content == text
