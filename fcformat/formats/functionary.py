"""Functionary 3.1 and 3.2: calls as `<function=NAME>{...}</function>`, and as segments behind `>>>`.

Source: MeetKai's chat templates, which prompts come from. Both are trained on Llama 3's turns.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.named import JSONArguments, Name
from fcformat.formats.call_syntax.parts import Text
from fcformat.formats.call_syntax.recipient_segments import RecipientSegments
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls

__all__ = ["FUNCTIONARY_V31", "FUNCTIONARY_V32"]

_STOPS = ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>")
_HEADERS = ("<|start_header_id|>assistant<|end_header_id|>\n\n",)

FUNCTIONARY_V31 = CallFormat(
    "functionary_v31",
    aliases=("functionary-v3.1", "meetkai/functionary-small-v3.1*", "meetkai/functionary-medium-v3.1*"),
    turn=TextThenCalls(
        CallSyntax(Text("<function="), Name(), Text(">"), JSONArguments(until=("</function>",)), Text("</function>")),
        before="",
        between="",
    ),
    stops=_STOPS,
    headers=_HEADERS,
    begins=("<|start_header_id|>",),
)
FUNCTIONARY_V32 = CallFormat(
    "functionary_v32",
    aliases=(
        "functionary-v3.2",
        "functionary-v3-llama3",
        "meetkai/functionary-small-v3.2*",
        "meetkai/functionary-medium-v3.2*",
    ),
    turn=RecipientSegments(),
    stops=_STOPS,
    headers=_HEADERS,
    begins=("<|start_header_id|>",),
)
