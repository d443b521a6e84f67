"""Replies in every format, whole and in pieces: nothing is raised, and both readings agree. Run by Atheris, or without it at random.

python tests/fuzz/fuzz_replies.py -max_total_time=900 grown/ tests/fuzz/corpus/replies/     (with atheris)
python tests/fuzz/fuzz_replies.py --seconds 900                                             (without)
"""

from __future__ import annotations

from typing import Any

from running import Bytes, fuzz, instrumented

with instrumented():
    from fcformat.chat import join_deltas
    from fcformat.formats import get_format, list_formats

TOOLS: list[dict[str, Any]] = [
    {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}},
    {"name": "g", "parameters": {"type": "object", "properties": {}}},
]
FORMATS = [get_format(name) for name in list_formats()]
#: What replies are made of, beside single characters.
WORDS = sorted(
    {mark for form in FORMATS for mark in (*form.turn.openings, *form.boundaries)}
    | {
        "<tool_call>",
        "</tool_call>",
        '{"name": "f", "arguments": {',
        '"a": ',
        "}}",
        "```",
        "<think>",
        "</think>",
        "f",
        "g",
        "null",
        "'",
        "\ud800",
        "\u2028",
        "é😀",
    }
)


def test_one_input(data: bytes) -> None:
    """Reads a reply in one format; the first bytes say which, and where it is cut."""
    if len(data) < 3:
        return
    given = Bytes(data)
    form, step = FORMATS[given.below(len(FORMATS))], 1 + given.below(17)
    text = given.text(WORDS)
    whole = form.parse(text, TOOLS)
    parser = form.stream_parser(TOOLS)
    deltas = [delta for at in range(0, len(text), step) for delta in parser.feed(text[at : at + step])]
    message = parser.finish()
    if message != whole or join_deltas([*deltas, *parser.final_deltas]) != whole:
        raise AssertionError(f"{form.name} reads {text!r} as {whole!r}, and in pieces of {step} as {message!r}")


if __name__ == "__main__":
    fuzz(test_one_input, "replies")
