"""Llama 3's prompts, read back: the texts are those that `llama_format` writes."""

from __future__ import annotations

import re
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import ParseError
from fcformat.formats.llama_format import ASKED, BEGIN, CUTOFF, END, ENVIRONMENT, FORM, TODAY, TOLD, header
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, conversation_of, unquoted
from fcformat.formats.reading.tool_lists import read_tool

__all__ = ["read_llama"]

_HEADER = re.compile(re.escape(header("ROLE")).replace("ROLE", "([a-z_]+)"))
#: The model ends a turn that calls a built-in tool with the other mark.
_ENDS = re.compile(rf"(?:{re.escape(END)}|<\|eom_id\|>)(?=<\|start_header_id\|>|\Z)")
_DATE = re.compile(r"[^\n]{0,100}")


def read_llama(prompt: PromptText, reply: ReadReply, usual_date: str) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        reply: Reads what the assistant wrote.
        usual_date: The date that is written without being asked for.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    options: dict[str, Any] = {}
    prompt.skip(BEGIN)
    generate = prompt.drop_end(header("assistant"))
    prompt.expect(header("system"))
    told = prompt.skip(ENVIRONMENT)
    prompt.expect(CUTOFF)
    prompt.expect(TODAY)
    date = prompt.match(_DATE)
    if date is not None and date[0] != usual_date:
        options["date_string"] = date[0]
    prompt.expect("\n\n")
    tools: tuple[Tool, ...] = ()
    messages: list[Message] = []
    if told:
        tools = _tools(prompt, TOLD + FORM)
        if tools:
            options["tools_in_user_message"] = False
    text, end = prompt.until(_ENDS)
    if text:
        messages.append(Message("system", text))
    asked = told and not tools
    while not prompt.at_end():
        if end is None:
            prompt.fail(repr(END))
        start = prompt.position
        found = prompt.match(_HEADER)
        if found is None:
            prompt.fail("the header of a turn")
        role = found[1]
        if role not in ("system", "user", "assistant", "ipython"):
            prompt.fail("the header of system, user, assistant or ipython", start)
        if asked and role != "system":
            tools, asked = _tools(prompt, ASKED + FORM), False
        text, end = prompt.until(_ENDS)
        if role == "assistant":
            messages.append(reply(text, tools))
        else:
            messages.append(Message("tool", unquoted(text)) if role == "ipython" else Message(role, text))
    if end is None:
        prompt.issues.append("the last turn has no end")
    return PromptRead(conversation_of(messages, tools, prompt.issues), generate, options)


def _tools(prompt: PromptText, told: str) -> tuple[Tool, ...]:
    """Reads the text that tells of the tools, and the tools."""
    if not prompt.skip(told):
        return ()
    tools: list[Tool] = []
    while prompt.has("{"):
        start = prompt.position
        try:
            tool = read_tool(prompt)
            prompt.expect("\n\n")
        except ParseError:
            prompt.position = start  # the question, or the system text, begins so
            break
        tools.append(tool)
    if not tools:
        prompt.fail("a tool")
    return tuple(tools)
