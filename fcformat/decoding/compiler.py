"""From schemas, patterns and grammars to compiled grammars, with a cache.

A compiled grammar belongs to one vocabulary. It is shared freely between threads; what it learns while it is used (states,
masks) stays with it, so compiling the same schema again is best answered with the same object. That is what the cache does.
"""

from __future__ import annotations

import decimal
import hashlib
import json
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from fcformat import _core
from fcformat._locks import ForkSafeLock
from fcformat._metaschemas import may_need_metaschemas, with_metaschemas
from fcformat.decoding.tokenizer_info import TokenizerInfo
from fcformat.ebnf import parse_ebnf
from fcformat.errors import GrammarLimitError, SchemaError
from fcformat.grammar import Grammar, Regex, SchemaValue
from fcformat.json_style import JSONStyle

__all__ = ["CompiledGrammar", "GrammarCompiler"]

_DEFAULT_STYLE = JSONStyle()
_MOST_STYLES = 64
_LONG_KEY = 256


class CompiledGrammar:
    """A grammar tied to a vocabulary. Made by `GrammarCompiler`; immutable in meaning, safe under threads, picklable.

    Attributes:
        tokenizer_info: The vocabulary that it was compiled for.
    """

    __slots__ = ("__weakref__", "_grammar", "_options", "native", "tokenizer_info")

    def __init__(self, grammar: Grammar, tokenizer_info: TokenizerInfo, options: _Options) -> None:
        self._grammar: Grammar | _SchemaText = grammar
        self.tokenizer_info = tokenizer_info
        self._options = options
        self.native = options.compile(
            lambda native: _core.compile_grammar(tokenizer_info.native, grammar, native),
        )

    @classmethod
    def _of_schema(
        cls, schema: _core.Schema, source: SchemaValue, tokenizer_info: TokenizerInfo, options: _Options
    ) -> CompiledGrammar:
        """The grammar of a schema that has been read already; `source`: what it was read from."""
        style = options.style(source.style)
        native = options.compile(
            lambda options: _core.compile_schema(tokenizer_info.native, schema, style, options),
        )
        return cls._made(native, source, tokenizer_info, options)

    @classmethod
    def _made(
        cls,
        native: _core.CompiledGrammar,
        source: SchemaValue | _SchemaText,
        tokenizer_info: TokenizerInfo,
        options: _Options,
    ) -> CompiledGrammar:
        made = cls.__new__(cls)
        made._grammar = source
        made.tokenizer_info = tokenizer_info
        made._options = options
        made.native = native
        return made

    @property
    def grammar(self) -> Grammar:
        """What it was compiled from."""
        if isinstance(self._grammar, _SchemaText):
            self._grammar = self._grammar.read()
        return self._grammar

    @property
    def nbytes(self) -> int:
        """Memory that it takes now, in bytes, approximately: states and masks made so far included."""
        return self.native.nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.grammar, self.tokenizer_info, self._options)

    def __repr__(self) -> str:
        return f"<CompiledGrammar of {type(self.grammar).__name__}, {self.nbytes} bytes, {self.tokenizer_info!r}>"


class _SchemaText:
    """A schema as the JSON text that it came as; Python's objects are made of it only if somebody wants to see them."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: JSONStyle) -> None:
        self.text = text
        self.style = style

    def read(self) -> SchemaValue:
        return SchemaValue(_load(self.text), "json", self.style)


class _Options:
    """What a compiler passes on to every grammar."""

    __slots__ = (
        "_assert_content",
        "_default_style",
        "_limits",
        "_refuse_unknown_formats",
        "_resources",
        "_styles",
        "native",
    )

    def __init__(
        self,
        limits: dict[str, float],
        resources: dict[str, Any] | None,
        refuse_unknown_formats: bool,
        assert_content: bool,
    ) -> None:
        self._limits = limits
        self._resources = resources
        self._refuse_unknown_formats = refuse_unknown_formats
        self._assert_content = assert_content
        self._styles: dict[JSONStyle, _core.ValueStyle] = {}
        self._default_style = _core.ValueStyle(_DEFAULT_STYLE)
        self.native = _core.CompilerOptions(resources, limits, refuse_unknown_formats, assert_content)

    def compile(self, make: Callable[[_core.CompilerOptions], _core.CompiledGrammar]) -> _core.CompiledGrammar:
        """What `make` returns for these options; where a reference to a draft's metaschema fails, with the metaschemas."""

        def with_documents(documents: dict[str, Any] | None) -> _core.CompiledGrammar:
            if documents is self._resources:
                return make(self.native)
            options = (self._refuse_unknown_formats, self._assert_content)
            return make(_core.CompilerOptions(documents, self._limits, *options))

        return with_metaschemas(with_documents, self._resources)

    def style(self, style: JSONStyle | None) -> _core.ValueStyle:
        """The style as the native engine has it; `None`: the default."""
        if style is None:
            return self._default_style
        known = self._styles.get(style)
        if known is None:
            known = _core.ValueStyle(style)
            if len(self._styles) < _MOST_STYLES:
                self._styles[style] = known
        return known

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._limits, self._resources, self._refuse_unknown_formats, self._assert_content)


class GrammarCompiler:
    """Compiles for one vocabulary, with a least-recently-used cache. Safe under threads.

    Args:
        tokenizer_info: The vocabulary.
        cache_size: How many compiled grammars are kept at most; `None`: as many as `cache_bytes` allows; 0: none.
        cache_bytes: How much memory they may take together, approximately; the latest is kept in any case. A grammar grows as it is used, which
            counts; what is too much goes when another one is added.
        resources: Further schema documents by absolute URI, for `$ref`s that leave a schema. Nothing is ever fetched;
            the metaschemas of the drafts are known.
        unknown_formats: `"ignore"`: a `format` that the engine does not know is an annotation, as the specification says;
            `"refuse"`: it raises `UnsupportedSchemaError`.
        assert_content: Whether `contentEncoding` (base64) and `contentMediaType` (application/json) constrain strings in draft 7.
            In all other drafts, and without a `$schema`, they are annotations.
        limits: Budgets by name, over the defaults of `docs/limits.md`: `max_grammar_bytes`, `max_expression_nodes`,
            `max_expression_bytes`, `max_expression_depth`, `max_search_states`, `max_formulas`, `max_alternatives`,
            `max_schema_depth`, `max_schema_steps`, `max_grammar_nodes`, `max_threads`, `max_seconds`, `mask_cache_bytes`.

    Attributes:
        cache_hits: How often a grammar was found in the cache.
        cache_misses: How often it was not.

    Raises:
        ValueError: An argument is none of the above.
        SchemaError: A document in `resources` is no JSON value.
    """

    def __init__(
        self,
        tokenizer_info: TokenizerInfo,
        *,
        cache_size: int | None = None,
        cache_bytes: int = 512 << 20,
        resources: Mapping[str, Any] | None = None,
        unknown_formats: str = "ignore",
        assert_content: bool = True,
        limits: Mapping[str, float] | None = None,
    ) -> None:
        if unknown_formats not in ("ignore", "refuse"):
            raise ValueError(f'unknown_formats: found {unknown_formats!r}, expected "ignore" or "refuse"')
        if cache_size is not None and cache_size < 0:
            raise ValueError(f"cache_size: found {cache_size}, expected at least 0 or None")
        if cache_bytes < 0:
            raise ValueError(f"cache_bytes: found {cache_bytes}, expected at least 0")
        self.tokenizer_info = tokenizer_info
        self._options = _Options(
            dict(limits or {}),
            dict(resources) if resources is not None else None,
            unknown_formats == "refuse",
            assert_content,
        )
        self._cache: OrderedDict[Any, CompiledGrammar] = OrderedDict()
        self._cache_size = cache_size if cache_size is not None else sys.maxsize
        self._cache_limit = cache_bytes
        self._meter = _core.MemoryMeter()
        self._lock = ForkSafeLock()
        self.cache_hits = 0
        self.cache_misses = 0

    @property
    def cache_bytes(self) -> int:
        """Memory that the cached grammars take now, in bytes, approximately."""
        return self._meter.nbytes

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
        if style is not None and style == _DEFAULT_STYLE:
            style = None
        if isinstance(schema, str):  # the text stays with the grammar, and may as well be the key
            return self._cached(("json text", schema, style), lambda: self._compile_text(schema, style))
        value = _plain(schema)
        native = _core.Schema(value)
        return self._cached(
            ("json", _short(native.key), style),
            lambda: CompiledGrammar._of_schema(
                native, SchemaValue(value, "json", style or _DEFAULT_STYLE), self.tokenizer_info, self._options
            ),
        )

    def _compile_text(self, text: str, style: JSONStyle | None) -> CompiledGrammar:
        source = _SchemaText(text, style or _DEFAULT_STYLE)
        try:
            native = _core.compile_schema_text(
                self.tokenizer_info.native, text, self._options.style(style), self._options.native
            )
        except SchemaError as error:
            if not may_need_metaschemas(error):
                raise
            native = None
        if native is None:  # something about it is wrong, or unusual
            return self._compile(source.read())
        return CompiledGrammar._made(native, source, self.tokenizer_info, self._options)

    def _compile(self, grammar: Grammar) -> CompiledGrammar:
        return CompiledGrammar(grammar, self.tokenizer_info, self._options)

    def compile_regex(self, pattern: str) -> CompiledGrammar:
        """Compile a pattern (ECMA-262) that the whole text must match.

        Raises:
            SchemaError: The pattern is malformed, or matches no text.
            UnsupportedSchemaError: It uses back-references, which no automaton can follow.
        """
        return self._cached(("regex", _short(pattern)), lambda: self._compile(Regex(pattern)))

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
        return self._cached(("ebnf", _short(text), _short(root)), lambda: self._compile(parse_ebnf(text, root)))

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
        return self._cached(("grammar", _short(key)), lambda: self._compile(grammar))

    def clear_cache(self) -> None:
        """Forget all compiled grammars."""
        with self._lock.held:
            forgotten = self._cache
            self._cache = OrderedDict()
            for grammar in forgotten.values():
                grammar.native.count_out()
        del forgotten  # outside of the lock: taking grammars apart takes its time

    def _cached(self, key: Any, make: Callable[[], CompiledGrammar]) -> CompiledGrammar:
        if self._cache_size == 0:
            return make()
        with self._lock.held:
            found = self._cache.get(key)
            if found is not None:
                self._cache.move_to_end(key)
                self.cache_hits += 1
                return found
            self.cache_misses += 1
        made = make()
        dropped: list[CompiledGrammar] = []
        with self._lock.held:
            replaced = self._cache.pop(key, None)  # made by another thread meanwhile
            if replaced is not None:
                dropped.append(replaced)
            self._cache[key] = made
            made.native.count_in(self._meter)
            while len(self._cache) > 1 and (
                len(self._cache) > self._cache_size or self._meter.nbytes > self._cache_limit
            ):
                dropped.append(self._cache.popitem(last=False)[1])
                dropped[-1].native.count_out()
            if replaced is not None:
                replaced.native.count_out()
        for grammar in dropped:  # outside of the lock: taking grammars apart takes its time
            grammar.native.dispose()
        return made


def _short(key: str | bytes) -> str | bytes:
    """The key, or a digest of a long one, so that the cache does not keep it."""
    if len(key) <= _LONG_KEY:
        return key
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key).digest()


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
