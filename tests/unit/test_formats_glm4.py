"""GLM-4: rendering as its server does, and parsing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import Message, join_deltas
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format

GLM = get_format("glm4")
TOOLS: list[dict[str, Any]] = [
    {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"name": "now", "parameters": {"type": "object", "properties": {}}},
]


def calling(*calls: tuple[str, Any], content: str | None = None) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": content,
        "tool_calls": [
            {"id": f"c{index}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for index, (name, arguments) in enumerate(calls)
        ],
    }


def calls_of(message: Message) -> list[tuple[str, str]]:
    return [(each.function.name, each.function.arguments) for each in message.tool_calls]


def test_model_ids_find_the_format_and_not_its_successors() -> None:
    assert get_format("THUDM/glm-4-9b-chat-1m") is GLM
    assert get_format("zai-org/glm-4-9b") is GLM


def test_calls_are_segments_with_the_name_on_a_line() -> None:
    rendered = GLM.render([calling(("weather", {"city": "北京"}), ("now", "{}"))], add_generation_prompt=True)
    assert rendered.text == '[gMASK]<sop><|assistant|>weather\n{"city": "北京"}<|assistant|>now\n{}<|assistant|>'


def test_tools_are_told_in_the_place_of_the_first_system_message() -> None:
    messages = [
        {"role": "user", "content": "hi"},
        {"role": "system", "content": "A"},
        {"role": "system", "content": "B"},
    ]
    rendered = GLM.render(messages, tools=TOOLS[1:])
    assert rendered.text.startswith("[gMASK]<sop><|system|>\n你是一个名为 ChatGLM")
    assert '# 可用工具\n## now\n\n{\n    "name": "now",\n' in rendered.text
    assert rendered.text.endswith("请使用 Json 格式表示调用的参数。<|user|>\nhi<|system|>\nB")
    assert rendered.losses == ("message 1: the system message is left out, because the tools take its place",)


def test_without_tools_the_server_writes_the_system_message_twice() -> None:
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "hi"}]
    assert GLM.render(messages).text == "[gMASK]<sop><|system|>\nS<|system|>\nS<|user|>\nhi"
    assert GLM.render(messages, system="once").text == "[gMASK]<sop><|system|>\nS<|user|>\nhi"
    with pytest.raises(FormatError, match="found system='thrice'"):
        GLM.render(messages, system="thrice")


def test_what_the_server_leaves_out_is_said() -> None:
    messages = [
        {"role": "user", "content": ""},
        {"role": "assistant", "content": " one \n\ntwo"},
        calling(("now", {}), content="Wait."),
        {"role": "tool", "tool_call_id": "c0", "content": ""},
    ]
    rendered = GLM.render(messages)
    assert rendered.text == "[gMASK]<sop><|assistant|>\none<|assistant|>\ntwo<|assistant|>now\n{}"
    assert rendered.losses == (
        "message 0: the empty message of the role 'user' is left out",
        "message 1: empty lines and blanks around lines are left out",
        "message 2: the text beside calls is left out",
        "message 3: the empty message of the role 'tool' is left out",
    )


def test_results_must_stand_in_the_order_of_their_calls() -> None:
    messages = [
        calling(("now", {}), ("now", {})),
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c0", "content": "2"},
    ]
    with pytest.raises(FormatError, match="message 1: found the result of call 'c1'"):
        GLM.render(messages)


@pytest.mark.parametrize(
    ("text", "content", "calls"),
    [
        ("\nHello\nworld", "Hello\nworld", []),
        ('weather\n{"city": "北京"}', None, [("weather", '{"city": "北京"}')]),
        ('weather \n {"city": "x"}', None, [("weather", '{"city": "x"}')]),
        ("\nOne moment.<|assistant|>now\n{}", "One moment.", [("now", "{}")]),
        ('now\n{}<|assistant|>weather\n{"city": "a"}', None, [("now", "{}"), ("weather", '{"city": "a"}')]),
        ("Let me see. now\n{}", "Let me see. ", [("now", "{}")]),
        ("\nknow\n{}", "know\n{}", []),
        ("other\n{}", "other\n{}", []),
        ("now\n[]", "now\n[]", []),
        ("now", "now", []),
        ("now\n", "now\n", []),
        ("\n4<|user|>", "4", []),
    ],
)
def test_replies(text: str, content: str | None, calls: list[tuple[str, str]]) -> None:
    message = GLM.parse(text, TOOLS)
    assert (message.content, calls_of(message)) == (content, calls)
    for size in (1, 2, 3):
        parser = GLM.stream_parser(TOOLS)
        deltas = [delta for at in range(0, len(text), size) for delta in parser.feed(text[at : at + size])]
        assert parser.finish() == message
        assert join_deltas([*deltas, *parser.final_deltas]) == message


@pytest.mark.parametrize(
    "text", ['weather\n{"', 'weather\n{"city": "Pa', 'now\n{}<|assistant|>weather\n{"city": {"a": [1']
)
def test_a_call_that_the_text_cuts_off_is_text_as_nothing_but_whole_json_makes_it_one(text: str) -> None:
    message = GLM.parse(text, TOOLS)
    before, _, cut = text.rpartition("<|assistant|>")
    assert (message.content, len(message.tool_calls)) == (cut, 1 if before else 0)
    assert message.finish_reason == "length"
    assert any("the text ends inside a call" in issue for issue in message.issues)
    parser = GLM.stream_parser(TOOLS)
    deltas = [delta for char in text for delta in parser.feed(char)]
    assert (parser.finish(), parser.finish().issues) == (message, message.issues)
    assert join_deltas([*deltas, *parser.final_deltas]) == message
    with pytest.raises(ParseError):
        GLM.parse(text, TOOLS, strict=True)


def test_a_call_that_breaks_off_is_text_to_the_character() -> None:
    text = 'weather\n{"city": "Paris" 12}\nAnd so on.'
    message = GLM.parse(text, TOOLS)
    assert (message.content, message.tool_calls) == (text, ())
    assert any("what looks like a call is not one" in issue for issue in message.issues)


def test_any_name_may_be_called_where_tools_are_not_known() -> None:
    assert calls_of(GLM.parse('查询天气\n{"城市": "北京"}')) == [("查询天气", '{"城市": "北京"}')]


def test_the_grammar_allows_text_and_calls_and_no_text_that_reads_as_a_call() -> None:
    tokens: list[bytes | None] = [*(bytes([byte]) for byte in range(256)), b"<|assistant|>", None]
    info = TokenizerInfo.from_bytes(tokens, control_tokens={256: "<|assistant|>"}, stop_token_ids=[257])
    compiler = GrammarCompiler(info)

    def accepts(*pieces: str | int, **options: Any) -> bool:
        matcher = GrammarMatcher(compiler.compile_grammar(GLM.grammar(TOOLS, **options)))
        for piece in pieces:
            if not (matcher.accept_token(piece) if isinstance(piece, int) else matcher.accept_string(piece)):
                return False
        return matcher.can_terminate()

    assert accepts("\nHello")
    assert accepts("\nHello", 256, 'weather\n{"city": "x"}')
    assert accepts("now\n{}", 256, 'weather\n{"city": "x"}')
    assert not accepts("\nHello now\n{}")
    assert not accepts("\nHello", tool_choice="required")
    assert not accepts("now\n{}", 256, "now\n{}", parallel_tool_calls=False)
    assert not accepts('weather\n{"town": "x"}')


def test_what_is_written_is_read_back() -> None:
    message = calling(("weather", json.dumps({"city": 'a"b\n'})), ("now", "{}"))
    text = GLM.render([message]).text.partition("<|assistant|>")[2]
    assert calls_of(GLM.parse(text, TOOLS, strict=True)) == [("weather", '{"city": "a\\"b\\n"}'), ("now", "{}")]
