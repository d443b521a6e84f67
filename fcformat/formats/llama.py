"""Llama 3.1 and 3.2: a call is a bare JSON object with `name` and `parameters`.

Source: the chat templates that Meta publishes with the models; they differ in the date. Models also write `<|python_tag|>`
before calls, several calls with `;` between them, and calls of built-in tools as Python, all of which is read. The
publisher's template leaves text beside a call out.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.named import Name
from fcformat.formats.call_syntax.parts import PythonArguments, Tag, Text
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallArray, SingleCall
from fcformat.formats.llama_format import LlamaFormat

__all__ = ["LLAMA3_JSON", "LLAMA31", "LLAMA32"]

_CALL = JSONCall(arguments="parameters", also=("arguments",), whole=True)


def _turn(most: int | None) -> TextThenCalls:
    return TextThenCalls(
        CallSyntax(_CALL),
        CallArray(item=_CALL),
        SingleCall(CallSyntax(Tag("<|python_tag|>"), JSONCall(arguments="parameters", also=("arguments",)))),
        SingleCall(CallSyntax(Tag("<|python_tag|>"), Name(suffix=".call"), Text("("), PythonArguments())),
        before="",
        between="; ",
        also_between=(";", ";\n", ",", ", ", ",\n"),
        blank_before=True,
        most=most,
    )


LLAMA31 = LlamaFormat(
    "llama3.1",
    aliases=(
        "llama-3.1",
        "llama3.3",
        "meta-llama/Llama-3.1-*",
        "meta-llama/Meta-Llama-3.1-*",
        "meta-llama/Llama-3.3-*",
    ),
    turn=_turn(1),
    today="26 Jul 2024",
)

LLAMA32 = LlamaFormat("llama3.2", aliases=("llama-3.2", "meta-llama/Llama-3.2-*"), turn=_turn(1))

#: The calls of all versions, several in a turn.
LLAMA3_JSON = CallFormat(
    "llama3_json",
    aliases=("llama3", "llama4_json"),
    turn=_turn(None),
    stops=("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|eot|>", "<|eom|>"),
    headers=("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|header_start|>assistant<|header_end|>\n\n"),
    begins=("<|start_header_id|>", "<|header_start|>"),
    controls=("<|python_tag|>",),
)
