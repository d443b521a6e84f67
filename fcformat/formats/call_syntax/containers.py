"""Arrays and objects between tags: JSON that is sent on as it arrives, unless it breaks at its beginning.

What breaks there is given back and can be read as text instead; how often that may happen in one reply is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fcformat.formats.call_syntax.parts import Reading
from fcformat.formats.call_syntax.tags import follows
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.typed_values import Permitted

__all__ = ["read_container"]

#: How much of a value is read before it is sent on; what breaks earlier is read as text instead.
COMMITTED = 64
#: Most values of one reply that are read again as text; after so many, broken ones stay broken.
MAX_READ_AGAIN = 100

_KINDS = {"{": "object", "[": "array"}
_LAYOUT = re.compile(rf"[ \t\r\n]{{0,{MAX_LAYOUT_SPACE}}}(?![ \t\r\n])")


def read_container(
    reading: Reading, permitted: Permitted, out: Callable[[str], None], close: str, marks: tuple[str, ...]
) -> Steps[bool]:
    """Reads an array or object and its closing tag, sending it on as it arrives; reads nothing if there is none.

    Args:
        reading: Where from and where to.
        permitted: What the value's schema permits.
        out: Called with pieces of its JSON.
        close: The closing tag.
        marks: What may follow in its place where it is missing.

    Returns:
        Whether there was one.

    Raises:
        Unreadable: The value breaks after some of it was sent on.
        Truncated: The text ends inside the value.
    """
    cursor, builder = reading.cursor, reading.builder
    while (space := _LAYOUT.match(cursor.buffer, cursor.position)) is not None and space.end() == len(cursor.buffer):
        if cursor.ended:
            return False
        yield
    if space is None or _KINDS.get(cursor.buffer[space.end()], "") not in permitted.kinds:
        return False
    outer, again = cursor.recorded, builder.read_again
    recorded = cursor.recorded = [] if outer is None else outer
    first = len(recorded)
    held: list[str] | None = []
    issues: list[tuple[str, int | None]] = []
    size = 0

    def note(what: str, offset: int | None = None) -> None:
        issues.append((what, cursor.offset if offset is None else offset))
        commit()

    def emit(text: str) -> None:
        nonlocal size
        size += len(text)
        if held is None:
            out(text)
        else:
            held.append(text)
            commit()

    def commit(at_once: bool = False) -> None:
        nonlocal held
        if held is not None and not at_once and size < COMMITTED and again < MAX_READ_AGAIN:
            return
        for what, offset in issues:
            builder.report(what, offset)
        issues.clear()
        for text in held or ():
            out(text)
        held = None

    try:
        cursor.take(space.end())
        yield from JSONReader(cursor, note).value(emit)
        if not (yield from cursor.match_loosely((close,))):
            while (known := follows(cursor.buffer, cursor.position, cursor.ended, marks)) is None:
                yield
            if not known:
                raise Unreadable(repr(close))
            note(f"{close!r} missing after an argument")
        commit(at_once=True)
        builder.begin_trail(True)  # the closing tag is part of the call
        return True
    except (Unreadable, Truncated) as error:
        if held is None:
            raise
        text = "".join(recorded[first:])
        if isinstance(error, Truncated) and not any(mark in text for mark in (close, *marks)):
            commit(at_once=True)  # a sound beginning, and nothing follows that could be read
            raise
        del recorded[first:]
        cursor.give_back(text)
        builder.read_again += 1
        return False
    finally:
        if outer is None:
            cursor.recorded = None
