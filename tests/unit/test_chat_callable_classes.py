"""Classes as JSON schemas, and as tools."""

# Old spellings of types, implicit `Optional`s and calls as defaults are what users write, and so what is tested.
# ruff: noqa: UP007

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, Union

import jsonschema
import pydantic
import pytest

from fcformat.chat import Tool
from fcformat.errors import FormatError
from support.callables import (
    INTEGER,
    Address,
    Bounds,
    Color,
    Node,
    Options,
    Person,
    Point,
    Strict,
    schema_of,
)


def test_a_dataclass_that_contains_itself_refers_to_itself() -> None:
    node = {"$ref": "#/$defs/Node"}
    schema = schema_of(list[Node])
    assert schema == {
        "type": "array",
        "items": node,
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {
                    "value": {"type": "integer", "description": "What it holds."},
                    "children": {"type": "array", "items": node},
                    "parent": {"anyOf": [node, {"type": "null"}], "default": None},
                    "label": {"type": "string", "description": "A name.", "default": ""},
                },
                "required": ["value"],
                "additionalProperties": False,
                "description": "A node of a tree.",
            }
        },
    }
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid([{"value": 1, "children": [{"value": 2}]}])
    assert not validator.is_valid([{"value": 1, "children": [{"value": "2"}]}])


def test_what_only_initialises_a_dataclass_is_an_argument() -> None:
    # Built, not written: Python 3.10 cannot resolve an `InitVar` in a string, as this module's annotations are.
    seeded = dataclasses.make_dataclass("Seeded", [("a", int), ("seed", dataclasses.InitVar[int], 3)])
    properties = Tool.from_any(seeded).function_dict()["parameters"]["properties"]
    assert properties == {"a": INTEGER, "seed": {"type": "integer", "default": 3}}


def test_a_typed_dict_requires_what_it_says() -> None:
    assert schema_of(Options)["$defs"]["Options"] == {
        "type": "object",
        "properties": {
            "a": {"type": "integer", "description": "The first."},
            "b": {"type": "string", "description": "The second."},
            "c": {"type": "boolean"},
        },
        "required": ["a"],
        "additionalProperties": False,
        "description": "Options.",
    }
    assert schema_of(Strict)["$defs"]["Strict"]["required"] == ["a"]


def test_definitions_of_a_pydantic_model_move_to_the_root() -> None:
    def function(person: Person, home: Address) -> None: ...

    schema = Tool.from_any(function).function_dict()["parameters"]
    assert schema["properties"] == {"person": {"$ref": "#/$defs/Person"}, "home": {"$ref": "#/$defs/Address"}}
    assert sorted(schema["$defs"]) == ["Address", "Person"]
    assert schema["$defs"]["Person"]["properties"]["address"] == {"$ref": "#/$defs/Address"}
    validator = jsonschema.Draft202012Validator(schema)
    home = {"city": "Bonn"}
    assert validator.is_valid({"person": {"address": home, "boss": {"address": home}}, "home": home})
    assert not validator.is_valid({"person": {"address": home, "boss": {"address": {}}}, "home": home})


def test_classes_of_one_name_stay_apart() -> None:
    @dataclasses.dataclass
    class Address:
        street: str

    def function(old: Any, new: Any, all: Any) -> None: ...

    function.__annotations__.update(old=Address, new=globals()["Address"], all=Person)
    schema = Tool.from_any(function).function_dict()["parameters"]
    assert schema["properties"]["new"] == {"$ref": "#/$defs/Address_2"}
    assert sorted(schema["$defs"]) == ["Address", "Address_2", "Person"]
    assert schema["$defs"]["Person"]["properties"]["address"] == {"$ref": "#/$defs/Address_2"}
    assert list(schema["$defs"]["Address"]["properties"]) == ["street"]


def test_data_that_looks_like_a_reference_is_left_alone() -> None:
    class Model:
        @classmethod
        def model_json_schema(cls) -> dict[str, Any]:
            link = {"default": {"$ref": "#/$defs/Model"}, "enum": [{"$ref": "#/$defs/Model"}]}
            return {"properties": {"$ref": {"$ref": "#/$defs/In"}, "link": link}, "$defs": {"In": {"items": link}}}

    @dataclasses.dataclass
    class Taken:
        a: int

    Taken.__name__ = "Model"

    def function(taken: Any, model: Any) -> None: ...

    function.__annotations__.update(taken=Taken, model=Model)
    schema = Tool.from_any(function).function_dict()["parameters"]
    assert schema["properties"]["model"] == {"$ref": "#/$defs/Model_2"}
    assert schema["$defs"]["Model_2"] == {key: Model.model_json_schema()[key] for key in ("properties",)}


def test_references_of_a_discriminated_union_are_renamed_together() -> None:
    class Cat(pydantic.BaseModel):
        kind: Literal["cat"]

    class Dog(pydantic.BaseModel):
        kind: Literal["dog"]

    class Owner(pydantic.BaseModel):
        pet: Annotated[Union[Cat, Dog], pydantic.Field(discriminator="kind")]

    @dataclasses.dataclass
    class Other:
        a: int

    Other.__name__ = "Cat"

    def function(other: Any, owner: Any) -> None: ...

    function.__annotations__.update(other=Other, owner=Owner)
    pet = Tool.from_any(function).function_dict()["parameters"]["$defs"]["Owner"]["properties"]["pet"]
    assert pet["discriminator"]["mapping"] == {"cat": "#/$defs/Cat_2", "dog": "#/$defs/Dog"}
    assert pet["oneOf"] == [{"$ref": "#/$defs/Cat_2"}, {"$ref": "#/$defs/Dog"}]


def test_a_type_alias_may_refer_to_itself() -> None:
    class Alias:  # what a `type` statement makes, from Python 3.12 on
        __name__ = "Tree"
        __value__: Any

    tree = Alias()
    tree.__value__ = list[tree]  # type: ignore[valid-type]
    reference = {"$ref": "#/$defs/Tree"}
    assert schema_of(tree) == {**reference, "$defs": {"Tree": {"type": "array", "items": reference}}}


def test_a_pydantic_model_is_a_tool() -> None:
    assert Tool.from_any(Address).function_dict() == {
        "name": "Address",
        "description": "Where.",
        "parameters": {
            "properties": {"city": {"description": "The city.", "title": "City", "type": "string"}},
            "required": ["city"],
            "type": "object",
        },
    }


def test_a_model_that_contains_itself_is_a_tool_whose_root_is_an_object() -> None:
    parameters = Tool.from_any(Person).function_dict()["parameters"]
    assert parameters["type"] == "object"
    assert sorted(parameters["$defs"]) == ["Address", "Person"]


def test_a_dataclass_and_a_typed_dict_are_tools() -> None:
    point = Tool.from_any(Point).function_dict()
    assert (point["name"], list(point["parameters"]["properties"])) == ("Point", ["x", "y"])
    assert "description" not in point
    assert Tool.from_any(Options).description == "Options."
    assert sorted(Tool.from_any(Node).function_dict()["parameters"]["$defs"]) == ["Node"]


@pytest.mark.parametrize("tool", [int, Color, Bounds])
def test_another_class_is_no_tool(tool: Any) -> None:
    with pytest.raises(FormatError, match=r"^tool 0: found the class \w+, expected a function, a pydantic model"):
        Tool.from_any(tool, 0)
