"""Calls as a Python list, `[f(a=1, b='x'), g()]`: Llama 3.2 and 4, ToolACE, Gemma 3 as prompted, LFM2, Olmo 3.

Sources: the chat templates of the publishers and of serving projects, and what those projects' parsers accept. Templates
that write every value in quotes, or no commas between arguments, are read as what they mean.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import PythonArguments
from fcformat.formats.call_syntax.python_call import PythonName
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_list import CallList, TextThenList
from fcformat.parsing.quotes import CALLS_IN_LINES, CALLS_IN_LIST

__all__ = ["LFM2", "LLAMA4_PYTHONIC", "OLMO3", "PYTHONIC"]

_CALL = CallSyntax(PythonName(), PythonArguments(CALLS_IN_LIST))
_PYTHON_TAGS = ("<|python_start|>", "<|python_end|>")

PYTHONIC = CallFormat(
    "pythonic",
    aliases=("gemma3_pythonic", "llama3.2_pythonic", "toolace", "google/gemma-3-*", "Team-ACE/ToolACE*"),
    turn=TextThenList(_CALL, CallList(*_PYTHON_TAGS, tags="read")),
    stops=("<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end_of_text|>"),
    headers=("<|start_header_id|>assistant<|end_header_id|>\n\n", "<start_of_turn>model\n"),
    begins=("<|start_header_id|>", "<start_of_turn>"),
)

LLAMA4_PYTHONIC = CallFormat(
    "llama4_pythonic",
    aliases=("llama4", "meta-llama/Llama-4-*"),
    turn=TextThenList(_CALL, CallList(*_PYTHON_TAGS, tags="allowed")),
    stops=("<|eot|>", "<|eom|>", "<|end_of_text|>"),
    headers=("<|header_start|>assistant<|header_end|>\n\n",),
    begins=("<|header_start|>",),
    controls=_PYTHON_TAGS,
)

LFM2 = CallFormat(
    "lfm2",
    aliases=("lfm2.5", "LiquidAI/LFM2*"),
    turn=ReasonedTurn(
        Reasoning("<think>", "</think>"),
        TextThenList(
            _CALL,
            CallList("<|tool_call_start|>", "<|tool_call_end|>"),
            also=CallSyntax(JSONCall(also=("parameters",))),
            text_after=True,
        ),
    ),
    stops=("<|im_end|>", "<|endoftext|>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<|tool_call_start|>", "<|tool_call_end|>", "<think>", "</think>"),
)

OLMO3 = CallFormat(
    "olmo3",
    aliases=("olmo-3", "allenai/Olmo-3*"),
    turn=ReasonedTurn(
        Reasoning("<think>", "</think>"),
        TextThenList(
            CallSyntax(PythonName(), PythonArguments(CALLS_IN_LINES)),
            CallList("<function_calls>", "</function_calls>", before="", between="\n", after=""),
        ),
    ),
    stops=("<|im_end|>", "<|endoftext|>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<function_calls>", "</function_calls>", "<think>", "</think>"),
)
