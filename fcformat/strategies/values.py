"""`from_schema`: the valid values of a schema, drawn by the engine that constrains models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from fcformat import _core
from fcformat._metaschemas import with_metaschemas
from fcformat.decoding.compiler import _load, _plain
from fcformat.strategies._source import ValueSource

__all__ = ["from_schema"]


def from_schema(
    schema: Any,
    *,
    resources: Mapping[str, Any] | None = None,
    unknown_formats: str = "ignore",
    assert_content: bool = True,
    limits: Mapping[str, float] | None = None,
) -> st.SearchStrategy[Any]:
    """Values that are valid under a schema, as `json.loads` would give them.

    Every keyword that the engine knows is known here, whatever the draft. Every draw is a valid value: nothing is generated
    and thrown away. Values shrink to few members, short strings and small numbers. Optional properties appear and are absent,
    each branch of an `anyOf` or `oneOf` is reached, and bounds are hit now and then (of lengths, up to a few hundred).

    Args:
        schema: A dictionary, a boolean, a JSON text of either, or a pydantic model class.
        resources: Further schema documents by absolute URI, for `$ref`s that leave the schema.
        unknown_formats: `"ignore"` or `"refuse"` a `format` that the engine does not know.
        assert_content: Whether `contentEncoding` and `contentMediaType` count in draft 7, as `GrammarCompiler` has it.
        limits: Budgets, as `GrammarCompiler` takes them.

    Raises:
        SchemaError: The schema is wrong, or no value satisfies it.
        UnsupportedSchemaError: A keyword is outside what is supported.
        GrammarLimitError: A budget is exceeded; also while drawing, where every value is larger than a test can use.
        ValueError: An argument is none of the above.
    """
    return _from_schema(
        source_of(
            schema, resources=resources, unknown_formats=unknown_formats, assert_content=assert_content, limits=limits
        )
    )


def loaded_schema(schema: Any) -> Any:
    """The schema as Python objects, from any of the shapes that `from_schema` takes."""
    return _load(schema) if isinstance(schema, str) else _plain(schema)


def source_of(
    schema: Any,
    *,
    resources: Mapping[str, Any] | None = None,
    unknown_formats: str = "ignore",
    assert_content: bool = True,
    limits: Mapping[str, float] | None = None,
) -> ValueSource:
    """What draws the values; arguments as `from_schema` has them."""
    if unknown_formats not in ("ignore", "refuse"):
        raise ValueError(f'unknown_formats: found {unknown_formats!r}, expected "ignore" or "refuse"')
    plain = loaded_schema(schema)
    budget, asserts = dict(limits or {}), (unknown_formats == "refuse", bool(assert_content))
    documents = dict(resources) if resources is not None else None

    def sampler() -> _core.ValueSampler:
        return with_metaschemas(lambda known: _core.ValueSampler(plain, known, budget, *asserts), documents)

    return ValueSource(plain, sampler)


def _draw_value(draw: st.DrawFn, source: ValueSource) -> Any:
    return source.draw(draw)


_draw_value.__name__ = "from_schema"  # what a strategy's repr says, so that it can be pasted
_from_schema = st.composite(_draw_value)
