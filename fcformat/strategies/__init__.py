"""Hypothesis strategies: values of a schema, broken values, schemas, tools, calls, conversations, what models write.

Needs the extra `hypothesis`. See `docs/testing.md`.
"""

from __future__ import annotations

try:
    import hypothesis as _hypothesis
except ImportError as error:  # pragma: no cover - the tests have it
    raise ImportError("fcformat.strategies needs Hypothesis: pip install 'fcformat[hypothesis]'") from error

from fcformat.strategies.broken import Invalid, invalid_for
from fcformat.strategies.schemas import json_schemas
from fcformat.strategies.values import from_schema

__all__ = ["Invalid", "from_schema", "invalid_for", "json_schemas"]

del _hypothesis
