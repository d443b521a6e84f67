"""Token ids of rendered segments: control tokens by name, and text that can never become one.

A tokenizer recognises its added tokens wherever they are spelled, also in what a user typed. Text in which that happens is
encoded with a copy of the tokenizer that knows no added tokens; if even its plain vocabulary spells one, the spelling is cut
in two. Text without such a spelling takes the tokenizer's own way.
"""

from __future__ import annotations

import functools
import json
import re
import weakref
from typing import Any

from fcformat.errors import TokenizerError

__all__ = ["TokenEncoder", "encoder_of"]

_encoders: weakref.WeakKeyDictionary[Any, TokenEncoder] = weakref.WeakKeyDictionary()


def encoder_of(tokenizer: Any) -> TokenEncoder:
    """The encoder of a transformers tokenizer; it is kept as long as the tokenizer lives and gains no tokens."""
    try:
        encoder = _encoders.get(tokenizer)
        if encoder is None or encoder.size != len(tokenizer):
            encoder = _encoders[tokenizer] = TokenEncoder(tokenizer)
    except TypeError as error:
        raise TokenizerError(
            f"tokenizer: found a value of type {type(tokenizer).__name__}, expected a transformers tokenizer"
        ) from error
    return encoder


class TokenEncoder:
    """Encodes the segments of rendered conversations for one tokenizer.

    Attributes:
        size: How many tokens the tokenizer had.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Reads the tokenizer's added tokens.

        Args:
            tokenizer: A transformers tokenizer.

        Raises:
            TokenizerError: It is not one.
        """
        if not callable(getattr(tokenizer, "encode", None)) or not callable(
            getattr(tokenizer, "get_added_vocab", None)
        ):
            raise TokenizerError(
                f"tokenizer: found a value of type {type(tokenizer).__name__}, expected a transformers tokenizer"
            )
        self.size = len(tokenizer)
        # A strong reference would keep the tokenizer alive in the table that holds it weakly.
        self._tokenizer = weakref.ref(tokenizer)
        controls: dict[str, int] = dict(tokenizer.get_added_vocab())
        for text, token in zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=False):
            controls.setdefault(str(text), token)
        # ChatGLM3's own tokenizer class keeps its role tokens to itself.
        inner = getattr(getattr(tokenizer, "tokenizer", None), "special_tokens", None)
        if isinstance(inner, dict):
            controls.update(inner)
        self._controls = controls
        self._ids = frozenset(controls.values())

    def control_id(self, text: str) -> int | None:
        """The id of the control token spelled `text`, or `None` if the vocabulary has none."""
        return self._controls.get(text)

    def split(self, text: str) -> list[tuple[str, int | None]]:
        """A template's own text in pieces: control tokens with their ids, and what stands between them."""
        pieces: list[tuple[str, int | None]] = []
        at = 0
        for match in self._spelled.finditer(text):
            if match.start() > at:
                pieces.append((text[at : match.start()], None))
            pieces.append((match[0], self._controls[match[0]]))
            at = match.end()
        if at < len(text):
            pieces.append((text[at:], None))
        return pieces

    def encode_text(self, text: str, before: str | None = None, after: str | None = None) -> list[int]:
        """Ids of the text, none of them a control token's.

        Args:
            text: The text.
            before: The control token that it follows, `""` where it follows other text; `None` where it is encoded apart.
            after: The control token that follows.

        Raises:
            TokenizerError: Every way of encoding gives a control token.
        """
        tokenizer = self._tokenizer()
        assert tokenizer is not None  # the caller holds it
        if self._neutral is not None and before is not None:
            # Tokenizers may strip white space beside a control token, or put a blank only before the first word of all.
            before, after = before or self._neutral, after or ""
            around: list[int] = tokenizer.encode(before + text + after, add_special_tokens=False)
            last = len(around) - 1 if after else len(around)
            inside = around[1:last]
            framed = around[0] == self._controls[before] and (not after or around[-1] == self._controls[after])
            if framed and self._ids.isdisjoint(inside):
                return inside
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
        if self._ids.isdisjoint(ids):
            return ids
        plain = self._plain
        if plain is not None:
            ids = plain.encode(text, add_special_tokens=False).ids
            if self._ids.isdisjoint(ids):
                return ids
        ids = []
        for piece in self._cut(text):
            if plain is not None:
                ids.extend(plain.encode(piece, add_special_tokens=False).ids)
            else:
                ids.extend(tokenizer.encode(piece, add_special_tokens=False))
        wrong = self._ids.intersection(ids)
        if wrong:
            raise TokenizerError(f"tokenizer: found the control token {min(wrong)} in the encoding of plain text")
        return ids

    @functools.cached_property
    def _neutral(self) -> str | None:
        """A control token to put before text where what stands before matters to the tokenizer, else `None`."""
        tokenizer = self._tokenizer()
        added = getattr(tokenizer, "added_tokens_decoder", {})
        strips = {str(token) for token in added.values() if getattr(token, "rstrip", False)}
        stripping = any(getattr(token, "rstrip", False) or getattr(token, "lstrip", False) for token in added.values())
        neutral = next((text for text in self._controls if len(text) > 1 and text not in strips), None)
        if neutral is None or tokenizer is None:
            return None
        after_control = tokenizer.encode(neutral + "a", add_special_tokens=False)
        if after_control[:1] != [self._controls[neutral]]:
            return None  # a tokenizer that keeps its control tokens to itself
        return neutral if stripping or after_control[1:] != tokenizer.encode("a", add_special_tokens=False) else None

    @functools.cached_property
    def _spelled(self) -> re.Pattern[str]:
        """Finds control tokens, the longest first, as tokenizers do."""
        spellings = sorted((text for text in self._controls if len(text) > 1), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, spellings)) or r"(?!)")

    def _cut(self, text: str) -> list[str]:
        """The text in pieces, each spelling of a control token cut after its first character."""
        places = [match.start() + 1 for match in self._spelled.finditer(text)]
        return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True) if start < end]

    @functools.cached_property
    def _plain(self) -> Any:
        """A copy of a fast tokenizer's core without its added tokens; `None` for a slow one."""
        backend = getattr(self._tokenizer(), "backend_tokenizer", None)
        if backend is None:
            return None
        core = json.loads(backend.to_str())
        core["added_tokens"] = []
        core["post_processor"] = core["truncation"] = core["padding"] = None
        return type(backend).from_str(json.dumps(core))
