"""How tools are told in words: one declaration of the text, which is written from it and read back from it.

A definition that a text does not hold whole comes back as far as the text has it: name, description, parameters.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any, Protocol

from fcformat.chat import Tool
from fcformat.errors import ParseError
from fcformat.formats.reading.prompt_text import PromptText
from fcformat.formats.reading.tool_lists import as_tool, read_json

__all__ = ["ToolTemplate", "ToolWords", "ToolsTold"]

_FIELD = re.compile(r"\{([a-z]+)\}")
_NAME = re.compile(r"[^\n]{1,1000}?")
#: How many places in a description are tried that look like its end.
_MOST_ENDS = 32


class ToolWords(Protocol):
    """How one tool is told."""

    @property
    def opening(self) -> str:
        """What the text begins with."""

    def name_of(self, tool: Tool) -> str:
        """What a tool is called."""

    def write(self, tool: Tool) -> str:
        """The text of a tool."""

    def read(self, prompt: PromptText, ends: tuple[str, ...]) -> Tool:
        """Reads the text of a tool; see `ToolTemplate`."""


@dataclasses.dataclass(frozen=True)
class ToolTemplate:
    """The text that tells of one tool, with fields in braces.

    Attributes:
        text: With the fields `name`, `human` (its name for people), `description` and `parameters`, each of them followed by
            text, and `parameters` by none of the others but `form`.
        model_keys: Which of the keys that Qwen's definitions may have count: `name_for_model`, `name_for_human`,
            `description_for_model`.
        forms: What `form` says how arguments are to be written: of the tool `code_interpreter`, of the others. A definition's
            `args_format` takes its place.
    """

    text: str
    model_keys: frozenset[str] = frozenset()
    forms: tuple[str, str] | None = None

    def write(self, tool: Tool) -> str:
        """The text of a tool."""
        function = tool.function_dict()
        known = {key: str(function[key]) for key in self.model_keys if key in function}
        name = known.get("name_for_model", tool.name)
        fields = {
            "name": name,
            "human": known.get("name_for_human", tool.name),
            "description": known.get("description_for_model", tool.description or ""),
            "parameters": json.dumps(tool.parameters, ensure_ascii=False),
            "form": str(function.get("args_format", self._form(name))),
        }
        written = _FIELD.sub(lambda match: fields[match[1]], self.text)
        return written.rstrip() if self.forms is not None else written

    def read(self, prompt: PromptText, ends: tuple[str, ...]) -> Tool:
        """Reads the text of a tool.

        Args:
            prompt: Where it comes next.
            ends: What may follow it.

        Raises:
            ParseError: It does not.
        """
        start = prompt.position
        pieces = _FIELD.split(self.text)
        fields: dict[str, Any] = {}
        prompt.expect(pieces[0])
        for field, after, following in zip(pieces[1::2], pieces[2::2], [*pieces[3::2], ""], strict=True):
            if field == "parameters":
                fields[field] = read_json(prompt)
                if after != " " or following != "form":
                    prompt.expect(after)
            elif field == "form":
                fields[field] = self._read_form(prompt, str(fields["name"]), ends)
            elif field in fields:
                prompt.expect(str(fields[field]) + after)
            else:
                behind = None if following != "parameters" else "" if self.forms is not None else pieces[-1]
                fields[field] = _text(prompt, after, behind)
        name = fields["name"]
        function: dict[str, Any] = {"name": name}
        if fields.get("human", name) != name:
            function["name_for_human"] = fields["human"]
        if fields.get("description"):
            function["description"] = fields["description"]
        function["parameters"] = fields["parameters"]
        if fields.get("form", self._form(name)) != self._form(name):
            function["args_format"] = fields["form"]
        return as_tool(function, start, prompt)

    def name_of(self, tool: Tool) -> str:
        """What a tool is called."""
        return str(
            (tool.function_dict() if "name_for_model" in self.model_keys else {}).get("name_for_model", tool.name)
        )

    @property
    def opening(self) -> str:
        """What the text begins with."""
        return _FIELD.split(self.text)[0]

    def _form(self, name: str) -> str:
        return "" if self.forms is None else self.forms[name != "code_interpreter"]

    def _read_form(self, prompt: PromptText, name: str, ends: tuple[str, ...]) -> str:
        """Reads how arguments are to be written, behind a blank; without any the blank is missing as well."""
        if any(prompt.has(end) for end in ends):
            return ""
        prompt.expect(" ")
        if prompt.skip(self._form(name)):
            return self._form(name)
        text, _ = prompt.until(re.compile(f"(?={'|'.join(map(re.escape, ends))})"))
        return text


def _text(prompt: PromptText, after: str, behind: str | None) -> str:
    """Reads a text and what stands after it.

    Where JSON follows, and `behind` that, the text may hold what stands after it as well.
    """
    start = prompt.position
    at = start
    for _ in range(_MOST_ENDS):
        prompt.position = at
        place = prompt.text.find(after, at, prompt.limit)
        if place < 0:
            break
        prompt.position = place + len(after)
        if behind is None:
            return prompt.text[start:place]
        begins = prompt.position
        try:
            if isinstance(read_json(prompt), (dict, bool)) and prompt.has(behind):
                prompt.position = begins
                return prompt.text[start:place]
        except ParseError:
            pass  # the description goes on
        at = place + 1
    raise prompt.error(repr(after), start)


@dataclasses.dataclass(frozen=True)
class ToolsTold:
    """The text that tells of all tools.

    Attributes:
        before: Before the tools.
        tool: Each of them.
        after: After them; in it, `{names}` stands for their names.
        between: Between two of them.
        comma: Between two names.
    """

    before: str
    tool: ToolWords
    after: str
    between: str = ""
    comma: str = ", "

    def write(self, tools: tuple[Tool, ...]) -> str:
        """The text."""
        return self.before + self.between.join(map(self.tool.write, tools)) + self._after(tools)

    def read(self, prompt: PromptText) -> tuple[Tool, ...]:
        """Reads the tools, behind the text before them, and what is told after them.

        Raises:
            ParseError: They are not told so.
        """
        tools: list[Tool] = []
        behind = self.after.partition("{names}")[0]
        opening = self.between + self.tool.opening
        ends = (opening, behind)
        while not tools or (prompt.has(opening) and not prompt.has(behind)):
            if tools:
                prompt.expect(self.between)
            tools.append(self.tool.read(prompt, ends))
        prompt.expect(self._after(tuple(tools)))
        return tuple(tools)

    def _after(self, tools: tuple[Tool, ...]) -> str:
        return self.after.replace("{names}", self.comma.join(map(self.tool.name_of, tools)))
