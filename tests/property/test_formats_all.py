"""What every registered format promises: what it writes it reads back and its grammar allows, and no text makes it raise."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import FunctionCall, Message, ToolCall
from fcformat.formats import get_format, list_formats
from support.conversations import (
    CUTS,
    SCHEMAS,
    SPICE,
    TOOLS,
    calls_of,
    can_call,
    everything,
    messages,
    prompt_of,
    streamed,
    written,
)
from support.grammar_walks import random_text

NAMES = list_formats()
CALLING = [name for name in NAMES if can_call(get_format(name))]
_SINGLE_BYTES = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
#: There are many formats; a long run looks as long at each as at anything else.
_few = settings(
    max_examples=15 if settings().max_examples < 1000 else settings().max_examples,
    # The tags of some families are long.
    suppress_health_check=[HealthCheck.large_base_example, *settings().suppress_health_check],
)


@pytest.mark.parametrize("name", NAMES)
@_few
@given(data=st.data())
def test_what_a_format_writes_it_reads_back_in_every_cutting(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    message = data.draw(messages(form))
    text = written(form, message)
    read = form.parse(text, TOOLS, prompt=prompt_of(form), strict=True)
    assert ((read.content or ""), calls_of(read)) == ((message.content or ""), calls_of(message)), text
    assert read.reasoning == message.reasoning
    assert read.issues == ()
    assert read.finish_reason == ("tool_calls" if message.tool_calls else "stop")
    whole, joined = streamed(form, text, data.draw(CUTS), TOOLS)
    assert everything(whole) == everything(read)
    assert joined == read


@pytest.mark.parametrize("name", NAMES)
@_few
@given(data=st.data())
def test_damaged_text_is_read_the_same_in_every_cutting_and_nothing_is_raised(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    text = written(form, data.draw(messages(form)))
    marks = st.sampled_from(["", *form.boundaries, *(piece for piece in text.split() if len(piece) < 40)])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 6))
        text = text[:start] + data.draw(marks | SPICE) + text[end:]
    tools = data.draw(st.sampled_from([None, TOOLS]))
    prompt = data.draw(st.sampled_from(["", prompt_of(form)]))
    whole = form.parse(text, tools, prompt=prompt)
    message, joined = streamed(form, text, data.draw(CUTS), tools, prompt)
    assert everything(message) == everything(whole)
    assert joined == whole
    message.to_openai()


#: Formats whose grammar allows less than what they write, and what.
NARROWER: dict[str, str] = {}


@pytest.mark.parametrize("name", [name for name in CALLING if name not in NARROWER])
@_few
@given(data=st.data())
def test_the_grammar_allows_what_the_format_writes(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    message = data.draw(messages(form, plain=True))
    text = written(form, message)
    grammar = form.grammar(TOOLS, tool_choice="auto", parallel_tool_calls=True, prompt=prompt_of(form))
    matcher = GrammarMatcher(GrammarCompiler(_SINGLE_BYTES).compile_grammar(grammar))
    assert matcher.accept_string(text), text
    assert matcher.can_terminate()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "plain"])  # which has no calls
@_few
@given(
    seed=st.integers(0, 2**32),
    choice=st.sampled_from(["auto", "required", "ping"]),
    parallel=st.sampled_from([True, False, 2]),
)
def test_what_the_grammar_allows_is_read_as_valid_calls(
    name: str, seed: int, choice: str, parallel: bool | int
) -> None:
    form = get_format(name)
    ping = written(form, Message("assistant", None, (ToolCall(FunctionCall("ping", "{}"), "0" * 9),)))
    grammar = form.grammar(TOOLS, tool_choice=choice, parallel_tool_calls=parallel, prompt=prompt_of(form))
    text = random_text(grammar, random.Random(seed), (ping,))
    if text is None:
        return
    note(text)
    message = form.parse(text, TOOLS, prompt=prompt_of(form), strict=True)
    for call in message.tool_calls:
        jsonschema.validate(json.loads(call.function.arguments), _closed(call.function.name))
    assert message.tool_calls or choice == "auto"
    assert parallel is True or len(message.tool_calls) <= int(parallel or 1)
    assert choice != "ping" or [call.function.name for call in message.tool_calls] == ["ping"]


def _closed(name: str) -> dict[str, Any]:
    return {**SCHEMAS[name], "additionalProperties": False}
