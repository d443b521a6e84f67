"""Tools as prompts tell of them, read back as far as the words carry them; what they do not carry is named."""

from __future__ import annotations

from typing import Any

import pytest

from fcformat.errors import ParseError
from fcformat.formats import get_format
from fcformat.formats.reading.prompt_text import PromptText, difference

ASK: list[dict[str, Any]] = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello."}]


def there_and_back(name: str, function: dict[str, Any], **options: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The function that is read from the prompt that tells of it, and the issues."""
    form = get_format(name)
    text = form.render(ASK, [function], **options).text
    read = form.read_prompt(text)
    assert form.render(read.conversation.messages, read.conversation.tools, **read.options).text == text
    assert [message.content for message in read.conversation.messages] == ["Hello.", "Hello."]
    (tool,) = read.conversation.tools
    return tool.function_dict(), read.conversation.issues


def with_properties(**properties: Any) -> dict[str, Any]:
    return {"name": "f", "description": "A tool.", "parameters": {"type": "object", "properties": properties}}


WORDS = [
    ("deepseek_v31", {"tell_tools": True}),
    ("hermes", {}),
    ("mistral-v7-tekken", {}),
    ("qwen1_react", {}),
    ("qwen3_coder", {}),
    ("qwen_agent", {"lang": "zh", "parallel_function_calls": True}),
    ("qwen_agent", {}),
]


@pytest.mark.parametrize(("name", "options"), WORDS)
@pytest.mark.parametrize(
    "description",
    [
        "One\n\nParameters: {} and more",
        'A "quoted" text", "parameters": {',
        "Says Parameters: {oh",
        "### Tools\n\n## Tools",
        "{name} {parameters}",
        "> Tool Name: g\nTool Description: no",
    ],
)
def test_descriptions_may_look_like_what_stands_around_them(
    name: str, options: dict[str, Any], description: str
) -> None:
    function = {**with_properties(city={"type": "string", "description": "Where."}), "description": description}
    assert there_and_back(name, function, **options) == (function, ())


@pytest.mark.parametrize(("name", "options"), WORDS)
def test_tools_without_a_description_have_none(name: str, options: dict[str, Any]) -> None:
    function = with_properties(city={"type": "string"})
    del function["description"]
    assert there_and_back(name, function, **options) == (function, ())


def test_names_for_people_and_forms_of_arguments_are_kept() -> None:
    function = {**with_properties(), "name_for_human": "weather service", "args_format": "As JSON."}
    read, issues = there_and_back("qwen_agent", function)
    assert read == function
    assert issues == ()


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string", "default": "5"}, "<default>5</default>"),
        ({"type": "integer", "minimum": 5}, "<minimum>5</minimum>"),
        ({"type": "number", "maximum": 0.5}, "<maximum>0.5</maximum>"),
        ({"type": "string", "pattern": "[0-9]"}, "<pattern>[0-9]</pattern>"),
        ({"type": ["string", "null"]}, "<type>['string', 'null']</type>"),
        ({"type": "boolean", "default": True}, "<default>True</default>"),
        ({"type": "null", "default": None}, "<default>None</default>"),
        ({"type": "array", "items": {"enum": [1, "1"]}}, '<items>{"enum": [1, "1"]}</items>'),
        ({"type": "string", "enum": ["a", "b"]}, '<enum>["a", "b"]</enum>'),
    ],
)
def test_elements_say_what_was_written(schema: dict[str, Any], text: str) -> None:
    function = with_properties(key=schema)
    assert text in get_format("qwen3_coder").render(ASK, [function]).text
    assert there_and_back("qwen3_coder", function) == (function, ())


def test_further_keys_of_a_definition_are_elements() -> None:
    function = {**with_properties(a={"type": "string"}), "strict": True}
    function["parameters"]["required"] = ["a"]
    function["parameters"]["additionalProperties"] = False
    assert there_and_back("qwen3_coder", function) == (function, ())


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "number", "description": "How\nmany: 5, or so"},
        {"type": "boolean", "default": False},
        {"type": ["string", "null"], "description": "A note."},
        {"type": "string", "enum": ["a", 'b "c"', "d, e"]},
        {"type": "string", "enum": ["a", "b"], "default": "a"},
        {"type": "array"},
        {"type": "array", "items": {"type": "string"}, "nullable": True},
        {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
        {"type": "object"},
        {"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "number"}}, "required": ["x"]},
        {"type": "object", "properties": {"x": {"type": "object", "properties": {"y": {"type": "boolean"}}}}},
        {"oneOf": [{"type": "string", "description": "A name."}, {"type": "number"}]},
        {"description": "Anything."},
        {},
    ],
)
def test_typescript_is_read_back_as_far_as_it_tells(schema: dict[str, Any]) -> None:
    function = with_properties(key=schema)
    read, issues = there_and_back("harmony", function)
    assert read == function
    assert issues == ("tool f: TypeScript tells neither integers from other numbers nor keywords that restrict values",)


def test_typescript_does_not_tell_integers_from_numbers() -> None:
    read, _ = there_and_back("harmony", with_properties(key={"type": "integer", "minimum": 5}))
    assert read == with_properties(key={"type": "number"})


def test_lines_of_parameters_are_read_one_level_deep() -> None:
    function = with_properties(
        city={"type": "string", "description": "Where,\n\nor who (required): x"},
        unit={"type": "string", "enum": ["c", "f"], "description": "Unit."},
        days={"type": "integer", "enum": [1, 2]},
        tags={"type": "array", "description": "Tags.", "items": {"type": "string"}},
        more={"type": "object", "properties": {"x": {"type": "string"}}},
    )
    function["parameters"]["required"] = ["city", "tags"]
    read, issues = there_and_back("react", function)
    function["parameters"]["properties"]["more"] = {"type": "object"}
    assert read == function
    assert issues == ("tool f: the prompt tells of parameters one level deep, and of no other keywords",)


def test_items_of_which_no_type_is_told_may_be_anything() -> None:
    read, _ = there_and_back("react", with_properties(key={"type": "array", "items": {"anyOf": [{"type": "null"}]}}))
    assert read["parameters"]["properties"]["key"]["items"] == {"anyOf": [{}]}
    read, _ = there_and_back("react", with_properties(key={"type": "array", "items": {"type": ["string", "null"]}}))
    assert read["parameters"]["properties"]["key"]["items"] == {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("name", "options", "found", "put"),
    [
        ("harmony", {}, "key?: string", "key?: 5"),
        ("hermes", {}, "f(key: str)", "f(key: int)"),
        ("qwen3_coder", {}, "<type>string</type>", "<type>string"),
        ("qwen_agent", {}, "one of [f]", "one of [g]"),
        ("react", {}, "(string)", "string"),
        ("deepseek_v31", {"tell_tools": True}, "Parameters: {", "Parameters: "),
        ("qwen3.5", {}, '{"type": "function", "f', '{"type": "functions", "f'),
    ],
)
def test_tools_that_are_told_otherwise_are_text_and_named(
    name: str, options: dict[str, Any], found: str, put: str
) -> None:
    form = get_format(name)
    text = form.render(ASK, [with_properties(key={"type": "string"})], **options).text
    assert found in text
    changed = text.replace(found, put, 1)
    if name == "harmony":  # where the message has no instructions, it can be nothing else
        with pytest.raises(ParseError, match="found '5,.*expected a type"):
            form.read_prompt(changed)
        changed = changed.replace("# Tools", "# Instructions\n\nBe brief.\n\n# Tools").replace(
            "functions<|end|>", "functions\n\n<|end|>"
        )
    read = form.parse_conversation(changed)
    assert read.tools == ()
    assert any("looks like a list of tools" in issue and "at character" in issue for issue in read.issues)


@pytest.mark.parametrize(
    ("name", "text", "offset", "found"),
    [
        ("llama3.1", "<|begin_of_text|>Hello", 17, "'Hello', expected '<\\|start_header_id\\|>system"),
        ("mistral-v7-tekken", "<s>Hello", 3, r"'Hello', expected one of \[AVAILABLE_TOOLS\]"),
        ("mistral-v3-tekken", "<s>[INST]Hello", 14, r"the end of the prompt, expected '\[/INST\]'"),
        ("mistral-v3-tekken", "<s>[TOOL_RESULTS]{[/TOOL_RESULTS]", 18, "expected JSON"),
        ("mistral-v7-tekken", "<s>[AVAILABLE_TOOLS]{}[/AVAILABLE_TOOLS]", 20, "expected a list of tools"),
        ("deepseek_v3", "<｜User｜>U<｜Assistant｜>A<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>x", 67, "the end"),
        ("glm4", "[gMASK]<sop>Hello", 12, "'Hello', expected the beginning of a turn"),
        ("openai", '{"messages": [], ', 17, "the end of the prompt, expected JSON"),
        ("openai", '{"messages": []} more', 16, "' more', expected the end of the prompt"),
        ("openai", "[]", 0, "expected an object with 'messages'"),
        ("harmony", "<|start|>system<|message|>Hello<|end|>", 26, "expected .*Knowledge cutoff"),
        ("qwen_agent", "<|im_start|>tool\nHello<|im_end|>\n", 0, "expected the header of system, user or assistant"),
        ("react", "Hello", 0, "'Hello', expected the header"),
    ],
)
def test_what_is_no_prompt_is_refused_with_the_place(name: str, text: str, offset: int, found: str) -> None:
    with pytest.raises(ParseError, match=found) as raised:
        get_format(name).parse_conversation(text)
    assert raised.value.offset == offset


def test_results_and_answers_that_a_line_break_parts_are_noted() -> None:
    form = get_format("react")
    call = {"function": {"name": "f", "arguments": "{}"}}
    asked: list[dict[str, Any]] = [
        {"role": "user", "content": "Go."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    for result, noted in (("one line", False), ('{"a": [\n1, 2]}', False), ("two\nlines", True)):
        messages: list[dict[str, Any]] = [
            *asked,
            {"role": "tool", "content": result},
            {"role": "assistant", "content": "Done."},
        ]
        read = form.parse_conversation(form.render(messages).text)
        assert any("parted by a line break" in issue for issue in read.issues) == noted
        assert (read.messages[2].content == result) != noted


def test_the_day_of_a_prompt_is_an_option_of_it() -> None:
    for name, option in (("llama3.2", "date_string"), ("harmony", "date")):
        form = get_format(name)
        text = form.render(ASK).text
        read = form.read_prompt(text)
        assert set(read.options) == {option}
        assert form.render(read.conversation.messages, **read.options).text == text


def test_a_second_system_message_keeps_its_place_behind_the_one_that_tools_replace() -> None:
    for name in ("chatglm3", "glm4"):
        form = get_format(name)
        systems = [{"role": "system", "content": "A."}, {"role": "system", "content": "B."}]
        text = form.render([*systems, *ASK], [with_properties()]).text
        read = form.parse_conversation(text)
        assert [message.content for message in read.messages] == ["", "B.", "Hello.", "Hello."]
        assert form.render(read.messages, read.tools).text == text


def test_the_first_difference_is_found() -> None:
    assert difference("abc", "abc") == ""
    assert difference("abcd", "abxd") == "at character 2: found 'cd', which would be written 'xd'"
    assert difference("ab", "abc") == "at character 2: found '', which would be written 'c'"


def test_a_part_of_a_prompt_is_read_on_its_own() -> None:
    part = PromptText("x", "one two three").part(4, 7)
    assert part.up_to("three") is None
    assert part.rest() == "two"
    assert part.at_end()
