"""GLM-4's prompts, read back. What the server does to history is undone as far as its text tells."""

from __future__ import annotations

import re
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.formats.glm4 import ASSISTANT, BEGIN, ROLES, TOOL, TOOLS
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, any_of, conversation_of, joined
from fcformat.formats.reading.tool_lists import as_tool, read_json

__all__ = ["read_glm4"]

_HEADERS = {token + "\n": role for role, token in ROLES.items() if role not in ("assistant", "developer")}
_HEADERS[ASSISTANT] = "assistant"
_NEXT = re.compile(rf"(?={any_of(_HEADERS)}|\Z)")
_BEFORE_NAME, _AFTER_NAME, _BEHIND = re.split(r"\{name\}|\{definition\}", TOOL)
_NAME = re.compile(r"[^\n]{1,1000}")


def read_glm4(prompt: PromptText, reply: ReadReply) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        reply: Reads a segment that the assistant wrote.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    prompt.skip(BEGIN)
    generate = prompt.drop_end(ASSISTANT)
    tools = _tools(prompt)
    turns: list[list[Message]] = []  # each message in its segments
    while not prompt.at_end():
        header = next((each for each in _HEADERS if prompt.skip(each)), None)
        if header is None:
            prompt.fail(f"the beginning of a turn: {', '.join(map(repr, _HEADERS))}")
        text, _ = prompt.until(_NEXT)
        if header == ASSISTANT:
            segment = reply(text, tools)
            last = turns[-1][-1] if turns else None
            # Lines of one text, and calls of one turn, are one message.
            joins = last is not None and last.role == "assistant" and bool(last.tool_calls) == bool(segment.tool_calls)
            if joins:
                turns[-1].append(segment)
            else:
                turns.append([segment])
        else:
            turns.append([Message(_HEADERS[header], text)])
    messages = list(map(joined, turns))
    options: dict[str, Any] = {}
    systems = [place for place, message in enumerate(messages) if message.role == "system"]
    if tools and systems:
        # The first system message is the one that tools replace: a further one comes behind it.
        messages.insert(0, Message("system", ""))
    elif not tools and systems:
        again = messages[systems[1]] if len(systems) > 1 else None
        if systems[0] == 0 and again == messages[0]:
            del messages[0]  # the server writes it twice
        else:
            options["system"] = "once"
    return PromptRead(conversation_of(messages, tools, prompt.issues), generate, options)


def _tools(prompt: PromptText) -> tuple[Tool, ...]:
    """Reads the tools that are told at the beginning."""
    if not prompt.skip(ROLES["system"] + TOOLS):
        return ()
    tools = []
    while prompt.skip(_BEFORE_NAME):
        if prompt.match(_NAME) is None:
            prompt.fail("the name of a tool")
        prompt.expect(_AFTER_NAME)
        start = prompt.position
        tools.append(as_tool(read_json(prompt), start, prompt))
        prompt.expect(_BEHIND)
    return tuple(tools)
