"""Functionary 2, 3.1 and 3.2: messages to recipients, function tags, and segments behind recipients."""

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
    {"name": "python", "parameters": {"type": "object", "properties": {}}},
]
HEADER = "<|start_header_id|>assistant<|end_header_id|>\n\n"


def accepted(name: str, text: str, **options: Any) -> bool:
    info = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
    return matcher.accept_string(text) and matcher.can_terminate()


def test_text_and_calls_are_told_apart_by_their_recipients() -> None:
    text = '>>>all\nI look.>>>get_weather\n{"city": "Paris"}>>>get_weather\n{"city": "Rome"}<|eot_id|>'
    message = get_format("functionary_v32").parse(text, TOOLS, strict=True)
    assert message.content == "I look."
    assert [each.function.arguments for each in message.tool_calls] == ['{"city": "Paris"}', '{"city": "Rome"}']


def test_the_first_mark_may_stand_in_the_prompt() -> None:
    fmt = get_format("functionary_v32")
    assert fmt.parse("all\nHi", TOOLS, prompt=HEADER + ">>>").content == "Hi"
    assert fmt.parse("lo", TOOLS, prompt=HEADER + ">>>all\nHel").content == "Hello"


def test_marks_in_text_are_text_unless_a_recipient_follows() -> None:
    text = "all\n>>> 1 + 1\n2\n>>>nobody\nelse"
    assert get_format("functionary_v32").parse(text, TOOLS).content == ">>> 1 + 1\n2\n>>>nobody\nelse"


def test_code_for_a_known_function_is_kept_as_it_is() -> None:
    message = get_format("functionary_v32").parse("python\nprint(1)\nprint(2)", TOOLS)
    assert message.tool_calls[0].function.arguments == "print(1)\nprint(2)"
    assert message.issues


def test_a_function_cannot_be_called_like_the_public() -> None:
    call = ToolCall(FunctionCall("all", "{}"))
    with pytest.raises(FormatError, match="stands for text to the user"):
        get_format("functionary_v32").turn.write(Message("assistant", None, (call,)), 0, Draft(()))


PROMPT = "<|from|>assistant\n<|recipient|>"
TO_ALL, TO_WEATHER = "all\n<|content|>", 'get_weather\n<|content|>{"city": "Paris"}'


def test_messages_go_to_their_recipients() -> None:
    text = f"{TO_ALL}I look.\n{PROMPT}{TO_WEATHER}\n{PROMPT}python\n<|content|>{{}}<|stop|>"
    message = get_format("functionary_v2").parse(text, TOOLS, prompt=PROMPT, strict=True)
    assert message.content == "I look."
    assert [each.function.name for each in message.tool_calls] == ["get_weather", "python"]
    assert get_format("functionary_v2").parse("I look.", TOOLS).content == "I look."
    code = get_format("functionary_v2").parse("python\n<|content|>print(1)\n<|stop|>", TOOLS)
    assert code.tool_calls[0].function.arguments == "print(1)"
    assert "arguments that are not an object" in code.issues[0]


def test_a_recipient_must_be_one_that_a_header_can_hold() -> None:
    for name in ("all", "get weather", "<|content|>"):
        call = ToolCall(FunctionCall(name, "{}"))
        with pytest.raises(FormatError, match="expected one that a header can hold"):
            get_format("functionary_v2").turn.write(Message("assistant", None, (call,)), 0, Draft(()))


@pytest.mark.parametrize(
    ("prompt", "text", "choice", "expected"),
    [
        (PROMPT, TO_WEATHER, "required", True),
        (PROMPT, f"{TO_ALL}Hi", "auto", True),
        (PROMPT, f"{TO_ALL}Hi", "required", False),
        (PROMPT, f"{TO_ALL}Hi\n{PROMPT}{TO_WEATHER}\n{PROMPT}{TO_WEATHER}", "auto", True),
        (f"{PROMPT}{TO_ALL}H", f"i\n{PROMPT}{TO_WEATHER}", "auto", True),
        (f"{PROMPT}{TO_ALL}H", "i", "auto", True),
        (f"{PROMPT}{TO_ALL}H", "i", "required", False),
        ("", f"<|recipient|>{TO_WEATHER}", "auto", True),
    ],
)
def test_the_prompt_may_have_begun_a_message(prompt: str, text: str, choice: str, expected: bool) -> None:
    assert accepted("functionary_v2", text, prompt=prompt or None, tool_choice=choice) is expected


def test_function_tags_are_read_with_what_stands_around_them() -> None:
    text = 'I look.<function=get_weather>{"city": "Paris"}</function><function=python></function> Done.'
    message = get_format("functionary_v31").parse(text, TOOLS)
    assert message.content == "I look. Done."
    assert [each.function.arguments for each in message.tool_calls] == ['{"city": "Paris"}', "{}"]


@pytest.mark.parametrize(
    ("name", "text", "options", "expected"),
    [
        ("functionary_v31", 'Text<function=get_weather>{"city": "Paris"}</function>', {}, True),
        ("functionary_v31", "<function=python>{}</function>", {"tool_choice": "get_weather"}, False),
        ("functionary_v32", 'all\nText>>>get_weather\n{"city": "Paris"}', {}, True),
        ("functionary_v32", ">>>python\n{}>>>python\n{}", {"tool_choice": "required"}, True),
        ("functionary_v32", "all\nText", {"tool_choice": "required"}, False),
        ("functionary_v32", "python\n{}", {"prompt": HEADER + ">>>"}, True),
        ("functionary_v32", ">>>python\n{}", {"prompt": HEADER + ">>>"}, False),
        ("functionary_v32", ">>>python\n{}", {"prompt": HEADER}, True),
        ("functionary_v32", "more>>>python\n{}", {"prompt": HEADER + ">>>all\nText"}, True),
    ],
)
def test_the_grammar_allows_what_the_family_writes(
    name: str, text: str, options: dict[str, Any], expected: bool
) -> None:
    assert accepted(name, text, **options) is expected
