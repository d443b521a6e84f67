"""What templates and models write is let through by the grammars, but for what `expected_grammars.json` names.

The file holds results as they are: texts may leave it, none may join. `python tests/conformance/update_grammars.py` writes it.
"""

from __future__ import annotations

import json

import pytest

from support.accepted_calls import EXPECTED, SOURCES, measured

pytest.importorskip("jinja2")


@pytest.mark.parametrize("source", SOURCES)
def test_known_calls_are_let_through(source: str) -> None:
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))[source]
    accepted, refused = measured(source)
    assert {(family, name) for family, names in refused.items() for name in names} <= {
        (family, name) for family, names in expected["refused"].items() for name in names
    }
    assert sum(accepted.values()) >= expected["accepted"]
