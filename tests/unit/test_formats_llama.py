"""Llama 3: bare JSON calls among prose, and what its prompts cannot say."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from fcformat import GrammarMatcher
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.losses import FormatLossWarning
from support.conversations import written
from support.engine import SINGLE_BYTES, compiler

LLAMA = get_format("llama3.1")
CALLS = get_format("llama3_json")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
CALL = {"id": "call_0", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASK: dict[str, Any] = {"role": "user", "content": " hi "}


def read(text: str, tools: Any = None) -> tuple[str | None, list[tuple[str, str]]]:
    message = CALLS.parse(text, tools)
    stream = CALLS.stream_parser(tools)
    for char in text:
        stream.feed(char)
    assert stream.finish() == message
    return message.content, [(call.function.name, call.function.arguments) for call in message.tool_calls]


def test_model_ids_find_their_version() -> None:
    assert get_format("meta-llama/Llama-3.1-8B-Instruct") is get_format("meta-llama/Llama-3.3-70B-Instruct") is LLAMA
    assert get_format("meta-llama/Llama-3.2-1B-Instruct").name == "llama3.2"


def test_tools_are_told_in_the_first_question_or_in_the_system_turn() -> None:
    asked = LLAMA.render([ASK], [TOOL]).text
    told = LLAMA.render([ASK], [TOOL], tools_in_user_message=False).text
    assert asked.index("user<|end_header_id|>") < asked.index('"name": "f"') < asked.index("hi<|eot_id|>")
    assert told.index('"name": "f"') < told.index("user<|end_header_id|>")


def test_the_date_is_fixed_in_one_version_and_todays_in_the_other() -> None:
    day = datetime.date(2025, 1, 5)
    assert "Today Date: 26 Jul 2024\n" in LLAMA.render([ASK], date=day).text
    assert "Today Date: 05 Jan 2025\n" in get_format("llama3.2").render([ASK], date=day).text
    assert "Today Date: then\n" in LLAMA.render([ASK], date_string="then").text


def test_what_is_left_out_is_noted() -> None:
    with pytest.warns(FormatLossWarning, match="message 1: the text beside the call is left out"):
        rendered = LLAMA.render([ASK, {"role": "assistant", "content": "So.", "tool_calls": [CALL]}])
    assert rendered.losses == (
        "message 0: the white space around the text is left out",
        "message 1: the text beside the call is left out",
    )


def test_what_cannot_be_said_raises_with_its_place() -> None:
    with pytest.raises(FormatError, match="message 1: found 2 calls, expected at most 1 a turn"):
        LLAMA.render([ASK, {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "b"}]}])
    with pytest.raises(FormatError, match="message 0: found role 'assistant', expected the first question"):
        LLAMA.render([{"role": "assistant", "content": "hi"}], [TOOL])
    with pytest.raises(FormatError, match="found no question"):
        LLAMA.render([{"role": "system", "content": "hi"}], [TOOL])


def test_a_call_stands_bare_in_text() -> None:
    assert read('{"name": "f", "parameters": {"a": 1}}') == (None, [("f", '{"a": 1}')])
    assert read('So: {"name": "f", "parameters": {}}') == ("So: ", [("f", "{}")])
    assert read('{"parameters": {"a": 1}, "name": "f"}') == (None, [("f", '{"a": 1}')])
    assert read('{"name": "f", "parameters": {}}; {"name": "g", "parameters": {}}') == (
        None,
        [("f", "{}"), ("g", "{}")],
    )
    assert read('[{"name": "f", "parameters": {}}]') == (None, [("f", "{}")])
    assert read('<|python_tag|>search.call(query="x")') == (None, [("search", '{"query": "x"}')])


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ann", "age": 3}',
        '{"a": 1}',
        'a {"name": "f"} b',
        "a { b",
        "<|python_tag|>import os",
        '{"name": "f", "par',
        "[1, 2]",
        '[{"name": 3}]',
    ],
)
def test_json_that_is_no_call_is_content(text: str) -> None:
    assert read(text) == (text, [])


def test_an_object_with_another_name_than_a_tools_is_content() -> None:
    text = '{"name": "Ann", "parameters": {}}'
    assert read(text, [TOOL]) == (text, [])
    assert read(text) == (None, [("Ann", "{}")])


@pytest.mark.parametrize("between", ["", " ", "\n", ";", "; ", " ; ", ";\n", ",", ", ", ",\n"])
def test_what_separates_calls_is_no_text(between: str) -> None:
    first, second = ("f", "{}"), ("g", '{"n": 2}')
    text = between.join(
        f'{{"name": "{name}", "parameters": {arguments}}}' for name, arguments in (first, second, first)
    )
    assert read(text) == (None, [first, second, first])
    assert read(f"{text}; so, {text}") == ("; so, ", [first, second, first] * 2)


def test_the_end_of_turn_is_no_text() -> None:
    assert CALLS.parse('{"name": "f", "parameters": {}}<|eot_id|>') == Message.from_openai(
        {"role": "assistant", "content": None, "tool_calls": [CALL]}
    )


def test_a_call_behind_an_opening_bracket_would_be_one_of_a_list() -> None:
    call = Message.from_openai({"role": "assistant", "content": "see [", "tool_calls": [CALL]})
    with pytest.raises(FormatError, match=r"found text that ends in '\['"):
        written(LLAMA, call)
    allowed = compiler(SINGLE_BYTES).compile_grammar(LLAMA.grammar([TOOL]))
    assert GrammarMatcher(allowed).accept_string('see {"name": "f", "parameters": {}}')
    assert not GrammarMatcher(allowed).accept_string('see [{"name": "f"')
