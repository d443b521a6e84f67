"""A matcher: where one sequence stands in a compiled grammar, and what may come next."""

from __future__ import annotations

from typing import Any

from fcformat import _core
from fcformat.decoding.compiler import CompiledGrammar

__all__ = ["GrammarMatcher"]


class GrammarMatcher:
    """Follows one sequence through a compiled grammar. Not safe under threads; matchers of one grammar are independent.

    The names and meanings of the methods are those of XGrammar's matcher (https://github.com/mlc-ai/xgrammar).
    """

    __slots__ = ("_native", "_row_bytes", "_words", "grammar")

    def __init__(self, grammar: CompiledGrammar) -> None:
        if not isinstance(grammar, CompiledGrammar):
            raise TypeError(f"GrammarMatcher: found a {type(grammar).__name__}, expected a CompiledGrammar")
        self.grammar = grammar
        self._native = _core.Matcher(grammar.native)
        self._words = (grammar.tokenizer_info.vocab_size + 31) // 32
        self._row_bytes = self._words * 4

    @property
    def vocab_size(self) -> int:
        """Number of token ids, which is the number of bits in a row of a bitmask."""
        return self.grammar.tokenizer_info.vocab_size

    def fill_next_token_bitmask(self, bitmask: Any, index: int = 0) -> bool:
        """Write which tokens may come next into one row of a bitmask.

        Args:
            bitmask: int32, shape (rows, ceil(vocab_size / 32)), contiguous, in main memory; a torch tensor or numpy array
                such as `allocate_token_bitmask` makes. Bit `id % 32` of word `id // 32` is 1 where the token is allowed.
            index: The row.

        Returns:
            False where every token is allowed, so that applying the row changes nothing; the row is written all the same.

        Raises:
            ValueError: The bitmask has another shape or type, or no such row.
        """
        rows, words = bitmask.shape
        if words != self._words or not 0 <= index < rows or bitmask.itemsize != 4:
            raise ValueError(
                f"bitmask: found shape ({rows}, {words}), {bitmask.dtype}, row {index}; "
                f"expected int32 of shape (more than {index}, {self._words})"
            )
        pointer = bitmask.data_ptr() if hasattr(bitmask, "data_ptr") else bitmask.ctypes.data
        return self._native.fill_bitmask(pointer + index * self._row_bytes)

    def accept_token(self, token_id: int) -> bool:
        """Go on by a token. False, and nothing changes, where the token is not allowed here."""
        return self._native.accept_token(token_id)

    def accept_string(self, text: str | bytes) -> bool:
        """Go on by a text of ordinary characters (control tokens cannot be spelled). False, and nothing changes, where it does not fit.

        It counts as one step for `rollback`.
        """
        return self._native.accept_bytes(text.encode() if isinstance(text, str) else text)

    def rollback(self, num_tokens: int = 1) -> None:
        """Take back the last accepted tokens (or strings).

        Raises:
            ValueError: Fewer were accepted.
        """
        if num_tokens < 0:
            raise ValueError(f"rollback: found {num_tokens}, expected at least 0")
        self._native.rollback(num_tokens)

    def reset(self) -> None:
        """Start again."""
        self._native.reset()

    def fork(self) -> GrammarMatcher:
        """Another matcher at the same place, with the same history."""
        made = object.__new__(GrammarMatcher)
        made.grammar = self.grammar
        made._native = self._native.fork()
        made._words = self._words
        made._row_bytes = self._row_bytes
        return made

    def can_terminate(self) -> bool:
        """Whether the text so far is complete: a stop token is allowed (or has been taken)."""
        return self._native.can_terminate()

    def is_terminated(self) -> bool:
        """Whether a stop token has been accepted."""
        return self._native.is_terminated()

    def find_jump_forward_string(self) -> str:
        """The text that must come next, as far as the grammar leaves one way only; often empty."""
        return self._native.forced_text().decode()

    @property
    def num_accepted(self) -> int:
        """How many tokens and strings were accepted and not taken back."""
        return self._native.accepted
