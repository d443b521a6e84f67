"""What a format writes it reads back, however the text is cut; and no text makes a tolerant parser raise."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft

NAMES = ("qwen2.5", "chatglm3", "openai")
#: Characters that are anything to somebody here, beside the whole of Unicode.
SPICE = st.sampled_from([*list("<>|{}[]()\"'\\`~,:=\n\r\t "), "```", "tool_call", "\\n", "\\u", "\x00", "\x85", "\u2028", "é", "中", "😀", "</tool_call>"])  # fmt: skip
TEXT = st.lists(st.characters(exclude_categories=["Cs"]) | SPICE, max_size=12).map("".join)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
IDENTIFIERS = st.from_regex(r"[A-Za-z_城][A-Za-z0-9_市]{0,8}", fullmatch=True)
TOOL_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,12}", fullmatch=True)

#: What a text cannot hold in each format, because the format would read it as something else.
MARKS = {
    "qwen2.5": re.compile(r"<tool_call>|<\|im_end\|>|<\|im_start\|>|<\|endoftext\|>|```|~~~"),
    "chatglm3": re.compile(r"<\|(assistant|user|system|observation)\|>|</s>|tool_call\("),
    "openai": re.compile(r"(?!)"),
}


@st.composite
def messages(draw: st.DrawFn, name: str) -> Message:
    """A message that the format can express, with the spelling of arguments that it writes."""
    content = draw(st.none() | TEXT)
    assume(not content or not MARKS[name].search(content))
    calls = []
    for index in range(draw(st.integers(0 if content else 1, 3))):
        keys = IDENTIFIERS if name == "chatglm3" else TEXT
        arguments = json.dumps(draw(st.dictionaries(keys, VALUES, max_size=4)), ensure_ascii=False)
        calls.append(ToolCall(FunctionCall(draw(TOOL_NAMES), arguments), f"call_{index}"))
    return Message("assistant", content or (None if calls else ""), tuple(calls))


def written(name: str, message: Message) -> str:
    draft = Draft(())
    get_format(name).turn.write(message, 0, draft)
    return draft.rendered().text


def streamed(name: str, text: str, cuts: list[int], tools: Any = None) -> tuple[Message, Message]:
    parser = get_format(name).stream_parser(tools)
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    deltas = [delta for start, end in itertools.pairwise(places) for delta in parser.feed(text[start:end])]
    message = parser.finish()
    return message, join_deltas([*deltas, *parser.final_deltas])


def everything(message: Message) -> tuple[Any, ...]:
    """The message with what its equality leaves out."""
    return message, message.issues, message.finish_reason


CUTS = st.lists(st.integers(0, 300), max_size=8) | st.just(list(range(2000)))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_every_message_that_a_format_can_write_is_read_back(name: str, data: st.DataObject) -> None:
    message = data.draw(messages(name))
    tools = [{"name": each} for each in sorted({call.function.name for call in message.tool_calls})]
    text = written(name, message)
    read = get_format(name).parse(text, data.draw(st.sampled_from([None, tools])), strict=True)
    assert read == message
    assert read.issues == ()
    assert read.finish_reason == ("tool_calls" if message.tool_calls else "stop")
    assert streamed(name, text, data.draw(CUTS)) == (message, message)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_no_text_makes_a_tolerant_parser_raise_and_every_cutting_gives_one_message(
    name: str, data: st.DataObject
) -> None:
    text = written(name, data.draw(messages(name)))
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 6))
        text = (
            text[:start]
            + data.draw(st.sampled_from(["", "<tool_call>", "<|assistant|>", "```", "f\n"]) | SPICE)
            + text[end:]
        )
    tools = data.draw(st.sampled_from([None, [{"name": "f"}, {"name": "get_weather"}]]))
    whole = get_format(name).parse(text, tools)
    message, joined = streamed(name, text, data.draw(CUTS), tools)
    assert everything(message) == everything(whole)
    assert joined == whole
    message.to_openai()


@pytest.mark.parametrize("name", NAMES)
@given(
    text=st.text(max_size=60)
    | st.lists(
        SPICE
        | st.sampled_from(["<tool_call>", '{"name": "f", "arguments": ', "f\n```python\ntool_call(", "<|assistant|>"]),
        max_size=20,
    ).map("".join),
    cuts=CUTS,
)
def test_any_text_at_all_is_read_the_same_in_every_cutting(name: str, text: str, cuts: list[int]) -> None:
    whole = get_format(name).parse(text)
    message, joined = streamed(name, text, cuts)
    assert everything(message) == everything(whole)
    assert joined == whole


@given(text=st.text(max_size=60))
def test_plain_text_is_content_to_the_character(text: str) -> None:
    assume(not MARKS["qwen2.5"].search(text))
    assert get_format("qwen2.5").parse(text, strict=True).content == text
