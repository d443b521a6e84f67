"""Kimi K2, K3 and K2 Horizon: names inside of ids, elements with types, thinking that calls end."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
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


FILES: list[dict[str, Any]] = [
    {"name": name, "parameters": {"type": "object", "properties": {key: {} for key in keys}, "required": list(keys)}}
    for name, keys in {"read": ("path",), "write": ("path", "text"), "glob": ("mask",), "grep": ("mask",)}.items()
]


@pytest.mark.parametrize("identifier", ["call_3", "toolu_01Akmjo", "0b3d1c2e-4f5a-6b7c-8d9e-0f1a2b3c4d5e", "7"])
def test_behind_an_id_of_the_clients_the_arguments_tell_the_name(identifier: str) -> None:
    fmt = get_format("kimi_k2")

    def names(*arguments: str, tools: list[dict[str, Any]] = FILES) -> list[str]:
        text = section(*(k2(identifier, each) for each in arguments))
        parser = fmt.stream_parser(tools)
        for char in text:
            parser.feed(char)
        message = fmt.parse(text, tools)
        assert parser.finish() == message
        return [call.function.name for call in message.tool_calls]

    assert names('{"path": "/a"}', '{"path": "/a", "text": ""}') == ["read", "write"]
    assert names('{"mask": "*"}') == names('{"other": 1}') == names("{}") == []
    assert names('{"other": 1}', tools=FILES[:1]) == ["read"]


def test_a_name_that_looks_like_an_id_is_a_name_if_there_is_such_a_tool() -> None:
    tools = [*FILES, {"name": "call_3", "parameters": {}}]
    (call,) = get_format("kimi_k2").parse(section(k2("call_3", '{"path": "/a"}')), tools).tool_calls
    assert (call.function.name, call.id) == ("call_3", "functions.call_3:0")


def test_arguments_that_break_off_are_kept_up_to_their_end() -> None:
    text = section(k2("functions.ping:0", '{"a": fasle, "b": 1}'), k2("functions.ping:1"))
    fmt = get_format("kimi_k2")
    message = fmt.parse(text, TOOLS)
    assert [call.function.arguments for call in message.tool_calls] == ['{"a": fasle, "b": 1}', "{}"]
    assert message.content is None
    assert message.issues == ("at character 111: the arguments break off, expected a value",)
    far = section(k2("functions.ping:0", '{"a": fasle' + " " * 5_000 + "}"))
    assert fmt.parse(far, TOOLS).tool_calls[0].function.arguments == '{"a": '
    for each in (text, far):
        parser = fmt.stream_parser(TOOLS)
        for start in range(0, len(each), 9):
            parser.feed(each[start : start + 9])
        assert parser.finish() == fmt.parse(each, TOOLS)


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


def tag(element: str) -> str:
    return f"<|open|>{element}<|sep|>"


def end(element: str) -> str:
    return f"<|close|>{element}<|sep|>"


def k3(name: str, *arguments: tuple[str, str, str], index: int = 1) -> str:
    inner = ""
    for key, kind, value in arguments:
        inner += tag(f'argument key="{key}" type="{kind}"') + value + end("argument")
    return tag(f'call tool="{name}" index="{index}"') + inner + end("call")


def k3_turn(*calls: str, said: str = "") -> str:
    tools = tag("tools") + "".join(calls) + end("tools") if calls else ""
    return tag("response") + said + end("response") + tools


def test_k3_arguments_are_typed_by_their_tags_also_without_tools() -> None:
    text = k3_turn(k3("f", ("a", "number", "5"), ("b", "string", "5"), ("c", "object", '{"x": null}')))
    (call,) = get_format("kimi_k3").parse(text, strict=True).tool_calls
    assert call.function.arguments_object() == {"a": 5, "b": "5", "c": {"x": None}}


def test_k3_thinking_that_the_prompt_opened_ends_with_the_answer() -> None:
    prompt = tag('message role="assistant"') + tag("think")
    text = "Hm." + end("think") + k3_turn(k3("ping"), said="On it.") + end("message") + "<|end_of_msg|>"
    message = get_format("kimi_k3").parse(text, TOOLS, prompt=prompt)
    assert (message.reasoning, message.content, len(message.tool_calls)) == ("Hm.", "On it.", 1)
    unclosed = get_format("kimi_k3").parse("Hm." + k3_turn(said="Yes."), prompt=prompt)
    assert (unclosed.reasoning, unclosed.content) == ("Hm.", "Yes.")


def test_k3_strings_are_streamed_as_they_arrive() -> None:
    parser = get_format("kimi_k3").stream_parser(TOOLS)
    deltas = parser.feed(k3_turn(k3("get_weather", ("city", "string", "Paris"))).split("ris")[0])
    assert join_deltas(deltas).tool_calls[0].function.arguments == '{"city": "Pa'


def test_k3_text_that_would_end_a_value_cannot_be_written() -> None:
    call = ToolCall(FunctionCall("ping", '{"a": "<|close|>argument<|sep|>"}'))
    with pytest.raises(FormatError, match=r"tool_calls\[0\] \(ping\): argument 'a'"):
        get_format("kimi_k3").turn.write(Message("assistant", None, (call,)), 0, Draft(()))


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (k3_turn(k3("get_weather", ("city", "string", "Paris")), k3("ping", index=2)), {}, True),
        (k3_turn(k3("get_weather", ("city", "number", "5"))), {}, False),
        (k3_turn(k3("ping"), said="On it."), {"tool_choice": "required"}, True),
        (k3_turn(said="Yes."), {"tool_choice": "required"}, False),
        (tag("think") + "Hm." + end("think") + k3_turn(said="Yes."), {}, True),
        (k3_turn(said="{}"), {"response_schema": {"type": "object"}}, True),
        (k3_turn(said="Yes."), {"response_schema": {"type": "object"}}, False),
    ],
)
def test_the_grammar_of_k3_allows_what_the_family_writes(text: str, options: dict[str, Any], expected: bool) -> None:
    assert accepted("kimi_k3", text, **options) is expected


def horizon(*calls: str) -> str:
    inner = "".join(f"<ifm|tool_call>{each}</ifm|tool_call>" for each in calls)
    return f"<ifm|tool_calls>{inner}</ifm|tool_calls>"


@pytest.mark.parametrize(
    "written",
    [
        "get_weather<ifm|arg_key>city</ifm|arg_key><ifm|arg_value>Paris</ifm|arg_value>",
        "get_weather<ifm|arg_key>city</ifm|arg_key><ifm|arg_type>string</ifm|arg_type><ifm|arg_value>Paris</ifm|arg_value>",
        '{"name": "get_weather", "arguments": {"city": "Paris"}}',
    ],
)
def test_horizon_calls_are_read_typed_untyped_and_as_json(written: str) -> None:
    calls = get_format("k2_horizon").parse(horizon(written, "ping"), TOOLS, strict=True).tool_calls
    assert [each.function.arguments for each in calls] == ['{"city": "Paris"}', "{}"]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ('{"city": "Bonn"}', "get_weather"),
        ('{"host": "a"}', None),
        ("{}", None),
        ("[1]", None),
        ('{"city": "Bonn"', None),
        ('{"city": "Bonn", "host": "a"}', None),
    ],
)
def test_a_bare_number_calls_the_only_tool_that_has_the_arguments(arguments: str, name: str | None) -> None:
    text = "So: " + section(k2("4", arguments))
    parser = get_format("kimi_k2").stream_parser(TOOLS)
    for character in text:
        parser.feed(character)
    for message in (get_format("kimi_k2").parse(text, TOOLS), parser.finish()):
        assert [(call.id, call.function.name) for call in message.tool_calls] == (
            [(f"functions.{name}:4", name)] if name else []
        )
        assert message.content == ("So: " if name else text)
        assert message.issues


def test_a_bare_number_calls_none_of_two_tools_that_have_the_arguments() -> None:
    tools = [*TOOLS, {"name": "book", "parameters": {"type": "object", "properties": {"city": {}, "day": {}}}}]
    assert not get_format("kimi_k2").parse(section(k2("0", '{"city": "Bonn"}')), tools).tool_calls
    both = get_format("kimi_k2").parse(section(k2("0", '{"city": "Bonn", "day": 1}')), tools)
    assert [call.function.name for call in both.tool_calls] == ["book"]
