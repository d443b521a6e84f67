"""The legacy shape: `functions`, `function_call`, role `function`; and ids for what came from it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fcformat.chat import Conversation, FunctionCall, Message, ToolCall
from fcformat.errors import FormatError

FUNCTION: dict[str, Any] = {"name": "f", "parameters": {"type": "object", "properties": {}}, "x": 1}
LEGACY: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}},
        {"role": "function", "content": "42", "name": "f"},
        {"role": "assistant", "content": "done"},
    ],
    "functions": [FUNCTION],
}


def result(**fields: Any) -> dict[str, Any]:
    return {"role": "tool", "content": "r", **fields}


def calls(*pairs: tuple[str, str | None]) -> dict[str, Any]:
    message = Message("assistant", None, tuple(ToolCall(FunctionCall(name, "{}"), id) for name, id in pairs))
    return message.to_openai()


def test_a_legacy_conversation_is_read_into_calls_and_tools() -> None:
    conversation = Conversation.from_openai(LEGACY)
    assert conversation.messages[1].tool_calls == (ToolCall(FunctionCall("f", '{"a":1}')),)
    assert conversation.messages[2] == Message("tool", "42", name="f")
    assert conversation.tools[0].to_openai() == {"type": "function", "function": FUNCTION}


def test_a_legacy_conversation_is_given_back() -> None:
    before = copy.deepcopy(LEGACY)
    assert Conversation.from_openai(LEGACY).to_openai(legacy=True) == LEGACY == before


def test_legacy_arguments_may_be_an_object() -> None:
    message = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": {"a": 1}}}
    assert Message.from_openai(message).tool_calls[0].function.arguments == '{"a": 1}'


def test_a_current_conversation_is_written_in_the_legacy_shape() -> None:
    request = {"messages": [calls(("f", "c1")), result(tool_call_id="c1")]}
    assert Conversation.from_openai(request).to_openai(legacy=True)["messages"] == [
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "content": "r", "name": "f"},
    ]


def test_reasoning_and_a_speaker_survive_the_legacy_shape() -> None:
    message = Message("assistant", "x", name="bob", reasoning="hm")
    assert Message.from_openai(message.to_openai(legacy=True)) == message


def test_two_calls_have_no_legacy_shape() -> None:
    conversation = Conversation.from_openai({"messages": [calls(("f", "a"), ("g", "b"))]})
    with pytest.raises(FormatError, match="^message 0: found 2 calls, expected at most one in the legacy shape$"):
        conversation.to_openai(legacy=True)


def test_a_result_whose_function_is_not_known_has_no_legacy_shape() -> None:
    conversation = Conversation.from_openai({"messages": [result(tool_call_id="c9")]})
    with pytest.raises(FormatError, match="^message 0: found a tool result without a name"):
        conversation.to_openai(legacy=True)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"role": "function", "content": "x"}, "message 2: name: found None, expected the name of the function"),
        (
            {"role": "assistant", "function_call": "auto"},
            "message 2: function_call: found 'auto', expected an object with 'name' and 'arguments'",
        ),
        (
            {**calls(("f", None)), "function_call": {"name": "f", "arguments": "{}"}},
            "message 2: found both 'tool_calls' and 'function_call', expected one of them",
        ),
    ],
)
def test_what_is_wrong_in_a_legacy_message_is_named(message: Any, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        Message.from_openai(message, 2)
    assert str(caught.value) == error


def test_tools_and_functions_together_are_refused() -> None:
    with pytest.raises(FormatError, match="found both 'tools' and 'functions'"):
        Conversation.from_openai({"messages": [], "tools": [FUNCTION], "functions": [FUNCTION]})
    assert Conversation.from_openai({"messages": [], "tools": None, "functions": [FUNCTION]}).tools[0].name == "f"


def test_a_legacy_response_is_read() -> None:
    choice = {"index": 0, "message": LEGACY["messages"][1], "finish_reason": "function_call"}
    assert Message.from_response({"choices": [choice]}).finish_reason == "tool_calls"


def test_ids_are_given_to_calls_and_their_results() -> None:
    assert Conversation.from_openai(LEGACY).with_call_ids().to_openai()["messages"][1:3] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}],
        },
        {"role": "tool", "content": "42", "tool_call_id": "call_0", "name": "f"},
    ]


def test_results_without_ids_are_paired_by_name_then_by_order() -> None:
    messages = [
        calls(("f", None), ("g", "call_0"), ("f", None), ("h", "x")),
        *(result(name="g"), result(name="f"), result(tool_call_id="x"), result()),
    ]
    conversation = Conversation.from_openai({"messages": messages}).with_call_ids()
    assert [call.id for call in conversation.messages[0].tool_calls] == ["call_1", "call_0", "call_2", "x"]
    assert [message.tool_call_id for message in conversation.messages[1:]] == ["call_0", "call_1", "x", "call_2"]


def test_ids_that_are_there_stay() -> None:
    conversation = Conversation.from_openai({"messages": [calls(("f", "a")), result(tool_call_id="a")]})
    assert conversation.with_call_ids() == conversation


@pytest.mark.parametrize(
    "messages",
    [[result(name="f")], [calls(("f", None)), result(name="g")], [calls(("f", None)), result(), result()]],
)
def test_a_result_without_a_call_gets_no_id(messages: list[dict[str, Any]]) -> None:
    with pytest.raises(FormatError, match="expected a call before it to answer"):
        Conversation.from_openai({"messages": messages}).with_call_ids()
