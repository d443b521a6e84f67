"""How a family lays out a conversation: headers, ends, where tools are told, how results come back. Data only.

The texts here are the format's own; its control tokens in them become control segments. What users, tools and results
say is added as plain text and never looked at.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from fcformat.chat import Message, Tool

if TYPE_CHECKING:
    from fcformat.formats.tool_texts import ToolWords

__all__ = ["Layout", "ReasoningHistory", "Results", "Role", "ToolList"]


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
        unless_last: After each result but one that ends the conversation.
    """

    role: Role
    opening: str = ""
    closing: str = ""
    grouped: bool = False
    unless_last: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ToolList:
    """How the system turn tells of the tools.

    Attributes:
        before: Text before the tools.
        joint: Before that, where there is a system message before it in the turn.
        after: Text after them.
        bare: Whether a tool is its function object alone, without OpenAI's wrapper.
        indent: Indentation of one JSON array of all tools; `None`: one object a line, each after a line break.
        describe: How one tool is told, in place of its JSON; the tools stand on lines of their own.
        system: What becomes of the system message that begins the conversation: the tools are told after its text in
            one turn (`"joined"`) or before it (`"first"`, an empty line between), or in a system turn of their own, before
            it (`"apart"`) or in its place (`"replaced"`).
        default_system: System text where the conversation has none but tools, `""` for none.
    """

    before: str
    joint: str = ""
    after: str = ""
    bare: bool = False
    indent: int | None = None
    describe: ToolWords | None = None
    system: str = "joined"
    default_system: str = ""

    def json(self, tools: tuple[Tool, ...]) -> str:
        """The tools' definitions."""
        if self.describe is not None:
            return "\n".join(self.describe.write(tool) for tool in tools)
        definitions = [tool.function_dict() if self.bare else tool.to_openai() for tool in tools]
        if self.indent is not None:
            return json.dumps(definitions, ensure_ascii=False, indent=self.indent)
        return "".join("\n" + json.dumps(definition, ensure_ascii=False) for definition in definitions)


@dataclasses.dataclass(frozen=True, slots=True)
class ReasoningHistory:
    """What becomes of reasoning in a conversation's earlier turns, and how its prompts ask for it.

    Attributes:
        keep: Whose reasoning is written: that of all turns, of those after the last user message, or nobody's.
        empty: Which of the turns that keep their reasoning, but have none, get an empty block: none of them, the
            conversation's last message, or all; `"always"`: turns that do not keep it get one as well.
        prompts: What follows the generation prompt, by the option `enable_thinking`; `None` stands for the option left out.
        split: Whether content that holds the closing tag is reasoning and content in one, as older clients send it.
        strip: Whether white space around reasoning is left out.
        results: What user messages begin and end with that are results and no questions.
        asides: What follows each user message that does not end with it already, by the option `enable_thinking`.
        may_keep: Whether the option `preserve_thinking` says if the reasoning of all turns is kept, or that of those after the
            last user message.
    """

    keep: Literal["all", "after_last_user", "none"] = "after_last_user"
    empty: Literal["never", "last", "kept", "always"] = "never"
    prompts: Mapping[bool | None, str] = dataclasses.field(default_factory=dict)
    split: bool = True
    strip: bool = False
    results: tuple[str, str] | None = None
    asides: Mapping[bool | None, str] = dataclasses.field(default_factory=dict)
    may_keep: bool = False

    def is_question(self, message: Message) -> bool:
        """Whether a message is the user's own, and no result in a user's turn."""
        content, marks = message.content or "", self.results
        is_result = marks is not None and content.startswith(marks[0]) and content.endswith(marks[1])
        return message.role == "user" and not is_result


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
        reasoning: What becomes of reasoning; `None`: it is left out.
        last_open: Whether the last turn is written without its end unless the model is to go on, which it never is after a
            turn of its own.
        beside: Whether what the assistant says beside a call is written.
        strip: The roles around whose content white space is left out; `"calls"`: the assistant's, where it calls;
            `"split"`: also what is left of it when reasoning has been split off.
        one_system: Whether only the conversation's first message may be a system message.
        efforts: What begins the system turn by the option `reasoning_effort`, where the model is to think; `None` stands
            for the option left out. A system turn with neither that nor anything else is left out.
    """

    roles: Mapping[str, Role]
    tools: ToolList | None
    results: Results
    generation_prompt: str
    begin: str = ""
    default_system: str = ""
    reasoning: ReasoningHistory | None = None
    last_open: bool = False
    beside: bool = True
    strip: frozenset[str] = frozenset()
    one_system: bool = False
    efforts: Mapping[str | None, str] = dataclasses.field(default_factory=dict)
