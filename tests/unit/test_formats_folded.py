"""Formats whose assistant's turn goes on behind results: ReAct and Qwen-Agent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import join_deltas
from fcformat.errors import FormatError
from fcformat.formats import get_format
from support.tokenizers import byte_level_tokenizer, small_ranks

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]
USER = {"role": "user", "content": "Paris?"}


def call(*cities: str, content: str | None = None) -> dict[str, Any]:
    calls = [
        {"id": f"call_{i}", "type": "function", "function": {"name": "get_weather", "arguments": {"city": city}}}
        for i, city in enumerate(cities)
    ]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(text: str, index: int = 0) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"call_{index}", "content": text}


def _tokenizer() -> Any:
    return byte_level_tokenizer(small_ranks(), ("<|im_start|>", "<|im_end|>"), eos_token="<|im_end|>")


def accepted(name: str, text: str, **options: Any) -> bool:
    info = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
    return matcher.accept_string(text) and matcher.can_terminate()


def test_a_thought_before_an_action_is_what_is_said_beside_the_call() -> None:
    message = get_format("qwen1_react").parse("Thought: Look.\nAction: ping\nAction Input: {}\nObservation:", TOOLS)
    assert message.content == "Look."
    assert [(each.function.name, each.function.arguments) for each in message.tool_calls] == [("ping", "{}")]
    assert message.issues == ()


def test_a_thought_before_an_answer_is_reasoning_unless_the_prompt_teaches_it() -> None:
    message = get_format("qwen1_react").parse("Thought: It is warm.\nFinal Answer: 22 degrees.")
    assert (message.reasoning, message.content) == ("It is warm.", "22 degrees.")
    message = get_format("qwen1_react").parse("Thought: I now know the final answer\nFinal Answer: 22 degrees.")
    assert (message.reasoning, message.content) == (None, "22 degrees.")


def test_a_thought_that_leads_nowhere_is_kept_with_its_label() -> None:
    text = "Thought: I should\nAction: pin"
    assert get_format("qwen1_react").parse(text).content == text


def test_an_action_at_once_is_a_call() -> None:
    assert get_format("qwen1_react").parse("Action: ping\nAction Input: {}").tool_calls[0].function.name == "ping"


def test_nothing_is_an_action_after_the_final_answer() -> None:
    text = "Thought: x\nFinal Answer: Write\nAction: ping\nAction Input: {}"
    message = get_format("qwen1_react").parse(text)
    assert message.tool_calls == ()
    assert message.content == "Write\nAction: ping\nAction Input: {}"


def test_a_prompt_that_ends_in_a_thought_belongs_to_the_reply() -> None:
    fmt = get_format("qwen1_react")
    prompt = fmt.render([USER, call("Paris"), result("22")], TOOLS, add_generation_prompt=True).text
    assert prompt.endswith("\nObservation: 22\nThought:")
    reply = " I now know the final answer.\nFinal Answer: 22"
    assert fmt.parse(reply, TOOLS, prompt=prompt).content == "22"


@pytest.mark.parametrize("name", ["qwen1_react", "react"])
def test_an_input_that_is_no_json_is_kept_as_it_is(name: str) -> None:
    message = get_format(name).parse("Action: ping\nAction Input: Paris, France\nObservation: made up")
    assert message.tool_calls[0].function.arguments == "Paris, France"
    assert message.issues


def test_an_input_in_a_fence_is_read() -> None:
    message = get_format("react").parse('Action: ping\nAction Input: ```json\n{"a": 1}\n```\nObservation:')
    assert message.tool_calls[0].function.arguments == '{"a": 1}'
    assert message.content is None


def test_react_reads_several_pairs_as_parallel_calls() -> None:
    text = 'Action: get_weather\nAction Input: {"city": "Paris"}\nAction: ping\nAction Input: {}'
    assert [each.function.name for each in get_format("react").parse(text).tool_calls] == ["get_weather", "ping"]


def test_qwen_react_cannot_write_parallel_calls_and_says_which_message() -> None:
    messages = [USER, call("Paris", "Rome"), result("22"), result("25", 1)]
    with pytest.raises(FormatError, match="message 1: found 2 calls"):
        get_format("qwen1_react").render(messages, TOOLS)
    dropped = get_format("qwen1_react").render(messages, TOOLS, on_loss="drop")
    assert "Rome" not in dropped.text
    assert "25" not in dropped.text
    assert dropped.losses


def test_the_tools_are_told_before_the_last_answered_question() -> None:
    messages = [USER, {"role": "assistant", "content": "22"}, {"role": "user", "content": "And Rome?"}]
    text = get_format("qwen1_react").render(messages, TOOLS, add_generation_prompt=True).text
    assert "Begin!\n\nQuestion: Paris?<|im_end|>" in text
    assert text.endswith("<|im_start|>user\nAnd Rome?<|im_end|>\n<|im_start|>assistant\n")


def test_training_ends_the_last_turn_and_learns_no_observation() -> None:
    messages = [USER, call("Paris"), result("22"), {"role": "assistant", "content": "22 degrees."}]
    rendered = get_format("qwen1_react").render(messages, TOOLS, training=True)
    trained = "".join(segment.text for segment in rendered.segments if segment.trainable)
    assert trained == (
        'Thought: \nAction: get_weather\nAction Input: {"city": "Paris"}\nObservation:'
        "Thought: I now know the final answer.\nFinal Answer: 22 degrees.<|im_end|>"
    )


def test_a_second_system_message_cannot_be_written_with_react() -> None:
    with pytest.raises(FormatError, match="message 1: found another system message"):
        get_format("qwen1_react").render([{"role": "system", "content": "a"}, {"role": "system", "content": "b"}, USER])


def test_a_result_without_a_call_is_refused() -> None:
    with pytest.raises(FormatError, match="message 1: found a tool result"):
        get_format("qwen_agent").render([USER, {"role": "tool", "content": "22"}])


def test_several_arguments_behind_one_name_are_calls_of_it() -> None:
    text = '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Paris"}\n✿ARGS✿: {"city": "Rome"}\n'
    calls = get_format("qwen_agent").parse(text, TOOLS).tool_calls
    assert [json.loads(each.function.arguments)["city"] for each in calls] == ["Paris", "Rome"]


def test_an_answer_after_results_begins_behind_the_mark() -> None:
    fmt = get_format("qwen_agent")
    prompt = fmt.render([USER, call("Paris"), result("22")], TOOLS, add_generation_prompt=True).text
    assert prompt.endswith("\n✿RESULT✿: 22\n✿RETURN✿")
    assert fmt.parse(": 22 degrees.", TOOLS, prompt=prompt).content == "22 degrees."
    assert fmt.parse(": 22 degrees.", TOOLS).content == "22 degrees."


def test_the_language_of_the_instructions_follows_the_conversation() -> None:
    fmt = get_format("qwen_agent")
    assert "# 工具" in fmt.render([{"role": "user", "content": "你好"}], TOOLS).text
    assert "# Tools" in fmt.render([{"role": "user", "content": "你好"}], TOOLS, lang="en").text
    with pytest.raises(FormatError, match="lang='fr'"):
        fmt.render([USER], TOOLS, lang="fr")


def test_a_cut_mark_is_no_content() -> None:
    message = get_format("qwen_agent").parse("Let me look.\n✿FUNC")
    assert (message.content, message.finish_reason) == ("Let me look.", "length")
    assert message.issues


@pytest.mark.parametrize("name", ["qwen1_react", "react", "qwen_agent"])
def test_arguments_are_streamed_as_they_arrive(name: str) -> None:
    marks = ("✿FUNCTION✿: ", "✿ARGS✿: ") if name == "qwen_agent" else ("Action: ", "Action Input: ")
    parser = get_format(name).stream_parser(TOOLS)
    deltas = parser.feed(f'{marks[0]}get_weather\n{marks[1]}{{"city": "Par')
    assert join_deltas(deltas).tool_calls[0].function.arguments == '{"city": "Par'


@pytest.mark.parametrize(
    ("name", "text", "options", "expected"),
    [
        ("qwen1_react", "Thought: \nAction: ping\nAction Input: {}", {"tool_choice": "required"}, True),
        ("qwen1_react", " Look.\nAction: ping\nAction Input: {}\nObservation:", {"tool_choice": "required"}, True),
        ("qwen1_react", "Thought: x\nFinal Answer: Hi", {}, True),
        ("qwen1_react", "Thought: x\nFinal Answer: Hi", {"tool_choice": "required"}, False),
        ("qwen1_react", "Thought: x\nAction: ping\nAction Input: {}", {"tool_choice": "get_weather"}, False),
        ("qwen1_react", "Action: ping\nAction Input: {}", {"tool_choice": "none"}, False),
        ("react", "Action: ping\nAction Input: {}\nAction: ping\nAction Input: {}", {}, True),
        (
            "react",
            "Action: ping\nAction Input: {}\nAction: ping\nAction Input: {}",
            {"parallel_tool_calls": False},
            False,
        ),
        ("react", "Let me look.\nAction: ping\nAction Input: {}", {"tool_choice": "required"}, True),
        ("qwen_agent", "✿FUNCTION✿: ping\n✿ARGS✿: {}", {"tool_choice": "required"}, True),
        ("qwen_agent", ": \n✿FUNCTION✿: ping\n✿ARGS✿: {}\n✿RESULT✿", {"tool_choice": "required"}, True),
        ("qwen_agent", "✿FUNCTION✿: pong\n✿ARGS✿: {}", {}, False),
        ("qwen_agent", "Hello", {"tool_choice": "required"}, False),
    ],
)
def test_the_grammar_allows_what_the_format_writes(
    name: str, text: str, options: dict[str, Any], expected: bool
) -> None:
    assert accepted(name, text, **options) is expected


@pytest.mark.parametrize("name", ["qwen1_react", "react", "qwen_agent"])
@pytest.mark.parametrize("handed_over", [True, False])
def test_a_sampled_call_is_continued_with_its_result(name: str, handed_over: bool) -> None:
    each, tokenizer = get_format(name), _tokenizer()
    prompt = each.render([USER], TOOLS, add_generation_prompt=True)
    called = each.render([USER, call("Paris")], TOOLS)
    whole = each.render([USER, call("Paris"), result("22")], TOOLS, add_generation_prompt=True)
    handed = "\n" + each.stops[0].lstrip() if handed_over else ""
    completion = tokenizer.encode(called.text[len(prompt.text) :] + handed, add_special_tokens=False)
    continued = each.extend(prompt.encode(tokenizer), completion, [result("22")], tokenizer, tools=TOOLS)
    assert tokenizer.decode(continued) == whole.text
