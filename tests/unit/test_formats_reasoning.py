"""Reasoning around a turn: written, constrained and read."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import Message, join_deltas
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format
from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax import reasoning as reasoning_module
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.rendered import Draft
from fcformat.parsing.message_builder import MAX_CALLS

CALL_WITH_ARGUMENT = '<tool_call>\n{"name": "peek", "arguments": {"at": "sea"}}\n</tool_call>'
CALL = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'


def family(**marks: Any) -> CallFormat:
    calls = TextThenCalls(
        CallSyntax(Tag("<tool_call>"), Text("\n"), JSONCall(), Text("\n"), Tag("</tool_call>")), before="\n"
    )
    reasoning = Reasoning(after_opening="\n", before_closing="\n", after_closing="\n\n", **marks)
    return CallFormat(
        "family", turn=ReasonedTurn(reasoning, calls), stops=("<end>",), headers=("<assistant>",), begins=("<user>",)
    )


def read(text: str, prompt: str = "", **marks: Any) -> tuple[str | None, str | None, int]:
    """Reasoning, content and the number of calls; whole and in single characters."""
    each = family(**marks)
    message = each.parse(text, prompt=prompt)
    stream = each.stream_parser(prompt=prompt)
    deltas = [delta for char in text for delta in stream.feed(char)]
    assert stream.finish() == message
    assert join_deltas((*deltas, *stream.final_deltas)) == message
    return message.reasoning, message.content, len(message.tool_calls)


def test_a_block_before_the_answer_is_reasoning() -> None:
    assert read("<think>\nwhy\n</think>\n\nso") == ("why", "so", 0)


def test_only_the_layout_around_reasoning_is_dropped() -> None:
    assert read("<think>\n\n why \n\n</think>\n\n\nso") == ("\n why \n", "\nso", 0)
    assert read("<think>why</think>so") == ("why", "so", 0)


def test_calls_inside_of_reasoning_are_not_calls() -> None:
    assert read(f"<think>\nlike {CALL}\n</think>\n\n{CALL}") == (f"like {CALL}", None, 1)


def test_a_call_ends_reasoning_where_models_leave_out_the_closing_tag() -> None:
    ends = ("<tool_call>",)
    assert read(f"<think>\nlook\n{CALL}", ended_by=ends) == ("look", None, 1)
    assert read(f"<think>\nlook {CALL} so", ended_by=ends) == ("look ", " so", 1)
    assert read(f"<think>\nlook\n{CALL}\n{CALL}", ended_by=ends) == ("look", None, 2)


def test_a_closing_tag_behind_a_call_that_ended_reasoning_is_passed_over() -> None:
    ends = ("<tool_call>",)
    assert read(f"<think>\nlook\n{CALL}\n</think>\n\nso", ended_by=ends) == ("look", "so", 1)
    assert read(f"<think>\nlook\n{CALL}\n</think>\n\n{CALL}", ended_by=ends) == ("look", None, 2)
    assert read(f"<think>\nlook\n{CALL}</think>a</think>b", ended_by=ends) == ("look", "a</think>b", 1)
    assert read(f"<think>\nwhy\n</think>\n\n{CALL}</think>b", ended_by=ends) == ("why", "</think>b", 1)


@pytest.mark.parametrize(
    "spoken",
    [
        "the tag <tool_call> opens it",
        "<tool_call>that</tool_call>",
        f"```\n{CALL}\n```",
        f"~~~text\n{CALL}\n~~~ ",
        f"such as `{CALL}`",
    ],
)
def test_a_call_that_is_only_spoken_of_ends_no_reasoning(spoken: str) -> None:
    assert read(f"<think>\n{spoken}\n</think>\n\nso", ended_by=("<tool_call>",)) == (spoken, "so", 0)


@pytest.mark.parametrize(
    "name",
    [
        "glm45",
        "glm47",
        "ling3",
        "mimo",
        "minimax_m2",
        "nemotron3",
        "qwen3",
        "qwen3-thinking-2507",
        "qwen3.5",
        "qwen3.6",
        "qwen3.8",
    ],
)
def test_families_whose_models_call_in_an_open_block(name: str) -> None:
    each = get_format(name)
    call = {
        "glm45": "<tool_call>peek\n<arg_key>at</arg_key>\n<arg_value>sea</arg_value>\n</tool_call>",
        "glm47": "<tool_call>peek<arg_key>at</arg_key><arg_value>sea</arg_value></tool_call>",
        "ling3": "<tool_call>peek\n<arg_key>at</arg_key>\n<arg_value>sea</arg_value>\n</tool_call>",
        "qwen3": CALL_WITH_ARGUMENT,
        "qwen3-thinking-2507": CALL_WITH_ARGUMENT,
        "minimax_m2": '<minimax:tool_call>\n<invoke name="peek">\n<parameter name="at">sea</parameter>\n</invoke>\n'
        "</minimax:tool_call>",
    }.get(name, "<tool_call>\n<function=peek>\n<parameter=at>sea</parameter>\n</function>\n</tool_call>")
    tag = call[: call.index(">") + 1]
    message = each.parse(f"<think>{tag} is a tag. First I look.\n{call}")
    assert [(each.function.name, each.function.arguments) for each in message.tool_calls] == [("peek", '{"at": "sea"}')]
    assert isinstance(each.turn, ReasonedTurn)
    space = "" if each.turn.reasoning.before_closing else "\n"
    assert (message.reasoning, message.content) == (f"{tag} is a tag. First I look.{space}", None)
    assert any("the reasoning ends at" in str(issue) for issue in message.issues)
    if name != "ling3":  # its blocks end at once
        closed = each.parse(f"<think>First I look.\n{call}\nNo.</think>Yes.{call}")
        assert (closed.reasoning, closed.content) == (f"First I look.\n{call}\nNo.", "Yes.")
        assert len(closed.tool_calls) == 1


def test_whether_a_block_is_closed_is_told_wherever_the_text_is_cut() -> None:
    form = get_format("qwen3")
    for text in (
        f"<think>a {CALL} b </thinkx> {CALL}",
        f"<think>a {CALL} b </think>\n\nc {CALL}",
        f"<think>{CALL}<|im_end|></think>",
    ):
        whole = form.parse(text)
        for size in (1, 2, 7):
            parser = form.stream_parser()
            for at in range(0, len(text), size):
                parser.feed(text[at : at + size])
            again = parser.finish()
            assert (again, again.issues) == (whole, whole.issues)


def test_calls_in_a_long_block_are_read_in_linear_time() -> None:
    text = "<think>" + CALL * 20_000
    assert len(get_format("qwen3").parse(text + "</think>").tool_calls) == 0
    assert len(get_format("qwen3").parse(text).tool_calls) == MAX_CALLS


def test_a_call_of_seed_oss_ends_an_open_block() -> None:
    call = "<seed:tool_call>\n<function=peek>\n<parameter=at>sea</parameter>\n</function>\n</seed:tool_call>"
    message = get_format("seed_oss").parse(f"<seed:think>First, <seed:tool_call>.\n{call}Done.")
    assert [each.function.arguments for each in message.tool_calls] == ['{"at": "sea"}']
    assert (message.reasoning, message.content) == ("First, <seed:tool_call>.\n", "Done.")


def test_a_text_about_the_tags_is_content() -> None:
    assert read("the tag <think> opens it") == (None, "the tag <think> opens it", 0)


def test_a_prompt_that_opened_the_block_makes_the_reply_begin_in_it() -> None:
    assert read("why\n</think>\n\nso", "<user>hi<assistant><think>\n") == ("why", "so", 0)
    assert read("why\n</think>\n\nso", "hi<think>\n") == ("why", "so", 0)


def test_a_prompt_with_an_empty_block_leaves_the_answer() -> None:
    assert read("so", "<user>hi<assistant><think>\n\n</think>\n\n") == (None, "so", 0)


def test_a_family_whose_prompts_open_the_block_begins_in_it_where_the_prompt_is_not_known() -> None:
    assert read("why\n</think>\n\nso", unopened="reasoning") == ("why", "so", 0)
    assert read("so", "<user>hi<assistant>", unopened="reasoning") == (None, "so", 0)


def test_what_is_undecided_shows_at_the_first_tag() -> None:
    assert read("why</think>so", unopened="undecided") == ("why", "so", 0)
    assert read("so", unopened="undecided") == (None, "so", 0)
    assert read(f"so\n{CALL}\nand </think>", unopened="undecided") == (None, "so\nand </think>", 1)
    assert read(f"the <tool_call> tag</think>\n\n{CALL}", unopened="undecided") == ("the <tool_call> tag", None, 1)


def test_a_closing_tag_alone_is_an_empty_block() -> None:
    assert read("</think>\n\nso") == (None, "so", 0)


def test_a_call_ends_a_block_where_the_family_says_so() -> None:
    assert read(f"<think>\nwhy{CALL}", ended_by=("<tool_call>",)) == ("why", None, 1)


def test_blocks_may_come_later_where_the_family_says_so() -> None:
    text = f"a<think>\nwhy\n</think>\n\n{CALL}<think>\nyes\n</think>\n\n{CALL}"
    assert read(text, interleaved=True) == ("whyyes", "a", 2)
    assert read("a<think>b</think>") == (None, "a<think>b</think>", 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>\nso\n</think>\n\nHi </think>\n\nthere", ("so", "Hi there", 0)),
        ("<think>\n<think>\nso <think>\nis\n</think>\n\nHi", ("so is", "Hi", 0)),
        ("Hi </think>\n\n<think>\nso\n</think>\n\n</think>\n\nyou" + CALL, ("so", "Hi you", 1)),
    ],
)
def test_tags_that_are_never_text_are_dropped_where_they_mean_nothing(
    text: str, expected: tuple[str, str, int]
) -> None:
    marks: dict[str, Any] = {"interleaved": True, "never_text": True}
    assert read(text, **marks) == expected
    assert "side of the reasoning" in family(**marks).parse(text).issues[0]


def test_an_opening_tag_that_is_repeated_is_no_reasoning() -> None:
    prompt = "<user>x<assistant><think>\n"
    for text in ("<think>\nwhy\n</think>\n\nso", "\n<think>\nwhy\n</think>\n\nso"):
        assert read(text, prompt) == ("why", "so", 0)
    assert read("<think><think>why</think>so") == ("why", "so", 0)
    assert read("I <think>\n</think>\n\nso", prompt) == ("I <think>", "so", 0)
    assert family().parse("<think>so", prompt=prompt).issues[0] == "at character 0: '<think>' inside of the reasoning"
    with pytest.raises(FormatError, match="message 0: found reasoning that begins with '<think>', expected none"):
        family().turn.write(Message("assistant", "so", reasoning="\n<think> is a tag"), 0, Draft(()))


def test_calls_are_looked_for_behind_so_many_tags_that_are_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasoning_module, "MAX_MARKS", 3)
    for ends in ("ended_by", "left_open_before"):
        tags: dict[str, Any] = {ends: ("<tool_call>",)}
        assert read("<think>\n" + "<tool_call> is a tag " * 2 + CALL, **tags)[2] == 1
        spoken = "<tool_call> is a tag " * 3 + CALL
        assert read(f"<think>\n{spoken}", **tags) == (spoken, "", 0)


def test_layout_before_a_call_that_ends_the_block_belongs_to_the_block() -> None:
    assert read("<think>\nso\n" + CALL, ended_by=("<tool_call>",)) == ("so", None, 1)
    assert read("<think>\nso\n" + CALL, left_open_before=("<tool_call>",)) == ("so", None, 1)
    spoken = "so\n<tool_call> is a tag, and `\n<tool_call> is one"
    assert read(f"<think>\n{spoken}\n</think>\n\nHi", ended_by=("<tool_call>",)) == (spoken, "Hi", 0)
    assert read(f"<think>\nso\n{CALL}\n</think>\n\nHi", left_open_before=("<tool_call>",))[1:] == ("Hi", 0)


def test_reasoning_that_does_not_end_is_cut_off() -> None:
    message = family().parse("<think>\nwhy")
    assert (message.reasoning, message.finish_reason, len(message.issues)) == ("why", "length", 1)
    with pytest.raises(ParseError, match="inside the reasoning"):
        family().parse("<think>\nwhy", strict=True)


def test_the_end_of_the_turn_ends_reasoning() -> None:
    assert read("<think>\nwhy<end>") == ("why", "", 0)


def test_a_block_is_written_as_it_is_read() -> None:
    turn = family().turn
    draft = Draft(("<think>", "</think>"))
    turn.write(Message("assistant", "so", reasoning="why"), 0, draft)
    assert draft.rendered().text == "<think>\nwhy\n</think>\n\nso"
    with pytest.raises(FormatError, match="message 3: found '</think>' inside the reasoning"):
        turn.write(Message("assistant", "so", reasoning="a</think>b"), 3, Draft(()))


def test_prompts_come_from_the_models_template() -> None:
    with pytest.raises(FormatError, match="format_from_template"):
        family().render([{"role": "user", "content": "hi"}])


@functools.cache
def compiler() -> GrammarCompiler:
    tokens: list[bytes | None] = [bytes([byte]) for byte in range(256)]
    return GrammarCompiler(TokenizerInfo.from_bytes([*tokens, None], control_tokens={}, stop_token_ids=[256]))


TOOL = {"name": "f", "parameters": {"type": "object", "properties": {}}}
ANSWER = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}


def accepts(text: str, each: CallFormat | None = None, **options: Any) -> bool:
    matcher = GrammarMatcher(compiler().compile_grammar((each or family()).grammar([TOOL], **options)))
    return bool(matcher.accept_string(text)) and bool(matcher.can_terminate())


def test_reasoning_may_be_free_required_or_absent() -> None:
    block, bare = f"<think>\nwhy {CALL[:5]}\n</think>\n\nso", "so"
    assert accepts(block)
    assert accepts(bare)
    assert accepts(block, reasoning="required")
    assert not accepts(bare, reasoning="required")
    assert not accepts(block, reasoning="none")
    assert accepts(bare, reasoning="none")
    assert not accepts("so</think>")
    assert not accepts("<think>\nwhy")
    assert accepts(f"<think>\nwhy\n</think>\n\n{CALL}", tool_choice="required")
    assert not accepts("<think>\nwhy\n</think>\n\nso", tool_choice="required")


def test_a_prompt_that_opened_the_block_leaves_its_rest_to_write() -> None:
    opened, closed = "<assistant><think>\n", "<assistant><think>\n\n</think>\n\n"
    assert accepts("why\n</think>\n\nso", prompt=opened)
    assert not accepts("so", prompt=opened)
    assert accepts("so", prompt=closed)
    assert not accepts("<think>\nwhy\n</think>\n\nso", prompt=closed)
    assert accepts("</think>\n\nso", prompt=opened, reasoning="none")
    assert accepts("why\n</think>\n\nso", family(unopened="reasoning"))


def test_an_answer_under_a_schema_or_a_call() -> None:
    for text in ('{"a": 1}', CALL, '<think>\nwhy\n</think>\n\n{"a": 1}'):
        assert accepts(text, response_schema=ANSWER)
    for text in ("so", "", '{"a": 1}' + CALL, '{"b": 1}'):
        assert not accepts(text, response_schema=ANSWER)
    assert not accepts('{"a": 1}', response_schema=ANSWER, tool_choice="required")
    assert accepts('{"a": 1}', response_schema=ANSWER, tool_choice="none")


@pytest.mark.parametrize(
    ("name", "text", "call"),
    [
        ("qwen2.5", "{}", CALL),
        ("chatglm3", "\n{}", "f\n```python\ntool_call()\n```"),
        ("qwen_agent", "{}", "✿FUNCTION✿: f\n✿ARGS✿: {}"),
    ],
)
def test_every_turn_knows_answers_under_a_schema(name: str, text: str, call: str) -> None:
    grammar = get_format(name).grammar([TOOL], response_schema=ANSWER)
    for reply, allowed in ((text.replace("{}", '{"a": 1}'), True), (call, True), (text, False), ("so", False)):
        matcher = GrammarMatcher(compiler().compile_grammar(grammar))
        assert (bool(matcher.accept_string(reply)) and bool(matcher.can_terminate())) == allowed


def test_reasoning_that_a_format_does_not_have_cannot_be_required() -> None:
    with pytest.raises(FormatError, match=r"qwen2\.5 has no reasoning"):
        get_format("qwen2.5").grammar(reasoning="required")
    with pytest.raises(FormatError, match="reasoning: found 'much'"):
        family().grammar(reasoning="much")


@pytest.mark.parametrize("name", ["qwen3", "qwen3-thinking-2507", "harmony", "kimi_k3"])
def test_reasoning_may_be_bounded_in_tokens(name: str) -> None:
    each = get_format(name)
    draft = Draft(())
    each.turn.write(Message("assistant", "so", reasoning="four"), 0, draft)
    text = draft.rendered().text
    for most, allowed in ((3, False), (4, True), (0, False)):
        matcher = GrammarMatcher(compiler().compile_grammar(each.grammar([TOOL], reasoning=most)))
        # In this vocabulary every byte is a token.
        taken = all(matcher.accept_token(byte) for byte in text.encode())
        assert (taken and bool(matcher.can_terminate())) == allowed
    with pytest.raises(FormatError, match="reasoning: found -1"):
        each.grammar(reasoning=-1)
    with pytest.raises(FormatError, match=r"found 3, but qwen2\.5 has no reasoning"):
        get_format("qwen2.5").grammar(reasoning=3)


def test_text_that_somebody_has_begun_the_reply_with_is_part_of_it() -> None:
    form = get_format("firefunction_v2")
    assert form.parse("world!", prompt="Hello, ").content == "Hello, world!"
    for prompt in ("<|im_start|>user\nHello<|im_end|>\n", "[INST]Hello[/INST]", "USER: Hello\nASSISTANT:"):
        assert form.begun(prompt) == ""
