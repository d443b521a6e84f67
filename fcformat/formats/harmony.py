"""Harmony, the format of gpt-oss: messages in channels, tools as TypeScript, one call a turn.

Source: OpenAI's chat template. Text beside a call stands in the analysis channel, as there; where the message reasons as
well, which the template refuses, or has an empty reasoning, it stands in the commentary channel, which harmony has for it.
Analysis is left out of
history once an answer follows, and always before an answer; the option `reasoning_effort` (`"low"`, `"medium"`, `"high"`)
and `model_identity` change the system message. The template keeps the first of several calls in silence; here they are a loss.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.harmony_channels import CALL, CHANNEL, END, MESSAGE, RETURN, START, HarmonyChannels
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered
from fcformat.formats.typescript import typescript_namespace

__all__ = [
    "ASSISTANT",
    "CHANNELS",
    "CUTOFF",
    "EFFORT",
    "EFFORTS",
    "FUNCTIONS",
    "HARMONY",
    "IDENTITY",
    "INSTRUCTIONS",
    "NAMESPACE",
    "TOOLS",
    "USER",
    "HarmonyFormat",
]

IDENTITY = "You are ChatGPT, a large language model trained by OpenAI."
CUTOFF = "\nKnowledge cutoff: 2024-06\nCurrent date: "
EFFORT = "\n\nReasoning: "
EFFORTS = ("low", "medium", "high")
CHANNELS = "\n\n# Valid channels: analysis, commentary, final. Channel must be included for every message."
NAMESPACE = "functions"
FUNCTIONS = f"\nCalls to these tools must go to the commentary channel: '{NAMESPACE}'."
INSTRUCTIONS = "# Instructions\n\n"
TOOLS = "# Tools\n\n"
ASSISTANT = f"{START}assistant"
USER = f"{START}user{MESSAGE}"


class HarmonyFormat(Format):
    """The format of gpt-oss."""

    name = "harmony"
    aliases = ("gpt-oss", "gpt_oss", "openai/gpt-oss-*")
    stops = (RETURN, CALL)
    boundaries = stops

    def __init__(self) -> None:
        self.turn = HarmonyChannels()

    def begun(self, prompt: str) -> str:
        """See `Format`: the reply begins behind the last message that somebody else wrote, or that ended a turn."""
        begins = 0
        place = prompt.find(START)
        while place >= 0:
            following = prompt.find(START, place + len(START))
            message = prompt[place : following if following >= 0 else len(prompt)]
            ended = message.endswith((CALL, RETURN)) or (f"{CHANNEL}final" in message and message.endswith(END))
            if not message.startswith(ASSISTANT) or ended:
                begins = place + len(message)
            place = following
        return prompt[begins:].removeprefix(ASSISTANT) if prompt.startswith(ASSISTANT, begins) else ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options, ("reasoning_effort", "model_identity"))
        draft = Draft((START, CHANNEL, MESSAGE, END, CALL, RETURN))
        policy = LossPolicy(self.name, on_loss, frozenset(("reasoning",)), draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        numbered = list(enumerate(messages))
        self._system(tools, date or datetime.date.today(), options, draft)
        developer = ""
        if numbered and numbered[0][1].role in ("system", "developer"):
            developer = numbered.pop(0)[1].content or ""
        if developer or tools:
            draft.fixed(f"{START}developer{MESSAGE}")
            draft.text(f"{INSTRUCTIONS}{developer}\n\n" if developer else "")
            draft.text(TOOLS + typescript_namespace(NAMESPACE, tools) if tools else "")
            draft.fixed(END)
        answered = max((i for i, each in numbered if each.role == "assistant" and not each.tool_calls), default=-1)
        called, surplus = "", 0  # the function that results are of; results of calls that were left out
        for index, message in numbered:
            if message.name is not None and message.role != "tool":
                policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
            if message.role == "user":
                self._said(USER, message.content or "", draft)
            elif message.role == "tool":
                if not called:
                    raise FormatError(
                        f"message {index}: found a tool result, expected a call of the assistant before it"
                    )
                if surplus >= 0:
                    header = f"{START}functions.{called} to=assistant{CHANNEL}commentary{MESSAGE}"
                    self._said(header, json.dumps(message.content or "", ensure_ascii=False), draft)
                surplus = -1 if surplus else 0
            elif message.role == "assistant":
                last = index == len(messages) - 1 and not add_generation_prompt
                called = self._assistant(message, index, answered > index, last, policy, draft)
                surplus = len(message.tool_calls) - 1 if message.tool_calls else 0
            else:
                policy.lose("system", index, "found another system message, expected one, at the beginning")
        if add_generation_prompt:
            draft.fixed(ASSISTANT)
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.harmony import read_harmony

        return read_harmony(PromptText(self.name, text), self._replies(ASSISTANT))

    def _system(self, tools: tuple[Tool, ...], date: datetime.date, options: dict[str, Any], draft: Draft) -> None:
        effort = options.get("reasoning_effort", EFFORTS[1])
        if effort not in EFFORTS:
            raise FormatError(f"{self.name}: found reasoning_effort={effort!r}, expected 'low', 'medium' or 'high'")
        draft.fixed(f"{START}system{MESSAGE}")
        draft.text(str(options.get("model_identity", IDENTITY)))
        draft.text(f"{CUTOFF}{date:%Y-%m-%d}{EFFORT}{effort}{CHANNELS}{FUNCTIONS if tools else ''}")
        draft.fixed(END)

    def _said(self, header: str, text: str, draft: Draft) -> None:
        draft.fixed(header)
        draft.text(text)
        draft.fixed(END)

    def _assistant(
        self, message: Message, index: int, answered: bool, last: bool, policy: LossPolicy, draft: Draft
    ) -> str:
        """Writes an assistant's messages; the function that results which follow are of."""
        calls = message.tool_calls[:1]
        if len(message.tool_calls) > 1:
            count = len(message.tool_calls)
            policy.lose("parallel", index, f"found {count} calls, expected one a turn; the others are left out")
        content, reasoning = message.content, message.reasoning or None
        if calls and content and message.reasoning is None:
            content, reasoning = None, content
        if reasoning and (answered if calls else not last):
            policy.lose("reasoning", index, "what is in the analysis channel is left out, because an answer follows")
            reasoning = None
        draft.fixed(ASSISTANT)
        written = dataclasses.replace(message, content=content, reasoning=reasoning, tool_calls=calls)
        draft.message = index
        self.turn.write(written, index, draft)
        draft.fixed(CALL if calls else RETURN if last else END, trainable=True)
        return calls[0].function.name if calls else ""


HARMONY = HarmonyFormat()
