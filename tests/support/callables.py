"""Types for tests of tools from Python."""

# Old spellings of types, implicit `Optional`s and calls as defaults are what users write, and so what is tested.
# ruff: noqa: UP045

from __future__ import annotations

import dataclasses
import enum
from typing import Annotated, Any, NewType, Optional, TypeVar

import jsonschema
import pydantic
from typing_extensions import NotRequired, Required, TypedDict

from fcformat.chat import Tool

__all__ = [
    "INTEGER",
    "STRING",
    "Address",
    "Bounded",
    "Bounds",
    "Color",
    "Either",
    "Level",
    "Mixed",
    "Node",
    "Odd",
    "Options",
    "Person",
    "Point",
    "Some",
    "Strict",
    "UserId",
    "schema_of",
]

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
UserId = NewType("UserId", int)
Some = TypeVar("Some")
Bounded = TypeVar("Bounded", bound=int)
Either = TypeVar("Either", int, str)


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    NAME = "a"
    NUMBER = 1


class Odd(enum.Enum):
    BYTES = b"a"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


@dataclasses.dataclass
class Node:
    """A node of a tree.

    Attributes:
        value: What it holds.
    """

    value: int
    children: list[Node] = dataclasses.field(default_factory=list)
    parent: Node | None = None
    label: str = dataclasses.field(default="", metadata={"description": "A name."})
    size: int = dataclasses.field(default=0, init=False)


class Options(TypedDict, total=False):
    """Options.

    Attributes:
        a: The first.
    """

    a: Required[int]
    b: Annotated[NotRequired[str], "The second."]
    c: bool


class Strict(TypedDict):
    a: int
    b: NotRequired[str]


class Address(pydantic.BaseModel):
    """Where."""

    city: str = pydantic.Field(description="The city.")


class Person(pydantic.BaseModel):
    address: Address
    boss: Optional[Person] = None


class Bounds:
    """What `annotated_types.Interval` looks like."""

    gt = None
    ge = 0
    lt = None
    le = 9


def schema_of(hint: Any) -> dict[str, Any]:
    """The schema of a parameter with this type."""

    def function(a: Any) -> None: ...

    function.__annotations__["a"] = hint
    schema = Tool.from_any(function).function_dict()["parameters"]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema.get("required") == ["a"]
    parameter: dict[str, Any] = schema["properties"]["a"]
    return {**parameter, "$defs": schema["$defs"]} if "$defs" in schema else parameter
