"""The grammar of layout between the tags of a call.

Formats write one layout. Models of a family differ in the line breaks between its tags, and its readers take them for nothing;
so a model may leave them out, as a whole or from some character on. Blanks inside of tags are not layout.
"""

from __future__ import annotations

import re

from fcformat import grammar as g

__all__ = ["spaced", "spacing"]

_BREAKS = re.compile(r"([ \t]*\n[ \t\n]*)")


def spacing(layout: str) -> g.Grammar:
    """White space, or as much of its beginning as a model writes."""
    if not layout:
        return g.literal("")
    return g.choice(*(g.literal(layout[:size]) for size in range(len(layout), -1, -1)))


def spaced(text: str) -> g.Grammar:
    """A fixed text in which line breaks, with the blanks around them, are layout."""
    parts = _BREAKS.split(text)
    if len(parts) == 1:
        return g.literal(text)
    return g.sequence(*(spacing(part) if number % 2 else g.literal(part) for number, part in enumerate(parts) if part))
