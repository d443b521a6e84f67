"""A model with random weights writes valid tool calls, because the mask leaves it no other way."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from fcformat.chat import FunctionCall, Message, ToolCall
from fcformat.cli import main
from fcformat.demo import load_model, load_tokenizer
from fcformat.demo.attempt import DEMO_FORMATS, answer, ask, judge
from support.tokenizers import QWEN_LOGITS, qwen_tokenizer

MAX_NEW_TOKENS = 2048


def reply(name: str, arguments: str) -> Message:
    return Message("assistant", tool_calls=(ToolCall(FunctionCall(name, arguments)),))


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMO_FORMATS)
def test_every_one_of_twenty_random_models_writes_valid_calls(name: str) -> None:
    attempts = [ask(name, seed, constrained=True, max_new_tokens=MAX_NEW_TOKENS) for seed in range(20)]
    assert [attempt.problems for attempt in attempts] == [()] * 20
    called = {call.function.name for attempt in attempts for call in attempt.message.tool_calls}
    assert called == {"get_current_weather", "book_hotel"}


def qwen_sized_model(seed: int) -> Any:
    """A model whose lm_head is as wide as Qwen's, wider than the vocabulary."""
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    config = Qwen2Config(vocab_size=QWEN_LOGITS, **size, **heads, bos_token_id=None, eos_token_id=[151645, 151643])
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(config).eval()
    model.generation_config.pad_token_id = 151643
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", DEMO_FORMATS)
def test_every_one_of_twenty_random_models_with_qwens_vocabulary_writes_valid_calls(name: str) -> None:
    pytest.importorskip("dashscope")
    for seed in range(20):
        model = qwen_sized_model(seed)
        attempt = answer(model, qwen_tokenizer(), name, seed, constrained=True, max_new_tokens=MAX_NEW_TOKENS)
        assert attempt.problems == (), attempt.text


@pytest.mark.parametrize("name", DEMO_FORMATS)
def test_without_the_constraint_there_is_no_call(name: str) -> None:
    assert "no tool call" in ask(name, 0, constrained=False, max_new_tokens=32).problems


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = (ask("qwen2.5", 3, constrained=True, max_new_tokens=MAX_NEW_TOKENS) for _ in range(2))
    assert first.text == second.text
    assert first.mask_seconds > 0


def test_a_cut_off_answer_is_not_valid() -> None:
    assert ask("qwen2.5", 0, constrained=True, max_new_tokens=8).problems


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (Message("assistant", "It is sunny."), "no tool call"),
        (reply("get_weather", "{}"), "there is no tool 'get_weather'"),
        (reply("get_current_weather", '{"location": "Paris"}'), "'time' is a required property"),
        (reply("get_current_weather", '{"location": "Paris", "time": "soon"}'), "'soon' does not match"),
        (reply("get_current_weather", '{"location"'), "the arguments are not JSON"),
        (reply("get_current_weather", '{"time": "2023-10-27", "time": "2023-10-28"}'), "a name stands twice"),
    ],
)
def test_the_judge_says_what_is_wrong(message: Message, problem: str) -> None:
    assert len(judge(message)) == 1
    assert problem in judge(message)[0]


def test_the_judge_accepts_a_valid_call() -> None:
    assert judge(reply("get_current_weather", '{"location": "Paris", "time": "2023-10-27"}')) == ()


def test_the_model_is_wider_than_its_vocabulary_and_does_not_touch_the_random_state() -> None:
    before = torch.get_rng_state()
    model = load_model(1)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.config.vocab_size > len(load_tokenizer())


def test_the_command_prints_prompt_text_and_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--format", "chatglm3", "--seed", "5"]) == 0
    text = capsys.readouterr().out
    for part in (
        "-- prompt",
        "10月27日北京天气怎么样",
        "-- without the constraint",
        "[no]",
        "-- with the constraint",
        "[ok]",
        "µs",
    ):
        assert part in text
    assert "every call is valid" in text


def test_the_command_prints_a_table_over_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--seeds", "2"]) == 0
    assert "6 of 6 calls are valid" in capsys.readouterr().out


def test_the_command_fails_where_a_call_is_not_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--format", "qwen2.5", "--max-new-tokens", "4"]) == 1
    assert "not every call is valid" in capsys.readouterr().out


def test_the_command_refuses_an_unknown_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--format", "no-such-format"]) == 2
    assert "no-such-format" in capsys.readouterr().err
