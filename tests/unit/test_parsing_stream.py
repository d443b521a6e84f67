"""The stream machine: what is sent when, fences, the end of a turn, and time linear in the text."""

from __future__ import annotations

import pytest

from fcformat.chat import join_deltas
from fcformat.errors import FcformatError, ParseError
from fcformat.formats import get_format
from fcformat.parsing.fences import FenceTracker
from support.counting import growth

CALL = '<tool_call>\n{"name": "f", "arguments": {"text": "one two"}}\n</tool_call>'


def test_names_are_sent_once_where_arguments_begin_and_these_as_they_arrive() -> None:
    parser = get_format("qwen2.5").stream_parser()
    sent = [[delta.to_openai() for delta in parser.feed(piece)] for piece in ("Hi", "\n<tool_", 'call>\n{"name": "f", ', '"arguments": {"te', 'xt": "one', " two", '"}}\n</tool_call>')]  # fmt: skip
    begin = {"index": 0, "id": "call_0", "type": "function", "function": {"name": "f", "arguments": '{"te'}}
    pieces = [{"index": 0, "function": {"arguments": text}} for text in ('xt": "one', " two", '"}')]
    assert sent == [
        [{"content": "Hi"}],
        [],
        [],
        [{"tool_calls": [begin]}],
        *([{"tool_calls": [piece]}] for piece in pieces),
    ]
    message = parser.finish()
    assert parser.final_deltas == ()
    assert (message.content, message.finish_reason) == ("Hi", "tool_calls")


def test_a_finished_parser_takes_no_more_text() -> None:
    parser = get_format("qwen2.5").stream_parser()
    assert parser.finish() is parser.finish()
    with pytest.raises(FcformatError, match=r"found text after finish\(\), expected none"):
        parser.feed("x")


def test_an_empty_reply_is_an_empty_message() -> None:
    for name in ("qwen2.5", "chatglm3", "openai"):
        parser = get_format(name).stream_parser()
        assert parser.finish() == get_format(name).parse("") == join_deltas(parser.final_deltas)
        assert parser.finish().content == ""


def test_strict_parsing_raises_with_the_place_in_the_text() -> None:
    with pytest.raises(ParseError, match=r"at character 13: single quotes") as caught:
        get_format("qwen2.5").parse("<tool_call>\n{'name': 'f'}</tool_call>", strict=True)
    assert caught.value.offset == 13
    prompt = "<|im_start|>assistant\n<tool_call>\n"
    with pytest.raises(ParseError, match=r"at character 1: single quotes"):
        get_format("qwen2.5").parse("{'name': 'f'}</tool_call>", prompt=prompt, strict=True)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("```\n", True),
        ("```python\ncode\n```\n", False),
        ("text ```\n", False),
        ("~~~\n```\n", True),
        ("````\n```\n", True),
        ("````\n````\n", False),
        ("   ```\n", True),
        ("    ```\n", False),
        ("```a`b\n", False),
        ("```\nx\n```", False),
        ("x" * 1000 + "```\n", False),
    ],
)
def test_fences_are_lines_as_in_markdown(text: str, inside: bool) -> None:
    whole, pieces = FenceTracker(), FenceTracker()
    whole.feed(text)
    for char in text:
        pieces.feed(char)
        assert pieces.inside in (True, False)
    assert whole.inside is pieces.inside is inside


HARD = {
    "tags": "<tool_call>",
    "braces": "<tool_call>{",
    "half tags": "<",
    "line breaks": "\n",
    "backslashes": "\\",
    "brackets": "[",
    "fences": "```\n",
    "roles": "<|assistant|>",
    "headers": "f\n",
}


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3", "openai"])
@pytest.mark.parametrize("unit", HARD.values(), ids=HARD)
@pytest.mark.parametrize(
    "start", ["", '<tool_call>{"name":"f","arguments":{"a":"', "f\n```python\ntool_call(a=", '{"content":"']
)
def test_work_is_linear_in_hard_text(name: str, unit: str, start: str) -> None:
    def parse(size: int) -> None:
        get_format(name).parse(start + unit * (size // len(unit)), [{"name": "f"}])

    assert growth(parse, 1000, 10) < 1.2


@pytest.mark.parametrize(
    ("start", "unit"),
    [("<tool_call>", " "), ('<tool_call>{"name":"f","arguments":{"a":"', "x"), ("", "\n"), ("", "<tool_cal")],
    ids=["spaces", "a long argument", "line breaks", "half tags"],
)
def test_work_is_linear_in_a_stream_of_single_characters(start: str, unit: str) -> None:
    def stream(size: int) -> None:
        parser = get_format("qwen2.5").stream_parser()
        for char in start + unit * (size // len(unit)):
            parser.feed(char)
        parser.finish()

    assert growth(stream, 500, 8) < 1.2


SPANS = [
    ("hermes", CALL),
    ("glm47", "<tool_call>f</tool_call>"),
    (
        "kimi_k2",
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
    ),
    ("pythonic", "[f(a='x')]"),
    ("llama3_json", '{"name": "f", "parameters": {}}'),
]


@pytest.mark.parametrize(("name", "call"), SPANS)
def test_a_call_in_a_code_span_is_an_example(name: str, call: str) -> None:
    form = get_format(name)
    for text, calls in (
        (f"Write `{call}` so.", 0),
        (f"`{call}`", 0),
        (f"(`{call}\n{call}`): {call}", 1),
        (f"Write `{call}\n\n{call}", 1),
        (f"Running `ls`{call}", 1),
        (f"A ` {call}", 1),
    ):
        parser = form.stream_parser()
        for character in text:
            parser.feed(character)
        message = parser.finish()
        assert message == form.parse(text)
        assert len(message.tool_calls) == calls, text
        assert calls or message.content == text
