"""Formats known by how the assistant writes: constrained and parsed here, while prompts come from the model's own chat template.

`format_from_template` joins a template with a format of this kind.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, NoReturn

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.reasoning import ReasonedTurn
from fcformat.formats.call_syntax.turn import Turn
from fcformat.parsing.stream import LEAST_HALF

__all__ = ["CallFormat"]

#: What prompts have and the beginning of a reply does not: tokens in angle or square brackets, ends of lines.
_CONTROL = re.compile(r"<[^\s<>]|\[[A-Z/]|[\r\n]")


class CallFormat(Format):
    """A format without a prompt of its own.

    Attributes:
        headers: Texts that open the assistant's turn.
        controls: The control tokens in the turn's own texts, for whoever writes one.
    """

    def __init__(
        self,
        name: str,
        *,
        aliases: tuple[str, ...] = (),
        turn: Turn,
        stops: tuple[str, ...],
        headers: tuple[str, ...] = (),
        begins: tuple[str, ...] = (),
        controls: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
        least_half: int = LEAST_HALF,
    ) -> None:
        """Declares a format.

        Args:
            name: Its name.
            aliases: Its other names.
            turn: How the assistant's turn is laid out.
            stops: Texts that the model writes to end its turn.
            headers: Texts that open the assistant's turn: what a prompt holds behind the last of them is part of the reply.
            begins: Texts that begin another turn, without being how a model ends its own.
            controls: The control tokens in the turn's own texts.
            tags: Those of which a half at the end of a reply is no text.
            least_half: How many characters of one must be there.
        """
        self.tags = tags
        self.least_half = least_half
        self.name = name
        self.aliases = aliases
        self.turn = turn
        self.stops = stops
        self.boundaries = (*stops, *begins)
        self.headers = headers
        self.controls = controls

    def begun(self, prompt: str) -> str:
        """See `Format`."""
        places = [place + len(header) for header in self.headers if (place := prompt.rfind(header)) >= 0]
        if places:
            return prompt[max(places) :]
        # Without a header: a block that is opened by the end of the prompt, or an empty one.
        if isinstance(self.turn, ReasonedTurn) and self.turn.reasoning.opening:
            marks = self.turn.reasoning
            rest = prompt.rstrip().removesuffix(marks.closing)
            before, opening, inside = rest.rpartition(marks.opening)
            if opening and not inside.strip():
                return prompt[len(before) :]
            if rest != prompt.rstrip():
                return prompt[len(rest) :]
        # A line of text without anything like a control token is what somebody has begun the reply with.
        return "" if _CONTROL.search(prompt) else prompt

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> NoReturn:
        raise FormatError(
            f"{self.name}: prompts of this family come from the model's own chat template: "
            f"format_from_template(chat_template, call_format={self.name!r})"
        )
