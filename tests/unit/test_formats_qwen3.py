"""Qwen3 and its siblings: what becomes of reasoning, and what plain ChatML leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.chat import normalize_messages
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.losses import FormatLossWarning

QWEN3 = get_format("qwen3")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_0", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def turns(*contents: str, **last: Any) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": content} for n, content in enumerate(contents)]
    messages[-1].update(last)
    return messages


def test_model_ids_find_the_closest_format() -> None:
    for name, expected in (
        ("Qwen/Qwen3-8B", "qwen3"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-2507"),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", "qwen3-2507"),
        ("qwen/qwen3-235b-a22b-thinking-2507", "qwen3-thinking-2507"),
        ("Qwen/QwQ-32B", "qwq"),
        ("Qwen/Qwen1.5-7B-Chat", "qwen1.5"),
        ("Qwen/Qwen2-7B-Instruct", "qwen2"),
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2.5"),
    ):
        assert get_format(name).name == expected


def test_reasoning_after_the_last_question_is_written() -> None:
    rendered = QWEN3.render(turns("1?", "1", reasoning_content="why"))
    assert rendered.text.endswith("<|im_start|>assistant\n<think>\nwhy\n</think>\n\n1<|im_end|>\n")
    assert rendered.losses == ()


def test_reasoning_before_the_last_question_is_left_out_and_noted() -> None:
    rendered = QWEN3.render([*turns("1?", "1", reasoning_content="why"), *turns("2?")])
    assert "why" not in rendered.text
    assert rendered.losses == ("message 1: the reasoning is left out",)


def test_a_last_answer_without_reasoning_gets_an_empty_block() -> None:
    assert QWEN3.render(turns("1?", "1")).text.endswith("assistant\n<think>\n\n</think>\n\n1<|im_end|>\n")


def test_content_that_holds_a_block_is_taken_apart() -> None:
    one = QWEN3.render(turns("1?", "<think>\nwhy\n</think>\n\n1")).text
    assert one == QWEN3.render(turns("1?", "1", reasoning_content="why")).text


def test_thinking_is_switched_by_an_option() -> None:
    options: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "assistant\n"),
        ({"enable_thinking": True}, "assistant\n"),
        ({"enable_thinking": False}, "assistant\n<think>\n\n</think>\n\n"),
    )
    for value, ends in options:
        assert QWEN3.render(turns("1?"), add_generation_prompt=True, **value).text.endswith(ends)


@pytest.mark.parametrize("name", ["qwen3", "qwq", "qwen3-thinking-2507"])
def test_what_the_prompt_opened_is_read(name: str) -> None:
    each = get_format(name)
    prompt = each.render(turns("1?"), add_generation_prompt=True, enable_thinking=True).text
    reply = "why\n</think>\n\n1" if prompt.endswith("<think>\n") else "<think>\nwhy\n</think>\n\n1"
    message = each.parse(reply, prompt=prompt)
    assert (message.reasoning, message.content) == ("why", "1")
    shut = get_format("qwen3").render(turns("1?"), add_generation_prompt=True, enable_thinking=False).text
    assert each.parse("1", prompt=shut).content == "1"


def test_what_plain_chatml_leaves_out_is_noted_and_warned_of() -> None:
    messages = turns("1?", "", tool_calls=[CALL])
    for name in ("qwen2", "qwen1.5"):
        with pytest.warns(FormatLossWarning) as caught:
            rendered = get_format(name).render(messages, [TOOL])
        assert len(caught) == len(rendered.losses) == 2
        assert rendered.losses[1] == "message 1: the calls are left out"


def test_qwen15_leaves_the_last_turn_open_and_asks_nothing_after_its_own() -> None:
    qwen = get_format("qwen1.5")
    assert qwen.render(turns("1?")).text.endswith("user\n1?")
    assert qwen.render(turns("1?"), add_generation_prompt=True).text.endswith("1?<|im_end|>\n<|im_start|>assistant\n")
    assert qwen.render(turns("1?", "1"), add_generation_prompt=True).text.endswith("assistant\n1<|im_end|>\n")


ROUNDS = [
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Yo", "reasoning_content": "Greet."},
    {"role": "user", "content": "Hm"},
]


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "Be brief."}]])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "xhigh"),
        ({"reasoning_effort": "xhigh"}, "xhigh"),
        ({"reasoning_effort": "low"}, "low"),
        ({"reasoning_effort": "medium"}, ""),
        ({"reasoning_effort": "low", "enable_thinking": False}, ""),
    ],
)
def test_qwen38_begins_with_the_effort_of_reasoning(
    system: list[dict[str, str]], options: dict[str, Any], said: str
) -> None:
    form = get_format("qwen3.8")
    text = form.render([*system, *ROUNDS], add_generation_prompt=True, **options).text
    begin = text.partition("<|im_start|>user")[0]
    assert (f"Reasoning effort is set to {said}." in begin) == bool(said)
    assert ("Be brief." in begin) == bool(system)
    assert ("system" in begin) == bool(said or system)
    read = form.parse_conversation(text)
    assert read.messages == normalize_messages([*system, *ROUNDS])
    assert not read.issues  # it is written again with the options that were found


def test_qwen38_keeps_reasoning_unless_told_not_to() -> None:
    form = get_format("qwen3.8")
    assert "Greet." in form.render(ROUNDS).text
    text = form.render(ROUNDS, preserve_thinking=False, on_loss="drop").text
    assert "Greet." not in text
    assert not form.parse_conversation(text).issues
    kept = get_format("qwen3.6").render(ROUNDS, preserve_thinking=True).text
    assert not get_format("qwen3.6").parse_conversation(kept).issues


def test_qwen38_names_the_efforts_that_it_knows() -> None:
    with pytest.raises(FormatError, match="reasoning_effort: found 'high', expected one of 'xhigh', 'medium', 'low'"):
        get_format("qwen3.8").render(ROUNDS, reasoning_effort="high")
    with pytest.raises(FormatError, match="reasoning_effort"):
        get_format("qwen3.6").render(ROUNDS, reasoning_effort="low")
