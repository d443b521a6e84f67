"""Tokens that need no model: where a grammar leaves one continuation, as the tokenizer itself would write it.

A grammar that leaves one text does not yet leave one sequence of tokens, and a model has only ever seen the tokenizer's. So the
forced text is encoded together with the text before it, and a token is taken only if it begins where the generated ids end and is
the same whatever may come after the forced text. Where the ids so far were not the tokenizer's own (the join falls inside one of
its tokens), nothing is forced, and the model goes on by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers.generation.candidate_generator import CandidateGenerator

from fcformat.decoding.bitmask import bitmask_words
from fcformat.decoding.matcher_pool import Matcher
from fcformat.decoding.tokenizer_info import TokenizerInfo
from fcformat.decoding.tokenizer_readers import text_encoder

if TYPE_CHECKING:
    from fcformat.decoding.logits_processor import LogitsProcessor

__all__ = ["ForcedCandidateGenerator", "ForcedTokens"]

_CONTEXT_TOKENS = 16  # what lies further back than this has no say in how a text is split
_MAX_FORCED = 512  # at a time
# What may follow a forced text, one of each kind that tokenizers treat apart.
_FOLLOWING = (*"aA1 .,:\"'\\/{}[]()<>-_\n", "é", "中", "the", "12", " a", '":', '",', '"}', "\n ")


class ForcedTokens:
    """Finds forced tokens.

    Args:
        tokenizer: The model's tokenizer.
        info: Its vocabulary.
    """

    def __init__(self, tokenizer: Any, info: TokenizerInfo) -> None:
        self._encode: Callable[[str], Sequence[int]] = text_encoder(tokenizer)
        self._info = info
        self._row = np.zeros((1, bitmask_words(info.vocab_size)), dtype=np.int32)

    def after(self, matcher: Matcher, ids: Sequence[int], limit: int = _MAX_FORCED, begun: str = "") -> list[int]:
        """The tokens that must come next, at most `limit`; no stop token is among them.

        Args:
            matcher: Where the grammar stands; it is not moved.
            ids: The generated ids before.
            limit: How many there is room for.
            begun: The text of the value that stood in the prompt already.
        """
        if limit <= 0 or matcher.is_terminated():
            return []
        here = matcher.fork()
        recent = list(ids[-_CONTEXT_TOKENS:])
        begun = begun if len(ids) < _CONTEXT_TOKENS else ""
        found: list[int] = []
        while len(found) < limit:
            forced = self._of_text(here, recent, begun) or self._only_one(here)
            taken = 0
            while taken < len(forced) and here.accept_token(forced[taken]):
                taken += 1
            if not taken:
                break
            found += forced[:taken]
            recent += forced[:taken]
        return found[:limit]

    def _only_one(self, matcher: Matcher) -> list[int]:
        """The only token that the mask allows (a control token, mostly)."""
        matcher.fill_next_token_bitmask(self._row, 0)
        used = np.flatnonzero(self._row[0])
        if len(used) != 1:
            return []
        word = int(self._row[0, used[0]]) & 0xFFFFFFFF
        if word & (word - 1):
            return []
        token_id = int(used[0]) * 32 + word.bit_length() - 1
        return [] if token_id in self._info.stop_token_ids else [token_id]

    def _of_text(self, matcher: Matcher, recent: Sequence[int], begun: str) -> list[int]:
        """The tokenizer's own tokens of a forced text, as far as they do not depend on what follows it."""
        forced = matcher.find_jump_forward_string()
        before = self._text_before(recent, begun)
        if not forced or before is None:
            return []
        common: list[int] | None = None
        for following in self._followings(matcher, forced):
            tokens = self._between(before + forced + following, len(forced.encode()), len(following.encode()))
            if common is None:
                common = tokens
            else:
                agreed = 0
                while agreed < min(len(common), len(tokens)) and common[agreed] == tokens[agreed]:
                    agreed += 1
                common = common[:agreed]
            if not common:
                return []
        return common or []

    def _text_before(self, recent: Sequence[int], begun: str) -> str | None:
        """The text of the last ids, from the last control token on; None where it ends inside a character."""
        recent = recent[-2 * _CONTEXT_TOKENS :]
        parts: list[bytes] = []
        for token_id in reversed(recent):
            data = self._info.token_bytes(token_id)
            if data is None or token_id in self._info.control_tokens:
                break
            parts.append(data)
        else:
            parts.append(begun.encode())
        data = b"".join(reversed(parts))
        start = 0
        while start < min(4, len(data)) and data[start] & 0xC0 == 0x80:  # the first token may begin inside a character
            start += 1
        try:
            return data[start:].decode()
        except UnicodeDecodeError:
            return None

    def _followings(self, matcher: Matcher, forced: str) -> list[str]:
        """Texts that may follow the forced one: one of each kind; the empty text where it may end there."""
        after = matcher.fork()
        after.accept_string(forced)
        found = [""] if after.can_terminate() else []
        for text in _FOLLOWING:
            if after.accept_string(text):
                after.rollback(1)
                found.append(text)
        return found

    def _between(self, text: str, forced: int, following: int) -> list[int]:
        """The tokens of a text that lie wholly in its forced bytes, before the `following` last ones; none where the join is inside a token."""
        ids = self._encode(text)
        lengths = [len(self._info.token_bytes(token_id) or b"") for token_id in ids]
        first, last, left = len(ids), None, 0  # bytes are counted from the end: tokenizers add some at the beginning
        while first > 0 and left < forced + following:
            if last is None and left >= following:
                last = first
            first -= 1
            left += lengths[first]
        if left != forced + following:
            return []
        return list(ids[first : first if last is None else last])


class ForcedCandidateGenerator(CandidateGenerator):  # type: ignore[misc, unused-ignore]
    """Proposes forced tokens to assisted decoding, where the model itself checks them: the output is that of the plain loop.

    Args:
        processor: The processor of the same `generate()`.
        forced: What finds the tokens.
        max_length: The length that sequences may reach, prompt included.
    """

    def __init__(self, processor: LogitsProcessor, forced: ForcedTokens, max_length: int) -> None:
        self._processor = processor
        self._forced = forced
        self._max_length = max_length

    def get_candidates(self, input_ids: torch.LongTensor, **kwargs: Any) -> tuple[torch.Tensor, None]:
        """The sequence with the tokens that must follow it.

        Args:
            input_ids: Prompt and generated ids, int64 of shape (1, length).
            **kwargs: Nothing that matters here.

        Returns:
            int64 of shape (1, length + forced tokens), and no logits.
        """
        room = self._max_length - input_ids.shape[1] - 1  # the model adds one token of its own
        tokens = self._processor.forced_tokens(input_ids, self._forced, room)[0]
        if not tokens:
            return input_ids, None
        return torch.cat([input_ids, input_ids.new_tensor([tokens])], dim=1), None

    def update_candidate_strategy(self, input_ids: torch.LongTensor, scores: torch.Tensor, num_matches: int) -> None:
        """Nothing is learned from what the model took."""
