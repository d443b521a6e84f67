"""The metaschemas of drafts 4 to 2020-12, for schemas whose references name them.

A tool whose argument is itself a schema says so with `{"$ref": "https://json-schema.org/draft/2020-12/schema"}`. These documents
are part of the standard, never change, and are therefore known without being passed; nothing is ever fetched.

Source: https://json-schema.org/specification-links (`data/metaschemas.json` holds them by URI, without their layout).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from fcformat.data import METASCHEMAS
from fcformat.errors import SchemaError

__all__ = ["may_need_metaschemas", "with_metaschemas"]

_T = TypeVar("_T")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@lru_cache(maxsize=1)
def _metaschemas() -> dict[str, Any]:
    documents: dict[str, Any] = json.loads(METASCHEMAS.read_text(encoding="utf-8"))
    return documents


def may_need_metaschemas(error: SchemaError) -> bool:
    """Whether a schema that could not be loaded may be one that refers to a metaschema."""
    return error.keyword in _REFERENCES


def with_metaschemas(make: Callable[[dict[str, Any] | None], _T], resources: dict[str, Any] | None) -> _T:
    """What `make` returns for these resources, or, where a reference leads nowhere, for them and the metaschemas.

    Args:
        make: Loads a schema, given the documents that it may refer to by URI.
        resources: The documents that the user passed; one at a metaschema's URI is used in its place.

    Raises:
        SchemaError, UnsupportedSchemaError, GrammarLimitError: As `make` does.
    """
    try:
        return make(resources)
    except SchemaError as error:
        if not may_need_metaschemas(error):
            raise
    return make({**_metaschemas(), **(resources or {})})
