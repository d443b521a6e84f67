"""Tokenizers for tests: small ones made by hand, and real vocabularies out of wheels that hold them.

The real ones need `dashscope` (Qwen) or `mistral-common` (Tekken, Mistral's SentencePiece model); tests ask for them through
`pytest.importorskip`. No file is downloaded.
"""

from __future__ import annotations

import base64
import functools
import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from fcformat.data import DEMO_TOKENIZER
from fcformat.decoding.tokenizer_bytes import BYTE_LEVEL_ALPHABET

CHARACTER_OF_BYTE = {byte: character for character, byte in BYTE_LEVEL_ALPHABET.items()}

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
QWEN_PLAIN = ("<tool_call>", "</tool_call>")
QWEN_LOGITS = 151936


def byte_level_text(data: bytes) -> str:
    """Bytes as a byte-level vocabulary spells them."""
    return "".join(CHARACTER_OF_BYTE[byte] for byte in data)


def merges_of(ranks: Mapping[str, int]) -> list[tuple[str, str]]:
    """Merges under which a BPE model has exactly these tokens: each token from all its halves that are tokens, in order of rank."""
    found = []
    for token, rank in ranks.items():
        halves = ((token[:cut], token[cut:]) for cut in range(1, len(token)))
        pairs = [(ranks[left], ranks[right], left, right) for left, right in halves if left in ranks and right in ranks]
        found += [(rank, *pair) for pair in pairs]
    return [(left, right) for *_, left, right in sorted(found)]


def byte_level_tokenizer(
    ranks: Mapping[bytes, int], special: Iterable[str], plain: Iterable[str] = (), split: str = QWEN_SPLIT, **names: str
) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer, with special tokens and added tokens that are not special behind the ranks."""
    vocabulary = {byte_level_text(data): rank for data, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges_of(vocabulary), ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(split), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in special])
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in plain])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, **names)


def small_ranks() -> dict[bytes, int]:
    """Every byte, and a few longer tokens that lie across what grammars care about."""
    longer = [
        b" a",
        b"ab",
        b"abc",
        b'{"',
        b'"}',
        b'": ',
        b'", "',
        b"true",
        b"tr",
        b"12",
        b"123",
        b"\xe6\x97",
        b"\xe6\x97\xa5",
    ]
    return {data: rank for rank, data in enumerate([*(bytes([byte]) for byte in range(256)), *longer])}


def small_tokenizer() -> PreTrainedTokenizerFast:
    """269 byte-level tokens, then `<|end|>` 269, `<|pad|>` 270, `<|other|>` 271 (special) and `<tool_call>` 272 (not)."""
    special = ("<|end|>", "<|pad|>", "<|other|>")
    return byte_level_tokenizer(small_ranks(), special, ("<tool_call>",), eos_token="<|end|>", pad_token="<|pad|>")


def demo_tokenizer() -> PreTrainedTokenizerFast:
    """The vocabulary that the package ships."""
    return PreTrainedTokenizerFast(
        tokenizer_file=str(DEMO_TOKENIZER),
        clean_up_tokenization_spaces=False,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
    )


def piece_tokenizer(
    texts: Mapping[str, float], *, decoder: Any, byte_fallback: bool, special: Iterable[str] = ("<unk>", "<s>", "</s>")
) -> PreTrainedTokenizerFast:
    """A Unigram tokenizer over pieces with scores, `<unk>` first."""
    pieces = [(text, score) for text, score in texts.items()]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=byte_fallback))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        clean_up_tokenization_spaces=False,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
    )


def fallback_decoder() -> Any:
    """The decoder of Llama 2, Mistral and Gemma."""
    return decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )


def _file(package: str, relative: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / relative


@functools.cache
def qwen_ranks() -> dict[bytes, int]:
    """Qwen's 151,643 tokens, out of the wheel of dashscope."""
    lines = _file("dashscope", "resources/qwen.tiktoken").read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}


@functools.cache
def qwen_tokenizer() -> PreTrainedTokenizerFast:
    """Qwen 2.5's vocabulary with the control tokens that tests use."""
    return byte_level_tokenizer(
        qwen_ranks(), QWEN_SPECIAL, QWEN_PLAIN, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )


@functools.cache
def tekken_tokenizer() -> PreTrainedTokenizerFast:
    """Mistral Nemo's vocabulary, out of the wheel of mistral-common; its special tokens come first, as in the model."""
    described = json.loads(_file("mistral_common", "data/tekken_240911.json").read_text(encoding="utf-8"))
    config = described["config"]
    first = int(config["default_num_special_tokens"])
    entries = described["vocab"][: int(config["default_vocab_size"]) - first]
    ordinary = {byte_level_text(base64.b64decode(entry["token_bytes"])): int(entry["rank"]) for entry in entries}
    names = ["<unk>", "<s>", "</s>", *(f"<SPECIAL_{number}>" for number in range(3, first))]
    vocabulary = {name: number for number, name in enumerate(names)} | {t: rank + first for t, rank in ordinary.items()}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges_of(ordinary), ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(config["pattern"]), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in names])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")


@functools.cache
def sentencepiece_model() -> Any:
    """Mistral 7B's first SentencePiece model (32,000 pieces, BPE with byte fallback), out of the wheel of mistral-common."""
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_file=str(_file("mistral_common", "data/tokenizer.model.v1")))


@functools.cache
def sentencepiece_tokenizer() -> PreTrainedTokenizerFast:
    """The same vocabulary as a fast tokenizer, as Llama 2's and Mistral's are."""
    model = sentencepiece_model()
    vocabulary = {model.id_to_piece(number): number for number in range(model.get_piece_size())}
    ranked = sorted((text for text in vocabulary), key=lambda text: -model.get_score(vocabulary[text]))
    merges = merges_of({text: rank for rank, text in enumerate(ranked)})
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = fallback_decoder()
    tokenizer.add_special_tokens(
        [AddedToken(name, normalized=False, special=True) for name in ("<unk>", "<s>", "</s>")]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        clean_up_tokenization_spaces=False,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
    )
