"""The JSON Schema Test Suite: its files by draft, and the outcome of each of their tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema.validators import SPECIFICATIONS as REGISTRY

from fcformat import JSONStyle
from support.data import data_path
from support.outcomes import outcomes

DIALECTS = {
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft4": "http://json-schema.org/draft-04/schema#",
}
EXPECTED = Path(__file__).resolve().parent.parent / "conformance" / "expected_suite.json"
# The suite says which values are valid and knows nothing of spelling: 1.0 is an integer there.
STYLE = JSONStyle(integer_spelling="any")


def suite_files() -> list[tuple[str, str]]:
    """(draft, file) of all test files, required and optional."""
    return [
        (draft, path.relative_to(root).as_posix())
        for draft in DIALECTS
        for root in [data_path("data", "json-schema-test-suite", "tests", draft)]
        for path in sorted(root.rglob("*.json"))
    ]


def groups(draft: str, file: str) -> Iterator[tuple[str, Any, list[dict[str, Any]]]]:
    """Name, schema and tests of each group of a file; the schema names its dialect."""
    path = data_path("data", "json-schema-test-suite", "tests", draft, file)
    for group in json.loads(path.read_text(encoding="utf-8")):
        schema = group["schema"]
        if isinstance(schema, dict):
            schema = {"$schema": DIALECTS[draft], **schema}
        yield group["description"], schema, group["tests"]


@lru_cache(maxsize=8)
def remotes(draft: str) -> str:
    """The metaschemas, and the suite's remote documents by URI, of other drafts only where they name their dialect; as JSON."""
    root = data_path("data", "json-schema-test-suite", "remotes")
    found = {}
    for path in sorted(root.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        name = path.relative_to(root).as_posix()
        own = name.startswith(f"{draft}/") or not name.startswith("draft")
        if own and isinstance(document, dict):
            document = {"$schema": DIALECTS[draft], **document}
        if own or (isinstance(document, dict) and "$schema" in document):
            found[f"http://localhost:1234/{name}"] = document
    metaschemas = {uri: REGISTRY[uri].contents for uri in REGISTRY if "draft-03" not in uri}
    return json.dumps({**metaschemas, **found})


def file_outcomes(draft: str, file: str) -> dict[str, str]:
    """ "group / test" -> class, for all tests of a file."""
    found: dict[str, str] = {}
    resources = remotes(draft)
    for name, schema, tests in groups(draft, file):
        classes = outcomes(schema, [(test["data"], test["valid"]) for test in tests], STYLE, resources)
        for test, outcome in zip(tests, classes, strict=True):
            found[f"{name} / {test['description']}"] = outcome
    return found


def expected_outcomes() -> dict[str, dict[str, dict[str, str]]]:
    """Draft -> file -> "group / test" -> class, of the tests that do not pass; the others do."""
    loaded: dict[str, dict[str, dict[str, str]]] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return loaded
