"""Signatures of functions, methods and callable objects as tools."""

# Old spellings of types, implicit `Optional`s and calls as defaults are what users write, and so what is tested.
# ruff: noqa: B008, RUF013, UP045

from __future__ import annotations

import functools
from typing import Annotated, Any, Optional

import jsonschema
import pydantic
import pytest

from fcformat.chat import Tool
from fcformat.errors import FormatError
from support.callables import (
    INTEGER,
    Color,
)


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
