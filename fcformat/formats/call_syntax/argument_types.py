"""What the schema of a called tool permits for each of its arguments, for syntaxes whose values do not say all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fcformat.parsing.typed_values import Permitted, typed_value

if TYPE_CHECKING:
    from fcformat.formats.call_syntax.parts import Reading

__all__ = ["argument_types", "spelled_values"]


def argument_types(reading: Reading, name: str | None = None) -> Callable[[str], Permitted | None]:
    """Looks up what is permitted for an argument; `None` where the tool or the argument is not known.

    Args:
        reading: The call.
        name: The function's name, where the call does not have it yet.
    """
    tool = reading.tools.by_name.get(name) if name else reading.tool
    view = None if tool is None else tool.view

    def permitted(name: str) -> Permitted | None:
        found = view.property(name) if view is not None else None
        return None if found is None else found.permitted

    return permitted


def spelled_values(reading: Reading) -> Callable[[str], Callable[[str], str] | None]:
    """For an argument that cannot be a string, what gives the JSON that a string spells; `None` for others."""
    types = argument_types(reading)

    def spelled(name: str) -> Callable[[str], str] | None:
        permitted = types(name)
        if permitted is None or not permitted.no_text:
            return None
        return lambda text: typed_value(text, permitted, reading.builder.report)

    return spelled
