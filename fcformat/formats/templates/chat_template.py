"""A chat template, compiled once: what it reads, what it puts out, and what its prompts look like."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2
from jinja2 import meta

from fcformat.chat import Tool
from fcformat.errors import FormatError
from fcformat.formats.templates.environment import RUN, ChatEnvironment, Generated, Run
from fcformat.formats.templates.inputs import Inputs, Origin
from fcformat.formats.templates.marked import OWN, Marked
from fcformat.formats.templates.printed import Printed

__all__ = ["MAX_PRINTED", "ChatTemplate", "Rendering"]

#: Most characters that a template may put out.
MAX_PRINTED = 1 << 28
#: What every template is given.
_GIVEN = frozenset(("messages", "tools", "documents", "add_generation_prompt"))
#: How jinja2 names our values in its errors.
_OUR_TYPES = re.compile(r"'?fcformat\.[\w.]+\.(Marked(?:Markup|Dict|List|Int|Float)?|Generated) object'?")
_PLAIN_TYPES = {"MarkedDict": "dict", "MarkedList": "list", "MarkedInt": "int", "MarkedFloat": "float"}


@dataclasses.dataclass(frozen=True, slots=True)
class Rendering:
    """What a template put out for a conversation.

    Attributes:
        printed: The text with its marks.
        inputs: What the marks stand for.
        run: What was noticed.
    """

    printed: Printed
    inputs: Inputs
    run: Run


class ChatTemplate:
    """A compiled template.

    Attributes:
        source: Its text.
        variables: Texts of the tokenizer that it may print.
        reads: The variables that it reads beside messages and tools.
    """

    def __init__(self, source: str, variables: Mapping[str, Any]) -> None:
        """Compiles a template.

        Args:
            source: Its text.
            variables: Texts of the tokenizer that it may print, such as `bos_token`.

        Raises:
            FormatError: It is no template.
        """
        if not isinstance(source, str):
            raise FormatError(f"chat template: found a value of type {type(source).__name__}, expected its text")
        self.source = source
        self.variables = {name: text for name, text in variables.items() if text is not None}
        environment = ChatEnvironment()
        try:
            tree = environment.parse(source)
            self.reads = frozenset(meta.find_undeclared_variables(tree)) - environment.globals.keys() - _GIVEN
            self._template = environment.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            raise FormatError(f"chat template: line {error.lineno}: {error.message}") from error
        except RecursionError as error:
            raise FormatError("chat template: found statements nested too deeply to compile") from error

    def run(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Tool] = (),
        add_generation_prompt: bool = False,
        date: datetime.date | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Rendering:
        """Renders a conversation.

        Raises:
            FormatError: The template refuses or cannot handle it.
        """
        inputs = Inputs()
        run = Run(date, inputs.message_of)
        option = Origin("option")
        variables: dict[str, Any] = {
            **{name: Marked(text, OWN) for name, text in self.variables.items()},
            **{name: inputs.marked(value, option) for name, value in (options or {}).items()},
            "messages": [inputs.message(message, index) for index, message in enumerate(messages)],
            "tools": inputs.tools(tools),
            "add_generation_prompt": add_generation_prompt,
            RUN: run,
        }
        variables.setdefault("documents", None)
        try:
            printed = Printed.of(self._chunks(variables, run))
        except FormatError:
            raise
        except Exception as error:  # a template is a program of somebody else's: it may fail in any way
            raise FormatError(self._failure(error, run)) from error
        return Rendering(printed, inputs, run)

    def _chunks(self, variables: Mapping[str, Any], run: Run) -> Iterator[tuple[str, int | None, bool]]:
        size = 0
        for chunk in self._template.root_render_func(self._template.new_context(dict(variables))):
            size += len(chunk)
            if size > MAX_PRINTED:
                raise FormatError(f"chat template: found a text longer than {MAX_PRINTED} characters")
            yield chunk, run.message, isinstance(chunk, Generated)

    def _failure(self, error: Exception, run: Run) -> str:
        """What went wrong, and where: the message that the template was at, and its own line."""
        line, trace = None, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == "<template>":
                line = self._template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        where = "" if run.message is None else f"message {run.message}: "
        at = "" if line is None else f", line {line}"
        text = _OUR_TYPES.sub(lambda match: f"'{_PLAIN_TYPES.get(match[1], 'str')} object'", str(error))
        if type(error) is jinja2.TemplateError:
            return f"{where}the chat template refuses the conversation: {text} (chat template{at})"
        return f"{where}the chat template cannot handle the conversation: {type(error).__name__}: {text} (chat template{at})"
