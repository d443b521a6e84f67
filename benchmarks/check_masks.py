"""Masks held against the matcher itself: a bit is set exactly where `accept_token` takes the token.

For schemas of a MaskBench file (or our own cases), states are reached along the instances and by random steps; at each, the
masks of three grammars with a large, a tiny and no mask cache must be equal, and equal to what a fork accepts, for all tokens
or a sample that holds every token with a quote, a backslash, white space or punctuation. Prints the first differences and
ends with status 1 where there are any.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from mask import load_tokenizer

import fcformat
from cases import CASES

CACHES = (None, 100_000, 0)  # bytes; None: the default


def read_cases(path: str | None, only: str | None) -> list[tuple[str, Any, list[Any]]]:
    """(name, schema, instances)."""
    if path is None:
        found = [(name, schema, values) for name, (schema, values) in CASES.items()]
    else:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        found = [(row["id"], row["schema"], [test["data"] for test in row["tests"]]) for row in rows]
    return [case for case in found if only is None or only in case[0]]


def sample_of(info: fcformat.TokenizerInfo, count: int, source: random.Random) -> list[int]:
    """All ids where `count` is 0; otherwise the tokens that end or escape strings and short ones, filled up at random."""
    if count == 0:
        return list(range(info.vocab_size))
    special = []
    for token in range(info.vocab_size):
        data = info.token_bytes(token)
        if data is not None and (len(data) == 1 or any(c in b'"\\' for c in data)):
            special.append(token)
    rest = source.sample(range(info.vocab_size), min(info.vocab_size, max(0, count - len(special))))
    return sorted({*special, *rest, *info.stop_token_ids})


class Checker:
    """Compares masks; `problems` are printed and counted."""

    def __init__(self, info: fcformat.TokenizerInfo, tokens: list[int]) -> None:
        self.info = info
        self.tokens = tokens
        self.mask = np.zeros((1, (info.vocab_size + 31) // 32), dtype=np.int32)
        self.states = self.problems = 0

    def _bits(self, matcher: fcformat.GrammarMatcher) -> np.ndarray[Any, np.dtype[np.uint8]]:
        self.mask.fill(-1)
        matcher.fill_next_token_bitmask(self.mask)
        return np.unpackbits(self.mask[0].view(np.uint8), bitorder="little")[: self.info.vocab_size]

    def check(self, matchers: list[fcformat.GrammarMatcher], name: str, text: bytes) -> np.ndarray[Any, Any]:
        """The allowed ids."""
        self.states += 1
        bits = self._bits(matchers[0])
        for cache, other in zip(CACHES[1:], matchers[1:], strict=True):
            differing = np.flatnonzero(bits != self._bits(other))
            if differing.size:
                self._report(name, text, differing, f"mask_cache_bytes={cache} differs from the default")
        probe = matchers[0].fork()
        wrong = []
        for token in self.tokens:
            taken = probe.accept_token(token)
            if taken:
                probe.rollback(1)
            if taken != bool(bits[token]):
                wrong.append(token)
        if wrong:
            self._report(name, text, wrong, "accept_token differs from the mask")
        return np.flatnonzero(bits)

    def _report(self, name: str, text: bytes, tokens: Any, what: str) -> None:
        self.problems += 1
        if self.problems <= 20:
            shown = [(int(token), self.info.token_bytes(int(token))) for token in tokens[:5]]
            print(f"{name}: after {text[-80:]!r}: {what}: {len(tokens)} tokens, first {shown}", flush=True)


def checked_states(length: int, wanted: int, source: random.Random) -> set[int]:
    return set(source.sample(range(length + 1), min(wanted, length + 1)))


def grammars_of(info: fcformat.TokenizerInfo, schema: Any) -> Iterator[fcformat.CompiledGrammar]:
    for cache in CACHES:
        limits = {} if cache is None else {"mask_cache_bytes": cache}
        yield fcformat.GrammarCompiler(info, cache_size=0, limits=limits).compile_json_schema(schema)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", default="demo", metavar="PATH")
    parser.add_argument("--vocab-size", type=int, metavar="N")
    parser.add_argument("--data", metavar="FILE", help="a MaskBench .jsonl.gz; default: our own cases")
    parser.add_argument("--only", metavar="TEXT", help="cases whose name contains this")
    parser.add_argument("--cases", type=int, default=100, help="how many cases, drawn at random (default: 100)")
    parser.add_argument("--states", type=int, default=6, help="states along each instance (default: 6)")
    parser.add_argument("--walks", type=int, default=2, help="random walks a case (default: 2)")
    parser.add_argument("--tokens", type=int, default=3600, help="tokens tried at each state; 0: all (default: 3600)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    arguments = parser.parse_args()
    source = random.Random(arguments.seed)
    tokenizer = load_tokenizer(arguments.tokenizer)
    info = fcformat.TokenizerInfo.from_huggingface(tokenizer, vocab_size=arguments.vocab_size or len(tokenizer))
    checker = Checker(info, sample_of(info, arguments.tokens, source))
    cases = read_cases(arguments.data, arguments.only)
    source.shuffle(cases)
    start = time.monotonic()
    done = 0
    for name, schema, instances in cases[: arguments.cases]:
        if time.monotonic() - start > arguments.seconds:
            break
        try:
            grammars = list(grammars_of(info, schema))
        except fcformat.FcformatError:
            continue
        done += 1
        for value in source.sample(instances, min(3, len(instances))):
            text = json.dumps(value, ensure_ascii=source.random() < 0.2)
            ids = tokenizer.encode(text, add_special_tokens=False)
            matchers = [fcformat.GrammarMatcher(grammar) for grammar in grammars]
            chosen = checked_states(len(ids), arguments.states, source)
            written = b""
            for place, token in enumerate([*ids, None]):
                if place in chosen:
                    checker.check(matchers, name, written)
                if token is None or not all(matcher.accept_token(token) for matcher in matchers):
                    break
                written += info.token_bytes(token) or b""
        for _ in range(arguments.walks):
            matchers = [fcformat.GrammarMatcher(grammar) for grammar in grammars]
            written = b""
            for _ in range(source.randrange(1, 3 * arguments.states)):
                allowed = checker.check(matchers, name, written)
                # Rather a token that leads on in the structure than any of a hundred thousand words.
                structural = [t for t in allowed.tolist() if set(info.token_bytes(t) or b"") & set(b'"{}[],:\\')]
                pool = structural if structural and source.random() < 0.7 else allowed.tolist()
                token = source.choice(pool)
                if token in info.stop_token_ids or not all(m.accept_token(token) for m in matchers):
                    break
                written += info.token_bytes(token) or b""
    print(f"{done} cases, {checker.states} states, {len(checker.tokens)} tokens each: {checker.problems} problems")
    sys.exit(1 if checker.problems else 0)


if __name__ == "__main__":
    main()
