"""What a format's grammar allows is what the format writes: checked with the engine on text."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, Message, TokenizerInfo
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft

TOOLS = [
    {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "tags": {"type": "array"}},
            "required": ["city"],
        },
    },
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]
WEATHER = ("get_weather", {"city": "Bei \"jing\" \\ 'x'\n", "days": -3, "tags": [None, True, {"k": 1.5}]})
PING: tuple[str, dict[str, Any]] = ("ping", {})
NAMES = ("qwen2.5", "chatglm3", "openai")


@functools.cache
def compiler() -> GrammarCompiler:
    tokens: list[bytes | None] = [bytes([byte]) for byte in range(256)]
    return GrammarCompiler(TokenizerInfo.from_bytes([*tokens, None], control_tokens={}, stop_token_ids=[256]))


def reply(name: str, content: str | None, *calls: tuple[str, dict[str, Any]]) -> str:
    """What the model writes for a message in a format."""
    items = [
        {"id": f"call_{n:024}", "function": {"name": function, "arguments": json.dumps(arguments, ensure_ascii=False)}}
        for n, (function, arguments) in enumerate(calls)
    ]
    draft = Draft(())
    message = {"role": "assistant", "content": content, "tool_calls": items}
    get_format(name).turn.write(Message.from_openai(message), 0, draft)
    return draft.rendered().text


def accepts(name: str, text: str, tools: Any = TOOLS, **options: Any) -> bool:
    matcher = GrammarMatcher(compiler().compile_grammar(get_format(name).grammar(tools, **options)))
    return bool(matcher.accept_string(text)) and bool(matcher.can_terminate())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("content", "calls", "allowed_in"),
    [
        ("Hello\n\n{}", (), ("auto", "one", "none")),
        (None, (WEATHER,), ("auto", "one", "required", "named")),
        (None, (PING,), ("auto", "one", "required")),
        (None, (WEATHER, PING, WEATHER), ("auto", "required")),
        ("I look.", (WEATHER, PING), ("auto",)),
    ],
)
def test_the_grammar_accepts_what_the_format_writes_where_the_choice_allows_it(
    name: str, content: str | None, calls: tuple[tuple[str, dict[str, Any]], ...], allowed_in: tuple[str, ...]
) -> None:
    choices: dict[str, dict[str, Any]] = {
        "auto": {},
        "one": {"parallel_tool_calls": False},
        "none": {"tool_choice": "none"},
        "required": {"tool_choice": "required"},
        "named": {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
    }
    text = reply(name, content, *calls)
    assert {label for label, options in choices.items() if accepts(name, text, **options)} == set(allowed_in)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "call",
    [
        ("unknown", {}),
        ("get_weather", {}),
        ("get_weather", {"city": 3}),
        ("get_weather", {"city": "x", "invented": 1}),
        ("ping", {"x": 1}),
    ],
)
def test_calls_that_the_tools_do_not_allow_cannot_be_generated(name: str, call: tuple[str, dict[str, Any]]) -> None:
    assert not accepts(name, reply(name, None, call))


@pytest.mark.parametrize("name", NAMES)
def test_undeclared_arguments_can_be_allowed(name: str) -> None:
    text = reply(name, None, ("get_weather", {"city": "x", "invented": 1}))
    assert accepts(name, text, undeclared_arguments="schema")


@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_calls_can_be_bounded(name: str) -> None:
    allowed = [accepts(name, reply(name, "t", *([PING] * n)), parallel_tool_calls=2) for n in range(1, 4)]
    assert allowed == [True, True, False]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("qwen2.5", "a <tool_call> b"),
        ("qwen2.5", "a <|im_end|> b"),
        ("qwen2.5", '<tool_call>\n{"name":"ping", "arguments": {}}\n</tool_call>'),
        ("chatglm3", "no line break"),
        ("chatglm3", "\nx get_weather\n```python\ntool_call(city='x')\n```"),
        ("chatglm3", "\na<|observation|>b"),
        ("openai", '{"role": "assistant", "content": "x"} '),
        ("openai", '{"role": "assistant", "content": null}'),
    ],
)
def test_text_that_a_parser_would_take_for_something_else_cannot_be_generated(name: str, text: str) -> None:
    assert not accepts(name, text)


def test_without_tools_only_text_can_be_generated() -> None:
    for name in NAMES:
        assert accepts(name, reply(name, "Hello"), tools=None)
        assert not accepts(name, reply(name, None, PING), tools=None)
        with pytest.raises(FormatError, match=r"tool_choice: found 'required', but there are no tools"):
            get_format(name).grammar(None, tool_choice="required")
