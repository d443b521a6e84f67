"""A format whose prompts come from a model's own chat template, and whose replies are read in a call syntax by name."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fcformat import grammar as g
from fcformat.chat import Message, Tool, normalize_tools
from fcformat.chat._checks import json_copy
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.rendered import Rendered
from fcformat.formats.templates.chat_template import ChatTemplate, Rendering
from fcformat.formats.templates.inputs import read_messages, with_arguments
from fcformat.formats.templates.printed import CONTROL, control_pattern
from fcformat.formats.templates.probes import REASONING, Probes
from fcformat.formats.templates.reasoning_marks import reasoned
from fcformat.formats.templates.syntaxes import call_format_of
from fcformat.formats.templates.template_losses import Loss, losses_of, report
from fcformat.formats.templates.turns import assistant_turns
from fcformat.formats.templates.unknown_turn import UnknownTurn

__all__ = ["TemplateFormat"]

#: How many sets of options keep what was found out about them.
MAX_PROBES = 64


class TemplateFormat(Format):
    """A chat template as a format.

    Attributes:
        template: The compiled template.
        call_format: The format whose call syntax replies are read in, `None` where it is not known.
    """

    def __init__(
        self,
        template: ChatTemplate,
        *,
        name: str = "template",
        call_format: Format | None = None,
        control_tokens: Iterable[str] | None = None,
        eos_token: str | None = None,
    ) -> None:
        """Sets up the format.

        Args:
            template: The compiled template.
            name: Its name, for errors.
            call_format: The format whose call syntax the model writes.
            control_tokens: The control tokens of the model's vocabulary; by default what is spelled like one.
            eos_token: A token that ends the assistant's turn, beside the one that the template writes.
        """
        self.name = name
        self.aliases = ()
        tokens = None if control_tokens is None else frozenset(control_tokens)
        self._options = {"name": name, "call_format": call_format, "control_tokens": tokens, "eos_token": eos_token}
        self.template = template
        self._controls = re.compile(CONTROL) if tokens is None else control_pattern(tokens)
        self._probes: dict[str, Probes] = {}
        probes = self.probes({})
        if call_format is None:
            call_format = call_format_of(probes.call, template.source)
        self.call_format = call_format
        theirs = call_format.stops if call_format is not None else ()
        self.stops = tuple(dict.fromkeys(stop for stop in (probes.stop, eos_token, *theirs) if stop))
        self._ends = tuple(dict.fromkeys(stop for stop in (probes.stop, eos_token) if stop))
        header = self._controls.search(probes.header)
        begins = (header[0],) if header else ()
        others = call_format.boundaries if call_format is not None else ()
        self.boundaries = tuple(dict.fromkeys((*self.stops, *begins, *others)))
        if call_format is not None:
            self.tags, self.least_half = call_format.tags, call_format.least_half
        turn = call_format.turn if call_format is not None else UnknownTurn(name)
        self.turn = reasoned(turn, probes, template.source)
        self._tail = _layout_before(probes.stop, probes.call)

    def render(
        self,
        messages: Sequence[Mapping[str, Any] | Message],
        tools: Iterable[Any] | None = None,
        add_generation_prompt: bool = False,
        date: datetime.date | None = None,
        on_loss: str = "warn",
        arguments: str = "given",
        **options: Any,
    ) -> Rendered:
        """Renders a conversation through the template, to the byte as transformers does.

        Messages may have what only templates know: content in parts, keys such as `tool_plan`.

        Args:
            messages: As in `Format.render`.
            tools: As in `Format.render`.
            add_generation_prompt: As in `Format.render`.
            date: What the template takes for now, a `date` or a `datetime`; by default the present.
            on_loss: As in `Format.render`. The default is to warn: a template is rendered as its publisher wrote it.
            arguments: Whether calls' arguments reach the template as they are `"given"` (those of a `Message`: as
                the template writes them rightly), as an `"object"` or as a `"string"`. Given a form that it cannot handle, it gets the other one.
            **options: Variables that the template reads, such as `enable_thinking` or `documents`.

        Raises:
            FormatError: A message is wrong, the template refuses or cannot handle the conversation, something is lost
                and losses raise, or the template does not read an option.
        """
        if arguments not in ("given", "object", "string"):
            raise FormatError(f"arguments: found {arguments!r}, expected 'given', 'object' or 'string'")
        known = (*sorted(self.template.reads), "documents")
        self._refuse_options(options, known)
        options = {name: json_copy(value, name) for name, value in options.items()}
        copies, read = read_messages(messages)
        for index, message in enumerate(messages):
            form = (
                self.probes(options).arguments if arguments == "given" and isinstance(message, Message) else arguments
            )
            copies[index] = with_arguments(copies[index], form)
        tools = normalize_tools(tools)
        rendering, changed = self._run(copies, tools, add_generation_prompt, date, options)
        found = [*changed, *losses_of(rendering, read, tools, self._writes_python())]
        return Rendered(self._segments(rendering, read, options), report(self.name, on_loss, found))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.template.source, self.template.variables, self._options)

    def grammar(self, *arguments: Any, **options: Any) -> g.Grammar:
        """See `Format`; where the template has layout between calls and the end of the turn, it may stand there."""
        turn = super().grammar(*arguments, **options)
        return g.sequence(turn, g.optional(g.literal(self._tail))) if self._tail else turn

    def begun(self, prompt: str) -> str:
        """See `Format`: a template's prompt may open a block of reasoning, or write an empty one."""
        whole = header = self.probes({}).header
        theirs = self.call_format.begun(prompt) if self.call_format is not None else ""
        if theirs and prompt.endswith(whole) and whole.endswith(theirs):
            return theirs  # the call format knows what of the header is part of the turn
        opened = REASONING.search(header)
        if opened:
            header = header[: opened.start()]
        return prompt.rpartition(header)[2] if header and header in prompt else theirs

    def probes(self, options: Mapping[str, Any]) -> Probes:
        """What short exchanges show of the template.

        Args:
            options: Options of `render`.
        """
        key = json.dumps(options, sort_keys=True)
        probes = self._probes.get(key)
        if probes is None:
            if len(self._probes) >= MAX_PROBES:
                self._probes.clear()
            probes = self._probes[key] = Probes.of(self.template, options, self._controls)
        return probes

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        return self.render(messages, tools, add_generation_prompt, date, on_loss, **options)

    def _run(
        self,
        messages: list[dict[str, Any]],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        options: dict[str, Any],
    ) -> tuple[Rendering, list[Loss]]:
        """Renders; where the template cannot handle the messages as they are, in another form that says the same."""
        first: FormatError | None = None
        for form, changed in _forms(messages):
            try:
                return self.template.run(form, tools, add_generation_prompt, date, options), changed
            except FormatError as error:
                first = first or error
        assert first is not None  # the messages as they are come first
        raise FormatError(f"{self.name}: {first}") from first

    def _segments(self, rendering: Rendering, read: Sequence[Message], options: Mapping[str, Any]) -> tuple[Any, ...]:
        printed = rendering.printed
        controls = printed.controls(self._controls)
        trainable: Sequence[tuple[int, int, int | None]] = printed.generated()
        if not trainable:
            roles = [message.role for message in read]
            trainable = assistant_turns(
                printed, roles, rendering.inputs.message_of, controls, self.probes(options), self.stops, self._ends
            )
        return printed.segments(controls, trainable)

    def _writes_python(self) -> bool:
        return self.call_format is not None and self.call_format.name in _PYTHON


def _restored(source: str, variables: Mapping[str, Any], options: dict[str, Any]) -> TemplateFormat:
    """The format again, behind a pickle: compiled templates cannot be pickled."""
    return TemplateFormat(ChatTemplate(source, variables), **options)


def _layout_before(stop: str | None, call: str | None) -> str:
    """White space that the template writes between a call and the end of its turn."""
    written = call.partition(stop)[0] if stop and call and stop in call else ""
    return written[len(written.rstrip()) :]


#: Call syntaxes whose values are Python's.
_PYTHON = frozenset(("chatglm3", "pythonic", "llama4_pythonic", "lfm2", "olmo3"))


def _forms(messages: list[dict[str, Any]]) -> Iterator[tuple[list[dict[str, Any]], list[Loss]]]:
    """The messages as they are; then with arguments in the other form, missing content as an empty text, and both."""
    yield messages, []
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    other = []
    if calls:
        form = "object" if any(isinstance(call["function"]["arguments"], str) for call in calls) else "string"
        other = [with_arguments(message, form) for message in messages]
        yield other, []
    empty = [
        index for index, each in enumerate(messages) if each["role"] == "assistant" and each.get("content") is None
    ]
    if empty:
        sentence = "the template cannot handle missing content, which is rendered as an empty text"
        changed = [("content", f"message {index}: {sentence}") for index in empty]
        for form_of in (messages, other) if other else (messages,):
            yield [{**each, "content": ""} if at in empty else each for at, each in enumerate(form_of)], changed
