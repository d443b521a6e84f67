"""Families whose calls stand between tags: what each of them writes, and what is read from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.rendered import Draft

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "days": {"type": "integer"},
                    "more": {"type": "object", "properties": {"deep": {"type": "array", "items": {"type": "string"}}}},
                },
                "required": ["city"],
            },
        },
    }
]
GIVEN = {"city": "Köln\n<b>", "days": 2, "more": {"deep": ["a", "b"]}}

#: What a call of a city and of days is written as, after the text `So:`.
WRITTEN = {
    "qwen3_coder": "So:\n\n<tool_call>\n<function=get_weather>\n<parameter=city>\nBonn\n</parameter>\n<parameter=days>\n2\n"
    "</parameter>\n</function>\n</tool_call>",
    "glm45": "So:\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Bonn</arg_value>\n<arg_key>days</arg_key>\n"
    "<arg_value>2</arg_value>\n</tool_call>",
    "glm47": "So:<tool_call>get_weather<arg_key>city</arg_key><arg_value>Bonn</arg_value><arg_key>days</arg_key>"
    "<arg_value>2</arg_value></tool_call>",
    "minimax_m2": 'So:\n<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Bonn</parameter>\n'
    '<parameter name="days">2</parameter>\n</invoke>\n</minimax:tool_call>',
    "minimax_m3": 'So:]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="get_weather">]<]minimax[>[<city>Bonn]<]minimax[>['
    "</city>]<]minimax[>[<days>2]<]minimax[>[</days>]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>",
    "deepseek_v32": 'So:\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" '
    'string="true">Bonn</｜DSML｜parameter>\n<｜DSML｜parameter name="days" string="false">2</｜DSML｜parameter>\n'
    "</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    "deepseek_v41": 'So:\n\n<｜DSML｜ calls>\n<｜DSML｜ invoke name="get_weather">\n<｜DSML｜ parameter name="city" '
    'string="true">Bonn</｜DSML｜ parameter>\n<｜DSML｜ parameter name="days" string="false">2</｜DSML｜ parameter>\n'
    "</｜DSML｜ invoke>\n</｜DSML｜ calls>",
    "minicpm5": 'So:\n<function name="get_weather"><param name="city">Bonn</param><param name="days">2</param></function>',
    "seed_oss": "So:\n\n<seed:tool_call>\n<function=get_weather>\n<parameter=city>Bonn</parameter>\n<parameter=days>2"
    "</parameter>\n</function>\n</seed:tool_call>",
    "step3p5": "So:<tool_call>\n<function=get_weather>\n<parameter=city>\nBonn\n</parameter>\n<parameter=days>\n2\n"
    "</parameter>\n</function>\n</tool_call>",
    "hunyuan_hy3": "So:<tool_calls>\n<tool_call>get_weather<tool_sep>\n<arg_key>city</arg_key>\n<arg_value>Bonn</arg_value>\n"
    "<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>\n</tool_calls>",
    "muse": ' to=user<|message|>So:<|eom|><|start|>assistant to=get_weather<|message|><atem:function_calls>\n<atem:invoke name="'
    'get_weather">\n<atem:parameter name="city">Bonn</atem:parameter>\n<atem:parameter name="days">2</atem:parameter>\n'
    "</atem:invoke>\n</atem:function_calls>",
    "inkling": "<|content_text|>So:<|end_message|><|message_model|><|content_invoke_tool_json|>"
    '{"name": "get_weather", "args": {"city": "Bonn", "days": 2}}<|end_message|>',
}
NAMES = (
    *WRITTEN,
    *("qwen3.5", "deepseek_v4", "step3", "poolside_v1", "ling3", "hunyuan_hy3_opensource", "muse_glimmer", "plamo3"),
)


def message(given: dict[str, Any], content: str | None = "So:") -> Message:
    return Message("assistant", content, (ToolCall(FunctionCall("get_weather", json.dumps(given))),))


def written(name: str, given: dict[str, Any], content: str | None = "So:") -> str:
    draft = Draft(())
    get_format(name).turn.write(message(given, content), 0, draft)
    return draft.rendered().text


@pytest.mark.parametrize("name", WRITTEN)
def test_a_call_is_written_as_the_family_writes_it(name: str) -> None:
    assert written(name, {"city": "Bonn", "days": 2}) == WRITTEN[name]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(name: str) -> None:
    read = get_format(name).parse(written(name, GIVEN), TOOLS, prompt="", strict=True)
    assert (read.content, json.loads(read.tool_calls[0].function.arguments)) == ("So:", GIVEN)


@pytest.mark.parametrize(
    ("name", "end", "tag"),
    [
        ("qwen3_coder", "</function>", "</functio>"),
        ("qwen3_coder", "</function>", "</func tion>"),
        ("step3p5", "</function>", "</func\ntion>"),
        ("minimax_m2", "</invoke>", "</invok>"),
        ("deepseek_v32", "</｜DSML｜invoke>", "</｜DSML｜ivoke>"),
        ("hunyuan_hy3", "</tool_call>", "</tool>"),
    ],
)
@pytest.mark.parametrize("given", [{"days": 2, "city": "Bonn"}, {"city": "Bonn", "days": 2}])
def test_a_misspelled_end_of_a_call_is_no_value(name: str, end: str, tag: str, given: dict[str, Any]) -> None:
    form = get_format(name)
    text = written(name, given).replace(end, tag) + "Yes."
    read = form.parse(text, TOOLS)
    assert [json.loads(call.function.arguments) for call in read.tool_calls] == [given]
    assert (read.content or "").startswith("So:")
    assert any(f"{tag!r} in place of {end!r}" in issue for issue in read.issues)
    for size in (1, 5):
        parser = form.stream_parser(TOOLS)
        for at in range(0, len(text), size):
            parser.feed(text[at : at + size])
        assert parser.finish() == read


@pytest.mark.parametrize("name", NAMES)
def test_the_grammar_allows_what_is_written(name: str) -> None:
    bytes_only = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
    form = get_format(name)
    grammar = form.grammar(TOOLS, tool_choice="required", reasoning="none", prompt=_closed(name))
    matcher = GrammarMatcher(GrammarCompiler(bytes_only).compile_grammar(grammar))
    text = written(name, GIVEN, None)
    assert matcher.accept_string(text), text
    assert matcher.can_terminate()


def _closed(name: str) -> str:
    """The end of a prompt after which the answer begins at once."""
    if name == "qwen3.5":
        return "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    return ""


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("qwen3_coder", "Qwen/Qwen3-Coder-480B-A35B-Instruct"),
        ("qwen3.5", "Qwen/Qwen3.5-27B"),
        ("qwen3.6", "Qwen/Qwen3.6-27B"),
        ("glm45", "zai-org/GLM-4.5-Air"),
        ("glm47", "zai-org/GLM-4.7"),
        ("glm47", "zai-org/GLM-5.1"),
        ("minimax_m2", "MiniMaxAI/MiniMax-M2.1"),
        ("deepseek_v32", "deepseek-ai/DeepSeek-V3.2"),
        ("seed_oss", "ByteDance-Seed/Seed-OSS-36B-Instruct"),
        ("step3p5", "stepfun-ai/Step-3.5-Flash"),
    ],
)
def test_model_ids_find_their_family(name: str, model: str) -> None:
    assert get_format(model) is get_format(name)


def test_reasoning_ends_where_a_section_of_calls_begins() -> None:
    form = get_format("deepseek_v4")
    text = 'Hm.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name="get_weather">\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>'
    read = form.parse(text, prompt="<｜Assistant｜><think>")
    assert (read.reasoning, len(read.tool_calls)) == ("Hm.", 1)
    assert "the reasoning ends at" in read.issues[0]


def test_a_block_that_the_prompt_opened_is_reasoning() -> None:
    read = get_format("qwen3.5").parse("So.\n</think>\n\nYes.", prompt="<|im_start|>assistant\n<think>\n")
    assert (read.reasoning, read.content) == ("So.", "Yes.")


def test_null_has_no_spelling_among_elements() -> None:
    with pytest.raises(FormatError, match=r"argument 'city': found null, which has no spelling here"):
        written("minimax_m3", {"city": None})


_WORDS = [
    {
        "name": "f",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "boolean"}, "b": {"type": ["string", "null"]}, "c": {"type": "array"}},
        },
    }
]


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("qwen3_coder", True),
        ("qwen3.5", True),
        ("qwen3.6", False),
        ("qwen3.8", False),
        ("nemotron3", True),
        ("seed_oss", True),
        ("step3p5", True),
        ("minicpm5", True),
        ("glm45", False),
    ],
)
def test_booleans_and_null_are_spelled_as_the_familys_template_spells_them(name: str, python: bool) -> None:
    form = get_format(name)
    call = ToolCall(FunctionCall("f", '{"a": true, "b": null, "c": [false]}'))
    draft = Draft(())
    form.turn.write(Message("assistant", None, (call,)), 0, draft)
    text = draft.rendered().text
    assert [word in text for word in ("True", "None", "true", "null")] == [python, python, not python, not python]
    assert "[false]" in text
    read = form.parse(text, _WORDS, strict=True)
    assert json.loads(read.tool_calls[0].function.arguments) == {"a": True, "b": None, "c": [False]}
    assert not read.issues
    other = text
    for word, spelled in (("True", "true"), ("None", "null")):
        other = other.replace(word, spelled) if python else other.replace(spelled, word)
    again = form.parse(other, _WORDS)
    assert again.tool_calls[0].function == read.tool_calls[0].function
    assert bool(again.issues) is not python


def test_elements_that_no_grammar_covers_are_refused() -> None:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "minProperties": 1}
    with pytest.raises(FormatError, match="f: found 'minProperties' about elements, expected one of"):
        get_format("minimax_m3").grammar([{"name": "f", "parameters": parameters}])


def called(arguments: dict[str, Any]) -> str:
    """A call of `f`, as MiniMax M3 writes it."""
    draft = Draft(())
    calls = (ToolCall(FunctionCall("f", json.dumps(arguments))),)
    get_format("minimax_m3").turn.write(Message("assistant", None, calls), 0, draft)
    return draft.rendered().text


def accepts(tools: list[dict[str, Any]], text: str) -> bool:
    vocabulary = [*(bytes([byte]) for byte in range(256)), b"]<]minimax[>[", None]
    compiler = GrammarCompiler(TokenizerInfo.from_bytes(vocabulary, stop_token_ids=[257]))
    matcher = GrammarMatcher(compiler.compile_grammar(get_format("minimax_m3").grammar(tools)))
    return matcher.accept_string(text) and matcher.can_terminate()


OPTION = {"type": "object", "properties": {"max": {"type": "integer"}}}
UNION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "label": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"text": {"type": "string"}}}]},
        "limit": {"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/option"}]},
        "filter": {"anyOf": [{"type": "array", "items": {"type": "string"}}, OPTION]},
        "maybe": {"anyOf": [OPTION, {"type": "null"}]},
        "both": {"type": ["string", "array"], "items": {"type": "integer"}},
    },
    "$defs": {"option": {**OPTION, "required": ["max"]}},
}


@pytest.mark.parametrize(
    "arguments",
    [
        {"label": "hi"},
        {"label": ""},
        {"label": {"text": "hi"}},
        {"limit": 5},
        {"limit": {"max": 3}},
        {"filter": ["a", "b"]},
        {"filter": []},
        {"filter": {"max": 1}},
        {"maybe": {"max": 1}},
        {"maybe": {}},
        {"both": "x"},
        {"both": [1, 2]},
        {"filter": ["a"], "label": {"text": "q"}, "limit": 2},
    ],
)
def test_values_that_may_be_text_or_elements_are_generated_as_either(arguments: dict[str, Any]) -> None:
    tools = [{"name": "f", "parameters": UNION}]
    text = called(arguments)
    assert accepts(tools, text)
    (call,) = get_format("minimax_m3").parse(text, tools, strict=True).tool_calls
    assert json.loads(call.function.arguments) == arguments


@pytest.mark.parametrize("arguments", [{"label": {"text": 1, "x": 1}}, {"limit": {}}, {"limit": "x"}, {"filter": "x"}])
def test_what_is_neither_is_not_generated(arguments: dict[str, Any]) -> None:
    assert not accepts([{"name": "f", "parameters": UNION}], called(arguments))


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        ({"anyOf": [OPTION, {"type": "object"}, {"type": "string"}]}, "more than one schema of an object"),
        ({"anyOf": [{"type": ["object", "string"]}, {"type": "integer"}]}, "expected one of either in each branch"),
        ({"not": {"type": "string"}}, "expected anyOf, oneOf or a list of types"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "an object without members beside a text"),
        (
            {"anyOf": [{"type": "array"}, {"type": "object", "properties": {"item": {"type": "string"}}}]},
            "found the member 'item' beside an array",
        ),
    ],
)
def test_unions_that_elements_cannot_tell_apart_are_refused(schema: Any, complaint: str) -> None:
    parameters = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(FormatError, match=complaint):
        get_format("minimax_m3").grammar([{"name": "f", "parameters": parameters}])


def test_half_a_control_token_at_the_end_is_no_text() -> None:
    read = get_format("plamo3").parse("Yes.<|plamo:begin_tool")
    assert (read.content, read.finish_reason) == ("Yes.", "length")
    assert "inside of a tag: '<|plamo:begin_tool'" in read.issues[0]


@pytest.mark.parametrize("between", ["<|eom|>", ""])
@pytest.mark.parametrize(("name", "read_as"), [("muse", ("Hm.Hello.", "")), ("muse_glimmer", ("Hm.", "Hello."))])
def test_a_header_without_a_recipient_is_the_users_in_muse_glimmer(
    name: str, read_as: tuple[str, str], between: str
) -> None:
    text = f" to=self<|message|>Hm.{between}<|start|>assistant<|message|>Hello."
    form = get_format(name)
    read = form.parse(text)
    assert (read.reasoning, read.content) == read_as
    parser = form.stream_parser()
    deltas = [delta for char in text for delta in parser.feed(char)]
    assert (parser.finish(), parser.finish().issues) == (read, read.issues)
    assert join_deltas([*deltas, *parser.final_deltas]) == read


def test_text_between_messages_is_kept_and_named() -> None:
    read = get_format("muse").parse(
        " to=user<|message|>One.<|eom|>Two.<|start|>assistant to=user<|message|>Three.<|eot|>"
    )
    assert read.content == "One.Two.Three."
    assert "text between messages" in read.issues[0]


def test_white_space_between_messages_is_kept_behind_a_call_without_its_tag() -> None:
    text = 'One.<|end_message|>\n{"name": "get_weather", "args":"x", {"city": ""}}<|end_message|>'
    form = get_format("inkling")
    read = form.parse(text, TOOLS)
    assert read.content == 'One.\n{"city": ""}}'
    parser = form.stream_parser(TOOLS)
    deltas = [delta for char in text for delta in parser.feed(char)]
    assert parser.finish() == read
    assert join_deltas([*deltas, *parser.final_deltas]) == read


@pytest.mark.parametrize(
    ("name", "options", "end"),
    [
        ("qwen3_coder", {}, "<|im_start|>assistant\n"),
        ("qwen3.5", {}, "<|im_start|>assistant\n<think>\n"),
        ("qwen3.5", {"enable_thinking": False}, "<|im_start|>assistant\n<think>\n\n</think>\n\n"),
        ("glm45", {}, "<|user|>\nHi<|assistant|>"),
        ("glm45", {"enable_thinking": False}, "<|user|>\nHi/nothink<|assistant|>\n<think></think>"),
    ],
)
def test_prompts_end_where_the_model_goes_on(name: str, options: dict[str, Any], end: str) -> None:
    rendered = get_format(name).render([{"role": "user", "content": "Hi"}], add_generation_prompt=True, **options)
    assert rendered.text.endswith(end)


def test_a_second_system_message_cannot_be_written() -> None:
    messages = [
        {"role": "system", "content": "A"},
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": "B"},
    ]
    with pytest.raises(FormatError, match=r"message 2: the system message does not begin the conversation"):
        get_format("qwen3.5").render(messages)
    assert get_format("qwen3.5").render(messages, on_loss="drop").losses


def test_white_space_that_the_template_leaves_out_is_noted() -> None:
    rendered = get_format("qwen3.5").render([{"role": "user", "content": " Hi\n"}])
    assert rendered.text == "<|im_start|>user\nHi<|im_end|>\n"
    assert rendered.losses == ("message 0: the white space around the content is left out",)


def test_tools_are_told_as_xml_with_every_key() -> None:
    tool = {
        "name": "f",
        "description": " Does. ",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": ["string", "null"], "enum": ["x"], "default": None, "minimum": 1.5}},
            "required": ["a"],
        },
        "strict": True,
    }
    assert (
        "<tools>\n<function>\n<name>f</name>\n<description>Does.</description>\n<parameters>\n<parameter>\n<name>a</name>\n"
        "<type>['string', 'null']</type>\n<enum>[\"x\"]</enum>\n<default>None</default>\n<minimum>1.5</minimum>\n</parameter>\n"
        '<required>["a"]</required>\n</parameters>\n<strict>True</strict>\n</function>\n</tools>'
    ) in get_format("qwen3_coder").render([{"role": "user", "content": "Hi"}], tools=[tool]).text


@pytest.mark.parametrize("blank", ["\u0120", ""])
def test_a_blank_in_a_tag_may_be_the_tokenizers_own_or_missing(blank: str) -> None:
    text = f'So:\n<function{blank}name="get_weather"><param{blank}name="city">Bonn</param><param name="days">2</param></function>'
    form = get_format("minicpm5")
    parser = form.stream_parser(TOOLS)
    for character in text:
        parser.feed(character)
    for read in (form.parse(text, TOOLS), parser.finish()):
        assert (read.content, json.loads(read.tool_calls[0].function.arguments)) == ("So:", {"city": "Bonn", "days": 2})
        assert read.issues[0].endswith(f"'<function{blank}name=\"' in place of '<function name=\"'")
    assert form.parse(f"Write <function{blank}name and so on.").content == f"Write <function{blank}name and so on."


def test_a_value_may_contain_a_tag_with_another_blank() -> None:
    text = '<function name="get_weather"><param name="city">a <paramname="no">b</param></function>'
    read = get_format("minicpm5").parse(text, TOOLS)
    assert json.loads(read.tool_calls[0].function.arguments) == {"city": 'a <paramname="no">b'}


@pytest.mark.parametrize("key", ["arguments", "properties"])
def test_all_the_arguments_may_stand_in_one_parameter(key: str) -> None:
    text = f'<function name="get_weather"><param name="{key}">{{"city": "Bonn"}}</param></function>'
    read = get_format("minicpm5").parse(text, TOOLS)
    assert json.loads(read.tool_calls[0].function.arguments) == {"city": "Bonn"}


def test_plamos_turn_ends_at_its_tag() -> None:
    read = get_format("plamo3").parse("<|plamo:end_think:plamo|>Yes <<|plamo:tag|>")
    assert (read.content, read.finish_reason) == ("Yes <", "stop")


def test_plamos_arguments_may_stand_without_the_mark_of_their_type() -> None:
    head = (
        "<|plamo:begin_tool_requests:plamo|><|plamo:begin_tool_request:plamo|><|plamo:begin_tool_name:plamo|>get_weather"
        "<|plamo:end_tool_name:plamo|><|plamo:begin_tool_arguments:plamo|>"
    )
    tail = "<|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|><|plamo:end_tool_requests:plamo|>"
    read = get_format("plamo3").parse(head + '{"city": "Bonn"}' + tail, TOOLS)
    assert json.loads(read.tool_calls[0].function.arguments) == {"city": "Bonn"}
    cut = get_format("plamo3").parse(head + "<|plamo:constrain|>js", TOOLS)
    assert (cut.tool_calls[0].function.arguments, cut.finish_reason) == ("{}", "length")


@pytest.mark.parametrize(
    ("name", "opening"),
    [
        ("deepseek_v4", '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="get_weather"'),
        ("deepseek_v32", '<｜DSML｜function_calls>\n<｜DSML｜invoke name="get_weather"'),
        ("minimax_m2", '<minimax:tool_call>\n<invoke name="get_weather"'),
        ("minicpm5", '<function name="get_weather"'),
    ],
)
@pytest.mark.parametrize("end", ["/>", " />"])
def test_a_tag_that_closes_itself_is_a_call_without_arguments(name: str, opening: str, end: str) -> None:
    text = f"So:{opening}{end}"
    parser = get_format(name).stream_parser(TOOLS)
    for character in text:
        parser.feed(character)
    for read in (get_format(name).parse(text, TOOLS), parser.finish()):
        assert [each.function.arguments for each in read.tool_calls] == ["{}"]
        assert any("a tag that closes itself" in issue for issue in read.issues)


def test_calls_follow_a_tag_that_closes_itself() -> None:
    text = (
        '<｜DSML｜tool_calls>\n<｜DSML｜invoke name="ping"/>\n<｜DSML｜invoke name="get_weather">\n<｜DSML｜parameter name="city" '
        'string="true">Bonn</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>Done.'
    )
    read = get_format("deepseek_v4").parse(text)
    assert [each.function.arguments for each in read.tool_calls] == ["{}", '{"city": "Bonn"}']
    assert read.content == "Done."


@pytest.mark.parametrize(("name", "section"), [("deepseek_v4", "tool_calls"), ("deepseek_v32", "function_calls")])
def test_dsml_may_hold_one_object_in_place_of_parameters(name: str, section: str) -> None:
    text = (
        f'<｜DSML｜{section}>\n<｜DSML｜invoke name="get_weather">\n{{"city": "Bonn", "days": 2}}\n</｜DSML｜invoke>\n'
        f'<｜DSML｜invoke name="get_weather">\n{{"city": "Ulm"}}\n</｜DSML｜invoke>\n</｜DSML｜{section}>'
    )
    parser = get_format(name).stream_parser(TOOLS)
    for character in text:
        parser.feed(character)
    for read in (get_format(name).parse(text, TOOLS), parser.finish()):
        assert [each.function.arguments for each in read.tool_calls] == [
            '{"city": "Bonn", "days": 2}',
            '{"city": "Ulm"}',
        ]
        assert read.content is None


def test_a_key_without_its_closing_tag_is_read() -> None:
    read = get_format("glm47").parse(
        "<tool_call>get_weather<arg_key>city<arg_value>Bonn</arg_value><arg_key>days</arg_key><arg_value>2</arg_value></tool_call>",
        TOOLS,
    )
    assert json.loads(read.tool_calls[0].function.arguments) == {"city": "Bonn", "days": 2}


def test_of_plamos_tags_no_half_is_left_that_is_shorter_than_a_token() -> None:
    for text, content in (
        ("a <|", "a <|"),
        ("a <|plamo:", "a <|plamo:"),
        ("a <|plamo:end_", "a "),
        ("a <|plamo:begin_t", "a "),
    ):
        parser = get_format("plamo3").stream_parser()
        for character in text:
            parser.feed(character)
        for read in (get_format("plamo3").parse(text), parser.finish()):
            assert (read.content, read.finish_reason) == (content, "stop" if text == content else "length")
