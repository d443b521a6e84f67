"""Reading tokenizers of all supported kinds into one plain form: bytes by id, control tokens, end tokens, a way to encode.

Tokenizers are recognised by what they have (a `tokenizers` backend, a SentencePiece model, tiktoken ranks), not by class name, so
that tokenizers whose code comes with a model work like the library's own. Nothing here imports `transformers`, `tokenizers`,
`sentencepiece` or `tiktoken`: whoever has such a tokenizer has its library. `TokenizerInfo` checks and keeps what is read here.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fcformat.decoding.tokenizer_bytes import (
    BYTE_LEVEL_ALPHABET,
    EXPECTED,
    Spelling,
    byte_level,
    pieces,
    spelling_of_components,
)
from fcformat.errors import TokenizerError

__all__ = ["ReadVocabulary", "read_tokenizer", "text_encoder"]


@dataclasses.dataclass(slots=True)
class ReadVocabulary:
    """What was read from a tokenizer.

    Attributes:
        name: The tokenizer's class, and its model's name where it has one; for errors.
        tokens: Bytes by id; None where an id is a special token or unused.
        control_tokens: The text of every special or added token, by id.
        stop_token_ids: The end tokens that the tokenizer itself names.
        unknown_ids: Ids that stand for text the vocabulary cannot express.
        encode: Text to ids, without special tokens.
        expected: The bytes that an encoded text is to come back as (its normalised form), up to one leading space.
    """

    name: str
    tokens: list[bytes | None]
    control_tokens: dict[int, str]
    stop_token_ids: tuple[int, ...]
    unknown_ids: frozenset[int]
    encode: Callable[[str], Sequence[int]]
    expected: Callable[[str], bytes]


def read_tokenizer(tokenizer: Any) -> ReadVocabulary:
    """Read a tokenizer of transformers, tokenizers or tiktoken.

    Raises:
        TokenizerError: It is of none of the supported kinds.
    """
    backend = _backend(tokenizer)
    if backend is not None:
        return _read_fast(tokenizer, backend)
    for owner in _owners(tokenizer):
        if callable(getattr(owner, "decode_single_token_bytes", None)) or _ranks(owner) is not None:
            return _read_tiktoken(tokenizer, owner)
    for owner in _owners(tokenizer):
        if getattr(owner, "sp_model", None) is not None:
            return _read_sentencepiece(tokenizer, owner)
    if getattr(tokenizer, "byte_decoder", None) == BYTE_LEVEL_ALPHABET and hasattr(tokenizer, "get_vocab"):
        return _read_python(tokenizer, byte_level)
    raise TokenizerError(f"{_name(tokenizer)}: found no known way to its tokens' bytes; {EXPECTED}")


def text_encoder(tokenizer: Any) -> Callable[[str], Sequence[int]]:
    """How a tokenizer turns text into ids, without special tokens before and after it."""
    backend = _backend(tokenizer)
    if backend is not None:
        return lambda text: list(backend.encode(text, add_special_tokens=False).ids)
    for owner in _owners(tokenizer):
        ordinary = getattr(owner, "encode_ordinary", None)
        if callable(ordinary):
            return ordinary  # type: ignore[no-any-return]
    return _encoder(tokenizer)


def _name(tokenizer: Any) -> str:
    kind = type(tokenizer).__name__
    path = getattr(tokenizer, "name_or_path", None) or getattr(tokenizer, "name", None)
    return f"tokenizer {kind} of {path!r}" if isinstance(path, str) and path else f"tokenizer {kind}"


def _backend(tokenizer: Any) -> Any:
    """The `tokenizers.Tokenizer` inside a fast tokenizer, or the object itself if it is one."""
    for candidate in (getattr(tokenizer, "backend_tokenizer", None), getattr(tokenizer, "_tokenizer", None), tokenizer):
        if all(
            hasattr(candidate, part) for part in ("decoder", "pre_tokenizer", "get_vocab", "get_added_tokens_decoder")
        ):
            return candidate
    return None


def _owners(tokenizer: Any) -> Iterator[Any]:
    """The places where tokenizers that come with a model keep what they wrap."""
    yield tokenizer
    for attribute in ("tokenizer", "model", "encoding", "encoder"):
        inner = getattr(tokenizer, attribute, None)
        if inner is not None and not callable(inner):
            yield inner


def _ids(value: Any) -> tuple[int, ...]:
    """An id, several, or none, as a tuple."""
    if value is None:
        return ()
    if isinstance(value, Iterable):
        return tuple(int(item) for item in value)
    return (int(value),)


def _stop_ids(tokenizer: Any) -> tuple[int, ...]:
    """`eos_token_id`; where that is not set, the names that Qwen 1's tokenizer has for its ends."""
    found = _ids(getattr(tokenizer, "eos_token_id", None))
    return found or tuple(i for name in ("eod_id", "im_end_id") for i in _ids(getattr(tokenizer, name, None)))


def _special_ids(tokenizer: Any) -> set[int]:
    return {i for i in _ids(getattr(tokenizer, "all_special_ids", None)) if i >= 0}


def _by_id(vocabulary: Mapping[str, int]) -> list[str]:
    """Token strings in the order of their ids, the empty string where an id is unused."""
    names = [""] * (max(vocabulary.values(), default=-1) + 1)
    for text, token_id in vocabulary.items():
        names[token_id] = text
    return names


def _spelled(names: Sequence[str], spell: Spelling) -> list[bytes | None]:
    return [token or None for token in spell(names)]


def _encoder(tokenizer: Any) -> Callable[[str], Sequence[int]]:
    def encode(text: str) -> Sequence[int]:
        ids: Sequence[int] = tokenizer.encode(text, add_special_tokens=False)
        return ids

    return encode


def _mark(tokens: list[bytes | None], control: dict[int, str], token_id: int, text: str, data: bytes | None) -> None:
    """Enter a control token; its bytes are None where it is special, so that no text can ever match it."""
    if token_id >= len(tokens):
        tokens.extend([None] * (token_id + 1 - len(tokens)))
    tokens[token_id] = data
    control[token_id] = text


def _read_fast(tokenizer: Any, backend: Any) -> ReadVocabulary:
    name = _name(tokenizer)
    _, spell = spelling_of_components(backend.decoder, backend.pre_tokenizer, name)
    names = _by_id(backend.get_vocab())
    tokens = _spelled(names, spell)
    control: dict[int, str] = {}
    special_ids = _special_ids(tokenizer)
    model = backend.model
    for token_id, added in backend.get_added_tokens_decoder().items():
        text = added.content
        if added.special or token_id in special_ids:
            _mark(tokens, control, token_id, text, None)
        elif model.id_to_token(token_id) is None:
            _mark(
                tokens, control, token_id, text, text.encode()
            )  # matched in the text as it is, not spelled by the model
        else:
            control[token_id] = text
    for token_id in special_ids - control.keys():
        if token_id < len(names):
            _mark(tokens, control, token_id, names[token_id], None)
    unknown = getattr(model, "unk_token", None)
    unknown_ids = {names.index(unknown)} if unknown in names else set()
    if isinstance(unknown, str) and unknown_ids - control.keys():
        _mark(tokens, control, names.index(unknown), unknown, None)
    normalizer = backend.normalizer
    return ReadVocabulary(
        name=name,
        tokens=tokens,
        control_tokens=control,
        stop_token_ids=_stop_ids(tokenizer),
        unknown_ids=frozenset(unknown_ids | set(_ids(getattr(tokenizer, "unk_token_id", None)))),
        encode=lambda text: backend.encode(text, add_special_tokens=False).ids,
        expected=lambda text: _normalised(text, normalizer, spell),
    )


def _normalised(text: str, normalizer: Any, spell: Spelling) -> bytes:
    if normalizer is None:
        return text.encode()
    normal = normalizer.normalize_str(text)
    # Some normalizers already write spaces as U+2581. A byte-level vocabulary's normalizer leaves text as text.
    return normal.encode() if spell is byte_level else spell([normal])[0]


def _ranks(owner: Any) -> Mapping[bytes, int] | None:
    for candidate in (getattr(owner, "mergeable_ranks", None), owner):
        if isinstance(candidate, Mapping) and isinstance(next(iter(candidate), None), bytes):
            return candidate
    return None


def _tiktoken_bytes(owner: Any) -> dict[int, bytes]:
    ranks = _ranks(owner)
    if ranks is not None:
        return {token_id: data for data, token_id in ranks.items()}
    found: dict[int, bytes] = {}
    for token_id in range(owner.n_vocab):
        try:
            found[token_id] = owner.decode_single_token_bytes(token_id)
        except KeyError:  # an id between the ordinary and the special tokens that stands for nothing
            continue
    return found


def _named_specials(tokenizer: Any) -> dict[int, str]:
    """The special tokens that a tokenizer with code of its own keeps in a dictionary from text to id, innermost names first."""
    found: dict[int, str] = {}
    for holder in reversed(list(_owners(tokenizer))):
        table = getattr(holder, "special_tokens", None)
        if isinstance(table, Mapping):
            for text, token_id in table.items():
                if isinstance(text, str) and isinstance(token_id, int) and token_id >= 0:
                    found.setdefault(token_id, text)
    return found


def _mark_added(tokenizer: Any, tokens: list[bytes | None], control: dict[int, str]) -> None:
    """Enter the special and added tokens of a slow tokenizer."""
    for token_id, text in _named_specials(tokenizer).items():
        if token_id not in control:
            _mark(tokens, control, token_id, text, None)
    special_ids = _special_ids(tokenizer)
    for token_id, added in dict(getattr(tokenizer, "added_tokens_decoder", {})).items():
        text = str(added)
        special = getattr(added, "special", True) or token_id in special_ids
        _mark(tokens, control, token_id, control.get(token_id, text), None if special else text.encode())
    for token_id in sorted(special_ids - control.keys()):
        _mark(tokens, control, token_id, str(tokenizer.convert_ids_to_tokens(token_id)), None)


def _read_tiktoken(tokenizer: Any, owner: Any) -> ReadVocabulary:
    by_id = _tiktoken_bytes(owner)
    tokens: list[bytes | None] = [None] * (max(by_id, default=-1) + 1)
    for token_id, data in by_id.items():
        tokens[token_id] = data or None
    control: dict[int, str] = {}
    for text in getattr(owner, "special_tokens_set", ()):
        _mark(tokens, control, owner.encode_single_token(text), text, None)
    _mark_added(tokenizer, tokens, control)
    stop_ids = _stop_ids(tokenizer)
    if not stop_ids and "<|endoftext|>" in getattr(owner, "special_tokens_set", ()):
        stop_ids = _ids(owner.eot_token)
    ordinary = getattr(tokenizer, "encode_ordinary", None)
    return ReadVocabulary(
        name=_name(tokenizer),
        tokens=tokens,
        control_tokens=control,
        stop_token_ids=stop_ids,
        unknown_ids=frozenset(),
        encode=ordinary if callable(ordinary) else _encoder(tokenizer),
        expected=str.encode,
    )


def _read_sentencepiece(tokenizer: Any, owner: Any) -> ReadVocabulary:
    name = _name(tokenizer)
    model = owner.sp_model
    indices = list(range(model.get_piece_size()))
    texts: list[str] = model.id_to_piece(indices)
    apart = (model.is_control(indices), model.is_unknown(indices), model.is_unused(indices))
    ordinary = [not any(kinds) for kinds in zip(*apart, strict=True)]
    offset = _id_offset(tokenizer.get_vocab(), texts, ordinary, name)
    spelled = pieces([("▁", " ")], byte_fallback=True)(texts)
    is_byte = model.is_byte(indices)
    tokens: list[bytes | None] = [None] * (len(texts) + offset)
    control: dict[int, str] = {}
    for index, text in enumerate(texts):
        token_id = index + offset
        if token_id < 0:
            continue
        if ordinary[index]:
            as_text = text.startswith("<0x") and not is_byte[index]  # only looks like a byte
            tokens[token_id] = (text.replace("▁", " ").encode() if as_text else spelled[index]) or None
        elif model.is_control(index) or model.is_unknown(index):
            control[token_id] = text
    unknown = {model.unk_id() + offset, *_ids(getattr(tokenizer, "unk_token_id", None))}
    _mark_added(tokenizer, tokens, control)
    return ReadVocabulary(
        name=name,
        tokens=tokens,
        control_tokens=control,
        stop_token_ids=_stop_ids(tokenizer),
        unknown_ids=frozenset(unknown),
        encode=_encoder(tokenizer),
        expected=str.encode,
    )


def _id_offset(vocabulary: Mapping[str, int], texts: Sequence[str], ordinary: Sequence[bool], name: str) -> int:
    """By how much the tokenizer's ids exceed the SentencePiece model's (fairseq-style vocabularies put their own tokens first)."""
    shifts = Counter(
        vocabulary[text] - index for index, text in enumerate(texts) if ordinary[index] and text in vocabulary
    )
    if not shifts:
        raise TokenizerError(f"{name}: none of the SentencePiece model's {len(texts)} pieces is in get_vocab()")
    shift, count = shifts.most_common(1)[0]
    if count < 0.99 * sum(shifts.values()):
        raise TokenizerError(
            f"{name}: found ids at {len(shifts)} different distances from the SentencePiece model's, the commonest ({shift}) "
            f"for {count} of {sum(shifts.values())} pieces; expected one distance"
        )
    return shift


def _read_python(tokenizer: Any, spell: Spelling) -> ReadVocabulary:
    tokens = _spelled(_by_id(tokenizer.get_vocab()), spell)
    control: dict[int, str] = {}
    _mark_added(tokenizer, tokens, control)
    return ReadVocabulary(
        name=_name(tokenizer),
        tokens=tokens,
        control_tokens=control,
        stop_token_ids=_stop_ids(tokenizer),
        unknown_ids=frozenset(_ids(getattr(tokenizer, "unk_token_id", None))),
        encode=_encoder(tokenizer),
        expected=str.encode,
    )
