"""This library as an engine under test in the modes of `generate_modes`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from fcformat import JSONStyle
from fcformat.decoding import GrammarCompiler, GrammarMatcher, TokenizerInfo, allocate_token_bitmask, constrain
from support import generate_models as models

__all__ = ["BRIEF", "Ours"]

# A model that knows nothing would spend most of its tokens on white space and escapes.
BRIEF = JSONStyle(whitespace="compact", escapes="minimal")


@functools.cache
def _compiler(stops: tuple[int, ...]) -> GrammarCompiler:
    info = TokenizerInfo.from_huggingface(models.tokenizer(), vocab_size=models.WIDTH, stop_token_ids=stops)
    return GrammarCompiler(info)


class Ours:
    """`fcformat.constrain()`.

    Args:
        options: Further keywords for it.
    """

    name = "fcformat"

    def __init__(self, **options: Any) -> None:
        self._options = options

    def arguments(self, model: Any, schemas: Sequence[Any], begun: str) -> dict[str, Any]:
        schema = schemas[0] if len(schemas) == 1 else list(schemas)
        return constrain(model, models.tokenizer(), schema, style=BRIEF, prefix=begun, **self._options)

    def allowed(self, schema: Any, begun: str, ids: Sequence[int], stops: Sequence[int]) -> frozenset[int] | None:
        matcher = GrammarMatcher(_compiler(tuple(stops)).compile_json_schema(schema, BRIEF))
        if not matcher.accept_string(begun) or not all(matcher.accept_token(token) for token in ids):
            return None
        bitmask = allocate_token_bitmask(1, models.WIDTH)
        matcher.fill_next_token_bitmask(bitmask, 0)
        words = bitmask[0].tolist()
        return frozenset(token for token in range(models.WIDTH) if words[token // 32] >> token % 32 & 1)

    def ends_rows(self) -> bool:
        return True
