"""Replies as token ids: control tokens known as such, the end told apart, and prompts continued token for token."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from fcformat import TokenizerInfo
from fcformat.chat import join_deltas
from fcformat.errors import FcformatError, FormatError, ParseError, TokenizerError
from fcformat.formats import get_format
from fcformat.parsing.marks import Marker, Unmarker
from support.tokenizers import byte_level_tokenizer, small_ranks

QWEN = get_format("qwen2.5")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SPECIAL = (
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
    "<think>", "</think>", "<|user|>", "<|assistant|>", "<|observation|>", "<|system|>", "[gMASK]", "sop", "</s>",
)  # fmt: skip
CALL = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'
ASK: list[dict[str, Any]] = [{"role": "user", "content": "hi"}]


@functools.cache
def tokenizer() -> PreTrainedTokenizerFast:
    return byte_level_tokenizer(small_ranks(), SPECIAL, eos_token="<|im_end|>")


def ids(text: str) -> list[int]:
    """With control tokens where the text spells them."""
    encoded: list[int] = tokenizer().encode(text, add_special_tokens=False)
    return encoded


def plain(text: str) -> list[int]:
    """Bytes, in which there are no control tokens."""
    return list(text.encode())


def read(*tokens: int, name: str = "qwen2.5", prompt: str = "") -> Any:
    whole = get_format(name).parse_ids(tokens, tokenizer(), prompt=prompt)
    stream = get_format(name).stream_parser(prompt=prompt, tokenizer=tokenizer())
    deltas = [delta for token in tokens for delta in stream.feed_ids([token])]
    message = stream.finish()
    assert (message, message.issues, message.finish_reason) == (whole, whole.issues, whole.finish_reason)
    assert join_deltas([*deltas, *stream.final_deltas]) == whole
    return whole


def test_tags_that_are_tokens_open_calls() -> None:
    message = read(*ids(f"Now\n{CALL}<|im_end|>"))
    assert (message.content, [call.function.name for call in message.tool_calls]) == ("Now", ["f"])
    assert message.finish_reason == "tool_calls"


def test_tags_that_are_spelled_out_are_text() -> None:
    message = read(*plain(CALL), *ids("<|im_end|>"))
    assert (message.content, message.tool_calls, message.finish_reason) == (CALL, (), "stop")


def test_arguments_may_spell_tags_and_ends() -> None:
    inside = "</tool_call><|im_end|><tool_call>"
    message = read(
        *ids('<tool_call>\n{"name": "f", "arguments": {"a": "'), *plain(inside), *ids('"}}\n</tool_call><|im_end|>')
    )
    assert [call.function.arguments for call in message.tool_calls] == [f'{{"a": "{inside}"}}']
    assert message.issues == ()


def test_reasoning_ends_at_the_token_only() -> None:
    message = read(*ids("<think>\n"), *plain("no </think> yet"), *ids("\n</think>\n\nso<|im_end|>"), name="qwen3")
    assert (message.reasoning, message.content) == ("no </think> yet", "so")


def test_a_reply_without_its_end_token_was_cut_off() -> None:
    for text, reason in (
        ("so", "length"),
        ("so<|im_end|>", "stop"),
        (CALL, "length"),
        (f"{CALL}<|im_end|>", "tool_calls"),
    ):
        assert read(*ids(text)).finish_reason == reason
    assert read(*ids("\nso<|user|>"), name="chatglm3").finish_reason == "stop"


def test_nothing_is_read_behind_the_end_token() -> None:
    assert read(*ids("so<|im_end|><|im_start|>user\nhi")).content == "so"


def test_characters_may_be_cut_by_tokens() -> None:
    assert read(*plain("é 天 😀"), *ids("<|im_end|>")).content == "é 天 😀"
    assert read(*plain("天")[:2]).content == "\ufffd"


def test_ids_need_a_tokenizer_that_has_them() -> None:
    with pytest.raises(FcformatError, match="without a tokenizer"):
        QWEN.stream_parser().feed_ids([1])
    with pytest.raises(TokenizerError, match="outside the vocabulary"):
        QWEN.parse_ids([10**6], tokenizer())
    with pytest.raises(TokenizerError, match="expected a tokenizer"):
        QWEN.parse_ids([1], 3)
    info = TokenizerInfo.from_huggingface(tokenizer())
    assert QWEN.parse_ids(ids("so<|im_end|>"), info).content == "so"
    with pytest.raises(ParseError):
        QWEN.parse_ids(ids("<tool_call>\n{"), tokenizer(), strict=True)


@given(st.lists(st.sampled_from(["<a>", "<", "a", ">", "\ufdd0", "<a", "b"])), st.lists(st.integers(0, 20)))
def test_marks_break_spellings_and_come_out_again(words: list[str], cuts: list[int]) -> None:
    text = "".join(words)
    places = [0, *sorted({cut for cut in cuts if cut < len(text)}), len(text)]
    marker, unmarker = Marker(frozenset(("<a>",))), Unmarker()
    marked = "".join(marker.feed(text[a:b]) for a, b in itertools.pairwise(places)) + marker.end()
    assert "<a>" not in marked
    whole = Marker(frozenset(("<a>",)))
    assert whole.feed(text) + whole.end() == marked
    places = [0, *sorted({cut for cut in cuts if cut < len(marked)}), len(marked)]
    assert "".join(unmarker.feed(marked[a:b]) for a, b in itertools.pairwise(places)) == text


@pytest.mark.parametrize("name", ["qwen2.5", "qwen3-2507", "chatglm3", "llama3_json"])
@pytest.mark.parametrize("ended", [True, False])
def test_a_sampled_turn_is_continued_as_if_it_had_been_rendered(name: str, ended: bool) -> None:
    each = get_format(name)
    if name == "llama3_json":
        with pytest.raises(FormatError, match="format_from_template"):
            each.extend([], ids("so"), ASK, tokenizer())
        return
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answers: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({"role": "assistant", "content": "so"}, ASK),
        ({"role": "assistant", "content": None, "tool_calls": [call]}, [{"role": "tool", "tool_call_id": "x", "content": "1"}]),
    ]  # fmt: skip
    for answer, new in answers:
        prompt = each.render(ASK, [TOOL], add_generation_prompt=True).encode(tokenizer())
        turn = each.render([*ASK, answer], [TOOL]).encode(tokenizer())[len(prompt) :]
        whole = each.render([*ASK, answer, *new], [TOOL], add_generation_prompt=True).encode(tokenizer())
        stop = {"chatglm3": "<|user|>" if new is ASK else "<|observation|>"}.get(name, "<|im_end|>")
        completion = turn[: turn.index(ids(stop)[0])] if ids(stop)[0] in turn else turn
        completion = [*completion, *(ids(stop) if ended else [])]
        assert each.extend(prompt, completion, new, tokenizer(), tools=[TOOL]) == whole


def test_a_format_that_rewrites_history_says_so() -> None:
    qwen = get_format("qwen3")
    prompt = qwen.render(ASK, add_generation_prompt=True).encode(tokenizer())
    completion = ids("<think>\nwhy\n</think>\n\nso<|im_end|>")
    with pytest.raises(FormatError, match="written otherwise once 'user' follows"):
        qwen.extend(prompt, completion, ASK, tokenizer())
    kept = qwen.extend(prompt, completion, ASK, tokenizer(), keep_history=True)
    assert kept == [*prompt, *completion, *ids("\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n")]
    call = ids(f"<think>\nwhy\n</think>\n\n{CALL}<|im_end|>")
    result = [{"role": "tool", "tool_call_id": "x", "content": "1"}]
    tail = "\n<|im_start|>user\n<tool_response>\n1\n</tool_response><|im_end|>\n<|im_start|>assistant\n"
    assert qwen.extend(prompt, call, result, tokenizer()) == [*prompt, *call, *ids(tail)]


def test_what_follows_must_not_be_the_assistants_and_must_be_expressible() -> None:
    prompt, completion = ids("<|im_start|>assistant\n"), ids(f"{CALL}<|im_end|>")
    with pytest.raises(FormatError, match="new_messages: found"):
        QWEN.extend(prompt, completion, [{"role": "assistant", "content": "x"}], tokenizer())
    with pytest.raises(FormatError, match="new messages begin at message 2"):
        QWEN.extend(prompt, completion, [{"role": "user", "content": "x", "name": "Ann"}], tokenizer())
