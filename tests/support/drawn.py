"""A random schema, compiled: the step with which every property of the engine begins."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from fcformat import JSONStyle, SchemaError, UnsupportedSchemaError
from oracle import UnsupportedByJudge, expected
from oracle.reader import BeyondOracle
from support.engine import MIXED, compiled
from support.instances import instances, spellings
from support.schemas import Schema, schemas

STYLES = (
    JSONStyle(),
    JSONStyle(whitespace="compact"),
    JSONStyle(whitespace="python"),
    JSONStyle(max_whitespace=2, integer_spelling="any"),
    JSONStyle(escapes="minimal", max_digits=30),
)
styles = st.sampled_from(STYLES)
seeds = st.integers(0, 2**32 - 1)


def judge(schema: Schema, text: bytes, style: JSONStyle | None) -> bool | None:
    """What the oracle expects of the engine (None: either); examples that it cannot judge are given up."""
    try:
        return expected(schema, text, style)
    except (BeyondOracle, UnsupportedByJudge):
        raise UnsatisfiedAssumption from None


def draw_compiled(data: st.DataObject, style: JSONStyle | None = None) -> tuple[Schema, Any]:
    """A schema and its grammar over the mixed vocabulary; where the engine says that no value is valid, none may be found."""
    schema = data.draw(schemas(), label="schema")
    try:
        return schema, compiled(schema, style, MIXED)
    except UnsupportedSchemaError:
        raise
    except SchemaError as error:
        reason = f"{error} at {error.pointer!r} ({error.keyword})"
    for _ in range(5):
        text = data.draw(spellings(data.draw(instances(schema)), style))
        assert judge(schema, text, style) is False, f"refused with {reason}, but {text!r} is valid"
    raise UnsatisfiedAssumption
