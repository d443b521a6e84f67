"""Every attack ends in a bounded time and memory, with the right answer or with a typed error, and never with a crash."""

from __future__ import annotations

from typing import Any

import pytest

from attacks import measured
from attacks.cases import CASES, KNOWN, MEBIBYTES, SECONDS


def _parameter(name: str) -> Any:
    marks = [pytest.mark.xfail(reason=KNOWN[name], strict=False)] if name in KNOWN else []
    return pytest.param(name, marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize("name", [_parameter(name) for name in CASES])
def test_an_attack_ends_in_the_right_answer_or_a_typed_error(name: str) -> None:
    found = measured(name, SECONDS + 5)
    assert found["outcome"] in CASES[name].expected
    assert found["seconds"] < SECONDS
    assert found["mebibytes"] < MEBIBYTES
