"""How a family lays out a conversation: headers, ends, where tools are told, how results come back. Data only.

The texts here are the format's own; its control tokens in them become control segments. What users, tools and results
say is added as plain text and never looked at.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from fcformat.chat import Tool

__all__ = ["Layout", "Results", "Role", "ToolList"]


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """A role's turn.

    Attributes:
        header: Before the content.
        end: After the content; for the assistant, what the model writes to end its turn.
        after: After the end, written by nobody's turn.
    """

    header: str
    end: str = ""
    after: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Results:
    """How tool results are written.

    Attributes:
        role: The turn that results stand in.
        opening: Before each result.
        closing: After each result.
        grouped: Whether consecutive results share one turn.
    """

    role: Role
    opening: str = ""
    closing: str = ""
    grouped: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class ToolList:
    """How the system turn tells of the tools.

    Attributes:
        before: Text before the tools.
        after: Text after them.
        bare: Whether a tool is its function object alone, without OpenAI's wrapper.
        indent: Indentation of one JSON array of all tools; `None`: one object a line, each after a line break.
        system: What becomes of the system message that begins the conversation: the tools are told after its text in
            one turn (`"joined"`), or in a system turn of their own, before it (`"apart"`) or in its place (`"replaced"`).
    """

    before: str
    after: str = ""
    bare: bool = False
    indent: int | None = None
    system: str = "joined"

    def json(self, tools: tuple[Tool, ...]) -> str:
        """The tools' definitions."""
        definitions = [tool.function_dict() if self.bare else tool.to_openai() for tool in tools]
        if self.indent is not None:
            return json.dumps(definitions, ensure_ascii=False, indent=self.indent)
        return "".join("\n" + json.dumps(definition, ensure_ascii=False) for definition in definitions)


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """A family's conversation layout.

    Attributes:
        roles: Turns of `system`, `user` and `assistant`.
        tools: How tools are told.
        results: How results are written.
        begin: Before the first turn.
        generation_prompt: After the last turn, where the model goes on.
        default_system: System text where the conversation has none, `""` for no system turn.
    """

    roles: Mapping[str, Role]
    tools: ToolList
    results: Results
    generation_prompt: str
    begin: str = ""
    default_system: str = ""
