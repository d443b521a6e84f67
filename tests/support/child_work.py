"""What child processes do in tests: they import it by its name, wherever the tests were started."""

from __future__ import annotations

import numpy as np
import torch

from fcformat.decoding.compiler import CompiledGrammar, GrammarCompiler
from fcformat.decoding.matcher import GrammarMatcher
from fcformat.decoding.tokenizer_info import TokenizerInfo
from support.tokenizers import small_tokenizer

SCHEMA = {
    "properties": {"name": {"type": "string", "pattern": "^[a-z]{2,9}$"}, "tags": {"items": {"type": "integer"}}},
    "required": ["name"],
    "type": "object",
}
TEXT = '{"name": "abc", "tags": [1, 12, 123]}'
INFO = TokenizerInfo.from_huggingface(small_tokenizer())


def compiled() -> CompiledGrammar:
    return GrammarCompiler(INFO, cache_size=0).compile_json_schema(SCHEMA)


def masks(grammar: CompiledGrammar) -> bytes:
    """All masks along the text, one after another."""
    matcher = GrammarMatcher(grammar)
    rows = np.zeros((1, (INFO.vocab_size + 31) // 32), dtype=np.int32)
    found = []
    for token in TEXT.encode():
        matcher.fill_next_token_bitmask(rows)
        found.append(rows.tobytes())
        assert matcher.accept_token(token)
    assert matcher.can_terminate()
    return b"".join(found)


class Masks(torch.utils.data.Dataset[bytes]):
    """A data set that needs a grammar."""

    def __init__(self, grammar: CompiledGrammar) -> None:
        self._grammar = grammar

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> bytes:
        return masks(self._grammar)
