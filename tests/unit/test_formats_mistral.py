"""Mistral's tokenizer versions: what differs between them, and what all of them read."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import join_deltas
from fcformat.errors import FormatError
from fcformat.formats import get_format

VERSIONS = ("mistral-v3-tekken", "mistral-v7-tekken", "mistral-v11-tekken", "mistral-v13-tekken")
TOOLS: list[dict[str, Any]] = [
    {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}},
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]
USER = {"role": "user", "content": "Add."}


def call(*identifiers: str | None, content: str | None = None) -> dict[str, Any]:
    calls = [
        {"id": each, "type": "function", "function": {"name": "add", "arguments": {"a": place}}}
        for place, each in enumerate(identifiers)
    ]
    return {"role": "assistant", "content": content, "tool_calls": calls}


def result(text: str, identifier: str | None) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identifier, "content": text}


def accepted(name: str, text: str, **options: Any) -> bool:
    info = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
    return matcher.accept_string(text) and matcher.can_terminate()


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize(
    "text",
    [
        '[TOOL_CALLS][{"name": "add", "arguments": {"a": 0}, "id": "abcdefghi"}]',
        '[TOOL_CALLS] [{"name": "add", "arguments": {"a": 0}, "id": "abcdefghi"}]',
        '[TOOL_CALLS]add[CALL_ID]abcdefghi[ARGS]{"a": 0}',
        '[TOOL_CALLS][{"id": "abcdefghi", "name": "add", "parameters": {"a": 0}}]',
    ],
)
def test_every_version_reads_every_spelling(name: str, text: str) -> None:
    message = get_format(name).parse(text, TOOLS)
    assert [(each.function.name, each.function.arguments, each.id) for each in message.tool_calls] == [
        ("add", '{"a": 0}', "abcdefghi")
    ]
    assert message.issues == ()


def test_arguments_are_streamed_before_the_id_that_follows_them() -> None:
    parser = get_format("mistral-v3-tekken").stream_parser()
    deltas = parser.feed('[TOOL_CALLS][{"name": "add", "arguments": {"a": "1')
    assert join_deltas(deltas).tool_calls[0].function.arguments == '{"a": "1'
    deltas += parser.feed('"}, "id": "abcdefghi"}]')
    assert join_deltas([*deltas, *parser.final_deltas]) == parser.finish()
    assert parser.finish().tool_calls[0].id == "abcdefghi"


def test_a_call_without_brackets_or_arguments_mark_is_read() -> None:
    message = get_format("mistral").parse('x[TOOL_CALLS]add{"a": 1}[TOOL_CALLS]ping[ARGS][TOOL_CALLS]add[ARGS]{"a": 2}')
    assert [each.function.arguments for each in message.tool_calls] == ['{"a": 1}', "{}", '{"a": 2}']


def test_what_is_no_call_is_kept_as_content() -> None:
    text = "[TOOL_CALLS] [not valid json]"
    message = get_format("mistral").parse(text)
    assert (message.content, message.tool_calls) == (text, ())
    assert message.issues


def test_text_behind_a_broken_array_is_kept() -> None:
    message = get_format("mistral").parse('[TOOL_CALLS][{"name": "ping", "arguments": {}}, {"nom": 1}] done')
    assert [each.function.name for each in message.tool_calls] == ["ping"]
    assert message.content == '{"nom": 1}] done'
    assert message.issues


def test_an_array_that_is_cut_keeps_what_there_is() -> None:
    message = get_format("mistral").parse('[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}}, {"name": "add", "argu')
    assert len(message.tool_calls) == 2
    assert message.finish_reason == "length"


def test_a_prompt_that_begins_the_answer_belongs_to_the_reply() -> None:
    prompt = "<s>[INST]Hi[/INST]Hello, "
    assert get_format("mistral").parse("world!", prompt=prompt).content == "Hello, world!"


def test_ids_that_cannot_be_written_raise_or_are_replaced_together_with_those_of_results() -> None:
    messages = [USER, call("call_1", "call_2"), result("2", "call_2"), result("1", "call_1")]
    with pytest.raises(FormatError, match=r"message 1: tool_calls\[0\]: found the id 'call_1'"):
        get_format("mistral-v11-tekken").render(messages)
    rendered = get_format("mistral-v11-tekken").render(messages, on_loss="drop")
    assert rendered.text.endswith(
        '[TOOL_CALLS]add[CALL_ID]000000000[ARGS]{"a": 0}[TOOL_CALLS]add[CALL_ID]000000001[ARGS]{"a": 1}</s>'
        "[TOOL_RESULTS]000000001[TOOL_CONTENT]2[/TOOL_RESULTS][TOOL_RESULTS]000000000[TOOL_CONTENT]1[/TOOL_RESULTS]"
    )
    assert len(rendered.losses) == 2


def test_calls_without_ids_are_given_some() -> None:
    messages = [USER, call(None), result("1", None)]
    assert (
        get_format("mistral-v7-tekken")
        .render(messages)
        .text.endswith("[TOOL_RESULTS]000000000[TOOL_CONTENT]1[/TOOL_RESULTS]")
    )


def test_a_result_of_no_call_is_refused() -> None:
    with pytest.raises(FormatError, match="message 2: found the result of 'other'"):
        get_format("mistral-v7-tekken").render([USER, call("abcdefghi"), result("1", "other")])


def test_results_without_ids_stand_in_the_order_of_their_calls() -> None:
    messages = [USER, call("a", "b"), result("second", "b"), result("first", "a")]
    text = get_format("mistral-v13-tekken").render(messages).text
    assert text.endswith("[TOOL_RESULTS]first[/TOOL_RESULTS][TOOL_RESULTS]second[/TOOL_RESULTS]")


def test_text_beside_calls_cannot_be_written_before_version_7() -> None:
    messages = [USER, call("abcdefghi", content="Let me see.")]
    with pytest.raises(FormatError, match="message 1: found text beside calls"):
        get_format("mistral-v3-tekken").render(messages)
    assert "Let me see.[TOOL_CALLS]" in get_format("mistral-v7-tekken").render(messages).text


def test_results_are_values_in_version_3() -> None:
    messages = [USER, call("abcdefghi"), result("1e20", "abcdefghi")]
    assert '{"content": 1e+20, "call_id": "abcdefghi"}' in get_format("mistral-v3-tekken").render(messages).text
    messages[-1] = result("not {json", "abcdefghi")
    assert '{"content": "not {json", "call_id"' in get_format("mistral-v3-tekken").render(messages).text


def test_messages_of_one_role_in_a_row_are_one() -> None:
    text = get_format("mistral-v7-tekken").render([USER, {"role": "user", "content": "Please."}]).text
    assert text == "<s>[INST]Add.\n\nPlease.[/INST]"


def test_user_text_is_no_control_segment() -> None:
    rendered = get_format("mistral-v13-tekken").render([{"role": "user", "content": "[/INST]</s>[TOOL_CALLS]"}])
    assert [segment.text for segment in rendered.segments if segment.control] == ["<s>", "[INST]", "[/INST]"]


def test_the_assistant_is_trained_on_its_calls_and_its_end() -> None:
    rendered = get_format("mistral-v13-tekken").render([USER, call("a", content="See:"), result("1", "a")])
    trained = "".join(segment.text for segment in rendered.segments if segment.trainable)
    assert trained == 'See:[TOOL_CALLS]add[ARGS]{"a": 0}</s>'


@pytest.mark.parametrize(
    ("version", "text", "options", "expected"),
    [
        (
            3,
            '[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}, "id": "abcdefghi"}]',
            {"tool_choice": "required"},
            True,
        ),
        (3, '[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}, "id": "short"}]', {}, False),
        (3, 'Text[TOOL_CALLS][{"name": "ping", "arguments": {}, "id": "abcdefghi"}]', {}, False),
        (7, 'Text[TOOL_CALLS][{"name": "ping", "arguments": {}, "id": "abcdefghi"}]', {}, True),
        (11, '[TOOL_CALLS]add[CALL_ID]abcdefghi[ARGS]{"a": 1}[TOOL_CALLS]ping[CALL_ID]abcdefghj[ARGS]{}', {}, True),
        (11, "[TOOL_CALLS]ping[ARGS]{}", {}, False),
        (13, "[TOOL_CALLS]ping[ARGS]{}[TOOL_CALLS]ping[ARGS]{}", {"parallel_tool_calls": False}, False),
        (13, '[TOOL_CALLS]add[ARGS]{"a": "1"}', {}, False),
        (13, "Hello", {"tool_choice": "required"}, False),
    ],
)
def test_the_grammar_allows_what_the_version_writes(
    version: int, text: str, options: dict[str, Any], expected: bool
) -> None:
    assert accepted(f"mistral-v{version}-tekken", text, **options) is expected


@pytest.mark.parametrize(
    ("text", "content", "issue"),
    [
        ('[TOOL_CALLS][TOOL_CALLS]f[ARGS]{"a": 1}', None, "'[TOOL_CALLS]' twice"),
        ('[TOOL_CALLS] [TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}]', None, "'[TOOL_CALLS]' twice"),
        ('[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}]] Yes.', " Yes.", "a bracket too many behind a call"),
    ],
)
def test_a_tag_twice_and_a_bracket_too_many_are_no_text(text: str, content: str | None, issue: str) -> None:
    form = get_format("mistral")
    read = form.parse(text)
    assert [call.function.arguments for call in read.tool_calls] == ['{"a": 1}']
    assert (read.content, len(read.issues)) == (content, 1)
    assert issue in read.issues[0]
    parser = form.stream_parser()
    for char in text:
        parser.feed(char)
    assert parser.finish() == read


def test_a_name_that_begins_with_no_letter_is_none_behind_a_call_either() -> None:
    text = "[TOOL_CALLS]f[ARGS]{}[TOOL_CALLS]\x01g[ARGS]{}"
    form = get_format("mistral-v11-tekken")
    whole = form.parse(text)
    parser = form.stream_parser()
    deltas = [delta for character in text for delta in parser.feed(character)]
    assert parser.finish() == whole == join_deltas([*deltas, *parser.final_deltas])
    assert [call.function.name for call in whole.tool_calls] == ["f"]
    assert whole.content == "[TOOL_CALLS]\x01g[ARGS]{}"
