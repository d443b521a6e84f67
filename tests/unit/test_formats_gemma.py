"""Gemma 4 and FunctionGemma: values with delimited strings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import Message, join_deltas
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft

GEMMA = get_format("gemma4")
D = '<|"|>'
TOOLS: list[dict[str, Any]] = [
    {
        "name": "f",
        "parameters": {
            "type": "object",
            "properties": {
                "s": {"type": "string"},
                "n": {"type": "number"},
                "b": {"type": "boolean"},
                "o": {"type": "object", "properties": {"z": {"type": "string"}, "a": {"type": "null"}}},
                "l": {"type": "array", "items": {"type": "string"}},
                "e": {"enum": ["x", None]},
            },
        },
    }
]


def calls_of(message: Message) -> list[tuple[str, Any]]:
    return [(each.function.name, json.loads(each.function.arguments)) for each in message.tool_calls]


def parsed(text: str, tools: Any = TOOLS, name: str = "gemma4", prompt: str = "") -> Message:
    form = get_format(name)
    message = form.parse(text, tools, prompt=prompt)
    for size in (1, 3):
        parser = form.stream_parser(tools, prompt=prompt)
        deltas = [delta for at in range(0, len(text), size) for delta in parser.feed(text[at : at + size])]
        again = parser.finish()
        assert (again, again.issues, again.finish_reason) == (message, message.issues, message.finish_reason)
        assert join_deltas([*deltas, *parser.final_deltas]) == message
    return message


def written(arguments: Any, name: str = "gemma4", call: str = "f") -> str:
    item = {"type": "function", "function": {"name": call, "arguments": arguments}}
    draft = Draft(())
    get_format(name).turn.write(
        Message.from_openai({"role": "assistant", "content": None, "tool_calls": [item]}), 0, draft
    )
    return draft.rendered().text


def test_arguments_are_written_with_sorted_keys_and_bare_words() -> None:
    text = written('{"s": "a, }b", "o": {"z": "", "A": null}, "n": 1E2, "b": true, "l": ["x", []]}')
    assert text == (
        f"<|tool_call>call:f{{b:true,l:[{D}x{D},[]],n:1E2,o:{{A:null,z:{D}{D}}},s:{D}a, }}b{D}}}<tool_call|>"
    )
    assert calls_of(parsed(text)) == [
        ("f", {"s": "a, }b", "o": {"z": "", "A": None}, "n": 100.0, "b": True, "l": ["x", []]})
    ]
    assert written({"s": "x"}, "functiongemma") == (
        "<start_function_call>call:f{s:<escape>x<escape>}<end_function_call>"
    )


@pytest.mark.parametrize("arguments", [{"s": f"a{D}"}, {"s": '<|"|' + ">"}, {"a b": 1}, {"": 1}, {"o": {"x:y": 1}}])
def test_what_cannot_be_spelled_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match=r"message 0: tool_calls\[0\] \(f\): found"):
        written(arguments)


def test_delimiters_are_control_tokens_and_strings_are_not() -> None:
    draft = Draft(GEMMA.controls)  # type: ignore[attr-defined]
    item = {"type": "function", "function": {"name": "f", "arguments": {"s": "<tool_call|>"}}}
    GEMMA.turn.write(Message.from_openai({"role": "assistant", "content": None, "tool_calls": [item]}), 0, draft)
    controls = [segment.text for segment in draft.rendered().segments if segment.control]
    assert controls == ["<|tool_call>", D, D, "<tool_call|>"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (f"s:{D}a{D}, n:1", {"s": "a", "n": 1}),
        (f"{D}s{D}:{D}a{D}", {"s": "a"}),
        ('"s":"a"', {"s": "a"}),
        ("s:a b", {"s": "a b"}),
        ("s:5,n:5", {"s": "5", "n": 5}),
        ("s:null,e:null", {"s": "null", "e": None}),
        ("b:True,e:None,", {"b": True, "e": None}),
        (f"n:{D}0.5{D},b:{D}true{D}", {"n": 0.5, "b": True}),
        (f"o:{D}{{'z': 'y'}}{D}", {"o": {"z": "y"}}),
        (f"l:[{D}a{D},b,]", {"l": ["a", "b"]}),
        ("s:,n:1", {"s": "", "n": 1}),
        (" ", {}),
    ],
)
def test_what_models_write_beside_the_format_is_put_right(arguments: str, expected: dict[str, Any]) -> None:
    assert calls_of(parsed(f"<|tool_call>call:f{{{arguments}}}<tool_call|>")) == [("f", expected)]
    for head in (":f", ":call:f"):
        assert calls_of(parsed(f"<|tool_call>{head}{{{arguments}}}<tool_call|>")) == [("f", expected)]
    functiongemma = arguments.replace(D, "<escape>")
    text = f"<start_function_call>call:f{{{functiongemma}}}<end_function_call>"
    assert calls_of(parsed(text, name="functiongemma")) == [("f", expected)]


def test_thoughts_are_reasoning_also_without_their_tag_and_later_in_the_turn() -> None:
    assert parsed("<|channel>thought\na<channel|>b").reasoning == "a"
    assert parsed("thought\na<channel|>b").reasoning == "a"
    assert parsed(" a<channel|>b", prompt="<|turn>model\n<|channel>thought\n").reasoning == " a"
    message = parsed(f"<|channel>thought\na<channel|>b<|channel>thought\nc<channel|><|tool_call>call:f{{s:{D}x{D}}}")
    assert (message.reasoning, message.content, calls_of(message)) == ("ac", "b", [("f", {"s": "x"})])


@pytest.mark.parametrize(
    "text",
    ["<|tool_call>call f{}<tool_call|>", "<|tool_call>call:a b c<tool_call|>", "thoughts and <|tool_call>"],
)  # fmt: skip
def test_what_is_no_call_is_kept_as_text(text: str) -> None:
    message = parsed(text)
    assert (message.content, message.tool_calls) == (text, ())


@pytest.mark.parametrize(
    "before", ["", "<|channel>thought\nHm.<channel|>", "So:\n", "<|tool_call>call:f{}<tool_call|>"]
)
@pytest.mark.parametrize("after", ["", "<tool_call|>"])
def test_a_call_of_a_known_tool_is_one_without_its_opening_tag(before: str, after: str) -> None:
    message = parsed(f"{before}call:f{{s:{D}x{D},n:1}}{after}")
    assert calls_of(message)[-1] == ("f", {"s": "x", "n": 1})
    assert message.content == ("So:\n" if before == "So:\n" else None)
    assert any("a call without its opening tag" in issue for issue in message.issues)


def test_without_tags_at_all_the_schema_types_the_values() -> None:
    assert calls_of(parsed("call:f{s:12,n:12}")) == [("f", {"s": "12", "n": 12})]


@pytest.mark.parametrize("text", ["call:g{n:1}", "Try call:f{n:1}", "call:f", "call: f{n:1}", "```\ncall:f{n:1}\n```"])
def test_what_is_not_sure_to_be_a_call_without_its_tag_is_text(text: str) -> None:
    message = parsed(text)
    assert (message.content, message.tool_calls, message.issues) == (text, (), ())
    assert parsed("call:f{n:1}", tools=None).content == "call:f{n:1}"


@pytest.mark.parametrize("arguments", ["n:1", f"s:{D}a{D}", "o:{a:1}", "n:1, x"])
def test_a_call_ends_at_its_tag_where_a_brace_is_missing(arguments: str) -> None:
    message = parsed(f"<|tool_call>call:f{{{arguments}<tool_call|>Yes.<|tool_call>call:f{{n:2}}<tool_call|>")
    assert message.content == "Yes."
    assert [call.function.name for call in message.tool_calls] == ["f", "f"]
    assert "the arguments break off" in message.issues[0]
    assert ("behind ', x'" in message.issues[0]) == arguments.endswith("x")


def test_what_the_end_of_the_text_leaves_of_a_call_is_named() -> None:
    for text in ("<|tool_call>call:", "<|tool_call>call:get_wea"):
        message = parsed(f"Yes.{text}")
        assert (message.content, message.tool_calls, message.finish_reason) == ("Yes.", (), "length")
        assert any(f"left over: {text!r}" in issue for issue in message.issues)


@pytest.mark.parametrize(
    "text",
    [
        "<|channel>thought\n<channel|>Hello.<channel|>",
        "<|channel>thought\n<channel|>Hello.<|channel>thought\n<channel|><channel|>",
        "<|channel><|channel>thought\n<channel|>Hello.",
    ],
)
def test_channel_tags_that_mean_nothing_are_not_text(text: str) -> None:
    message = parsed(text)
    assert (message.content, message.reasoning) == ("Hello.", None)
    assert "of the reasoning" in message.issues[0]


def test_the_grammar_follows_the_schema_in_the_formats_own_spelling() -> None:
    info = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
    grammar = GrammarCompiler(info).compile_grammar(GEMMA.grammar(TOOLS, tool_choice="required"))

    def accepts(arguments: str) -> bool:
        matcher = GrammarMatcher(grammar)
        return matcher.accept_string(f"<|tool_call>call:f{{{arguments}}}<tool_call|>") and matcher.can_terminate()

    text = GrammarMatcher(GrammarCompiler(info).compile_grammar(GEMMA.grammar(TOOLS)))
    assert text.accept_string("Whom to call: Ann, call:g{")
    assert not text.accept_string("\ncall:f{")
    assert accepts("")
    assert accepts(f"b:true,l:[{D}a{D},{D}b{D}],n:1.5,o:{{a:null,z:{D}}}{D}}},s:{D}x,y{D}")
    assert accepts(f"s:{D}x{D},b:true")  # templates sort the keys, or leave them as they are
    assert not accepts(f"n:{D}1{D}")
    assert not accepts("b:True")
    assert not accepts("x:1")
