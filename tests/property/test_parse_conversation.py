"""Prompts read back: rendering what was read gives the prompt again, and what was read is the conversation, up to stated losses."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from fcformat import strategies as fst
from fcformat.chat import Conversation, Message
from fcformat.errors import FormatError, ParseError
from fcformat.formats import get_format, list_formats
from fcformat.formats.base import Format
from fcformat.formats.call_format import CallFormat
from fcformat.formats.reading.prompt_text import PromptRead
from support.conversations import SPICE

pytestmark = pytest.mark.filterwarnings("ignore::fcformat.formats.losses.FormatLossWarning")

NAMES = [name for name in list_formats() if not isinstance(get_format(name), CallFormat)]
DAY = datetime.date(2025, 1, 15)
_few = settings(
    max_examples=15 if settings().max_examples < 1000 else settings().max_examples,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, *settings().suppress_health_check],
)

#: Options of `render` that some families have.
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "chatglm3": [{"training": True}],
    "deepseek_v31": [{"thinking": True}, {"tell_tools": True}],
    "glm4": [{"system": "once"}],
    "harmony": [{"reasoning_effort": "low"}, {"model_identity": "You are somebody."}],
    "llama3.1": [{"tools_in_user_message": False}, {"date_string": "1 May 2025"}],
    "llama3.2": [{"tools_in_user_message": False}],
    "qwen_agent": [
        {"training": True},
        *({"lang": lang, "parallel_function_calls": more} for lang in ("en", "zh") for more in (True, False)),
    ],
    "qwen1_react": [{"training": True}],
    **{name: [{"enable_thinking": True}, {"enable_thinking": False}] for name in ("glm45", "qwen3", "qwen3.5", "qwq")},
}
#: Families whose prompts do not tell of tools (unless asked to).
UNTOLD = {"deepseek_v3", "deepseek_v31", "qwen1.5", "qwen2"}
#: Families that tell of tools in other words than JSON's: what is compared is what the words have.
IN_WORDS = {"harmony", "react"}


@st.composite
def requests(draw: st.DrawFn, name: str) -> tuple[Conversation, dict[str, Any]]:
    """A conversation of a family, perhaps one that breaks off, and what it is rendered with."""
    conversation = draw(fst.conversations(name))
    messages = conversation.messages[: draw(st.integers(1, len(conversation.messages)))]
    options = dict(draw(st.sampled_from([{}, *OPTIONS.get(name, [])])))
    options["add_generation_prompt"] = draw(st.booleans())
    return Conversation(messages, conversation.tools), options


def written(form: Format, conversation: Conversation, **options: Any) -> Any:
    options = {"date": DAY, **options}
    return form.render(conversation.messages, conversation.tools or None, **options)


def attempt(form: Format, text: str) -> tuple[PromptRead | None, FormatError | ParseError | None]:
    """What a prompt says, or why it is none."""
    try:
        return form.read_prompt(text), None
    except (ParseError, FormatError) as error:
        return None, error


def again(form: Format, read: PromptRead) -> str:
    """The prompt that is written for what was read."""
    options = {"on_loss": "drop", **read.options}
    return str(written(form, read.conversation, add_generation_prompt=read.add_generation_prompt, **options).text)


def said(name: str, messages: tuple[Message, ...], default: tuple[str, ...]) -> list[Any]:
    """What the messages say, without ids, names, and a system text that the family writes by itself."""
    if messages and messages[0].role == "system" and messages[0].content in default:
        messages = messages[1:]
    return [
        (
            message.role,
            (message.content or "").removeprefix("Thought: " if name == "qwen1_react" else ""),
            message.reasoning or "",
            [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls],
        )
        for message in messages
    ]


def told(name: str, conversation: Conversation) -> list[Any]:
    """The tools, as far as prompts of the family tell of them."""
    if name not in IN_WORDS:
        return [tool.to_openai() for tool in conversation.tools]
    tools: list[Any] = []
    for tool in conversation.tools:
        schema: Any = tool.parameters
        tools.append((tool.name, tool.description, list(schema["properties"]), sorted(schema.get("required", ()))))
    return tools


def ambiguous(name: str, messages: tuple[Message, ...], generate: bool) -> bool:
    """Whether the family's text does not tell where one thing ends and another begins."""
    if name == "react":
        if generate and messages[-1].role == "assistant" and messages[-2:][0].role == "tool":
            return True
        return any(message.role == "tool" and "\n" in (message.content or "") for message in messages)
    if name == "harmony":  # what is said beside a call stands where reasoning stands
        return any(message.content and message.tool_calls and not message.reasoning for message in messages)
    # System text in front of a question is the question's, in the oldest version.
    return name == "mistral-v3-tekken" and any(message.role == "system" for message in messages)


@pytest.mark.parametrize("name", NAMES)
@_few
@given(data=st.data())
def test_what_is_read_is_written_again_to_the_byte(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    conversation, options = data.draw(requests(name))
    try:
        text = written(form, conversation, **options).text
    except FormatError:
        assume(False)
    note(text)
    read = form.read_prompt(text)
    assert again(form, read) == text
    assert not any("would be written" in issue for issue in read.conversation.issues)


@pytest.mark.parametrize("name", NAMES)
@_few
@given(data=st.data())
def test_what_is_read_is_the_conversation(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    conversation, options = data.draw(requests(name))
    options = {key: value for key, value in options.items() if key not in ("training", "enable_thinking")}
    # An argument that spells the beginning of a turn is one, in text.
    calls = [call.function.arguments for message in conversation.messages for call in message.tool_calls]
    assume(not any(mark in arguments for mark in form.boundaries for arguments in calls))
    try:
        rendered = written(form, conversation, **options)
    except FormatError:
        assume(False)
    read = form.parse_conversation(rendered.text)
    if rendered.losses or ambiguous(name, conversation.messages, options["add_generation_prompt"]):
        # What is lost once is lost: what was read is read again.
        conversation = dataclasses.replace(read)
        read = form.parse_conversation(written(form, read, **options, on_loss="drop").text)
        assert (read.messages, read.tools) == (conversation.messages, conversation.tools)
        return
    note(rendered.text)
    defaults = ("", *_defaults(form))
    assert said(name, read.messages, defaults) == said(name, conversation.messages, defaults)
    if name not in UNTOLD or options.get("tell_tools"):
        assert told(name, read) == told(name, conversation)


def _defaults(form: Format) -> tuple[str, ...]:
    layout: Any = getattr(form, "layout", None)
    texts = [getattr(layout, "default_system", ""), getattr(getattr(layout, "tools", None), "default_system", "")]
    folding: Any = getattr(form, "_folding", None)
    return (*texts, getattr(folding, "default_system", ""))


@pytest.mark.parametrize("name", NAMES)
@_few
@given(data=st.data())
def test_calls_and_results_are_tied_by_ids(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    conversation, _ = data.draw(requests(name))
    try:
        read = form.parse_conversation(written(form, conversation, on_loss="drop").text)
    except FormatError:
        assume(False)
    made: list[str | None] = []
    for message in read.messages:
        made += [call.id for call in message.tool_calls]
    assert None not in made
    assert len(made) == len(set(made))
    assert {message.tool_call_id for message in read.messages if message.role == "tool"} <= {None, *made}


@pytest.mark.parametrize("name", NAMES)
@_few
@given(data=st.data())
def test_nothing_of_a_damaged_prompt_is_lost_in_silence(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    conversation, options = data.draw(requests(name))
    try:
        text = written(form, conversation, on_loss="drop", **options).text
    except FormatError:
        assume(False)
    marks = st.sampled_from(["", *form.boundaries, *(piece for piece in text.split() if len(piece) < 40)])
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 6))
        text = text[:start] + data.draw(marks | SPICE) + text[end:]
    note(text)
    read, error = attempt(form, text)
    if isinstance(error, ParseError):
        assert 0 <= error.offset <= len(text)
        assert "found" in str(error)
    if read is None:
        return
    try:
        same = again(form, read) == text
    except FormatError:
        same = False
    assert same or read.conversation.issues


@pytest.mark.parametrize(
    "name", ["qwen2.5", "glm4", "llama3.1", "mistral-v7-tekken", "deepseek_v31", "qwen1_react", "hermes"]
)
@_few
@given(data=st.data())
def test_tools_of_all_kinds_are_read_back(name: str, data: st.DataObject) -> None:
    form = get_format(name)
    text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
    properties: dict[str, Any] = data.draw(
        st.dictionaries(text, fst.json_schemas(max_depth=2) | st.just({}), min_size=1, max_size=3)
    )
    parameters = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    tool: dict[str, Any] = {"name": "f", "description": data.draw(text), "parameters": parameters}
    asked = (Message("user", "Hello."), Message("assistant", "Hello."))
    options: dict[str, Any] = {"tell_tools": True} if name == "deepseek_v31" else {}
    text_of_prompt = form.render(asked, [tool], date=DAY, **options).text
    note(text_of_prompt)
    read = form.read_prompt(text_of_prompt)
    assert again(form, read) == text_of_prompt
    assert [each.to_openai()["function"] for each in read.conversation.tools] == [tool]
