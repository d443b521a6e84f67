"""The chat templates of the reference data, as formats, and the conversations that they are tried on."""

from __future__ import annotations

import functools
import json
from typing import Any

import fcformat
from support.data import data_path


@functools.cache
def conversations() -> dict[str, Any]:
    """The common conversations by name."""
    document = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    return {each["id"]: each for each in document["conversations"]}


def template_names() -> list[str]:
    """The names of the templates."""
    return sorted(path.stem for path in data_path("formats", "chat_templates").glob("*.json"))


@functools.cache
def template_of(name: str) -> Any:
    """A template as a format."""
    given = json.loads(data_path("formats", "chat_templates", f"{name}.json").read_text(encoding="utf-8"))
    return fcformat.format_from_template(
        given["chat_template"], bos_token=given.get("bos_token"), eos_token=given.get("eos_token")
    )


def with_objects(messages: Any) -> Any:
    """The messages with arguments decoded."""
    messages = json.loads(json.dumps(messages))
    for message in messages:
        for call in message.get("tool_calls") or ():
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return messages
