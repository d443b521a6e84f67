"""The chat templates of the reference data, as formats, and the conversations that they are tried on."""

from __future__ import annotations

import functools
import json
from typing import Any

import fcformat
from fcformat.formats.templates.template_format import TemplateFormat
from support.data import ROOT, data_path

#: What each template is taken for.
EXPECTED = ROOT / "tests" / "conformance" / "expected_templates.json"


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


class TemplateTokenizer:
    """A tokenizer as far as a template knows it."""

    def __init__(self, name: str) -> None:
        given = json.loads(data_path("formats", "chat_templates", f"{name}.json").read_text(encoding="utf-8"))
        self.chat_template: str = given["chat_template"]
        self.name_or_path = ""
        self.special_tokens_map = {key: given[key] for key in ("bos_token", "eos_token") if given.get(key)}


def detected(name: str) -> str:
    """What a template is taken for: the format that writes its prompts, or the syntax of its calls behind a `+`."""
    format_ = fcformat.detect_format(TemplateTokenizer(name))
    if not isinstance(format_, TemplateFormat):
        return format_.name
    return "+" + (format_.call_format.name if format_.call_format is not None else "")
