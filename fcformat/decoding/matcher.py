"""A matcher: where one sequence stands in a compiled grammar, and what may come next."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fcformat import _core
from fcformat.decoding.compiler import CompiledGrammar

__all__ = ["GrammarMatcher"]


class GrammarMatcher(_core.Matcher):
    """Follows one sequence through a compiled grammar. Not safe under threads; matchers of one grammar are independent.

    The names and meanings of the methods are those of XGrammar's matcher (https://github.com/mlc-ai/xgrammar).
    `fill_next_token_bitmask`, `accept_token`, `can_terminate`, `is_terminated` and `reset` are native.
    """

    __slots__ = ("grammar",)

    def __init__(self, grammar: CompiledGrammar) -> None:
        if not isinstance(grammar, CompiledGrammar):
            raise TypeError(f"GrammarMatcher: found a {type(grammar).__name__}, expected a CompiledGrammar")
        super().__init__(grammar.native)
        self.grammar = grammar

    @property
    def vocab_size(self) -> int:
        """Number of token ids, which is the number of bits in a row of a bitmask."""
        return self.grammar.tokenizer_info.vocab_size

    def accept_string(self, text: str | bytes) -> bool:
        """Go on by a text of ordinary characters (control tokens cannot be spelled). False, and nothing changes, where it does not fit.

        It counts as one step for `rollback`.
        """
        return self._accept_bytes(text.encode() if isinstance(text, str) else text)

    def rollback(self, num_tokens: int = 1) -> None:
        """Take back the last accepted tokens (or strings).

        Raises:
            ValueError: Fewer were accepted.
        """
        if num_tokens < 0:
            raise ValueError(f"rollback: found {num_tokens}, expected at least 0")
        self._rollback(num_tokens)

    def fork(self) -> GrammarMatcher:
        """Another matcher at the same place, with the same history."""
        made = GrammarMatcher.__new__(GrammarMatcher)
        _core.Matcher.__init__(made, self)
        made.grammar = self.grammar
        return made

    def find_jump_forward_string(self) -> str:
        """The text that must come next, as far as the grammar leaves one way only; often empty."""
        return self._forced_text().decode()

    def find_jump_forward_tokens(self, encode: Callable[[str], Sequence[int]] | None = None) -> list[int]:
        """The forced text as tokens that can be accepted now, up to where the next token might reach past it.

        Args:
            encode: The tokenizer's way from text to ids, without special tokens: then the ids are those that it gives, but for
                the last one. By default each token is the longest of the vocabulary that fits.
        """
        if encode is None:
            return self._forced_tokens()
        tokens = list(encode(self.find_jump_forward_string()))[:-1]
        return tokens[: self.validate_tokens(tokens)]

    def validate_tokens(self, token_ids: Sequence[int]) -> int:
        """How many of the tokens could be accepted one after another; nothing changes."""
        return self._count_accepted([int(token) for token in token_ids])

    @property
    def num_accepted(self) -> int:
        """How many tokens and strings were accepted and not taken back."""
        return self._accepted
