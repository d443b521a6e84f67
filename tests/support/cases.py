"""Tables of cases: a schema, texts that spell a valid value, texts that do not. The oracle is asked about every one as well."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import oracle
from fcformat import JSONStyle
from support.engine import accepts_from_start, compiled

Text = str | bytes


@dataclasses.dataclass(frozen=True)
class Case:
    """What one schema accepts and refuses, in one style. Accepted numbers with exponents are valid, but may be refused."""

    name: str
    schema: Any
    accepted: tuple[Text, ...] = ()
    refused: tuple[Text, ...] = ()
    style: JSONStyle | None = None


def check(case: Case) -> None:
    """Holds the engine, and first the case itself, against the table."""
    for text, expected in [*((text, True) for text in case.accepted), *((text, False) for text in case.refused)]:
        assert oracle.accepts(case.schema, _bytes(text), case.style) is expected, f"the case is wrong about {text!r}"
    grammar = compiled(case.schema, case.style)
    must = [text for text in case.accepted if oracle.expected(case.schema, _bytes(text), case.style)]
    assert [text for text in must if not accepts_from_start(grammar, text)] == [], "refused, but valid"
    assert [text for text in case.refused if accepts_from_start(grammar, text)] == [], "accepted, but not valid"


def _bytes(text: Text) -> bytes:
    return text.encode() if isinstance(text, str) else text


def by_name(cases: tuple[Case, ...]) -> pytest.MarkDecorator:
    """Parametrizes a test over the cases, with their names as ids."""
    assert len({case.name for case in cases}) == len(cases), "two cases of one name"
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)
