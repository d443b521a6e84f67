"""Messages of more calls, headers or marks than are read: behind the last one all is text, whole and streamed alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format, list_formats
from fcformat.formats.base import Format
from fcformat.formats.call_syntax import blocks
from fcformat.formats.call_syntax.reasoning import ReasonedTurn
from fcformat.formats.rendered import Draft
from fcformat.parsing import cursor, message_builder
from fcformat.parsing.cursor import Cursor, Finder
from fcformat.parsing.message_builder import MAX_CALLS, MAX_MARKS
from fcformat.parsing.stream import read_whole

TOOLS: list[dict[str, Any]] = [{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}]
#: What the bounds are in these tests.
MOST = 20
#: Formats whose replies hold one call or none: what is behind it is not of the turn.
OF_ONE_CALL = ("harmony", "plain")
#: Marks over and over that each divide the message, with text between them.
DIVIDED = {
    "react": "Action: abc\n",
    "functionary_v32": ">>>all\nabc",
    "glm4": "<|assistant|>\nabc",
    "harmony": "<|channel|>final<|message|>abc<|end|><|start|>assistant",
    "kimi_k3": "<|open|>response<|sep|>abc<|close|>response<|sep|>",
    "muse": "<|start|>assistant to=user<|message|>abc<|eom|>",
    "cohere_command": "<|START_RESPONSE|>abc<|END_RESPONSE|>",
    "gemma4": "<|channel>thought\nabc<channel|>def",
}


#: Marks over and over that open nothing.
IN_VAIN = {
    "glm4": "xf\n{abc",
    "harmony": "<|channel|>abc",
    "inkling": "<|message_model|>abc ",
    "muse": "<|start|>abc ",
    "solar_open": "<|begin|>abc ",
}


def _written(form: Format, count: int) -> str:
    """A turn with so many calls; where a format has one a turn, so many turns."""

    def turn(first: int, last: int) -> str:
        draft = Draft(())
        calls = (ToolCall(FunctionCall("f", json.dumps({"a": f"x{at:03}"})), f"{at:09}") for at in range(first, last))
        form.turn.write(Message("assistant", None, tuple(calls)), 0, draft)
        return draft.rendered().text

    closed = "</think>" if form.parse("a").reasoning else ""  # the family's prompt opens a block
    try:
        return closed + turn(0, count)
    except FormatError:
        return closed + "".join(turn(at, at + 1) for at in range(count))


def _check_streamed(form: Format, text: str, size: int, whole: Message) -> None:
    """In pieces of a size, the reply is what it is whole, issues and all."""
    parser = form.stream_parser(TOOLS)
    deltas = [delta for start in range(0, len(text), size) for delta in parser.feed(text[start : start + size])]
    message = parser.finish()
    assert join_deltas([*deltas, *parser.final_deltas]) == message
    assert message == whole
    assert message.issues == whole.issues
    assert message.finish_reason == whole.finish_reason


@pytest.fixture
def low_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_builder, "MAX_CALLS", MOST)
    monkeypatch.setattr(message_builder, "MAX_MARKS", MOST)


@pytest.mark.usefixtures("low_bounds")
@pytest.mark.parametrize("name", sorted(set(list_formats()) - set(OF_ONE_CALL)))
def test_behind_so_many_calls_all_is_text(name: str) -> None:
    form = get_format(name)
    most, more = _written(form, MOST), _written(form, MOST + 3)
    full = form.parse(most, TOOLS)
    assert len(full.tool_calls) == MOST
    assert not any(f"{MOST} calls" in issue for issue in full.issues)
    message = form.parse(more, TOOLS)
    assert message.tool_calls == full.tool_calls
    told = [issue for issue in message.issues if f"text behind {MOST} calls" in issue]
    if name in ("gigachat3", "openai"):  # the first ends its turn behind the call, where the rest is named
        assert len(told) == (name == "openai")
    else:
        assert len(told) == 1
        at = int(told[0].split()[2].rstrip(":"))
        rest = (message.content or "").removeprefix(full.content or "").strip()
        assert more[at:].startswith(rest)
        assert more[at + len(rest) :].strip() in ("", *form.boundaries)
    for size in (1, 7, 61):
        _check_streamed(form, more, size, message)


@pytest.mark.usefixtures("low_bounds")
@pytest.mark.parametrize("name", DIVIDED)
def test_behind_so_many_marks_all_is_text(name: str) -> None:
    form, unit = get_format(name), DIVIDED[name]
    text = unit * (MOST * 2) + "end"
    message = form.parse(text, TOOLS)
    assert any(f"text behind {MOST} headers and marks" in issue for issue in message.issues)
    assert (message.content or "").endswith(unit * 5 + "end")
    said = (message.content or "") + (message.reasoning or "")
    assert said.count("abc") == text.count("abc")
    for size in (1, 7, 61):
        _check_streamed(form, text, size, message)


@pytest.mark.usefixtures("low_bounds")
@pytest.mark.parametrize("name", IN_VAIN)
def test_behind_so_many_marks_that_open_nothing_all_is_text(name: str) -> None:
    form, text = get_format(name), IN_VAIN[name] * (MOST * 2)
    message = form.parse(text, TOOLS)
    assert (message.content, message.reasoning, message.tool_calls) == (text, None, ())
    assert any(f"text behind {MOST} headers and marks" in issue for issue in message.issues)
    for size in (1, 7, 61):
        _check_streamed(form, text, size, message)


@pytest.mark.usefixtures("low_bounds")
@pytest.mark.parametrize("name", ["hermes", "kimi_k2", "pythonic", "lfm2"])
def test_behind_so_many_calls_in_code_all_is_text(name: str) -> None:
    form = get_format(name)
    text = "```\n" + (_written(form, 1) + "\n") * (MOST * 2) + "```\n"
    message = form.parse(text + _written(form, 1), TOOLS)
    assert message.tool_calls == ()
    assert any(f"text behind {MOST} headers and marks" in issue for issue in message.issues)
    few = form.parse("```\n" + (_written(form, 1) + "\n") * (MOST // 4) + "```\n" + _written(form, 1), TOOLS)
    assert len(few.tool_calls) == 1
    for size in (1, 7, 61):
        _check_streamed(form, text, size, form.parse(text, TOOLS))


@pytest.mark.parametrize("name", ["muse", "inkling", "solar_open"])
def test_one_search_serves_all_messages_of_a_turn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[Finder] = []

    class Counted(Finder):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            searches.append(self)

    monkeypatch.setattr(blocks, "Finder", Counted)
    form = get_format(name)
    assert len(form.parse(_written(form, MOST), TOOLS).tool_calls) == MOST
    assert len(searches) <= 3  # others find the end of what is said behind the calls, and stripped calls before them


@pytest.mark.usefixtures("low_bounds")
def test_strict_reading_says_where_the_bound_is() -> None:
    form = get_format("hermes")
    assert len(form.parse(_written(form, MOST), TOOLS, strict=True).tool_calls) == MOST
    text = _written(form, MOST + 1)
    with pytest.raises(ParseError) as caught:
        form.parse(text, TOOLS, strict=True)
    assert text[caught.value.offset :].startswith("<tool_call>")
    assert text[caught.value.offset :].count("<tool_call>") == 1


@pytest.mark.usefixtures("low_bounds")
def test_text_behind_the_last_call_is_told_of_once_and_white_space_is_not() -> None:
    form = get_format("hermes")
    text = _written(form, MOST)
    assert form.parse(text + "\n\n", TOOLS).issues == ()
    message = form.parse(f"{text}\n done, {text}", TOOLS)
    assert message.content == f"\n done, {text}"
    assert len(message.issues) == 1


@pytest.mark.usefixtures("low_bounds")
def test_a_bound_is_told_of_however_many_issues_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_builder, "MAX_ISSUES", 5)
    form = get_format("hermes")
    text = "".join(f'<tool_call>\n{{"name": "g{at}", "arguments": {{}}}}\n</tool_call>\n' for at in range(MOST + 1))
    issues = form.parse(text, TOOLS).issues
    assert len(issues) == 5
    assert f"text behind {MOST} calls" in issues[-1]


def test_no_model_turn_is_near_the_bounds() -> None:
    assert MAX_CALLS == MAX_MARKS == 10_000
    form = get_format("hermes")
    message = form.parse(_written(form, 1) * (MAX_CALLS + 2), TOOLS)
    assert len(message.tool_calls) == MAX_CALLS
    assert message.content == _written(form, 1) * 2


def test_a_call_of_too_many_other_members_is_broken() -> None:
    text = "<tool_call>{" + '"k": 1, ' * 200 + '"name": "f", "arguments": {}}</tool_call>'
    message = get_format("hermes").parse(text, TOOLS)
    assert message.tool_calls == ()
    assert message.content == text
    assert any("at most 100 other members" in issue for issue in message.issues)


def test_a_tag_that_does_not_end_is_no_call_whole_and_streamed() -> None:
    form = get_format("kimi_k3")
    text = '<|open|>tools<|sep|><|open|>call tool="f" inde' + "1," * 400
    message = form.parse(text, TOOLS)
    assert message.content == text
    _check_streamed(form, text, 16, message)


@pytest.mark.parametrize(
    ("name", "before", "unit", "after"),
    [
        ("pythonic", "[f(a=[", "(1,), ", "2])]"),
        ("pythonic", "[f(a='", "\\q", "')]"),
        ("gemma4", "<|tool_call>call:f{a:[", "[1],", "2]}<tool_call|>"),
        ("hermes", '<tool_call>{"name": "f", "arguments": {"a": [', "'x', ", "2]}}</tool_call>"),
        ("glm47", "<tool_call>f", "<arg_key>a</arg_key><arg_value>1</arg_value>", "</tool_call>"),
        ("minimax_m2", '<minimax:tool_call><invoke name="f">', '<parameter name="a">1</parameter>', "</invoke>"),
    ],
)
def test_behind_so_many_elements_of_arguments_all_is_text(
    name: str, before: str, unit: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursor, "MAX_STEPS", 10)
    form = get_format(name)
    few, many = before + unit * 3 + after, before + unit * 20 + after
    assert not any("at most 10 arguments" in issue for issue in form.parse(few, TOOLS).issues)
    message = form.parse(many + many, TOOLS)
    assert len(message.tool_calls) == 1
    assert any("at most 10 arguments and elements" in issue for issue in message.issues)
    assert (message.content or "").endswith(unit * 2 + after + many)
    for size in (1, 7):
        _check_streamed(form, many + many, size, message)


def test_objects_that_say_nothing_and_members_that_nobody_knows_are_bounded() -> None:
    form = get_format("openai")
    for text in ("{}" * (MAX_MARKS + 5), '{"k": 1, ' * 1 + '"k": 1, ' * 200 + '"content": "x"}'):
        message = form.parse(text)
        assert message.content == text
        assert len(message.issues) == 1
        _check_streamed(form, text, 61, message)


@pytest.mark.parametrize("name", ["gemma4", "kimi_k2", "apertus"])
def test_what_is_looked_for_behind_a_block_is_not_looked_for_again_behind_each(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = 0

    class Counted(str):
        def find(self, *arguments: Any) -> int:
            nonlocal looked_at
            found = super().find(*arguments)
            looked_at += (found if found >= 0 else len(self)) - arguments[1]
            return found

    form = get_format(name)
    assert isinstance(form.turn, ReasonedTurn)
    marks = form.turn.reasoning
    unit = f"{marks.opening}{marks.after_opening}x{marks.before_closing}{marks.closing}y"
    text = unit * 500
    monkeypatch.setattr(Cursor, "feed", lambda self, text: setattr(self, "buffer", Counted(text)))
    message = read_whole(form._reader(TOOLS, ""), text)
    assert (message.reasoning or "").count("x") == 500
    assert looked_at < 20 * len(text)
