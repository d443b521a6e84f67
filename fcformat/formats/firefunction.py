"""FireFunction: a text behind `<plain>` or calls behind `<functioncall>` in version 1, an array behind `functools` in version 2.

Sources: the chat templates that Fireworks publishes with the models, which prompts come from.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Text
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallArray

__all__ = ["FIREFUNCTION_V1", "FIREFUNCTION_V2"]

FIREFUNCTION_V1 = CallFormat(
    "firefunction_v1",
    aliases=("firefunction-v1", "fireworks-ai/firefunction-v1*"),
    turn=TextThenCalls(
        CallSyntax(Text("<functioncall>"), JSONCall(also=("parameters",))),
        before="",
        between="",
        spoken=("<plain>", ""),
        blank_before=True,
    ),
    stops=("</s>",),
    headers=("ASSISTANT: ", "ASSISTANT:"),
    begins=("USER: ", "SYSTEM: ", "FUNCTIONS: "),
)

FIREFUNCTION_V2 = CallFormat(
    "firefunction_v2",
    aliases=("firefunction-v2", "fireworks-ai/llama-3-firefunction-v2*"),
    turn=TextThenCalls(CallArray(Text("functools")), before=" ", blank_before=True),
    stops=("<|eot_id|>", "<|end_of_text|>"),
    headers=("<|start_header_id|>assistant<|end_header_id|>\n\n",),
    begins=("<|start_header_id|>",),
)
