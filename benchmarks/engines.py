"""One face for every engine that is installed: compile a schema, make a matcher, fill a mask, accept a token."""

from __future__ import annotations

import importlib.util
import json
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

import fcformat

__all__ = ["Engine", "installed_engines"]


class Engine(Protocol):
    """An engine for one vocabulary. `mask` holds 32 tokens a word; `fill` writes into it."""

    name: str
    mask: npt.NDArray[np.int32]

    def compile(self, schema: Any) -> Any:
        """Compiles a schema from nothing, without a cache."""

    def matcher(self, grammar: Any) -> Any:
        """A matcher at the beginning of the text."""

    def fill(self, matcher: Any) -> None:
        """Writes which tokens may come next into `mask`."""

    def accept(self, matcher: Any, token: int) -> bool:
        """Goes on by a token."""

    def complete(self, matcher: Any) -> bool:
        """Whether the text may end here."""


class FcFormat:
    """This library."""

    name = "fcformat"

    def __init__(self, tokenizer: Any, vocab_size: int) -> None:
        self.info = fcformat.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size)
        self.mask = np.zeros((vocab_size + 31) // 32, dtype=np.int32)
        self._rows = self.mask[np.newaxis]

    def compile(self, schema: Any) -> Any:
        return fcformat.GrammarCompiler(self.info).compile_json_schema(schema)

    def matcher(self, grammar: Any) -> Any:
        return fcformat.GrammarMatcher(grammar)

    def fill(self, matcher: Any) -> None:
        matcher.fill_next_token_bitmask(self._rows)

    def accept(self, matcher: Any, token: int) -> bool:
        return bool(matcher.accept_token(token))

    def complete(self, matcher: Any) -> bool:
        return bool(matcher.can_terminate())


class LLGuidance:
    """llguidance, as its own benchmark drives it."""

    name = "llguidance"

    def __init__(self, tokenizer: Any, vocab_size: int) -> None:
        import llguidance
        import llguidance.hf
        import llguidance.numpy

        self._module = llguidance
        self._fill = llguidance.numpy.fill_next_token_bitmask
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocab_size)
        self._rows = llguidance.numpy.allocate_token_bitmask(1, vocab_size)
        self.mask = self._rows[0]

    def compile(self, schema: Any) -> Any:
        grammar = self._module.LLMatcher.grammar_from_json_schema(json.dumps(schema))
        matcher = self._module.LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher

    def matcher(self, grammar: Any) -> Any:
        return grammar.deep_copy()

    def fill(self, matcher: Any) -> None:
        self._fill(matcher, self._rows)

    def accept(self, matcher: Any, token: int) -> bool:
        return bool(matcher.consume_token(token))

    def complete(self, matcher: Any) -> bool:
        return bool(matcher.is_accepting())


class XGrammar:
    """xgrammar, with settings under which it accepts what the schema allows (`strict_mode=False`)."""

    name = "xgrammar"

    def __init__(self, tokenizer: Any, vocab_size: int) -> None:
        import xgrammar

        self._module = xgrammar
        self._info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size)
        self._rows = xgrammar.allocate_token_bitmask(1, vocab_size)
        self.mask = self._rows.numpy()[0]

    def compile(self, schema: Any) -> Any:
        compiler = self._module.GrammarCompiler(self._info, max_threads=1, cache_enabled=False)
        return compiler.compile_json_schema(json.dumps(schema), any_whitespace=True, strict_mode=False)

    def matcher(self, grammar: Any) -> Any:
        return self._module.GrammarMatcher(grammar)

    def fill(self, matcher: Any) -> None:
        if not matcher.fill_next_token_bitmask(self._rows):
            self._rows.fill_(-1)

    def accept(self, matcher: Any, token: int) -> bool:
        return bool(matcher.accept_token(token))

    def complete(self, matcher: Any) -> bool:
        return bool(matcher.is_completed())


def installed_engines(tokenizer: Any, vocab_size: int) -> list[Engine]:
    """Our engine, then every peer that can be imported."""
    engines: list[Engine] = [FcFormat(tokenizer, vocab_size)]
    peers: tuple[type[LLGuidance | XGrammar], ...] = (LLGuidance, XGrammar)
    for peer in peers:
        if importlib.util.find_spec(peer.name) is not None:
            engines.append(peer(tokenizer, vocab_size))
        else:
            print(f"{peer.name}: not installed, left out")
    return engines
