"""DeepSeek's conversations up to V3.1: bare system text, role tokens without ends but the assistant's, results behind calls.

The assistant's header stands behind the user's text only; what follows tool results continues without one. The publisher's
templates leave calls out of history where `content` is not null, forget to close a section of one call, and write the opening
mark of results once in a conversation: mistakes, which are not copied.
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.losses import Loss, LossPolicy, results_out_of_order
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered
from fcformat.formats.tool_texts import ToolsTold

__all__ = [
    "ASSISTANT",
    "BEGIN",
    "END",
    "OUTPUTS_BEGIN",
    "OUTPUT_BEGIN",
    "OUTPUT_END",
    "USER",
    "DeepSeekFormat",
    "DeepSeekLayout",
]

BEGIN = "<｜begin▁of▁sentence｜>"
USER = "<｜User｜>"
ASSISTANT = "<｜Assistant｜>"
OUTPUTS_BEGIN = "<｜tool▁outputs▁begin｜>"
OUTPUT_BEGIN, OUTPUT_END = "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>"
END = "<｜end▁of▁sentence｜>"
_CONTROLS = (
    BEGIN,
    END,
    USER,
    ASSISTANT,
    "<think>",
    "</think>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁sep｜>",
    OUTPUTS_BEGIN,
    "<｜tool▁outputs▁end｜>",
    OUTPUT_BEGIN,
    OUTPUT_END,
)
#: Behind these the model goes on.
_OPENS = (ASSISTANT, OUTPUT_END, "<｜tool▁outputs▁end｜>")


@dataclasses.dataclass(frozen=True, slots=True)
class DeepSeekLayout:
    """What differs between versions.

    Attributes:
        results: What stands before, between and after the results of one turn.
        answered: Behind the assistant's header in history, and where generation goes on without thinking.
        thinking: Behind the assistant's header where generation goes on with thinking; `""`: it is not known.
        after_user_only: Whether generation goes on behind a message of the user only.
        tell: The text that tells of the tools with the option `tell_tools=True`, or `None`.
    """

    results: tuple[str, str, str]
    answered: str = ""
    thinking: str = ""
    after_user_only: bool = False
    tell: ToolsTold | None = None


class DeepSeekFormat(Format):
    """One version's format."""

    def __init__(self, name: str, *, aliases: tuple[str, ...], layout: DeepSeekLayout, turn: Turn) -> None:
        """Declares a format.

        Args:
            name: Its name.
            aliases: Its other names.
            layout: How conversations are laid out.
            turn: How the assistant's turn is laid out.
        """
        self.name = name
        self.aliases = aliases
        self.turn = turn
        self.layout = layout
        self.stops = (END,)
        self.boundaries = (END, USER, OUTPUTS_BEGIN, OUTPUT_BEGIN)

    def begun(self, prompt: str) -> str:
        """See `Format`."""
        places = [place + len(text) for text in _OPENS if (place := prompt.rfind(text)) >= 0]
        return prompt[max(places) :] if places else ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        layout = self.layout
        thinks = ("enable_thinking", "thinking") if layout.thinking else ()
        self._refuse_options(options, (*thinks, *(("tell_tools",) if layout.tell else ())))
        draft = Draft(_CONTROLS)
        policy = LossPolicy(self.name, on_loss, frozenset(("reasoning",)), draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        draft.fixed(BEGIN)
        system = [each.content or "" for each in messages if each.role in ("system", "developer")]
        if tools and layout.tell and options.get("tell_tools"):
            system.append(layout.tell.write(tools))
        elif tools:
            what = "the tools are not told: the publisher's template has no place for them"
            draft.losses.append(Loss(what, "tools"))
        draft.text("\n\n".join(system))
        before = ""
        for index, message in enumerate(messages):
            if message.role in ("system", "developer"):
                continue
            if before == "tool" and message.role != "tool":
                draft.fixed(layout.results[2])
            if message.name is not None and message.role != "tool":
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role == "user":
                draft.fixed(USER)
                draft.text(message.content or "")
            elif message.role == "tool":
                if before not in ("tool", "assistant"):
                    raise FormatError(
                        f"message {index}: found a tool result, expected a call of the assistant before it"
                    )
                draft.fixed(layout.results[1 if before == "tool" else 0] + OUTPUT_BEGIN)
                draft.text(message.content or "")
                draft.fixed(OUTPUT_END)
            else:
                if message.reasoning:
                    policy.lose("reasoning", index, "the reasoning is left out")
                draft.fixed("" if before == "tool" else ASSISTANT + layout.answered)
                draft.message = index
                self.turn.write(dataclasses.replace(message, reasoning=None), index, draft)
                draft.fixed(END, trainable=True)
            before = message.role
        if before == "tool":
            draft.fixed(layout.results[2])
        elif add_generation_prompt and (before == "user" or not layout.after_user_only):
            thinking = options.get("thinking", options.get("enable_thinking", False))
            draft.fixed(ASSISTANT + (layout.thinking if thinking else layout.answered))
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.deepseek import read_deepseek

        return read_deepseek(PromptText(self.name, text), self.layout, self._replies(ASSISTANT))
