"""Several `generate()` at once with one model, one tokenizer and one grammar; and many steps in one process without growing."""

from __future__ import annotations

import gc
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fcformat.decoding import constrain
from support import generate_models as models
from support.generate_contender import BRIEF
from support.generate_models import CITY, PERSON, left_padded, small_model

QUESTIONS = tuple(f"Question number {number}: who? " for number in range(8))


def answers(question: str, schema: Any = PERSON, **options: Any) -> list[list[int]]:
    model, inputs = small_model("llama", 0), left_padded((question, question[9:]))
    arguments = constrain(model, models.tokenizer(), schema, style=BRIEF, **options)
    rows: list[list[int]] = model.generate(**inputs, **arguments, do_sample=False).tolist()
    return rows


@pytest.mark.parametrize("options", [{"overlap": False}, {"overlap": True}, {"jump_forward": True}], ids=str)
def test_eight_threads_generate_what_one_does(options: dict[str, Any]) -> None:
    expected = [answers(question, **options) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(lambda question: answers(question, **options), QUESTIONS)) == expected


def test_threads_with_schemas_of_their_own_do_not_mix_them() -> None:
    schemas = [{"const": number} for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda pair: answers(*pair), zip(QUESTIONS, schemas, strict=True)))
    for number, (question, rows) in enumerate(zip(QUESTIONS, found, strict=True)):
        assert json.loads(models.tokenizer().decode(rows[0][len(question) :], skip_special_tokens=True)) == number


def resident() -> int:
    """Bytes of main memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("options", [{}, {"overlap": True}, {"jump_forward": True}], ids=str)
def test_ten_thousand_steps_leave_memory_flat(options: dict[str, Any]) -> None:
    steps = 0
    sizes: list[int] = []
    while steps < 10_000:
        rows = answers(QUESTIONS[steps % 8], [PERSON, CITY], **options)
        steps += len(rows[0]) - len(QUESTIONS[0])
        if steps // 1_000 > len(sizes):
            gc.collect()
            sizes.append(resident())
    assert sizes[-1] - sizes[2] < 2 << 20, [size >> 10 for size in sizes]
