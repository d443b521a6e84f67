"""`chunkings` and `token_chunkings`: a text in the pieces in which a stream may bring it."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from fcformat.errors import TokenizerError

__all__ = ["chunkings", "token_chunkings"]

_MOST_CUTS = 24


def chunkings(text: str) -> st.SearchStrategy[list[str]]:
    """Pieces that add up to the text: whole, single characters, and anything between.

    Args:
        text: The text.
    """
    return _pieces(text, tuple(range(1, len(text))))


def token_chunkings(text: str, tokenizer: Any) -> st.SearchStrategy[list[str]]:
    """Pieces that add up to the text, cut where tokens end, as a server's stream is.

    A character that takes several tokens comes in one piece, with the last of them.

    Args:
        text: The text.
        tokenizer: A transformers tokenizer, fast or slow.

    Raises:
        TokenizerError: The tokenizer does not give the text back.
    """
    return _pieces(text, _token_ends(text, tokenizer))


class _Text:
    """A text, and where it may be cut; says only the text when it is shown."""

    def __init__(self, text: str, ends: tuple[int, ...]) -> None:
        self.text = text
        self.ends = ends

    def __repr__(self) -> str:
        return repr(self.text)


def _pieces(text: str, ends: tuple[int, ...]) -> st.SearchStrategy[list[str]]:
    return _chunkings(_Text(text, ends))


def _draw_pieces(draw: st.DrawFn, text: _Text) -> list[str]:
    whole, ends = text.text, text.ends
    if not ends:
        return [whole]
    way = draw(st.sampled_from(("some", "some", "all")))
    if way == "all":
        cuts = list(ends)
    else:
        chosen = draw(st.lists(st.integers(0, len(ends) - 1), max_size=_MOST_CUTS, unique=True))
        cuts = [ends[at] for at in sorted(chosen)]
    return [whole[start:end] for start, end in itertools.pairwise([0, *cuts, len(whole)])]


_draw_pieces.__name__ = "chunkings"
_chunkings = st.composite(_draw_pieces)


def _token_ends(text: str, tokenizer: Any) -> tuple[int, ...]:
    if getattr(tokenizer, "is_fast", False):
        offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        ends = {end for _, end in offsets}
    else:
        ids = tokenizer.encode(text, add_special_tokens=False)
        ends = set()
        for count in range(1, len(ids)):
            begun = tokenizer.decode(ids[:count], skip_special_tokens=False, clean_up_tokenization_spaces=False)
            if text.startswith(begun):
                ends.add(len(begun))
    if text and not ends:
        raise TokenizerError(f"found no token that ends inside {text[:40]!r} or at its end, expected the text back")
    return tuple(sorted(end for end in ends if 0 < end < len(text)))
