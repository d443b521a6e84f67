"""Tools: definitions kept as they were given."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from types import MappingProxyType
from typing import Any

import pydantic
import pytest

from fcformat.chat import Tool, normalize_tools
from fcformat.errors import FormatError

PARAMETERS: dict[str, Any] = {"required": ["a"], "type": "object", "properties": {"a": {"type": "string"}}}
FUNCTION: dict[str, Any] = {"x-cost": 1, "parameters": PARAMETERS, "description": "Does f.", "name": "f"}
WRAPPER: dict[str, Any] = {"function": FUNCTION, "type": "function", "strict": True, "cache": {"a": None}}


def written(value: object) -> str:
    return json.dumps(value)


def test_a_wrapped_definition_is_given_back_as_it_was() -> None:
    tool = Tool.from_any(WRAPPER)
    assert (tool.name, tool.description, tool.parameters, tool.strict) == ("f", "Does f.", PARAMETERS, True)
    assert written(tool.to_openai()) == written(WRAPPER)
    assert written(tool.function_dict()) == written(FUNCTION)


def test_a_bare_definition_gets_the_plain_wrapper() -> None:
    tool = Tool.from_any(FUNCTION)
    assert written(tool.to_openai()) == written({"type": "function", "function": FUNCTION})
    assert written(tool.function_dict()) == written(FUNCTION)


def test_a_flat_definition_is_read() -> None:
    tool = Tool.from_any({"type": "function", **FUNCTION, "strict": False})
    assert written(tool.to_openai()) == written({"type": "function", "function": {**FUNCTION, "strict": False}})
    assert tool.strict is False


def test_a_wrapper_needs_no_type() -> None:
    assert Tool.from_any({"function": FUNCTION}).to_openai() == {"function": FUNCTION}


def test_a_definition_without_parameters_takes_none() -> None:
    for function in ({"name": "f"}, {"name": "f", "parameters": None}):
        tool = Tool.from_any(function)
        assert tool.parameters == {"type": "object", "properties": {}}
        assert tool.function_dict() == function


@pytest.mark.parametrize("parameters", [True, False, {}])
def test_any_schema_may_be_the_parameters(parameters: Any) -> None:
    tool = Tool.from_any({"name": "f", "parameters": parameters})
    assert tool.parameters == parameters
    assert tool.function_dict() == {"name": "f", "parameters": parameters}


def test_a_tool_is_built_from_its_parts() -> None:
    tool = Tool("f", "Does f.", MappingProxyType(PARAMETERS), strict=True)
    function = {"name": "f", "description": "Does f.", "parameters": PARAMETERS, "strict": True}
    assert written(tool.to_openai()) == written({"type": "function", "function": function})
    assert Tool("f").function_dict() == {"name": "f", "parameters": {"type": "object", "properties": {}}}


def test_a_tool_does_not_share_what_it_was_given_or_gives() -> None:
    given = copy.deepcopy(WRAPPER)
    tool = Tool.from_any(given)
    given["function"]["parameters"]["type"] = "array"
    tool.function_dict()["parameters"]["type"] = "array"
    tool.to_openai()["function"]["name"] = "g"
    assert tool == Tool.from_any(WRAPPER)
    assert tool.parameters == PARAMETERS


def test_reading_changes_nothing() -> None:
    flat = {"type": "function", **FUNCTION}
    before = copy.deepcopy(flat)
    Tool.from_any(flat)
    assert flat == before


def test_replacing_a_field_keeps_the_rest_of_the_definition() -> None:
    tool = dataclasses.replace(Tool.from_any(WRAPPER), description="Other.", strict=False)
    assert tool.to_openai() == {**WRAPPER, "function": {**FUNCTION, "description": "Other.", "strict": False}}
    assert dataclasses.replace(tool, description="Does f.").description == "Does f."


def test_tools_are_values() -> None:
    tool = Tool.from_any(WRAPPER)
    again = pickle.loads(pickle.dumps(tool))
    assert again == tool
    assert hash(again) == hash(tool)
    assert Tool.from_any(FUNCTION) == Tool.from_any({"type": "function", "function": FUNCTION})
    assert tool != Tool.from_any(FUNCTION)
    assert tool != WRAPPER
    assert copy.deepcopy(tool) == tool
    with pytest.raises(dataclasses.FrozenInstanceError):
        tool.name = "g"  # type: ignore[misc]


def test_tools_whose_keys_stand_in_another_order_are_not_equal_since_prompts_differ() -> None:
    assert Tool.from_any({"name": "f", "parameters": {}}) != Tool.from_any({"parameters": {}, "name": "f"})


def test_a_tool_is_its_own_reading() -> None:
    tool = Tool("f")
    assert Tool.from_any(tool) is tool


def test_tools_of_every_kind_are_read_together() -> None:
    class Model(pydantic.BaseModel):
        """Looks up."""

        a: int

    def function(a: int) -> None:
        """Does."""

    tools = normalize_tools([WRAPPER, Tool("t"), Model, function])
    assert [tool.name for tool in tools] == ["f", "t", "Model", "function"]
    assert [tool.description for tool in tools] == ["Does f.", None, "Looks up.", "Does."]
    assert normalize_tools(None) == normalize_tools([]) == ()


REFUSED: list[tuple[Any, str]] = [
    (7, "tool 2: found 7, expected a tool or function dict, a callable or a pydantic model class"),
    ({}, "tool 2: name: found None, expected a nonempty string"),
    ({"name": ""}, "tool 2: name: found '', expected a nonempty string"),
    ({"name": 7}, "tool 2: name: found 7, expected a nonempty string"),
    ({"type": "web_search"}, "tool 2: found neither 'function' nor 'name' beside type 'web_search'"),
    (
        {"type": "custom", "name": "f", "format": {}},
        "tool 2: type: found 'custom', expected 'function'",
    ),
    ({"type": "web", "function": {"name": "f"}}, "tool 2: type: found 'web', expected 'function'"),
    ({"type": "function", "function": "f"}, "tool 2: function: found 'f', expected an object"),
    ({"name": "f", "description": 7}, "tool 2 (f): description: found 7, expected a string"),
    ({"name": "f", "parameters": []}, "tool 2 (f): parameters: found a list, expected an object or a boolean"),
    ({"name": "f", "strict": "yes"}, "tool 2 (f): strict: found 'yes', expected a boolean"),
    (
        {"name": "g", "input_schema": {}, "inputSchema": {}},
        "tool 2: found both 'input_schema' and 'inputSchema', expected one of them",
    ),
    (
        {"name": "f", "parameters": {"default": {1}}},
        "tool 2['parameters']['default']: found a value of type set, expected JSON data",
    ),
]


@pytest.mark.parametrize(("tool", "error"), REFUSED, ids=[error[8:50] for _, error in REFUSED])
def test_what_is_wrong_in_a_tool_is_named(tool: Any, error: str) -> None:
    with pytest.raises(FormatError) as caught:
        normalize_tools([FUNCTION, Tool("t"), tool])
    assert str(caught.value) == error


def test_a_name_given_twice_names_both_places() -> None:
    with pytest.raises(FormatError, match="^tools 0 and 2: found the name 'f' twice, expected unique names$"):
        normalize_tools([FUNCTION, {"name": "g"}, WRAPPER])


@pytest.mark.parametrize("tools", ["f", FUNCTION, 7])
def test_tools_must_be_a_list(tools: Any) -> None:
    with pytest.raises(FormatError, match="^tools: found .*, expected a list of tools"):
        normalize_tools(tools)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Tool(""),
        lambda: Tool("f", 7),  # type: ignore[arg-type]
        lambda: Tool("f", None, []),  # type: ignore[arg-type]
        lambda: Tool("f", None, {}, "yes"),  # type: ignore[arg-type]
        lambda: Tool("f", None, {"a": {1}}),
    ],
)
def test_an_incoherent_tool_cannot_be_built(build: Any) -> None:
    with pytest.raises(FormatError, match="found"):
        build()
