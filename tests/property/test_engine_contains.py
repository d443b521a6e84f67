"""Several `contains` that can share items: every array over a small domain, against their definition."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fcformat import GrammarMatcher, SchemaError
from support.engine import accepts_from_start, compiled

DOMAIN = (0, 1, 2)
LONGEST = 4
Condition = tuple[frozenset[int], int, int]  # values, least, most

conditions = st.lists(
    st.tuples(st.frozensets(st.sampled_from(DOMAIN), min_size=1), st.integers(0, 3), st.integers(0, 4)).map(
        lambda c: (c[0], min(c[1], c[2]), c[2])
    ),
    min_size=2,
    max_size=4,
)


@given(
    st.lists(st.frozensets(st.sampled_from(DOMAIN)), max_size=3),
    st.frozensets(st.sampled_from(DOMAIN)),
    st.one_of(st.just([]), conditions),
    st.integers(0, LONGEST),
    st.integers(0, 3),
)
def test_different_items_are_found_for_all_places_and_contains_or_nothing_is_begun(
    prefix: list[frozenset[int]], rest: frozenset[int], met: list[Condition], most: int, least: int
) -> None:
    places = [prefix[i] if i < len(prefix) else rest for i in range(LONGEST)]
    schema: dict[str, Any] = {
        "type": "array",
        "prefixItems": [{"enum": sorted(values)} if values else False for values in prefix],
        "items": {"enum": sorted(rest)} if rest else False,
        "uniqueItems": True,
        "minItems": min(least, most),
        "maxItems": most,
        "allOf": [
            {"contains": {"enum": sorted(values)}, "minContains": low, "maxContains": high} for values, low, high in met
        ],
    }
    if not prefix:
        del schema["prefixItems"]
    if not met:
        del schema["allOf"]
    arrays = [a for size in range(most + 1) for a in itertools.permutations(DOMAIN, size)]
    valid = {
        a
        for a in arrays
        if len(a) >= schema["minItems"]
        and all(item in place for item, place in zip(a, places, strict=False))
        and all(low <= sum(item in values for item in a) <= high for values, low, high in met)
    }
    _holds(schema, itertools.chain.from_iterable(itertools.product(DOMAIN, repeat=n) for n in range(most + 1)), valid)


@given(conditions, st.integers(0, LONGEST), st.integers(0, 2))
def test_several_contains_are_met_together_or_not_at_all(met: list[Condition], most: int, least: int) -> None:
    schema: dict[str, Any] = {
        "type": "array",
        "items": {"enum": list(DOMAIN)},
        "minItems": min(least, most),
        "maxItems": most,
        "allOf": [
            {"contains": {"enum": sorted(values)}, "minContains": low, "maxContains": high} for values, low, high in met
        ],
    }
    arrays = [a for size in range(most + 1) for a in itertools.product(DOMAIN, repeat=size)]
    valid = {
        a
        for a in arrays
        if len(a) >= schema["minItems"]
        and all(low <= sum(item in values for item in a) <= high for values, low, high in met)
    }
    _holds(schema, arrays, valid)


def _holds(schema: Any, arrays: Iterable[tuple[int, ...]], valid: set[tuple[int, ...]]) -> None:
    """Just the valid arrays are accepted, and each beginning just where one of them begins so."""
    try:
        grammar = compiled(schema)
    except SchemaError:
        assert not valid
        return
    for array in arrays:
        assert accepts_from_start(grammar, json.dumps(list(array), separators=(",", ":"))) == (array in valid)
        for size in range(len(array)):  # a beginning is allowed just where it can be completed
            text = "[" + ",".join(map(str, array[: size + 1]))
            alive = any(v[: size + 1] == array[: size + 1] for v in valid)
            assert GrammarMatcher(grammar).accept_string(text) == alive
