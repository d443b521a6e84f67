"""Escapes of quoted text, and how text is written inside a JSON string.

Both literal readers rest on this: what an escape of a Python string means, and the one spelling that JSON text gets from
here, which is that of `json.dumps(..., ensure_ascii=False)`. Lone surrogates, which no encoding can write, stay escapes.
"""

from __future__ import annotations

import json
import re
import unicodedata

__all__ = ["escape_at", "escapes_at", "joined", "json_inner", "json_string", "unescape"]

_SURROGATE = re.compile("[\ud800-\udfff]")
_SIMPLE = {
    "\\": "\\",
    "'": "'",
    '"': '"',
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\n": "",
}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_HEX = re.compile(r"[0-9a-fA-F]*")
_OCTAL = re.compile(r"[0-7]{1,3}")
_NAMED = re.compile(r"\{([A-Za-z0-9 -]{0,100})(\}?)")


_encode = json.JSONEncoder(ensure_ascii=False).encode


def json_string(text: str) -> str:
    """The text as a JSON string, quotes included."""
    written = _encode(text)
    if not written.isascii() and _SURROGATE.search(written):
        return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", written)
    return written


def json_inner(text: str) -> str:
    """The text as it stands between the quotes of a JSON string."""
    return json_string(text)[1:-1]


# Runs of escapes that are put right all at once: quotes that need no escape in JSON, and escapes that nobody knows, whose
# backslash means itself.
_SINGLE_QUOTES = re.compile(r"""(?:\\'[^"'\\\x00-\x1f\ud800-\udfff]*){1,400}""")
_UNKNOWN = re.compile(r"""(?:\\[^"'\\/abfnrtvxuUN0-7\x00-\x1f\ud800-\udfff][^"'\\\x00-\x1f\ud800-\udfff]*){1,400}""")


def escapes_at(buffer: str, position: int) -> tuple[str, int, bool, int] | None:
    """Reads a run of escaped single quotes, or of escapes that Python does not know, at `position`.

    Returns:
        The run as it stands in a JSON string, where it ends, whether the escapes are known, and how many there are; `None` if no such
        run stands there.
    """
    quotes = _SINGLE_QUOTES.match(buffer, position)
    if quotes is not None:
        return quotes.group().replace("\\'", "'"), quotes.end(), True, quotes.group().count("\\")
    unknown = _UNKNOWN.match(buffer, position)
    if unknown is not None:
        return unknown.group().replace("\\", "\\\\"), unknown.end(), False, unknown.group().count("\\")
    return None


def escape_at(buffer: str, position: int, ended: bool) -> tuple[str, int] | None:
    """Reads the escape of a Python string at `position`, where a backslash stands.

    Returns:
        The text that it means and where it ends; `None` if the buffer ends before that is decided. What Python does not
        know as an escape means itself, backslash included, as Python reads it.
    """
    available = len(buffer) - position
    if available < 2:
        return ("\\", position + 1) if ended else None
    letter = buffer[position + 1]
    if letter in _SIMPLE:
        return _SIMPLE[letter], position + 2
    if letter in _HEX_DIGITS:
        size = _HEX_DIGITS[letter]
        match = _HEX.match(buffer, position + 2, position + 2 + size)
        assert match is not None  # the pattern matches the empty text
        digits = match.group()
        if len(digits) == size and int(digits, 16) <= 0x10FFFF:
            return chr(int(digits, 16)), match.end()
        if match.end() == len(buffer) and len(digits) < size and not ended:
            return None
    elif letter == "N":
        named = _NAMED.match(buffer, position + 2)
        if named is not None and named.group(2):
            try:
                return unicodedata.lookup(named.group(1)), named.end()
            except KeyError:
                return "\\N", position + 2
        if not ended and (available == 2 or (named is not None and named.end() == len(buffer))):
            return None
    elif letter in "01234567":
        if available < 4 and not ended and _OCTAL.fullmatch(buffer, position + 1):
            return None
        octal = _OCTAL.match(buffer, position + 1)
        assert octal is not None  # the letter is an octal digit
        return chr(int(octal.group(), 8)), octal.end()
    return "\\" + letter, position + 2


_decode = json.JSONDecoder(strict=False).decode
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")


def unescape(piece: str) -> str:
    """What a piece of a JSON string means; it holds no quote without a backslash, and no half escape but one by itself."""
    if "\\" not in piece or _HALF_ESCAPE.fullmatch(piece):
        return piece
    text: str = _decode(f'"{piece}"')
    return text


def joined(text: str) -> str:
    """The text with surrogate pairs joined; a lone surrogate, which no encoding can write, becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
