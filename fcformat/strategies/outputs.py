"""`model_outputs`: what a model might write in a format, from flawless to hostile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

from hypothesis import strategies as st

from fcformat.chat import Message, normalize_tools
from fcformat.errors import FormatError
from fcformat.formats import Format, get_format
from fcformat.formats.rendered import Draft
from fcformat.strategies.chat import Named, _Callable, _callable, abilities, call_id

__all__ = ["assistant_turns", "model_outputs", "written"]

Quality = Literal["valid", "sloppy", "hostile"]

_WORDS = st.sampled_from(("Hello.", "One moment, please.", "天气 is fine; 22 degrees.", "a\nb"))
_CHATTER = st.sampled_from(
    ("Sure! ", "I will call the tool now.\n", "\n\n", "Here you are:\n```json\n", "```\n", "</s>", "<think>")
)
_ODDITIES = (
    *(
        "{",
        "}",
        "[",
        "]",
        '"',
        "'",
        "\\",
        "\\u",
        "\\ud800",
        "<",
        "</",
        "<|",
        "|>",
        "```",
        "~~~",
        ",",
        ":",
        "=",
        "(",
        ")",
    ),
    *(
        "\x00",
        "\x1f",
        "\x85",
        "\u2028",
        "\ufeff",
        "\U0010ffff",
        "e\u0301",
        "null",
        "None",
        "NaN",
        "1e999",
        "-",
        "0" * 40,
    ),
    *('{"name": ', '"arguments": ', "[[" * 20, "{" * 20, " " * 40, "\n" * 10, "&lt;", "<![CDATA[", "]]>", "<!--"),
)
_MOST_PIECES = 24


def model_outputs(
    format: Format | str, tools: Iterable[Any] | None = None, quality: Quality = "valid"
) -> st.SearchStrategy[str]:
    """Texts that a model might write where it is its turn.

    Args:
        format: A format or its name.
        tools: The tools of the conversation, as `tool_calls` takes them.
        quality: `"valid"`: what the format itself writes for an answer or for valid calls. `"sloppy"`: that, with the mistakes
            that models make: cut off, chatter around it, Python's literals and quotes, commas too many, tags that are missing
            or written twice. `"hostile"`: beginnings, ends and halves of everything that means something to the format, in
            any order.

    Raises:
        FormatError: The format is not known, or the tools are wrong.
        ValueError: `quality` is none of these.
    """
    form = get_format(format) if isinstance(format, str) else format
    if quality not in _WRITERS:
        raise ValueError(f"quality: found {quality!r}, expected one of {', '.join(_WRITERS)}")
    return _model_outputs(Named(form), _callable(normalize_tools(tools), "forbid"), quality)


def _draw_output(draw: st.DrawFn, format: Named, tools: _Callable, quality: str) -> str:
    return _WRITERS[quality](draw, format.form, tools)


_draw_output.__name__ = "model_outputs"
_model_outputs = st.composite(_draw_output)


def written(form: Format, message: Message) -> str:
    """What a model writes to say a message.

    Raises:
        FormatError: The format cannot express it.
    """
    draft = Draft(())
    form.turn.write(message, 0, draft)
    return draft.rendered().text


def assistant_turns(format: Format, tools: _Callable) -> st.SearchStrategy[Message]:
    """Messages that the format's assistant can say."""
    return _assistant_turns(format, tools)


def _draw_turn(draw: st.DrawFn, format: Format, tools: _Callable) -> Message:
    content = draw(st.none() | _WORDS)
    calls = []
    if tools.tools and (content is None or draw(st.booleans())):
        short = abilities(format).short_ids
        calls = [tools.draw(draw, call_id(index, short)) for index in range(draw(st.integers(1, 3)))]
    reasoning = draw(st.none() | _WORDS) if format.turn.reasons else None
    plain = None if calls else "Hello."
    for text, some in ((content, calls), (content, calls[:1]), (None, calls[:1]), (content or plain, [])):
        message = Message("assistant", text if text or some else "Hello.", tuple(some), reasoning=reasoning)
        try:
            written(format, message)
        except FormatError:
            continue
        return message
    return Message("assistant", "Hello.")


_draw_turn.__name__ = "assistant_turns"
_assistant_turns = st.composite(_draw_turn)


def _valid(draw: st.DrawFn, form: Format, tools: _Callable) -> str:
    text = written(form, draw(assistant_turns(form, tools)))
    stopped = draw(st.booleans())
    return text + (form.stops[0] if form.stops and stopped else "")


def _sloppy(draw: st.DrawFn, form: Format, tools: _Callable) -> str:
    text = _valid(draw, form, tools)
    for _ in range(draw(st.integers(1, 2))):
        text = draw(st.sampled_from(_MISTAKES))(draw, text)
    return text


def _hostile(draw: st.DrawFn, form: Format, tools: _Callable) -> str:
    text = _valid(draw, form, tools)
    marks: list[str] = list(
        dict.fromkeys((*form.turn.openings, *form.boundaries, *re.findall(r"<[^<>\s]{1,30}>|\S{1,12}", text)))
    )
    halves = [mark[: len(mark) // 2] for mark in marks if len(mark) > 1]
    known: list[str] = [*marks, *halves, *_ODDITIES, *(tool.name for tool in tools.tools)]
    piece = st.sampled_from(known) | st.text(max_size=4)
    pieces = draw(st.lists(piece, max_size=_MOST_PIECES))
    if draw(st.booleans()):
        pieces.insert(draw(st.integers(0, len(pieces))), text)
    return "".join(pieces)


_WRITERS: dict[str, Callable[[st.DrawFn, Format, _Callable], str]] = {
    "valid": _valid,
    "sloppy": _sloppy,
    "hostile": _hostile,
}


def _cut_off(draw: st.DrawFn, text: str) -> str:
    return text[: draw(st.integers(0, len(text)))]


def _chatter(draw: st.DrawFn, text: str) -> str:
    said = draw(_CHATTER)
    return said + text if draw(st.booleans()) else text + said


def _one(draw: st.DrawFn, text: str, found: list[re.Match[str]], become: str) -> str:
    """One of the places found becomes something else."""
    if not found:
        return text
    at = found[draw(st.integers(0, len(found) - 1))]
    return text[: at.start()] + become + text[at.end() :]


def _single_quotes(draw: st.DrawFn, text: str) -> str:
    return text.replace('"', "'")


def _python_words(draw: st.DrawFn, text: str) -> str:
    words = {"true": "True", "false": "False", "null": "None"}
    return re.sub(r"\b(true|false|null)\b", lambda found: words[found[0]], text)


def _comma(draw: st.DrawFn, text: str) -> str:
    found = list(re.finditer(r"[}\]]", text))
    return _one(draw, text, found, "," + found[0][0] if found else "")


def _lost_mark(draw: st.DrawFn, text: str) -> str:
    return _one(draw, text, list(re.finditer(r"<[^<>\n]{1,40}>|[{}\[\]\"]", text)), "")


def _doubled(draw: st.DrawFn, text: str) -> str:
    found = list(re.finditer(r"<[^<>\n]{1,40}>|[{}\[\]\"]", text))
    at = draw(st.integers(0, max(len(found) - 1, 0)))
    return text[: found[at].end()] + text[found[at].start() :] if found else text


def _raw_newline(draw: st.DrawFn, text: str) -> str:
    place = draw(st.integers(0, len(text)))
    return f"{text[:place]}\n{text[place:]}"


_MISTAKES = (_cut_off, _chatter, _single_quotes, _python_words, _comma, _lost_mark, _doubled, _raw_newline)
