"""Random texts that a format's grammar allows, byte by byte and with the format's own tags as tokens."""

from __future__ import annotations

import random

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat import grammar as g
from fcformat.decoding.bitmask import allocate_token_bitmask

__all__ = ["random_text"]

#: What brings a value to its end.
_ENDING = frozenset(b"\"'}])>\n|")
_MAX_STEPS = 3_000


def random_text(grammar: g.Grammar, rng: random.Random, words: tuple[str, ...] = ()) -> str | None:
    """A text that the grammar allows; `None` if none came to its end.

    Args:
        grammar: The grammar.
        rng: The source of randomness.
        words: Texts that are tokens beside the bytes.
    """
    tokens: list[bytes | None] = [*(bytes([byte]) for byte in range(256)), *(word.encode() for word in words), None]
    stop = len(tokens) - 1
    info = TokenizerInfo.from_bytes(tokens, stop_token_ids=[stop])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(grammar))
    bitmask = allocate_token_bitmask(1, info.vocab_size)
    text: list[bytes] = []
    for _ in range(_MAX_STEPS):
        forced = matcher.find_jump_forward_string()
        if forced:
            assert matcher.accept_string(forced)
            text.append(forced.encode())
            continue
        if matcher.can_terminate() and rng.random() < 0.3:
            return b"".join(text).decode()
        matcher.fill_next_token_bitmask(bitmask, 0)
        mask = bitmask[0].tolist()
        allowed = [token for token in range(stop) if mask[token // 32] >> (token % 32) & 1]
        if not allowed:
            assert matcher.can_terminate()
            return b"".join(text).decode()
        ending = [token for token in allowed if token in _ENDING or token > 255]
        plain = [token for token in allowed if 32 <= token < 127 or token == 10]
        token = rng.choice((rng.random() < 0.5 and ending) or (rng.random() < 0.9 and plain) or allowed)
        assert matcher.accept_token(token)
        text.append(tokens[token] or b"")
    return None
