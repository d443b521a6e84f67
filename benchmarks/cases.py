"""Schemas with instances to write under them: small ones of the kinds that tools have."""

from __future__ import annotations

from typing import Any

__all__ = ["CASES"]

_PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 60},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+\\.[a-z]{2,}$"},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 10},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
_TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"anyOf": [{"type": "number"}, {"type": "null"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["value", "children"],
            "additionalProperties": False,
        }
    },
}

CASES: dict[str, tuple[Any, list[Any]]] = {
    "weather": (
        {
            "type": "object",
            "properties": {
                "location": {"type": "string"},
                "time": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
                "unit": {"enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location", "time"],
            "additionalProperties": False,
        },
        [
            {"location": "北京", "time": "2023-10-27"},
            {"location": "San Francisco, CA", "time": "2024-01-01", "unit": "celsius"},
        ],
    ),
    "person": (
        _PERSON,
        [{"name": "Ada Lovelace", "age": 36, "email": "ada@example.org", "tags": ["mathematics", "engines", "first"]}],
    ),
    "people": (
        {"type": "array", "items": _PERSON},
        [[{"name": f"Person number {number}", "age": number, "tags": ["a", "b"]} for number in range(20)]],
    ),
    "tree": (
        _TREE,
        [
            {
                "value": 1,
                "children": [
                    {"value": None, "children": []},
                    {"value": -2.5e3, "children": [{"value": 0, "children": []}]},
                ],
            }
        ],
    ),
    "long string": ({"type": "string", "maxLength": 100_000}, ["The quick brown fox jumps over the lazy dog. " * 40]),
    "enum": ({"enum": [f"option-{number:04}" for number in range(1000)]}, ["option-0007", "option-0998"]),
    "anything": (True, [{"a": [1, "two", {"three": [True, False, None]}], "b": {"c": "d" * 50}}]),
}
