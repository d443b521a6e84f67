"""Families that reason between `<think>` tags and write calls as Hermes does, each in a layout of its own.

Sources: the chat templates of LG (EXAONE 4) and Hugging Face (SmolLM3), and what serving projects read from ERNIE 4.5, LongCat and
Trinity, whose models also call inside of a block that they leave open.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import SingleCall
from fcformat.formats.chatml import CHATML_STOPS, HERMES_ARRAY, HERMES_CALLS, HERMES_XML

__all__ = ["ERNIE45", "EXAONE4", "LONGCAT", "SMOLLM3", "TRINITY"]

_JSON = JSONCall(also=("parameters",), fenced=True)
_TAGS = ("<tool_call>", "</tool_call>")
_LINES = CallSyntax(Tag(_TAGS[0]), Text("\n"), _JSON, Text("\n"), Tag(_TAGS[1]))
_THINK = Reasoning(
    after_opening="\n",
    before_closing="\n",
    after_closing="\n\n",
    unopened="undecided",
    left_open_before=(_TAGS[0],),
)
_CONTROLS = (*_TAGS, "<think>", "</think>")
_RESPONSE = ("<response>\n", "\n</response>\n")

ERNIE45 = CallFormat(
    "ernie4.5",
    aliases=("ernie45", "ernie-4.5", "baidu/ERNIE-4.5-*"),
    turn=ReasonedTurn(
        _THINK,
        TextThenCalls(
            _LINES,
            HERMES_ARRAY,
            before="\n\n",
            layout_tags=(*_RESPONSE, *(tag.strip() for tag in _RESPONSE)),
            blank_before=True,
        ),
    ),
    stops=("<|im_end|>", "</s>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=_CONTROLS,
)

EXAONE4 = CallFormat(
    "exaone4",
    aliases=("exaone-4", "LGAI-EXAONE/EXAONE-4*"),
    turn=ReasonedTurn(_THINK, TextThenCalls(CallSyntax(Tag(_TAGS[0]), _JSON, Tag(_TAGS[1])), HERMES_ARRAY, HERMES_XML)),
    stops=("[|endofturn|]",),
    headers=("[|assistant|]\n", "[|assistant|]"),
    begins=("[|system|]", "[|user|]", "[|tool|]"),
    controls=_CONTROLS,
)

_LONGCAT = ("<longcat_tool_call>", "</longcat_tool_call>")

LONGCAT = CallFormat(
    "longcat",
    aliases=("longcat-flash", "meituan-longcat/LongCat-*"),
    turn=ReasonedTurn(
        Reasoning("<longcat_think>", "</longcat_think>", after_opening="\n", before_closing="\n", after_closing="\n"),
        TextThenCalls(
            CallSyntax(Tag(_LONGCAT[0]), Text("\n"), _JSON, Text("\n"), Tag(_LONGCAT[1])),
            SingleCall(_LINES),
        ),
    ),
    stops=("</longcat_s>",),
    headers=(" ASSISTANT:",),
    begins=(" USER:", "[Round "),
    controls=(*_LONGCAT, "<longcat_think>", "</longcat_think>"),
)

SMOLLM3 = CallFormat(
    "smollm3",
    aliases=("smollm-3", "HuggingFaceTB/SmolLM3*"),
    turn=ReasonedTurn(_THINK, HERMES_CALLS),
    stops=CHATML_STOPS,
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=_CONTROLS,
)

TRINITY = CallFormat(
    "trinity",
    aliases=("arcee-trinity", "arcee-ai/Trinity-*"),
    turn=ReasonedTurn(_THINK, HERMES_CALLS),
    stops=CHATML_STOPS,
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=_CONTROLS,
)
