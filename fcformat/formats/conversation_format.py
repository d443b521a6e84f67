"""Formats of model families: a layout, a turn and the accepted losses, rendered by one walk over the messages."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.role_segments import RoleSegments
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.layout import Layout, Role, ToolList
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.reading.conversations import read_layout
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
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
        accepted_losses: frozenset[str] = frozenset(),
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
                that tools replace), `"tools"`, `"calls"`, `"content"` (text beside a call), `"space"` around contents.
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
        history = self.layout.reasoning
        known = {
            "training": self._training is not None,
            "enable_thinking": history is not None and bool(history.prompts),
            "preserve_thinking": history is not None and history.may_keep,
            "reasoning_effort": bool(self.layout.efforts),
        }
        self._refuse_options(options, tuple(name for name, is_known in known.items() if is_known))
        training = self._training if options.get("training") else None
        draft = Draft(self._controls)
        policy = LossPolicy(self.name, on_loss, self._accepted, draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        effort = self._effort(options)
        numbered = self._reasoned(self._stripped(messages, policy), policy, options.get("preserve_thinking"))
        if training is not None and training.paired:
            numbered = _paired(numbered)
        draft.fixed(self.layout.begin)
        numbered = self._system(numbered, tools, training, policy, draft, effort)
        for position, (index, message) in enumerate(numbered):
            last = position + 1 == len(numbered)
            ended = not last or add_generation_prompt or not self.layout.last_open
            if message.role == "tool":
                before = numbered[position - 1][1].role if position else ""
                after = numbered[position + 1][1].role if position + 1 < len(numbered) else ""
                self._result(message, before, after, ended, draft)
            elif message.role == "assistant":
                self._assistant(message, index, ended, policy, draft)
            elif message.role != "user" and index and self.layout.one_system:
                policy.lose("systems", index, "the system message does not begin the conversation, and is left out")
            else:
                if message.name is not None:
                    policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
                content = message.content or ""
                aside = history.asides.get(options.get("enable_thinking"), "") if history is not None else ""
                aside = "" if message.role != "user" or content.endswith(aside) else aside
                self._turn(self._role(message.role), content, draft, ended, aside)
        if training is not None:
            draft.fixed(training.end)
        if add_generation_prompt and not (self.layout.last_open and numbered and numbered[-1][1].role == "assistant"):
            draft.fixed(self.layout.generation_prompt)
            if history is not None and history.prompts:
                draft.fixed(history.prompts[options.get("enable_thinking")])
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        return read_layout(
            PromptText(self.name, text),
            self.layout,
            self._replies(self.layout.generation_prompt),
            segmented=isinstance(self.turn, RoleSegments),
            training_end=self._training.end if self._training is not None else "",
        )

    def _system(
        self,
        numbered: list[tuple[int, Message]],
        tools: tuple[Tool, ...],
        training: Training | None,
        policy: LossPolicy,
        draft: Draft,
        effort: str,
    ) -> list[tuple[int, Message]]:
        """Writes the beginning: the system message and the tools; the messages that are left."""
        told = self.layout.tools
        if told is None and tools:
            policy.lose("tools", None, f"found {len(tools)} tools, which prompts of this family do not tell of")
        how = training.system if training is not None else told.system if told is not None else "joined"
        first = numbered[0][1] if numbered and numbered[0][1].role in ("system", "developer") else None
        system = self.layout.roles["system"]
        if tools and told is not None:
            draft.fixed(system.header + (effort + "\n\n" if effort else ""))
            if how == "joined":
                default = self.layout.default_system or told.default_system
                draft.text((first.content or "") if first is not None else default)
                draft.fixed(told.joint if first is not None else "")
            self._told(told, tools, draft)
            if how == "first" and first is not None and first.content:
                draft.text("\n\n" + first.content)
            draft.fixed(system.end + system.after)
            if how == "replaced" and first is not None and first.content:
                policy.lose(
                    "system", numbered[0][0], "the system message is left out, because the tools take its place"
                )
            return numbered if how == "apart" or first is None else numbered[1:]
        if self.layout.efforts:
            content = (first.content or "") if first is not None else ""
            if effort or content:
                draft.fixed(system.header + effort + ("\n\n" if effort and content else ""))
                draft.text(content, apart=self._apart)
                draft.fixed(system.end + system.after)
            return numbered[first is not None :]
        if first is None and self.layout.default_system:
            self._turn(system, self.layout.default_system, draft)
        return numbered

    def _effort(self, options: dict[str, Any]) -> str:
        """What begins the system turn of the effort of reasoning."""
        efforts, asked = self.layout.efforts, options.get("reasoning_effort")
        if not efforts or options.get("enable_thinking") is False:
            return ""
        if asked not in efforts:
            known = ", ".join(repr(each) for each in efforts if each is not None)
            raise FormatError(f"{self.name}: reasoning_effort: found {asked!r}, expected one of {known}")
        return efforts[asked]

    def _told(self, told: ToolList, tools: tuple[Tool, ...], draft: Draft) -> None:
        if self._apart:
            draft.text(told.before + told.json(tools) + told.after, apart=True)
            return
        draft.fixed(told.before)
        draft.text(told.json(tools))
        draft.fixed(told.after)

    def _turn(self, role: Role, content: str, draft: Draft, ended: bool = True, aside: str = "") -> None:
        draft.fixed(role.header)
        draft.text(content, apart=self._apart)
        draft.fixed(aside)
        draft.fixed((role.end + role.after) if ended else "")

    def _assistant(self, message: Message, index: int, ended: bool, policy: LossPolicy, draft: Draft) -> None:
        role = self.layout.roles["assistant"]
        if message.tool_calls and self.layout.tools is None:
            policy.lose("calls", index, "the calls are left out")
            message = dataclasses.replace(message, tool_calls=())
        if message.tool_calls and message.content and not self.layout.beside:
            policy.lose("content", index, "the text beside the call is left out")
            message = dataclasses.replace(message, content=None)
        if message.name is not None:
            policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
        draft.message = index
        draft.fixed(role.header, trainable=self._header_trainable)
        self.turn.write(message, index, draft)
        if ended:
            draft.fixed(role.end, trainable=True)
            draft.fixed(role.after)

    def _result(self, message: Message, before: str, after: str, ended: bool, draft: Draft) -> None:
        results = self.layout.results
        if not (results.grouped and before == "tool"):
            draft.fixed(results.role.header)
        draft.fixed(results.opening)
        draft.text(message.content or "", apart=self._apart)
        draft.fixed(results.closing + (results.unless_last if after else ""))
        if ended and not (results.grouped and after == "tool"):
            draft.fixed(results.role.end + results.role.after)

    def _stripped(self, messages: tuple[Message, ...], policy: LossPolicy) -> list[tuple[int, Message]]:
        """The messages, numbered, without the white space around their contents that the publisher's template leaves out."""
        numbered = list(enumerate(messages))
        for position, (index, message) in enumerate(numbered):
            role = "calls" if message.tool_calls and "assistant" not in self.layout.strip else message.role
            if message.content and ("system" if role == "developer" else role) in self.layout.strip:
                stripped = message.content.strip()
                if stripped != message.content:
                    policy.lose("space", index, "the white space around the content is left out")
                    numbered[position] = index, dataclasses.replace(message, content=stripped)
        return numbered

    def _reasoned(
        self, numbered: list[tuple[int, Message]], policy: LossPolicy, preserve: bool | None
    ) -> list[tuple[int, Message]]:
        """The messages with the reasoning that is written: `None` for no block, `""` for an empty one."""
        history = self.layout.reasoning
        keep = "none" if history is None else history.keep
        if preserve is not None:
            keep = "all" if preserve else "after_last_user"
        marks = self.turn.reasoning if isinstance(self.turn, ReasonedTurn) else None
        questions = (index for index, each in numbered if history is not None and history.is_question(each))
        asked = max(questions, default=len(numbered))
        for position, (index, message) in enumerate(numbered):
            if message.role != "assistant":
                continue
            if history is not None and history.split and marks is not None:
                message = _split(message, marks, "split" in self.layout.strip)
            kept = keep == "all" or (keep == "after_last_user" and index > asked)
            reasoning = message.reasoning
            if reasoning and history is not None and history.strip and reasoning != reasoning.strip():
                policy.lose("space", index, "the white space around the reasoning is left out")
                reasoning = reasoning.strip()
            if reasoning and not kept:
                policy.lose("reasoning", index, "the reasoning is left out")
                reasoning = None
            if not reasoning and history is not None:
                last = position + 1 == len(numbered)
                empty = history.empty == "always" or (
                    kept and (history.empty == "kept" or (history.empty == "last" and last))
                )
                reasoning = "" if empty else None
            numbered[position] = index, dataclasses.replace(message, reasoning=reasoning)
        return numbered

    def _role(self, role: str) -> Role:
        # OpenAI's newer name for the same role.
        return self.layout.roles["system" if role == "developer" else role]


def _split(message: Message, marks: Reasoning, strip: bool) -> Message:
    """The message with the reasoning that its content holds in a place of its own, as the publishers' templates read it."""
    content = message.content or ""
    if message.reasoning is not None or marks.closing not in content:
        return message
    thought = content.partition(marks.closing)[0].rstrip("\n").rpartition(marks.opening)[2].lstrip("\n")
    said = content.rpartition(marks.closing)[2].lstrip("\n")
    return dataclasses.replace(message, content=said.strip() if strip else said, reasoning=thought)


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
