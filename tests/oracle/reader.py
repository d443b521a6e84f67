"""A strict reader of JSON texts under a `JSONStyle`: RFC 8259, byte by byte, and nothing more lenient than that.

It keeps what `json.loads` throws away: numbers are exact and remember how they were spelled, a key may stand only once
after its escapes are resolved, UTF-8 and surrogate pairs are checked, and white space must be where the style has it.
It also tells a text that went wrong (`Malformed`) from one that merely ends early (`Unfinished`), which is all that one
needs to know about prefixes. It knows nothing of schemas.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from fcformat.json_style import JSONStyle

MAX_DEPTH = 100
MAX_EXPONENT_DIGITS = 5
WHITESPACE = b" \t\n\r"
DIGITS = b"0123456789"
HEX = b"0123456789abcdefABCDEF"
SHORT_ESCAPES = {
    ord('"'): '"',
    ord("\\"): "\\",
    ord("/"): "/",
    ord("b"): "\b",
    ord("f"): "\f",
    ord("n"): "\n",
    ord("r"): "\r",
    ord("t"): "\t",
}
# First byte of a UTF-8 sequence -> length and range of the second byte (The Unicode Standard, table 3-7).
UTF8_LEADS = [
    (0x00, 0x7F, 1, 0, 0),
    (0xC2, 0xDF, 2, 0x80, 0xBF),
    (0xE0, 0xE0, 3, 0xA0, 0xBF),
    (0xE1, 0xEC, 3, 0x80, 0xBF),
    (0xED, 0xED, 3, 0x80, 0x9F),
    (0xEE, 0xEF, 3, 0x80, 0xBF),
    (0xF0, 0xF0, 4, 0x90, 0xBF),
    (0xF1, 0xF3, 4, 0x80, 0xBF),
    (0xF4, 0xF4, 4, 0x80, 0x8F),
]


class Malformed(Exception):
    """No text that begins like this one is a JSON value in this style."""


class Unfinished(Exception):
    """The text ends where more must come, and something may come that makes it a JSON value."""


class BeyondOracle(Exception):
    """The text may be fine, but is deeper or its exponents are longer than this reader cares to follow."""


class Number(Fraction):
    """An exact number that remembers its spelling; `plain`: it was spelled as an integer, `-?(0|[1-9][0-9]*)`."""

    __slots__ = ("plain", "text")
    plain: bool
    text: str

    def __new__(cls, text: str) -> Number:
        self = super().__new__(cls, text)
        self.text = text
        self.plain = text.lstrip("-").isdigit()
        return self

    def __repr__(self) -> str:
        return self.text  # Python refuses to print integers of thousands of digits


def read(text: bytes, style: JSONStyle) -> Any:
    """The value that `text` spells: None, bool, `Number`, str, list or dict.

    Raises:
        Malformed: The text is not a value in this style, whatever follows it.
        Unfinished: The text is a proper prefix of a value in this style.
        BeyondOracle: Too deep, or an exponent of more than five digits.
    """
    reader = _Reader(text, style)
    value = reader.value(0)
    if reader.at < len(text):
        raise Malformed(f"text after the value at byte {reader.at}")
    return value


class _Reader:
    def __init__(self, text: bytes, style: JSONStyle) -> None:
        self.text = text
        self.style = style
        self.at = 0

    # ------------------------------------------------------------------------------------------------------- bytes

    def peek(self) -> int:
        """The next byte, which must exist for the text to be finished."""
        if self.at == len(self.text):
            raise Unfinished
        return self.text[self.at]

    def expect(self, literal: bytes) -> None:
        for byte in literal:
            if self.peek() != byte:
                raise Malformed(f"expected {literal!r} at byte {self.at}")
            self.at += 1

    def gap(self, python: bytes = b"") -> None:
        """The white space between two tokens; `python` is what the python style writes there."""
        if self.style.whitespace == "python":
            self.expect(python)
        elif self.style.whitespace == "flexible":
            start = self.at
            while self.at < len(self.text) and self.text[self.at] in WHITESPACE:
                self.at += 1
            if self.at - start > self.style.max_whitespace:
                raise Malformed(f"more than {self.style.max_whitespace} bytes of white space at byte {start}")

    # ------------------------------------------------------------------------------------------------------ values

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise BeyondOracle(f"deeper than {MAX_DEPTH}")
        first = self.peek()
        if first == ord("{"):
            return self.object(depth)
        if first == ord("["):
            return self.array(depth)
        if first == ord('"'):
            return self.string()
        for literal, value in ((b"true", True), (b"false", False), (b"null", None)):
            if first == literal[0]:
                self.expect(literal)
                return value
        return self.number()

    def object(self, depth: int) -> dict[str, Any]:
        self.expect(b"{")
        members: dict[str, Any] = {}
        self.gap()
        if self.peek() == ord("}"):
            self.at += 1
            return members
        while True:
            key = self.string()
            if key in members:
                raise Malformed(f"second key {key!r} before byte {self.at}")
            self.gap()
            self.expect(b":")
            self.gap(python=b" ")
            members[key] = self.value(depth + 1)
            self.gap()
            if self.peek() == ord("}"):
                self.at += 1
                return members
            self.expect(b",")
            self.gap(python=b" ")

    def array(self, depth: int) -> list[Any]:
        self.expect(b"[")
        items: list[Any] = []
        self.gap()
        if self.peek() == ord("]"):
            self.at += 1
            return items
        while True:
            items.append(self.value(depth + 1))
            self.gap()
            if self.peek() == ord("]"):
                self.at += 1
                return items
            self.expect(b",")
            self.gap(python=b" ")

    # ----------------------------------------------------------------------------------------------------- numbers

    def number(self) -> Number:
        start = self.at
        if self.peek() == ord("-"):
            self.at += 1
        if self.peek() == ord("0"):
            self.at += 1
        else:
            self.digits(self.style.max_digits)
        if self.next_is(b"."):
            self.at += 1
            self.digits(self.style.max_digits)
        if self.next_is(b"eE"):
            self.at += 1
            if self.peek() in b"+-":
                self.at += 1
            self.digits(self.style.max_digits)
            if len(self.text[start : self.at].lower().split(b"e")[1].lstrip(b"+-0")) > MAX_EXPONENT_DIGITS:
                raise BeyondOracle("a long exponent")
        return Number(self.text[start : self.at].decode())

    def next_is(self, bytes_: bytes) -> bool:
        return self.at < len(self.text) and self.text[self.at] in bytes_

    def digits(self, most: int) -> None:
        if self.peek() not in DIGITS:
            raise Malformed(f"expected a digit at byte {self.at}")
        start = self.at
        while self.next_is(DIGITS):
            self.at += 1
        if self.at - start > most:
            raise Malformed(f"more than {most} digits at byte {start}")

    # ----------------------------------------------------------------------------------------------------- strings

    def string(self) -> str:
        self.expect(b'"')
        out: list[str] = []
        while True:
            byte = self.peek()
            if byte == ord('"'):
                self.at += 1
                return "".join(out)
            if byte == ord("\\"):
                out.append(self.escape())
            elif byte < 0x20:
                raise Malformed(f"control byte at {self.at}")
            else:
                out.append(self.character())

    def character(self) -> str:
        start = self.at
        lead = self.text[start]
        row = next((row for row in UTF8_LEADS if row[0] <= lead <= row[1]), None)
        if row is None:
            raise Malformed(f"no UTF-8 at byte {start}")
        _, _, length, second_low, second_high = row
        for offset in range(1, length):
            self.at = start + offset
            least, most = (second_low, second_high) if offset == 1 else (0x80, 0xBF)
            if not least <= self.peek() <= most:
                raise Malformed(f"no UTF-8 at byte {start}")
        self.at = start + length
        return self.text[start : self.at].decode("utf-8")

    def escape(self) -> str:
        minimal = self.style.escapes == "minimal"
        self.expect(b"\\")
        kind = self.peek()
        if kind in SHORT_ESCAPES:
            if minimal and kind == ord("/"):
                raise Malformed(f"an escape that is not needed at byte {self.at}")
            self.at += 1
            return SHORT_ESCAPES[kind]
        if kind != ord("u"):
            raise Malformed(f"no escape at byte {self.at}")
        if minimal:
            return chr(self.unit([range(0x20)]))
        unit = self.unit([range(0xDC00), range(0xE000, 0x10000)])
        if not 0xD800 <= unit < 0xDC00:
            return chr(unit)
        self.expect(b"\\")
        low = self.unit([range(0xDC00, 0xE000)])
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))

    def unit(self, allowed: list[range]) -> int:
        """A `uXXXX` whose value lies in one of the ranges; a prefix of one that cannot is already malformed."""
        self.expect(b"u")
        unit = 0
        for left in (3, 2, 1, 0):
            digit = self.peek()
            if digit not in HEX:
                raise Malformed(f"expected a hexadecimal digit at byte {self.at}")
            self.at += 1
            unit = unit * 16 + int(chr(digit), 16)
            block = range(unit << 4 * left, (unit + 1) << 4 * left)
            if not any(block.start < some.stop and some.start < block.stop for some in allowed):
                raise Malformed(f"a surrogate out of place, or an escape that is not needed, at byte {self.at}")
        return unit
