"""Formats that fold calls, their results and what the assistant says next into one turn: ReAct, Qwen-Agent.

The roles of a conversation are turns of ChatML; tool results stand inside the assistant's turn, which goes on behind them.
Where generation goes on, that turn stays open.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered
from fcformat.formats.tool_texts import ToolsTold

__all__ = ["END", "START", "FoldedFormat", "Folding"]

START, END = "<|im_start|>", "<|im_end|>"


@dataclasses.dataclass(frozen=True, slots=True)
class Folding:
    """How a family folds a conversation.

    Attributes:
        told: The texts that tell of the tools, by variant.
        variant: Which of them it is, from the messages and the render options; where there are several, the values of the
            format's own options.
        told_in: Where it stands: `"system"`, behind the system message; `"user"`, before the question of the last exchange.
        observed: Before a result: what the model writes to hand over, and what is written for it.
        answered: After results, before what the assistant says next.
        resumed: After results, where the model goes on.
        resumes: What each thing that the assistant writes begins with.
        continued: Between two messages of the assistant without results between them.
        question: Before the user's text where the tools are told in front of it.
        default_system: System text where the conversation has none.
        stripped: Whether line breaks before texts and white space after them are taken off.
        closed: Whether an assistant's turn that ends the conversation is ended; else only with the option `training=True`.
            A turn that ends in a call goes on with the result, and stays open in any case.
        one_call: Whether a turn holds one call at most.
        calls_apart: Before calls in a turn that has text already.
        plain_without_tools: Whether an answer is written bare where there are no tools.
    """

    told: Mapping[tuple[Any, ...], ToolsTold]
    told_in: str
    observed: tuple[str, str]
    answered: str
    resumed: str
    continued: str
    variant: Callable[[tuple[Message, ...], Mapping[str, Any]], tuple[Any, ...]] = lambda messages, options: ()
    resumes: str = ""
    question: str = ""
    default_system: str = ""
    stripped: bool = False
    closed: bool = True
    one_call: bool = False
    calls_apart: str = ""
    plain_without_tools: bool = False


class FoldedFormat(Format):
    """A format whose assistant's turn goes on behind tool results."""

    def __init__(
        self,
        name: str,
        *,
        aliases: tuple[str, ...] = (),
        folding: Folding,
        turn: Turn,
        stops: tuple[str, ...],
        opens: str,
        options: tuple[str, ...] = (),
    ) -> None:
        """Declares a format.

        Args:
            name: Its name.
            aliases: Its other names.
            folding: How conversations are folded.
            turn: How the assistant writes.
            stops: Texts that the model writes to end its turn or to hand over.
            opens: What begins the part of an open turn that belongs to the reply; `""`: none of it does.
            options: Render options beside `training`.
        """
        self.name = name
        self.aliases = aliases
        self.turn = turn
        self.stops = (*stops, END, "<|endoftext|>")
        self.boundaries = (*self.stops, START)
        self._folding = folding
        self._opens = opens
        self._options = options

    def begun(self, prompt: str) -> str:
        """See `Format`."""
        turn = prompt.rpartition(f"{START}assistant\n")[2]
        place = turn.rfind(self._opens) if self._opens else -1
        return turn[place:] if place >= 0 and END not in turn else ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options, (*self._options, "training"))
        draft = Draft((START, END))
        policy = LossPolicy(self.name, on_loss, frozenset(("reasoning", "space")), draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        walk = _Walk(self._folding, self.turn, policy, draft)
        told = self._folding.told[self._folding.variant(messages, options)].write(tools) if tools else ""
        numbered = list(enumerate(messages))
        if numbered and numbered[0][1].role in ("system", "developer"):
            index, first = numbered.pop(0)
            walk.system(walk.text(first, index), told if self._folding.told_in == "system" else "")
        elif self._folding.default_system or (told and self._folding.told_in == "system"):
            walk.system(self._folding.default_system, told if self._folding.told_in == "system" else "")
        question = _last_question(messages) if told and self._folding.told_in == "user" else None
        if told and self._folding.told_in == "user" and question is None:
            raise FormatError(f"{self.name}: found no message of the user, expected one, which the tools are told in")
        for index, message in numbered:
            if message.role == "tool":
                walk.result(message, index)
            elif message.role == "assistant":
                walk.assistant(message, index, bool(tools))
            else:
                walk.said(message, index, told if index == question else "")
        walk.end(add_generation_prompt, bool(options.get("training")))
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.folded import read_folded

        return read_folded(
            PromptText(self.name, text), self._folding, self._options, self._replies(f"{START}assistant\n")
        )


def _last_question(messages: tuple[Message, ...]) -> int | None:
    """The user's message that begins the last exchange which the assistant has answered; the last one if there is none."""
    question = asked = None
    for index, message in enumerate(messages):
        if message.role == "user":
            asked = index
        elif message.role == "assistant" and asked is not None:
            question = asked
    return asked if question is None else question


class _Walk:
    """Writes messages in order; keeps track of the open turn."""

    def __init__(self, folding: Folding, turn: Turn, policy: LossPolicy, draft: Draft) -> None:
        self._folding = folding
        self._turn = turn
        self._policy = policy
        self._draft = draft
        self._open = ""  # "", "said", "called" or "observed": the assistant's turn and what stands last in it
        self._surplus = False  # results that follow belong to calls that were left out

    def text(self, message: Message, index: int) -> str:
        """A message's text as it is written."""
        content = message.content or ""
        if message.name is not None and message.role != "tool":
            self._policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
        if not self._folding.stripped:
            return content
        stripped = content.lstrip("\n").rstrip()
        if stripped != content:
            self._policy.lose("space", index, "white space around the text is taken off")
        return stripped

    def system(self, content: str, told: str) -> None:
        """Writes the system turn."""
        self._fixed(f"{START}system\n")
        self._draft.text(content + ("\n\n" if content and told else "") + told)
        self._fixed(f"{END}\n")

    def said(self, message: Message, index: int, told: str) -> None:
        """Writes a turn of the user, or a further one of the system."""
        self._close()
        role = "system" if message.role == "developer" else message.role
        if role == "system" and self._folding.told_in == "user":
            self._policy.lose("system", index, "found another system message, expected one, at the beginning")
            return
        self._fixed(f"{START}{role}\n")
        self._draft.text((told + self._folding.question if told else "") + self.text(message, index))
        self._fixed(f"{END}\n")

    def assistant(self, message: Message, index: int, tools: bool) -> None:
        """Writes what the assistant says and calls, in the open turn if there is one."""
        folding, draft = self._folding, self._draft
        draft.message = index
        if message.reasoning:
            self._policy.lose("reasoning", index, "the reasoning is left out")
        content = self.text(message, index)
        calls = message.tool_calls
        self._surplus = folding.one_call and len(calls) > 1
        if self._surplus:
            self._policy.lose(
                "parallel", index, f"found {len(calls)} calls, expected one a turn; the others are left out"
            )
            calls = calls[:1]
        continued = bool(self._open)
        if self._open == "observed":
            draft.text(folding.answered)
        elif self._open:
            draft.text(folding.continued, trainable=True)
        else:
            self._fixed(f"{START}assistant\n")
        self._open = "called" if calls else "said"
        if not calls and not tools and folding.plain_without_tools:
            draft.text(content, trainable=True)
            return
        if continued and calls and folding.calls_apart:
            draft.text(content + folding.calls_apart, trainable=True)
            content = ""
        self._turn.write(dataclasses.replace(message, content=content, tool_calls=calls), index, draft)

    def result(self, message: Message, index: int) -> None:
        """Writes a result behind its call."""
        if not self._open:
            raise FormatError(f"message {index}: found a tool result, expected a call of the assistant before it")
        if self._surplus and self._open == "observed":
            return
        handed, written = self._folding.observed
        self._draft.text(handed, trainable=self._open == "called")
        self._draft.text(written + self.text(message, index))
        self._open = "observed"

    def end(self, add_generation_prompt: bool, training: bool) -> None:
        """Ends the text."""
        if self._open == "observed":
            self._draft.text(self._folding.resumed if add_generation_prompt else "")
        elif self._open == "said" and (training or self._folding.closed) and not add_generation_prompt:
            self._close()
        elif not self._open and add_generation_prompt:
            self._fixed(f"{START}assistant\n")

    def _close(self) -> None:
        if self._open:
            self._draft.fixed(END, trainable=True)
            self._fixed("\n")
        self._open = ""

    def _fixed(self, text: str) -> None:
        self._draft.fixed(text)
