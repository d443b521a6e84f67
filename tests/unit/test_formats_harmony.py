"""Harmony: channels, recipients, TypeScript, one call a turn."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import join_deltas, normalize_tools
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.typescript import typescript_namespace

TOOLS: list[dict[str, Any]] = [
    {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]
USER = {"role": "user", "content": "Paris?"}
DAY = datetime.date(2025, 1, 15)
HARMONY = get_format("harmony")


def call(*cities: str, content: str | None = None, **more: Any) -> dict[str, Any]:
    calls = [
        {"id": f"call_{i}", "type": "function", "function": {"name": "get_weather", "arguments": {"city": city}}}
        for i, city in enumerate(cities)
    ]
    return {"role": "assistant", "content": content, "tool_calls": calls, **more}


def result(text: str, index: int = 0) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"call_{index}", "content": text}


def rendered(*messages: dict[str, Any], **options: Any) -> str:
    text = HARMONY.render(messages, date=DAY, **options).text
    return text[text.index("<|start|>user") :] if "<|start|>user" in text else text


def accepted(text: str, tools: Any = TOOLS, **options: Any) -> bool:
    info = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(HARMONY.grammar(tools, **options)))
    return matcher.accept_string(text) and matcher.can_terminate()


@pytest.mark.parametrize(
    "header",
    [
        " to=functions.ping<|channel|>commentary json<|message|>",
        "<|channel|>commentary to=functions.ping <|constrain|>json<|message|>",
        "<|channel|>commentary to=functions.ping<|message|>",
        "<|channel|>analysis to=functions.ping code<|message|>",
    ],
)
def test_the_recipient_is_found_wherever_it_stands(header: str) -> None:
    message = HARMONY.parse(header + '{"a": 1}<|call|>', TOOLS, strict=True)
    assert [(each.function.name, each.function.arguments) for each in message.tool_calls] == [("ping", '{"a": 1}')]


def test_channels_are_told_apart() -> None:
    text = (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|>"
        "<|start|>assistant<|channel|>commentary to=functions.ping <|constrain|>json<|message|>{}<|call|>"
    )
    message = HARMONY.parse(text, TOOLS, strict=True)
    assert (message.reasoning, message.content, len(message.tool_calls)) == ("Hm.", "I look.", 1)


def test_text_without_marks_is_content() -> None:
    assert HARMONY.parse("tomorrow it rains", strict=True).content == "tomorrow it rains"


def test_a_prompt_may_hold_the_beginning_of_the_turn() -> None:
    prompt = HARMONY.render([USER, {"role": "assistant", "content": "22"}, USER], add_generation_prompt=True).text
    prompt += "<|channel|>analysis<|message|>Hm"
    message = HARMONY.parse("m.<|end|><|start|>assistant<|channel|>final<|message|>Yes.", prompt=prompt)
    assert (message.reasoning, message.content) == ("Hmm.", "Yes.")


def test_a_message_of_somebody_else_ends_the_turn() -> None:
    message = HARMONY.parse("<|channel|>final<|message|>Yes.<|end|><|start|>user<|message|>And?<|end|>")
    assert message.content == "Yes."
    assert message.issues


def test_a_missing_end_is_put_right_and_reported() -> None:
    message = HARMONY.parse("<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>Yes.")
    assert (message.reasoning, message.content) == ("Hm.", "Yes.")
    assert message.issues


def test_a_header_that_is_cut_is_no_content() -> None:
    message = HARMONY.parse("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>fin")
    assert (message.reasoning, message.content, message.finish_reason) == ("Hm.", "", "length")


def test_arguments_are_streamed_as_they_arrive() -> None:
    parser = HARMONY.stream_parser(TOOLS)
    deltas = parser.feed('<|channel|>commentary to=functions.get_weather<|message|>{"city": "Par')
    assert join_deltas(deltas).tool_calls[0].function.arguments == '{"city": "Par'


def test_analysis_stays_between_a_call_and_its_result_and_goes_once_an_answer_follows() -> None:
    thinking = call("Paris", reasoning_content="Hm.")
    kept = rendered(USER, thinking, result("22"))
    assert "<|start|>assistant<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant to=functions." in kept
    answered = rendered(USER, thinking, result("22"), {"role": "assistant", "content": "22"})
    assert "Hm." not in answered
    assert answered.endswith("<|channel|>final<|message|>22<|return|>")


def test_text_beside_a_call_is_analysis_or_commentary_where_the_message_reasons() -> None:
    assert "<|channel|>analysis<|message|>I look.<|end|>" in rendered(USER, call("Paris", content="I look."))
    both = rendered(USER, call("Paris", content="I look.", reasoning_content="Hm."))
    assert "analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|>" in both


def test_an_answer_in_history_ends_and_the_last_one_returns() -> None:
    answer = {"role": "assistant", "content": "22"}
    assert rendered(USER, answer).endswith("<|return|>")
    assert rendered(USER, answer, USER).endswith("22<|end|><|start|>user<|message|>Paris?<|end|>")


def test_parallel_calls_cannot_be_written_and_are_dropped_with_their_results() -> None:
    messages = [USER, call("Paris", "Rome"), result("22"), result("25", 1)]
    with pytest.raises(FormatError, match="message 1: found 2 calls"):
        rendered(*messages)
    text = rendered(*messages, on_loss="drop")
    assert "Rome" not in text
    assert '"22"' in text
    assert '"25"' not in text


def test_a_second_system_message_and_a_result_without_call_are_refused() -> None:
    with pytest.raises(FormatError, match="message 1: found another system message"):
        rendered({"role": "system", "content": "a"}, {"role": "developer", "content": "b"}, USER)
    with pytest.raises(FormatError, match="message 1: found a tool result"):
        rendered(USER, result("22"))


def test_options_change_the_system_message() -> None:
    text = HARMONY.render([USER], date=DAY, reasoning_effort="high", model_identity="You are X.").text
    assert "<|message|>You are X.\nKnowledge cutoff" in text
    assert "Current date: 2025-01-15\n\nReasoning: high\n" in text
    with pytest.raises(FormatError, match="reasoning_effort='none'"):
        HARMONY.render([USER], reasoning_effort="none")


def test_what_the_assistant_writes_is_trained_to_its_end() -> None:
    segments = HARMONY.render([USER, call("Paris"), result("22")], date=DAY).segments
    trained = "".join(each.text for each in segments if each.trainable)
    assert trained == ' to=functions.get_weather<|channel|>commentary json<|message|>{"city": "Paris"}<|call|>'


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"type": "integer", "default": 5}, "x?: number, // default: 5,"),
        ({"type": "string", "enum": ["a", "b"], "default": "a"}, 'x?: "a" | "b", // default: a,'),
        ({"type": "string", "nullable": True, "description": "D"}, "// D\nx?: string | null,"),
        ({"type": ["string", "null"]}, "x?: string | null,"),
        ({"type": "array", "items": {"type": "object"}}, "x?: object[],"),
        ({"type": "array"}, "x?: any[],"),
        ({"anyOf": [{"type": "string"}]}, "x?: any,"),
        (True, "x?: any,"),
        ({"oneOf": [{"type": "string"}, {"type": "integer", "description": "N"}]}, "x?: string | \nnumber// N,"),
        (
            {"type": "object", "properties": {"y": {"type": "boolean"}}, "required": ["y"]},
            "x?: {\ny: \n                boolean},",
        ),
    ],
)
def test_types_are_those_of_the_template(schema: Any, written: str) -> None:
    tools = normalize_tools([{"name": "f", "parameters": {"type": "object", "properties": {"x": schema}}}])
    expected = f"## functions\n\nnamespace functions {{\n\n// \ntype f = (_: {{\n{written}\n}}) => any;\n\n}} // namespace functions"
    assert typescript_namespace("functions", tools) == expected


CALL = '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Paris"}'
THOUGHT = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (CALL, {"tool_choice": "required"}, True),
        (THOUGHT + CALL, {}, True),
        (THOUGHT + CALL, {"reasoning": "none"}, False),
        (CALL, {"reasoning": "required"}, False),
        (CALL, {"tool_choice": "ping"}, False),
        (" to=functions.ping<|channel|>commentary json<|message|>{}", {}, True),
        ("<|channel|>final<|message|>Yes.", {}, True),
        ("<|channel|>final<|message|>Yes.", {"tool_choice": "required"}, False),
        ("<|channel|>final <|constrain|>json<|message|>{}", {"response_schema": {"type": "object"}}, True),
        ("<|channel|>final<|message|>Yes.", {"response_schema": {"type": "object"}}, False),
        ("Hm.<|end|><|start|>assistant" + CALL, {"prompt": "<|start|>assistant<|channel|>analysis<|message|>"}, True),
        ("Yes", {"prompt": "<|start|>assistant<|channel|>final<|message|>"}, True),
    ],
)
def test_the_grammar_allows_what_the_format_writes(text: str, options: dict[str, Any], expected: bool) -> None:
    assert accepted(text, **options) is expected


def test_the_last_channel_of_a_header_counts() -> None:
    text = "<|channel|>commentary to=assistant<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant"
    message = HARMONY.parse(text + "<|channel|>final<|message|>Yes.")
    assert (message.content, message.reasoning) == ("Yes.", "Hm.")
    assert "a header with 2 channels; the last one counts" in message.issues[0]


def test_a_time_of_day_is_left_out_of_the_date() -> None:
    day = datetime.date(2025, 1, 15)
    noon = datetime.datetime(2025, 1, 15, 12)
    question = [{"role": "user", "content": "Hi"}]
    assert HARMONY.render(question, date=noon).text == HARMONY.render(question, date=day).text
