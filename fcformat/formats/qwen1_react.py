"""Qwen (1) with tools: ReAct lines in ChatML, as the demo server of the first Qwen models has them.

Source: `openai_api.py` of QwenLM/Qwen (`parse_messages`, `parse_response`). The tools are told in front of the question that
begins the last answered exchange; answers and calls of history become one turn of thoughts, actions and observations. As in
the server, texts lose line breaks before and white space after them, and a last turn of the assistant stays open; the option
`training=True` ends it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.formats.call_syntax.react_lines import THOUGHT, ReActLines
from fcformat.formats.folded_format import FoldedFormat, Folding

__all__ = ["QWEN1_REACT"]

_INSTRUCTION = """Answer the following questions as best you can. You have access to the following APIs:

{tools}

Use the following format:

Question: the input question you must answer
Thought: you should always think about what to do
Action: the action to take, should be one of [{names}]
Action Input: the input to the action
Observation: the result of the action
... (this Thought/Action/Action Input/Observation can be repeated zero or more times)
Thought: I now know the final answer
Final Answer: the final answer to the original input question

Begin!"""


def _described(tool: Tool) -> str:
    function = tool.function_dict()
    name = function.get("name_for_model", tool.name)
    human = function.get("name_for_human", tool.name)
    description = function.get("description_for_model", tool.description or "")
    return (
        f"{name}: Call this tool to interact with the {human} API. What is the {human} API useful for? "
        f"{description} Parameters: {json.dumps(tool.parameters, ensure_ascii=False)}"
    )


def _told(tools: tuple[Tool, ...], messages: tuple[Message, ...], options: Mapping[str, Any]) -> str:
    names = ", ".join(str(tool.function_dict().get("name_for_model", tool.name)) for tool in tools)
    return _INSTRUCTION.replace("{names}", names).replace("{tools}", "\n\n".join(map(_described, tools)))


QWEN1_REACT = FoldedFormat(
    "qwen1_react",
    aliases=("qwen1-react", "qwen1", "qwen-react", "Qwen/Qwen-*"),
    folding=Folding(
        tell=_told,
        told_in="user",
        observed=("\nObservation:", " "),
        answered="\n",
        resumed="\nThought:",
        continued="\n",
        question="\n\nQuestion: ",
        default_system="You are a helpful assistant.",
        stripped=True,
        closed=False,
        one_call=True,
        plain_without_tools=True,
    ),
    turn=ReActLines(known="I now know the final answer."),
    stops=("\nObservation:",),
    opens=THOUGHT,
)
