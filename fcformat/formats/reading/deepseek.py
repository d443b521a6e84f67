"""DeepSeek's prompts up to V3.1, read back."""

from __future__ import annotations

import re
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import ParseError
from fcformat.formats.deepseek_format import (
    ASSISTANT,
    BEGIN,
    END,
    OUTPUT_BEGIN,
    OUTPUT_END,
    OUTPUTS_BEGIN,
    USER,
    DeepSeekLayout,
)
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, any_of, conversation_of

__all__ = ["read_deepseek"]

_SAID = re.compile(rf"(?={any_of((USER, ASSISTANT))}|\Z)")
#: The publisher's template of V3 forgets the end before results, and what opens them after the first time.
_ANSWERED = re.compile(
    rf"{re.escape(END)}(?={any_of((USER, ASSISTANT, OUTPUTS_BEGIN, OUTPUT_BEGIN))}|\Z)"
    rf"|(?={any_of((OUTPUTS_BEGIN, chr(10) + OUTPUT_BEGIN))})"
)
_OUTPUT_ENDS = re.compile(re.escape(OUTPUT_END))


def read_deepseek(prompt: PromptText, layout: DeepSeekLayout, reply: ReadReply) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        layout: How this version lays conversations out.
        reply: Reads what the assistant wrote.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    options: dict[str, Any] = {}
    messages: list[Message] = []
    tools: tuple[Tool, ...] = ()
    prompt.skip(BEGIN)
    generate = False
    if layout.thinking and prompt.drop_end(ASSISTANT + layout.thinking):
        generate = options["thinking"] = True
    else:
        generate = prompt.drop_end(ASSISTANT + layout.answered)
    start = prompt.position
    text, _ = prompt.until(_SAID)
    if layout.tell is not None:
        text, tools = _told(prompt, layout, text, start)
        if tools:
            options["tell_tools"] = True
    if text:
        messages.append(Message("system", text))
    opening, between, closing = layout.results
    ended = True
    while not prompt.at_end():
        if not ended:
            prompt.fail(repr(END))
        if prompt.skip(USER):
            messages.append(Message("user", prompt.until(_SAID)[0]))
            continue
        if prompt.has(opening + OUTPUT_BEGIN) or prompt.has(between + OUTPUT_BEGIN):
            prompt.skip(opening if prompt.has(opening + OUTPUT_BEGIN) else between)
            while prompt.skip(OUTPUT_BEGIN):
                text, end = prompt.until(_OUTPUT_ENDS)
                if end is None:
                    prompt.fail(repr(OUTPUT_END))
                messages.append(Message("tool", text))
                if prompt.has(between + OUTPUT_BEGIN):
                    prompt.skip(between)
            prompt.skip(closing)
            if prompt.at_end() or prompt.has(USER):
                continue
        elif prompt.skip(ASSISTANT):
            prompt.skip(layout.answered)
        else:
            prompt.fail(f"one of {USER!r}, {ASSISTANT!r}, {OUTPUT_BEGIN!r}")
        text, end_of_turn = prompt.until(_ANSWERED)
        ended = end_of_turn is not None
        messages.append(reply(text, tools))
    if not ended:
        prompt.issues.append("the last turn has no end")
    return PromptRead(conversation_of(messages, tools, prompt.issues), generate, options)


def _told(prompt: PromptText, layout: DeepSeekLayout, text: str, start: int) -> tuple[str, tuple[Tool, ...]]:
    """The system text without what tells of the tools at its end, and the tools."""
    assert layout.tell is not None  # asked before
    place = text.find(layout.tell.before)
    if place < 0:
        return text, ()
    part = prompt.part(start + place + len(layout.tell.before), start + len(text))
    try:
        tools = layout.tell.read(part)
    except ParseError as error:
        prompt.issues.append(f"what looks like a list of tools is none, and is kept as system text: {error}")
        return text, ()
    return text[:place].removesuffix("\n\n"), tools
