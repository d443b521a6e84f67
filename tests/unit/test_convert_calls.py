"""Conversion of single calls and of messages: between objects, and to and from what models write."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import fcformat
from fcformat import FormatError, Message, convert
from fcformat.chat import FunctionCall, ToolCall

NAME, OBJECT, TEXT = "get_weather", {"city": "北京", "days": 2}, '{"city": "北京", "days": 2}'
TOOL = {
    "name": NAME,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
}

#: One call in every shape, as its publisher documents it, without and with an id where there may be one.
CALLS: dict[str, Any] = {
    "openai-call": {"type": "function", "function": {"name": NAME, "arguments": TEXT}},
    "openai-function-call": {"name": NAME, "arguments": TEXT},
    "openai-responses-call": {"type": "function_call", "name": NAME, "arguments": TEXT},
    "anthropic-call": {"type": "tool_use", "name": NAME, "input": OBJECT},
    "gemini-call": {"functionCall": {"name": NAME, "args": OBJECT}},
    "langchain-call": {"name": NAME, "args": OBJECT, "type": "tool_call"},
    "mcp-call": {"method": "tools/call", "params": {"name": NAME, "arguments": OBJECT}},
    "chatglm3-finetune-call": {"role": "tool", "name": NAME, "parameters": OBJECT},
    "json-call": {"name": NAME, "arguments": OBJECT},
    "json-parameters-call": {"name": NAME, "parameters": OBJECT},
    "openai-message": {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"type": "function", "function": {"name": NAME, "arguments": TEXT}}],
    },
}
WITH_IDS: dict[str, Any] = {
    "openai-call": {"id": "call_1", **CALLS["openai-call"]},
    "openai-responses-call": {"call_id": "call_1", **CALLS["openai-responses-call"]},
    "anthropic-call": {"id": "call_1", **CALLS["anthropic-call"]},
    "gemini-call": {"functionCall": {"id": "call_1", **CALLS["gemini-call"]["functionCall"]}},
    "langchain-call": {"id": "call_1", **CALLS["langchain-call"]},
    "anthropic-message": {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "call_1", "name": NAME, "input": OBJECT}],
    },
}


def test_every_shape_of_calls_has_an_example() -> None:
    shapes = {name for name, kind, _ in fcformat.list_shapes() if kind == "call"}
    assert shapes == {*CALLS, *WITH_IDS}


@pytest.mark.parametrize(
    ("source", "target"), list(itertools.permutations([s for s in CALLS if s != "openai-message"], 2))
)
def test_a_call_goes_from_every_shape_to_every_other_and_back(source: str, target: str) -> None:
    converted = convert(CALLS[source], source=source, target=target)
    assert converted.value == CALLS[target]
    assert converted.losses == ()
    assert convert(converted.value, target=source).value == CALLS[source]


@pytest.mark.parametrize(("source", "target"), list(itertools.permutations(WITH_IDS, 2)))
def test_ids_go_wherever_there_is_a_place_for_them(source: str, target: str) -> None:
    assert convert(WITH_IDS[source], source=source, target=target).value == WITH_IDS[target]


def test_an_id_without_a_place_is_noted() -> None:
    converted = convert(WITH_IDS["openai-call"], target="json-call")
    assert converted.value == CALLS["json-call"]
    assert [loss.kind for loss in converted.losses] == ["ids"]


@pytest.mark.parametrize("shape", [*CALLS, *WITH_IDS])
def test_the_shape_of_a_call_is_told_from_it(shape: str) -> None:
    converted = convert({**CALLS, **WITH_IDS}[shape], target="json-call")
    assert converted.source == shape
    assert converted.value == CALLS["json-call"]


@pytest.mark.parametrize(
    "form", ["qwen2.5", "chatglm3", "qwen3_coder", "hermes", "llama3.1", "react", "glm45", "pythonic", "harmony"]
)
def test_a_call_becomes_what_a_model_writes_and_is_read_from_it(form: str) -> None:
    converted = convert(CALLS["openai-call"], target=form, tools=[TOOL])
    message = fcformat.get_format(form).parse(converted.value, [TOOL])
    assert [(call.function.name, call.function.arguments_object()) for call in message.tool_calls] == [(NAME, OBJECT)]
    back = convert(converted.value, source=form, target="json-call", tools=[TOOL])
    assert back.value == CALLS["json-call"]


def test_a_reply_keeps_what_is_said_beside_the_call() -> None:
    reply = 'One moment.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "北京", "days": 2}}\n</tool_call>'
    message = convert(reply, source="qwen2.5", target="openai-message").value
    assert message["content"] == "One moment."
    assert convert(message, target="qwen2.5", tools=[TOOL]).value == reply
    with pytest.raises(FormatError, match="content beside the call"):
        convert(reply, source="qwen2.5", target="anthropic-call")
    dropped = convert(reply, source="qwen2.5", target="anthropic-call", on_loss="drop")
    assert dropped.value == {**CALLS["anthropic-call"], "id": "call_0"}  # the parser's own
    assert {loss.kind for loss in dropped.losses} == {"content"}


def test_a_call_shape_holds_one_call() -> None:
    message = Message("assistant", None, (ToolCall(FunctionCall("f", "{}")), ToolCall(FunctionCall("g", "{}"))))
    with pytest.raises(FormatError, match="found 2 calls, expected one"):
        convert(message, target="openai-call")
    with pytest.raises(FormatError, match="found a message without a call"):
        convert(Message("assistant", "Hi"), target="openai-call")
    assert len(convert(message, target="anthropic-message").value["content"]) == 2


def test_a_tool_call_is_a_source_of_its_own() -> None:
    assert convert(ToolCall(FunctionCall(NAME, TEXT)), target="gemini-call").value == CALLS["gemini-call"]


@pytest.mark.parametrize(
    ("value", "source", "complaint"),
    [
        ({"type": "tool_use", "input": {}}, "anthropic-call", "name: found None"),
        ({"name": "f", "arguments": 5}, "json-call", "arguments: found 5"),
        (
            {"type": "function_call", "name": "f", "arguments": "{}", "call_id": 5},
            "openai-responses-call",
            "id: found 5",
        ),
        ({"type": "text"}, "openai-call", "type: found 'text', expected 'function'"),
        ([], "openai-call", "found a list, expected an object"),
        ({"name": "f", "arguments": "no"}, "openai-function-call", "expected the JSON of an object"),
    ],
)
def test_a_call_that_is_wrong_is_refused_with_the_place(value: Any, source: str, complaint: str) -> None:
    with pytest.raises(FormatError) as raised:
        convert(value, source=source, target="anthropic-call")
    assert complaint in str(raised.value)
