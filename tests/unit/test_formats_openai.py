"""OpenAI's own JSON as a format: requests out, message objects, responses and streams in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat.chat import Message, join_deltas
from fcformat.formats import get_format
from support.counting import growth

OPENAI = get_format("openai")
CALLS: list[dict[str, Any]] = [
    {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": '{"a":  "x\\n"}'}},
    {"id": "call_b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
]


def test_the_prompt_is_the_request_one_message_a_line() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "北京?"},
        {"role": "assistant", "content": None, "tool_calls": CALLS},
    ]
    tools = [{"type": "function", "function": {"name": "f", "x-extra": 1}}]
    rendered = OPENAI.render(messages, tools, add_generation_prompt=True)
    assert json.loads(rendered.text) == {"messages": messages, "tools": tools}
    assert rendered.text.splitlines()[1] == '{"role": "user", "content": "北京?"},'
    assert rendered.text.endswith("]}\n")
    assert [segment.text for segment in rendered.segments if segment.trainable] == [json.dumps(messages[1])]
    assert rendered.losses == ()


@pytest.mark.parametrize("indent", [None, 1])
def test_a_message_object_is_read_to_the_character(indent: int | None) -> None:
    given = {"role": "assistant", "content": "a\n😀", "reasoning_content": "r", "tool_calls": CALLS}
    message = OPENAI.parse(json.dumps(given, indent=indent), strict=True)
    assert message == Message.from_openai(given)
    assert message.finish_reason == "tool_calls"
    assert OPENAI.parse(json.dumps(given, ensure_ascii=False)) == message


def test_a_response_object_is_read_with_its_finish_reason() -> None:
    message = Message("assistant", "cut", finish_reason="length")
    text = json.dumps(message.to_response(model="m", id="i", created=1, usage={"total_tokens": 2}))
    assert OPENAI.parse(text, strict=True) == message
    assert OPENAI.parse(text).finish_reason == "length"


def test_a_legacy_function_call_is_a_call() -> None:
    text = '{"choices": [{"message": {"content": null, "function_call": {"name": "f", "arguments": "{\\"a\\": 1}"}}, "finish_reason": "function_call"}]}'  # fmt: skip
    message = OPENAI.parse(text, strict=True)
    assert [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls] == [
        ("call_0", "f", '{"a": 1}')
    ]
    assert message.finish_reason == "tool_calls"


@pytest.mark.parametrize(
    "chunk",
    [
        '{"choices":[{"delta":{"content":"a b"}}]}',
        '{"id": "x", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "a\\n\\"b\\\\"}}], "usage": null}',
        '{"created": 17, "choices": [{"delta": {"content": "a"}, "logprobs": null, "finish_reason": null}], "x": -1.5}',
        "{'id': 'x', 'choices': [{'index': 0, 'delta': {'content': 'a'}}]}",
        "{'choices': [{'delta': {'content': 'say \"x\"'}}]}",
        '{"choices":[{"delta":{"content":""}}]}',
        '{"choices":[{"delta":{"content":"a", "content":"b"}}]}',
        '{"choices":[{"delta":{"content":"a"}, "delta":{"content":"b"}}]}',
        '{"choices":[{"delta":{"content":"a"}}], "content": "b"}',
        '{"choices":[{"delta":{"reasoning":"r", "content":"a"}}]}',
        '{"choices":[{"delta":{"content":"a"}}, {"delta":{"content":"b"}}]}',
        '{"choices":[{"delta":{"content":"a\\u00e9\\ud83d\\ude00"}}]}',
        '{"choices":[{"delta":{"content":"a"}, "finish_reason": "length"}]}',
        "{'choices': [{'delta': {\"content\": 'mixed'}}]}",
        "{'choices': [{'delta': {'content': 'a'}, 'finish_reason': None}]}",
    ],
)
@pytest.mark.parametrize("joint", ["", "\n\ndata: ", "\n\ndata:", " "])
def test_chunks_are_read_alike_at_one_glance_and_step_by_step(chunk: str, joint: str) -> None:
    text = joint.lstrip() + joint.join([chunk] * 30)
    message = OPENAI.parse(text)
    for size in (1, len(chunk) + 3):
        parser = OPENAI.stream_parser()
        deltas = [delta for at in range(0, len(text), size) for delta in parser.feed(text[at : at + size])]
        again = parser.finish()
        assert (again, again.issues, again.finish_reason) == (message, message.issues, message.finish_reason)
        assert join_deltas([*deltas, *parser.final_deltas]) == message
    single = OPENAI.parse(chunk)
    assert message.content == (single.content or "") * 30
    assert (message.finish_reason, len(message.issues)) == (single.finish_reason, len(single.issues))


def test_small_chunks_are_read_in_linear_time() -> None:
    def read(size: int) -> None:
        assert OPENAI.parse("data: {'choices': [{'delta': {'content': 'a'}}]}\n\n" * size).content == "a" * size

    assert growth(read, 500, 4) < 1.1


@pytest.mark.parametrize("prefix", ["", "data: "])
def test_chunks_of_a_stream_are_read(prefix: str) -> None:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> str:
        return (
            prefix
            + json.dumps({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
            + "\n\n"
        )

    text = chunk({"role": "assistant", "content": "He"}) + chunk({"content": "llo"})
    for index, call in enumerate(CALLS):
        function = dict(call["function"], arguments="")
        text += chunk({"tool_calls": [{"index": index, **call, "function": function}]})
        arguments = call["function"]["arguments"]
        for piece in (arguments[:3], arguments[3:]):
            text += chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    text += chunk({}, "tool_calls") + ("data: [DONE]\n" if prefix else "")
    expected = Message.from_openai({"role": "assistant", "content": "Hello", "tool_calls": CALLS})
    assert OPENAI.parse(text, strict=True) == expected
    parser = OPENAI.stream_parser()
    deltas = [delta for char in text for delta in parser.feed(char)]
    assert parser.finish() == expected == join_deltas(deltas)


@pytest.mark.parametrize(
    ("text", "content", "calls", "issue"),
    [
        ("Hello", "Hello", [], "at character 0: the object is broken, expected an object"),
        ('{"a": ', '{"a": ', [], "at character 6: the object ends early, expected a value"),
        ('{"content": "x', "x", [], "at character 14: the object ends early, expected the end of a string"),
        ('```json\n{"content": "x"}\n```', "x", [], "at character 7: a code fence around the object"),
        ('{"content": "x"} trailing', "x", [], "at character 17: text after the end of the turn: 'trailing'"),
        ('{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}', "ab", [], None),
        ('{"tool_calls": [{"function": {"arguments": {"a": 1}, "name": "f"}}]}', None, [("f", '{"a": 1}')], "arguments as an object, not in a string"),
        ('{"tool_calls": [{"function": {"name": "f"}}]}', None, [("f", "{}")], None),
        ('{"tool_calls": [{"id": "i", "function": {"name": "f", "arguments": "{\\"a', None, [("f", '{"a')], "the object ends early"),
        ('{"content": "x"}<|im_end|>', "x", [], None),
    ],
)  # fmt: skip
def test_what_is_not_quite_the_object_is_read_as_far_as_it_goes(
    text: str, content: str | None, calls: list[tuple[str, str]], issue: str | None
) -> None:
    message = OPENAI.parse(text)
    assert message.content == content
    assert [(call.function.name, call.function.arguments) for call in message.tool_calls] == calls
    assert (issue in message.issues[0]) if issue else not message.issues


def test_a_member_that_a_function_does_not_have_is_named_with_its_value() -> None:
    message = get_format("openai").parse('{"tool_calls": [{"function": {"name": "f", "argument": "{\\"a\\": 1}"}}]}')
    assert [(call.function.name, call.function.arguments) for call in message.tool_calls] == [("f", "{}")]
    assert any("argument" in issue and "1}" in issue for issue in message.issues)
