"""Qwen2.5: rendering, parsing and what it cannot express."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat.chat import Message
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format

QWEN = get_format("qwen2.5")
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}  # fmt: skip


def call(arguments: Any, name: str = "get_weather", id: str = "call_0") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def text(body: str, tag: str = "tool_call") -> str:
    return f"<{tag}>\n{body}\n</{tag}>"


def calls_of(message: Message) -> list[tuple[str, str]]:
    return [(each.function.name, each.function.arguments) for each in message.tool_calls]


def test_names_and_model_ids_find_the_format() -> None:
    for name in ("qwen2.5", "Qwen2.5-Instruct", "Qwen/Qwen2.5-7B-Instruct"):
        assert get_format(name) is QWEN
    with pytest.raises(FormatError, match=r"format: found 'qwen99', expected one of .*qwen2\.5"):
        get_format("qwen99")


def test_arguments_are_written_once_whether_string_or_object() -> None:
    rendered = [
        QWEN.render([{"role": "assistant", "content": None, "tool_calls": [call(arguments)]}]).text
        for arguments in ({"city": "北京", "n": 1}, '{"city":"\\u5317\\u4eac","n":1}')
    ]
    assert rendered[0] == rendered[1]
    assert rendered[0].endswith(
        '<|im_start|>assistant\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "北京", "n": 1}}\n</tool_call><|im_end|>\n'
    )


def test_inputs_are_not_changed_and_unknown_options_are_refused() -> None:
    messages: list[dict[str, Any]] = [{"role": "assistant", "content": None, "tool_calls": [call({"city": "x"})]}]
    before = json.dumps(messages)
    QWEN.render(messages, tools=[WEATHER])
    assert json.dumps(messages) == before
    with pytest.raises(FormatError, match=r"qwen2\.5: found the option 'enable_thinking', expected no options"):
        QWEN.render(messages, enable_thinking=False)


def test_results_out_of_order_cannot_be_told_apart_and_raise() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [call({}, id="a"), call({}, id="b")]},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
    ]
    with pytest.raises(FormatError, match=r"message 1: found the result of call 'b', expected that of 'a'"):
        QWEN.render(messages)
    dropped = QWEN.render(messages, on_loss="drop")
    assert [loss[:10] for loss in dropped.losses] == ["message 1:", "message 2:"]


def test_arguments_that_are_not_json_raise_with_their_place() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "", "tool_calls": [call('{"a": 1')]},
    ]
    with pytest.raises(
        FormatError, match=r"message 1: tool_calls\[0\] \(get_weather\): at character 7 of the arguments"
    ):
        QWEN.render(messages)


def test_reasoning_is_left_out_as_by_the_template_and_noted() -> None:
    rendered = QWEN.render([{"role": "assistant", "content": "a", "reasoning_content": "because"}])
    assert "because" not in rendered.text
    assert rendered.losses == ("message 0: the reasoning is left out",)


@pytest.mark.parametrize(
    ("reply", "content", "calls"),
    [
        ("plain", "plain", []),
        ("a < b <tool_call> is a tag", "a < b <tool_call> is a tag", []),
        ("Hi \n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", "Hi ", [("f", "{}")]),
        ("Hi\n\n" + text('{"name": "f", "arguments": {}}'), "Hi\n", [("f", "{}")]),
        (text('{"name": "f", "arguments": {"a":  1}}') + "\n\nbye\n", "\n\nbye\n", [("f", '{"a":  1}')]),
        (text('{"name": "f"}') + "\n " + text('{"name": "g", "arguments": null}') + "\n", None, [("f", "{}"), ("g", "{}")]),
        (text('{"arguments": {"a": [1]}, "name": "f"}'), None, [("f", '{"a": [1]}')]),
        (text('{"name": "f", "parameters": {"a": 1}}'), None, [("f", '{"a": 1}')]),
        (text('{"name": "f", "arguments": "{\\"a\\": \\"x\\\\n\\"}"}'), None, [("f", '{"a": "x\\n"}')]),
        ('<tool_call>{"name": "f", "arguments": {"a": "</tool_call>"}}</tool_call>', None, [("f", '{"a": "</tool_call>"}')]),
        (text("{'name': 'f', 'arguments': {'a': True, 'b': [None,]}}"), None, [("f", '{"a": true, "b": [null]}')]),
        ('<tool_call>{"name": "f", "arguments": {"a": 1}\n</tool_call>', None, [("f", '{"a": 1}')]),
        ('<tool_call>{"name": "f", "arguments": {"a": 1}}}}\n</tool_call>', None, [("f", '{"a": 1}')]),
        ('<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_c', None, [("f", '{"a": 1}')]),
        ('<tool_call>{"name": "f", "arguments": {"a": 1}}', None, [("f", '{"a": 1}')]),
        ('<tool_call>{"name": "f", "arguments": {"a": "x', None, [("f", '{"a": "x')]),
        ('<tool_call>{"name": "f', "", []),
        ('x<tool_call>{"city": "y"}</tool_call>', 'x<tool_call>{"city": "y"}</tool_call>', []),
        ('<tool_call>{"name": "f", "arguments": {"a": 1 2}}</tool_call>', "2}}</tool_call>", [("f", '{"a": 1 ')]),
        ("```\n" + text('{"name": "f"}') + "\n```\n" + text('{"name": "g"}'), "```\n" + text('{"name": "f"}') + "\n```", [("g", "{}")]),
        ("done<|im_end|>\n", "done", []),
        ("done<|im_end|>\n<|im_start|>user\nmore", "done", []),
    ],
)  # fmt: skip
def test_replies_are_read(reply: str, content: str | None, calls: list[tuple[str, str]]) -> None:
    message = QWEN.parse(reply)
    assert message.content == content
    assert calls_of(message) == calls
    assert [each.id for each in message.tool_calls] == [f"call_{n}" for n in range(len(calls))]


@pytest.mark.parametrize(
    ("reply", "reason", "issue"),
    [
        ("plain", "stop", None),
        (text('{"name": "f"}'), "tool_calls", None),
        ('<tool_call>{"name": "f", "arguments": {"a', "length", "at character 41: the text ends inside a call, expected the end of a string"),
        (text('{"name": "f", "arguments": {"a": 1 2}}'), "tool_calls", "at character 47: a broken call, expected ',' or '}'; what follows is kept as content"),
        ("x<tool_call>{'a'", "length", "at character 13: single quotes"),
        ("a<|im_end|>b", "stop", "at character 11: text after the end of the turn: 'b'"),
    ],
)  # fmt: skip
def test_how_a_reply_ended_and_what_was_wrong_is_told(reply: str, reason: str, issue: str | None) -> None:
    message = QWEN.parse(reply)
    assert message.finish_reason == reason
    assert message.issues[:1] == ((issue,) if issue else ())
    if issue is None:
        assert QWEN.parse(reply, strict=True) == message
    else:
        with pytest.raises(ParseError):
            QWEN.parse(reply, strict=True)


def test_a_call_of_an_unknown_tool_is_read_and_reported() -> None:
    message = QWEN.parse(text('{"name": "f"}'), tools=[WEATHER])
    assert calls_of(message) == [("f", "{}")]
    assert message.issues == ("at character 38: a call of 'f', which is not among the tools",)


def test_what_the_prompt_began_is_part_of_the_message() -> None:
    prompt = QWEN.render([{"role": "user", "content": "hi"}], add_generation_prompt=True).text
    assert QWEN.parse("!", prompt=prompt + "Hello").content == "Hello!"
    begun = prompt + '<tool_call>\n{"name": "f", "argu'
    assert calls_of(QWEN.parse('ments": {}}\n</tool_call>', prompt=begun)) == [("f", "{}")]


@pytest.mark.parametrize("name", ["qwen2.5", "qwen3", "hermes"])
@pytest.mark.parametrize("end", ["]", ""])
def test_an_array_of_calls_may_stand_in_one_pair_of_tags(name: str, end: str) -> None:
    reply = text('[{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {}}' + end)
    form = get_format(name)
    parser = form.stream_parser()
    for character in f"So:\n{reply}\nDone.":
        parser.feed(character)
    for message in (form.parse(f"So:\n{reply}\nDone."), parser.finish()):
        assert (message.content, calls_of(message)) == ("So:\nDone.", [("f", '{"a": 1}'), ("g", "{}")])
        assert bool(message.issues) == (not end)


def test_an_array_that_holds_no_calls_is_text() -> None:
    for body in ("[1, 2]", '["x"]', "[]", "[[]]"):
        message = QWEN.parse(text(body))
        assert (message.content, message.tool_calls) == (text(body), ())
