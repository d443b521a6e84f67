"""Tools from Python: type hints and docstrings as JSON schemas."""

# Old spellings of types, implicit `Optional`s and calls as defaults are what users write, and so what is tested.
# ruff: noqa: B008, PYI061, RUF013, UP006, UP007, UP035, UP045

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime
import enum
import functools
import typing
import uuid
from typing import Annotated, Any, Dict, List, Literal, NewType, Optional, Tuple, TypeVar, Union

import jsonschema
import pydantic
import pytest
from typing_extensions import Doc, NotRequired, Required, TypedDict

from fcformat.chat import Tool
from fcformat.errors import FormatError

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


# Classes


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


# Signatures


def get_current_weather(location: str, time: Optional[str] = None, unit: Color = Color.RED) -> dict[str, Any]:
    """Looks up the weather.

    Only for places
    on earth.

    Args:
        location: The city,
            with its country.
        time (str, optional): A date (if any): "10月27日".

            Today if left out.
        unit:
            Which unit: red or blue.
        unknown: Is not a parameter.

    Returns:
        dict: The weather.

    Raises:
        KeyError: No such place.
    """
    raise NotImplementedError


def test_a_function_is_a_tool() -> None:
    assert Tool.from_any(get_current_weather).function_dict() == {
        "name": "get_current_weather",
        "description": "Looks up the weather.\n\nOnly for places\non earth.",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city, with its country."},
                "time": {
                    "type": ["string", "null"],
                    "description": 'A date (if any): "10月27日". Today if left out.',
                    "default": None,
                },
                "unit": {
                    "type": "string",
                    "enum": ["red", "blue"],
                    "description": "Which unit: red or blue.",
                    "default": "red",
                },
            },
            "required": ["location"],
            "additionalProperties": False,
        },
    }


def parameters_of(function: Any) -> dict[str, Any]:
    parameters: dict[str, Any] = Tool.from_any(function).function_dict()["parameters"]
    jsonschema.Draft202012Validator.check_schema(parameters)
    return parameters


def test_a_function_without_parameters_takes_none() -> None:
    def ping() -> None: ...

    assert Tool.from_any(ping).function_dict() == {
        "name": "ping",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    }


def test_a_parameter_without_a_type_takes_anything() -> None:
    def function(a, b=1):  # type: ignore[no-untyped-def]
        ...

    assert parameters_of(function)["properties"] == {"a": {}, "b": {"default": 1}}


def test_a_default_that_only_python_can_write_is_not_written() -> None:
    def function(a: set[int] = {1}, b: float = float("inf"), c: tuple[int, ...] = (1, 2)) -> None:  # noqa: B006
        ...

    parameters = parameters_of(function)
    assert "required" not in parameters
    assert [schema.get("default") for schema in parameters["properties"].values()] == [None, None, [1, 2]]
    assert "default" not in parameters["properties"]["a"]


def test_a_default_of_none_makes_null_valid() -> None:
    def function(
        a: str = None,  # type: ignore[assignment]
        b: Annotated[int, "n"] = None,  # type: ignore[assignment]
        c: Optional[int] = None,
    ) -> None: ...

    assert parameters_of(function)["properties"] == {
        "a": {"type": ["string", "null"], "default": None},
        "b": {"type": ["integer", "null"], "description": "n", "default": None},
        "c": {"type": ["integer", "null"], "default": None},
    }


def test_a_pydantic_field_may_be_the_default() -> None:
    def function(
        a: int = pydantic.Field(ge=1, description="first"),
        b: int = pydantic.Field(2, description="second"),
        c: list[int] = pydantic.Field(default_factory=list),
    ) -> None: ...

    parameters = parameters_of(function)
    assert parameters["required"] == ["a"]
    assert parameters["properties"] == {
        "a": {"type": "integer", "description": "first", "minimum": 1},
        "b": {"type": "integer", "description": "second", "default": 2},
        "c": {"type": "array", "items": INTEGER},
    }


def test_the_type_describes_before_the_docstring() -> None:
    def function(a: Annotated[int, "typed"], b: int) -> None:
        """Does.

        Args:
            a: told
            b: told
        """

    described = [schema["description"] for schema in parameters_of(function)["properties"].values()]
    assert described == ["typed", "told"]


def test_further_keywords_are_additional_properties() -> None:
    def typed(**rest: int) -> None:
        """Does.

        Args:
            **rest: Numbers.
        """

    def untyped(*, a: int, **rest) -> None:  # type: ignore[no-untyped-def]
        ...

    assert parameters_of(typed)["additionalProperties"] == {"type": "integer", "description": "Numbers."}
    assert parameters_of(untyped)["additionalProperties"] is True
    assert parameters_of(untyped)["required"] == ["a"]


def test_parameters_that_have_no_name_in_a_call_are_refused() -> None:
    def variable(*numbers: bytes) -> None: ...

    def positional(a: int, /) -> None: ...

    with pytest.raises(FormatError, match=r"^tool \(variable\): parameter 'numbers': found \*args, expected"):
        Tool.from_any(variable)
    with pytest.raises(FormatError, match=r"^tool 4 \(positional\): parameter 'a': found a positional-only parameter"):
        Tool.from_any(positional, 4)


class Service:
    """A service."""

    def look(self, a: int) -> None:
        """Looks."""

    @classmethod
    def make(cls, a: int) -> None:
        """Makes."""

    @staticmethod
    def plain(a: int) -> None:
        """Is plain."""

    async def wait(self, a: int) -> None:
        """Waits."""

    def __call__(self, a: int) -> None: ...


@pytest.mark.parametrize(
    ("tool", "name", "description"),
    [
        (Service().look, "look", "Looks."),
        (Service.look, "look", "Looks."),
        (Service.make, "make", "Makes."),
        (Service.plain, "plain", "Is plain."),
        (Service().wait, "wait", "Waits."),
        (Service(), "Service", "A service."),
        (functools.partial(functools.partial(Service.plain)), "plain", "Is plain."),
    ],
)
def test_methods_and_callable_objects_are_tools(tool: Any, name: str, description: str) -> None:
    read = Tool.from_any(tool)
    assert (read.name, read.description) == (name, description)
    assert parameters_of(tool)["properties"] == {"a": INTEGER}


def test_what_a_partial_binds_is_optional_or_gone() -> None:
    def function(a: int, b: int, c: int) -> None: ...

    parameters = parameters_of(functools.partial(function, 1, c=3))
    assert parameters["properties"] == {"b": INTEGER, "c": {"type": "integer", "default": 3}}
    assert parameters["required"] == ["b"]


def test_a_decorated_function_keeps_its_signature() -> None:
    def decorated(function: Any) -> Any:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inner

    @decorated
    def function(a: int) -> None:
        """Does."""

    assert Tool.from_any(function).description == "Does."
    assert parameters_of(function)["properties"] == {"a": INTEGER}


def test_a_lambda_has_no_name_to_call() -> None:
    with pytest.raises(FormatError, match="^tool: name: found '<lambda>', expected a function with a name"):
        Tool.from_any(lambda a: a)


def test_a_builtin_whose_signature_is_hidden_is_refused() -> None:
    with pytest.raises(FormatError, match="^tool"):
        Tool.from_any(max)


# Docstrings


def describe(text: str | None) -> tuple[str | None, dict[str, str]]:
    def function(first: int, second: int) -> None: ...

    function.__doc__ = text
    read = Tool.from_any(function).function_dict()
    properties = read["parameters"]["properties"]
    return read.get("description"), {
        name: schema["description"] for name, schema in properties.items() if "description" in schema
    }


@pytest.mark.parametrize(
    ("text", "description", "parameters"),
    [
        (None, None, {}),
        ("", None, {}),
        ("One line.", "One line.", {}),
        ("\n    Indented.\n\n    More.\n    ", "Indented.\n\nMore.", {}),
        ("Does.\n\nArgs:\n    first: a\n    second: b\n", "Does.", {"first": "a", "second": "b"}),
        ("Args:\n  first (int): a\n  second (Optional[Tuple[(int)]]): b", None, {"first": "a", "second": "b"}),
        ("Args:\n    first: a\n\nReturns:\n    b", None, {"first": "a"}),
        ("Does.\n\nParameters:\n    first : a\n      and: more\n", "Does.", {"first": "a and: more"}),
        ("Does.\n\nArgs:\n    first: a\n\nReturns:\n    second: no\n", "Does.", {"first": "a"}),
        ("Does.\n\nArgs:\n    first: a\n\nBye.", "Does.\n\nBye.", {"first": "a"}),
        ("Note: this is text.\nTips:\n    1. no", "Note: this is text.\nTips:\n    1. no", {}),
        ("Does.\n\nExample:\n    first: 1\n\nArgs:\n    second:", "Does.", {}),
    ],
)
def test_a_docstring_is_read(text: str | None, description: str | None, parameters: dict[str, str]) -> None:
    assert describe(text) == (description, parameters)
