"""The axes of the scaling section: along each, one thing about a schema or a value grows from 10 to 100,000.

An axis gives a schema of some size and a text that is written under it. The text need not be complete: where only the schema grows, a few
members are enough to go through its states.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["AXES", "Axis"]

SIZES = (10, 100, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Axis:
    """One thing that grows.

    Attributes:
        schema: The schema of a size.
        text: What is written under it.
        sizes: Where it is measured: up to 100,000 where that can be asked for.
        note: What a size counts.
    """

    schema: Callable[[int], Any]
    text: Callable[[int], str]
    note: str
    sizes: tuple[int, ...] = SIZES


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    closed = {"type": "object", "properties": properties, "additionalProperties": False}
    return closed if required is None else {**closed, "required": required}


def _names(count: int) -> list[str]:
    return [f"name{number:06}" for number in range(count)]


def _some(count: int) -> list[int]:
    """At most 20 numbers below a count, in rising order."""
    return list(range(0, count, max(1, -(-count // 20))))


def _tool(number: int) -> dict[str, Any]:
    """One of many tools, as a model's call of it: the name decides about the arguments."""
    arguments = {
        "query": {"type": "string", "description": f"What to look for in collection {number}"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100 + number},
        f"option_{number}": {"enum": ["first", "second", f"number {number}"]},
    }
    return _object(
        {"name": {"const": f"search_{number:06}"}, "arguments": _object(arguments, ["query"])}, ["name", "arguments"]
    )


def _nested(depth: int) -> Any:
    schema: Any = {"type": "integer"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema, "minItems": 1}
    return schema


def _definitions(count: int) -> dict[str, Any]:
    """A document of so many record types that point at one another: 26,000 of them are about 4 MB."""
    records = {
        f"record{number}": _object(
            {
                "id": {"type": "integer", "minimum": 0},
                f"label{number}": {"type": "string", "maxLength": 80},
                "next": {"$ref": f"#/$defs/record{(number * 7 + 1) % count}"},
            },
            ["id"],
        )
        for number in range(count)
    }
    return {"$ref": "#/$defs/record0", "$defs": records}


def _definitions_text(count: int) -> str:
    text, number = "", 0
    for _ in range(10):
        text += f'{{"id": {number}, "label{number}": "some words", "next": '
        number = (number * 7 + 1) % count
    return text


def _word_list(count: int) -> str:
    return ("word " * min(200, count // 5 + 1))[: min(count, 1000)]


AXES: dict[str, Axis] = {
    "enum values": Axis(
        lambda n: {"enum": [f"value {i:06}" for i in range(n)]}, lambda n: f'"value {n - 1:06}"', "strings"
    ),
    "properties": Axis(
        lambda n: _object({name: {"type": "integer"} for name in _names(n)}),
        lambda n: json.dumps({f"name{i:06}": i for i in _some(n)}),
        "optional properties, at most 20 written",
    ),
    "required properties": Axis(
        lambda n: _object({name: {"type": "integer"} for name in _names(n)}, _names(n)),
        lambda n: json.dumps({f"name{i:06}": i for i in range(n)}),
        "properties, all written",
    ),
    "tools": Axis(
        lambda n: {"anyOf": [_tool(number) for number in range(n)]},
        lambda n: json.dumps({"name": f"search_{n - 1:06}", "arguments": {"query": "a small thing", "limit": 5}}),
        "tools to call",
    ),
    "oneOf branches": Axis(
        lambda n: {
            "oneOf": [
                _object({"kind": {"const": f"k{i}"}, "v": {"type": "integer", "maximum": i}}, ["kind", "v"])
                for i in range(n)
            ]
        },
        lambda n: json.dumps({"kind": f"k{n - 1}", "v": 1}),
        "branches told apart by a constant",
    ),
    "anyOf, overlapping": Axis(
        lambda n: {"anyOf": [_object({"a": {"type": "integer"}, f"b{i}": {"type": "string"}}) for i in range(n)]},
        lambda n: json.dumps({"a": 1, f"b{n - 1}": "text"}),
        "branches that share a member",
    ),
    "maxLength": Axis(
        lambda n: {"type": "string", "maxLength": n}, lambda n: json.dumps(_word_list(n)), "characters allowed"
    ),
    "pattern count": Axis(
        lambda n: {"type": "string", "pattern": f"^[a-z ]{{1,{n}}}$"},
        lambda n: json.dumps(_word_list(n)),
        "[a-z ]{1,n}",
    ),
    "pattern length": Axis(
        lambda n: {"type": "string", "pattern": "^" + "[a-z]+-" * (n // 8 + 1) + "$"},
        lambda n: '"' + "ab-" * min(n // 8 + 1, 1000),
        "characters of the pattern",
    ),
    "schema nesting": Axis(
        _nested, lambda n: "[" * n + "1" + "]" * n, "arrays inside one another", (10, 30, 100, 300, 500)
    ),
    "value nesting": Axis(
        lambda n: {"$ref": "#/$defs/list", "$defs": {"list": {"type": "array", "items": {"$ref": "#/$defs/list"}}}},
        lambda n: "[" * n + "]" * n,
        "levels written under a recursive schema",
    ),
    "items written": Axis(
        lambda n: {"type": "array", "items": {"type": "integer"}}, lambda n: json.dumps(list(range(n))), "items"
    ),
    "unique items written": Axis(
        lambda n: {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        lambda n: json.dumps(list(range(n))),
        "items, each of them new",
    ),
    "free keys written": Axis(lambda n: True, lambda n: json.dumps({f"key {i}": i for i in range(n)}), "keys"),
    "string written": Axis(
        lambda n: {"type": "string"}, lambda n: json.dumps(("some words of a text. " * (n // 22 + 1))[:n]), "characters"
    ),
    "definitions": Axis(
        _definitions, _definitions_text, "record types; 26,000 are 4 MB", (10, 100, 1_000, 10_000, 26_000)
    ),
}
