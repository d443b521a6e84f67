"""How this package looks at values that came from outside: what was found, and a private copy of JSON data.

Used at the border only. What has passed here is plain JSON data that nobody else holds a reference to.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fcformat.errors import FormatError

__all__ = ["MAX_DEPTH", "as_mapping", "found", "json_copy", "key_to_ignore"]

#: Deepest nesting of lists and objects in tool definitions and in arguments that are given as objects.
MAX_DEPTH = 200

#: Keys that clients and servers write beside what a conversation says. They are dropped where they say nothing (`None`,
#: `False`, or empty; `weight` also at 1, which is its default) and refused where they do.
IGNORED_WHEN_EMPTY = frozenset(
    {
        "annotations",
        "audio",
        "cache_control",
        "citations",
        "function_call",
        "images",
        "logprobs",
        "partial",
        "parsed",
        "parsed_arguments",
        "prefix",
        "provider_specific_fields",
        "reasoning_details",
        "refusal",
        "stop_reason",
        "thinking_blocks",
        "tool_call_id",
        "tool_calls",
        "weight",
    }
)


def found(value: object) -> str:
    """Names a value for an error message: short scalars as they are, everything else by its JSON kind or its type."""
    if value is None or isinstance(value, (bool, int, float, str)):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"a value of type {type(value).__name__}"


def key_to_ignore(key: object, value: object) -> bool:
    """Whether a key that has no place here says nothing, so that leaving it out loses nothing."""
    if key not in IGNORED_WHEN_EMPTY:
        return False
    if value is None or value is False or (isinstance(value, (str, list, tuple, Mapping)) and not value):
        return True
    return key == "weight" and value == 1


def as_mapping(value: object) -> Mapping[Any, Any] | None:
    """The value as a mapping: itself, or the dump of a client library's object (anything with `model_dump`)."""
    if isinstance(value, Mapping):
        return value
    dump = getattr(value, "model_dump", None)
    if isinstance(value, type) or not callable(dump):
        return None
    dumped = dump(exclude_none=True)
    return dumped if isinstance(dumped, Mapping) else None


def json_copy(value: object, where: str) -> Any:
    """Copies JSON data deeply, key order kept, tuples becoming lists and subclasses their plain types.

    Args:
        value: What was given.
        where: Start of an error message, such as `"tool 2: parameters"`.

    Raises:
        FormatError: Something in it is not JSON (a set, a NaN, a key that is no string), holds itself, or is nested
            deeper than `MAX_DEPTH`. The message gives the path from the value to the place.
    """
    return _copy(value, where, (), set())


def _copy(value: object, where: str, path: tuple[str | int, ...], ancestors: set[int]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise FormatError(f"{where}{_at(path)}: found {value!r}, which JSON cannot write")
        return float(value)
    if not isinstance(value, (Mapping, list, tuple)):
        raise FormatError(f"{where}{_at(path)}: found {found(value)}, expected JSON data")
    if id(value) in ancestors:
        raise FormatError(f"{where}{_at(path)}: found a value that contains itself, expected JSON data")
    if len(path) >= MAX_DEPTH:
        raise FormatError(f"{where}: found lists or objects nested deeper than {MAX_DEPTH}")
    ancestors.add(id(value))
    copied: Any
    if isinstance(value, Mapping):
        copied = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise FormatError(f"{where}{_at(path)}: found the key {found(key)}, expected a string")
            copied[str.__str__(key)] = _copy(item, where, (*path, key), ancestors)
    else:
        copied = [_copy(item, where, (*path, position), ancestors) for position, item in enumerate(value)]
    ancestors.discard(id(value))
    return copied


def _at(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{step!r}]" for step in path)
