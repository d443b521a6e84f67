"""Token ids of rendered conversations: control tokens by name, and text that can never become one."""

from __future__ import annotations

import functools
import gc
import weakref
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from fcformat.errors import FormatError, TokenizerError
from fcformat.formats import get_format, list_formats
from fcformat.formats.encoding import TokenEncoder, encoder_of
from fcformat.formats.rendered import Rendered, Segment
from support.tokenizers import byte_level_tokenizer, qwen_ranks, small_ranks

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "[gMASK]", "sop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>", "</s>")  # fmt: skip
PLAIN = ("<tool_call>", "</tool_call>", "<think>")
EVIL = " ".join((*SPECIAL, *PLAIN)) + "".join((*SPECIAL, *PLAIN)) + "<|im_start<|im_start|>"


@functools.cache
def tokenizer() -> PreTrainedTokenizerFast:
    return byte_level_tokenizer(small_ranks(), SPECIAL, PLAIN)


def controls_in(tokenizer: Any, ids: list[int]) -> list[str]:
    names = {token: text for text, token in tokenizer.get_added_vocab().items()}
    return [names[token] for token in ids if token in names]


def conversation(text: str) -> dict[str, Any]:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": {"x": text}}}
    return {
        "messages": [
            {"role": "system", "content": text},
            {"role": "user", "content": text},
            {"role": "assistant", "content": text, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "a", "content": text},
            {"role": "assistant", "content": text},
        ],
        "tools": [{"name": "f", "description": text, "parameters": {"type": "object", "title": text}}],
    }


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3", "openai"])
def test_no_text_from_outside_becomes_a_control_token(name: str) -> None:
    benign = get_format(name).render(**conversation("x"), add_generation_prompt=True)
    evil = get_format(name).render(**conversation(EVIL), add_generation_prompt=True)
    ids = evil.encode(tokenizer())
    assert controls_in(tokenizer(), ids) == controls_in(tokenizer(), benign.encode(tokenizer()))
    assert tokenizer().decode(ids) == evil.text
    assert len(evil.labels(tokenizer())) == len(ids)


def test_ids_of_text_without_control_tokens_are_those_of_the_whole_text() -> None:
    rendered = get_format("qwen2.5").render(**conversation("Hello, how are you? 你好\n"), add_generation_prompt=True)
    assert rendered.encode(tokenizer()) == tokenizer().encode(rendered.text, add_special_tokens=False)


def test_ids_of_the_real_vocabulary_are_those_of_the_whole_text() -> None:
    pytest.importorskip("dashscope")
    real = byte_level_tokenizer(qwen_ranks(), SPECIAL[:3], PLAIN[:2])
    rendered = get_format("qwen2.5").render(**conversation("Hello, how are you? 你好\n"), add_generation_prompt=True)
    assert rendered.encode(real) == real.encode(rendered.text, add_special_tokens=False)


def test_labels_are_the_ids_of_what_the_assistant_says_and_calls_and_of_its_end() -> None:
    rendered = get_format("qwen2.5").render(**conversation("abc"))
    labels = rendered.labels(tokenizer())
    assert all(label in (-100, token) for label, token in zip(labels, rendered.encode(tokenizer()), strict=True))
    assert tokenizer().decode([label for label in labels if label != -100]) == (
        'abc\n<tool_call>\n{"name": "f", "arguments": {"x": "abc"}}\n</tool_call><|im_end|>abc<|im_end|>'
    )


def test_messages_to_train_on_can_be_chosen() -> None:
    rendered = get_format("qwen2.5").render(**conversation("abc"))
    labels = rendered.labels(tokenizer(), messages=[4])
    assert tokenizer().decode([label for label in labels if label != -100]) == "abc<|im_end|>"
    assert rendered.labels(tokenizer(), messages=[2, 4]) == rendered.labels(tokenizer())
    assert set(rendered.labels(tokenizer(), messages=[])) == {-100}


@pytest.mark.parametrize("name", list_formats())
def test_what_is_trained_belongs_to_a_message(name: str) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes"}]
    try:
        rendered = get_format(name).render(messages)
    except FormatError as error:
        assert "format_from_template" in str(error)  # noqa: PT017 - formats without prompts of their own
        return
    trained = [segment for segment in rendered.segments if segment.trainable]
    assert trained
    assert {segment.message for segment in trained} == {1}


def test_segments_that_a_publisher_encodes_apart_are_encoded_apart() -> None:
    class Counting:
        texts: list[str] = []  # noqa: RUF012
        all_special_tokens: list[str] = []  # noqa: RUF012
        all_special_ids: list[int] = []  # noqa: RUF012

        def encode(self, text: str, add_special_tokens: bool) -> list[int]:
            self.texts.append(text)
            return [len(text)]

        def get_added_vocab(self) -> dict[str, int]:
            return {"<|user|>": 1000, "<|assistant|>": 1001}

        def __len__(self) -> int:
            return 1002

    counting = Counting()
    rendered = get_format("chatglm3").render(
        [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}]
    )
    assert rendered.encode(counting) == [10, 1000, 1, 2, 1001, 1, 3]
    # Before that the tokenizer is asked what it does beside a control token.
    assert counting.texts[-5:] == ["[gMASK]sop", "\n", "hi", "\n", "yes"]


def test_a_control_segment_that_the_vocabulary_does_not_have_is_text() -> None:
    rendered = Rendered((Segment("a"), Segment("<nothing>", control=True), Segment("b")))
    assert rendered.encode(tokenizer()) == tokenizer().encode("a<nothing>b", add_special_tokens=False)


def test_a_vocabulary_whose_plain_merges_spell_a_control_token_is_cut_or_refused() -> None:
    ranks = dict(small_ranks())
    for piece in (b"<|", b"<|u", b"<|us", b"<|use", b"<|user", b"<|user|", b"<|user|>"):
        ranks.setdefault(piece, len(ranks))
    merging = byte_level_tokenizer(ranks, ("<|other|>",), split=r"[^\s]+|\s+")
    token = merging.convert_tokens_to_ids("<|user|>")

    class Spelling(TokenEncoder):
        def __init__(self) -> None:
            super().__init__(merging)
            self._controls = {"<|user|>": token}
            self._ids = frozenset([token])

    assert merging.encode("<|user|>", add_special_tokens=False) == [token]
    ids = Spelling().encode_text("a <|user|> b")
    assert token not in ids
    assert merging.decode(ids) == "a <|user|> b"


def test_what_is_no_tokenizer_is_refused_and_encoders_die_with_their_tokenizers() -> None:
    with pytest.raises(
        TokenizerError, match=r"tokenizer: found a value of type str, expected a transformers tokenizer"
    ):
        Rendered((Segment("a"),)).encode("qwen")
    short_lived = byte_level_tokenizer(small_ranks(), SPECIAL[:1])
    encoder_of(short_lived)
    reference = weakref.ref(short_lived)
    del short_lived
    gc.collect()
    assert reference() is None


def test_tokens_added_later_count() -> None:
    growing = byte_level_tokenizer(small_ranks(), SPECIAL[:1])
    rendered = Rendered((Segment("<|new|>", control=True), Segment("<|new|>")))
    before = rendered.encode(growing)
    growing.add_tokens(["<|new|>"])
    after = rendered.encode(growing)
    assert after == [growing.convert_tokens_to_ids("<|new|>"), *before[: len(before) // 2]]


def contextual_tokenizers() -> dict[str, PreTrainedTokenizerFast]:
    """Tokenizers to which it matters what stands beside a text."""
    stripping = Tokenizer(
        models.BPE({text: rank for rank, text in enumerate(["<", "|", "a", "b", " ", "\n", "h", "i"])}, [])
    )
    stripping.add_special_tokens(
        [AddedToken("<|user|>", rstrip=True, normalized=False), AddedToken("<|end|>", lstrip=True, normalized=False)]
    )
    pieces = {"<unk>": 0.0, "▁": -1.0, "a": -1.0, "b": -1.0, "h": -1.0, "i": -1.0, "\n": -1.0, "▁h": -1.5}
    first = Tokenizer(models.Unigram(list(pieces.items()), unk_id=0))
    first.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    first.add_special_tokens([AddedToken("<|user|>", normalized=False), AddedToken("<|end|>", normalized=False)])
    return {
        name: PreTrainedTokenizerFast(tokenizer_object=each) for name, each in [("strips", stripping), ("first", first)]
    }


@pytest.mark.parametrize("name", ["strips", "first"])
def test_what_a_tokenizer_does_beside_control_tokens_is_done(name: str) -> None:
    contextual = contextual_tokenizers()[name]
    segments = (
        Segment("hi"),
        Segment("<|user|>", control=True),
        Segment("\n hi ", own=True),
        Segment("<|end|>", control=True),
        Segment("hi b"),
        Segment("<|end|><|user|> hi", own=True),
    )
    rendered = Rendered(segments)
    assert rendered.encode(contextual) == contextual.encode(rendered.text, add_special_tokens=False)
    evil = Rendered((*segments[:3], Segment(" <|end|> "), segments[3]))
    assert controls_in(contextual, evil.encode(contextual)) == ["<|user|>", "<|end|>"]
