"""ChatGLM3: rendering, parsing and what it cannot express."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.chat import Message
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format
from fcformat.formats.losses import FormatLossWarning

GLM = get_format("chatglm3")
TOOLS = [
    {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    {"name": "f"},
]


def call(arguments: Any, name: str = "get_weather", id: str = "call_0") -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def text(arguments: str, name: str = "f") -> str:
    return f"{name}\n```python\ntool_call({arguments})\n```"


def calls_of(message: Message) -> list[tuple[str, str]]:
    return [(each.function.name, each.function.arguments) for each in message.tool_calls]


def test_names_and_model_ids_find_the_format() -> None:
    for name in ("chatglm3", "ChatGLM3-6B", "THUDM/chatglm3-6b-32k"):
        assert get_format(name) is GLM


def test_text_and_each_call_are_segments_of_their_own() -> None:
    message = {"role": "assistant", "content": "Wait.", "tool_calls": [call({"city": "北京"}), call("{}", name="f")]}
    assert GLM.render([message], add_generation_prompt=True).text == (
        "[gMASK]sop<|assistant|>\nWait.<|assistant|>get_weather\n```python\ntool_call(city='北京')\n```"
        "<|assistant|>f\n```python\ntool_call()\n```<|assistant|>"
    )


def test_tools_take_the_place_of_the_first_system_message_as_in_the_server_and_it_is_said() -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}]
    rendered = GLM.render(messages, tools=TOOLS)
    assert "Be kind." not in rendered.text
    assert rendered.losses == ("message 0: the system message is left out, because the tools take its place",)
    with pytest.warns(FormatLossWarning, match=r"chatglm3: message 0: the system message is left out"):
        GLM.render(messages, tools=TOOLS, on_loss="warn")
    kept = GLM.render(messages, tools=TOOLS, training=True)
    assert "]<|system|>\nBe kind.<|user|>\nhi</s>" in kept.text
    assert kept.losses == ()


def test_training_texts_pair_calls_with_their_results_and_train_what_the_assistant_writes() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "u"},
        {"role": "assistant", "content": None, "tool_calls": [call({}, id="a"), call({}, name="f", id="b")]},
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "assistant", "content": "done"},
    ]
    rendered = GLM.render(messages, training=True)
    assert rendered.text == (
        "[gMASK]sop<|user|>\nu<|assistant|>get_weather\n```python\ntool_call()\n```<|observation|>\n1"
        "<|assistant|>f\n```python\ntool_call()\n```<|observation|>\n2<|assistant|>\ndone</s>"
    )
    trained = "".join(segment.text if segment.trainable else "~" for segment in rendered.segments)
    assert trained.strip("~").replace("~", "") == (
        "<|assistant|>get_weather\n```python\ntool_call()\n```<|assistant|>f\n```python\ntool_call()\n```<|assistant|>\ndone"
    )


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (
            [
                {"role": "user", "content": "u"},
                {"role": "assistant", "content": None, "tool_calls": [call({"a-b": 1})]},
            ],
            r"message 1: tool_calls\[0\] \(get_weather\): found the argument 'a-b', expected a name that Python allows",
        ),
        (
            [{"role": "assistant", "content": None, "tool_calls": [call({}, name="two words")]}],
            r"message 0: tool_calls\[0\]: found the name 'two words', expected one that can stand alone on a line",
        ),
        (
            [{"role": "user", "name": "Ann", "content": "u"}],
            r"message 0: found the speaker's name 'Ann', which cannot be written \(chatglm3; on_loss='drop' goes on",
        ),
        (
            [
                {"role": "assistant", "content": None, "tool_calls": [call({}, id="a"), call({}, id="b")]},
                {"role": "tool", "tool_call_id": "b", "content": "2"},
            ],
            r"message 1: found the result of call 'b', expected that of 'a': ids are not written",
        ),
        (
            [{"role": "assistant", "content": "x", "tool_calls": [call("[1]")]}],
            r"message 0: tool_calls\[0\] \(get_weather\): at character 0 of the arguments: found '\[1\]', expected an obj",
        ),
    ],
)
def test_a_conversation_that_cannot_be_expressed_names_the_message_and_why(messages: Any, error: str) -> None:
    with pytest.raises(FormatError, match=error):
        GLM.render(messages)


@pytest.mark.parametrize(
    ("reply", "tools", "content", "calls"),
    [
        ("\n4", None, "4", []),
        ("Hello there", None, "Hello there", []),
        ("\n\n a\n", None, "\n a\n", []),
        (text("a='x'"), None, None, [("f", '{"a": "x"}')]),
        (text("a='x'"), TOOLS, None, [("f", '{"a": "x"}')]),
        ("f\n ```python\ntool_call( a = \"x\" , )\n```", None, None, [("f", '{"a": "x"}')]),
        (" f \n```python\ntool_call()```", None, None, [("f", "{}")]),
        ("\nWait.<|assistant|>" + text("n=1") + "<|assistant|>" + text("n=2") + "<|observation|>", None, "Wait.", [("f", '{"n": 1}'), ("f", '{"n": 2}')]),
        (text("n=1") + "\n" + text("n=2"), None, None, [("f", '{"n": 1}'), ("f", '{"n": 2}')]),
        ("\nWait." + text("n=1") + text("n=2"), TOOLS, "Wait.", [("f", '{"n": 1}'), ("f", '{"n": 2}')]),
        ("\nLet me see.\n" + text("n=1"), TOOLS, "Let me see.\n", [("f", '{"n": 1}')]),
        ("\nself" + text("n=1"), TOOLS, "self" + text("n=1"), []),
        (text("n=1", "g"), TOOLS, text("n=1", "g"), []),
        ("f\n```python\nprint(1)\n```", TOOLS, "f\n```python\nprint(1)\n```", []),
        ("f\nis a letter", TOOLS, "f\nis a letter", []),
        ("\nA<|assistant|>\nB<|user|>", None, "A\nB", []),
        (text("n=1") + "<|assistant|>\nB", None, "B", [("f", '{"n": 1}')]),
        (text("n=1") + "\nmore", None, "\nmore", [("f", '{"n": 1}')]),
        ("f\n```python\ntool_call(n=1)", None, None, [("f", '{"n": 1}')]),
        ("f\n```python\ntool_call(n='x", None, None, [("f", '{"n": "x')]),
        ("f\n```python\ntool_call(n=x)\n```", None, "x)\n```", [("f", '{"n": ')]),
        ("f\n```python\ntool_call(t=\"He said \\\"hi\\\"\\n```not a fence```\")\n```", None, None, [("f", '{"t": "He said \\"hi\\"\\n```not a fence```"}')]),
    ],
)  # fmt: skip
def test_replies_are_read(reply: str, tools: Any, content: str | None, calls: list[tuple[str, str]]) -> None:
    message = GLM.parse(reply, tools)
    assert message.content == content
    assert calls_of(message) == calls


def test_a_call_cut_by_the_end_is_told_and_strict_parsing_refuses_it() -> None:
    message = GLM.parse("f\n```python\ntool_call(n='x")
    assert message.finish_reason == "length"
    assert message.issues == ("at character 26: the text ends inside a call, expected the end of a string",)
    with pytest.raises(ParseError, match=r"at character 26: the text ends inside a call"):
        GLM.parse("f\n```python\ntool_call(n='x", strict=True)


def test_what_the_prompt_began_is_part_of_the_message() -> None:
    prompt = GLM.render([{"role": "user", "content": "hi"}], add_generation_prompt=True).text
    assert calls_of(GLM.parse("\n```python\ntool_call()\n```", prompt=prompt + "f")) == [("f", "{}")]
