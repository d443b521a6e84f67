"""Texts between tags that hold tags of calls themselves: a value ends where the call does, and nowhere before."""

from __future__ import annotations

import json

import pytest

from fcformat.chat import Message, join_deltas
from fcformat.formats import get_format

#: A call whose argument is a text that holds a whole call, and what comes before and behind such a text.
WHOLE_CALLS = {
    "qwen3_coder": ("<tool_call>\n<function=f>\n<parameter=s>\n", "\n</parameter>", "\n</function>\n</tool_call>"),
    "seed_oss": ("<seed:tool_call>\n<function=f>\n<parameter=s>", "</parameter>", "\n</function>\n</seed:tool_call>"),
    "glm45": ("<tool_call>f\n<arg_key>s</arg_key>\n<arg_value>", "</arg_value>", "\n</tool_call>"),
    "hunyuan_hy3": (
        "<tool_calls>\n<tool_call>f<tool_sep>\n<arg_key>s</arg_key>\n<arg_value>",
        "</arg_value>",
        "\n</tool_call>\n</tool_calls>",
    ),
    "minimax_m2": (
        '<minimax:tool_call>\n<invoke name="f">\n<parameter name="s">',
        "</parameter>",
        "\n</invoke>\n</minimax:tool_call>",
    ),
    "deepseek_v4": (
        '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="f">\n<｜DSML｜parameter name="s" string="true">',
        "</｜DSML｜parameter>",
        "\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
    ),
    "step3": (
        '<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="f"><steptml:parameter name="s">',
        "</steptml:parameter>",
        "</steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>",
    ),
    "muse": (
        ' to=f<|message|><atem:function_calls>\n<atem:invoke name="f">\n<atem:parameter name="s">',
        "</atem:parameter>",
        "\n</atem:invoke>\n</atem:function_calls>",
    ),
}
TEXT_TOOL = [{"name": "f", "parameters": {"type": "object", "properties": {"s": {"type": "string"}}}}]


def read_alike(name: str, text: str) -> Message:
    form = get_format(name)
    message = form.parse(text, TEXT_TOOL)
    for size in (1, 5):
        parser = form.stream_parser(TEXT_TOOL)
        deltas = [delta for at in range(0, len(text), size) for delta in parser.feed(text[at : at + size])]
        again = parser.finish()
        assert (again, again.issues, again.finish_reason) == (message, message.issues, message.finish_reason)
        assert join_deltas([*deltas, *parser.final_deltas]) == message
    return message


@pytest.mark.parametrize("behind", ["", " and\nmore", "\nand more", "."])
@pytest.mark.parametrize("name", WHOLE_CALLS)
def test_a_value_may_hold_what_a_call_without_its_closing_tag_ends_with(name: str, behind: str) -> None:
    opening, closing, end = WHOLE_CALLS[name]
    value = f"As in <x>{end}{behind}" if behind else f"As in {end} so."
    message = read_alike(name, opening + value + closing + end)
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"s": value}]
    assert (message.content, message.issues) == (None, ())


@pytest.mark.parametrize("name", WHOLE_CALLS)
def test_a_closing_tag_that_is_missing_at_the_end_of_the_calls_is_put_right(name: str) -> None:
    opening, _, end = WHOLE_CALLS[name]
    for stop in ("", "\n", get_format(name).stops[0]):
        message = read_alike(name, f"{opening}value{end}{stop}")
        assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"s": "value"}]
        assert any("missing after an argument" in issue for issue in message.issues)


@pytest.mark.parametrize("name", WHOLE_CALLS)
def test_tags_that_are_missing_before_the_end_of_the_turn_are_put_right(name: str) -> None:
    opening, closing, _ = WHOLE_CALLS[name]
    for stop in get_format(name).stops:
        message = read_alike(name, f"{opening}value{closing}{stop}")
        assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"s": "value"}]
        assert message.issues
        assert (message.content, message.finish_reason) == (None, "tool_calls")
