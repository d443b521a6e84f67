"""Token ids as text for a parser: bytes joined to characters, and control tokens kept apart from text that spells them."""

from __future__ import annotations

import codecs
import weakref
from collections.abc import Iterable
from typing import Any

from fcformat.errors import TokenizerError
from fcformat.parsing.marks import Marker

__all__ = ["TokenText", "tokenizer_info_of"]

_infos: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def tokenizer_info_of(tokenizer: Any) -> Any:
    """The `TokenizerInfo` of a tokenizer, kept as long as the tokenizer lives; one that is given is returned.

    Raises:
        TokenizerError: It is no tokenizer that is understood.
    """
    from fcformat.decoding.tokenizer_info import TokenizerInfo

    if isinstance(tokenizer, TokenizerInfo):
        return tokenizer
    try:
        info = _infos.get(tokenizer)
        if info is None:
            info = _infos[tokenizer] = TokenizerInfo.from_huggingface(tokenizer)
    except TypeError as error:
        raise TokenizerError(
            f"tokenizer: found a value of type {type(tokenizer).__name__}, expected a tokenizer or a TokenizerInfo"
        ) from error
    return info


class TokenText:
    """Turns the ids of a reply into text.

    Attributes:
        stopped: Whether an end token has come; what follows it is not read.
        started: Whether any id has come.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Sets up the text.

        Args:
            tokenizer: A tokenizer or a `TokenizerInfo`.

        Raises:
            TokenizerError: It is no tokenizer that is understood.
        """
        self._info = tokenizer_info_of(tokenizer)
        self._marker = Marker(frozenset(self._info.control_tokens.values()))
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.stopped = False
        self.started = False

    def feed(self, ids: Iterable[int]) -> str:
        """The text of the next ids, as far as it is certain.

        Raises:
            TokenizerError: An id is not of the vocabulary.
        """
        pieces: list[str] = []
        for token in ids:
            self.started = True
            if self.stopped:
                break
            try:
                data = self._info.token_bytes(token)
            except IndexError as error:
                raise TokenizerError(f"tokenizer: {error}") from error
            if data is not None:
                pieces.append(self._marker.feed(self._decoder.decode(data)))
                continue
            pieces.append(self.end())
            pieces.append(self._info.control_tokens.get(token, ""))
            self.stopped = token in self._info.stop_token_ids
        return "".join(pieces)

    def end(self) -> str:
        """What was held back: halves of characters and of spellings."""
        text = self._decoder.decode(b"", final=True)
        self._decoder.reset()
        return self._marker.feed(text) + self._marker.end()
