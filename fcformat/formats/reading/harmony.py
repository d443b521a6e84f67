"""Harmony's prompts, read back. Reading a turn ends where its last message does: a call, a final answer, or another's turn."""

from __future__ import annotations

import dataclasses
import datetime
import re
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import ParseError
from fcformat.formats.call_syntax.harmony_channels import CALL, CHANNEL, END, MESSAGE, RETURN, START
from fcformat.formats.harmony import (
    ASSISTANT,
    CHANNELS,
    CUTOFF,
    EFFORT,
    EFFORTS,
    FUNCTIONS,
    IDENTITY,
    INSTRUCTIONS,
    NAMESPACE,
    TOOLS,
    USER,
)
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, any_of, conversation_of, unquoted
from fcformat.formats.reading.typescript import read_typescript
from fcformat.formats.typescript import namespace_opening

__all__ = ["read_harmony"]

_SYSTEM_ENDS = re.compile(re.escape(CUTOFF))
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ENDS = re.compile(rf"{re.escape(END)}(?={re.escape(START)}|\Z)")
_SAID_ENDS = re.compile(rf"({any_of((END, CALL, RETURN))})(?={re.escape(START)}|\Z)")
_RESULT = re.compile(
    rf"{re.escape(START)}functions\.([^\s<]{{1,1000}}) to=assistant{re.escape(CHANNEL)}commentary{re.escape(MESSAGE)}"
)
_FINAL = f"{CHANNEL}final"


def read_harmony(prompt: PromptText, reply: ReadReply) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        reply: Reads what the assistant wrote.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    options = _system(prompt)
    generate = prompt.drop_end(ASSISTANT)
    messages: list[Message] = []
    tools = _developer(prompt, messages)
    while not prompt.at_end():
        if prompt.skip(USER):
            messages.append(Message("user", _said(prompt)))
        elif (result := prompt.match(_RESULT)) is not None:
            messages.append(Message("tool", unquoted(_said(prompt)), name=result[1]))
        elif prompt.skip(ASSISTANT):
            message = reply(_turn(prompt), tools)
            if message.tool_calls and message.content and message.reasoning is None:
                # Without any reasoning, what is said beside a call would stand in the other channel.
                message = dataclasses.replace(message, reasoning="")
            messages.append(message)
        else:
            prompt.fail(
                f"a message of the user, the assistant or a function: {USER!r}, {ASSISTANT!r}, {START}functions."
            )
    return PromptRead(conversation_of(messages, tools, prompt.issues), generate, options)


def _system(prompt: PromptText) -> dict[str, Any]:
    """Reads the system message: the options that it is written with."""
    options: dict[str, Any] = {}
    prompt.expect(f"{START}system{MESSAGE}")
    start = prompt.position
    identity, found = prompt.until(_SYSTEM_ENDS)
    if found is None:
        prompt.fail(repr(CUTOFF), start)
    if identity != IDENTITY:
        options["model_identity"] = identity
    start = prompt.position
    date = prompt.match(_DATE)
    if date is None:
        prompt.fail("a date")
    try:
        options["date"] = datetime.date(*map(int, date.groups()))
    except ValueError:
        prompt.fail("a date", start)
    prompt.expect(EFFORT)
    effort = next((each for each in EFFORTS if prompt.skip(each)), None)
    if effort is None:
        prompt.fail(" or ".join(EFFORTS))
    if effort != EFFORTS[1]:
        options["reasoning_effort"] = effort
    prompt.expect(CHANNELS)
    prompt.skip(FUNCTIONS)
    prompt.expect(END)
    return options


def _developer(prompt: PromptText, messages: list[Message]) -> tuple[Tool, ...]:
    """Reads the developer's message: the system text, which it adds to the messages, and the tools."""
    if not prompt.skip(f"{START}developer{MESSAGE}"):
        return ()
    start = prompt.position
    text = _said(prompt)
    tools: tuple[Tool, ...] = ()
    opening = TOOLS + namespace_opening(NAMESPACE)
    place = text.find(opening)
    if place >= 0:
        part = prompt.part(start + place + len(opening), start + len(text))
        try:
            tools = read_typescript(NAMESPACE, part)
            if not part.at_end():
                part.fail("the end of the message")
        except ParseError as error:
            if not text.startswith(INSTRUCTIONS):
                raise
            prompt.issues.append(f"what looks like a list of tools is none, and is kept as system text: {error}")
            tools = ()
        else:
            prompt.issues += part.issues
            text = text[:place]
    if text:
        if not (text.startswith(INSTRUCTIONS) and text.endswith("\n\n")):
            prompt.fail(f"{INSTRUCTIONS!r}, or tools", start)
        messages.append(Message("system", text[len(INSTRUCTIONS) : -2]))
    return tools


def _said(prompt: PromptText) -> str:
    """Reads a message's text and its end."""
    start = prompt.position
    text, end = prompt.until(_ENDS)
    if end is None:
        prompt.fail(f"a message that ends in {END!r}", start)
    return text


def _turn(prompt: PromptText) -> str:
    """Reads the messages of a turn, behind the beginning of the first one; what the assistant wrote."""
    start = prompt.position
    while True:
        message = prompt.position
        text, end = prompt.until(_SAID_ENDS)
        if end is None:
            prompt.issues.append("the last turn has no end")
            return prompt.text[start : prompt.limit]
        if end[1] != END or _FINAL in text.partition(MESSAGE)[0] or not prompt.has(ASSISTANT):
            return prompt.text[start : message + len(text)]
        prompt.skip(ASSISTANT)
