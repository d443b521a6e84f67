"""Every prompt that is not the publisher's to the byte has its reason, and the document that lists them is true."""

from __future__ import annotations

import pytest

from support.prompt_cases import DOCUMENT, NATIVE, document, expected, otherwise


@pytest.mark.parametrize("golden", NATIVE)
def test_prompts_are_the_publishers_or_differ_for_a_reason(golden: str) -> None:
    table = expected()
    argued = {name: note for reason in table["reasons"] for name, note in reason["rows"].get(golden, {}).items()}
    assert otherwise(golden) == (table["counts"][golden], argued), "run tests/conformance/update_prompts.py"


def test_the_document_of_prompts_is_written_from_the_expected_results() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(expected()), "run tests/conformance/update_prompts.py"
