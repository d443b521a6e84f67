"""Replies in every format, whole and in pieces: nothing is raised, and both readings agree. Run by Atheris, or without it at random.

python tests/fuzz/fuzz_replies.py -max_total_time=900 corpus/          (with atheris)
python tests/fuzz/fuzz_replies.py --seconds 900                        (without)
"""

from __future__ import annotations

import random
import sys
import time
from typing import Any

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
    }
)


def reply_of(data: bytes) -> str:
    """A text: bytes above 127 are words, the others themselves."""
    return "".join(WORDS[byte % len(WORDS)] if byte > 127 else chr(byte) for byte in data)


def test_one_input(data: bytes) -> None:
    """Reads a reply in one format; the first bytes say which, and where it is cut."""
    if len(data) < 3:
        return
    form, step, text = FORMATS[data[0] % len(FORMATS)], 1 + data[1] % 17, reply_of(data[2:])
    whole = form.parse(text, TOOLS)
    parser = form.stream_parser(TOOLS)
    deltas = [delta for at in range(0, len(text), step) for delta in parser.feed(text[at : at + step])]
    message = parser.finish()
    if message != whole or join_deltas([*deltas, *parser.final_deltas]) != whole:
        raise AssertionError(f"{form.name} reads {text!r} as {whole!r}, and in pieces of {step} as {message!r}")


def main() -> None:
    """Fuzzes until told to stop."""
    if "--seconds" not in sys.argv:
        import atheris

        atheris.instrument_all()
        atheris.Setup(sys.argv, test_one_input)
        atheris.Fuzz()
        return
    seconds = float(sys.argv[sys.argv.index("--seconds") + 1])
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source, end, runs = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        test_one_input(bytes(source.randrange(256) for _ in range(source.randrange(3, 60))))
        runs += 1
    print(f"{runs} replies without a finding")


if __name__ == "__main__":
    main()
