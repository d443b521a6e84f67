"""Valid values of a schema as Hypothesis draws, over the engine's residuals: what may come next is asked, never guessed.

At each place the engine names the alternatives that can still be completed, so nothing is drawn and thrown away. A value has a
budget of nodes and a depth; beyond them it is completed without further draws, by the engine's shortest way. That every value
ends rests on one device: the values of at most some height are a formula of the same algebra, and the conjunction with it has
residuals that all end.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from fcformat import _core
from fcformat.errors import GrammarLimitError
from fcformat.strategies._numbers import NumberPiece, as_number, is_exact
from fcformat.strategies._strings import StringSource, below

__all__ = ["ValueSource"]

#: Values inside a value, at most, beside what the schema asks for.
_BUDGET = 48
#: Nesting beyond which nothing is opened that need not be.
_DEEPEST = 6
#: Nesting beyond which a value of no schema at all is a scalar.
_DEEPEST_FREE = 2
_ANY_VALUE = 1  # kTrueFormula
#: Heights tried for a value that must end, and members or items that one value may need.
_HIGHEST, _MOST_OBLIGATIONS = 150, 20_000
#: An array's or object's upper bound up to here is reached now and then.
_REACHED = 16
_MORE_ITEMS, _MORE_MEMBERS = 4, 3
#: Native memory after which a source starts afresh.
_MOST_BYTES = 256 << 20

_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))


@dataclasses.dataclass(frozen=True)
class _Alternatives:
    """What a value can be: constants, numbers and single numbers, an expression of strings, opened objects and arrays."""

    scalars: tuple[tuple[str, Any], ...]
    objects: tuple[int, ...]
    arrays: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class _Plan:
    """An object's names with their place in the declared order, how many classes of other keys it has, and its bounds."""

    names: tuple[tuple[str, int], ...]
    cells: int
    fewest: int
    most: int


class ValueSource:
    """Draws values of one schema. Not to be used from several threads at once.

    Args:
        schema: The schema, as Python objects.
        make: Makes the native sampler.

    Raises:
        SchemaError, UnsupportedSchemaError, GrammarLimitError: As `GrammarCompiler.compile_json_schema`.
    """

    def __init__(self, schema: Any, make: Callable[[], _core.ValueSampler]) -> None:
        self.schema = schema
        self._make = make
        self._may_recur = _has_references(schema)
        self._start()

    def __repr__(self) -> str:
        return repr(self.schema)

    def _start(self) -> None:
        self.sampler = self._make()
        self.strings = StringSource(self.sampler)
        self._alternatives: dict[int, _Alternatives] = {}
        self._plans: dict[int, _Plan] = {}
        self._least: dict[int, Any] = {}

    def draw(self, draw: st.DrawFn) -> Any:
        """A valid value."""
        if self.sampler.nbytes > _MOST_BYTES:
            self._start()
        return _Drawing(self, draw).value(self.sampler.root, 0)

    def alternatives(self, formula: int) -> _Alternatives:
        """What the formula's values can be, the simplest first."""
        found = self._alternatives.get(formula)
        if found is None:
            constants, pieces, points, strings, objects, arrays = self.sampler.alternatives(formula)
            scalars: list[tuple[str, Any]] = [("constant", constant) for constant in constants]
            scalars += [("constant", as_number(text)) for text, _ in points]
            numbers = [NumberPiece.of(fields) for fields in pieces]
            scalars += [("number", piece) for piece in numbers if self._has_numbers(piece)]
            scalars += [("string", strings)] if strings else []
            found = self._alternatives[formula] = _Alternatives(tuple(scalars), tuple(objects), tuple(arrays))
        if not (found.scalars or found.objects or found.arrays):
            raise GrammarLimitError("a value is asked for that is a number, and none that a Python float can hold")
        return found

    def _has_numbers(self, piece: NumberPiece) -> bool:
        """Whether Python has a number of the piece; where arithmetic does not find one, the engine is asked."""
        if piece.plainly_inhabited():
            return True
        return not self.sampler.is_empty(piece.texts) and is_exact(self.strings.least(piece.texts))

    def plan(self, opened: int) -> _Plan:
        """The names of an object that has just been opened."""
        found = self._plans.get(opened)
        if found is None:
            names, cells, fewest, most = self.sampler.plan(opened)
            found = self._plans[opened] = _Plan(tuple(names), cells, fewest, most)
        return found

    def least(self, formula: int) -> Any:
        """A small value of the formula, always the same."""
        found = self._least.get(formula, self)
        if found is self:
            found = self._least[formula] = self._find_least(formula, 0)
        return copy.deepcopy(found)

    def _find_least(self, formula: int, depth: int) -> Any:
        if depth > _HIGHEST:
            raise GrammarLimitError(f"every value nests deeper than max_drawn_height = {_HIGHEST}")
        choices = self.alternatives(formula)
        for kind, data in choices.scalars:
            if kind == "constant":
                return data
            return data.least(self.strings.least) if kind == "number" else self.strings.least(data)
        for array in choices.arrays:
            if self.sampler.array(array)[0]:
                return []
        for opened in choices.objects:
            if self.sampler.can_close_object(opened):
                return {}
        if self._may_recur and depth == 0:  # the lowest, so that the way down is known to end
            height = 1
            while not self.sampler.has_values(self.sampler.no_higher(formula, height)):
                height += 1
                if height > _HIGHEST:
                    raise GrammarLimitError(f"every value nests deeper than max_drawn_height = {_HIGHEST}")
            choices = self.alternatives(self.sampler.no_higher(formula, height))

        def inner(part: int, _: int) -> Any:
            found = self._least.get(part, self)
            if found is self:
                found = self._least[part] = self._find_least(part, depth + 1)
            return copy.deepcopy(found)

        building = Building(self, None, inner)
        if choices.arrays:
            return building.array(choices.arrays[0], 0)
        return building.object(choices.objects[0], 0)


class Building:
    """Objects and arrays over the residuals; what their values are is the caller's.

    Args:
        source: Where it comes from.
        draw: Hypothesis' draw function, or `None` to take what is needed and nothing else.
        value: Gives a value of a formula at a depth.
    """

    def __init__(self, source: ValueSource, draw: st.DrawFn | None, value: Callable[[int, int], Any]) -> None:
        self._source = source
        self._sampler = source.sampler
        self._draw = draw
        self._value = value

    def pick(self, count: int) -> int:
        """One of so many choices, the first where nothing is drawn."""
        if self._draw is None or count < 2:
            return 0
        return self._draw(below(count))

    def object(self, state: int, depth: int, room: int = 0) -> dict[str, Any]:
        """An object from its residual; `room`: how many members it may have beside those that it must."""
        plan = self._source.plan(state)
        members: dict[str, Any] = {}
        ranks: dict[str, int] = {}
        used: set[int] = set()

        def add(move: tuple[int, int, int, int, int, int]) -> None:
            nonlocal state
            place, cell, choice, formula, following, _ = move
            if place >= 0:
                name, ranks[name] = plan.names[place][0], plan.names[place][1]
                used.add(place)
                state = following
            else:
                keys = self._sampler.cell_keys(state, cell)
                strings = self._source.strings
                name = strings.least(keys) if self._draw is None else strings.draw(self._draw, keys)
                ranks[name] = len(plan.names)
                state = self._sampler.after_cell_key(state, cell, choice, name)
            members[name] = self._value(formula, depth + 1)

        def meet_obligations(names_only: bool) -> None:
            for _ in range(_MOST_OBLIGATIONS):
                left = self._sampler.required_left(state)
                if left:
                    place = min(left, key=lambda place: (plan.names[place][1], place))
                    moves = self._sampler.members_named(state, place)
                    moves = moves if self._draw is not None else _gaining(moves)
                elif names_only or self._sampler.can_close_object(state):
                    return
                else:
                    moves = [
                        move
                        for place in range(len(plan.names))
                        if place not in used
                        for move in self._sampler.members_named(state, place)
                    ]
                    moves = _gaining([*moves, *self._sampler.members_in_cells(state)])
                add(moves[self.pick(len(moves))])
            raise GrammarLimitError(f"an object needs more than max_drawn_members = {_MOST_OBLIGATIONS} members")

        if plan.fewest > _MOST_OBLIGATIONS:
            raise GrammarLimitError(
                f"an object needs {plan.fewest} members, which is more than max_drawn_members = {_MOST_OBLIGATIONS}"
            )
        meet_obligations(names_only=True)
        if self._draw is not None and room > 0:
            optional = [place for place in range(len(plan.names)) if place not in used]
            # None, all and every number between are equally likely, as far as there is room.
            for _ in range(self.pick(min(len(optional), room) + 1)):
                place = optional.pop(self.pick(len(optional)))
                moves = () if place in used else self._sampler.members_named(state, place)
                if moves:
                    add(moves[self.pick(len(moves))])
            for _ in range(self._further_keys(plan, len(members), room)):
                moves = self._sampler.members_in_cells(state)
                if not moves:
                    break
                add(moves[self.pick(len(moves))])
        meet_obligations(names_only=False)
        return {name: members[name] for name in sorted(members, key=ranks.__getitem__)}

    def _further_keys(self, plan: _Plan, members: int, room: int) -> int:
        """How many keys without a declared name: seldom any where names are declared."""
        if not plan.cells:
            return 0
        if plan.most >= 0:
            room = min(room, plan.most - members)
            if plan.most <= _REACHED and not plan.names:
                return self.pick(max(room, 0) + 1)
        if plan.names:
            return max(0, min(room, self.pick(12) - 9))
        return self.pick(max(0, min(room, _MORE_MEMBERS)) + 1)

    def array(self, state: int, depth: int, room: int = 0) -> list[Any]:
        """An array from its residual; `room`: how many items it may have beside those that it must."""
        out: list[Any] = []
        fewest, most, prefix = self._sampler.array_bounds(state)
        wanted = 0
        if fewest > _MOST_OBLIGATIONS:
            raise GrammarLimitError(
                f"an array needs {fewest} items, which is more than max_drawn_items = {_MOST_OBLIGATIONS}"
            )
        if self._draw is not None and room > 0:
            longest = max(fewest, prefix) + _MORE_ITEMS
            if most >= 0:
                longest = most if most <= _REACHED else min(most, longest)
            wanted = self._draw(st.integers(min(fewest, longest), max(min(longest, fewest + room), fewest)))
        while True:
            closes, items, compares = self._sampler.array(state)
            if not items or (closes and len(out) >= wanted):
                return out
            if len(out) > _MOST_OBLIGATIONS:
                raise GrammarLimitError(f"an array needs more than max_drawn_items = {_MOST_OBLIGATIONS} items")
            if len(out) >= wanted or self._draw is None:
                items = _gaining(items, gain=2)
            formula, following, _ = items[self.pick(len(items))]
            value = self._value(formula, depth + 1)
            if compares:
                states = self._sampler.knowing_item(following, value)
                while not states:  # an item that later ones cannot do without
                    formula = self._sampler.excluding(formula, value)
                    value = self._value(formula, depth + 1)
                    states = self._sampler.knowing_item(following, value)
                # The last is the one in which this item comes again, where one must.
                following = states[-1] if len(out) >= wanted else states[self.pick(len(states))]
            out.append(value)
            state = following


class _Drawing:
    """One value being drawn, and what is left of its budget."""

    def __init__(self, source: ValueSource, draw: st.DrawFn) -> None:
        self._source = source
        self._draw = draw
        self._left = _BUDGET
        self._building = Building(source, draw, self.value)

    def value(self, formula: int, depth: int) -> Any:
        """A value of the formula."""
        if self._left <= 0 or depth > _DEEPEST:
            return self._source.least(formula)
        self._left -= 1
        choices = self._source.alternatives(formula)
        scalars = len(choices.scalars)
        # What nothing is said of nests only a little.
        free = formula == _ANY_VALUE and depth >= _DEEPEST_FREE
        count = scalars if free else scalars + len(choices.arrays) + len(choices.objects)
        at = self._building.pick(count)
        if at < scalars:
            kind, data = choices.scalars[at]
            if kind == "constant":
                return data
            if kind == "string":
                return self._source.strings.draw(self._draw, data)
            return data.draw(self._draw, self._source.strings.least)
        at -= scalars
        if at < len(choices.arrays):
            return self._building.array(choices.arrays[at], depth, self._left)
        return self._building.object(choices.objects[at - len(choices.arrays)], depth, self._left)


def _gaining(moves: list[Any], gain: int = 5) -> list[Any]:
    """The moves that meet the most open conditions."""
    most = max((move[gain] for move in moves), default=0)
    return [move for move in moves if move[gain] == most]


def _has_references(schema: Any) -> bool:
    pending = [schema]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if _REFERENCES & part.keys():
                return True
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return False
