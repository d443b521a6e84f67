"""The records of faults fit the core as it is: a change that moves the text of one brings the record up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from mutation.mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_put_in_at_one_place(mutant: Mutant) -> None:
    assert (ROOT / "csrc" / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new
    assert all((ROOT / "tests" / file).exists() for file in mutant.tests)


def test_faults_have_names_of_their_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 30
