"""How a JSON value is spelled, apart from what it means.

A schema says which values are valid; a `JSONStyle` says which of the spellings of a valid value the model may write:
where white space may stand, which escapes, how long a number may get. The style never makes a valid value impossible,
except for numbers that need more than `max_digits` digits, or an exponent of more than three.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

__all__ = ["ANY", "COMPACT", "DUMPS", "PYTHON", "JSONStyle"]


@dataclasses.dataclass(frozen=True, slots=True)
class JSONStyle:
    """The permitted spelling of JSON values.

    Attributes:
        whitespace: `"flexible"`: between any two tokens inside the value, at most `max_whitespace` blanks, tabs or line
            breaks; `"compact"`: none; `"python"`: exactly `", "` and `": "`, as `json.dumps` writes by default.
            Never before or after the value.
        max_whitespace: Longest run of white space, in bytes, under `"flexible"`; 0 to 1,000.
        property_order: `"any"`: properties in any order; `"schema"`: the declared ones in the order in which the schema
            lists them, then the others.
        escapes: `"any"`: every escape of RFC 8259; `"minimal"`: only those that JSON needs (`\\"`, `\\\\`, and short or
            `\\u00XX` escapes of control characters).
        integer_spelling: How a number is written where the schema asks for an integer. `"plain"`: digits alone; `"any"`: also
            with a zero fraction (`1.0`), and from 1e16 up with an exponent (`1e2` is not written).
        max_digits: Most digits in each part (integer, fraction) of a number; 1 to 100,000.
    """

    whitespace: Literal["flexible", "compact", "python"] = "flexible"
    max_whitespace: int = 40
    property_order: Literal["any", "schema"] = "any"
    escapes: Literal["any", "minimal"] = "any"
    integer_spelling: Literal["plain", "any"] = "plain"
    max_digits: int = 400

    def __post_init__(self) -> None:
        for name, allowed in (
            ("whitespace", ("flexible", "compact", "python")),
            ("property_order", ("any", "schema")),
            ("escapes", ("any", "minimal")),
            ("integer_spelling", ("plain", "any")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"JSONStyle.{name}: found {getattr(self, name)!r}, expected one of {', '.join(allowed)}"
                )
        for name, low, high in (("max_whitespace", 0, 1000), ("max_digits", 1, 100_000)):
            value = getattr(self, name)
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(f"JSONStyle.{name}: found {value!r}, expected an integer from {low} to {high}")


COMPACT = JSONStyle(whitespace="compact")
PYTHON = JSONStyle(whitespace="python")
# What `json.dumps(value, ensure_ascii=False)` writes, which is what most models have seen in training.
DUMPS = JSONStyle(whitespace="python", escapes="minimal")
ANY = JSONStyle(integer_spelling="any")
