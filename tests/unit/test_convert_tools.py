"""Tools from and to the shapes of OpenAI, Anthropic and MCP, and from the objects of LangChain and LlamaIndex."""

from __future__ import annotations

import copy
import json
import sys
import types
from typing import Annotated, Any

import pydantic
import pytest

import fcformat
from fcformat import FormatError, Tool, convert

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "The city"}, "days": {"type": "integer"}},
    "required": ["city"],
}
FUNCTION = {"name": "get_weather", "description": "Get the weather", "parameters": SCHEMA}

#: One tool in every shape that says the same.
TOOLS: dict[str, dict[str, Any]] = {
    "openai-tools": {"type": "function", "function": FUNCTION},
    "openai-functions": FUNCTION,
    "anthropic-tools": {"name": "get_weather", "description": "Get the weather", "input_schema": SCHEMA},
    "mcp-tools": {"name": "get_weather", "description": "Get the weather", "inputSchema": SCHEMA},
}


@pytest.mark.parametrize("source", TOOLS)
@pytest.mark.parametrize("target", TOOLS)
def test_tools_go_from_every_shape_to_every_other(source: str, target: str) -> None:
    given = [copy.deepcopy(TOOLS[source])]
    converted = convert(given, source=source, target=target)
    assert json.dumps(converted.value) == json.dumps([TOOLS[target]])
    assert converted.losses == ()
    assert given == [TOOLS[source]]


@pytest.mark.parametrize("shape", ["openai-tools", "anthropic-tools", "mcp-tools"])
def test_the_shape_of_tools_is_told_from_them(shape: str) -> None:
    assert convert([TOOLS[shape]], target="openai-functions").source == shape


@pytest.mark.parametrize("shape", TOOLS)
def test_every_format_takes_tools_of_every_shape(shape: str) -> None:
    form = fcformat.get_format("qwen2.5")
    messages = [{"role": "user", "content": "Hi"}]
    assert form.render(messages, [TOOLS[shape]]).text == form.render(messages, [TOOLS["openai-tools"]]).text


def test_responses_tools_are_flat_and_say_that_they_are_not_strict() -> None:
    converted = convert([TOOLS["mcp-tools"]], target="openai-responses-tools")
    assert converted.value == [{"type": "function", **FUNCTION, "strict": False}]
    assert convert(converted.value, target="anthropic-tools").source == "openai-responses-tools"


def test_strict_mode_closes_objects_and_requires_everything() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["c", "f"]},
            "days": {"type": "integer"},
            "place": {"anyOf": [{"type": "object", "properties": {"x": {"type": "number"}}}, {"type": "null"}]},
            "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}},
        },
        "required": ["city", "place", "stops"],
        "$defs": {"stop": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    }
    before = copy.deepcopy(schema)
    converted = convert([{"name": "f", "parameters": schema}], source="openai-functions", target="openai-strict-tools")
    assert schema == before
    function = converted.value[0]["function"]
    assert function["strict"] is True
    assert function["parameters"] == {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"anyOf": [{"enum": ["c", "f"]}, {"type": "null"}]},
            "days": {"type": ["integer", "null"]},
            "place": {
                "anyOf": [
                    {
                        "type": "object",
                        "properties": {"x": {"type": ["number", "null"]}},
                        "required": ["x"],
                        "additionalProperties": False,
                    },
                    {"type": "null"},
                ]
            },
            "stops": {"type": "array", "items": {"$ref": "#/$defs/stop"}},
        },
        "required": ["city", "unit", "days", "place", "stops"],
        "$defs": {
            "stop": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
                "additionalProperties": False,
            }
        },
        "additionalProperties": False,
    }
    assert {loss.kind for loss in converted.losses} == {"schema"}


def test_a_keyword_that_strict_mode_refuses_is_a_stated_loss() -> None:
    tool = {"name": "f", "parameters": {"type": "object", "properties": {}, "not": {"required": ["a"]}}}
    with pytest.raises(FormatError, match=r"tool 0 \(f\): parameters: found the keyword 'not'"):
        convert([tool], source="openai-functions", target="openai-strict-tools")
    dropped = convert([tool], source="openai-functions", target="openai-strict-tools", on_loss="drop")
    assert "not" not in dropped.value[0]["function"]["parameters"]
    assert "tools" in {loss.kind for loss in dropped.losses}
    free = {"name": "f", "parameters": {"type": "object", "additionalProperties": {"type": "string"}}}
    with pytest.raises(FormatError, match="properties of any name"):
        convert([free], source="openai-functions", target="openai-strict-tools")


def test_hints_for_clients_are_not_carried_on_and_that_is_noted() -> None:
    mcp = {
        **TOOLS["mcp-tools"],
        "title": "Weather",
        "annotations": {"readOnlyHint": True},
        "outputSchema": {"type": "object"},
    }
    converted = convert([mcp], target="openai-functions")
    assert converted.value == [FUNCTION]
    assert [loss.kind for loss in converted.losses] == ["fields"] * 3
    cached = {**TOOLS["anthropic-tools"], "cache_control": {"type": "ephemeral"}}
    assert [loss.kind for loss in convert([cached], target="mcp-tools").losses] == ["cache"]


def test_what_mcps_list_of_tools_answers_is_read() -> None:
    answer = {"tools": [TOOLS["mcp-tools"]], "nextCursor": None}
    assert convert(answer, source="mcp-tools", target="openai-functions").value == [FUNCTION]


@pytest.mark.parametrize("target", ["anthropic-tools", "mcp-tools"])
def test_arguments_are_said_to_be_an_object(target: str) -> None:
    key = {"anthropic-tools": "input_schema", "mcp-tools": "inputSchema"}[target]
    written = convert([{"name": "f", "parameters": True}], source="openai-functions", target=target, on_loss="drop")
    assert written.value == [{"name": "f", key: {"type": "object"}}]
    with pytest.raises(FormatError, match="allows no call"):
        convert([{"name": "f", "parameters": False}], source="openai-functions", target=target)


def test_a_tool_that_the_api_runs_itself_is_refused() -> None:
    with pytest.raises(FormatError, match="expected a tool that the caller runs"):
        Tool.from_any({"type": "computer_20250124", "name": "computer", "input_schema": {}})


def test_callables_and_pydantic_models_become_tools_of_any_shape() -> None:
    def ping(host: str) -> None:
        """Ask a host."""

    class Trace(pydantic.BaseModel):
        """Follow the way to a host."""

        host: str

    tools = convert([ping, Trace], source="openai-tools", target="anthropic-tools").value
    assert [tool["name"] for tool in tools] == ["ping", "Trace"]
    assert all(tool["input_schema"]["required"] == ["host"] for tool in tools)


class Arguments(pydantic.BaseModel):
    """The class's own words."""

    city: str = pydantic.Field(description="The city")
    days: int = 1


class LangChainTool:
    """An object with what LangChain's tools have."""

    name = "get_weather"
    description = "Get the weather"
    args_schema: Any = Arguments

    def __call__(self, city: str) -> str:
        return city


class LlamaIndexTool:
    """An object with what LlamaIndex's tools have."""

    class metadata:  # noqa: N801
        """Its description."""

        name = "get_weather"
        description = "Get the weather"

        @staticmethod
        def get_parameters_dict() -> dict[str, Any]:
            return SCHEMA

    def __call__(self, city: str) -> str:
        return city


def test_objects_of_langchain_and_llamaindex_are_read_by_what_they_have() -> None:
    of_langchain = Tool.from_any(LangChainTool())
    assert (of_langchain.name, of_langchain.description) == ("get_weather", "Get the weather")
    assert isinstance(of_langchain.parameters, dict)
    assert of_langchain.parameters["required"] == ["city"]
    assert "title" not in of_langchain.parameters
    assert Tool.from_any(LlamaIndexTool()).function_dict() == FUNCTION
    plain = LangChainTool()
    plain.args_schema = SCHEMA
    assert Tool.from_any(plain).function_dict() == FUNCTION
    plain.args_schema = None
    assert Tool.from_any(plain).parameters == {"type": "object", "properties": {}}


def test_a_tool_of_langchain_is_read_without_its_injected_arguments() -> None:
    tools = pytest.importorskip("langchain_core.tools")

    def get_weather(city: Any, key: Any = None) -> str:
        """Get the weather."""
        return f"{city}{key}"

    get_weather.__annotations__ = {"city": str, "key": Annotated[str, tools.InjectedToolArg], "return": str}
    read = Tool.from_any(tools.StructuredTool.from_function(get_weather))
    assert (read.name, read.description) == ("get_weather", "Get the weather.")
    assert isinstance(read.parameters, dict)
    assert list(read.parameters["properties"]) == ["city"]
    assert read.parameters["properties"]["city"]["type"] == "string"


def test_a_tool_of_llamaindex_is_read() -> None:
    function_tool = pytest.importorskip("llama_index.core.tools").FunctionTool

    def get_weather(city: str) -> str:
        """Get the weather."""
        return city

    read = Tool.from_any(function_tool.from_defaults(get_weather))
    assert read.name == "get_weather"
    assert isinstance(read.parameters, dict)
    assert list(read.parameters["properties"]) == ["city"]


def test_a_tool_of_mcps_client_is_read() -> None:
    types = pytest.importorskip("mcp.types")
    tool = types.Tool.model_validate({"name": "get_weather", "description": "Get the weather", "inputSchema": SCHEMA})
    assert Tool.from_any(tool).function_dict() == FUNCTION


@pytest.mark.parametrize(
    ("shape", "package"), [("langchain-tools", "langchain_core"), ("llamaindex-tools", "llama_index.core")]
)
def test_tools_become_objects_and_come_back(shape: str, package: str) -> None:
    pytest.importorskip(package)
    made = convert([TOOLS["mcp-tools"]], target=shape)
    assert made.losses == ()
    back = convert(made.value, target="openai-functions")
    assert (back.source, back.value) == (shape, [FUNCTION])


def test_objects_of_langchain_and_llamaindex_are_those_that_the_packages_take() -> None:
    convert_to_openai_tool = pytest.importorskip("langchain_core.utils.function_calling").convert_to_openai_tool
    (made,) = convert([FUNCTION], source="openai-functions", target="langchain-tools").value
    assert convert_to_openai_tool(made) == TOOLS["openai-tools"]
    pytest.importorskip("llama_index.core")
    (made,) = convert([FUNCTION], source="openai-functions", target="llamaindex-tools").value
    assert made.metadata.to_openai_tool() == TOOLS["openai-tools"]
    with pytest.raises(NotImplementedError, match="get_weather"):
        made(city="Paris")


class McpTool:
    """An object with what MCP's client gives: a model with the list's keys as attributes."""

    def __init__(self, **keys: Any) -> None:
        self.__dict__.update({"title": None, "outputSchema": None, "annotations": None, "meta": None, **keys})

    def model_dump(self, **options: Any) -> dict[str, Any]:
        return dict(self.__dict__)


def test_an_object_of_mcps_client_is_read_by_what_it_has() -> None:
    tool = McpTool(name="get_weather", description="Get the weather", inputSchema=SCHEMA)
    assert Tool.from_any(tool).function_dict() == FUNCTION


def test_an_object_of_langchain_is_told_without_its_injected_arguments() -> None:
    class Shown(pydantic.BaseModel):
        city: str

    tool = LangChainTool()
    tool.tool_call_schema = Shown  # type: ignore[attr-defined]
    parameters = Tool.from_any(tool).parameters
    assert isinstance(parameters, dict)
    assert list(parameters["properties"]) == ["city"]


class StructuredTool(LangChainTool):
    """What LangChain's class of this name keeps of what it is made from."""

    def __init__(self, *, name: str, description: str, args_schema: Any, func: Any) -> None:
        self.name, self.description, self.args_schema, self.func = name, description, args_schema, func


class ToolMetadata:
    """What LlamaIndex's class of this name keeps of what it is made from."""

    def __init__(self, description: str, name: str, fn_schema: Any) -> None:
        self.description, self.name, self.fn_schema = description, name, fn_schema


class FunctionTool:
    """What LlamaIndex's class of this name keeps of what it is made from."""

    def __init__(self, *, fn: Any, metadata: ToolMetadata) -> None:
        self.fn, self.metadata = fn, metadata

    def __call__(self, **arguments: Any) -> Any:
        return self.fn(**arguments)


@pytest.mark.parametrize(
    ("shape", "package", "classes"),
    [
        ("langchain-tools", "langchain_core", (StructuredTool,)),
        ("llamaindex-tools", "llama_index.core", (FunctionTool, ToolMetadata)),
    ],
)
def test_tools_become_objects_of_a_package_by_its_own_classes(
    shape: str, package: str, classes: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With classes in the package's place, so that it need not be installed; those above take the package itself."""
    module = types.ModuleType(f"{package}.tools")
    for each in classes:
        setattr(module, each.__name__, each)
        monkeypatch.setattr(each, "__module__", f"{package}.tools")
    parts = package.split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, f"{package}.tools", module)
    made = convert([TOOLS["mcp-tools"]], target=shape)
    assert made.losses == ()
    assert type(made.value[0]) is classes[0]
    back = convert(made.value, target="openai-functions")
    assert (back.source, back.value) == (shape, [FUNCTION])
    if shape == "llamaindex-tools":
        with pytest.raises(NotImplementedError, match="get_weather is a definition"):
            made.value[0].fn(city="Paris")


@pytest.mark.parametrize(
    ("shape", "package"), [("langchain-tools", "langchain_core"), ("llamaindex-tools", "llama_index")]
)
def test_a_package_that_is_missing_is_named(shape: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(FormatError, match=f"pip install {package.replace('_', '-')}"):
        convert([FUNCTION], source="openai-functions", target=shape)
