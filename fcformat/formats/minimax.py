"""MiniMax M1, M2 and M3: M1 writes a line of JSON for each call; M2 and M3 write `<invoke>` elements in one section.

Sources: MiniMax's chat templates. M3 puts a token before every tag, nests values as elements, and leaves a member out whose value is `null`, which has no spelling there.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.elements import ElementArguments
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tags import Marked, TagName
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallArray, CallSeries
from fcformat.formats.tagged_shapes import invoke_tags

__all__ = ["MINIMAX_M1", "MINIMAX_M2", "MINIMAX_M3"]

MINIMAX_M1 = CallFormat(
    "minimax_m1",
    aliases=("minimax-m1", "MiniMaxAI/MiniMax-M1*"),
    turn=ReasonedTurn(
        Reasoning(after_opening="\n", before_closing="\n", after_closing="\n\n"),
        TextThenCalls(
            CallSeries(
                Text("<tool_calls>\n"), CallSyntax(JSONCall(also=("parameters",)), Text("\n")), Text("</tool_calls>")
            ),
            CallArray(Tag("<tool_calls>"), closing=Tag("</tool_calls>")),
            blank_before=True,
        ),
    ),
    stops=("<end_of_sentence>",),
    headers=("<beginning_of_sentence>ai name=assistant\n",),
    begins=("<beginning_of_sentence>",),
)

MINIMAX_M2 = CallFormat(
    "minimax_m2",
    aliases=("minimax-m2", "MiniMaxAI/MiniMax-M2*"),
    turn=ReasonedTurn(
        Reasoning(
            "<think>",
            "</think>",
            after_opening="\n",
            before_closing="\n",
            after_closing="\n\n",
            unopened="undecided",
            left_open_before=("<minimax:tool_call>",),
        ),
        invoke_tags(("<minimax:tool_call>", "</minimax:tool_call>"), before="\n", unquoted=True),
    ),
    stops=("[e~[",),
    headers=("]~b]ai\n",),
    begins=("]~b]", "]~!b["),
    controls=("<minimax:tool_call>", "</minimax:tool_call>", "<think>", "</think>"),
)

_TOKEN = "]<]minimax[>["
_END = f"{_TOKEN}</invoke>"
_LAST = f"{_TOKEN}</tool_call>"

MINIMAX_M3 = CallFormat(
    "minimax_m3",
    aliases=("minimax-m3", "MiniMaxAI/MiniMax-M3*"),
    turn=ReasonedTurn(
        Reasoning("<mm:think>", "</mm:think>", unopened="undecided", lone=True),
        CallSections(
            CallSyntax(
                TagName(f'{_TOKEN}<invoke name="', '">', next=(f"{_TOKEN}<", _END), controls=(_TOKEN,)),
                ElementArguments(_TOKEN, ends=(_END,), following=(f"{_TOKEN}<invoke", _LAST)),
                Marked(_END, (_TOKEN,)),
            ),
            section=(f"{_TOKEN}<tool_call>\n", f"\n{_LAST}"),
            between="\n",
            controls=(_TOKEN,),
        ),
    ),
    stops=("[e~[",),
    headers=("]~b]ai\n",),
    begins=("]~b]", "]~!b["),
    controls=(_TOKEN, "<mm:think>", "</mm:think>"),
)
