"""What an assistant may say and call, for properties that hold for every format: tools, messages, texts and their pieces."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

from hypothesis import strategies as st

from fcformat.chat import FunctionCall, Message, ToolCall, join_deltas
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.reasoning import ReasonedTurn
from fcformat.formats.rendered import Draft
from fcformat.parsing.fences import FenceTracker, SpanTracker

__all__ = [
    "CUTS",
    "IDS",
    "SCHEMAS",
    "SPICE",
    "TOOLS",
    "calls_of",
    "can_call",
    "everything",
    "messages",
    "pieces",
    "prompt_of",
    "streamed",
    "written",
]

#: Tools whose arguments are of every kind, among them such that only the schema can tell apart.
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather.",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string"},
                    "days": {"type": "integer"},
                    "size": {"type": "number"},
                    "unit": {"enum": ["c", "f", None]},
                    "safe": {"type": "boolean"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "more": {"type": "object", "properties": {"x": {"type": "boolean"}, "y": {"type": "string"}}},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}},
]
SCHEMAS = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}

#: Characters and words that are anything to some format, beside the whole of Unicode.
SPICE = st.sampled_from(
    [*list("<>|{}[]()\"'\\`~,:=/\n\r\t "), "```", "\\n", "\\u", "\x00", "\x85", "\u2028", "é", "中", "😀", "null", "true",
     "5", "get_weather", "ping", "call", "</", "<|", "|>", "ping()", '{"name": ', "✿", "Action:", "<think>", "</think>"]
)  # fmt: skip
TEXT = st.lists(st.characters(exclude_categories=["Cs"]) | SPICE, max_size=10).map("".join)
_ARGUMENTS = {
    "days": st.integers(),
    "size": st.floats(allow_nan=False, allow_infinity=False) | st.integers(),
    "unit": st.sampled_from(["c", "f", None]),
    "safe": st.booleans(),
    "tags": st.lists(TEXT, max_size=3),
    "more": st.fixed_dictionaries({}, optional={"x": st.booleans(), "y": TEXT}),
    # A raw text that reads like null is null, where the schema has both: no family can say the other.
    "note": TEXT.map(lambda text: f"{text}." if text.strip() in ("null", "None") else text) | st.none(),
}
_WEATHER = st.fixed_dictionaries({"city": TEXT}, optional=_ARGUMENTS)

#: Texts that no format takes for anything else.
_WORDS = st.sampled_from(["Hello.", "One moment, please", "天气 is fine; 22 degrees.", "a\nb"])
#: Where ids are written, what they look like.
IDS: dict[str, str] = {}


def prompt_of(form: Format) -> str:
    """A prompt that holds nothing of the reply; families differ in what they take a reply to begin with that has none."""
    return next(prompt for prompt in ("Hello", "[INST]Hello[/INST]") if not form.begun(prompt))


CUTS = st.lists(st.integers(0, 300), max_size=8) | st.just(list(range(3000)))


@st.composite
def messages(draw: st.DrawFn, form: Format, plain: bool = False) -> Message:
    """A message that the format can express; arguments are valid under `TOOLS`.

    Args:
        draw: Given by Hypothesis.
        form: The format.
        plain: Whether texts are of words only; a grammar keeps text from spelling even the beginnings of a call.
    """
    content = draw(st.none() | (_WORDS if plain else TEXT))
    if content:
        alone = form.parse(content, TOOLS, prompt=prompt_of(form))
        fences, spans = FenceTracker(), SpanTracker()
        fences.feed(content)
        spans.feed(content)
        # A call behind an open code fence, or right behind the backtick of a code span, is an example, not a call.
        # So is white space and nothing else layout before it, in some families.
        if (
            fences.inside
            or spans.inside("", content[-1])
            or not content.strip()
            or (alone.content, alone.tool_calls, alone.reasoning, alone.issues) != (content, (), None, ())
        ):
            content = draw(_WORDS)
    calls = []
    for index in range(draw(st.integers(0 if content else 1, 3))):
        name = draw(st.sampled_from(list(SCHEMAS)))
        arguments = draw(_WEATHER) if name == "get_weather" else {}
        if plain and arguments.get("note"):
            # Where a text may also be something else, grammars of raw texts leave out what reads like the other.
            arguments["note"] = draw(_WORDS)
        calls.append(_call(form, name, arguments, index))
    reasoning = draw(st.none() | (_WORDS if plain else TEXT)) if isinstance(form.turn, ReasonedTurn) else None
    if reasoning and isinstance(form.turn, ReasonedTurn):
        marks = form.turn.reasoning
        if any(mark in reasoning for mark in (marks.opening, marks.closing, *marks.ended_by, *form.boundaries)):
            reasoning = draw(_WORDS)
    options = [(content, calls), (content, calls[:1]), (None, calls[:1]), (content, [])]
    for text, some in options:
        message = Message("assistant", text or (None if some else ""), tuple(some), reasoning=reasoning or None)
        if _is_written(form, message):
            return message
    # An argument that the format cannot spell, or a format without calls.
    ping = Message("assistant", None, (_call(form, "ping", {}, 0),))
    return ping if _is_written(form, ping) else Message("assistant", draw(_WORDS))


def _call(form: Format, name: str, arguments: dict[str, Any], index: int) -> ToolCall:
    identifier = IDS.get(form.name, "call_{:024d}").format(index)
    return ToolCall(FunctionCall(name, json.dumps(arguments, ensure_ascii=False)), identifier)


def can_call(form: Format) -> bool:
    """Whether the format has calls at all."""
    return _is_written(form, Message("assistant", None, (_call(form, "ping", {}, 0),)))


def _is_written(form: Format, message: Message) -> bool:
    try:
        form.turn.write(message, 0, Draft(()))
    except FormatError:
        return False
    return True


def written(form: Format, message: Message) -> str:
    """The text of an assistant's turn."""
    draft = Draft(())
    form.turn.write(message, 0, draft)
    return draft.rendered().text


def calls_of(message: Message) -> list[tuple[str, Any]]:
    """Names and decoded arguments; arguments that are no JSON stay text."""
    calls: list[tuple[str, Any]] = []
    for call in message.tool_calls:
        try:
            calls.append((call.function.name, json.loads(call.function.arguments)))
        except ValueError:
            calls.append((call.function.name, call.function.arguments))
    return calls


def pieces(text: str, seed: object) -> list[str]:
    """The text in pieces of random sizes."""
    rng, out, at = random.Random(str(seed)), [], 0
    while at < len(text):
        size = rng.choice((1, 2, 3, 5, 8, 13, 40))
        out.append(text[at : at + size])
        at += size
    return out


def streamed(
    form: Format, text: str, cuts: list[int], tools: Any = None, prompt: str | None = None
) -> tuple[Message, Message]:
    """What a stream gives for a text cut at these places: its message, and its deltas joined."""
    parser = form.stream_parser(tools, prompt=prompt_of(form) if prompt is None else prompt)
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]
    deltas = [delta for start, end in itertools.pairwise(places) for delta in parser.feed(text[start:end])]
    message = parser.finish()
    return message, join_deltas([*deltas, *parser.final_deltas])


def everything(message: Message) -> tuple[Any, ...]:
    """The message with what its equality leaves out."""
    return message, message.issues, message.finish_reason
