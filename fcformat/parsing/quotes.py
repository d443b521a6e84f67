"""Which quote closes a string that models may have written without escaping the quotes inside it.

`f(code='print('hi')')` has one reading, because a closing quote is followed by what may follow an argument. For text that
is Python this decides nothing: its first free quote is always followed so. How far is looked ahead is bounded.
"""

from __future__ import annotations

import dataclasses
import functools
import re

__all__ = ["CALLS_IN_FENCE", "CALLS_IN_LINES", "CALLS_IN_LIST", "AfterCall", "closes", "open_run"]

_S = r"[ \t\r\n]{0,64}"
_NAME = r"[\w.\-]{1,256}"
_HALF_NAME = r"[\w.\-]{0,256}"
#: A string that follows another one, which Python joins.
_ANOTHER = r"[ \t\r\n]{0,64}[rRuU]?['\"]"
_HALF_ANOTHER = r"[ \t\r\n]{0,64}[rRuU]?\Z"


@dataclasses.dataclass(frozen=True, slots=True)
class AfterCall:
    """What follows the closing parenthesis of a call.

    Attributes:
        pattern: Its pattern, looked ahead for after white space.
        half: Pattern of its beginnings, to the end of the text at hand.
    """

    pattern: str
    half: str


#: Calls with commas between them in square brackets; where the bracket is missing, a closing tag.
CALLS_IN_LIST = AfterCall(rf"\]|<\||,{_S}{_NAME}{_S}\(", rf"(?:<|,{_S}(?:{_HALF_NAME}{_S})?)?\Z")
#: Calls that only white space stands between, up to a closing tag.
CALLS_IN_LINES = AfterCall(rf"<|{_NAME}{_S}\(", rf"(?:{_HALF_NAME}{_S})?\Z")
#: The same in a code block.
CALLS_IN_FENCE = AfterCall(rf"<|```|{_NAME}{_S}\(", rf"(?:`{{1,2}}|{_HALF_NAME}{_S})?\Z")


def _sources(after: AfterCall, nested: bool) -> tuple[str, str]:
    """Patterns of what follows a closing quote, and of its beginnings to the end of the text at hand."""
    if nested:
        return rf"{_S}[,\]}}:)]|{_ANOTHER}", rf"{_S}\Z|{_HALF_ANOTHER}"
    full = rf"{_S}(?:,{_S}(?:{_NAME}{_S}=|\))|\){_S}(?:{after.pattern}))|{_NAME}=|{_ANOTHER}"
    half = rf"{_S}(?:,{_S}(?:{_HALF_NAME}{_S})?|\){_S}(?:{after.half}))?\Z|{_NAME}\Z|{_HALF_ANOTHER}"
    return full, half


@functools.cache
def _patterns(after: AfterCall, nested: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    full, half = _sources(after, nested)
    return re.compile(full), re.compile(half)


@functools.cache
def open_run(quote: str, after: AfterCall, nested: bool) -> re.Pattern[str]:
    """Text with quotes in it that do not close their string, as `closes` says; for many of them at once."""
    full, half = _sources(after, nested)
    return re.compile(rf"(?:[^{quote}\\\x00-\x1f\ud800-\udfff]+|{quote}(?!{full}|{half})){{1,400}}")


def closes(buffer: str, position: int, ended: bool, after: AfterCall, nested: bool) -> bool | None:
    """Whether a quote closes its string.

    Args:
        buffer: The text at hand.
        position: Where the text behind the quote begins.
        ended: Whether no more text will come.
        after: What follows a call.
        nested: Whether the string stands inside a list or dict.

    Returns:
        `None` if that is not decided yet.
    """
    full, half = _patterns(after, nested)
    if full.match(buffer, position):
        return True
    if half.match(buffer, position):
        return True if ended else None
    return False
