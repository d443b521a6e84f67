"""Schemas from the field: no crash, nothing invalid accepted, and the share that passes never falls.

A tenth of the schemas by default, all of them with `FCFORMAT_MASKBENCH=all`. `update_expected.py` raises the expectation.
"""

from __future__ import annotations

import json
import os

import pytest

from support.maskbench import EXPECTED, maskbench_outcomes


@pytest.mark.slow
def test_the_share_of_real_schemas_that_pass_does_not_fall() -> None:
    whole = os.environ.get("FCFORMAT_MASKBENCH") == "all"
    found = maskbench_outcomes(whole)
    assert {name: outcome for name, outcome in found.items() if outcome in ("false_accept", "crash")} == {}
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))["all" if whole else "sample"]
    passing = sum(outcome == "pass" for outcome in found.values())
    assert len(found) == expected["schemas"]
    assert passing >= expected["pass"]
