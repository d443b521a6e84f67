"""The `tojson` of chat templates, marked: transformers' filter, and where in its text each value stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fcformat.formats.templates.marked import UNKNOWN, Marked, MarkedDict, MarkedList, marks_of

__all__ = ["dumps"]


def dumps(
    value: Any,
    ensure_ascii: bool = False,
    indent: Any = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> Marked:
    """JSON as transformers' `tojson` writes it: no HTML escapes, and the options of `json.dumps` that it passes on."""
    text = json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
    mark = _uniform(value)
    if mark is not None:
        return Marked(text, mark)
    marks: list[str] = []
    at = 0
    # Leaves stand in the text in this order, and nothing that stands between two of them can be taken for the next.
    for leaf, mark in _leaves(value, sort_keys):
        written = json.dumps(leaf, ensure_ascii=ensure_ascii)
        place = text.find(written, at)
        if place < 0:
            return Marked(text, UNKNOWN)
        marks += [UNKNOWN * (place - at), mark * len(written)]
        at = place + len(written)
    marks.append(UNKNOWN * (len(text) - at))
    return Marked(text, "".join(marks))


def _uniform(value: Any) -> str | None:
    """The mark of a value all of which has the same, `None` of others."""
    if isinstance(value, Marked):
        marks = marks_of(value)
        # Text in JSON is text, also where the template wrote it.
        return marks[:1] if marks and not marks.strip(marks[0]) and marks[0] > "\x01" else UNKNOWN
    mark = getattr(value, "_mark", None)
    if mark is not None:
        return str(mark)
    return None if isinstance(value, (Mapping, list, tuple)) else UNKNOWN


def _leaves(value: Any, sort_keys: bool) -> Iterator[tuple[Any, str]]:
    """Keys and values that are no collections, in the order in which they are written."""
    pending: list[tuple[Any, str | None]] = [(value, None)]
    while pending:
        each, inherited = pending.pop()
        if isinstance(each, (MarkedDict, MarkedList)) and each._mark is not None:
            inherited = each._mark
        if isinstance(each, Mapping):
            items = sorted(each.items()) if sort_keys else list(each.items())
            for key, item in reversed(items):
                pending.append((item, inherited))
                # Keys that are no strings are written as strings, and seldom; their place is found by what follows them.
                if isinstance(key, str):
                    pending.append((key, inherited))
        elif isinstance(each, (list, tuple)):
            pending.extend((item, inherited) for item in reversed(each))
        else:
            yield each, inherited or _uniform(each) or UNKNOWN
