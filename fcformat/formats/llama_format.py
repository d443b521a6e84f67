"""Llama 3's conversations: a system turn that always stands there, tools in the first question or in that turn.

Texts are trimmed, results are written as JSON strings, and a turn has one call or text, as the publisher's template has it.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered
from fcformat.parsing.strings import json_string

__all__ = ["ASKED", "BEGIN", "CUTOFF", "END", "ENVIRONMENT", "FORM", "TODAY", "TOLD", "LlamaFormat", "header"]

_CONTROLS = (
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|python_tag|>",
)
BEGIN = "<|begin_of_text|>"
END = "<|eot_id|>"
ENVIRONMENT = "Environment: ipython\n"
CUTOFF = "Cutting Knowledge Date: December 2023\n"
TODAY = "Today Date: "
ASKED = (
    "Given the following functions, please respond with a JSON for a function call "
    "with its proper arguments that best answers the given prompt.\n\n"
)
TOLD = "You have access to the following functions. To call a function, please respond with JSON for a function call."
FORM = (
    'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.'
    "Do not use variables.\n\n"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class LlamaFormat(Format):
    """A version of Llama 3.

    Options of `render`: `tools_in_user_message` (by default true; else the tools are told in the system turn) and
    `date_string`, today as it is written.
    """

    stops = (END, "<|eom_id|>", "<|end_of_text|>")
    boundaries = (*stops, "<|start_header_id|>")

    def __init__(self, name: str, *, aliases: tuple[str, ...], turn: Turn, today: str = "") -> None:
        """Declares a format.

        Args:
            name: Its name.
            aliases: Its other names.
            turn: How the assistant's turn is laid out.
            today: The date that is always written; `""`: today's.
        """
        self.name = name
        self.aliases = aliases
        self.turn = turn
        self._today = today

    def begun(self, prompt: str) -> str:
        """See `Format`."""
        opened = header("assistant")
        return prompt.rpartition(opened)[2] if opened in prompt else ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options, ("tools_in_user_message", "date_string"))
        asked = bool(options.get("tools_in_user_message", True))
        draft = Draft(_CONTROLS)
        policy = LossPolicy(self.name, on_loss, frozenset(("reasoning", "content", "space")), draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        numbered = list(enumerate(messages))
        system = numbered.pop(0) if messages and messages[0].role in ("system", "developer") else None
        draft.fixed(BEGIN + header("system") + (ENVIRONMENT if tools else ""))
        today = options.get("date_string") or self._today or _written(date)
        draft.text(f"{CUTOFF}{TODAY}{today}\n\n")
        if tools and not asked:
            draft.text(TOLD + FORM + _definitions(tools))
        if system is not None:
            draft.text(_trimmed(*system, policy))
        draft.fixed(END)
        told = False
        for index, message in numbered:
            if tools and asked and not told and message.role not in ("system", "developer"):
                told = True
                if message.role != "user":
                    raise FormatError(
                        f"message {index}: found role {message.role!r}, expected the first question, which tells of the tools"
                    )
                draft.fixed(header("user"))
                draft.text(ASKED + FORM + _definitions(tools) + _trimmed(index, message, policy))
                draft.fixed(END)
                continue
            if tools and asked and not told:
                policy.lose("order", index, "found a second system message before the question that tells of the tools")
            self._message(index, message, policy, draft)
        if tools and asked and not told:
            raise FormatError(f"{self.name}: found no question, expected one, which tells of the tools")
        if add_generation_prompt:
            draft.fixed(header("assistant"))
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.llama import read_llama

        return read_llama(PromptText(self.name, text), self._replies(header("assistant")), self._today)

    def _message(self, index: int, message: Message, policy: LossPolicy, draft: Draft) -> None:
        if message.name is not None and message.role != "tool":
            policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
        if message.role == "tool":
            draft.fixed(header("ipython"))
            draft.text(json_string(message.content or ""))
            draft.fixed(END)
            return
        if message.role != "assistant":
            draft.fixed(header("system" if message.role == "developer" else message.role))
            draft.text(_trimmed(index, message, policy))
            draft.fixed(END)
            return
        if message.reasoning:
            policy.lose("reasoning", index, "the reasoning is left out")
        if message.tool_calls and message.content:
            policy.lose("content", index, "the text beside the call is left out")
        content = None if message.tool_calls else _trimmed(index, message, policy)
        draft.fixed(header("assistant"))
        draft.message = index
        self.turn.write(dataclasses.replace(message, content=content, reasoning=None), index, draft)
        draft.fixed(END, trainable=True)


def header(role: str) -> str:
    """What opens a role's turn."""
    return f"<|start_header_id|>{role}<|end_header_id|>\n\n"


def _definitions(tools: tuple[Tool, ...]) -> str:
    return "".join(json.dumps(tool.to_openai(), ensure_ascii=False, indent=4) + "\n\n" for tool in tools)


def _written(date: datetime.date | None) -> str:
    day = date if date is not None else datetime.date.today()
    return f"{day.day:02} {_MONTHS[day.month - 1]} {day.year}"


def _trimmed(index: int, message: Message, policy: LossPolicy) -> str:
    content = message.content or ""
    if content.strip() != content:
        policy.lose("space", index, "the white space around the text is left out")
    return content.strip()
