"""Which texts, and which beginnings of texts, a grammar with rules allows: a slow recogniser for any context-free grammar.

For every node and place it keeps where a text of the node that begins there may end, and whether the rest of the text begins a
text of the node; both grow from nothing until nothing is added any more. So recursion of any kind needs no special care.
Regular expressions are character classes here, matched by Python's `re`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fcformat.grammar import Choice, Grammar, Literal, Regex, Repeat, Rule, Rules, Sequence

__all__ = ["accepts", "has_text", "is_viable"]


def accepts(grammar: Rules, text: str) -> bool:
    """Whether the whole text is allowed."""
    return len(text) in _Table(grammar, text).ends[Rule(grammar.start), 0]


def is_viable(grammar: Rules, text: str) -> bool:
    """Whether some text that is allowed begins with this one."""
    return _Table(grammar, text).begins[Rule(grammar.start), 0]


def has_text(grammar: Rules) -> bool:
    """Whether any text is allowed."""
    return is_viable(grammar, "")


class _Table:
    """Attributes:
    ends: For a node and a place, where a text of the node from there on may end.
    begins: Whether all of the text from there on begins a text of the node.
    """

    def __init__(self, grammar: Rules, text: str) -> None:
        self.text = text
        self.rules: Mapping[str, Grammar] = dict(grammar.rules)
        nodes = list(dict.fromkeys([node for _, body in grammar.rules for node in _parts(body)]))
        nodes += [Rule(name) for name in self.rules if Rule(name) not in nodes]
        places = range(len(text) + 1)
        self.ends: dict[tuple[Grammar, int], frozenset[int]] = {(n, at): frozenset() for n in nodes for at in places}
        self.begins = {(n, at): False for n in nodes for at in places}
        changed = True
        while changed:
            changed = False
            for key in self.ends:
                found = self._ends(*key), self._begins(*key)
                if found != (self.ends[key], self.begins[key]):
                    self.ends[key], self.begins[key] = found
                    changed = True

    def _ends(self, node: Grammar, at: int) -> frozenset[int]:
        if isinstance(node, Literal):
            return frozenset({at + len(node.text)} if self.text.startswith(node.text, at) else ())
        if isinstance(node, Regex):
            return frozenset({at + 1} if re.match(node.pattern, self.text[at:]) else ())
        if isinstance(node, Rule):
            return self.ends[self.rules[node.name], at]
        if isinstance(node, Choice):
            return frozenset().union(*(self.ends[item, at] for item in node.items))
        if isinstance(node, Sequence):
            here = frozenset({at})
            for item in node.items:
                here = frozenset().union(*(self.ends[item, place] for place in here))
            return here
        assert isinstance(node, Repeat)
        return frozenset(place for place, count in self._counts(node, at) if count >= node.min)

    def _begins(self, node: Grammar, at: int) -> bool:
        rest = self.text[at:]
        if isinstance(node, Literal):
            return node.text.startswith(rest)
        if isinstance(node, Regex):
            return not rest or (len(rest) == 1 and re.fullmatch(node.pattern, rest) is not None)
        if isinstance(node, Rule):
            return self.begins[self.rules[node.name], at]
        if isinstance(node, Choice):
            return any(self.begins[item, at] for item in node.items)
        end = len(self.text)
        if isinstance(node, Sequence):
            here = frozenset({at})
            for i, item in enumerate(node.items):
                if any(self.begins[item, place] for place in here) and all(
                    self.begins[later, end] for later in node.items[i + 1 :]
                ):
                    return True
                here = frozenset().union(*(self.ends[item, place] for place in here))
            return end in here
        assert isinstance(node, Repeat)
        counts = self._counts(node, at)
        if any(place == end and count >= node.min for place, count in counts):
            return True
        enough = node.min <= 1 or self.begins[node.item, end]
        return enough and any(
            self.begins[node.item, place] for place, count in counts if node.max is None or count < node.max
        )

    def _counts(self, node: Repeat, at: int) -> set[tuple[int, int]]:
        """Places with the number of items before them; numbers beyond what makes a difference are one."""
        most = node.max if node.max is not None else node.min
        found, todo = set[tuple[int, int]](), [(at, 0)]
        while todo:
            place, count = todo.pop()
            if (place, count) in found:
                continue
            found.add((place, count))
            if node.max is None or count < node.max:
                todo += [(end, min(count + 1, most)) for end in self.ends[node.item, place]]
        return found


def _parts(node: Grammar) -> list[Grammar]:
    """The node and all nodes in it."""
    if isinstance(node, (Sequence, Choice)):
        return [node, *(part for item in node.items for part in _parts(item))]
    return [node, *_parts(node.item)] if isinstance(node, Repeat) else [node]
