"""The official JSON Schema Test Suite: nothing invalid is ever accepted, and what once passed goes on passing.

`expected_suite.json` lists the tests that do not pass yet; `update_expected.py` rewrites it, for the better only.
"""

from __future__ import annotations

import pytest

from support.outcomes import RANK
from support.suite import DIALECTS, expected_outcomes, file_outcomes, suite_files

EXPECTED = expected_outcomes()
# Files in which an accepted instance may be labelled invalid, and why.
EXCUSED = {
    "optional/zeroTerminatedFloats.json": "under integer_spelling='any' 1.0 is an integer in every draft; 'plain' refuses it",
}


@pytest.mark.parametrize("draft", DIALECTS)
def test_no_file_of_the_suite_is_left_out(draft: str) -> None:
    assert {file for known, file in suite_files() if known == draft} == set(EXPECTED[draft])


@pytest.mark.parametrize(("draft", "file"), [(draft, file) for draft, files in EXPECTED.items() for file in files])
def test_suite_file(draft: str, file: str) -> None:
    found = file_outcomes(draft, file)
    never = {"crash"} if file in EXCUSED else {"false_accept", "crash"}
    assert {test for test, outcome in found.items() if outcome in never} == set()
    expected = EXPECTED[draft][file]
    worse = {test: got for test, got in found.items() if RANK[got] > RANK[expected.get(test, "pass")]}
    assert worse == {}
