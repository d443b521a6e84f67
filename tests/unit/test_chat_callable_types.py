"""Type hints as JSON schemas."""

# Old spellings of types, implicit `Optional`s and calls as defaults are what users write, and so what is tested.
# ruff: noqa: PYI061, UP006, UP007, UP035, UP045

from __future__ import annotations

import collections
import collections.abc
import datetime
import typing
import uuid
from typing import Annotated, Any, Dict, List, Literal, Optional, Tuple, Union

import pydantic
import pytest
from typing_extensions import Doc

from fcformat.errors import FormatError
from support.callables import (
    INTEGER,
    STRING,
    Bounded,
    Bounds,
    Color,
    Either,
    Level,
    Mixed,
    Odd,
    Point,
    Some,
    UserId,
    schema_of,
)

TYPES: list[tuple[Any, dict[str, Any]]] = [
    (str, STRING),
    (int, INTEGER),
    (float, {"type": "number"}),
    (bool, {"type": "boolean"}),
    (None, {"type": "null"}),
    (type(None), {"type": "null"}),
    (Any, {}),
    (object, {}),
    (datetime.datetime, {"type": "string", "format": "date-time"}),
    (datetime.date, {"type": "string", "format": "date"}),
    (datetime.time, {"type": "string", "format": "time"}),
    (datetime.timedelta, {"type": "string", "format": "duration"}),
    (uuid.UUID, {"type": "string", "format": "uuid"}),
    (list, {"type": "array"}),
    (List, {"type": "array"}),
    (list[Any], {"type": "array"}),
    (list[str], {"type": "array", "items": STRING}),
    (List[list[int]], {"type": "array", "items": {"type": "array", "items": INTEGER}}),
    (collections.abc.Sequence[int], {"type": "array", "items": INTEGER}),
    (typing.Iterable[int], {"type": "array", "items": INTEGER}),
    (collections.deque, {"type": "array"}),
    (set[int], {"type": "array", "items": INTEGER, "uniqueItems": True}),
    (frozenset, {"type": "array", "uniqueItems": True}),
    (tuple, {"type": "array"}),
    (Tuple, {"type": "array"}),
    (tuple[int, ...], {"type": "array", "items": INTEGER}),
    (tuple[()], {"type": "array", "maxItems": 0}),
    (tuple[int, str], {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2}),
    (dict, {"type": "object"}),
    (dict[str, Any], {"type": "object"}),
    (Dict[str, int], {"type": "object", "additionalProperties": INTEGER}),
    (collections.abc.Mapping[str, int], {"type": "object", "additionalProperties": INTEGER}),
    (
        dict[Literal["a"], int],
        {"type": "object", "propertyNames": {"type": "string", "enum": ["a"]}, "additionalProperties": INTEGER},
    ),
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
    (Literal["a", 1, None], {"enum": ["a", 1, None]}),
    (Literal[Color.RED], {"type": "string", "enum": ["red"]}),
    (Color, {"type": "string", "enum": ["red", "blue"]}),
    (Level, {"type": "integer", "enum": [1, 2]}),
    (Mixed, {"enum": ["a", 1]}),
    (Optional[str], {"type": ["string", "null"]}),
    (Union[int, str, None], {"type": ["integer", "string", "null"]}),
    (int | str, {"type": ["integer", "string"]}),
    (Union[int, Any], {}),
    (Optional[list[int]], {"anyOf": [{"type": "array", "items": INTEGER}, {"type": "null"}]}),
    (Optional[Annotated[int, "n"]], {"type": ["integer", "null"], "description": "n"}),
    (Annotated[str, "a city"], {"type": "string", "description": "a city"}),
    (Annotated[str, Doc("a city")], {"type": "string", "description": "a city"}),
    (Annotated[str, Point, 7], STRING),
    (Annotated[int, Bounds()], {"type": "integer", "minimum": 0, "maximum": 9}),
    (
        Annotated[float, pydantic.Field(gt=0, lt=1, multiple_of=0.25, description="share")],
        {"type": "number", "description": "share", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "multipleOf": 0.25},
    ),
    (
        Annotated[str, pydantic.Field(min_length=1, max_length=5, pattern="^a")],
        {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^a"},
    ),
    (Annotated[list[int], pydantic.Field(min_length=1)], {"type": "array", "items": INTEGER, "minItems": 1}),
    (
        Annotated[dict[str, int] | None, pydantic.Field(max_length=1)],
        {
            "anyOf": [{"type": "object", "additionalProperties": INTEGER}, {"type": "null"}],
            "maxLength": 1,
            "maxItems": 1,
            "maxProperties": 1,
        },
    ),
    (UserId, INTEGER),
    (Some, {}),
    (Bounded, INTEGER),
    (Either, {"type": ["integer", "string"]}),
    (
        Point,
        {
            "$ref": "#/$defs/Point",
            "$defs": {
                "Point": {
                    "type": "object",
                    "properties": {"x": INTEGER, "y": {"type": "number", "default": 0.5}},
                    "required": ["x"],
                    "additionalProperties": False,
                }
            },
        },
    ),
]


@pytest.mark.parametrize(("hint", "schema"), TYPES, ids=[str(hint)[:40] for hint, _ in TYPES])
def test_a_type_has_its_schema(hint: Any, schema: dict[str, Any]) -> None:
    assert schema_of(hint) == schema


@pytest.mark.parametrize(
    ("hint", "error"),
    [
        (bytes, r"parameter 'a': found the type <class 'bytes'>, which has no JSON schema"),
        (list[complex], r"parameter 'a': found the type <class 'complex'>"),
        (Color | Odd, r"parameter 'a': found a value of type bytes among the values"),
        (dict[int, str], r"parameter 'a': found a mapping with keys <class 'int'>, expected strings"),
        (typing.Callable[[int], int], r"parameter 'a': found the type .*Callable.*, which has no JSON schema"),
        ("Missing", r"found type hints that cannot be resolved \(name 'Missing' is not defined\)"),
    ],
)
def test_a_type_without_a_json_form_is_refused(hint: Any, error: str) -> None:
    with pytest.raises(FormatError, match=rf"^tool \(function\): {error}"):
        schema_of(hint)
