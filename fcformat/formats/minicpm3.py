"""MiniCPM 3: calls as lines of Python in a code block, behind a thought.

Source: the chat template that OpenBMB publishes with the model, which prompts come from. It writes an answer behind the calls;
here it stands before them.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.parts import PythonArguments
from fcformat.formats.call_syntax.python_call import PythonName
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_list import CallList, TextThenList
from fcformat.formats.chatml import CHATML_STOPS
from fcformat.json_style import JSONStyle
from fcformat.parsing.quotes import CALLS_IN_FENCE

__all__ = ["MINICPM3"]

#: Prompts show calls with blanks between arguments, and history has them without.
_STYLE = JSONStyle(max_whitespace=1)
_CALLS = ("<|tool_call_start|>", "<|tool_call_end|>")
_THOUGHT = ("<|thought_start|>", "<|thought_end|>")

MINICPM3 = CallFormat(
    "minicpm3",
    aliases=("minicpm-3", "openbmb/MiniCPM3-*"),
    turn=ReasonedTurn(
        Reasoning(*_THOUGHT, after_opening="\n", before_closing="\n", after_closing="\n"),
        TextThenList(
            CallSyntax(PythonName(), PythonArguments(CALLS_IN_FENCE, _STYLE)),
            CallList(*_CALLS, before="\n```python\n", between="\n", after="\n```\n"),
            text_after=True,
        ),
    ),
    stops=CHATML_STOPS,
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=(*_CALLS, *_THOUGHT),
)
