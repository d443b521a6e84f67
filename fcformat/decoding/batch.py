"""Many matchers at once: a batch's masks in one call, and the masks along a tree of drafted tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from fcformat import _core
from fcformat.decoding.matcher import GrammarMatcher

__all__ = ["BatchGrammarMatcher", "traverse_draft_tree"]


class BatchGrammarMatcher:
    """Works on many matchers in one call, without the GIL and on several threads where that pays. Holds no state of its own.

    Matchers of one grammar share what they learn, and take turns; matchers of different grammars run side by side. The name
    and the methods are XGrammar's.

    Args:
        max_threads: How many threads may work on a call; `"auto"`: as many as there are processors, at most eight.

    Raises:
        ValueError: `max_threads` is something else.
    """

    __slots__ = ("_threads",)

    def __init__(self, max_threads: int | Literal["auto"] = "auto") -> None:
        if max_threads != "auto" and max_threads < 1:
            raise ValueError(f'max_threads: found {max_threads!r}, expected a positive number or "auto"')
        self._threads = 0 if max_threads == "auto" else max_threads

    def batch_fill_next_token_bitmask(
        self, matchers: list[GrammarMatcher], bitmask: Any, indices: Sequence[int] | None = None
    ) -> None:
        """Write which tokens may come next, one row a matcher; other rows are left alone.

        Args:
            matchers: Each at most once.
            bitmask: As `GrammarMatcher.fill_next_token_bitmask` takes it.
            indices: The row of each matcher, each at most once; default: their places in the list.

        Raises:
            ValueError: The bitmask does not fit, or a matcher or row appears twice.
            GrammarLimitError: A budget of one grammar is exceeded; the other rows are written all the same.
        """
        _core.batch_fill(matchers, bitmask, None if indices is None else list(indices), self._threads)

    def batch_accept_token(self, matchers: Sequence[GrammarMatcher], token_ids: Sequence[int]) -> list[bool]:
        """Go on by one token each.

        Raises:
            ValueError: There are not as many tokens as matchers.
        """
        return [matcher.accept_token(token) for matcher, token in zip(matchers, token_ids, strict=True)]


def traverse_draft_tree(
    retrieve_next_token: Any, retrieve_next_sibling: Any, draft_tokens: Any, matcher: GrammarMatcher, bitmask: Any
) -> None:
    """Fill the masks of a tree of drafted tokens in one call, as speculative decoding with trees (EAGLE) needs them.

    Node 0 is the last token that the matcher has accepted. Row i of the bitmask is filled for each node i whose tokens from
    the root on the grammar allows; the rows of other nodes are left alone. The matcher comes out as it was. Arguments and
    their order are those of XGrammar's function.

    Args:
        retrieve_next_token: Of each node the first child, -1 for none; integers of shape (nodes,).
        retrieve_next_sibling: Of each node the next sibling, -1 for none; same shape.
        draft_tokens: The token id of each node; same shape.
        matcher: Stands at node 0.
        bitmask: int32, shape (at least nodes, ceil(vocab_size / 32)), contiguous, in main memory.

    Raises:
        ValueError: The shapes do not fit, or the links do not make a tree.
        GrammarLimitError: A budget is exceeded.
    """
    first, sibling, tokens = (
        np.asarray(part).reshape(-1).tolist() for part in (retrieve_next_token, retrieve_next_sibling, draft_tokens)
    )
    _core.traverse_draft_tree(first, sibling, tokens, matcher, bitmask)
