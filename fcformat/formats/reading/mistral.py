"""Mistral's prompts, read back: control tokens around everything but what the assistant writes."""

from __future__ import annotations

import json
import re
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.formats.mistral_format import MistralLayout, decoded
from fcformat.formats.reading.prompt_text import PromptRead, PromptText, ReadReply, any_of, conversation_of
from fcformat.formats.reading.tool_lists import as_tool, read_json

__all__ = ["read_mistral"]

_CLOSING = {
    "[AVAILABLE_TOOLS]": "[/AVAILABLE_TOOLS]",
    "[INST]": "[/INST]",
    "[SYSTEM_PROMPT]": "[/SYSTEM_PROMPT]",
    "[TOOL_RESULTS]": "[/TOOL_RESULTS]",
}
_ENDS = {opening: re.compile(re.escape(closing)) for opening, closing in _CLOSING.items()}
_EOS = "</s>"
_EOS_ENDS = re.compile(rf"{_EOS}(?={any_of(_CLOSING)}|\Z)")


def read_mistral(prompt: PromptText, layout: MistralLayout, reply: ReadReply) -> PromptRead:
    """Reads a prompt.

    Args:
        prompt: The prompt.
        layout: How this version lays conversations out.
        reply: Reads what the assistant wrote.

    Raises:
        ParseError: The prompt is not laid out so.
    """
    tools: tuple[Tool, ...] = ()
    messages: list[Message] = []
    prompt.skip("<s>")
    while not prompt.at_end():
        opening = next((each for each in _CLOSING if prompt.has(each)), None)
        if opening is None:
            if not messages:
                prompt.fail(f"one of {', '.join(_CLOSING)}")
            text, end = prompt.until(_EOS_ENDS)
            if end is None:
                prompt.issues.append(f"the last turn has no end, expected {_EOS!r}")
            messages.append(reply(text, tools))
            continue
        prompt.skip(opening)
        start = prompt.position
        if opening == "[AVAILABLE_TOOLS]":
            definitions = read_json(prompt)
            if not isinstance(definitions, list):
                prompt.fail("a list of tools", start)
            tools = tuple(as_tool(_without_empty(definition), start, prompt) for definition in definitions)
            prompt.expect(_CLOSING[opening])
        elif opening == "[TOOL_RESULTS]":
            messages.append(_result(prompt, layout))
        else:
            text, end = prompt.until(_ENDS[opening])
            if end is None:
                prompt.fail(repr(_CLOSING[opening]))
            messages.append(Message("user" if opening == "[INST]" else "system", text))
    return PromptRead(conversation_of(messages, tools, prompt.issues, ids=layout.ids))


def _without_empty(definition: Any) -> Any:
    """A definition without the empty description that is written where there is none."""
    function = definition.get("function") if isinstance(definition, dict) else None
    if isinstance(function, dict) and function.get("description") == "":
        del function["description"]
    return definition


def _result(prompt: PromptText, layout: MistralLayout) -> Message:
    """Reads a result, behind its opening mark."""
    start = prompt.position
    if layout.result == "object":
        value = read_json(prompt)
        prompt.expect(_CLOSING["[TOOL_RESULTS]"])
        if not isinstance(value, dict) or not isinstance(value.get("call_id"), str):
            prompt.fail("an object with 'content' and 'call_id'", start)
        return Message("tool", _written(value.get("content")), tool_call_id=value["call_id"])
    text, end = prompt.until(_ENDS["[TOOL_RESULTS]"])
    if end is None:
        prompt.fail(repr(_CLOSING["[TOOL_RESULTS]"]))
    if layout.result == "text":
        return Message("tool", text)
    identifier, mark, content = text.partition("[TOOL_CONTENT]")
    if not mark:
        prompt.fail("an id and '[TOOL_CONTENT]'", start)
    return Message("tool", content, tool_call_id=identifier)


def _written(value: Any) -> str:
    """The content that is written as a value: a text as it stands, unless it would be written as what it spells."""
    if isinstance(value, str) and decoded(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)
