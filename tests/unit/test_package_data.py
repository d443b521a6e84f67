"""The vocabulary that the package ships."""

from __future__ import annotations

from tokenizers import Tokenizer

from fcformat.data import DEMO_STOP_TOKENS, DEMO_TOKENIZER, demo_vocabulary

SAMPLES = (
    "10月27日北京天气怎么样",
    '{"name": "get_current_weather", "arguments": {"location": "北京", "time": "2023-10-27"}}',
    "".join(map(chr, range(32))) + "\u00e9\u2028\U0001f600",
)


def test_it_is_small() -> None:
    assert DEMO_TOKENIZER.stat().st_size <= 200_000
    assert len(demo_vocabulary()[0]) == 4096


def test_every_byte_is_a_token() -> None:
    assert {bytes([byte]) for byte in range(256)} <= set(demo_vocabulary()[0])


def test_no_two_tokens_have_the_same_bytes() -> None:
    spelled = [token for token in demo_vocabulary()[0] if token is not None]
    assert len(spelled) == len(set(spelled))


def test_the_formats_control_tokens_are_there() -> None:
    tokens, control_tokens, stop_token_ids = demo_vocabulary()
    spellings = set(control_tokens.values())
    assert {"<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "[gMASK]", "sop", "<|assistant|>"} <= spellings
    assert {control_tokens[token] for token in stop_token_ids} == set(DEMO_STOP_TOKENS)
    for token, text in control_tokens.items():
        assert tokens[token] == (text.encode() if "tool_call" in text else None)


def test_its_bytes_are_what_the_tokenizers_library_decodes() -> None:
    tokens = demo_vocabulary()[0]
    tokenizer = Tokenizer.from_file(str(DEMO_TOKENIZER))
    for text in SAMPLES:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert b"".join(tokens[token] or b"" for token in ids) == text.encode()
        assert tokenizer.decode(ids, skip_special_tokens=False) == text


def test_a_word_that_holds_a_control_token_stays_a_word() -> None:
    tokenizer = Tokenizer.from_file(str(DEMO_TOKENIZER))
    assert "sop" not in tokenizer.encode("philosophy", add_special_tokens=False).tokens
    assert tokenizer.encode("[gMASK]sop", add_special_tokens=False).tokens == ["[gMASK]", "sop"]
