"""Numbers of a schema as Hypothesis draws: arithmetic finds a number that fits, nothing is drawn and thrown away.

A piece of the engine's number sets is an interval with divisors and exceptions. Its numbers lie on a grid (the least common
multiple of the divisors, or some power of ten); what is drawn is a place on the grid, moved to the nearest one that fits.
Values are Python's ints and floats, so a float stands for the number that its shortest spelling names, as in JSON.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

__all__ = ["NumberPiece", "as_number", "is_exact"]

#: How far from the place that was drawn one that fits is looked for.
_MOST_MOVES = 2_000
#: Largest multiple of a broken step: beyond, floats no longer tell one place from the next.
_WIDEST = 10**12


def as_number(text: str) -> int | float:
    """The Python number of a decimal's spelling; integers of any size, floats for the rest."""
    value = Fraction(Decimal(text))
    if value.denominator == 1:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def is_exact(text: str) -> bool:
    """Whether `as_number` gives the number itself, and not merely one that is near."""
    value = as_number(text)
    return isinstance(value, int) or (
        math.isfinite(value) and Fraction(Decimal(repr(value))) == Fraction(Decimal(text))
    )


@dataclasses.dataclass(frozen=True)
class NumberPiece:
    """One piece of a set of numbers; see `NumberPiece` in `csrc/schema/number_set.h`.

    Attributes:
        low: Lower bound, or `None`; `low_open`: whether it is itself outside. Likewise `high`.
        multiples: The number is a multiple of each.
        non_multiples: It is a multiple of none of these.
        excluded: It is none of these.
        integer: Whether the schema calls it an integer.
        texts: The engine's expression of its spellings.
    """

    low: Fraction | None
    low_open: bool
    high: Fraction | None
    high_open: bool
    multiples: tuple[Fraction, ...]
    non_multiples: tuple[Fraction, ...]
    excluded: frozenset[Fraction]
    integer: bool
    texts: int

    @classmethod
    def of(cls, fields: tuple[Any, ...]) -> NumberPiece:
        """Reads what the native sampler gives."""
        low, low_open, high, high_open, multiples, non_multiples, excluded, integer, texts = fields
        return cls(
            None if low is None else _exact(low),
            low_open,
            None if high is None else _exact(high),
            high_open,
            tuple(map(_exact, multiples)),
            tuple(map(_exact, non_multiples)),
            frozenset(map(_exact, excluded)),
            integer,
            texts,
        )

    def draw(self, draw: st.DrawFn, shortest: Callable[[int], str]) -> int | float:
        """A number of the piece; `shortest` gives the engine's shortest text of an expression."""
        step = self._step()
        if step is None:
            way = draw(_WAYS)
            if way == "float":
                drawn = self._float(draw)
                if drawn is not None:
                    return drawn
            step = self._grid(0 if way == "whole" else draw(_PLACES), coarse=way == "whole")
        first, last = self._places(step)
        where = draw(_CORNERS) if first is not None or last is not None else "inside"
        if where == "first" and first is not None:
            place = first
        elif where == "last" and last is not None:
            place = last
        else:
            low, high = first, last
            if step.denominator != 1:
                narrow = (
                    -_WIDEST if first is None else max(first, -_WIDEST),
                    _WIDEST if last is None else min(last, _WIDEST),
                )
                low, high = narrow if narrow[0] <= narrow[1] else (first, last)
            place = draw(st.integers(low, high))
        return self._nearest(place, step, first, last, shortest)

    def least(self, shortest: Callable[[int], str]) -> int | float:
        """A simple number of the piece, always the same."""
        step = self._step() or self._grid(0, coarse=True)
        first, last = self._places(step)
        return self._nearest(self._start(first, last), step, first, last, shortest)

    def plainly_inhabited(self) -> bool:
        """Whether arithmetic finds a number at once; where it does not, there may be one all the same."""
        step = self._step() or self._grid(0, coarse=True)
        first, last = self._places(step)
        if first is not None and last is not None and first > last:
            return False
        start = self._start(first, last)
        return any(self._value(at, step) is not None for at in _around(start, first, last))

    @staticmethod
    def _start(first: int | None, last: int | None) -> int:
        """The place next to zero."""
        place = max(0, first) if first is not None else 0
        return min(place, last) if last is not None else place

    def _step(self) -> Fraction | None:
        """The grid that the divisors make; `None` where there are none."""
        if not self.multiples:
            return Fraction(1) if self.integer else None
        step = self.multiples[0]
        for other in self.multiples[1:]:
            step = Fraction(math.lcm(step.numerator, other.numerator), math.gcd(step.denominator, other.denominator))
        return step

    def _grid(self, more_places: int, *, coarse: bool) -> Fraction:
        """A power of ten on whose grid the interval has numbers; not more than one, so that whole numbers are among them."""
        places = 0
        while not self._inhabited(Fraction(1, 10**places)) and places < 400:
            places += 1
        return Fraction(1, 10 ** (places if coarse else places + more_places))

    def _inhabited(self, step: Fraction) -> bool:
        first, last = self._places(step)
        if first is not None and last is not None and last - first < len(self.excluded) + 1:
            return any(self._value(place, step) is not None for place in range(first, last + 1))
        return first is None or last is None or first <= last

    def _places(self, step: Fraction) -> tuple[int | None, int | None]:
        """First and last multiple of the step inside the interval."""
        first = last = None
        if self.low is not None:
            first = math.ceil(self.low / step)
            if self.low_open and first * step == self.low:
                first += 1
        if self.high is not None:
            last = math.floor(self.high / step)
            if self.high_open and last * step == self.high:
                last -= 1
        return first, last

    def _nearest(
        self, place: int, step: Fraction, first: int | None, last: int | None, shortest: Callable[[int], str]
    ) -> int | float:
        for at in _around(place, first, last):
            value = self._value(at, step)
            if value is not None:
                return value
        return as_number(shortest(self.texts))

    def _value(self, place: int, step: Fraction) -> int | float | None:
        """The number at a place of the grid; `None` where it is excluded, or no float says it exactly."""
        exact = place * step
        if exact in self.excluded or any((exact / other).denominator == 1 for other in self.non_multiples):
            return None
        if exact.denominator == 1:
            return int(exact)
        try:
            value = float(exact)
        except OverflowError:
            return None
        if math.isinf(value) or Fraction(Decimal(repr(value))) != exact:
            return None
        # Most validators divide in floating point: a number that is a multiple in that reading too is the better example.
        broken = [other for other in self.multiples if other.denominator != 1]
        return value if all((value / float(other)).is_integer() for other in broken) else None

    def _float(self, draw: st.DrawFn) -> float | None:
        """Any float inside the interval."""
        low = None if self.low is None else _float_of(self.low)
        high = None if self.high is None else _float_of(self.high)
        if (low is not None and math.isinf(low)) or (high is not None and math.isinf(high)):
            return None
        if low is not None and high is not None and low > high:
            return None
        value = draw(st.floats(low, high, allow_nan=False, allow_infinity=False))
        exact = Fraction(Decimal(repr(value)))
        inside = (self.low is None or exact > self.low or (exact == self.low and not self.low_open)) and (
            self.high is None or exact < self.high or (exact == self.high and not self.high_open)
        )
        other = any((exact / divisor).denominator == 1 for divisor in self.non_multiples)
        return value if inside and not other and exact not in self.excluded else None


_WAYS = st.sampled_from(("whole", "decimal", "decimal", "float"))
_PLACES = st.integers(0, 3)
_CORNERS = st.sampled_from(("inside", "inside", "inside", "first", "last"))


def _exact(text: str) -> Fraction:
    return Fraction(Decimal(text))


def _float_of(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _around(place: int, first: int | None, last: int | None) -> Iterator[int]:
    """The place, and those around it that lie between first and last, the nearest first."""
    for distance in range(_MOST_MOVES):
        for at in (place + distance, place - distance) if distance else (place,):
            if (first is None or at >= first) and (last is None or at <= last):
                yield at
