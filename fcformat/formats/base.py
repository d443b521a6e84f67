"""What a format is: a turn layout and a call syntax under a name; rendering, constraining and parsing follow from them.

Format files make instances and name their quirks as data. `ConversationFormat` is the format of a model family with its own
prompt; other kinds derive from `Format`.
"""

from __future__ import annotations

import abc
import dataclasses
import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fcformat import grammar as g
from fcformat.chat import Conversation, Message, Tool, normalize_messages, normalize_tools
from fcformat.errors import FormatError
from fcformat.formats.argument_schemas import arguments_schema
from fcformat.formats.call_syntax.parts import ToolView, ToolViews
from fcformat.formats.call_syntax.turn import Turn, TurnPlan, drain
from fcformat.formats.reading.prompt_text import PromptRead, ReadReply, difference
from fcformat.formats.rendered import Rendered
from fcformat.formats.token_text import TokenText
from fcformat.formats.tool_choice import plan_calls
from fcformat.parsing.cursor import Cursor, Steps
from fcformat.parsing.message_builder import MessageBuilder
from fcformat.parsing.stream import LEAST_HALF, Reader, StreamParser, read_whole

__all__ = ["Format"]

#: What does not stand in every spelling of a name as it is.
_ESCAPED = re.compile(r"[^ !#-\[\]-~\u00a1-\ud7ff]")


class Format(abc.ABC):
    """A tool-call format: one name for a prompt, a constraint and a parser that agree.

    Attributes:
        name: The format's name.
        aliases: Other names of it; in a pattern, `*` stands for any text.
        turn: How the assistant's turn is laid out.
        stops: Texts that the model writes to end its turn.
        boundaries: Texts that cannot be inside a turn: the stops, and what begins another turn.
        tags: Control tokens of which a half at the end of a reply is no text, because nothing but a cut can write it.
        least_half: How many characters of one must be there.
    """

    name: str
    aliases: tuple[str, ...]
    turn: Turn
    stops: tuple[str, ...]
    boundaries: tuple[str, ...]
    tags: tuple[str, ...] = ()
    least_half: int = LEAST_HALF

    def __repr__(self) -> str:
        return f"<Format {self.name!r}>"

    def render(
        self,
        messages: Sequence[Mapping[str, Any] | Message],
        tools: Iterable[Any] | None = None,
        add_generation_prompt: bool = False,
        date: datetime.date | None = None,
        on_loss: str = "raise",
        **options: Any,
    ) -> Rendered:
        """Renders a conversation.

        Args:
            messages: OpenAI-shaped messages; they are not changed.
            tools: OpenAI-shaped tools or functions, callables, pydantic models.
            add_generation_prompt: Whether to end where the assistant begins to write.
            date: Today, for formats that write it.
            on_loss: What to do where the format cannot carry something: `"raise"`, `"warn"`, or `"drop"`. What was left
                out stands in the result's `losses` in any case.
            **options: What this format has beside; see its documentation.

        Raises:
            FormatError: A message is wrong, cannot be expressed (the message names it), or an option is unknown.
        """
        return self._render(
            normalize_messages(messages), normalize_tools(tools), add_generation_prompt, date, on_loss, options
        )

    def grammar(
        self,
        tools: Iterable[Any] | None = None,
        tool_choice: Any = "auto",
        parallel_tool_calls: bool | int = True,
        undeclared_arguments: str = "forbid",
        *,
        reasoning: str | int = "auto",
        response_schema: Mapping[str, Any] | bool | None = None,
        prompt: str = "",
    ) -> g.Grammar:
        """What the model may write after the prompt.

        Args:
            tools: As in `render`.
            tool_choice: `"auto"`, `"none"`, `"required"`, a tool's name, or OpenAI's objects for one tool or allowed ones.
            parallel_tool_calls: Whether the reply may hold several calls; a number is the most of them.
            undeclared_arguments: `"forbid"`: objects in a tool's schema that declare `properties` and say nothing of
                others have no others; `"schema"`: they may, as JSON Schema has it.
            reasoning: Whether the reply reasons before it answers: `"auto"`, `"none"` or `"required"`; a number is as
                `"auto"`, with at most so many tokens of reasoning. Formats without reasoning know `"auto"` and `"none"`,
                which are the same there.
            response_schema: The reply is a call, or an answer that is valid under this schema.
            prompt: What was sent to the model, where its end may hold the beginning of the reply, such as an opened
                reasoning block.

        Raises:
            FormatError: The tools, the choice or the reasoning are wrong, or the format has no reasoning to require.
        """
        plan = plan_calls(normalize_tools(tools), tool_choice, parallel_tool_calls)
        views = tuple(ToolView(tool.name, arguments_schema(tool, undeclared_arguments)) for tool in plan.tools)
        most_reasoning = reasoning if isinstance(reasoning, int) and not isinstance(reasoning, bool) else None
        mode = "auto" if most_reasoning is not None else reasoning
        if mode not in ("auto", "none", "required") or (most_reasoning or 0) < 0:
            raise FormatError(
                f"reasoning: found {reasoning!r}, expected 'auto', 'none', 'required' or a number of tokens"
            )
        if (mode == "required" or most_reasoning is not None) and not self.turn.reasons:
            raise FormatError(f"reasoning: found {reasoning!r}, but {self.name} has no reasoning")
        begun = self.begun(prompt) if prompt else None
        return self.turn.grammar(
            TurnPlan(
                views, plan.required, plan.most, self.boundaries, response_schema, str(mode), begun, most_reasoning
            )
        )

    def parse(self, text: str, tools: Iterable[Any] | None = None, prompt: str = "", strict: bool = False) -> Message:
        """Parses what the model wrote.

        Args:
            text: The reply, special tokens included where there are any.
            tools: The tools of the conversation, where known.
            prompt: What was sent to the model; what its end already holds of the reply is part of the message.
            strict: Raise where the text is not as the format has it, instead of repairing and noting an issue.

        Returns:
            The assistant's message; `issues` names what was repaired or could not be read.

        Raises:
            ParseError: `strict` is set and the text is not as the format has it.
        """
        return read_whole(
            self._reader(tools, prompt),
            text,
            begun=self.begun(prompt),
            strict=strict,
            tags=self.tags,
            least_half=self.least_half,
        )

    def parse_ids(
        self,
        ids: Iterable[int],
        tokenizer: Any,
        tools: Iterable[Any] | None = None,
        prompt: str = "",
        strict: bool = False,
    ) -> Message:
        """Parses the token ids that the model gave, among which control tokens are known as such.

        Args:
            ids: The reply's ids, the end token included where there is one. Without it the reply was cut off, and its
                `finish_reason` is `"length"`.
            tokenizer: A transformers tokenizer or a `TokenizerInfo`.
            tools: As in `parse`.
            prompt: As in `parse`.
            strict: As in `parse`.

        Raises:
            ParseError: As in `parse`.
            TokenizerError: The tokenizer is not understood, or an id is not of its vocabulary.
        """
        parser = self.stream_parser(tools, prompt, strict, tokenizer=tokenizer)
        parser.feed_ids(ids)
        return parser.finish()

    def stream_parser(
        self, tools: Iterable[Any] | None = None, prompt: str = "", strict: bool = False, *, tokenizer: Any = None
    ) -> StreamParser:
        """A parser for a reply that arrives in pieces; see `parse`.

        Args:
            tools: As in `parse`.
            prompt: As in `parse`.
            strict: As in `parse`.
            tokenizer: A transformers tokenizer or a `TokenizerInfo`, for pieces that are token ids.

        Raises:
            TokenizerError: The tokenizer is not understood.
        """
        tokens = None if tokenizer is None else TokenText(tokenizer)
        return StreamParser(
            self._reader(tools, prompt),
            begun=self.begun(prompt),
            strict=strict,
            tags=self.tags,
            least_half=self.least_half,
            tokens=tokens,
        )

    def extend(
        self,
        prompt_ids: Sequence[int],
        completion_ids: Sequence[int],
        new_messages: Sequence[Mapping[str, Any] | Message],
        tokenizer: Any,
        *,
        tools: Iterable[Any] | None = None,
        add_generation_prompt: bool = True,
        keep_history: bool = False,
        **options: Any,
    ) -> list[int]:
        """The next prompt, token for token behind what the model has sampled: history is not rendered again.

        Args:
            prompt_ids: What was sent to the model.
            completion_ids: What it gave, with or without its end token.
            new_messages: What follows, such as tool results or the next question.
            tokenizer: A transformers tokenizer.
            tools: The conversation's tools.
            add_generation_prompt: As in `render`.
            keep_history: Go on also where the format would now write the turn in another way, such as without its reasoning.
            **options: Of `render`.

        Returns:
            The ids of the prompt, of the completion, of the end of its turn, and of what follows.

        Raises:
            FormatError: New messages change how the format writes what came before; or they cannot be expressed.
            TokenizerError: The tokenizer is not understood.
        """
        from fcformat.formats.extension import extended

        return extended(
            self,
            prompt_ids,
            completion_ids,
            normalize_messages(new_messages),
            tokenizer,
            tools=normalize_tools(tools),
            add_generation_prompt=add_generation_prompt,
            keep_history=keep_history,
            options=options,
        )

    def parse_conversation(self, text: str) -> Conversation:
        """Reads a rendered prompt back: `render` the other way round.

        What a family does not write is not read: ids and names of most families, reasoning that history leaves out, system
        text that the family writes by itself. Results answer calls in their order then. A text that spells the beginning
        of a turn is one. An opened reply at the end is no message.

        Args:
            text: The prompt.

        Returns:
            The messages and tools; `issues` names what could not be read, or would be written otherwise now.

        Raises:
            FormatError: Prompts of this format are written by a template, which cannot be run backwards.
            ParseError: The text is no prompt of this format; with the place, what was found and what was expected.
        """
        return self.read_prompt(text).conversation

    @property
    def reads_prompts(self) -> bool:
        """Whether prompts of this format can be read back: whether it writes them itself, not by a chat template."""
        return type(self)._read_prompt is not Format._read_prompt

    def read_prompt(self, text: str) -> PromptRead:
        """Reads a rendered prompt back, with the options that it was rendered with; see `parse_conversation`."""
        read = self._read_prompt(text)
        conversation = read.conversation
        try:
            written = self.render(
                conversation.messages,
                conversation.tools or None,
                read.add_generation_prompt,
                on_loss="drop",
                **read.options,
            ).text
        except FormatError as error:
            issue = f"it cannot be written again: {error}"
        else:
            issue = difference(text, written)
        if not issue:
            return read
        conversation = dataclasses.replace(conversation, issues=(*conversation.issues, issue))
        return dataclasses.replace(read, conversation=conversation)

    def _replies(self, opened: str) -> ReadReply:
        """Reads what the assistant wrote in a prompt, behind what opens its turn."""

        def reply(said: str, tools: tuple[Tool, ...]) -> Message:
            # Only tools that are named can matter: with all of them, many replies would cost as much as many tools.
            named = tuple(tool for tool in tools if tool.name in said or _ESCAPED.search(tool.name))
            return self.parse(said, named or tools[:1] or None, prompt=opened)

        return reply

    def _read_prompt(self, text: str) -> PromptRead:
        """Reads a prompt; see `parse_conversation`."""
        raise FormatError(
            f"{self.name}: found a prompt to read back, but prompts of this format are written by a chat template, which "
            "cannot be run backwards"
        )

    @abc.abstractmethod
    def begun(self, prompt: str) -> str:
        """What a prompt's end already holds of the reply."""

    @abc.abstractmethod
    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        """Renders normalized messages; see `render`."""

    def _reader(self, tools: Iterable[Any] | None, prompt: str) -> Reader:
        views = ToolViews(ToolView(tool.name, tool.parameters) for tool in normalize_tools(tools))

        def read(cursor: Cursor, builder: MessageBuilder) -> Steps[None]:
            builder.prompted, builder.boundaries = bool(prompt), self.boundaries
            if (yield from self.turn.read(cursor, builder, views, self.boundaries)) is not None:
                builder.ended = True
                yield from drain(cursor, builder)

        return read

    def _refuse_options(self, options: Mapping[str, Any], known: tuple[str, ...] = ()) -> None:
        for option in options:
            if option not in known:
                raise FormatError(
                    f"{self.name}: found the option {option!r}, expected {' or '.join(known) or 'no options'}"
                )
