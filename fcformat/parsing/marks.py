"""Text that spells a control token without being one, told apart inside of the text itself.

Token ids say which spellings of control tokens are tokens; text alone does not. Where ordinary tokens spell one, a mark is put
behind its first character, so that no reader takes it for the token, and taken out of everything that is read. The mark is
a noncharacter of Unicode; one that stands in the text already is doubled.
"""

from __future__ import annotations

import functools
import re

__all__ = ["Marker", "Unmarker"]

_MARK = "\ufdd0"
_MARKED = re.compile(f"{_MARK}(.?)", re.DOTALL)


class Marker:
    """Marks the spellings of control tokens in text that arrives in pieces."""

    def __init__(self, spellings: frozenset[str]) -> None:
        """Sets up the marker.

        Args:
            spellings: What control tokens are spelled like; those of a single character cannot be marked.
        """
        self._pattern, self._prefixes = _prepared(spellings)
        self._longest = max(map(len, self._prefixes), default=0)
        self._held = ""

    def feed(self, text: str) -> str:
        """Adds text; what may be the beginning of a spelling is held back."""
        text = self._held + text
        held = min(self._longest, len(text))
        while held and text[len(text) - held :] not in self._prefixes:
            held -= 1
        if self._pattern is not None and held:
            # A spelling that ends behind the beginning of what is held counts as a whole.
            for match in self._pattern.finditer(text):
                if match.end() > len(text) - held:
                    held = min(held, len(text) - match.end())
        self._held = text[len(text) - held :] if held else ""
        return self._marked(text[: len(text) - held])

    def end(self) -> str:
        """The text that was held back, where no more of it will come."""
        text, self._held = self._held, ""
        return self._marked(text)

    def _marked(self, text: str) -> str:
        if _MARK in text:
            text = text.replace(_MARK, _MARK * 2)
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: match.group()[0] + _MARK + match.group()[1:], text)


@functools.lru_cache(maxsize=16)
def _prepared(spellings: frozenset[str]) -> tuple[re.Pattern[str] | None, frozenset[str]]:
    """The pattern of the spellings, the longest first, and all their beginnings."""
    longer = sorted((text for text in spellings if len(text) > 1), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longer))) if longer else None
    return pattern, frozenset(text[:size] for text in longer for size in range(1, len(text)))


class Unmarker:
    """Takes the marks out of text that arrives in pieces."""

    def __init__(self) -> None:
        self._open = False  # the last character was a mark

    def feed(self, text: str) -> str:
        """The text without its marks."""
        if not self._open and _MARK not in text:
            return text
        before, text = (text[:1], text[1:]) if self._open else ("", text)
        self._open = False

        def plain(match: re.Match[str]) -> str:
            self._open = not match[1]
            return match[1]

        return before + _MARKED.sub(plain, text)
