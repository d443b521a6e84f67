"""Each mode of `generate()`, on each architecture: complete, equal to a stateless replay, and valid.

A few seeds in everyday runs; `FCFORMAT_SEEDS=10` (docs/generate.md) makes the table that the documentation shows.
"""

from __future__ import annotations

import os

import pytest

from support.generate_contender import Ours
from support.generate_models import ARCHITECTURES
from support.generate_modes import MODES, Mode, judge

SEEDS = int(os.environ.get("FCFORMAT_SEEDS", "2"))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_a_constraint_holds_in_every_mode(mode: Mode, architecture: str) -> None:
    if architecture not in mode.architectures:
        pytest.skip(f"transformers has no such mode for {architecture}")
    for seed in range(SEEDS):
        verdict = judge(Ours(), mode, architecture, seed)
        assert verdict.good, f"seed {seed}: {verdict}"


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_masks_filled_on_another_thread_are_the_same(mode: Mode) -> None:
    verdict = judge(Ours(overlap=True), mode, "llama" if "llama" in mode.architectures else "t5", 0)
    assert verdict.good, verdict
