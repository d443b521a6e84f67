"""Which texts, and which beginnings of texts, a schema and a style allow: the meaning of the engine in a few lines.

`accepts` is exact. `is_viable` and `accepted_texts` walk a small alphabet up to a length, so they are exact only for schemas whose
values are that small; the tests that use them choose such schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fcformat.json_style import JSONStyle
from oracle.judge import is_valid
from oracle.reader import Malformed, Number, Unfinished, read


def accepts(schema: Any, text: bytes, style: JSONStyle | None = None) -> bool:
    """Whether `text` spells, in `style`, a value that is valid against `schema`.

    A number that the schema wants to be an integer must be spelled as one under `integer_spelling="plain"`: the value has to
    be valid as it is, and also if 1.0 were no integer.

    Raises:
        ValueError: The style fixes the order of properties, which this oracle does not judge.
        BeyondOracle: Too deep, or a long exponent.
    """
    style = style if style is not None else JSONStyle()
    if style.property_order != "any":
        raise ValueError(f"property_order: found {style.property_order!r}, the oracle judges 'any' alone")
    try:
        value = read(text, style)
    except (Malformed, Unfinished):
        return False
    return is_valid(schema, value) and (
        style.integer_spelling == "any" or is_valid(schema, value, spelled_integers=True)
    )


def expected(schema: Any, text: bytes, style: JSONStyle | None = None) -> bool | None:
    """What the engine must say: as `accepts`, or None where it may say either.

    Which exponents may be written is left to the engine, as long as it takes no wrong number: every number can be written without.
    So is 1.0 for 1, where integers are plain digits: whether a number must be an integer is not always said by `type`.
    """
    style = style if style is not None else JSONStyle()
    if not accepts(schema, text, style):
        return False
    return None if _freely_spelled(read(text, style), style) else True


def _freely_spelled(value: Any, style: JSONStyle) -> bool:
    if isinstance(value, Number):
        plain = value.plain or value.denominator != 1 or style.integer_spelling == "any"
        return "e" in value.text.lower() or not plain
    if isinstance(value, dict):
        return any(_freely_spelled(item, style) for item in value.values())
    return isinstance(value, list) and any(_freely_spelled(item, style) for item in value)


def accepted_texts(
    schema: Any, style: JSONStyle | None, alphabet: Sequence[bytes], max_length: int, prefix: bytes = b""
) -> Iterator[bytes]:
    """All accepted texts of `prefix` and pieces of `alphabet`, at most `max_length` pieces, in no useful order."""
    pending = [(prefix, 0)]
    while pending:
        text, length = pending.pop()
        if not could_be_json(text, style if style is not None else JSONStyle()):
            continue
        if accepts(schema, text, style):
            yield text
        if length < max_length:
            pending.extend((text + piece, length + 1) for piece in alphabet)


def is_viable(schema: Any, prefix: bytes, style: JSONStyle | None, alphabet: Sequence[bytes], max_length: int) -> bool:
    """Whether some accepted text begins with `prefix` and goes on with at most `max_length` pieces of `alphabet`."""
    return next(accepted_texts(schema, style, alphabet, max_length, prefix), None) is not None


def could_be_json(text: bytes, style: JSONStyle) -> bool:
    """Whether some JSON value in this style begins with `text`, whatever the schema."""
    try:
        read(text, style)
    except Unfinished:
        return True
    except Malformed:
        return False
    return True
