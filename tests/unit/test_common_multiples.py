"""Multiples of several numbers at once are found by arithmetic, where a search over remainders would run out of states."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import pytest

from fcformat import SchemaError
from support.engine import accepts, allowed, matcher

MANY = {
    "type": "integer",
    "allOf": [{"multipleOf": 997}, {"multipleOf": 991}],
    "not": {"anyOf": [{"multipleOf": 983}, {"multipleOf": 977}]},
}
LARGE = {"type": "integer", "allOf": [{"multipleOf": 7919}, {"multipleOf": 7907}], "minimum": 10**12}
PLACES = {"type": "number", "allOf": [{"multipleOf": 0.0041}, {"multipleOf": 0.37}], "exclusiveMinimum": 0}
NARROW = {"type": "number", "allOf": [{"multipleOf": 0.07}, {"multipleOf": 0.003}], "minimum": 0.4, "maximum": 0.5}
BELOW = {
    "type": "integer",
    "multipleOf": 7919,
    "allOf": [{"multipleOf": 7907}],
    "minimum": -(10**10),
    "maximum": -(10**9),
}
#: 62,615,533 lies in it alone, of all its multiples.
ONE = {"type": "integer", "allOf": [{"multipleOf": 7919}, {"multipleOf": 7907}], "minimum": 1, "maximum": 10**8}


@pytest.mark.parametrize(
    ("schema", "inside", "outside"),
    [
        (MANY, ["988027", "-988027", "1976054", "-1976054"], ["0", "988026", str(988027 * 983)]),
        (LARGE, [str(62615533 * 15971)], ["62615533", "1000032677544", "0"]),
        (PLACES, ["15.17", "30.34", "1517", "15.170"], ["0.37", "0.0041", "-15.17", "0"]),
        (NARROW, ["0.42", "0.420"], ["0.4", "0.5", "0.21", "0.42001"]),
        (BELOW, [str(-62615533 * 16), str(-62615533 * 159)], ["1001848528", str(-62615533 * 15), str(-62615533 * 160)]),
        (ONE, ["62615533"], ["0", "125231066"]),
    ],
)
def test_common_multiples(schema: dict[str, Any], inside: list[str], outside: list[str]) -> None:
    for text in inside:
        assert accepts(schema, text), text
    for text in outside:
        assert not accepts(schema, text), text


@pytest.mark.parametrize("schema", [MANY, LARGE, PLACES, NARROW, BELOW, ONE])
@pytest.mark.parametrize("seed", range(4))
def test_every_digit_that_a_mask_allows_can_be_gone_on_from(schema: dict[str, Any], seed: int) -> None:
    state, source, text = matcher(schema), random.Random(seed), ""
    for _ in range(12):
        options = sorted(token for token in allowed(state) if token < 256)
        if not options:
            break
        token = source.choice(options)
        assert state.accept_token(token)
        text += chr(token)
    else:  # the way out: without it, a number may go on for as long as max_digits says
        while not state.can_terminate():
            options = sorted(token for token in allowed(state) if token < 256)
            assert options, text
            token = source.choice(options)
            assert state.accept_token(token)
            text += chr(token)
    assert state.can_terminate(), text
    parts = [schema.get("multipleOf"), *(part.get("multipleOf") for part in schema["allOf"])]
    assert all(Fraction(text) % Fraction(str(part)) == 0 for part in parts if part is not None), text


@pytest.mark.parametrize(
    "schema",
    [
        ONE | {"not": {"const": 62615533}},
        ONE | {"maximum": 62615532},
        NARROW | {"maximum": 0.41},
        {"type": "integer", "multipleOf": 1000003, "not": {"multipleOf": 7}, "minimum": 7000020, "maximum": 7000022},
    ],
)
def test_where_no_multiple_is_left_there_is_no_value(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        matcher(schema)


def _prefixes(texts: set[str]) -> set[str]:
    return {text[:end] for text in texts for end in range(len(text) + 1)}


def _schema(source: random.Random, places: int) -> dict[str, Any]:
    unit = Fraction(1, 10**places)

    def number(lowest: int, highest: int) -> float | int:
        value = source.randint(lowest, highest) * unit
        return int(value) if value.denominator == 1 else float(value)

    schema: dict[str, Any] = {"type": "integer" if places == 0 else "number"}
    schema["allOf"] = [{"multipleOf": number(2, 60)} for _ in range(source.randint(1, 2))]
    schema["not"] = {"anyOf": [{"multipleOf": number(2, 30)} for _ in range(source.randint(1, 2))]}
    low = source.randint(-999, 900)
    schema[source.choice(("minimum", "exclusiveMinimum"))] = number(low, low)
    schema[source.choice(("maximum", "exclusiveMaximum"))] = number(low, min(999, low + source.randint(1, 900)))
    return schema


def _holds(schema: dict[str, Any], value: Fraction) -> bool:
    def exact(number: float) -> Fraction:
        return Fraction(str(number))

    return (
        all(value % exact(part["multipleOf"]) == 0 for part in schema["allOf"])
        and not any(value % exact(part["multipleOf"]) == 0 for part in schema["not"]["anyOf"])
        and value >= exact(schema.get("minimum", -(10**9)))
        and value > exact(schema.get("exclusiveMinimum", -(10**9)))
        and value <= exact(schema.get("maximum", 10**9))
        and value < exact(schema.get("exclusiveMaximum", 10**9))
    )


@pytest.mark.parametrize("seed", range(60))
def test_a_text_is_begun_exactly_where_a_multiple_begins_with_it(seed: int) -> None:
    """All texts of a few characters, against the numbers that the schema allows, one by one."""
    source = random.Random(seed)
    places = seed % 3
    schema = _schema(source, places)
    unit = Fraction(1, 10**places)
    texts: set[str] = set()
    for count in range(-1100, 1101):
        if not _holds(schema, count * unit):
            continue
        digits = str(abs(count)).rjust(places + 1, "0")
        whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
        for sign in ("-",) if count < 0 else ("", "-") if count == 0 else ("",):
            for kept in range(len(fraction.rstrip("0")), places + 2 if places else 1):  # zeros at the end are spelling
                spelled = fraction.ljust(kept, "0")[:kept]
                texts.add(sign + whole + (f".{spelled}" if kept else ""))
    if not texts:
        with pytest.raises(SchemaError):
            matcher(schema)
        return
    known = _prefixes(texts)
    for length in range(1, 5):
        for characters in itertools.product("-.0123456789", repeat=length):
            text = "".join(characters)
            if text[:-1] not in known or (text.count(".") and len(text.split(".")[1]) > places):
                continue
            state = matcher(schema)
            assert state.accept_string(text) == (text in known), text
            if text in known:
                assert state.can_terminate() == (text in texts), text
