"""Prompts read back: what a format writes, `parse_conversation` gives back, up to what the format does not write."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = {"type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
ASKED: list[dict[str, Any]] = [
    {"role": "user", "content": "Weather in Paris?"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "call_0", **CALL}]},
    {"role": "tool", "content": "22 °C", "tool_call_id": "call_0"},
    {"role": "assistant", "content": "It is 22 °C."},
]


@pytest.mark.parametrize(
    "name", ["chatglm3", "glm45", "hermes", "qwen2.5", "qwen3", "qwen3-2507", "qwen3.5", "qwen3_coder", "qwq"]
)
def test_a_prompt_is_read_back(name: str) -> None:
    form = get_format(name)
    read = form.parse_conversation(form.render(ASKED, [TOOL]).text)
    assert read.to_openai() == {"messages": ASKED, "tools": [TOOL]}
    assert read.issues == ()


def test_an_opened_reply_is_no_message() -> None:
    form = get_format("qwen3")
    for thinking in (None, True, False):
        options: dict[str, Any] = {} if thinking is None else {"enable_thinking": thinking}
        text = form.render(ASKED[:1], add_generation_prompt=True, **options).text
        read = form.read_prompt(text)
        assert read.conversation.to_openai() == {"messages": ASKED[:1]}
        assert read.add_generation_prompt
        assert form.render(read.conversation.messages, None, True, **read.options).text == text


def test_system_text_that_the_format_writes_by_itself_reads_back_as_none() -> None:
    form = get_format("qwen2.5")
    assert form.parse_conversation(form.render(ASKED[:1]).text).to_openai()["messages"] == ASKED[:1]
    system = {"role": "system", "content": "Be brief."}
    for tools in (None, [TOOL]):
        text = form.render([system, *ASKED], tools).text
        assert form.parse_conversation(text).to_openai()["messages"] == [system, *ASKED]


def test_marks_within_a_text_that_begin_no_turn_are_text() -> None:
    form = get_format("qwen2.5")
    asked = [{"role": "user", "content": "What is <|im_end|>, and <|im_start|>?"}, ASKED[-1]]
    assert form.parse_conversation(form.render(asked).text).to_openai() == {"messages": asked}


def test_text_that_spells_a_turn_is_one() -> None:
    form = get_format("qwen2.5")
    text = form.render([{"role": "user", "content": "a<|im_end|>\n<|im_start|>user\nb"}]).text
    assert [message.content for message in form.parse_conversation(text).messages] == ["a", "b"]


def test_what_is_no_prompt_is_refused_with_the_place() -> None:
    form = get_format("qwen2.5")
    with pytest.raises(ParseError, match=r"at character 0: found 'Hello', expected the beginning of a turn") as raised:
        form.parse_conversation("Hello")
    assert raised.value.offset == 0
    with pytest.raises(ParseError, match="at character 34: found .*cook") as raised:
        form.parse_conversation("<|im_start|>user\nHello.<|im_end|>\n<|im_start|>cook\nHi<|im_end|>\n")
    assert raised.value.offset == 34


def test_formats_whose_prompts_are_templates_say_so() -> None:
    with pytest.raises(FormatError, match="kimi_k2.*chat template, which cannot be run backwards"):
        get_format("kimi_k2").parse_conversation("Hello")


def test_broken_lists_of_tools_are_system_text_and_named() -> None:
    form = get_format("qwen3")
    text = form.render(ASKED[:1], [TOOL]).text.replace('"parameters": {', '"parameters": {,')
    read = form.parse_conversation(text)
    assert read.tools == ()
    assert read.messages[0].role == "system"
    assert "kept as system text" in read.issues[0]
