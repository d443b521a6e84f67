"""Keys that a schema does not name: none comes twice, whatever the tokens, and masks say so."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from fcformat import GrammarCompiler, GrammarMatcher, JSONStyle, TokenizerInfo
from fcformat.grammar import schema_value

# Keys whole and in pieces, with escapes, with several keys in one token.
PIECES = [bytes([byte]) for byte in range(0x20, 0x7F)] + [
    b'ab"', b'b"', b'"ab"', b'{"ab"', b',"ab":', b'"ab":1,"', b'b":1,"b', b'":1,"ab":2', b'","ab":"', b'"ab":{"ab":1},"ab"',
    b"\\u0061", b'\\u0061b"', b"\\u00", b'61b"', b'b":"","', b'":{},"', b"\xc3", b"\xa9", b"\xc3\xa9", b'\xa9"', b'\xc3\xa9"',
    b'"":', b'","":1', b'{"":', b'c":[],"ab":', b'\\\\"',
]  # fmt: skip
SCHEMAS: dict[str, Any] = {
    "anything": True,
    "additional": {"type": "object", "additionalProperties": {"type": "integer"}, "properties": {"abc": {}, "x": {}}},
    "pattern": {"type": "object", "patternProperties": {"^a": True, "^b[0-9]?$": True}, "additionalProperties": False},
    "counted": {"type": "object", "minProperties": 2, "maxProperties": 3},
    "contains": {"type": "object", "propertyNames": {"maxLength": 3}},
    "unique": {"type": "array", "uniqueItems": True},
}
TEXTS = [
    '{"ab":1,"',
    '{"ab":1,"a',
    '{"ab":1,"\\u0061',
    '{"ab":1,"\\u00',
    '{"ab":1,"ac":2,"a',
    '{"é":1,"',
    '{"é":1,"\\u00',
    '{"":1',
    '{"ab":{"ab":1',
    '{"a\\\\":1,"a',
    '[{"ab":1},{"',
    '[{"ab":1},{"a',
    '{"abc":1,"ab":2,"a',
    '{"b1":1,"b',
]


@pytest.fixture(scope="module")
def info() -> TokenizerInfo:
    return TokenizerInfo.from_bytes([*PIECES, b"</s>"], stop_token_ids=len(PIECES))


def allowed(matcher: GrammarMatcher) -> set[int]:
    mask = np.zeros((1, (matcher.vocab_size + 31) // 32), dtype=np.int32)
    matcher.fill_next_token_bitmask(mask)
    bits = np.unpackbits(mask.view(np.uint8), bitorder="little")
    return set(np.flatnonzero(bits[: matcher.vocab_size]).tolist())


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("cache_bytes", [1 << 20, 0])
@pytest.mark.parametrize("first", [0, 5])
def test_masks_know_the_keys_that_were_used(info: TokenizerInfo, name: str, cache_bytes: int, first: int) -> None:
    compiler = GrammarCompiler(info, limits={"mask_cache_bytes": cache_bytes})
    grammar = compiler.compile_json_schema(SCHEMAS[name], JSONStyle(whitespace="compact"))
    for text in TEXTS[first:] + TEXTS[:first]:
        for byte_matcher in (GrammarMatcher(grammar), GrammarMatcher(grammar)):
            if not all(byte_matcher.accept_string(part) for part in (text[: len(text) // 2], text[len(text) // 2 :])):
                continue
            taken = {token for token in range(len(PIECES)) if byte_matcher.fork().accept_token(token)}
            bits = allowed(byte_matcher)
            assert bits - {len(PIECES)} == taken, text
            assert (len(PIECES) in bits) == byte_matcher.can_terminate()


@pytest.mark.parametrize(
    "text", ['{"ab":1,"ab":', '{"ab":1,"\\u0061b":', '{"":1,"":', '{"a":{},"b":[],"a":', '{"x":{"k":1,"k":']
)
def test_a_free_key_cannot_come_twice(info: TokenizerInfo, text: str) -> None:
    matcher = GrammarMatcher(GrammarCompiler(info).compile_json_schema(True))
    assert not matcher.accept_string(text)
    assert not all(matcher.accept_string(char) for char in text)


def test_two_thousand_free_keys_leave_little_behind(info: TokenizerInfo) -> None:
    grammar = GrammarCompiler(info).compile_json_schema(True)
    matcher = GrammarMatcher(grammar)
    assert matcher.accept_string("{" + ",".join(f'"key {number}":1' for number in range(2000)))
    assert not matcher.fork().accept_string(',"key 7"')
    assert matcher.accept_string(',"key 2000":1}')
    assert grammar.nbytes < 3_000_000


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("seed", range(4))
def test_masks_know_many_used_keys(quote: str, seed: int) -> None:
    """Keys that begin alike, one inside the other, with the other quote or with characters that stand in two tokens."""
    random = Random(seed)
    parts = ["a", "b", "ab", "é", "aé", "'" if quote == '"' else '"', "字"]
    pieces = [part.encode() for part in parts] + [
        b"\xc3",
        b"\xa9",
        b"\xe5",
        b"\xad\x97",
        b"\xe5\xad",
        b"\x97",
        b"\\",
        b"n",
        b":",
        b"1",
    ]
    pieces += [
        part.encode() + (quote + after).encode() for part in ["", *parts, "a字", "bb"] for after in ("", ":", ":1")
    ]
    pieces += [end + quote.encode() for end in (b"\xa9", b"\x97", b"\xad\x97", b"\xa9b", b"\\n")]
    pieces = list(dict.fromkeys(pieces))
    info = TokenizerInfo.from_bytes([*pieces, b"</s>"], stop_token_ids=len(pieces))
    value = schema_value(True, "python" if quote == "'" else "json", JSONStyle(whitespace="compact"))
    grammar = GrammarCompiler(info).compile_grammar(value)
    keys = dict.fromkeys("".join(random.choices(parts, k=random.randint(0, 4))) for _ in range(60))
    matcher = GrammarMatcher(grammar)
    assert matcher.accept_string("{" + ",".join(f"{quote}{key}{quote}:1" for key in keys))
    for _ in range(25):
        begun = matcher.fork()
        assert begun.accept_string("," + quote)
        key = random.choice(list(keys)).encode()
        for _ in range(3):
            taken = {token for token in range(len(pieces)) if begun.fork().accept_token(token)}
            assert allowed(begun) - {len(pieces)} == taken, key
            token = random.choice(
                [place for place, piece in enumerate(pieces) if piece and key.startswith(piece)] or [0]
            )
            if not begun.accept_token(token):
                break
            key = key.removeprefix(pieces[token])
