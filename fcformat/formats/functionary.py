"""Functionary 2, 3.1 and 3.2: calls as messages to recipients, as `<function=NAME>{...}</function>`, and as segments behind `>>>`.

Source: MeetKai's chat templates, which prompts come from. The later two are trained on Llama 3's turns. Prompts of Functionary 2
end behind the first mark of a recipient; the recipient `all` gets text, a function its arguments.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.blocks import MessageBlocks
from fcformat.formats.call_syntax.named import NAME_CHARACTER, JSONArguments, Name
from fcformat.formats.call_syntax.parts import Text
from fcformat.formats.call_syntax.recipient_segments import RecipientSegments
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls

__all__ = ["FUNCTIONARY_V2", "FUNCTIONARY_V31", "FUNCTIONARY_V32"]

_NAME = rf"{NAME_CHARACTER}{{1,256}}"
_FROM, _RECIPIENT, _CONTENT = "<|from|>assistant", "<|recipient|>", "<|content|>"
_V2_CONTROLS = ("<|from|>", _RECIPIENT, _CONTENT, "<|stop|>")

FUNCTIONARY_V2 = CallFormat(
    "functionary_v2",
    aliases=("functionary-v2", "functionary-v2.2", "meetkai/functionary-*-v2*"),
    turn=MessageBlocks(
        CallSyntax(JSONArguments(until=("\n<|from|>", _RECIPIENT, "<|stop|>"))),
        headers={"content": f"{_RECIPIENT}all\n{_CONTENT}", "call": f"{_RECIPIENT}{{name}}\n{_CONTENT}"},
        header=rf"\s{{0,8}}(?:<\|recipient\|>)?\s{{0,8}}({_NAME})\s{{0,8}}<\|content\|>",
        half=rf"\s{{0,8}}(?:<[|a-z]{{0,11}}|(?:<\|recipient\|>)?\s{{0,8}}(?:{_NAME})?\s{{0,8}}(?:<[|a-z]{{0,9}})?)",
        kinds={"all": "content"},
        other="call",
        starts=(_RECIPIENT,),
        end=f"\n{_FROM}",
        between="\n",
        last=False,
        named=True,
        controls=_V2_CONTROLS,
    ),
    stops=("<|stop|>", "</s>"),
    headers=(f"{_FROM}\n",),
    begins=("<|from|>user", "<|from|>system"),
    controls=_V2_CONTROLS,
)

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
