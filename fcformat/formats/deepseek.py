"""DeepSeek V3 with R1, and V3.1: calls in a section of control tokens.

Sources: the publisher's chat templates. V3 writes arguments in a JSON fence behind the kind of tool, V3.1 bare behind the
name. Neither template tells of the tools; with the option `tell_tools=True`, V3.1 does as its model card has it.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.named import JSONArguments, Name
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.deepseek_format import DeepSeekFormat, DeepSeekLayout
from fcformat.formats.tool_texts import ToolsTold, ToolTemplate

__all__ = ["DEEPSEEK_V3", "DEEPSEEK_V31"]

_SECTION = ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")
_BEGIN, _SEPARATOR, _END = Tag("<｜tool▁call▁begin｜>"), Tag("<｜tool▁sep｜>"), Tag("<｜tool▁call▁end｜>")
_FORMAT = """
IMPORTANT: ALWAYS adhere to this exact format for tool use:
<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>tool_call_name<｜tool▁sep｜>tool_call_arguments<｜tool▁call▁end｜>{{additional_tool_calls}}<｜tool▁calls▁end｜>

Where:

- `tool_call_name` must be an exact match to one of the available tools
- `tool_call_arguments` must be valid JSON that strictly follows the tool's Parameters Schema
- For multiple tool calls, chain them directly without separators or spaces
"""

_TOLD = ToolsTold(
    before="## Tools\nYou have access to the following tools:\n",
    tool=ToolTemplate("\n### {name}\nDescription: {description}\n\nParameters: {parameters}\n"),
    after=_FORMAT,
)


DEEPSEEK_V3 = DeepSeekFormat(
    "deepseek_v3",
    aliases=(
        "deepseek-v3",
        "deepseekv3",
        "deepseek_r1",
        "deepseek-r1",
        "deepseek-ai/DeepSeek-V3",
        "deepseek-ai/DeepSeek-V3-*",
        "deepseek-ai/DeepSeek-R1*",
    ),
    layout=DeepSeekLayout(results=("<｜tool▁outputs▁begin｜>", "\n", "<｜tool▁outputs▁end｜>")),
    turn=ReasonedTurn(
        Reasoning(after_opening="\n", before_closing="\n", after_closing="\n\n", ended_by=(_SECTION[0],)),
        CallSections(
            CallSyntax(
                _BEGIN,
                Text("function"),
                _SEPARATOR,
                Name(),
                Text("\n"),
                JSONArguments(until=("```", _END.text), fence=("```json\n", "\n```")),
                _END,
            ),
            section=_SECTION,
            between="\n",
            alone=True,
            controls=_SECTION,
        ),
    ),
)
DEEPSEEK_V31 = DeepSeekFormat(
    "deepseek_v31",
    aliases=("deepseek-v3.1", "deepseek-v31", "deepseekv31", "deepseek-ai/DeepSeek-V3.1*"),
    layout=DeepSeekLayout(
        results=("", "", ""), answered="<think></think>", thinking="<think>", after_user_only=True, tell=_TOLD
    ),
    turn=ReasonedTurn(
        Reasoning(unopened="undecided", ended_by=(_SECTION[0],)),
        CallSections(
            CallSyntax(_BEGIN, Name(), _SEPARATOR, JSONArguments(until=(_END.text,)), _END),
            section=_SECTION,
            alone=True,
            controls=_SECTION,
        ),
    ),
)
