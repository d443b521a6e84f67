"""Tests of `TokenizerInfo`: the exact bytes of every token, for each kind of tokenizer."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

import fcformat
from fcformat import grammar
from fcformat.decoding.tokenizer_info import TokenizerInfo
from fcformat.errors import TokenizerError
from support import tokenizers as make

TEXT = '{"name": "Zoë Müller", "n": [1, -2.5e10, true], "emoji": "👩‍👧 日本語",\n\t"ws":   "  three   spaces  "}'
BYTE_PIECES = {f"<0x{byte:02X}>": -20.0 for byte in range(256)}
PIECES = {
    "<unk>": 0.0,
    "<s>": 0.0,
    "</s>": 0.0,
    **BYTE_PIECES,
    "▁": -3.0,
    "▁Hello": -4.0,
    "▁world": -5.0,
    "日本": -6.0,
} | dict.fromkeys("abcdefghijklmnopqrstuvwxyzHT3", -9.0)


def spelled_by_hand(info: TokenizerInfo, ids: list[int]) -> bytes:
    return b"".join(info.token_bytes(token_id) or b"" for token_id in ids)


# Byte-level BPE


def test_every_byte_level_token_has_the_bytes_it_was_made_from() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer())
    assert [info.token_bytes(rank) for rank in make.small_ranks().values()] == list(make.small_ranks())


def test_special_tokens_have_no_bytes_and_added_tokens_have_both() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer())
    assert dict(info.control_tokens) == {269: "<|end|>", 270: "<|pad|>", 271: "<|other|>", 272: "<tool_call>"}
    assert [info.token_bytes(token_id) for token_id in range(269, 273)] == [None, None, None, b"<tool_call>"]


def test_the_end_token_is_the_tokenizers_own() -> None:
    assert TokenizerInfo.from_huggingface(make.small_tokenizer()).stop_token_ids == (269,)


def test_given_end_tokens_take_the_place_of_the_tokenizers() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer(), stop_token_ids=[270, 271, 270])
    assert info.stop_token_ids == (270, 271)


def test_an_ordinary_token_that_ends_a_turn_is_no_text() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer(), stop_token_ids=[ord("~"), 269])
    assert info.token_bytes(ord("~")) is None
    assert info.control_tokens[ord("~")] == "~"


def test_a_wider_head_adds_ids_that_stand_for_nothing() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer(), vocab_size=300)
    assert info.vocab_size == 300
    assert all(info.token_bytes(token_id) is None for token_id in range(273, 300))
    assert 299 not in info.control_tokens
    words = info.existing_token_bitmask()
    assert words.shape == (10,)
    assert [token_id for token_id in range(320) if words[token_id // 32] >> (token_id % 32) & 1] == list(range(273))


def test_a_narrower_head_cuts_the_vocabulary() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer(), vocab_size=270)
    assert info.vocab_size == 270
    assert dict(info.control_tokens) == {269: "<|end|>"}


def test_an_end_token_past_a_narrower_head_is_refused() -> None:
    with pytest.raises(TokenizerError, match="found the end token 269, expected an id from 0 to 259"):
        TokenizerInfo.from_huggingface(make.small_tokenizer(), vocab_size=260)


def test_a_tokenizer_without_an_end_token_needs_one_given() -> None:
    tokenizer = make.byte_level_tokenizer(make.small_ranks(), ("<|end|>",))
    with pytest.raises(TokenizerError, match=r"found no end token .* expected stop_token_ids="):
        TokenizerInfo.from_huggingface(tokenizer)
    assert TokenizerInfo.from_huggingface(tokenizer, stop_token_ids=269).stop_token_ids == (269,)


def test_an_added_token_outside_the_byte_alphabet_is_its_own_text() -> None:
    tokenizer = make.small_tokenizer()
    tokenizer.add_tokens([AddedToken("für 日本", normalized=False), AddedToken("über", normalized=False)])
    info = TokenizerInfo.from_huggingface(tokenizer)
    assert info.token_bytes(273) == "für 日本".encode()
    assert info.token_bytes(274) == "über".encode()  # although all its characters are in the alphabet


def test_a_byte_level_pre_tokenizer_serves_where_there_is_no_decoder() -> None:
    tokenizer = make.small_tokenizer()
    tokenizer.backend_tokenizer.decoder = None
    assert TokenizerInfo.from_huggingface(tokenizer).token_bytes(258) == b"abc"


def test_a_backend_tokenizer_alone_will_do() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer().backend_tokenizer, stop_token_ids=[269])
    assert info.token_bytes(258) == b"abc"


def test_the_demo_vocabulary_reads_the_same_both_ways() -> None:
    from fcformat.data import demo_vocabulary

    tokens, control_tokens, stop_ids = demo_vocabulary()
    given = TokenizerInfo.from_bytes(tokens, control_tokens, stop_ids)
    read = TokenizerInfo.from_huggingface(make.demo_tokenizer(), stop_token_ids=stop_ids)
    assert [given.token_bytes(i) for i in range(given.vocab_size)] == [
        read.token_bytes(i) for i in range(read.vocab_size)
    ]
    assert given.control_tokens == read.control_tokens


# SentencePiece and Metaspace


def test_pieces_spell_spaces_and_bytes() -> None:
    info = TokenizerInfo.from_huggingface(
        make.piece_tokenizer(PIECES, decoder=make.fallback_decoder(), byte_fallback=True)
    )
    assert [info.token_bytes(token_id) for token_id in (0, 1, 2)] == [None, None, None]
    assert [info.token_bytes(token_id) for token_id in range(3, 259)] == [bytes([byte]) for byte in range(256)]
    assert [info.token_bytes(token_id) for token_id in range(259, 263)] == [b" ", b" Hello", b" world", "日本".encode()]


def test_metaspace_pieces_without_byte_fallback_spell_spaces() -> None:
    pieces = {text: score for text, score in PIECES.items() if not text.startswith("<0x")}
    tokenizer = make.piece_tokenizer(pieces, decoder=decoders.Metaspace(), byte_fallback=False)
    info = TokenizerInfo.from_huggingface(tokenizer)
    assert info.token_bytes(4) == b" Hello"
    assert info.stop_token_ids == (2,)


def test_byte_pieces_stay_text_where_nothing_decodes_them() -> None:
    pieces = {text: score for text, score in PIECES.items() if not text.startswith("<0x")} | {"<0x41>": -30.0}
    tokenizer = make.piece_tokenizer(pieces, decoder=decoders.Metaspace(), byte_fallback=False)
    info = TokenizerInfo.from_huggingface(tokenizer)
    assert info.token_bytes(len(pieces) - 1) == b"<0x41>"


# Tokenizers whose code comes with a model, imitated by what such code has


class Tiktoken:
    """As Qwen 1's and GLM-4's tokenizers: ranks of bytes, special tokens apart."""

    def __init__(self, ranks: Mapping[bytes, int], special: Mapping[str, int]) -> None:
        self.mergeable_ranks = dict(ranks)
        self.special_tokens = dict(special)
        self.tokenizer = object()
        self.eod_id, self.im_end_id = special["<|endoftext|>"], special["<|im_end|>"]
        self.eos_token_id = None

    def get_vocab(self) -> dict[bytes, int]:
        return self.mergeable_ranks

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        assert not add_special_tokens
        return [self.mergeable_ranks[bytes([byte])] for byte in text.encode()]


def test_ranks_of_bytes_are_taken_as_they_are() -> None:
    special = {"<|endoftext|>": 269, "<|im_start|>": 270, "<|im_end|>": 271}
    info = TokenizerInfo.from_huggingface(Tiktoken(make.small_ranks(), special))
    assert [info.token_bytes(rank) for rank in make.small_ranks().values()] == list(make.small_ranks())
    assert dict(info.control_tokens) == {token_id: text for text, token_id in special.items()}
    assert info.stop_token_ids == (269, 271)


def test_wrong_ranks_are_noticed() -> None:
    ranks = make.small_ranks()
    ranks[b"a"], ranks[b"b"] = ranks[b"b"], ranks[b"a"]

    class Twisted(Tiktoken):
        def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
            return list(text.encode())

    with pytest.raises(TokenizerError, match=r"tokens' bytes do not spell what it encodes: found b'The 3 quick"):
        TokenizerInfo.from_huggingface(Twisted(ranks, {"<|endoftext|>": 269, "<|im_end|>": 270}))


def test_a_tiktoken_encoding_will_do() -> None:
    tiktoken = pytest.importorskip("tiktoken")
    encoding = tiktoken.Encoding(
        "small", pat_str=r"\S+|\s+", mergeable_ranks=make.small_ranks(), special_tokens={"<|endoftext|>": 300}
    )
    info = TokenizerInfo.from_huggingface(encoding)
    assert info.vocab_size == 301
    assert info.stop_token_ids == (300,)
    assert info.decode(encoding.encode_ordinary(TEXT)) == TEXT.encode()


class SlowPieces:
    """As ChatGLM3's tokenizer: a SentencePiece model inside, control tokens behind it, some ids without a string."""

    def __init__(self, model: Any, offset: int = 0) -> None:
        texts = (
            "[MASK]",
            "[gMASK]",
            "[sMASK]",
            "sop",
            "eop",
            "<|system|>",
            "<|user|>",
            "<|assistant|>",
            "<|observation|>",
        )
        first = model.get_piece_size()
        self.sp_model, self.offset = model, offset
        self.tokenizer = type("Inner", (), {})()
        self.tokenizer.sp_model = model
        self.tokenizer.special_tokens = {text: first + offset + number for number, text in enumerate(texts)}
        self.special_tokens = {"<bos>": model.bos_id() + offset, "<eos>": model.eos_id() + offset}
        self.eos_token_id = model.eos_id() + offset
        self.added_tokens_decoder: dict[int, AddedToken] = {}
        self.name_or_path = "imitation"

    def get_vocab(self) -> dict[str, int]:
        vocabulary = {self.sp_model.id_to_piece(number): number + self.offset for number in range(3, 32000)}
        return {"": self.eos_token_id, **vocabulary, **self.tokenizer.special_tokens}

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        assert not add_special_tokens
        return [number + self.offset for number in self.sp_model.encode(text)]


@pytest.mark.parametrize("offset", [0, 4])
def test_a_sentencepiece_model_inside_a_tokenizer_is_read(offset: int) -> None:
    pytest.importorskip("sentencepiece")
    pytest.importorskip("mistral_common")
    model = make.sentencepiece_model()
    info = TokenizerInfo.from_huggingface(SlowPieces(model, offset))
    assert info.token_bytes(3 + 10 + offset) == b"\n"
    assert info.decode([number + offset for number in model.encode(TEXT)]) == b" " + TEXT.encode()
    assert info.control_tokens[32000 + offset + 8] == "<|observation|>"
    assert info.token_bytes(32000 + offset + 8) is None
    assert [info.token_bytes(number + offset) for number in (0, 1, 2)] == [None, None, None]


# What is refused


def word_piece() -> Any:
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "hello": 1, "##s": 2, "[SEP]": 3}, unk_token="[UNK]"))
    tokenizer.decoder = decoders.WordPiece()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="[SEP]", unk_token="[UNK]")


def word_level() -> Any:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "hello": 1, "[SEP]": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="[SEP]", unk_token="[UNK]")


def connectionist() -> Any:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "|": 2, "<pad>": 3}, unk_token="[UNK]"))
    tokenizer.decoder = decoders.CTC()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="|", unk_token="[UNK]")


def word_ends() -> Any:
    tokenizer = make.small_tokenizer()
    tokenizer.backend_tokenizer.decoder = decoders.BPEDecoder()
    return tokenizer


def strange() -> Any:
    return type("CharacterTokenizer", (), {"name_or_path": "some/model", "eos_token_id": 1})()


@pytest.mark.parametrize(
    ("tokenizer", "found"),
    [
        (word_piece, r"found WordPiece in the decoder \[WordPiece\]"),
        (word_level, r"found no decoder and the pre-tokenizer \[Whitespace\]"),
        (connectionist, r"found CTC in the decoder \[CTC\]"),
        (word_ends, r"found BPEDecoder in the decoder \[BPEDecoder\]"),
        (strange, r"CharacterTokenizer of 'some/model': found no known way to its tokens' bytes"),
    ],
)
def test_a_decoder_that_does_not_join_bytes_is_refused(tokenizer: Callable[[], Any], found: str) -> None:
    with pytest.raises(TokenizerError, match=found + r".* expected a byte-level decoder"):
        TokenizerInfo.from_huggingface(tokenizer())


def test_a_normalizer_that_changes_text_is_taken_into_account() -> None:
    tokenizer = make.small_tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
    assert TokenizerInfo.from_huggingface(tokenizer).token_bytes(ord("A")) == b"A"


def test_tokens_that_do_not_spell_the_text_are_noticed() -> None:
    tokenizer = make.small_tokenizer()
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    with pytest.raises(TokenizerError, match="do not spell what it encodes: found b'Helloworld'"):
        TokenizerInfo.from_huggingface(tokenizer)


# From bytes


def test_a_list_of_bytes_is_a_vocabulary() -> None:
    info = TokenizerInfo.from_bytes([b"a", b"bc", None, b""], {2: "<end>"}, stop_token_ids=[2])
    assert [info.token_bytes(token_id) for token_id in range(4)] == [b"a", b"bc", None, None]
    assert info.decode([0, 1, 2, 3, 0]) == b"abc<end>a"


@pytest.mark.parametrize(
    ("stop_ids", "size", "found"),
    [
        ([], None, "found no end token"),
        ([4], None, "found the end token 4, expected an id from 0 to 3"),
        ([-1], None, "found the end token -1"),
        ([0], 0, "found a vocabulary of 0 tokens"),
    ],
)
def test_impossible_vocabularies_are_refused(stop_ids: list[int], size: int | None, found: str) -> None:
    with pytest.raises(TokenizerError, match=found):
        TokenizerInfo.from_bytes([b"a", b"b", b"c", b"d"], {}, stop_ids, size)


def test_ids_outside_the_vocabulary_have_no_bytes() -> None:
    info = TokenizerInfo.from_bytes([b"a", None], {1: "<end>"}, stop_token_ids=1)
    for token_id in (-1, 2):
        with pytest.raises(IndexError, match=f"token id {token_id} is outside the vocabulary of 2"):
            info.token_bytes(token_id)


def test_other_end_tokens_make_another_vocabulary() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer(), vocab_size=300)
    other = info.with_stop_token_ids([269, 271, 65])
    assert other.stop_token_ids == (269, 271, 65)
    assert (info.token_bytes(65), other.token_bytes(65), other.token_bytes(66)) == (b"A", None, b"B")
    assert other.vocab_size == 300
    assert info.stop_token_ids == (269,)


def test_instances_are_immutable() -> None:
    info = TokenizerInfo.from_bytes([b"a", None], {1: "<end>"}, stop_token_ids=1)
    with pytest.raises(AttributeError, match="immutable"):
        info.vocab_size = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        info.control_tokens[0] = "a"  # type: ignore[index]
    with pytest.raises(TypeError, match="from_huggingface"):
        TokenizerInfo()


def test_a_pickled_vocabulary_comes_back_whole() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer(), vocab_size=300)
    again = pickle.loads(pickle.dumps(info))
    assert [again.token_bytes(i) for i in range(300)] == [info.token_bytes(i) for i in range(300)]
    assert again.control_tokens == info.control_tokens
    assert (again.vocab_size, again.stop_token_ids) == (300, (269,))
    assert repr(again) == repr(info)


def test_the_representation_is_short() -> None:
    info = TokenizerInfo.from_huggingface(make.small_tokenizer())
    assert repr(info) == (
        "TokenizerInfo(tokenizer TokenizersBackend, vocab_size=273, stop_token_ids=[269], 4 control tokens)".replace(
            "TokenizersBackend", type(make.small_tokenizer()).__name__
        )
    )


# Real vocabularies


@pytest.mark.parametrize(
    ("package", "builder", "size"),
    [
        ("dashscope", make.qwen_tokenizer, 151648),
        ("mistral_common", make.tekken_tokenizer, 131072),
        ("mistral_common", make.sentencepiece_tokenizer, 32000),
    ],
)
def test_real_vocabularies_spell_what_they_encode(package: str, builder: Callable[[], Any], size: int) -> None:
    pytest.importorskip(package)
    tokenizer = builder()
    info = TokenizerInfo.from_huggingface(tokenizer)
    assert info.vocab_size == size
    ids = tokenizer.encode(TEXT, add_special_tokens=False)
    assert spelled_by_hand(info, ids).removeprefix(b" ") == TEXT.encode()


def test_qwens_vocabulary_is_read_byte_for_byte() -> None:
    pytest.importorskip("dashscope")
    info = TokenizerInfo.from_huggingface(make.qwen_tokenizer(), vocab_size=make.QWEN_LOGITS)
    assert all(info.token_bytes(rank) == data for data, rank in make.qwen_ranks().items())
    assert {text: info.token_bytes(token_id) for token_id, text in info.control_tokens.items()} == {
        **dict.fromkeys(make.QWEN_SPECIAL),
        "<tool_call>": b"<tool_call>",
        "</tool_call>": b"</tool_call>",
    }


def test_a_large_vocabulary_survives_pickling() -> None:
    pytest.importorskip("dashscope")
    info = TokenizerInfo.from_huggingface(make.qwen_tokenizer())
    copy = pickle.loads(pickle.dumps(info))
    assert copy.vocab_size == info.vocab_size
    assert copy.stop_token_ids == info.stop_token_ids
    assert [copy.token_bytes(i) for i in range(0, info.vocab_size, 997)] == [
        info.token_bytes(i) for i in range(0, info.vocab_size, 997)
    ]


def test_a_large_vocabulary_takes_at_most_25_megabytes() -> None:
    pytest.importorskip("dashscope")
    info = TokenizerInfo.from_huggingface(make.qwen_tokenizer(), vocab_size=make.QWEN_LOGITS)
    python_side = sum(len(info.token_bytes(i) or b"") for i in range(info.vocab_size)) + 8 * info.vocab_size
    assert info.native.nbytes + python_side < 25_000_000


@pytest.mark.parametrize(
    "tokens",
    [
        [b"abcdefgh", b"abcdefghi", b"abcdefgh\x00", b"abcdefg", b"abcdefgg\xff", b"abcdefgh"],  # alike for eight bytes
        [b"\x00", b"\x00\x00", b"a\x00", b"a", b"\xff\xff", b"\xff"],
        [b"a" * length for length in range(1, 80)],
    ],
    ids=["long", "zeros", "longer and longer"],
)
def test_a_mask_holds_the_tokens_that_begin_the_text(tokens: list[bytes]) -> None:
    info = TokenizerInfo.from_bytes([*tokens, b"<end>"], stop_token_ids=len(tokens))
    for text in {token + rest for token in tokens for rest in (b"", b"h", b"\x00")}:
        try:
            literal = text.decode()
        except UnicodeDecodeError:
            continue
        matcher = fcformat.GrammarMatcher(fcformat.GrammarCompiler(info).compile_grammar(grammar.literal(literal)))
        mask = np.zeros((1, (info.vocab_size + 31) // 32), dtype=np.int32)
        matcher.fill_next_token_bitmask(mask)
        bits = np.unpackbits(mask.view(np.uint8), bitorder="little")[: len(tokens)]
        assert [i for i, bit in enumerate(bits) if bit] == [
            i for i, token in enumerate(tokens) if text.startswith(token)
        ]


@pytest.mark.parametrize("bound", [1, 5, 62, 63, 64, 65, 79, 80, 200])
def test_a_bounded_string_takes_tokens_of_at_most_that_length(bound: int) -> None:
    tokens = [b'"', *(b"a" * length for length in range(1, 80)), "é".encode() * 40]
    info = TokenizerInfo.from_bytes([*tokens, b"<end>"], stop_token_ids=len(tokens))
    schema = {"type": "string", "maxLength": bound}
    matcher = fcformat.GrammarMatcher(fcformat.GrammarCompiler(info).compile_json_schema(schema))
    assert matcher.accept_token(0)
    mask = np.zeros((1, (info.vocab_size + 31) // 32), dtype=np.int32)
    matcher.fill_next_token_bitmask(mask)
    bits = np.unpackbits(mask.view(np.uint8), bitorder="little")[: len(tokens)]
    assert [bool(bit) for bit in bits] == [len(token.decode()) <= bound for token in tokens]
