"""From schemas, patterns and grammars to compiled grammars, with a cache.

A compiled grammar belongs to one vocabulary. It is shared freely between threads; what it learns while it is used (states,
masks) stays with it, so compiling the same schema again is best answered with the same object. That is what the cache does.
"""

from __future__ import annotations

import decimal
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from fcformat import _core
from fcformat._locks import ForkSafeLock
from fcformat.decoding.tokenizer_info import TokenizerInfo
from fcformat.ebnf import parse_ebnf
from fcformat.errors import GrammarLimitError, SchemaError
from fcformat.grammar import Grammar, Regex, SchemaValue
from fcformat.json_style import JSONStyle

__all__ = ["CompiledGrammar", "GrammarCompiler"]


class CompiledGrammar:
    """A grammar tied to a vocabulary. Made by `GrammarCompiler`; immutable in meaning, safe under threads, picklable.

    Attributes:
        tokenizer_info: The vocabulary that it was compiled for.
        grammar: What it was compiled from.
    """

    __slots__ = ("__weakref__", "_options", "grammar", "native", "tokenizer_info")

    def __init__(self, grammar: Grammar, tokenizer_info: TokenizerInfo, options: _Options) -> None:
        self.grammar = grammar
        self.tokenizer_info = tokenizer_info
        self._options = options
        self.native = _core.compile_grammar(
            tokenizer_info.native, grammar, options.resources, options.limits, options.refuse_unknown_formats
        )

    @property
    def nbytes(self) -> int:
        """Memory that it takes now, in bytes, approximately: states and masks made so far included."""
        return self.native.nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.grammar, self.tokenizer_info, self._options)

    def __repr__(self) -> str:
        return f"<CompiledGrammar of {type(self.grammar).__name__}, {self.nbytes} bytes, {self.tokenizer_info!r}>"


class _Options:
    """What a compiler passes on to every grammar."""

    __slots__ = ("limits", "refuse_unknown_formats", "resources")

    def __init__(
        self, limits: dict[str, float], resources: dict[str, Any] | None, refuse_unknown_formats: bool
    ) -> None:
        self.limits = limits
        self.resources = resources
        self.refuse_unknown_formats = refuse_unknown_formats


class GrammarCompiler:
    """Compiles for one vocabulary, with a least-recently-used cache. Safe under threads.

    Args:
        tokenizer_info: The vocabulary.
        cache_size: How many compiled grammars are kept; 0 turns the cache off.
        resources: Further schema documents by absolute URI, for `$ref`s that leave a schema. Nothing is ever fetched.
        unknown_formats: `"ignore"`: a `format` that the engine does not know is an annotation, as the specification says;
            `"refuse"`: it raises `UnsupportedSchemaError`.
        limits: Budgets by name, over the defaults of `docs/limits.md`: `max_grammar_bytes`, `max_expression_nodes`,
            `max_expression_bytes`, `max_expression_depth`, `max_search_states`, `max_formulas`, `max_alternatives`,
            `max_schema_depth`, `max_schema_steps`, `max_grammar_nodes`, `max_threads`, `max_seconds`, `mask_cache_bytes`.

    Raises:
        ValueError: An argument is none of the above.
    """

    def __init__(
        self,
        tokenizer_info: TokenizerInfo,
        *,
        cache_size: int = 256,
        resources: Mapping[str, Any] | None = None,
        unknown_formats: str = "ignore",
        limits: Mapping[str, float] | None = None,
    ) -> None:
        if unknown_formats not in ("ignore", "refuse"):
            raise ValueError(f'unknown_formats: found {unknown_formats!r}, expected "ignore" or "refuse"')
        if cache_size < 0:
            raise ValueError(f"cache_size: found {cache_size}, expected at least 0")
        _core.check_limits(dict(limits or {}))
        self.tokenizer_info = tokenizer_info
        self._options = _Options(
            dict(limits or {}), dict(resources) if resources is not None else None, unknown_formats == "refuse"
        )
        self._cache: OrderedDict[Any, CompiledGrammar] = OrderedDict()
        self._cache_size = cache_size
        self._lock = ForkSafeLock()
        self.cache_hits = 0
        self.cache_misses = 0

    def compile_json_schema(self, schema: Any, style: JSONStyle | None = None) -> CompiledGrammar:
        """Compile a JSON schema: the grammar of the texts of its valid values.

        Args:
            schema: A dictionary, a boolean, a JSON text of either, or a pydantic model class.
            style: The permitted spelling; default `JSONStyle()`.

        Raises:
            SchemaError: The schema is wrong, or no value satisfies it; names pointer and keyword.
            UnsupportedSchemaError: A keyword is outside what is supported.
            GrammarLimitError: A budget is exceeded.
        """
        style = style if style is not None else JSONStyle()
        if isinstance(schema, str):
            text = schema
            return self._cached(("json", text, style), lambda: SchemaValue(_load(text), "json", style))
        value = _plain(schema)
        try:
            key = ("json", json.dumps(value, ensure_ascii=True, default=str), style)
        except RecursionError:
            raise GrammarLimitError("the schema nests deeper than Python's recursion limit") from None
        return self._cached(key, lambda: SchemaValue(value, "json", style))

    def compile_regex(self, pattern: str) -> CompiledGrammar:
        """Compile a pattern (ECMA-262) that the whole text must match.

        Raises:
            SchemaError: The pattern is malformed, or matches no text.
            UnsupportedSchemaError: It uses back-references, which no automaton can follow.
        """
        return self._cached(("regex", pattern), lambda: Regex(pattern))

    def compile_ebnf(self, text: str, root: str = "root") -> CompiledGrammar:
        """Compile a grammar written in EBNF, as `fcformat.ebnf` describes it: GBNF, the spelling of llama.cpp.

        Args:
            text: The rules.
            root: The rule that the whole text must match.

        Raises:
            GrammarError: The text is malformed; names line and column.
            SchemaError: No text satisfies the grammar.
            GrammarLimitError: A budget is exceeded.
        """
        return self._cached(("ebnf", text, root), lambda: parse_ebnf(text, root))

    def compile_grammar(self, grammar: Grammar | str) -> CompiledGrammar:
        """Compile a grammar of `fcformat.grammar`, such as `fmt.grammar(tools)`; a string is read as `compile_ebnf` does.

        Raises:
            GrammarError: A rule's name is not defined; or as `compile_ebnf`.
            SchemaError, UnsupportedSchemaError, GrammarLimitError: As `compile_json_schema`.
            TypeError: `grammar` is something else.
        """
        if isinstance(grammar, str):
            return self.compile_ebnf(grammar)
        try:
            key = repr(grammar)
        except RecursionError:
            raise GrammarLimitError("the grammar nests deeper than Python's recursion limit lets it be read") from None
        return self._cached(("grammar", key), lambda: grammar)

    def clear_cache(self) -> None:
        """Forget all compiled grammars."""
        with self._lock:
            self._cache.clear()

    def _cached(self, key: Any, make: Callable[[], Grammar]) -> CompiledGrammar:
        if self._cache_size == 0:
            return CompiledGrammar(make(), self.tokenizer_info, self._options)
        with self._lock:
            found = self._cache.get(key)
            if found is not None:
                self._cache.move_to_end(key)
                self.cache_hits += 1
                return found
            self.cache_misses += 1
        made = CompiledGrammar(make(), self.tokenizer_info, self._options)
        with self._lock:
            self._cache[key] = made
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)
        return made


def _load(text: str) -> Any:
    """A JSON text as Python objects, numbers with all their digits."""
    try:
        return json.loads(text, parse_float=decimal.Decimal)
    except ValueError as error:
        raise SchemaError(f"the schema is not JSON: {error}") from error
    except RecursionError:
        raise SchemaError("the schema nests deeper than a JSON reader can follow") from None


def _plain(schema: Any) -> Any:
    """The schema of a pydantic model class; anything else as it is."""
    if isinstance(schema, type):
        make = getattr(schema, "model_json_schema", None)
        if make is None:
            raise SchemaError(
                f"the schema: found the class {schema.__name__}, expected a dictionary or a pydantic model"
            )
        return make()
    return schema
