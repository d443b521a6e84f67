"""What is read is what was written: messages, conversations, responses, streams, tools; and schemas of signatures."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import enum
import inspect
import json
import pickle
import types
import uuid
from typing import Any, Literal, Union

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from fcformat.chat import (
    Conversation,
    Delta,
    FunctionCall,
    Message,
    Tool,
    ToolCall,
    ToolCallDelta,
    join_deltas,
    normalize_messages,
)

names = st.text(min_size=1, max_size=8)
texts = st.text(max_size=20)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)
arguments = texts | json_objects.map(lambda value: json.dumps(value, ensure_ascii=False))
functions = st.builds(FunctionCall, name=names, arguments=arguments)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def assistants(most: int, ids: st.SearchStrategy[Any]) -> st.SearchStrategy[Message]:
    calls = st.lists(st.builds(ToolCall, function=functions, id=ids), max_size=most)
    return st.builds(
        Message,
        role=st.just("assistant"),
        content=some(texts),
        tool_calls=calls.map(tuple),
        name=some(names),
        reasoning=some(texts),
    )


told = st.builds(Message, role=st.sampled_from(["system", "developer", "user"]), content=some(texts), name=some(names))
results = st.builds(Message, role=st.just("tool"), content=some(texts), tool_call_id=some(names), name=some(names))
messages = told | assistants(3, some(names)) | results
legacy_results = st.builds(Message, role=st.just("tool"), content=some(texts), name=names)
legacy_messages = told | assistants(1, st.none()) | legacy_results

definitions = st.fixed_dictionaries(
    {"name": names},
    optional={"description": texts, "parameters": json_objects | st.booleans(), "strict": st.booleans()},
)
extras = st.dictionaries(
    texts.filter(
        lambda key: (
            key not in ("name", "description", "parameters", "strict", "type", "function")
            and key not in ("input_schema", "inputSchema")
        )
    ),
    json_values,
    max_size=2,
)


@st.composite
def tool_dicts(draw: st.DrawFn) -> dict[str, Any]:
    """Tool or function dicts with extra keys, in any key order."""
    function = {**draw(definitions), **draw(extras)}
    function = {key: function[key] for key in draw(st.permutations(list(function)))}
    if draw(st.booleans()):
        return function
    wrapper = {"type": "function", "function": function, **draw(extras)}
    return {key: wrapper[key] for key in draw(st.permutations(list(wrapper)))}


@given(messages)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert Message.from_openai(message.to_openai()) == message


@given(legacy_messages)
def test_a_message_is_read_as_it_was_written_in_the_legacy_shape(message: Message) -> None:
    assert Message.from_openai(message.to_openai(legacy=True)) == message


@given(st.lists(messages, max_size=4).map(tuple), st.lists(tool_dicts(), max_size=3, unique_by=repr))
def test_a_conversation_is_read_as_it_was_written(spoken: tuple[Message, ...], dicts: list[dict[str, Any]]) -> None:
    tools = {tool.name: tool for tool in map(Tool.from_any, dicts)}
    conversation = Conversation(spoken, tuple(tools.values()))
    written = conversation.to_openai()
    before = copy.deepcopy(written)
    assert Conversation.from_openai(written) == conversation
    assert written == before
    assert pickle.loads(pickle.dumps(conversation)) == conversation


@given(st.lists(legacy_messages, max_size=4).map(tuple), tool_dicts())
def test_a_conversation_is_read_as_it_was_written_in_the_legacy_shape(
    spoken: tuple[Message, ...], tool: dict[str, Any]
) -> None:
    conversation = Conversation(spoken, (Tool.from_any(Tool.from_any(tool).function_dict()),))
    assert Conversation.from_openai(conversation.to_openai(legacy=True)) == conversation


@given(assistants(3, some(names)), st.sampled_from(["stop", "tool_calls", "length", "content_filter"]))
def test_a_message_is_read_as_it_was_written_in_a_response(message: Message, reason: str) -> None:
    message = dataclasses.replace(message, finish_reason=reason)
    read = Message.from_response(message.to_response(model="m", id="r", created=0))
    assert (read, read.finish_reason) == (message, reason)


@given(names, json_objects)
def test_arguments_given_as_an_object_come_back_as_that_object(name: str, value: dict[str, Any]) -> None:
    given_message = {"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": value}}]}
    before = copy.deepcopy(given_message)
    assert normalize_messages([given_message])[0].tool_calls[0].function.arguments_object() == value
    assert given_message == before


@given(assistants(3, some(names)), st.data())
def test_a_message_cut_into_deltas_adds_up_to_itself(message: Message, data: st.DataObject) -> None:
    def pieces(text: str) -> list[str]:
        cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=3)))
        return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    deltas = [Delta(reasoning=piece) for piece in pieces(message.reasoning or "") if message.reasoning is not None]
    deltas += [Delta(content=piece) for piece in pieces(message.content or "") if message.content is not None]
    for index, call in enumerate(message.tool_calls):
        deltas.append(Delta(tool_calls=(ToolCallDelta(index, call.id, call.function.name),)))
        deltas += [
            Delta(tool_calls=(ToolCallDelta(index, arguments=piece),)) for piece in pieces(call.function.arguments)
        ]
    assert join_deltas(deltas) == dataclasses.replace(message, name=None)


@given(tool_dicts())
def test_a_tool_definition_is_given_back_as_it_was(definition: dict[str, Any]) -> None:
    before = json.dumps(definition)
    tool = Tool.from_any(definition)
    written = tool.to_openai() if "function" in definition else tool.function_dict()
    assert json.dumps(written) == before == json.dumps(definition)
    assert Tool.from_any(tool.to_openai()) == tool
    assert hash(pickle.loads(pickle.dumps(tool))) == hash(tool)


# Signatures


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


SCALARS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (str, texts),
    (int, st.integers()),
    (float, st.floats(allow_nan=False, allow_infinity=False) | st.integers()),
    (bool, st.booleans()),
    (None, st.none()),
    (Any, json_values),
    (Color, st.sampled_from([color.value for color in Color])),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (datetime.date, st.dates().map(str)),
    (uuid.UUID, st.uuids().map(str)),
    (Point, st.fixed_dictionaries({"x": st.integers()}, optional={"y": st.integers()})),
]

Typed = tuple[Any, st.SearchStrategy[Any]]


def of(generic: Any, *items: Any) -> Any:
    """`generic[items]`, for a type that is known at run time only."""
    return generic[items]


def containers(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    """Types made of types, each with a strategy for the JSON values of that type."""
    pairs = st.tuples(inner, inner)
    return st.one_of(
        inner.map(lambda item: (of(list, item[0]), st.lists(item[1], max_size=3))),
        inner.map(lambda item: (of(tuple, item[0], ...), st.lists(item[1], max_size=3))),
        inner.map(lambda item: (of(dict, str, item[0]), st.dictionaries(texts, item[1], max_size=3))),
        pairs.map(lambda pair: (of(tuple, pair[0][0], pair[1][0]), st.tuples(pair[0][1], pair[1][1]).map(list))),
        pairs.map(lambda pair: (of(Union, pair[0][0], pair[1][0]), pair[0][1] | pair[1][1])),
    )


typed = st.recursive(st.sampled_from(SCALARS), containers, max_leaves=4)


@st.composite
def signatures(draw: st.DrawFn) -> tuple[Any, dict[str, st.SearchStrategy[Any]], set[str]]:
    """A function with a random signature, strategies for its arguments, and the names of the required ones."""
    parameters: list[inspect.Parameter] = []
    strategies: dict[str, st.SearchStrategy[Any]] = {}
    required: set[str] = set()
    for name in draw(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True)):
        hint, strategy = draw(typed)
        default = inspect.Parameter.empty
        if draw(st.booleans()):
            default = draw(strategy | st.none())
        else:
            required.add(name)
        strategies[name] = strategy if default is not None else strategy | st.none()
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint))

    def function(**arguments: Any) -> None: ...

    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return function, strategies, required


@given(signatures(), st.data())
def test_the_schema_of_a_signature_accepts_the_arguments_of_its_calls(
    drawn: tuple[types.FunctionType, dict[str, st.SearchStrategy[Any]], set[str]], data: st.DataObject
) -> None:
    function, strategies, required = drawn
    schema = Tool.from_any(function).function_dict()["parameters"]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    passed = {
        name: data.draw(strategy)
        for name, strategy in strategies.items()
        if name in required or data.draw(st.booleans())
    }
    validator.validate(passed)
    defaults = {name: value["default"] for name, value in schema["properties"].items() if "default" in value}
    validator.validate({**defaults, **passed})
    assert set(defaults) == set(strategies) - required
    assert not validator.is_valid({**passed, "undeclared": 1})
    for name in required:
        assert not validator.is_valid({other: value for other, value in passed.items() if other != name})
