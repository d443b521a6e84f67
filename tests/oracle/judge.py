"""Is a value valid against a schema: `jsonschema` as the outside judge, held to exact numbers and ECMA-262 patterns.

Values come from `oracle.reader`, so that numbers are `Number`s. The schema is translated first: its decimal numbers become
exact fractions, its patterns Python's spelling of what they mean in ECMA-262. No keyword is judged here.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import jsonschema
from jsonschema import FormatChecker
from jsonschema._utils import equal
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend, validator_for

from oracle.reader import Number

# Places of a schema that hold values, not schemas, and places that hold schemas by name.
VALUES = {"const", "enum", "default", "examples"}
NAMED = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}

ECMA_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
IN_CLASS = {"d": "0-9", "w": "0-9A-Za-z_", "s": ECMA_SPACE}
OUT_OF_CLASS = {"D": "[^0-9]", "W": "[^0-9A-Za-z_]", "S": f"[^{ECMA_SPACE}]"}


class UnsupportedByJudge(Exception):
    """A pattern uses what Python's `re` cannot express."""


def is_valid(schema: Any, value: Any, *, spelled_integers: bool = False) -> bool:
    """Whether `value` is valid against `schema` (draft by its `$schema`, 2020-12 without one).

    Args:
        schema: A schema as `json.loads` gives it.
        value: A value as `oracle.reader.read` gives it.
        spelled_integers: Only numbers that are spelled as integers are integers, 1.0 is not.

    Raises:
        UnsupportedByJudge: A pattern cannot be translated.
    """
    return bool(_validator(json.dumps(schema), spelled_integers).is_valid(value))


@lru_cache(maxsize=256)
def _validator(schema_text: str, spelled_integers: bool) -> Any:
    schema = json.loads(schema_text, parse_float=Fraction)
    base = validator_for(schema, default=jsonschema.Draft202012Validator)
    types = base.TYPE_CHECKER.redefine_many(
        {
            "number": lambda _, value: isinstance(value, Fraction),
            "integer": lambda _, value: (
                isinstance(value, Number) and value.denominator == 1 and (value.plain or not spelled_integers)
            ),
        }
    )
    return extend(base, {"uniqueItems": _unique_items}, type_checker=types)(
        in_python(schema), format_checker=_with_year_zero(base.FORMAT_CHECKER)
    )


def _with_year_zero(formats: FormatChecker) -> FormatChecker:
    """The checker with the year 0000 of RFC 3339, a leap year, which Python's dates do not have."""
    wide = FormatChecker(formats=())
    wide.checkers = dict(formats.checkers)
    for name in {"date", "date-time"} & wide.checkers.keys():
        check, raises = wide.checkers[name]

        def check_wide(value: object, check: Callable[[object], bool] = check) -> bool:
            return check(re.sub("^0000-", "2000-", value) if isinstance(value, str) else value)

        wide.checkers[name] = (check_wide, raises)
    return wide


def _unique_items(validator: Any, unique: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """All pairs are compared: jsonschema's own sorts first, and then takes [[1], [true], [1]] for unique."""
    pairs = itertools.combinations(instance if isinstance(instance, list) else (), 2)
    if unique and any(equal(one, two) for one, two in pairs):
        yield ValidationError("an item stands twice")


def in_python(schema: Any) -> Any:
    """The schema with its patterns as Python's `re` spells them.

    Raises:
        UnsupportedByJudge: A pattern uses what `re` cannot express.
    """
    if isinstance(schema, list):
        return [in_python(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for keyword, content in schema.items():
        if keyword == "pattern" and isinstance(content, str):
            content = python_pattern(content)
        elif keyword in NAMED and isinstance(content, dict):
            rename: Callable[[str], str] = python_pattern if keyword == "patternProperties" else str
            content = {rename(name): in_python(sub) for name, sub in content.items()}
        elif keyword == "items" and isinstance(content, bool):
            content = (
                {} if content else {"not": {}}
            )  # beside unevaluatedItems of 2019-09, jsonschema takes a boolean for a list
        elif keyword not in VALUES:
            content = in_python(content)
        out[keyword] = content
    return out


def python_pattern(pattern: str) -> str:
    r"""What an ECMA-262 pattern means (with the u flag), in the spelling of Python's `re`.

    Differs in `$` (Python's also stands before a final line break), `.`, `\d`, `\w`, `\s` and `\/`.

    Raises:
        UnsupportedByJudge: Something that `re` lacks, such as `\p{L}`.
    """
    out: list[str] = []
    in_class = False
    for token in re.findall(r"\\u\{[0-9a-fA-F]+\}|\\.|.", pattern, flags=re.DOTALL):
        if token.startswith("\\"):
            out.append(_python_escape(token[1:], in_class))
        elif in_class:
            in_class = token != "]"
            out.append("\\[" if token == "[" else token)
        else:
            in_class = token == "["
            out.append({"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}.get(token, token))
    translated = "".join(out)
    try:
        re.compile(translated)
    except re.error as error:
        raise UnsupportedByJudge(f"pattern {pattern!r}: {error}") from error
    return translated


def _python_escape(escape: str, in_class: bool) -> str:
    if escape in IN_CLASS:
        return IN_CLASS[escape] if in_class else f"[{IN_CLASS[escape]}]"
    if escape in OUT_OF_CLASS and not in_class:
        return OUT_OF_CLASS[escape]
    if escape in "nrtvfxu" or (not escape.isalnum() and len(escape) == 1):
        return "\\" + escape
    if escape.startswith("u{"):
        return f"\\U{int(escape[2:-1], 16):08x}"
    raise UnsupportedByJudge(f"escape \\{escape} in a pattern")
