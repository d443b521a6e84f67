"""Formats as shapes: a prompt's text is a conversation, a reply's text is a call."""

from __future__ import annotations

import dataclasses
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.chat._checks import found
from fcformat.errors import FormatError
from fcformat.formats import Format
from fcformat.formats.losses import Loss, LossPolicy
from fcformat.formats.rendered import Draft
from fcformat.records.shape import CALL, CONVERSATION, Record, Shape

__all__ = ["PromptShape", "ReplyShape"]


class PromptShape(Shape[Record]):
    """A format's prompts.

    Attributes:
        form: The format.
        reads: Whether its prompts can be read back.
    """

    kind = CONVERSATION

    def __init__(self, form: Format, on_loss: str, options: dict[str, Any]) -> None:
        """Sets up the shape.

        Args:
            form: The format.
            on_loss: As in `Format.render`.
            options: Of `Format.render`, where the prompt is written.
        """
        self.name = form.name
        self.about = f"prompts of {form.name}"
        self.form = form
        self.reads = form.reads_prompts
        self._on_loss = on_loss
        self._options = options

    def recognises(self, value: Any) -> bool:
        """See `Shape`; a text does not tell its format."""
        return False

    def read(self, value: Any, policy: LossPolicy) -> Record:
        """See `Shape`."""
        if not isinstance(value, str):
            raise FormatError(f"{self.name}: found {found(value)}, expected the text of a prompt")
        read = self.form.read_prompt(value)
        for issue in read.conversation.issues:
            policy.lose("unread", None, issue)
        prompt = dict(read.options)
        if read.add_generation_prompt:
            prompt["add_generation_prompt"] = True
        return Record(dataclasses.replace(read.conversation, issues=()), {}, prompt)

    def write(self, content: Record, policy: LossPolicy) -> str:
        """See `Shape`. A prompt that asked for a reply asks for one again; other options are the format's own."""
        options = {**content.prompt, **self._options}
        conversation = content.conversation
        rendered = self.form.render(conversation.messages, conversation.tools or None, on_loss=self._on_loss, **options)
        for loss in rendered.losses:
            policy.losses.append(loss if isinstance(loss, Loss) else Loss(loss, "format"))
        for key in content.fields:
            policy.lose("fields", None, f"{key}: found beside the conversation, where a prompt has no place for it")
        return rendered.text


class ReplyShape(Shape[Message]):
    """A format's replies: what the model writes of an assistant's message."""

    kind = CALL

    def __init__(self, form: Format, tools: tuple[Tool, ...]) -> None:
        """Sets up the shape.

        Args:
            form: The format.
            tools: The tools, by which some formats tell what a text in a call is.
        """
        self.name = form.name
        self.about = f"replies of {form.name}"
        self.form = form
        self._tools = tools

    def recognises(self, value: Any) -> bool:
        """See `Shape`; a text does not tell its format."""
        return False

    def read(self, value: Any, policy: LossPolicy) -> Message:
        """See `Shape`."""
        if not isinstance(value, str):
            raise FormatError(f"{self.name}: found {found(value)}, expected the text of a reply")
        message = self.form.parse(value, self._tools or None)
        for issue in message.issues:
            policy.lose("unread", 0, issue)
        return dataclasses.replace(message, issues=(), finish_reason=None)

    def write(self, content: Message, policy: LossPolicy) -> str:
        """See `Shape`."""
        draft = Draft(())
        self.form.turn.write(content, 0, draft)
        for loss in draft.losses:
            policy.losses.append(loss if isinstance(loss, Loss) else Loss(loss, "format"))
        return draft.rendered().text
