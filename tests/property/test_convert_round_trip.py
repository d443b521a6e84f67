"""Conversion there and back is the identity, up to the losses that were stated; and fuzzed records raise nothing unexpected."""

from __future__ import annotations

import contextlib
import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import fcformat
from fcformat import Conversation, Message, Tool, convert
from fcformat.chat import FunctionCall, ToolCall
from fcformat.records.shape import NOTED
from fcformat.records.texts import PromptShape
from fcformat.strategies import conversations

RECORDS = [name for name, kind, _ in fcformat.list_shapes() if kind == "conversation"]
CALLS = [name for name, kind, _ in fcformat.list_shapes() if kind == "call"]
PROMPTS = [name for name in fcformat.list_formats() if PromptShape(fcformat.get_format(name), "raise", {}).reads]

#: Texts among which are such that mean something to some shape.
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "Hello.",
        "<think>\nno\n</think>\n\nyes",
        "</think>",
        '{"name": "f", "arguments": {}}',
        "[]",
        "中\n",
        "f\n{}",
        '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
        "<tool_call>",
        "<tool_response>\na\n</tool_response>",
    ]
) | st.text(max_size=8)
NAMES = st.sampled_from(["f", "g", "名"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(TEXTS, VALUES, max_size=3)
SPELLED = ARGUMENTS.map(lambda value: json.dumps(value, ensure_ascii=False)) | st.sampled_from(
    ["{ }", '{"n":1.0}', '{"n": 0.10000000000000000555}', '{"n": 1e3}', '{"a": "\\u4e2d"}']
)
IDS = st.none() | st.sampled_from(["a", "b", "call_0"])
FUNCTIONS = st.builds(FunctionCall, name=NAMES, arguments=SPELLED)
OPTIONAL = st.none() | TEXTS
MESSAGES = st.one_of(
    st.builds(Message, role=st.sampled_from(["system", "developer", "user"]), content=OPTIONAL, name=st.none() | NAMES),
    st.builds(
        Message,
        role=st.just("assistant"),
        content=OPTIONAL,
        tool_calls=st.lists(st.builds(ToolCall, function=FUNCTIONS, id=IDS), max_size=3).map(tuple),
        reasoning=OPTIONAL,
    ),
    st.builds(Message, role=st.just("tool"), content=OPTIONAL, tool_call_id=IDS, name=st.none() | NAMES),
)
TOOLS = st.lists(
    st.builds(
        Tool,
        name=NAMES,
        description=st.none() | TEXTS,
        parameters=st.just({"type": "object"}),
        strict=st.none() | st.booleans(),
    ),
    max_size=2,
    unique_by=lambda tool: tool.name,
)
#: Conversations of any order, as no API would take them, and sound ones.
ANY = st.builds(Conversation, st.lists(MESSAGES, max_size=6).map(tuple), TOOLS.map(tuple))
TALKS = ANY | conversations()


def said(conversation: Conversation) -> Any:
    """What was said, called and told, without what losses that are only noted take away."""
    return [
        (
            {"developer": "system"}.get(message.role, message.role),
            message.content or "",
            message.reasoning or "",
            None if message.role == "tool" else message.name,
            [(call.function.name, exact(call.function.arguments)) for call in message.tool_calls],
        )
        for message in conversation.messages
    ], [(tool.name, tool.description, tool.parameters) for tool in conversation.tools]


def spelled(conversation: Conversation) -> Any:
    """The texts and calls as they are spelled."""
    return [
        (message.role, message.content, message.reasoning, [call.function for call in message.tool_calls])
        for message in conversation.messages
    ]


def exact(arguments: str) -> Any:
    return json.loads(arguments, parse_float=Decimal)


def there_and_back(conversation: Conversation, shape: str, raises: bool = True) -> None:
    """Holds a shape to it; `raises`: whether every loss that is more than noted raises by default."""
    try:
        there = convert(conversation, target=shape, on_loss="drop")
    except fcformat.FormatError:  # it cannot be expressed, and that is said
        return
    note(f"there: {there!r}")
    kinds = {loss.kind for loss in there.losses}
    if not kinds <= NOTED:
        if raises:
            with pytest.raises(fcformat.FcformatError):
                convert(conversation, target=shape)
        return
    back = convert(there.value, source=shape, target="openai", on_loss="drop")
    note(f"back: {back!r}")
    read = Conversation.from_openai(back.value)
    if "schema" in kinds:
        assert said(read)[0] == said(conversation)[0]
    else:
        assert said(read) == said(conversation)
    if not kinds:  # then to the letter; what a target adds, such as the name of a result's function, is no loss
        assert spelled(read) == spelled(conversation)


@pytest.mark.parametrize("shape", RECORDS)
@given(conversation=TALKS)
def test_a_record_says_what_the_conversation_said_or_states_what_is_lost(
    shape: str, conversation: Conversation
) -> None:
    there_and_back(conversation, shape)


@given(conversation=conversations(), source=st.sampled_from(RECORDS), target=st.sampled_from(RECORDS))
def test_records_become_each_other_and_stay_as_they_were(conversation: Conversation, source: str, target: str) -> None:
    record = convert(conversation, target=source, on_loss="drop").value
    before = copy.deepcopy(record)
    there = convert(record, source=source, target=target, on_loss="drop")
    assert record == before
    assert convert(json.dumps(record), source=source, target=target, on_loss="drop").value == there.value
    if {loss.kind for loss in there.losses} <= NOTED:
        back = convert(there.value, source=target, target=source, on_loss="drop")
        if {loss.kind for loss in back.losses} <= NOTED:
            again = convert(back.value, source=source, target="openai", on_loss="drop").value
            first = convert(record, source=source, target="openai", on_loss="drop").value
            assert said(Conversation.from_openai(again)) == said(Conversation.from_openai(first))


@pytest.mark.parametrize("name", CALLS)
@given(function=FUNCTIONS, identifier=IDS)
def test_a_call_comes_back_from_every_shape(name: str, function: FunctionCall, identifier: str | None) -> None:
    call = ToolCall(function, identifier)
    there = convert(call, target=name, on_loss="drop")
    kinds = {loss.kind for loss in there.losses}
    back = convert(there.value, source=name, target="openai-call", on_loss="drop").value
    assert back["function"]["name"] == function.name
    if "arguments" not in kinds:
        assert exact(back["function"]["arguments"]) == exact(function.arguments)
    if identifier is not None and "ids" not in kinds:
        assert back["id"] == identifier
    assert kinds <= {"ids", "spelling", "arguments"}


@given(value=VALUES, source=st.none() | st.sampled_from([*RECORDS, *CALLS]), target=st.sampled_from([*RECORDS, *CALLS]))
def test_what_is_no_record_is_refused_with_an_error_of_this_library(
    value: Any, source: str | None, target: str
) -> None:
    with contextlib.suppress(fcformat.FcformatError):
        convert(value, source=source, target=target)


@given(
    key=st.sampled_from(["messages", "conversations", "tools", "system", "instruction", "output", "history"]),
    value=VALUES,
    conversation=conversations(),
    source=st.sampled_from(RECORDS),
)
def test_a_record_with_something_wrong_in_it_is_refused_or_read(
    key: str, value: Any, conversation: Conversation, source: str
) -> None:
    record = {**convert(conversation, target=source, on_loss="drop").value, key: value}
    with contextlib.suppress(fcformat.FcformatError):
        convert(record, source=source, target="openai", on_loss="drop")


@pytest.mark.parametrize("name", PROMPTS)
@settings(max_examples=max(10, settings().max_examples // 5))
@given(conversation=conversations())
def test_a_prompt_says_what_the_conversation_said_or_states_what_is_lost(name: str, conversation: Conversation) -> None:
    # What publishers' own prompts leave out does not raise.
    there_and_back(conversation, name, raises=False)
