"""The engine behind a few short names: a matcher for a schema, does it accept a text, which tokens does its mask allow."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np

import fcformat
from fcformat import GrammarCompiler, GrammarMatcher, JSONStyle, TokenizerInfo

# Single bytes first, so that a token id below 256 is its byte. Then tokens that span the structure of JSON, words, numbers, halves of
# characters and of escapes, and two spellings of the same bytes under different ids.
SINGLE_BYTES: tuple[bytes, ...] = tuple(bytes([byte]) for byte in range(256))
MIXED: tuple[bytes, ...] = (
    *SINGLE_BYTES,
    *(
        b'"}',
        b'",',
        b'":',
        b'": "',
        b'", "',
        b'"]',
        b'{"',
        b'["',
        b"[[",
        b"]]",
        b"}}",
        b"},",
        b"],",
        b": ",
        b", ",
        b"{}",
        b"[]",
        b'""',
    ),
    *(b"true", b"false", b"null", b"tr", b"ue", b" true", b'{"a":', b'"a"', b'{"a": ', b'"b":', b'a":'),
    *(b"10", b"00", b"12", b"-1", b"0.", b".5", b"1e", b"1.0", b"123456789", b"e+1", b"0}", b"1]", b"1,", b"0.0"),
    *(
        b"ab",
        b"abc",
        b"aaaa",
        b"bcd",
        b"hello world",
        b" a",
        b"  ",
        b"\n",
        b"\n  ",
        b" \t",
        b"aa",
        b"\\u",
        b"\\u0",
        b"\\n",
        b'\\"',
        b"\\\\",
    ),
    *(b"\\ud8", b"\\ud83d", b"\\ude00", b"3d\\u", b"00", b"0061", b"u0061", b'\\"}', b"a\\", b'"a", "b"'),
    *(
        "é".encode(),
        "é".encode()[:1],
        "😀".encode(),
        "😀".encode()[:2],
        "😀".encode()[2:],
        "天气".encode(),
        "天".encode()[1:] + b'"',
    ),
    *(b"\xff\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x00a", b'"\x1f'),
)
STOP = "<stop>"


@lru_cache(maxsize=8)
def compiler(vocabulary: tuple[bytes, ...], resources: str | None = None) -> GrammarCompiler:
    """A compiler for the vocabulary and one stop token after it; `resources`: further schemas, as the JSON text of a mapping."""
    stop = len(vocabulary)
    info = TokenizerInfo.from_bytes([*vocabulary, None], control_tokens={stop: STOP}, stop_token_ids=[stop])
    return GrammarCompiler(info, resources=json.loads(resources) if resources is not None else None)


def compiled(schema: Any, style: JSONStyle | None = None, vocabulary: tuple[bytes, ...] = SINGLE_BYTES) -> Any:
    """The compiled grammar of a schema (a value, or its JSON text) over the vocabulary, whose last id is the stop token."""
    return compiler(vocabulary).compile_json_schema(schema if isinstance(schema, str) else json.dumps(schema), style)


def matcher(
    schema: Any, style: JSONStyle | None = None, vocabulary: tuple[bytes, ...] = SINGLE_BYTES
) -> GrammarMatcher:
    """A fresh matcher for a schema over the vocabulary, whose last id is the stop token."""
    return GrammarMatcher(compiled(schema, style, vocabulary))


def accepts_from_start(grammar: Any, text: str | bytes) -> bool:
    """Whether a compiled grammar accepts the whole text."""
    fresh = GrammarMatcher(grammar)
    return bool(fresh.accept_string(text) and fresh.can_terminate())


def accepts(schema: Any, text: str | bytes, style: JSONStyle | None = None) -> bool:
    """Whether the engine accepts the whole text as a value of the schema."""
    return accepts_from_start(compiled(schema, style), text)


def allowed(state: GrammarMatcher, vocabulary: tuple[bytes, ...] = SINGLE_BYTES) -> set[int]:
    """The ids that the matcher's mask allows; `len(vocabulary)` is the stop token."""
    size = len(vocabulary) + 1
    bitmask = fcformat.allocate_token_bitmask(1, size)
    if not state.fill_next_token_bitmask(bitmask, 0):
        return set(range(size))
    words = np.asarray(bitmask).reshape(-1).view(np.uint8)
    return set(np.flatnonzero(np.unpackbits(words, bitorder="little")).tolist())
