"""DeepSeek V3 and V3.1: sections of calls, results without roles, thinking that the prompt opens."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import join_deltas
from fcformat.errors import FormatError
from fcformat.formats import get_format

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]
USER = {"role": "user", "content": "Paris?"}
V3_CALL = '<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Paris"}\n```<｜tool▁call▁end｜>'
V31_CALL = '<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Paris"}<｜tool▁call▁end｜>'


def section(*calls: str, between: str = "") -> str:
    return f"<｜tool▁calls▁begin｜>{between.join(calls)}<｜tool▁calls▁end｜>"


def call(*identifiers: str, content: str | None = None) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": {"city": "Paris"}}
    calls = [{"id": each, "type": "function", "function": function} for each in identifiers]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(text: str, identifier: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identifier, "content": text}


def accepted(name: str, text: str, **options: Any) -> bool:
    info = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
    return matcher.accept_string(text) and matcher.can_terminate()


@pytest.mark.parametrize("content", [None, "", "Let me look."])
def test_calls_stay_in_history_whatever_the_content(content: str | None) -> None:
    text = get_format("deepseek_v3").render([USER, call("a", content=content)]).text
    assert text.endswith(f"<｜Assistant｜>{content or ''}{section(V3_CALL)}<｜end▁of▁sentence｜>")


def test_every_round_of_results_has_its_marks() -> None:
    messages = [USER, call("a", "b"), result("1", "a"), result("2", "b"), call("c"), result("3", "c")]
    text = get_format("deepseek_v3").render(messages).text
    assert (
        "<｜tool▁output▁end｜>\n<｜tool▁output▁begin｜>2<｜tool▁output▁end｜><｜tool▁outputs▁end｜><｜tool▁calls▁begin｜>"
        in text
    )
    assert text.endswith("<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>3<｜tool▁output▁end｜><｜tool▁outputs▁end｜>")


def test_what_follows_results_has_no_header() -> None:
    messages = [USER, call("a"), result("22", "a"), {"role": "assistant", "content": "22 degrees."}]
    text = get_format("deepseek_v31").render(messages, add_generation_prompt=True).text
    assert text.endswith("<｜tool▁output▁begin｜>22<｜tool▁output▁end｜>22 degrees.<｜end▁of▁sentence｜>")


def test_system_texts_are_joined_and_bare() -> None:
    messages = [{"role": "system", "content": "A."}, {"role": "system", "content": "B."}, USER]
    assert get_format("deepseek_v3").render(messages).text == "<｜begin▁of▁sentence｜>A.\n\nB.<｜User｜>Paris?"


def test_the_tools_are_told_on_request_and_else_noted_as_left_out() -> None:
    fmt = get_format("deepseek_v31")
    assert fmt.render([USER], TOOLS).losses
    told = fmt.render([USER], TOOLS, tell_tools=True)
    assert told.losses == ()
    assert "### get_weather\nDescription: The weather.\n\nParameters: {" in told.text
    with pytest.raises(FormatError, match="tell_tools"):
        get_format("deepseek_v3").render([USER], TOOLS, tell_tools=True)


def test_a_prompt_that_opens_thinking_makes_the_reply_begin_inside() -> None:
    fmt = get_format("deepseek_v31")
    prompt = fmt.render([USER], add_generation_prompt=True, enable_thinking=True).text
    assert prompt.endswith("<｜Assistant｜><think>")
    message = fmt.parse(f"Hm.</think>Yes.{section(V31_CALL)}", TOOLS, prompt=prompt)
    assert (message.reasoning, message.content, len(message.tool_calls)) == ("Hm.", "Yes.", 1)


def test_a_result_without_a_call_before_it_is_refused() -> None:
    with pytest.raises(FormatError, match="message 1: found a tool result"):
        get_format("deepseek_v31").render([USER, result("22", "a")])


def test_arguments_are_read_without_their_fence() -> None:
    text = section(V3_CALL.replace("```json\n", "").replace("\n```", ""))
    message = get_format("deepseek_v3").parse(text, TOOLS)
    assert message.tool_calls[0].function.arguments == '{"city": "Paris"}'
    assert message.issues


def test_a_fence_inside_an_argument_is_text() -> None:
    text = section(V3_CALL.replace("Paris", "a\\n```\\nb"))
    message = get_format("deepseek_v3").parse(text, TOOLS, strict=True)
    assert message.tool_calls[0].function.arguments_object() == {"city": "a\n```\nb"}


def test_text_behind_the_section_is_kept() -> None:
    message = get_format("deepseek_v31").parse(f"Before{section(V31_CALL, V31_CALL)} after", TOOLS)
    assert message.content == "Before after"
    assert len(message.tool_calls) == 2


@pytest.mark.parametrize(("name", "text"), [("deepseek_v3", V3_CALL), ("deepseek_v31", V31_CALL)])
def test_arguments_are_streamed_as_they_arrive(name: str, text: str) -> None:
    parser = get_format(name).stream_parser(TOOLS)
    deltas = parser.feed("<｜tool▁calls▁begin｜>" + text[: text.index("ris")])
    assert join_deltas(deltas).tool_calls[0].function.arguments == '{"city": "Pa'


@pytest.mark.parametrize(
    ("name", "text", "options", "expected"),
    [
        ("deepseek_v3", section(V3_CALL, V3_CALL, between="\n"), {"tool_choice": "required"}, True),
        ("deepseek_v3", section(V3_CALL, V3_CALL, between="\n"), {"parallel_tool_calls": False}, False),
        ("deepseek_v31", "Text" + section(V31_CALL, V31_CALL), {}, True),
        ("deepseek_v31", section(V31_CALL), {"tool_choice": "ping"}, False),
        ("deepseek_v31", "<think>Hm.</think>Yes.", {"reasoning": "required"}, True),
        ("deepseek_v31", "Yes.", {"reasoning": "required"}, False),
        ("deepseek_v31", '{"a": 1}', {"response_schema": {"type": "object"}}, True),
    ],
)
def test_the_grammar_allows_what_the_format_writes(
    name: str, text: str, options: dict[str, Any], expected: bool
) -> None:
    assert accepted(name, text, **options) is expected
