"""Random walks through a matcher's masks, and the steering that brings them to an end."""

from __future__ import annotations

import contextlib
import json
import random
import re
from collections.abc import Iterator
from typing import Any

from fcformat import GrammarMatcher, SchemaError
from support.engine import MIXED, allowed, compiler
from support.schemas import FIRST, MORE, TYPES

KEYWORDS = FIRST | MORE | set(TYPES) | {"then", "else", "$defs", "minContains", "maxContains"}

MAX_STEERED_STEPS = 6000
MAX_OPENED = 10
# After so many tokens an array or object is likely to wait for a value or a name that chance does not find.
PATIENCE = 300
DEEPEST = 3
# Values that are looked for in the place of one: several may have to be different.
VALUES_CONTAINED = 6
# What a pattern may ask for, and chance seldom writes.
RARE = b"\\/@:-+._~ "
# What not to choose when a value shall end: what opens something, escapes, blanks.
_AVOID = b"[{\\ \t\r\n"


class Walk:
    """One walk: the tokens taken, their bytes, and the matcher after them."""

    def __init__(self, grammar: Any, seed: int, vocabulary: tuple[bytes, ...] = MIXED, depth: int = 0) -> None:
        self.grammar = grammar
        self.depth = depth  # how many walks it is made for
        self.matcher = GrammarMatcher(grammar)
        # Required names and constants are found quickly only if one knows them.
        self.hints = [
            hint
            for hint in _constants(grammar.grammar.schema)
            if len(hint) < 40 and hint[1:-1].decode() not in KEYWORDS
        ]
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
        names: list[bytes] = []
        values: list[bytes] = []
        for step in range(MAX_STEERED_STEPS):
            ids = self.allowed()
            if self.stop in ids:
                assert self.matcher.accept_token(self.stop)
                assert self.matcher.is_terminated()
                return self.text
            if step == PATIENCE:
                names = list(_required(self.grammar.grammar.schema))
                values = [*self._contained(), *_numbers(self.grammar.grammar.schema)]
            wanted, share = (names, 0.9) if _innermost(self.text) == ord("{") else (values, 0.6)
            if wanted and self.text.rstrip()[-1:] in b"{[," and self.random.random() < share:
                self._write(self.random.choice(wanted))
            else:
                self.take(self._steer(ids, step >= PATIENCE))
        raise AssertionError(f"no end within {MAX_STEERED_STEPS} tokens after {self.text[:200]!r}")

    def _contained(self) -> list[bytes]:
        """Values for each schema that some array must contain, perhaps several times, found by walks of their own."""
        root, style = self.grammar.grammar.schema, self.grammar.grammar.style
        found: list[bytes] = []
        if self.depth == DEEPEST:
            return found
        for schema in _under_contains(root):
            whole = {"$defs": root.get("$defs", {}), "allOf": [schema]}
            with contextlib.suppress(SchemaError):  # nothing can be valid under it: then it is not what is waited for
                inner = compiler(self.vocabulary).compile_json_schema(whole, style)
                for _ in range(VALUES_CONTAINED):
                    seed = self.random.randrange(2**32)
                    found.append(Walk(inner, seed, self.vocabulary, self.depth + 1).finish())
        return found

    def _write(self, text: bytes) -> None:
        """Takes the text byte by byte, as far as the masks allow it."""
        for byte in text:
            if byte not in self.allowed():
                return
            self.take(byte)

    def _steer(self, ids: list[int], stuck: bool) -> int:
        """One of: what ends or moves on, what goes on like a name or constant of the schema, what opens nothing, anything."""
        begun = _begun(self.text)
        in_string = begun.startswith(b'"')
        calm = [token for token in ids if not set(self.vocabulary[token]) & set(_AVOID)]
        first, second = (b"}]", b",:ntf") if not in_string else (b'"', b"abcx01")
        closing = [token for token in ids if self.vocabulary[token][0] in first]
        moving = [token for token in calm if self.vocabulary[token][0] in second]
        by_hint = [
            [t for t in ids if t != self.stop and hint.startswith(begun + self.vocabulary[t])] for hint in self.hints
        ]
        hinted = [self.random.choice(tokens) for tokens in by_hint if tokens]
        follow = 30 if len(begun) > in_string else 10
        rare = [token for token in ids if stuck and token != self.stop and self.vocabulary[token][0] in RARE]
        weighted = [
            (closing or moving, 40 if stuck and not in_string else 10),
            (hinted, follow),
            (moving, 4),
            (calm, 3),
            (rare, 3),
            (ids, 1),
        ]
        pools, weights = zip(*[(pool, weight) for pool, weight in weighted if pool], strict=True)
        chosen: int = self.random.choice(self.random.choices(pools, weights)[0])
        return chosen


def _under_contains(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if "contains" in value:
            yield value["contains"]
        for inner in value.values():
            yield from _under_contains(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _under_contains(inner)


def _required(value: Any) -> Iterator[bytes]:
    """The names that some object must or may have to have, written up to their colon."""
    if isinstance(value, dict):
        for keyword in ("required", "dependentRequired", "dependencies"):
            found = value.get(keyword, ())
            for names in found.values() if isinstance(found, dict) else [found]:
                yield from (_json(name) + b":" for name in names if isinstance(name, str))
        for inner in value.values():
            yield from _required(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _required(inner)


def _numbers(value: Any) -> Iterator[bytes]:
    """Numbers at and beside the bounds in a schema: what some array may have to hold, and chance does not find."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15:
        yield from (str(int(value) + step).encode() for step in (-1, 0, 1))
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _numbers(inner)


def _innermost(text: bytes) -> int | None:
    """The bracket that opens the innermost object or array in which a prefix of a JSON text ends."""
    opened: list[int] = []
    for found in re.finditer(rb'"(?:[^"\\]|\\.)*"?|[\[{\]}]', text, flags=re.DOTALL):
        if found[0] in b"[{":
            opened.append(found[0][0])
        elif found[0] in b"]}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _json(value: Any) -> bytes:
    """The JSON text, without escapes that a style may forbid."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=float).encode()


def _begun(text: bytes) -> bytes:
    """The string, number or word that a prefix of a JSON text ends in, as far as it is written."""
    quotes = [found.start() for found in re.finditer(rb'\\.|"', text, flags=re.DOTALL) if found[0] == b'"']
    if len(quotes) % 2:
        return text[quotes[-1] :]
    return re.split(rb"[^-+.0-9a-zA-Z]", text)[-1]


def _constants(value: Any) -> Iterator[bytes]:
    """The JSON texts of everything in a schema that could be a name or a constant."""
    yield _json(value)
    for inner in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _constants(inner)


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
