"""Strings of the engine's expressions as Hypothesis draws: a walk through the automaton, brought to an end by a shortest rest.

The first draw says how many steps are free, so that fewer steps are simpler; whatever is chosen on the way, the engine knows a
shortest text that completes it.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st

__all__ = ["StringSource", "below"]

#: Alternatives of a union are equally likely, if there are no more; of more, the likelier are those with more strings.
_MOST_PARTS = 12
#: Among the characters that may come next, those that lead to one state count as at most so many.
_MOST_WEIGHT = 8
#: An expression with at most so many strings is a list of them.
_LISTED = 64
_MOST_STEPS = 40
#: Free characters beyond the fewest that an otherwise unconstrained string needs.
_MOST_FREE = 24
#: A longest or shortest length up to here is drawn now and then; beyond, strings are too long to be examples.
_LONGEST = 256

_STEPS = st.one_of(st.integers(0, 8), st.integers(0, _MOST_STEPS))
_ODD = st.sampled_from((False, False, False, True))
_PLAIN = st.characters(min_codepoint=32, max_codepoint=126)
_ANY = st.characters(exclude_categories=["Cs"])
#: Characters that programs get wrong: ends of blocks, combining and right-to-left ones, separators, the plane beyond 16 bits.
_INTERESTING = tuple(
    map(ord, '\n\r\t\0\x1f\x7f\x85\xa0"\\/éßÅİıſ\u0301\u0660\u200b\u200e\u2028\ufffd\uffff中あ한א😀\U0010ffff')
)
_FIRST_CHOICES = tuple(map(ord, "a1A0-_. "))


@dataclasses.dataclass(frozen=True)
class _Characters:
    """Characters of a set: what is plain, and what else is worth a try; `None` there stands for any of the set."""

    plain: st.SearchStrategy[int | None]
    odd: st.SearchStrategy[int | None]


@dataclasses.dataclass(frozen=True)
class _State:
    """A state of an automaton: whether it may end, and for each state behind it the characters that lead there.

    `choices` holds places in `steps`, as often as they shall be likely.
    """

    ends: bool
    choices: tuple[int, ...]
    steps: tuple[tuple[int, tuple[tuple[int, int], ...], _Characters], ...]


class StringSource:
    """The strings of one native sampler's expressions."""

    def __init__(self, sampler: Any) -> None:
        self._sampler = sampler
        self._kinds: dict[int, tuple[str, Any]] = {}
        self._states: dict[int, _State] = {}
        self._least: dict[int, str] = {}

    def draw(self, draw: st.DrawFn, expression: int) -> str:
        """A string of the expression, which has one."""
        kind, data = self._kind(expression)
        if kind == "parts":
            return self.draw(draw, draw(data))
        if kind == "walk":
            return self._walk(draw, expression)
        drawn: str = draw(data)
        return drawn

    def least(self, expression: int) -> str:
        """A shortest string, always the same."""
        found = self._least.get(expression)
        if found is None:
            found = self._least[expression] = self._sampler.shortest(expression)
        return found

    def _kind(self, expression: int) -> tuple[str, Any]:
        found = self._kinds.get(expression)
        if found is None:
            found = self._kinds[expression] = self._find_kind(expression)
        return found

    def _find_kind(self, expression: int) -> tuple[str, Any]:
        lengths = self._sampler.length_range(expression)
        if lengths is not None:
            return "text", _texts(*lengths)
        listed = self._sampler.enumerate(expression, _LISTED)
        if listed is not None:
            return "text", st.sampled_from(sorted(listed, key=lambda text: (len(text), text)))
        parts = self._sampler.union_parts(expression)
        if 1 < len(parts) <= _MOST_PARTS:
            return "parts", st.sampled_from(parts)
        return "walk", None

    def _walk(self, draw: st.DrawFn, expression: int) -> str:
        out: list[str] = []
        steps = draw(_STEPS)
        odd = steps > 0 and draw(_ODD)
        for _ in range(steps):
            state = self._state(expression)
            if not state.steps:
                break
            at = draw(below(len(state.choices))) if len(state.steps) > 1 else 0
            expression, ranges, characters = state.steps[state.choices[at]]
            code = draw(characters.odd if odd else characters.plain)
            if code is None:
                code = _nth(ranges, draw(st.integers(0, sum(hi - lo + 1 for lo, hi in ranges) - 1)))
            out.append(chr(code))
        if not self._state(expression).ends:
            out.append(self.least(expression))
        return "".join(out)

    def _state(self, expression: int) -> _State:
        found = self._states.get(expression)
        if found is None:
            ends, edges = self._sampler.edges(expression)
            leading: dict[int, list[tuple[int, int]]] = {}
            for low, high, target in edges:
                leading.setdefault(target, []).append((low, high))
            behind = {target: tuple(ranges) for target, ranges in leading.items()}
            # What leads on comes before what stays where it is, simple characters before others.
            order = sorted(behind, key=lambda target: (target == expression, _rank(behind[target])))
            steps = tuple((target, behind[target], _characters(behind[target])) for target in order)
            weights = [min(sum(high - low + 1 for low, high in ranges), _MOST_WEIGHT) for _, ranges, _ in steps]
            choices = tuple(at for at, weight in enumerate(weights) for _ in range(weight))
            found = self._states[expression] = _State(ends, choices, steps)
        return found


@lru_cache(maxsize=1024)
def below(count: int) -> st.SearchStrategy[int]:
    """Integers from zero to less than `count`; kept, since making a strategy takes as long as drawing from it."""
    return st.integers(0, count - 1)


@lru_cache(maxsize=1024)
def _texts(fewest: int, most: int) -> st.SearchStrategy[str]:
    """Any text of so many characters (`most` may be -1: no limit)."""
    if fewest > _LONGEST:
        return st.text(_PLAIN, max_size=_MOST_FREE).map(lambda text: text + "a" * (fewest - len(text)))
    longest = fewest + _MOST_FREE if most < 0 else min(most, fewest + _MOST_FREE)
    ways = [st.text(alphabet, min_size=fewest, max_size=longest) for alphabet in (_PLAIN, _ANY)]
    if 0 <= most <= _LONGEST:
        ways.append(st.text(_PLAIN, max_size=min(most, _MOST_FREE)).map(lambda text: text + "a" * (most - len(text))))
    return st.one_of(ways)


@lru_cache(maxsize=4096)
def _characters(ranges: tuple[tuple[int, int], ...]) -> _Characters:
    among = {code for low, high in ranges for code in range(max(low, 32), min(high, 126) + 1)}
    simple = [code for code in _FIRST_CHOICES if code in among]
    plain = [*simple, *sorted(among.difference(simple))]
    corners = [code for pair in ranges[:8] for code in pair]
    odd = [code for code in _INTERESTING if any(low <= code <= high for low, high in ranges)]
    others: list[int | None] = [code for code in dict.fromkeys((*corners, *odd)) if code not in among]
    if others:
        others.append(None)
    mixed = [*plain, *others * max(1, len(plain) // max(1, len(others)))]  # about half and half
    return _Characters(st.sampled_from(plain or others), st.sampled_from(mixed))


@lru_cache(maxsize=4096)
def _rank(ranges: tuple[tuple[int, int], ...]) -> int:
    """How early the simplest character of a set stands among the first choices."""
    ranks = [at for at, code in enumerate(_FIRST_CHOICES) if any(low <= code <= high for low, high in ranges)]
    return min(ranks, default=len(_FIRST_CHOICES))


def _nth(ranges: tuple[tuple[int, int], ...], place: int) -> int:
    for low, high in ranges:
        if place <= high - low:
            return low + place
        place -= high - low + 1
    raise AssertionError("a place beyond the set")
