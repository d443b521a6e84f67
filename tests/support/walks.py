"""Random walks through a matcher's masks, and the steering that brings them to an end."""

from __future__ import annotations

import random
from typing import Any

from fcformat import GrammarMatcher
from support.engine import MIXED, allowed

MAX_STEERED_STEPS = 3000
MAX_OPENED = 10
# What to choose first when a value shall end: closers, then what moves on, then short values.
_CLOSERS = b'}]"'
_AVOID = b"[{\\ \t\r\n"


class Walk:
    """One walk: the tokens taken, their bytes, and the matcher after them."""

    def __init__(self, grammar: Any, seed: int, vocabulary: tuple[bytes, ...] = MIXED) -> None:
        self.matcher = GrammarMatcher(grammar)
        self.random = random.Random(seed)
        self.vocabulary = vocabulary
        self.stop = len(vocabulary)
        self.ids: list[int] = []

    @property
    def text(self) -> bytes:
        """The bytes so far."""
        return b"".join(self.vocabulary[token] for token in self.ids)

    def allowed(self) -> list[int]:
        """What the mask allows; checks that it is not empty and that it ends where `can_terminate` says so."""
        ids = allowed(self.matcher, self.vocabulary)
        assert ids, f"dead end after {self.text!r}"
        assert max(ids) <= self.stop, f"ids beyond the vocabulary after {self.text!r}"
        assert (self.stop in ids) == self.matcher.can_terminate(), f"stop token after {self.text!r}"
        return sorted(ids)

    def take(self, token: int) -> None:
        """Accepts a token, which the mask allowed."""
        assert self.matcher.accept_token(token), (
            f"{self.vocabulary[token]!r} is in the mask after {self.text!r}, but refused"
        )
        self.ids.append(token)

    def wander(self, steps: int) -> None:
        """Takes random tokens; stays where only the stop token is left."""
        for _ in range(steps):
            ids = [token for token in self.allowed() if token != self.stop]
            if not ids:
                return
            opened = sum(self.text.count(byte) for byte in (b"[", b"{"))
            calm = [token for token in ids if opened < MAX_OPENED or not set(self.vocabulary[token]) & set(b"[{")]
            syntax = [token for token in calm if self.vocabulary[token][0] in b'}]",:tfn0123456789']
            self.take(self.random.choice(self.random.choice([calm, syntax]) or ids))

    def finish(self) -> bytes:
        """Steers to the end, which must come within a bound, takes the stop token and returns the text."""
        for _ in range(MAX_STEERED_STEPS):
            ids = self.allowed()
            if self.stop in ids:
                assert self.matcher.accept_token(self.stop)
                assert self.matcher.is_terminated()
                return self.text
            self.take(self._steer(ids))
        raise AssertionError(f"no end within {MAX_STEERED_STEPS} tokens after {self.text[:200]!r}")

    def _steer(self, ids: list[int]) -> int:
        """A closer where there is one; else, by chance, what moves on or anything that opens nothing."""
        closers = [token for token in ids if self.vocabulary[token][0] in _CLOSERS]
        calm = [token for token in ids if not set(self.vocabulary[token]) & set(_AVOID)]
        moving = [token for token in calm if self.vocabulary[token][0] in b",:ntf"]
        pools = [pool for pool in (closers, moving, calm) if pool]
        if not pools:
            return self.random.choice(ids)
        return self.random.choice(pools[0] if self.random.random() < 0.7 else self.random.choice(pools))


def random_tokens(text: bytes, source: random.Random, vocabulary: tuple[bytes, ...] = MIXED) -> list[int]:
    """The text cut at random into tokens of the vocabulary, long ones more often than not."""
    ids = []
    at = 0
    while at < len(text):
        fits = [token for token, piece in enumerate(vocabulary) if text.startswith(piece, at)]
        longer = [token for token in fits if len(vocabulary[token]) > 1]
        token = source.choice(longer if longer and source.random() < 0.6 else fits)
        ids.append(token)
        at += len(vocabulary[token])
    return ids
