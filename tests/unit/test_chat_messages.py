"""Reading and writing messages, conversations, responses and deltas in OpenAI's shape."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from fcformat.chat import (
    Conversation,
    Delta,
    FunctionCall,
    Message,
    Tool,
    ToolCall,
    ToolCallDelta,
    join_deltas,
    normalize_messages,
)
from fcformat.errors import FormatError

CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":  1}'}}


def calling(**changes: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [{**CALL, **changes}]}


# What is read


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant"])
def test_every_role_is_kept(role: str) -> None:
    assert Message.from_openai({"role": role, "content": "x"}) == Message(role=role, content="x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, None),
        ("", ""),
        ("  a\n", "  a\n"),
        ([], ""),
        ([{"type": "text", "text": "a\n"}, {"type": "text", "text": "b", "annotations": []}], "a\nb"),
        (({"type": "text", "text": "a"},), "a"),
    ],
)
def test_content_is_none_a_string_or_joined_text_parts(content: Any, text: str | None) -> None:
    assert Message.from_openai({"role": "user", "content": content}).content == text


def test_content_may_be_left_out() -> None:
    assert Message.from_openai({"role": "assistant", "tool_calls": [CALL]}).content is None


def test_arguments_given_as_text_are_kept_to_the_byte() -> None:
    for text in ('{"a":  1}', "", "{not json", '{"北京": "\\u5317"}\n'):
        function = {"name": "f", "arguments": text}
        assert Message.from_openai(calling(function=function)).tool_calls[0].function.arguments == text


def test_arguments_given_as_an_object_are_written_as_json() -> None:
    function = {"name": "f", "arguments": {"b": "北京", "a": [1, 2.5, None, True]}}
    call = Message.from_openai(calling(function=function)).tool_calls[0].function
    assert call.arguments == '{"b": "北京", "a": [1, 2.5, null, true]}'


def test_a_call_needs_neither_id_nor_type() -> None:
    message = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    assert Message.from_openai(message).tool_calls == (ToolCall(FunctionCall("f", "{}")),)


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_is_read_under_each_of_its_keys(key: str) -> None:
    assert Message.from_openai({"role": "assistant", "content": "x", key: "hm"}).reasoning == "hm"


def test_reasoning_that_is_written_twice_is_read_once() -> None:
    message = {"role": "assistant", "content": "x", "reasoning": "hm", "reasoning_content": "hm", "thinking": ""}
    assert Message.from_openai(message).reasoning == "hm"


@pytest.mark.parametrize(
    "extra",
    [
        *({"refusal": None}, {"annotations": []}, {"audio": None}, {"function_call": None}, {"tool_calls": None}),
        *({"tool_calls": []}, {"reasoning_content": None}, {"weight": 1}, {"prefix": False}, {"tool_call_id": None}),
    ],
)
def test_a_known_key_that_says_nothing_is_dropped(extra: dict[str, Any]) -> None:
    assert Message.from_openai({"role": "assistant", "content": "x", **extra}) == Message("assistant", "x")


def test_a_message_of_a_client_library_is_read() -> None:
    class SdkMessage:
        def model_dump(self, exclude_none: bool = False) -> dict[str, Any]:
            assert exclude_none
            return calling()

    assert normalize_messages([SdkMessage()])[0].tool_calls[0].id == "c1"  # type: ignore[list-item]


def test_a_message_is_its_own_reading() -> None:
    message = Message("user", "x")
    assert Message.from_openai(message) is message


def test_inputs_are_not_changed() -> None:
    request = {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}, calling()], "tools": []}
    before = copy.deepcopy(request)
    Conversation.from_openai(request)
    assert request == before


# What is refused, and how

REFUSED: list[tuple[Any, str]] = [
    (7, "message 3: found 7, expected an object"),
    ({"content": "x"}, "message 3: role: found no such key, expected a string"),
    ({"role": 7}, "message 3: role: found 7, expected a string"),
    (
        {"role": "bot"},
        "message 3: role: found 'bot', expected one of system, developer, user, assistant, tool",
    ),
    (
        {"role": "user", "content": 7},
        "message 3: content: found 7, expected a string, a list of text parts or None",
    ),
    (
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]},
        "message 3: content[1]: found a part of type 'image_url', expected 'text'",
    ),
    ({"role": "user", "content": ["a"]}, "message 3: content[0]: found 'a', expected a text part"),
    (
        {"role": "user", "content": [{"type": "text", "text": None}]},
        "message 3: content[0]: text: found None, expected a string",
    ),
    (
        {"role": "assistant", "refusal": "no"},
        "message 3: refusal: found 'no' under a key that has no place in a message",
    ),
    (
        {"role": "user", "contents": "x"},
        "message 3: contents: found 'x' under a key that has no place in a message",
    ),
    ({"role": "user", "content": "x", "name": 7}, "message 3: name: found 7, expected a string or None"),
    (
        {"role": "tool", "content": "x", "tool_call_id": ["a"]},
        "message 3: tool_call_id: found a list, expected a string or None",
    ),
    (
        {"role": "user", "content": "x", "tool_calls": [CALL]},
        "message 3: tool_calls: found on a message of role 'user', expected only on role 'assistant'",
    ),
    (
        {"role": "user", "content": "x", "reasoning": "hm"},
        "message 3: reasoning: found on a message of role 'user', expected only on role 'assistant'",
    ),
    (
        {"role": "user", "content": "x", "tool_call_id": "c"},
        "message 3: tool_call_id: found on a message of role 'user', expected only on role 'tool'",
    ),
    (
        {"role": "assistant", "reasoning": "a", "thinking": "b"},
        "message 3: thinking: found another text than under 'reasoning', expected one reasoning",
    ),
    (
        {"role": "assistant", "reasoning": {"effort": "low"}},
        "message 3: reasoning: found an object, expected a string or None",
    ),
    ({"role": "assistant", "tool_calls": CALL}, "message 3: tool_calls: found an object, expected a list"),
    ({"role": "assistant", "tool_calls": ["f"]}, "message 3: tool_calls[0]: found 'f', expected an object"),
    (calling(type="custom"), "message 3: tool_calls[0]: type: found 'custom', expected 'function'"),
    (calling(id=1), "message 3: tool_calls[0]: id: found 1, expected a string or None"),
    (calling(index="0"), "message 3: tool_calls[0]: index: found '0', expected an integer"),
    (calling(extra=1), "message 3: tool_calls[0]: extra: found 1 under a key that has no place in a tool call"),
    (
        calling(function=None),
        "message 3: tool_calls[0]: function: found None, expected an object with 'name' and 'arguments'",
    ),
    (
        calling(function={"name": "", "arguments": "{}"}),
        "message 3: tool_calls[0]: function: name: found '', expected a nonempty string",
    ),
    (
        calling(function={"name": "f"}),
        "message 3: tool_calls[0]: function: arguments: found None, expected a string or an object",
    ),
    (
        calling(function={"name": "f", "arguments": [1]}),
        "message 3: tool_calls[0]: function: arguments: found a list, expected a string or an object",
    ),
    (
        calling(function={"name": "f", "arguments": {"a": [float("nan")]}}),
        "message 3: tool_calls[0]: function: arguments['a'][0]: found nan, which JSON cannot write",
    ),
    (
        calling(function={"name": "f", "arguments": {"a": {1: 2}}}),
        "message 3: tool_calls[0]: function: arguments['a']: found the key 1, expected a string",
    ),
    (
        calling(function={"name": "f", "arguments": {"a": {1, 2}}}),
        "message 3: tool_calls[0]: function: arguments['a']: found a value of type set, expected JSON data",
    ),
]


@pytest.mark.parametrize(("message", "error"), REFUSED, ids=[error[11:60] for _, error in REFUSED])
def test_what_is_wrong_is_named_with_its_place(message: Any, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        Message.from_openai(message, 3)
    assert str(caught.value) == error


def test_arguments_that_contain_themselves_are_refused() -> None:
    loop: dict[str, Any] = {}
    loop["a"] = [loop, loop]
    with pytest.raises(FormatError, match="contains itself"):
        Message.from_openai(calling(function={"name": "f", "arguments": loop}))


def test_arguments_nested_too_deeply_are_refused() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FormatError, match="nested deeper than 200"):
        Message.from_openai(calling(function={"name": "f", "arguments": {"a": deep}}))


@pytest.mark.parametrize("messages", [None, "hello", {"role": "user", "content": "x"}, 7])
def test_messages_must_be_a_list(messages: Any) -> None:
    with pytest.raises(FormatError, match="^messages: found .*, expected a list of messages"):
        normalize_messages(messages)


def test_the_index_of_the_wrong_message_is_named() -> None:
    with pytest.raises(FormatError, match=r"^message 1: role: found 7"):
        normalize_messages([{"role": "user", "content": "x"}, {"role": 7}])


# Values


def test_messages_cannot_be_changed() -> None:
    message = Message("user", "x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.content = "y"  # type: ignore[misc]


def test_lists_become_tuples() -> None:
    message = Message("assistant", None, [ToolCall(FunctionCall("f", "{}"))])  # type: ignore[arg-type]
    assert isinstance(message.tool_calls, tuple)
    assert hash(message) == hash(Message("assistant", None, message.tool_calls))


def test_equality_is_about_what_is_said() -> None:
    assert Message("assistant", "x", finish_reason="stop", issues=("cut",)) == Message("assistant", "x")
    assert Message("assistant", "x") != Message("assistant", "x", reasoning="hm")


def test_values_pickle() -> None:
    message = Message("assistant", None, (ToolCall(FunctionCall("f", "{}"), "c"),), issues=("i",), finish_reason="stop")
    again = pickle.loads(pickle.dumps(message))
    assert again == message
    assert (again.issues, again.finish_reason) == (("i",), "stop")


@pytest.mark.parametrize(
    "build",
    [
        lambda: Message("user", 7),  # type: ignore[arg-type]
        lambda: Message("function", "x"),
        lambda: Message("assistant", None, ({"name": "f"},)),  # type: ignore[arg-type]
        lambda: Message("assistant", None, "calls"),  # type: ignore[arg-type]
        lambda: Message("assistant", None, issues="one"),  # type: ignore[arg-type]
        lambda: FunctionCall("", "{}"),
        lambda: FunctionCall("f", {}),  # type: ignore[arg-type]
        lambda: ToolCall("f"),  # type: ignore[arg-type]
        lambda: ToolCall(FunctionCall("f", "{}"), 7),  # type: ignore[arg-type]
        lambda: ToolCall(FunctionCall("f", "{}"), type="custom"),
        lambda: Conversation(({"role": "user"},)),  # type: ignore[arg-type]
        lambda: Conversation("x"),  # type: ignore[arg-type]
        lambda: Conversation((), (Tool("f"), Tool("f"))),
    ],
)
def test_an_incoherent_value_cannot_be_built(build: Any) -> None:
    with pytest.raises(FormatError, match="found"):
        build()


def test_arguments_are_read_as_an_object() -> None:
    assert FunctionCall("f", '{"a": [1, null]}').arguments_object() == {"a": [1, None]}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "expected the JSON of an object"),
        ("[1]", "call of f: arguments: found a list, expected an object"),
        ('{"a": 1, "a": 2}', "found the key 'a' twice, expected it once"),
        ('{"a": NaN}', "found NaN, which is not JSON"),
        ("[" * 100_000, "expected the JSON of an object"),
    ],
)
def test_arguments_that_are_no_object_are_refused_when_read(text: str, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        FunctionCall("f", text).arguments_object()
    assert error in str(caught.value)


# What is written


def test_content_none_is_written() -> None:
    assert Message.from_openai(calling()).to_openai() == calling()


def test_fields_that_say_nothing_are_left_out() -> None:
    assert Message("user", "x").to_openai() == {"role": "user", "content": "x"}


def test_everything_a_message_has_is_written() -> None:
    message = Message("assistant", "x", (ToolCall(FunctionCall("f", "{}")),), name="bob", reasoning="hm")
    assert message.to_openai() == {
        "role": "assistant",
        "content": "x",
        "reasoning_content": "hm",
        "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}],
        "name": "bob",
    }
    result = {"role": "tool", "content": "r", "tool_call_id": "c1", "name": "f"}
    assert Message.from_openai(result).to_openai() == result


def test_a_conversation_is_read_and_written() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    request = {"messages": [{"role": "user", "content": "x"}, calling()], "tools": [tool]}
    conversation = Conversation.from_openai({**request, "model": "m", "temperature": 0})
    assert conversation.to_openai() == request
    assert hash(conversation) == hash(Conversation.from_openai(request))
    assert Conversation.from_openai({"messages": []}).to_openai() == {"messages": []}


@pytest.mark.parametrize("request_", [None, [], {"tools": []}, {"messages": [], "tools": [1]}])
def test_a_request_that_is_none_is_refused(request_: Any) -> None:
    with pytest.raises(FormatError, match="found"):
        Conversation.from_openai(request_)


# Responses


def test_a_response_is_read() -> None:
    response = {
        "id": "r",
        "object": "chat.completion",
        "choices": [
            {"index": 0, "message": {**calling(), "refusal": None}, "logprobs": None, "finish_reason": "tool_calls"},
            {"index": 1, "message": {"role": "assistant", "content": "b"}, "finish_reason": "length"},
        ],
    }
    message = Message.from_response(response)
    assert message == Message.from_openai(calling())
    assert message.finish_reason == "tool_calls"
    assert Message.from_response(response, choice=1).content == "b"


def test_a_message_is_written_as_a_response_and_read_back() -> None:
    message = Message("assistant", "x", finish_reason="length")
    response = message.to_response(model="m", id="r", created=5, usage={"total_tokens": 3})
    assert response == {
        "id": "r",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "length"}],
        "usage": {"total_tokens": 3},
    }
    assert Message.from_response(response) == message
    assert Message.from_response(response).finish_reason == "length"


@pytest.mark.parametrize(("message", "reason"), [(Message("assistant", "x"), "stop"), (calling(), "tool_calls")])
def test_a_finish_reason_that_is_not_known_follows_from_the_message(message: Any, reason: str) -> None:
    response = Message.from_openai(message).to_response(model="m", id="r", created=5)
    assert response["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ([], "response: found a list, expected an object with 'choices'"),
        ({}, "response: choices: found None, expected a list"),
        ({"choices": []}, "response: choices: found 0 of them, expected one at index 0"),
        ({"choices": [1]}, "response: choices[0]: found 1, expected an object"),
        ({"choices": [{}]}, "response: choices[0]: message 0: found None, expected an object"),
        (
            {"choices": [{"message": {"role": "user", "content": "x"}}]},
            "response: choices[0]: role: found 'user', expected 'assistant'",
        ),
        (
            {"choices": [{"message": {"role": "assistant", "content": "x"}, "finish_reason": 1}]},
            "response: choices[0]: finish_reason: found 1, expected a string or None",
        ),
    ],
)
def test_what_is_wrong_in_a_response_is_named(response: Any, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        Message.from_response(response)
    assert str(caught.value) == error


def test_only_the_assistant_responds() -> None:
    with pytest.raises(FormatError, match="found 'user', expected 'assistant'"):
        Message("user", "x").to_response(model="m", id="r", created=5)


# Deltas

STREAM = [
    Delta(reasoning="h"),
    Delta(reasoning="m", content="o"),
    Delta(content="k", tool_calls=(ToolCallDelta(0, "c1", "f"),)),
    Delta(tool_calls=(ToolCallDelta(0, arguments='{"a"'), ToolCallDelta(1, None, "g", "{}"))),
    Delta(tool_calls=(ToolCallDelta(0, arguments=": 1}"),)),
]


def test_deltas_add_up_to_the_message() -> None:
    assert join_deltas(STREAM) == Message(
        "assistant",
        "ok",
        (ToolCall(FunctionCall("f", '{"a": 1}'), "c1"), ToolCall(FunctionCall("g", "{}"))),
        reasoning="hm",
    )
    assert join_deltas([]) == Message("assistant")


def test_deltas_are_written_as_chunks() -> None:
    assert [delta.to_openai() for delta in STREAM[1:4]] == [
        {"content": "o", "reasoning_content": "m"},
        {
            "content": "k",
            "tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}],
        },
        {
            "tool_calls": [
                {"index": 0, "function": {"arguments": '{"a"'}},
                {"index": 1, "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ]
        },
    ]


def test_a_delta_has_the_nesting_of_openai() -> None:
    function = ToolCallDelta(0, "c1", "f", "{").function
    assert (function.name, function.arguments) == ("f", "{")


@pytest.mark.parametrize(
    ("calls", "error"),
    [
        ((ToolCallDelta(0, arguments="{"),), "found no name"),
        ((ToolCallDelta(0, name="f"), ToolCallDelta(0, name="f")), "expected one name"),
        ((ToolCallDelta(0, "a", "f"), ToolCallDelta(0, "b")), "expected one id"),
        ((ToolCallDelta(1, name="f"),), r"found the tool call indices \[1\]"),
    ],
)
def test_deltas_that_do_not_add_up_are_refused(calls: tuple[ToolCallDelta, ...], error: str) -> None:
    with pytest.raises(FormatError, match=error):
        join_deltas([Delta(tool_calls=calls)])
