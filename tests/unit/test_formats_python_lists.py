"""Calls as Python lists: what begins one, what is put right, and what stays text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import Message, join_deltas
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft
from support.counting import growth

TOOLS: list[dict[str, Any]] = [
    {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "safe": {"type": "boolean"}},
        },
    },
    {"name": "file.write", "parameters": {"type": "object", "properties": {"text": {"type": "string"}}}},
]
LISTS = ("pythonic", "llama4_pythonic", "lfm2", "olmo3")


def calls_of(message: Message) -> list[tuple[str, Any]]:
    return [(each.function.name, json.loads(each.function.arguments)) for each in message.tool_calls]


def streamed(name: str, text: str, tools: Any, size: int) -> Message:
    parser = get_format(name).stream_parser(tools)
    deltas = [delta for at in range(0, len(text), size) for delta in parser.feed(text[at : at + size])]
    message = parser.finish()
    assert join_deltas([*deltas, *parser.final_deltas]) == message
    return message


def parsed(name: str, text: str, tools: Any = TOOLS) -> Message:
    message = get_format(name).parse(text, tools)
    for size in (1, 2, 7):
        again = streamed(name, text, tools, size)
        assert (again, again.issues, again.finish_reason) == (message, message.issues, message.finish_reason)
    return message


def written(name: str, *calls: tuple[str, Any], content: str | None = None) -> str:
    items = [{"type": "function", "function": {"name": call, "arguments": arguments}} for call, arguments in calls]
    message = Message.from_openai({"role": "assistant", "content": content, "tool_calls": items})
    draft = Draft(())
    get_format(name).turn.write(message, 0, draft)
    return draft.rendered().text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pythonic", "Wait.[weather(city='a', days=1), file.write()]"),
        ("llama4_pythonic", "Wait.[weather(city='a', days=1), file.write()]"),
        ("lfm2", "Wait.<|tool_call_start|>[weather(city='a', days=1), file.write()]<|tool_call_end|>"),
        ("olmo3", "Wait.<function_calls>weather(city='a', days=1)\nfile.write()</function_calls>"),
    ],
)
def test_how_calls_are_written_and_read_back(name: str, text: str) -> None:
    calls: list[tuple[str, Any]] = [("weather", {"city": "a", "days": 1}), ("file.write", {})]
    assert written(name, *calls, content="Wait.") == text
    message = parsed(name, text)
    assert (message.content, calls_of(message), message.issues) == ("Wait.", calls, ())


@pytest.mark.parametrize("name", LISTS)
def test_a_name_that_python_cannot_call_is_refused(name: str) -> None:
    with pytest.raises(FormatError, match="found the name 'my tool'"):
        written(name, ("my tool", {}))
    with pytest.raises(FormatError, match="found the name 'my tool'"):
        get_format(name).grammar([{"name": "my tool"}])


@pytest.mark.parametrize(
    "text",
    [
        "See [weather](https://weather.example) and [1], [weather(), they say",
        "[weather(city)] is how one calls it",
        "[other(city='a')]",
        "a list: [1, 2, [3]]",
        "```python\n[weather(city='a')]\n```",
        "[weather(city=A)(B=",
        "[",
        "[weather(",
    ],
)
def test_brackets_in_prose_are_no_calls(text: str) -> None:
    message = parsed("pythonic", text)
    assert (message.content, message.tool_calls) == (text, ())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("city='it\\'s'", {"city": "it's"}),
        ("city='it's', days=2", {"city": "it's", "days": 2}),
        ('city="say "hi" now"', {"city": 'say "hi" now'}),
        ("city='f(x=1)]'", {"city": "f(x=1)]"}),
        ("city='a'days=3safe=true", {"city": "a", "days": 3, "safe": True}),
        ("days=3, city=Paris", {"days": 3, "city": "Paris"}),
        ("city='a\nb'", {"city": "a\nb"}),
        ("city='a' 'b'", {"city": "ab"}),
        ("city='a', days='3', safe='True'", {"city": "a", "days": 3, "safe": True}),
        ("city='5'", {"city": "5"}),
        ("city='a', my-key=1, $x=(1, -2)", {"city": "a", "my-key": 1, "$x": [1, -2]}),
        ("city={'it's': ['a', 'b's']}", {"city": {"it's": ["a", "b's"]}}),
        ("city='''it's\n''', days=None", {"city": "it's\n", "days": None}),
    ],
)
@pytest.mark.parametrize("name", LISTS)
def test_what_models_write_beside_python_is_put_right(name: str, arguments: str, expected: dict[str, Any]) -> None:
    text = written(name, ("weather", {"city": "?"})).replace("city='?'", arguments)
    message = parsed(name, text)
    assert calls_of(message) == [("weather", expected)]
    assert message.content is None


def test_what_was_put_right_is_named_and_refused_when_parsing_is_strict() -> None:
    text = "[weather(city='it's')]"
    assert parsed("pythonic", text).issues == ("at character 17: a quote that is not escaped in a string",)
    with pytest.raises(ParseError, match="not escaped"):
        get_format("pythonic").parse(text, TOOLS, strict=True)


def test_shell_code_with_quotes_of_both_kinds_is_one_argument() -> None:
    text = """<|tool_call_start|>[file.write(text='python3 -c "from x import y\nprint(y(3*x, z='\\,'))"')]<|tool_call_end|>"""
    assert calls_of(parsed("lfm2", text)) == [
        ("file.write", {"text": "python3 -c \"from x import y\nprint(y(3*x, z='\\,'))\""})
    ]


@pytest.mark.parametrize(
    "text",
    [
        '<|tool_call_start|>[{"name": "weather", "arguments": {"city": "a"}}]<|tool_call_end|>',
        '<|tool_call_start|>{"name": "weather", "parameters": {"city": "a"}}<|tool_call_end|>',
        "<|tool_call_start|>weather(city='a')<|tool_call_end|>",
        "<|tool_call_start|> [ weather ( city = 'a' , ) ] <|tool_call_end|>",
        "<|tool_call_start|>[weather(city='a')<|tool_call_end|>",
        "<|tool_call_start|>[weather(city='a')]",
        "[weather(city='a')]",
        "<think>Hm. [weather(city='b')]</think><|tool_call_start|>[weather(city='a')]<|tool_call_end|>",
    ],
)
def test_lfm2_is_read_in_all_its_spellings(text: str) -> None:
    message = parsed("lfm2", text)
    assert (message.content, calls_of(message)) == (None, [("weather", {"city": "a"})])


def test_a_list_without_calls_says_so() -> None:
    for text in ("<|tool_call_start|><|tool_call_end|>", "<|tool_call_start|>[ ]<|tool_call_end|>"):
        message = parsed("lfm2", text)
        assert (message.content, message.tool_calls) == ("", ())
        assert message.issues[0].endswith("a list without calls")


def test_a_call_that_the_text_cuts_off_is_given_as_far_as_it_came() -> None:
    message = parsed("lfm2", "<|tool_call_start|>[weather(city='a', days=")
    assert message.tool_calls[0].function.arguments == '{"city": "a", "days": '
    assert message.finish_reason == "length"


def test_tags_of_llama4_are_no_content() -> None:
    for name in ("pythonic", "llama4_pythonic"):
        message = parsed(name, "Hm. <|python_start|>[weather(city='a')]<|python_end|>")
        assert (message.content, calls_of(message)) == ("Hm. ", [("weather", {"city": "a"})])


def test_the_grammar_of_a_list() -> None:
    info = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])

    def accepts(name: str, text: str, **options: Any) -> bool:
        matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
        return matcher.accept_string(text) and matcher.can_terminate()

    assert accepts("pythonic", "Wait. [weather(city='a', days=1), file.write()]")
    assert accepts("pythonic", "[weather] is a tool")
    assert not accepts("pythonic", "[weather(city)] is how")
    assert not accepts("pythonic", "[weather(days='1')]")
    assert not accepts("pythonic", "[weather()]", tool_choice="file.write")
    assert not accepts("pythonic", "[weather(), weather()]", parallel_tool_calls=False)
    assert not accepts("pythonic", "<|python_start|>[weather()]<|python_end|>")
    assert accepts("llama4_pythonic", "<|python_start|>[weather()]<|python_end|>", tool_choice="required")
    assert accepts("lfm2", "<think>a</think>b<|tool_call_start|>[weather()]<|tool_call_end|>")
    assert accepts("olmo3", "<function_calls>weather()\nfile.write(text='\\'')</function_calls>")


@pytest.mark.parametrize("piece", ["'", "',", "')", "[weather(city='", "[weather(", "[", "city=", "\\'", " "])
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    def parse(size: int) -> None:
        get_format("pythonic").parse("[weather(city='" + piece * (size // len(piece)), TOOLS)

    assert growth(parse, 600, 10) < 1.2


@pytest.mark.parametrize(
    ("written", "given"),
    [("tags={'urgent', 'bug'}", {"tags": ["urgent", "bug"]}), ("month=07, day=-05", {"month": 7, "day": -5})],
)
def test_sets_become_lists_and_zeros_before_numbers_are_left_out(written: str, given: dict[str, object]) -> None:
    read = get_format("lfm2").parse(f"<|tool_call_start|>[f({written})]<|tool_call_end|>")
    assert json.loads(read.tool_calls[0].function.arguments) == given
    assert read.issues


def test_digits_for_an_argument_that_is_a_text_keep_their_zeros() -> None:
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"zip": {"type": "string"}}}}
    read = get_format("lfm2").parse("<|tool_call_start|>[f(zip=07030)]<|tool_call_end|>", [tool])
    assert json.loads(read.tool_calls[0].function.arguments) == {"zip": "07030"}
