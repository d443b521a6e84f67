"""How each kind of tokenizer spells bytes: its token strings in, the exact bytes of every token out.

Three spellings are known. Byte-level BPE (GPT-2, Qwen, Llama 3) writes each byte as one printable character. SentencePiece and
Metaspace vocabularies write a space as U+2581 and, with byte fallback, single bytes as `<0x0A>`. tiktoken-like tokenizers have the
bytes themselves. Which one applies is read from the tokenizer's decoder, never guessed from the looks of the tokens; a decoder
that does not concatenate bytes (WordPiece, CTC, word suffixes) is refused. This module knows neither grammars nor the engine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from fcformat.errors import TokenizerError

__all__ = ["Spelling", "byte_level", "pieces", "spelling_of_components"]

EXPECTED = (
    "expected a byte-level decoder (GPT-2, Qwen, Llama 3), a SentencePiece decoder (Replace or Metaspace, with or without "
    "ByteFallback), a slow SentencePiece tokenizer, or a tiktoken-like tokenizer; TokenizerInfo.from_bytes() takes any other "
    "vocabulary as a list of bytes"
)

Spelling = Callable[[Sequence[str]], list[bytes]]
"""Turns token strings into their bytes, one for one."""


def _byte_level_alphabet() -> dict[str, int]:
    """The character that stands for each byte: itself where it is printable Latin-1, else the next one from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet = {chr(byte): byte for byte in printable}
    for number, byte in enumerate(sorted(set(range(256)) - set(printable))):
        alphabet[chr(0x100 + number)] = byte
    return alphabet


BYTE_LEVEL_ALPHABET: Mapping[str, int] = _byte_level_alphabet()
_ALPHABET_END = 0x200
_NOT_A_BYTE = 256


def _lookup_table() -> np.ndarray[Any, np.dtype[np.uint16]]:
    table = np.full(_ALPHABET_END + 1, _NOT_A_BYTE, dtype=np.uint16)
    for character, byte in BYTE_LEVEL_ALPHABET.items():
        table[ord(character)] = byte
    return table


def byte_level(tokens: Sequence[str]) -> list[bytes]:
    """The bytes of byte-level BPE tokens.

    A token with a character outside the alphabet stands for its own text, as in the decoder of the `tokenizers` library. All
    tokens go through one table look-up together, which is what makes a vocabulary of 150,000 a matter of milliseconds.
    """
    joined = "".join(tokens)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    values = _lookup_table()[np.minimum(codes, _ALPHABET_END)]
    ends = np.cumsum(np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens)))
    blob = values.astype(np.uint8).tobytes()
    bounds = [0, *ends.tolist()]
    result = [blob[start:end] for start, end in pairwise(bounds)]
    foreign = np.flatnonzero(values == _NOT_A_BYTE)
    for index in np.unique(np.searchsorted(ends, foreign, side="right")).tolist():
        result[index] = tokens[index].encode("utf-8", "surrogatepass")
    return result


_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def pieces(replacements: Iterable[tuple[str, str]], byte_fallback: bool) -> Spelling:
    """The spelling of SentencePiece-like vocabularies.

    Args:
        replacements: Pairs (found, put in its place), applied to each token in order.
        byte_fallback: Whether a token `<0xHH>` is that byte.
    """
    pairs = tuple(replacements)

    def spell(tokens: Sequence[str]) -> list[bytes]:
        result = []
        for token in tokens:
            text = token
            for found, put in pairs:
                text = text.replace(found, put)
            result.append(text.encode("utf-8", "surrogatepass"))
        if byte_fallback:
            for index, token in enumerate(tokens):
                if len(token) == 6 and (match := _BYTE_TOKEN.fullmatch(token)):
                    result[index] = bytes([int(match.group(1), 16)])
        return result

    return spell


def _state(component: Any) -> dict[str, Any] | None:
    """A decoder or pre-tokenizer of the `tokenizers` library as its JSON description, without the vocabulary beside it."""
    if component is None:
        return None
    described = json.loads(component.__getstate__())
    return described if isinstance(described, dict) else None


def _flatten(state: Mapping[str, Any] | None, key: str) -> list[Mapping[str, Any]]:
    """The parts of a component in order; sequences may be nested."""
    parts: list[Mapping[str, Any]] = []
    pending = [state] if state is not None else []
    while pending:
        part = pending.pop(0)
        if part.get("type") == "Sequence":
            pending = [*part.get(key, ()), *pending]
        else:
            parts.append(part)
    return parts


def spelling_of_components(decoder: Any, pre_tokenizer: Any, name: str) -> tuple[str, Spelling]:
    """The kind and the spelling that a fast tokenizer's decoder describes.

    Args:
        decoder: `tokenizers.decoders.Decoder` or None.
        pre_tokenizer: `tokenizers.pre_tokenizers.PreTokenizer` or None; it decides where there is no decoder.
        name: The tokenizer's name, for the error.

    Returns:
        `("byte-level" | "sentencepiece", spelling)`.

    Raises:
        TokenizerError: The decoder is of another kind, or there is none and the pre-tokenizer is not byte-level either.
    """
    parts = _flatten(_state(decoder), "decoders")
    kinds = [str(part.get("type")) for part in parts]
    if not parts:
        before = [str(part.get("type")) for part in _flatten(_state(pre_tokenizer), "pretokenizers")]
        if "ByteLevel" in before:
            return "byte-level", byte_level
        raise TokenizerError(f"{name}: found no decoder and the pre-tokenizer {_listing(before)}; {EXPECTED}")
    if "ByteLevel" in kinds and set(kinds) <= {"ByteLevel", "Fuse"}:
        return "byte-level", byte_level
    return "sentencepiece", _sentencepiece_spelling(parts, kinds, name)


def _sentencepiece_spelling(parts: Sequence[Mapping[str, Any]], kinds: Sequence[str], name: str) -> Spelling:
    replacements: list[tuple[str, str]] = []
    fused = False
    for position, part in enumerate(parts):
        kind = kinds[position]
        if kind == "Replace" and isinstance(part.get("pattern"), Mapping) and "String" in part["pattern"] and not fused:
            replacements.append((str(part["pattern"]["String"]), str(part.get("content", ""))))
        elif kind == "Metaspace" and not fused:
            replacements.append((str(part.get("replacement", "▁")), " "))
        elif kind == "Fuse":
            fused = True
        elif kind == "ByteFallback" or (kind == "Strip" and fused):
            continue  # byte tokens are seen below; a strip of the fused text concerns its first token only, never what comes later
        else:
            raise TokenizerError(f"{name}: found {kind} in the decoder {_listing(kinds)}; {EXPECTED}")
    if not replacements:
        raise TokenizerError(
            f"{name}: found the decoder {_listing(kinds)}, which does not say how a space is written; {EXPECTED}"
        )
    return pieces(replacements, "ByteFallback" in kinds)


def _listing(kinds: Sequence[str]) -> str:
    return "[" + ", ".join(kinds) + "]"
