"""Formats of model families: a layout, a turn and the accepted losses, rendered by one walk over the messages."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.layout import Layout, Role
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.rendered import Draft, Rendered

__all__ = ["ConversationFormat", "Training"]


@dataclasses.dataclass(frozen=True, slots=True)
class Training:
    """How a publisher's training code lays out what its server lays out otherwise; the option `training=True`.

    Attributes:
        end: After the last turn.
        paired: Whether each of several calls is followed by its own result.
        system: In place of the layout's `ToolList.system`.
    """

    end: str
    paired: bool
    system: str


class ConversationFormat(Format):
    """A model family's format."""

    def __init__(
        self,
        name: str,
        *,
        aliases: tuple[str, ...] = (),
        layout: Layout,
        turn: Turn,
        controls: tuple[str, ...],
        stops: tuple[str, ...],
        begins: tuple[str, ...] = (),
        accepted_losses: frozenset[str],
        header_trainable: bool = False,
        apart: bool = False,
        training: Training | None = None,
    ) -> None:
        """Declares a format.

        Args:
            name: Its name.
            aliases: Its other names.
            layout: How conversations are laid out.
            turn: How the assistant's turn is laid out.
            controls: The control tokens in the format's own texts.
            stops: Texts that the model writes to end its turn.
            begins: Texts that begin another turn, without being how a model ends its own.
            accepted_losses: What the publisher's own code leaves out: `"reasoning"`, `"system"` (the system message
                that tools replace).
            header_trainable: Whether the publisher trains the model on the assistant's header.
            apart: Whether headers and contents are tokenized apart.
            training: What is different in training texts.
        """
        self.name = name
        self.aliases = aliases
        self.layout = layout
        self.turn = turn
        self.stops = stops
        self.boundaries = (*stops, *begins)
        self._controls = controls
        self._accepted = accepted_losses
        self._header_trainable = header_trainable
        self._apart = apart
        self._training = training

    def begun(self, prompt: str) -> str:
        """See `Format`."""
        return prompt.rpartition(self.layout.generation_prompt)[2] if self.layout.generation_prompt in prompt else ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options, ("training",) if self._training else ())
        training = self._training if options.get("training") else None
        draft = Draft(self._controls)
        policy = LossPolicy(self.name, on_loss, self._accepted, draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        numbered = list(enumerate(messages))
        if training is not None and training.paired:
            numbered = _paired(numbered)
        draft.fixed(self.layout.begin)
        numbered = self._system(numbered, tools, training, policy, draft)
        for position, (index, message) in enumerate(numbered):
            if message.role == "tool":
                before = numbered[position - 1][1].role if position else ""
                after = numbered[position + 1][1].role if position + 1 < len(numbered) else ""
                self._result(message, before, after, draft)
            elif message.role == "assistant":
                self._assistant(message, index, policy, draft)
            else:
                if message.name is not None:
                    policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
                self._turn(self._role(message.role), message.content or "", draft)
        if training is not None:
            draft.fixed(training.end)
        if add_generation_prompt:
            draft.fixed(self.layout.generation_prompt)
        return draft.rendered()

    def _system(
        self,
        numbered: list[tuple[int, Message]],
        tools: tuple[Tool, ...],
        training: Training | None,
        policy: LossPolicy,
        draft: Draft,
    ) -> list[tuple[int, Message]]:
        """Writes the beginning: the system message and the tools; the messages that are left."""
        told = self.layout.tools
        how = training.system if training is not None else told.system
        first = numbered[0][1] if numbered and numbered[0][1].role in ("system", "developer") else None
        system = self.layout.roles["system"]
        if tools:
            draft.fixed(system.header)
            if how == "joined":
                draft.text((first.content or "") if first is not None else self.layout.default_system)
            self._told(tools, draft)
            draft.fixed(system.end + system.after)
            if how == "replaced" and first is not None and first.content:
                policy.lose(
                    "system", numbered[0][0], "the system message is left out, because the tools take its place"
                )
            return numbered if how == "apart" or first is None else numbered[1:]
        if first is None and self.layout.default_system:
            self._turn(system, self.layout.default_system, draft)
        return numbered

    def _told(self, tools: tuple[Tool, ...], draft: Draft) -> None:
        told = self.layout.tools
        if self._apart:
            draft.text(told.before + told.json(tools) + told.after, apart=True)
            return
        draft.fixed(told.before)
        draft.text(told.json(tools))
        draft.fixed(told.after)

    def _turn(self, role: Role, content: str, draft: Draft) -> None:
        draft.fixed(role.header)
        draft.text(content, apart=self._apart)
        draft.fixed(role.end + role.after)

    def _assistant(self, message: Message, index: int, policy: LossPolicy, draft: Draft) -> None:
        role = self.layout.roles["assistant"]
        if message.reasoning:
            policy.lose("reasoning", index, "the reasoning is left out")
        if message.name is not None:
            policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
        draft.fixed(role.header, trainable=self._header_trainable)
        self.turn.write(message, index, draft)
        draft.fixed(role.end, trainable=True)
        draft.fixed(role.after)

    def _result(self, message: Message, before: str, after: str, draft: Draft) -> None:
        results = self.layout.results
        if not (results.grouped and before == "tool"):
            draft.fixed(results.role.header)
        draft.fixed(results.opening)
        draft.text(message.content or "", apart=self._apart)
        draft.fixed(results.closing)
        if not (results.grouped and after == "tool"):
            draft.fixed(results.role.end + results.role.after)

    def _role(self, role: str) -> Role:
        # OpenAI's newer name for the same role.
        return self.layout.roles["system" if role == "developer" else role]


def _paired(numbered: list[tuple[int, Message]]) -> list[tuple[int, Message]]:
    """The messages with each of several calls in a message of its own, followed by its result."""
    paired: list[tuple[int, Message]] = []
    position = 0
    while position < len(numbered):
        index, message = numbered[position]
        position += 1
        if len(message.tool_calls) < 2:
            paired.append((index, message))
            continue
        for number, call in enumerate(message.tool_calls):
            content = message.content if number == 0 else None
            reasoning = message.reasoning if number == 0 else None
            paired.append(
                (index, dataclasses.replace(message, content=content, reasoning=reasoning, tool_calls=(call,)))
            )
            if position < len(numbered) and numbered[position][1].role == "tool":
                paired.append(numbered[position])
                position += 1
    return paired
