"""Chunks of a streamed response that hold a piece of text and nothing else of a message, read at one glance.

Most chunks do. What differs is read step by step, which gives the same result.
"""

from __future__ import annotations

import functools
import re

from fcformat.parsing.cursor import Cursor
from fcformat.parsing.message_builder import MessageBuilder
from fcformat.parsing.strings import unescape

__all__ = ["read_plain_chunks"]

_SPACE = r"[ \t\r\n]*"
#: Keys that say something of a message, whatever their place.
_TELLING = "choices|message|delta|finish_reason|content|reasoning_content|reasoning|tool_calls|function_call"
#: Most members beside them; objects may have more.
_MOST = 40


@functools.cache
def _pattern(quote: str) -> re.Pattern[str]:
    """A chunk, its first quote and its text, and what stands before the next chunk; with these quotes."""
    text = rf"[^{quote}\\\x00-\x1f\ud800-\udfff]{{0,4000}}"
    colon, comma = rf"{quote}{_SPACE}:{_SPACE}", rf"{_SPACE},{_SPACE}"
    string = rf'"{text}"|' if quote == '"' else ""  # values in single quotes are counted, step by step
    scalar = rf"(?:{string}-?(?:0|[1-9][0-9]{{0,99}})(?:\.[0-9]{{1,99}})?|true|false|null)"
    other = rf"{quote}(?:(?!(?:{_TELLING}){quote}){text}{colon}{scalar}|finish_reason{colon}null)"
    before, after = rf"(?:{other}{comma}){{0,{_MOST}}}", rf"(?:{comma}{other}){{0,{_MOST}}}"

    def having(key: str, value: str) -> str:
        return rf"\{{{_SPACE}{before}{quote}{key}{colon}{value}{after}{_SPACE}\}}"

    content = rf"{text}(?:\\[\"\\/bfnrt]{text}){{0,400}}"
    choice = having("delta", having("content", rf"{quote}({content}){quote}"))
    chunk = having("choices", rf"\[{_SPACE}{choice}{_SPACE}\]")
    first = rf"(?=\{{{_SPACE}({quote}))"
    return re.compile(rf"{first}{chunk}[ \t\r\n]{{0,64}}(?=data:|\{{)(?:data:{_SPACE}(?=\{{))?")


def read_plain_chunks(cursor: Cursor, builder: MessageBuilder) -> bool:
    """Reads plain chunks, the cursor before one, up to the first that is not plain or is not at hand with what follows it.

    Returns:
        Whether there was one.
    """
    any_read = False
    for quote in "\"'":
        while (chunk := _pattern(quote).match(cursor.buffer, cursor.position)) is not None:
            if chunk[1] == "'":
                builder.report("single quotes", cursor.offset - cursor.position + chunk.start(1))
            cursor.take(chunk.end())
            builder.content(unescape(chunk[2]) if "\\" in chunk[2] else chunk[2])
            any_read = True
    return any_read
