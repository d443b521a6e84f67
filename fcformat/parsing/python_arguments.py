"""Keyword arguments in Python's spelling, as formats write them: read all at once, where that is possible."""

from __future__ import annotations

import re
from collections.abc import Callable

from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.plain_values import plain_python
from fcformat.parsing.python_literals import PLAIN_ITEM, item_as_json
from fcformat.parsing.quotes import AfterCall, closes
from fcformat.parsing.strings import json_string

__all__ = ["plain_arguments"]

_LAST = PLAIN_ITEM.replace(r"(?=[ \t\r\n,])", r"(?=[,)\]])")
_ARGUMENT = re.compile(rf"([A-Za-z_][A-Za-z0-9_]{{0,250}})=(?:({_LAST})|(?=[\[{{]))")
_NEXT_ARGUMENT = re.compile(r", (?=[A-Za-z_])|\)")


def plain_arguments(
    buffer: str, at: int, ended: bool, after: AfterCall | None, is_text: Callable[[str], bool], steps: int
) -> tuple[str, int, int] | None:
    """Keyword arguments and the closing parenthesis, where they are plain scalars and lists of them.

    Args:
        buffer: The text at hand.
        at: Where the arguments begin.
        ended: Whether no more text will come.
        after: As in `PythonReader`.
        is_text: Whether an argument may be a string.
        steps: How many steps may be taken.

    Returns:
        The JSON that `PythonReader` gives for them, where they end, and how many steps that takes; `None` where they have to be read step
        by step.
    """
    if buffer.startswith(")", at):
        return "{}", at + 1, 0
    written: dict[str, str] = {}
    elements = 0
    while (found := _ARGUMENT.match(buffer, at)) is not None:
        name, item = found.groups()
        if name in written or len(written) + elements >= steps:
            return None
        at = found.end()
        if item is None:
            container = plain_python(buffer, at, MAX_DEPTH, steps - elements)
            if container is None:
                return None
            item, at, count = container
            elements += count
        else:
            if item[0] in "'\"" and not (
                is_text(name) and (after is None or closes(buffer, found.end(2), ended, after, False))
            ):
                return None
            item = item_as_json(item)
        written[name] = item
        following = _NEXT_ARGUMENT.match(buffer, at)
        if following is None:
            return None
        at = following.end()
        if following.group() == ")":
            return (
                f"{{{', '.join(f'{_key(key)}: {value}' for key, value in written.items())}}}",
                at,
                len(written) + elements,
            )
    return None


def _key(name: str) -> str:
    return f'"{name}"' if name.isidentifier() else json_string(name)
