"""OpenAI's chat-completions JSON as a format of its own, for models that are prompted to answer in it.

The prompt is the request: one JSON object with `messages`, each on a line, and `tools`; instructions on how to answer are
the caller's, in a system message. The reply is a message object, as in a response's `choices[0].message`. Nothing is lost
in either direction. There are no control tokens.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.response_object import ResponseObject
from fcformat.formats.losses import LossPolicy
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered

__all__ = ["OPENAI", "OpenAIFormat"]


class OpenAIFormat(Format):
    """The request as prompt, the message object as reply."""

    name = "openai"
    aliases = ("openai-chat", "chat-completions")
    # Ends of turns of models that may be prompted so; they count only after the object.
    stops = boundaries = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "</s>")

    def __init__(self) -> None:
        self.turn = ResponseObject()

    def begun(self, prompt: str) -> str:
        """See `Format`; a request holds nothing of the reply."""
        return ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options)
        draft = Draft(())
        LossPolicy(self.name, on_loss, frozenset(), draft.losses)
        draft.text('{"messages": [')
        separator = "\n"
        for index, message in enumerate(messages):
            draft.text(separator)
            if message.role == "assistant":
                draft.message = index
                self.turn.write(message, index, draft)
            else:
                draft.text(json.dumps(message.to_openai(), ensure_ascii=False))
            separator = ",\n"
        draft.text("\n]")
        if tools:
            draft.text(', "tools": [\n')
            draft.text(",\n".join(json.dumps(tool.to_openai(), ensure_ascii=False) for tool in tools))
            draft.text("\n]")
        draft.text("}\n" if add_generation_prompt else "}")
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.openai import read_openai

        return read_openai(PromptText(self.name, text))


OPENAI = OpenAIFormat()
