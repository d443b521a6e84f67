"""Replies that look like calls over and over: behind a thousand that cannot be read, all is text, whole and streamed alike."""

from __future__ import annotations

import pytest

from fcformat.chat import join_deltas
from fcformat.formats import get_format
from fcformat.parsing.message_builder import MAX_BROKEN

TOOLS = [{"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}}}}]
#: The beginning of a call that breaks off, and whether a call is told of by then.
BROKEN = {
    "llama3_json": ('{"name": {', False),
    "hermes": ('<tool_call>\n{"name": "f", "arguments": {"a": <', True),
    "pythonic": ("[f(a=[1;", True),
    "glm4": ('f\n{"a": ;', False),
    "qwen_agent": ('✿FUNCTION✿: f\n✿ARGS✿: {"a": ', True),
    "functionary_v32": ('>>>f\n{"a": ', True),
    "mistral-v11-tekken": ("[TOOL_CALLS]f[CALL_ID]0", True),
    "gemma4": ("<|tool_call>call:f{a:<", True),
    "react": ('Action: f\nAction Input: {"a": ;\n', True),
}
WHOLE = {
    "llama3_json": '{"name": "f", "parameters": {}}',
    "hermes": '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
    "pythonic": "[f(a='x')]",
    "glm4": "f\n{}",
    "qwen_agent": "✿FUNCTION✿: f\n✿ARGS✿: {}",
    "functionary_v32": ">>>f\n{}",
    "mistral-v11-tekken": "[TOOL_CALLS]f[CALL_ID]0[ARGS]{}",
    "gemma4": "<|tool_call>call:f{}<tool_call|>",
    "react": "Action: f\nAction Input: {}\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_behind_a_thousand_broken_calls_all_is_text(name: str) -> None:
    unit, told = BROKEN[name]
    form = get_format(name)
    text = unit * (MAX_BROKEN + 500) + "\n" + WHOLE[name]
    message = form.parse(text, TOOLS)
    assert len(message.tool_calls) == (MAX_BROKEN if told else 0)
    assert (message.content or "").endswith(WHOLE[name])
    assert any("1000 broken calls; no more calls are looked for" in issue for issue in message.issues)
    parser = form.stream_parser(TOOLS)
    deltas = [delta for start in range(0, len(text), 7) for delta in parser.feed(text[start : start + 7])]
    assert parser.finish() == message
    assert parser.finish().issues == message.issues
    assert join_deltas([*deltas, *parser.final_deltas]) == message


@pytest.mark.parametrize("name", BROKEN)
def test_a_call_behind_some_broken_ones_is_found(name: str) -> None:
    unit, told = BROKEN[name]
    message = get_format(name).parse(unit * 20 + "\n" + WHOLE[name], TOOLS)
    assert message.tool_calls[-1].function.arguments in ("{}", '{"a": "x"}')
    assert len(message.tool_calls) == (21 if told else 1)
