"""What the engine must know of a tokenizer: the exact bytes of every token, which tokens are control tokens, which end a turn.

A `TokenizerInfo` is immutable, cheap to pickle (the native vocabulary is built again on first use) and checked when it is made: a
few texts are encoded, and their tokens' bytes must spell them. It holds no grammar and does no tokenisation of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fcformat.decoding.tokenizer_readers import ReadVocabulary, read_tokenizer
from fcformat.errors import TokenizerError

if TYPE_CHECKING:
    from fcformat import _core

__all__ = ["TokenizerInfo"]

# Everyday text, then what byte-level vocabularies must also give back exactly. No text has characters that normalisers change
# by common rules (compatibility forms, runs of spaces) in the first group.
_PROBES = (
    "Hello world",
    'The 3 quick "brown" foxes: [1, 2]',
    "naïve café, 日本語 and 😀",
    '{"a": [1, -2.5e10, true]}\n\t  "x  y"\r\n',
)
_EVERYDAY = 3


class TokenizerInfo:
    """The vocabulary of a model, as bytes.

    Make one with `from_huggingface` or `from_bytes`. Instances are immutable, shared freely between threads, and picklable.
    """

    __slots__ = (
        "__weakref__",
        "_bounds",
        "_control_tokens",
        "_data",
        "_name",
        "_native",
        "_stop_token_ids",
        "_vocab_size",
    )

    _data: bytes
    _bounds: np.ndarray[Any, np.dtype[np.int64]]
    _vocab_size: int
    _stop_token_ids: tuple[int, ...]
    _control_tokens: Mapping[int, str]
    _name: str
    _native: _core.Vocabulary | None

    def __init__(self) -> None:
        raise TypeError("TokenizerInfo is made by TokenizerInfo.from_huggingface() or TokenizerInfo.from_bytes()")

    @classmethod
    def from_huggingface(
        cls, tokenizer: Any, vocab_size: int | None = None, stop_token_ids: int | Iterable[int] | None = None
    ) -> TokenizerInfo:
        """Read a tokenizer of transformers (fast or slow, also one whose code comes with the model), tokenizers or tiktoken.

        Args:
            tokenizer: The tokenizer. Byte-level BPE, SentencePiece (BPE or Unigram, with or without byte fallback) and
                tiktoken-like tokenizers are understood.
            vocab_size: Width of the model's logits (`model.config.vocab_size`), where it differs from the tokenizer's size. Ids
                past the tokenizer are never allowed; tokens past `vocab_size` do not exist.
            stop_token_ids: The ids that end a turn; by default the tokenizer's `eos_token_id`. Give all of the model's.

        Raises:
            TokenizerError: The tokenizer's decoder is of an unknown or unsuitable kind, its tokens' bytes do not spell what it
                encodes, it names no end token and none is given, or an end token lies outside the vocabulary.
        """
        read = read_tokenizer(tokenizer)
        stops = read.stop_token_ids if stop_token_ids is None else _as_ids(stop_token_ids)
        info = cls._build(read.name, read.tokens, read.control_tokens, stops, vocab_size)
        _verify(read)
        return info

    @classmethod
    def from_bytes(
        cls,
        tokens: Sequence[bytes | None],
        control_tokens: Mapping[int, str] | None = None,
        stop_token_ids: int | Iterable[int] = (),
        vocab_size: int | None = None,
    ) -> TokenizerInfo:
        """Take a vocabulary as it is.

        Args:
            tokens: The bytes of each token by id; None (or empty) for ids that no text may ever use.
            control_tokens: Text of the tokens that are not (only) text, by id. One that also has bytes may be written as
                ordinary text by grammars that do not name it.
            stop_token_ids: The ids that end a turn, at least one.
            vocab_size: Width of the model's logits; by default the number of tokens.

        Raises:
            TokenizerError: No end token is given, or an id lies outside the vocabulary.
        """
        return cls._build(
            "tokenizer from bytes", list(tokens), dict(control_tokens or {}), _as_ids(stop_token_ids), vocab_size
        )

    @classmethod
    def _build(
        cls,
        name: str,
        tokens: list[bytes | None],
        control_tokens: dict[int, str],
        stop_token_ids: tuple[int, ...],
        vocab_size: int | None,
    ) -> TokenizerInfo:
        known = max(len(tokens), max(control_tokens, default=-1) + 1)
        size = known if vocab_size is None else vocab_size
        if size <= 0:
            raise TokenizerError(f"{name}: found a vocabulary of {size} tokens, expected at least one")
        if not stop_token_ids:
            raise TokenizerError(f"{name}: found no end token (eos_token_id is not set), expected stop_token_ids=[...]")
        for token_id in stop_token_ids:
            if not 0 <= token_id < size:
                raise TokenizerError(f"{name}: found the end token {token_id}, expected an id from 0 to {size - 1}")
        kept = tokens[:size]
        controls = {i: text for i, text in sorted(control_tokens.items()) if i < size}
        for token_id in stop_token_ids:
            # Whatever ends the turn can never be part of its text.
            data = kept[token_id] if token_id < len(kept) else None
            controls.setdefault(token_id, (data or b"").decode("utf-8", "replace"))
            if token_id < len(kept):
                kept[token_id] = None
        lengths = np.zeros(size + 1, dtype=np.int64)
        lengths[1 : len(kept) + 1] = [len(token) if token is not None else 0 for token in kept]
        self = object.__new__(cls)
        self._set(b"".join(filter(None, kept)), np.cumsum(lengths), size, stop_token_ids, controls, name)
        return self

    def _set(
        self,
        data: bytes,
        bounds: np.ndarray[Any, np.dtype[np.int64]],
        vocab_size: int,
        stop_token_ids: tuple[int, ...],
        control_tokens: Mapping[int, str],
        name: str,
    ) -> None:
        bounds.flags.writeable = False
        fields = {
            "_data": data,
            "_bounds": bounds,
            "_vocab_size": vocab_size,
            "_stop_token_ids": stop_token_ids,
            "_control_tokens": MappingProxyType(dict(control_tokens)),
            "_name": name,
            "_native": None,
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"TokenizerInfo is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"TokenizerInfo is immutable: cannot delete {name!r}")

    @property
    def vocab_size(self) -> int:
        """Width of the model's logits that this vocabulary describes."""
        return self._vocab_size

    @property
    def stop_token_ids(self) -> tuple[int, ...]:
        """The ids that end a turn."""
        return self._stop_token_ids

    @property
    def control_tokens(self) -> Mapping[int, str]:
        """Text of every special or added token, by id."""
        return self._control_tokens

    @property
    def native(self) -> _core.Vocabulary:
        """The engine's own form of the vocabulary; built on first use, then shared.

        Threads that first use it at once may each build one, and one of them is kept: a lock would be lost in a forked child.
        """
        kept = self._native
        if kept is None:
            from fcformat import _core

            kept = _core.Vocabulary.from_bounds(
                self._data, self._bounds, list(self._stop_token_ids), dict(self._control_tokens)
            )
            if self._native is None:
                object.__setattr__(self, "_native", kept)
        return self._native or kept

    def with_stop_token_ids(self, stop_token_ids: int | Iterable[int]) -> TokenizerInfo:
        """The same vocabulary with other end tokens; what ended a turn before and is a special token stays one.

        Raises:
            TokenizerError: No end token is given, or one lies outside the vocabulary.
        """
        tokens = [self.token_bytes(i) for i in range(self._vocab_size)]
        return self._build(self._name, tokens, dict(self._control_tokens), _as_ids(stop_token_ids), self._vocab_size)

    def token_bytes(self, token_id: int) -> bytes | None:
        """The bytes of a token; None where an id is special, an end token or unused.

        Raises:
            IndexError: The id lies outside the vocabulary.
        """
        if not 0 <= token_id < self._vocab_size:
            raise IndexError(f"token id {token_id} is outside the vocabulary of {self._vocab_size}")
        return self._data[self._bounds[token_id] : self._bounds[token_id + 1]] or None

    def decode(self, token_ids: Iterable[int]) -> bytes:
        """The bytes that a sequence of tokens spells; a special token spells its text, an unused id nothing.

        Raises:
            IndexError: An id lies outside the vocabulary.
        """
        parts = []
        for token_id in token_ids:
            data = self.token_bytes(token_id)
            parts.append(self._control_tokens.get(token_id, "").encode() if data is None else data)
        return b"".join(parts)

    def existing_token_bitmask(self) -> np.ndarray[Any, np.dtype[np.int32]]:
        """A bitmask row, int32 of shape (ceil(vocab_size / 32),), with a bit for each id that stands for anything at all."""
        exists = np.diff(self._bounds) > 0
        exists[list(self._control_tokens)] = True
        padded = np.zeros((self._vocab_size + 31) // 32 * 32, dtype=bool)
        padded[: self._vocab_size] = exists
        return np.packbits(padded, bitorder="little").view("<i4").astype(np.int32)

    def __repr__(self) -> str:
        return (
            f"TokenizerInfo({self._name}, vocab_size={self._vocab_size}, stop_token_ids={list(self._stop_token_ids)}, "
            f"{len(self._control_tokens)} control tokens)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        lengths = np.diff(self._bounds).astype(np.uint32).tobytes()
        return _restore, (
            self._data,
            lengths,
            self._vocab_size,
            self._stop_token_ids,
            dict(self._control_tokens),
            self._name,
        )


def _restore(
    data: bytes,
    lengths: bytes,
    vocab_size: int,
    stop_token_ids: tuple[int, ...],
    control_tokens: dict[int, str],
    name: str,
) -> TokenizerInfo:
    bounds = np.zeros(vocab_size + 1, dtype=np.int64)
    np.cumsum(np.frombuffer(lengths, dtype=np.uint32), out=bounds[1:])
    self = object.__new__(TokenizerInfo)
    self._set(data, bounds, vocab_size, stop_token_ids, control_tokens, name)
    return self


def _as_ids(value: int | Iterable[int]) -> tuple[int, ...]:
    """One id or several as a tuple without repetitions, in the order given."""
    return tuple(dict.fromkeys([value] if isinstance(value, int) else [int(item) for item in value]))


def _verify(read: ReadVocabulary) -> None:
    """Hold the bytes against what the tokenizer does: the tokens of a text must spell it (up to a leading space that it adds)."""
    single = {token[0] for token in read.tokens if token is not None and len(token) == 1}
    compared = 0
    for number, probe in enumerate(_PROBES):
        if number >= _EVERYDAY and len(single) < 128:
            continue  # a vocabulary that cannot spell every byte may also normalise white space
        text = probe
        if not read.unknown_ids:
            # Without an unknown token, what a small vocabulary cannot express is dropped in silence: it is no fair question.
            text = "".join(c for c in probe if single.issuperset(c.encode()))
        ids = read.encode(text)
        if not text or read.unknown_ids.intersection(ids):
            continue
        found = b"".join(_spelled_or_marked(read, token_id) for token_id in ids)
        if found.removeprefix(b" ") != read.expected(text).removeprefix(b" "):
            raise TokenizerError(
                f"{read.name}: its tokens' bytes do not spell what it encodes: found {found!r}, expected {text!r}; is this "
                "tokenizer's decoder complete? TokenizerInfo.from_bytes() takes a vocabulary as a list of bytes"
            )
        compared += 1
    if not compared:
        raise TokenizerError(
            f"{read.name}: found no probe text that it can encode, expected a vocabulary that covers Latin letters"
        )


def _spelled_or_marked(read: ReadVocabulary, token_id: int) -> bytes:
    data = read.tokens[token_id] if token_id < len(read.tokens) else None
    return data if data is not None else f"<token {token_id}>".encode()
