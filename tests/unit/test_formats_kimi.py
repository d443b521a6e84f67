"""Kimi K2: names inside of ids, sections, thinking that calls end."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import FunctionCall, Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft

TOOLS: list[dict[str, Any]] = [
    {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]


def k2(identifier: str, arguments: str = "{}") -> str:
    return f"<|tool_call_begin|>{identifier}<|tool_call_argument_begin|>{arguments}<|tool_call_end|>"


def section(*calls: str) -> str:
    return f"<|tool_calls_section_begin|>{''.join(calls)}<|tool_calls_section_end|>"


def accepted(name: str, text: str, **options: Any) -> bool:
    info = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
    return matcher.accept_string(text) and matcher.can_terminate()


@pytest.mark.parametrize(
    ("written", "name", "identifier"),
    [
        ("functions.ping:3", "ping", "functions.ping:3"),
        ("functions.ping:0\n", "ping", "functions.ping:0"),
        ("ping:1", "ping", "functions.ping:1"),
        ("functions_ping_2", "ping", "functions.ping:2"),
        ("get_weather", "get_weather", "functions.get_weather:0"),
        ("functions.my.own-tool:0", "my.own-tool", "functions.my.own-tool:0"),
    ],
)
def test_the_name_is_found_in_every_spelling_of_an_id(written: str, name: str, identifier: str) -> None:
    (call,) = get_format("kimi_k2").parse(section(k2(written)), TOOLS).tool_calls
    assert (call.function.name, call.id) == (name, identifier)


def test_a_bare_number_means_the_only_tool() -> None:
    assert get_format("kimi_k2").parse(section(k2("0")), TOOLS[:1]).tool_calls[0].function.name == "get_weather"
    message = get_format("kimi_k2").parse(section(k2("0")), TOOLS)
    assert message.tool_calls == ()
    assert message.issues


def test_a_call_may_stand_without_a_section_and_a_section_may_be_spelled_otherwise() -> None:
    fmt = get_format("kimi_k2")
    assert len(fmt.parse("x" + k2("functions.ping:0"), TOOLS).tool_calls) == 1
    singular = section(k2("functions.ping:0")).replace("calls_section", "call_section")
    message = fmt.parse(singular, TOOLS)
    assert (len(message.tool_calls), message.content) == (1, None)


def test_calls_end_thinking_that_was_not_closed() -> None:
    message = get_format("kimi_k2").parse("<think>I call." + section(k2("functions.ping:0")), TOOLS)
    assert (message.reasoning, len(message.tool_calls)) == ("I call.", 1)


def test_broken_arguments_do_not_swallow_the_next_call() -> None:
    text = section(k2("functions.get_weather:0", '{"city": "Rome"'), k2("functions.ping:1"))
    message = get_format("kimi_k2").parse(text, TOOLS)
    assert [each.function.arguments for each in message.tool_calls] == ['{"city": "Rome"', "{}"]
    assert message.issues


def test_an_empty_section_leaves_no_trace() -> None:
    message = get_format("kimi_k2").parse("Done. " + section())
    assert (message.content, message.tool_calls) == ("Done. ", ())
    assert message.issues


def test_ids_are_written_with_the_name_and_a_number() -> None:
    calls = (ToolCall(FunctionCall("ping", "{}"), "functions.ping:7"), ToolCall(FunctionCall("ping", "{}"), "call_x"))
    draft = Draft(())
    get_format("kimi_k2").turn.write(Message("assistant", None, calls), 0, draft)
    assert draft.rendered().text == section(k2("functions.ping:7"), k2("functions.ping:1"))


def test_prompts_come_from_the_models_own_template() -> None:
    with pytest.raises(FormatError, match="format_from_template"):
        get_format("kimi_k2").render([{"role": "user", "content": "Hi"}])


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("<think>Hm.</think>" + section(k2("functions.ping:0")), {"tool_choice": "required"}, True),
        (section(k2("functions.ping:12"), k2("functions.ping:13")), {"parallel_tool_calls": 2}, True),
        (section(k2("ping:0")), {}, False),
        (section(k2("functions.ping:01")), {}, False),
        (section(), {}, False),
        ("Hello", {"tool_choice": "none"}, True),
    ],
)
def test_the_grammar_allows_what_the_family_writes(text: str, options: dict[str, Any], expected: bool) -> None:
    assert accepted("kimi_k2", text, **options) is expected
