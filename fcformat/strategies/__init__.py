"""Hypothesis strategies: values of a schema, broken values, schemas, tools, calls, conversations, what models write.

Needs the extra `hypothesis`. See `docs/testing.md`.
"""

from __future__ import annotations

try:
    import hypothesis as _hypothesis
except ImportError as error:  # pragma: no cover - the tests have it
    raise ImportError("fcformat.strategies needs Hypothesis: pip install 'fcformat[hypothesis]'") from error

from fcformat.strategies.broken import Invalid, invalid_for
from fcformat.strategies.chat import conversations, messages, tool_calls, tools
from fcformat.strategies.chunks import chunkings, token_chunkings
from fcformat.strategies.outputs import model_outputs
from fcformat.strategies.schemas import json_schemas
from fcformat.strategies.values import from_schema

__all__ = [
    "Invalid",
    "chunkings",
    "conversations",
    "from_schema",
    "invalid_for",
    "json_schemas",
    "messages",
    "model_outputs",
    "token_chunkings",
    "tool_calls",
    "tools",
]

del _hypothesis
