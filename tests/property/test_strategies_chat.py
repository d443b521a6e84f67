"""Tools, calls, conversations, model outputs and chunkings: what is drawn is what was promised."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from fcformat.chat import Message, Tool, ToolCall
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.strategies import (
    chunkings,
    conversations,
    messages,
    model_outputs,
    token_chunkings,
    tool_calls,
    tools,
)
from support.tokenizers import small_tokenizer

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "required": ["city"],
    },
}
FORMATS = ("qwen2.5", "chatglm3", "mistral-v3-tekken", "qwen1_react", "openai", "harmony")


def drawn(strategy: st.SearchStrategy[Any], count: int = 100) -> list[Any]:
    out: list[Any] = []

    @seed(1)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def draw(value: Any) -> None:
        out.append(value)

    draw()
    return out


@given(tool=tools(), data=st.data())
def test_every_drawn_tool_can_be_called(tool: Tool, data: st.DataObject) -> None:
    call = data.draw(tool_calls([tool]))
    assert call.function.name == tool.name
    assert isinstance(tool.parameters, dict)
    jsonschema.validate(call.function.arguments_object(), tool.parameters)


def test_calls_name_every_tool_and_invent_no_arguments() -> None:
    calls: list[ToolCall] = drawn(tool_calls([WEATHER, {"name": "ping", "parameters": {"type": "object"}}]))
    assert {call.function.name for call in calls} == {"get_weather", "ping"}
    keys = {frozenset(call.function.arguments_object()) for call in calls if call.function.name == "get_weather"}
    assert keys == {frozenset({"city"}), frozenset({"city", "days"})}
    assert {call.id for call in calls} == {None}
    assert all(call.id == "x" for call in drawn(tool_calls([WEATHER], id=st.just("x")), 5))


def test_tools_that_cannot_be_called_are_refused() -> None:
    with pytest.raises(FormatError, match="found no tools"):
        tool_calls([])


def test_messages_are_of_every_role_and_assistants_call() -> None:
    found: list[Message] = drawn(messages([WEATHER]), 200)
    assert {message.role for message in found} == {"user", "assistant", "system", "developer", "tool"}
    assert {bool(message.tool_calls) for message in found if message.role == "assistant"} == {True, False}
    assert {message.role for message in drawn(messages(roles=["user"]), 5)} == {"user"}
    with pytest.raises(FormatError, match="roles: found 'robot'"):
        messages(roles=["robot"])


@pytest.mark.parametrize("name", FORMATS)
def test_conversations_render_without_a_loss_and_hold_what_the_format_can(name: str) -> None:
    form = get_format(name)
    lengths, calling = set(), 0
    for conversation in drawn(conversations(name), 40):
        rendered = form.render(conversation.messages, tools=conversation.tools or None)
        assert rendered.text
        lengths.add(len(conversation.messages))
        calling += any(message.tool_calls for message in conversation.messages)
        answered = [message.tool_call_id for message in conversation.messages if message.role == "tool"]
        assert answered == [call.id for message in conversation.messages for call in message.tool_calls]
    assert len(lengths) > 4
    assert calling > 2


def test_conversations_of_no_format_hold_everything() -> None:
    found = [message for conversation in drawn(conversations(tools=[WEATHER])) for message in conversation.messages]
    assert {message.role for message in found} == {"system", "user", "assistant", "tool"}
    assert max(len(message.tool_calls) for message in found) > 1
    assert any(message.reasoning for message in found)


@pytest.mark.parametrize("name", FORMATS)
def test_valid_outputs_are_read_without_an_issue(name: str) -> None:
    form = get_format(name)
    for text in drawn(model_outputs(form, [WEATHER]), 40):
        assert form.parse(text, [WEATHER], strict=True).issues == ()


@pytest.mark.parametrize("name", FORMATS)
def test_sloppy_outputs_differ_from_valid_ones_and_hostile_ones_are_strange(name: str) -> None:
    form = get_format(name)
    sloppy = drawn(model_outputs(form, [WEATHER], "sloppy"), 60)
    assert any(form.parse(text, [WEATHER]).issues for text in sloppy)
    hostile = drawn(model_outputs(form, [WEATHER], "hostile"), 60)
    assert len({len(text) for text in hostile}) > 20
    for text in hostile:
        form.parse(text, [WEATHER])


def test_an_unknown_quality_is_named() -> None:
    with pytest.raises(ValueError, match="quality: found 'fine', expected one of valid, sloppy, hostile"):
        model_outputs("qwen2.5", quality="fine")  # type: ignore[arg-type]


@given(text=st.text(max_size=30), data=st.data())
def test_pieces_add_up_to_the_text(text: str, data: st.DataObject) -> None:
    pieces = data.draw(chunkings(text))
    assert "".join(pieces) == text
    assert all(pieces) or not text


def test_texts_come_whole_in_characters_and_between() -> None:
    found = {len(pieces) for pieces in drawn(chunkings("hello, world"), 100)}
    assert {1, 12} < found


@given(text=st.text(max_size=30), data=st.data())
def test_pieces_of_tokens_add_up_to_the_text(text: str, data: st.DataObject) -> None:
    assert "".join(data.draw(token_chunkings(text, small_tokenizer()))) == text


def test_strategies_can_be_pasted() -> None:
    assert repr(chunkings("ab")) == "chunkings('ab')"
    assert repr(model_outputs("qwen2.5", [], "sloppy")) == "model_outputs(format='qwen2.5', tools=[], quality='sloppy')"
    assert repr(conversations("qwen2.5", [])) == "conversations(format='qwen2.5', tools=[])"
    shown = repr(tool_calls([WEATHER]))
    assert shown.startswith("tool_calls(tools=[{'type': 'function', 'function': {'name': 'get_weather'")
    assert json.loads(json.dumps(WEATHER)) == WEATHER
