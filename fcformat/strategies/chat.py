"""Tools, calls, messages and conversations: what an agent's code meets, up to what a given format can express.

What a format can express is asked of the format itself: each thing that a conversation may hold (a system turn, several calls at
once, text beside a call, ...) is rendered once, and drawn only if that does not raise.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from fcformat.chat import Conversation, FunctionCall, Message, Tool, ToolCall, normalize_tools
from fcformat.errors import FcformatError, FormatError
from fcformat.formats import Format, get_format
from fcformat.formats.argument_schemas import arguments_schema
from fcformat.strategies._source import ValueSource
from fcformat.strategies.values import source_of

__all__ = ["conversations", "messages", "tool_calls", "tools"]

_VERBS = ("get", "search", "create", "send", "list", "convert")
_NOUNS = ("weather", "file", "order", "email", "calendar_event", "price", "user")
_FIELDS = ("city", "query", "path", "limit", "unit", "tags", "start_date", "user_id", "options", "body", "verbose")
_SENTENCES = (
    "Hello.",
    "What is the weather in 北京?",
    "One moment, please.",
    "Thanks; that is all.",
    "a\nb",
    "22 °C, fine.",
)
_TEXT = st.sampled_from(_SENTENCES) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
_MOST_TURNS, _MOST_CALLS = 4, 3

_SCALARS = (
    {"type": "string"},
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "string", "enum": ["celsius", "fahrenheit"]},
    {"type": "integer", "minimum": 1, "maximum": 100},
    {"type": "string", "format": "date"},
    {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"},
    {"anyOf": [{"type": "string"}, {"type": "null"}]},
    {"type": ["integer", "string"]},
)


def tools(max_parameters: int = 5) -> st.SearchStrategy[Tool]:
    """Tools as people write them: a name, mostly a description, and an object of parameters that always has values.

    Args:
        max_parameters: Most parameters of a tool.
    """
    return _tools(max_parameters)


def _draw_tool(draw: st.DrawFn, max_parameters: int) -> Tool:
    name = f"{draw(st.sampled_from(_VERBS))}_{draw(st.sampled_from(_NOUNS))}"
    function: dict[str, Any] = {"name": name}
    if draw(st.integers(0, 4)) < 4:
        function["description"] = f"{name.replace('_', ' ').capitalize()}."
    function["parameters"] = _parameters(draw, max_parameters, 1)
    return Tool.from_any({"type": "function", "function": function})


_draw_tool.__name__ = "tools"
_tools = st.composite(_draw_tool)


def _parameters(draw: st.DrawFn, most: int, nested: int) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(_FIELDS), unique=True, max_size=most))
    properties = {}
    for name in names:
        schema: dict[str, Any] = dict(draw(st.sampled_from(_SCALARS)))
        shape = draw(st.sampled_from(("scalar", "scalar", "scalar", "list", "object"))) if nested else "scalar"
        if shape == "list":
            schema = {"type": "array", "items": schema}
        elif shape == "object":
            schema = _parameters(draw, 3, nested - 1)
        if draw(st.booleans()):
            schema["description"] = f"The {name.replace('_', ' ')}."
        properties[name] = schema
    required = [name for name in names if draw(st.booleans())]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def tool_calls(
    tools: Iterable[Any], undeclared_arguments: str = "forbid", id: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[ToolCall]:
    """Calls of the given tools, with arguments that are valid under the called tool's schema.

    Args:
        tools: OpenAI-shaped tools or functions, callables, pydantic models; at least one that can be called.
        undeclared_arguments: `"forbid"` or `"schema"`, as `Format.grammar` has it.
        id: What draws the calls' ids; default: none has one.

    Raises:
        FormatError: The tools are wrong, or no tool can be called.
        SchemaError, UnsupportedSchemaError, GrammarLimitError: A tool's schema is wrong, or beyond what is supported.
    """
    callable_tools = _callable(normalize_tools(tools), undeclared_arguments)
    if not callable_tools.sources:
        raise FormatError("tool_calls: found no tools, expected at least one that can be called")
    return _tool_calls(callable_tools, id)


class _Callable:
    """Tools with what draws their arguments."""

    def __init__(self, tools: tuple[Tool, ...], sources: tuple[ValueSource, ...]) -> None:
        self.tools = tools
        self.sources = sources

    def __repr__(self) -> str:
        return repr([tool.to_openai() for tool in self.tools])

    def draw(self, draw: st.DrawFn, identifier: str | None) -> ToolCall:
        at = draw(st.integers(0, len(self.tools) - 1))
        arguments = json.dumps(self.sources[at].draw(draw), ensure_ascii=False)
        return ToolCall(FunctionCall(self.tools[at].name, arguments), identifier)


def _callable(tools: tuple[Tool, ...], undeclared_arguments: str) -> _Callable:
    sources = tuple(source_of(_object_only(arguments_schema(tool, undeclared_arguments))) for tool in tools)
    return _Callable(tools, sources)


def _object_only(schema: Any) -> Any:
    return {"type": "object", "allOf": [schema]} if isinstance(schema, bool) or "type" not in schema else schema


def _draw_call(draw: st.DrawFn, tools: _Callable, id: st.SearchStrategy[str] | None) -> ToolCall:
    return tools.draw(draw, draw(id) if id is not None else None)


_draw_call.__name__ = "tool_calls"
_tool_calls = st.composite(_draw_call)


def messages(tools: Iterable[Any] | None = None, roles: Sequence[str] | None = None) -> st.SearchStrategy[Message]:
    """Single messages of any role; assistants call the given tools.

    Args:
        tools: As `tool_calls` takes them; without, nothing is called.
        roles: Only these roles.

    Raises:
        FormatError: The tools or the roles are wrong.
    """
    known = ("user", "assistant", "system", "developer", "tool")
    chosen = tuple(roles) if roles is not None else known
    if unknown := [role for role in chosen if role not in known] or ([] if chosen else ["nothing"]):
        raise FormatError(f"roles: found {unknown[0]!r}, expected some of {', '.join(known)}")
    return _messages(_callable(normalize_tools(tools), "forbid"), chosen)


def _draw_message(draw: st.DrawFn, tools: _Callable, roles: tuple[str, ...]) -> Message:
    role = draw(st.sampled_from(roles))
    if role == "assistant":
        return _assistant(draw, tools, _EVERYTHING, 0, calling=bool(tools.tools) and draw(st.booleans()))
    if role == "tool":
        return Message("tool", draw(_TEXT), tool_call_id=f"call_{draw(st.integers(0, 3))}")
    return Message(role, draw(_TEXT))


_draw_message.__name__ = "messages"
_messages = st.composite(_draw_message)


@dataclasses.dataclass(frozen=True)
class Abilities:
    """What a format can express, beside questions and answers."""

    answers: bool = True
    system: bool = True
    tools: bool = True
    parallel: bool = True
    beside: bool = True
    reasoning: bool = True
    short_ids: bool = False


_EVERYTHING = Abilities()


@functools.lru_cache(maxsize=256)
def abilities(form: Format) -> Abilities:
    """What a format can express, found out by rendering one small conversation of each kind."""
    tool = Tool.from_any({"name": "ping", "parameters": {"type": "object", "properties": {}}})
    ask = Message("user", "Hello.")

    def can(*turns: Message, tools: tuple[Tool, ...] = ()) -> bool:
        try:
            form.render(turns, tools=tools or None, on_loss="raise")
        except FcformatError:
            return False
        return True

    def called(count: int, content: str | None, short: bool) -> bool:
        calls = tuple(ToolCall(FunctionCall("ping", "{}"), call_id(index, short)) for index in range(count))
        results = tuple(Message("tool", "pong", tool_call_id=call.id, name="ping") for call in calls)
        return can(ask, Message("assistant", content, calls), *results, tools=(tool,))

    short = called(1, None, True) and not called(1, None, False)
    return Abilities(
        answers=can(ask, Message("assistant", "Hello.")),
        system=can(Message("system", "Be brief."), ask),
        tools=called(1, None, short),
        parallel=called(2, None, short),
        beside=called(1, "One moment.", short),
        reasoning=form.turn.reasons and can(ask, Message("assistant", "Yes.", reasoning="Is it?")),
        short_ids=short,
    )


class Named:
    """A format as an argument of a strategy, whose repr can be pasted."""

    def __init__(self, form: Format) -> None:
        self.form = form

    def __repr__(self) -> str:
        return repr(self.form.name)


def call_id(index: int, short: bool = False) -> str:
    """An id as OpenAI's API gives them; short: nine letters and digits, which is all that some families can write."""
    return f"call{index:05d}" if short else f"call_{index:024d}"


def conversations(
    format: Format | str | None = None, tools: Iterable[Any] | None = None
) -> st.SearchStrategy[Conversation]:
    """Conversations that a format can express: they render, and what they hold is not lost.

    They begin with a system message or a question; an assistant answers, or calls tools whose results follow. Every call is
    answered. Texts are free of the format's own marks only as far as rendering asks for it.

    Args:
        format: A format or its name; default: whatever the conversation model can hold.
        tools: As `tool_calls` takes them; default: up to two drawn ones.

    Raises:
        FormatError: The format is not known, or the tools are wrong.
    """
    form = get_format(format) if isinstance(format, str) else format
    if form is not None and not abilities(form).answers:
        raise FormatError(
            f"{form.name}: found no way to render a question and an answer, expected a format with a prompt"
        )
    given = None if tools is None else _callable(normalize_tools(tools), "forbid")
    return _conversations(None if form is None else Named(form), given)


def _draw_conversation(draw: st.DrawFn, format: Named | None, tools: _Callable | None) -> Conversation:
    can = _EVERYTHING if format is None else abilities(format.form)
    if tools is None:
        drawn = draw(st.lists(_tools(4), max_size=2, unique_by=lambda tool: tool.name)) if can.tools else []
        tools = _callable(tuple(drawn), "forbid")
    turns: list[Message] = []
    if can.system and draw(st.booleans()):
        turns.append(Message("system", draw(_TEXT)))
    count = 0
    for _ in range(draw(st.integers(1, _MOST_TURNS))):
        turns.append(Message("user", draw(_TEXT)))
        if tools.tools and can.tools and draw(st.booleans()):
            calling = _assistant(draw, tools, can, count, calling=True)
            count += len(calling.tool_calls)
            turns.append(calling)
            for call in calling.tool_calls:
                result = draw(_TEXT | st.sampled_from(('{"ok": true}', "22")))
                turns.append(Message("tool", result, tool_call_id=call.id, name=call.function.name))
        turns.append(_assistant(draw, tools, can, count, calling=False))
    conversation = Conversation(tuple(turns), tools.tools)
    return conversation if format is None else _expressible(format.form, conversation)


_draw_conversation.__name__ = "conversations"
_conversations = st.composite(_draw_conversation)


def _assistant(draw: st.DrawFn, tools: _Callable, can: Abilities, count: int, *, calling: bool) -> Message:
    reasoning = draw(st.none() | st.sampled_from(_SENTENCES)) if can.reasoning else None
    if not calling:
        return Message("assistant", draw(_TEXT), reasoning=reasoning)
    number = draw(st.integers(1, _MOST_CALLS if can.parallel else 1))
    content = draw(st.none() | st.sampled_from(_SENTENCES)) if can.beside else None
    calls = tuple(tools.draw(draw, call_id(count + index, can.short_ids)) for index in range(number))
    return Message("assistant", content, calls, reasoning=reasoning)


def _expressible(form: Format, conversation: Conversation) -> Conversation:
    """The conversation; where the format cannot write it, with plain texts instead, then without its calls."""
    turns = conversation.messages
    plain = tuple(dataclasses.replace(turn, content=turn.content and "Hello.") for turn in turns)
    silent = tuple(turn for turn in plain if turn.role != "tool" and not turn.tool_calls)
    for candidate in (turns, plain, silent):
        try:
            form.render(candidate, tools=conversation.tools or None, on_loss="raise")
        except FormatError:
            continue
        return Conversation(candidate, conversation.tools)
    return Conversation((Message("user", "Hello."), Message("assistant", "Hello.")))
