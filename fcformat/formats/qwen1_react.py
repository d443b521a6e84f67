"""Qwen (1) with tools: ReAct lines in ChatML, as the demo server of the first Qwen models has them.

Source: `openai_api.py` of QwenLM/Qwen (`parse_messages`, `parse_response`). The tools are told in front of the question that
begins the last answered exchange; answers and calls of history become one turn of thoughts, actions and observations. As in
the server, texts lose line breaks before and white space after them, and a last turn of the assistant stays open; the option
`training=True` ends it.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.react_lines import THOUGHT, ReActLines
from fcformat.formats.folded_format import FoldedFormat, Folding
from fcformat.formats.tool_texts import ToolsTold, ToolTemplate

__all__ = ["QWEN1_REACT"]

_BEFORE = "Answer the following questions as best you can. You have access to the following APIs:\n\n"
_AFTER = """

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

_TOOL = ToolTemplate(
    "{name}: Call this tool to interact with the {human} API. What is the {human} API useful for? {description} "
    "Parameters: {parameters}",
    model_keys=frozenset(("name_for_model", "name_for_human", "description_for_model")),
)

QWEN1_REACT = FoldedFormat(
    "qwen1_react",
    aliases=("qwen1-react", "qwen1", "qwen-react", "Qwen/Qwen-*"),
    folding=Folding(
        told={(): ToolsTold(before=_BEFORE, tool=_TOOL, between="\n\n", after=_AFTER)},
        told_in="user",
        observed=("\nObservation:", " "),
        answered="\n",
        resumed="\nThought:",
        continued="\n",
        resumes=THOUGHT,
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
