"""How long every format's parser takes for long hostile replies, whole and in pieces.

For each format a set of texts is made from what the format itself writes: half tags, openings without an end, floods of small calls,
one call with a very long argument of each unpleasant kind, deep nesting, marks of quotes and brackets, unicode. Times are the
processor's, for ten million characters: they grow linearly with the text, so that shorter texts tell them as well (`--size`). A flood of
valid calls becomes as many objects, so that its time is also given per call.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fcformat.chat import FunctionCall, Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats import get_format, list_formats
from fcformat.formats.base import Format
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


def written(form: Format, calls: list[dict[str, Any]], content: str | None = None) -> str:
    """What a turn with these calls of `f` (of `g` where there are no arguments) looks like; `""` if the format cannot say it."""
    tool_calls = tuple(
        ToolCall(FunctionCall("f" if arguments else "g", json.dumps(arguments, ensure_ascii=False)), f"{number:09d}")
        for number, arguments in enumerate(calls)
    )
    draft = Draft(())
    try:
        form.turn.write(Message("assistant", content, tool_calls), 0, draft)
    except FormatError:
        return ""
    return "".join(segment.text for segment in draft.rendered().segments)


def flood(form: Format, arguments: dict[str, Any], size: int) -> tuple[str, int]:
    """Calls up to a size, and how many; formats with one call a turn repeat what they write."""
    one, three = written(form, [arguments]), written(form, [arguments] * 3)
    if not three:
        count = size // max(1, len(one))
        return one * count, count
    count = 1 + max(0, size - len(one)) * 2 // (len(three) - len(one))
    return written(form, [arguments] * count), count


def hostile(form: Format, size: int) -> Iterator[tuple[str, str, int]]:
    """Names, texts, and how many calls the texts are made of."""

    def times(unit: str) -> str:
        return unit * (size // max(1, len(unit)))

    yield "prose", times("The weather in Paris is nice, and it was so yesterday.\n"), 0
    for mark in "<", "{", "[", "|", "`", '"', "'", "\\", "\n", " ", "(":
        yield f"{mark!r} over and over", times(mark), 0
    yield "unicode", times("\U0001d11e\u00e9\ud7ff\u4e2d"), 0
    small = written(form, [{"a": "x"}]) or written(form, [{}])
    for number, opening in enumerate(form.turn.openings):
        yield f"half openings {number}", times(opening[:-1]), 0
        yield f"openings {number}", times(opening), 0
        yield f"openings in lines {number}", times(opening + "\n"), 0
    for number, stop in enumerate(form.boundaries[:1]):
        yield f"half ends {number}", times(stop[:-1] + "x"), 0
    for share in (0.25, 0.5, 0.75, 0.9):
        begun = small[: int(len(small) * share)]
        if begun:
            yield f"calls begun ({share:.0%})", times(begun), 0
    if not written(form, [{}]):
        return
    yield "calls without arguments", *flood(form, {}, size)
    yield "small calls", *flood(form, {"a": "x"}, size)
    yield "calls of three arguments", *flood(form, {"a": "some text", "b": 12, "c": [1, 2]}, size)
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
    for kind, unit in long.items():
        text = written(form, [{"a": times(unit)}])
        if text:
            yield f"an argument of {kind}", text, 1
    text = written(form, [{"c": [1] * (size // 3)}])
    if text:
        yield "an argument of numbers", text, 1
    nested: list[Any] = []
    for _ in range(100):
        nested = [nested]
    text = written(form, [{"c": [nested] * (size // 204)}])
    if text:
        yield "an argument of nested arrays", text, 1
    text = written(form, [{"a": "x", **{f"k{number}": 1 for number in range(size // 12)}}])
    if text:
        yield "many arguments", text, 1


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


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as Markdown: each format's flood of small calls, and its slowest text of each other kind."""
    lines = [
        "| format | small calls | of it, each call | slowest text without a whole call | slowest single call |",
        "|---|--:|--:|---|---|",
    ]
    for name, texts in figures.items():
        cells = []
        calls = texts.get("small calls") or texts.get("calls without arguments")
        if calls:
            each = calls["whole"] * calls["characters"] / CHARACTERS / max(1, calls["calls"])
            told = f"{1e6 * each:.0f} µs" if calls["calls"] > 1 else ""  # some formats end a turn behind a call
            cells += [f"{calls['whole']:.1f} ({calls['pieces']:.1f}) s", told]
        else:
            cells += ["", ""]
        for is_call in (False, True):
            rows = [
                (row["whole"], row["pieces"], what) for what, row in texts.items() if row["written"] == int(is_call)
            ]
            whole, pieces, what = max(rows, default=(0.0, 0.0, ""))
            cells.append(f"{what}: {whole:.1f} ({pieces:.1f}) s" if what else "")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    every = [row for texts in figures.values() for row in texts.values()]
    for kind, title in enumerate(("without a whole call", "of one call", "of many calls")):
        found = [row for row in every if min(row["written"], 2) == kind]
        if found:
            under = sum(row["whole"] < 1 for row in found), sum(row["pieces"] < 1 for row in found)
            lines.append(f"\n{len(found)} texts {title}: {under[0]} in less than a second whole, {under[1]} in pieces.")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures and prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--size", type=int, default=CHARACTERS, help="characters of a text")
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
        for what, text, calls in hostile(form, options.size):
            if options.texts not in what or not text:
                continue
            whole, pieces, found = measured(form, text, options.piece)
            scale = CHARACTERS / len(text)
            figures.setdefault(name, {})[what] = {
                "characters": len(text),
                "whole": whole * scale,
                "pieces": pieces * scale,
                "calls": found,
                "written": calls,
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
