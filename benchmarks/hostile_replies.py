"""How long every format's parser takes for long hostile replies, whole and in pieces.

For each format a set of texts is made from what the format itself writes: half tags, openings without an end, floods of small calls,
one call with a very long argument of each unpleasant kind, deep nesting, marks of quotes and brackets, unicode. Times are the
processor's, for ten million characters: they grow linearly with the text, so that shorter texts tell them as well (`--size`). Where such a
time is long, the text is measured again with all its characters (`--again`): what a message may hold is bounded, and behind a bound reading
is fast.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fcformat.chat import FunctionCall, Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats import get_format, list_formats
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.reasoning import ReasonedTurn
from fcformat.formats.rendered import Draft

#: What times are given for.
CHARACTERS = 10_000_000
TOOLS: list[dict[str, Any]] = [
    {
        "name": "f",
        "parameters": {
            "type": "object",
            "properties": {
                "a": {"type": "string"},
                "b": {"type": "integer"},
                "c": {"type": "array", "items": {"type": "integer"}},
            },
        },
    },
    {"name": "g", "parameters": {"type": "object", "properties": {}}},
]


#: What divides a turn: tags, marks in brackets or flowers, labels.
_MARK = re.compile(r"<[^<>\n]{1,60}>|\[/?[A-Z_]+\]|✿\w+✿|>>>\w+\n|\n?[A-Z]\w+(?: \w+)?:")
#: What values are made of, without their ends.
_RAW = ("[", "{", '{"a":', "[[],", "\\", '"', "'", "<", "a=1,", "a:1,", "1,", "<a>", "</", "\n ")


def written(form: Format, calls: list[dict[str, Any]], content: str | None = None, reasoning: str | None = None) -> str:
    """What a turn with these calls of `f` (of `g` where there are no arguments) looks like; `""` if the format cannot say it."""
    tool_calls = tuple(
        ToolCall(FunctionCall("f" if arguments else "g", json.dumps(arguments, ensure_ascii=False)), f"{number:09d}")
        for number, arguments in enumerate(calls)
    )
    draft = Draft(())
    try:
        form.turn.write(Message("assistant", content, tool_calls, reasoning), 0, draft)
    except FormatError:
        return ""
    return "".join(segment.text for segment in draft.rendered().segments)


def flood(form: Format, arguments: dict[str, Any], size: int) -> str:
    """Calls up to a size; formats with one call a turn repeat what they write."""
    one, three = written(form, [arguments]), written(form, [arguments] * 3)
    closed = form.turn.reasoning.closing if isinstance(form.turn, ReasonedTurn) and form.parse("a").reasoning else ""
    if not three:
        return closed + one * (size // max(1, len(one)))
    two = written(form, [arguments] * 2)
    at = next((place for place, pair in enumerate(zip(two, three)) if pair[0] != pair[1]), len(two))
    another = three[at : at + len(three) - len(two)]
    return closed + two[:at] + another * (max(0, size - len(two)) // len(another)) + two[at:]


@dataclasses.dataclass(frozen=True)
class Hostile:
    """A kind of text.

    Attributes:
        name: What it is.
        text: Makes one of about so many characters, `""` where the format cannot say it.
        calls: Whether it holds no whole call, one, or many (2).
    """

    name: str
    text: Callable[[int], str]
    calls: int = 0


def _times(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda size: before + unit * (size // max(1, len(unit))) + after


def hostile(form: Format) -> Iterator[Hostile]:
    """The texts for one format."""
    yield Hostile("prose", _times("The weather in Paris is nice, and it was so yesterday.\n"))
    for mark in "<", "{", "[", "|", "`", '"', "'", "\\", "\n", " ", "(":
        yield Hostile(f"{mark!r} over and over", _times(mark))
    yield Hostile("unicode", _times("\U0001d11e\u00e9\ud7ff\u4e2d"))
    small = written(form, [{"a": "x"}]) or written(form, [{}])
    for number, opening in enumerate(form.turn.openings):
        yield Hostile(f"half openings {number}", _times(opening[:-1]))
        yield Hostile(f"openings {number}", _times(opening))
        yield Hostile(f"openings in lines {number}", _times(opening + "\n"))
    for number, stop in enumerate(form.boundaries[:1]):
        yield Hostile(f"half ends {number}", _times(stop[:-1] + "x"))
    for share in (0.25, 0.5, 0.75, 0.9):
        begun = small[: int(len(small) * share)]
        if begun:
            yield Hostile(f"calls begun ({share:.0%})", _times(begun))
    marks = list(dict.fromkeys(_MARK.findall(_everything(form))))
    for mark, following in zip(marks, [*marks, ""][1:], strict=True):
        yield Hostile(f"{mark!r} over and over", _times(mark))
        yield Hostile(f"{mark!r} with text", _times(f"{mark}x"))
        yield Hostile(f"{mark!r} and the next", _times(mark + following))
    thought = written(form, [], "y", "r")
    if thought:
        yield Hostile("reasoning", _times(thought))
    if small:
        yield from _hostile_calls(form, small)


def _hostile_calls(form: Format, small: str) -> Iterator[Hostile]:
    """Whole calls, one or many, and one that does not end."""
    yield Hostile("calls without arguments", lambda size: flood(form, {}, size), 2)
    yield Hostile("small calls", lambda size: flood(form, {"a": "x"}, size), 2)
    yield Hostile(
        "calls of three arguments", lambda size: flood(form, {"a": "some text", "b": 12, "c": [1, 2]}, size), 2
    )
    long = {
        "plain": "abcdefghij klmnop",
        "quotes": '"',
        "single quotes": "it's ",
        "backslashes": "\\",
        "line breaks": "line\n",
        "control characters": "\x01\x02",
        "unicode": "\u00e9\u4e2d\U0001d11e",
        "angle brackets": "<",
        "closing brackets": "\"}]}',)",
        "ends of calls": small[len(small) // 2 :],
        "calls": small + "\n",
        "openings": "".join(form.turn.openings) + " ",
    }

    def one(make: Callable[[int], dict[str, Any]]) -> Callable[[int], str]:
        return lambda size: written(form, [make(size)])

    def texts(unit: str) -> Callable[[int], str]:
        return one(lambda size: {"a": _times(unit)(size)})

    for kind, unit in long.items():
        yield Hostile(f"an argument of {kind}", texts(unit), 1)
    nested: list[Any] = []
    for _ in range(100):
        nested = [nested]
    yield Hostile("an argument of numbers", one(lambda size: {"c": [1] * (size // 3)}), 1)
    yield Hostile("an argument of words", one(lambda size: {"c": ["ab", True, None, 1.5] * (size // 23)}), 1)
    yield Hostile("an argument of objects", one(lambda size: {"c": [{"k": 1}] * (size // 10)}), 1)
    yield Hostile("an argument of nested arrays", one(lambda size: {"c": [nested] * (size // 204)}), 1)
    yield Hostile(
        "many arguments", one(lambda size: {"a": "x", **{f"k{number}": 1 for number in range(size // 12)}}), 1
    )
    head = re.split("""['"]?x""", small, maxsplit=1)[0]
    for unit in _RAW:
        yield Hostile(f"a call that goes on with {unit!r}", _times(unit, head), 1)
    if '{"name": ' in small:
        before, after = small.split('{"name": ', 1)
        yield Hostile("many other members", _times('"k": 1, ', before + "{", '"name": ' + after), 1)


def _everything(form: Format) -> str:
    """A turn with all that a format can write."""
    calls = [{"a": "x"}]
    for content, reasoning in (("y", "r"), (None, "r"), ("y", None)):
        text = written(form, calls, content, reasoning) or written(form, calls * 2, content, reasoning)
        if text:
            return text
    return written(form, calls) or written(form, [], "y")


def measured(form: Format, text: str, piece: int) -> tuple[float, float, int]:
    """Processor seconds whole, the same in pieces, and the calls found."""
    form.parse(text[:2_000], TOOLS)  # patterns are compiled when they are first needed
    start = time.process_time()
    message = form.parse(text, TOOLS)
    whole = time.process_time() - start
    if not piece:
        return whole, 0.0, len(message.tool_calls)
    start = time.process_time()
    parser = form.stream_parser(TOOLS)
    for at in range(0, len(text), piece):
        parser.feed(text[at : at + piece])
    streamed = parser.finish()
    pieces = time.process_time() - start
    if streamed != message:
        raise AssertionError(f"{form.name}: {text[:80]!r} is read in another way in pieces")
    return whole, pieces, len(message.tool_calls)


_KINDS = ("without a whole call", "of one call", "of many calls")


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as Markdown: each format's slowest text of each kind."""
    lines = [f"| format |{'|'.join(f' slowest text {kind} ' for kind in _KINDS)}|", "|---|---|---|---|"]
    for name, texts in figures.items():
        cells = []
        for number in range(len(_KINDS)):
            rows = [(row["whole"], row["pieces"], what) for what, row in texts.items() if row["written"] == number]
            whole, pieces, what = max(rows, default=(0.0, 0.0, ""))
            told = what.replace("|", "\\|")  # a bar would end the cell
            cells.append(f"{told}: {whole:.1f} ({pieces:.1f}) s" if what else "")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    every = [row for texts in figures.values() for row in texts.values()]
    for number, title in enumerate(_KINDS):
        found = [row for row in every if row["written"] == number]
        if found:
            under = sum(row["whole"] < 1 for row in found), sum(row["pieces"] < 1 for row in found)
            lines.append(f"\n{len(found)} texts {title}: {under[0]} in less than a second whole, {under[1]} in pieces.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--size", type=int, default=CHARACTERS, help="characters of a text")
    arguments.add_argument(
        "--again", type=float, default=0.7, help="seconds from which a text is measured at full length"
    )
    arguments.add_argument("--piece", type=int, default=4_096, help="characters of a piece; 0: only whole texts")
    arguments.add_argument("--formats", nargs="*", default=list_formats())
    arguments.add_argument("--texts", default="", help="only texts with this in their name")
    arguments.add_argument("--over", type=float, default=0.0, help="print only what takes longer, in seconds")
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--markdown", type=Path, help="write a table of each format's slowest texts")
    options = arguments.parse_args()
    figures: dict[str, dict[str, Any]] = {}
    for name in options.formats:
        form = get_format(name)
        for kind in hostile(form):
            what, text = kind.name, kind.text(options.size) if options.texts in kind.name else ""
            if not text:
                continue
            whole, pieces, found = measured(form, text, options.piece)
            scale = CHARACTERS / len(text)
            if max(whole, pieces) * scale >= options.again and options.size < CHARACTERS:
                text = kind.text(CHARACTERS)
                whole, pieces, found = measured(form, text, options.piece)
                scale = CHARACTERS / len(text)
            figures.setdefault(name, {})[what] = {
                "characters": len(text),
                "whole": whole * scale,
                "pieces": pieces * scale,
                "calls": found,
                "written": kind.calls,
            }
            if max(whole, pieces) * scale >= options.over:
                each = f"{1e6 * whole / found:7.2f} us a call" if found > 1 else ""
                print(f"{name:20s} {what:32s} {whole * scale:8.3f} {pieces * scale:8.3f} {found:8d} {each}", flush=True)
    if options.markdown:
        options.markdown.write_text(table(figures), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
