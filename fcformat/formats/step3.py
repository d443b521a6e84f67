"""Step 3, 3.5 and 5: calls as steptml elements between marks of their own; from Step 3.5 on as Qwen3-Coder writes them.

Sources: the parser that serving projects have for Step 3, and StepFun's chat template of Step 3.5, which puts no layout
between text and a call and writes values as Python spells them; they are written as JSON here, and read either way.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import Marked, TagName
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.tagged_shapes import function_tags

__all__ = ["STEP3", "STEP5", "STEP35"]

_INVOKE = '<steptml:invoke name="'


def _arguments(*following: str, last: str = "") -> tuple[TagName, TaggedArguments, Text]:
    """A call's element.

    Args:
        following: What may follow the call.
        last: The tag behind all calls.
    """
    parameter, end = '<steptml:parameter name="', "</steptml:invoke>"
    return (
        TagName(_INVOKE, '">', next=(parameter, end)),
        TaggedArguments(
            parameter,
            '">',
            "</steptml:parameter>",
            ends=(end, "<｜tool_call_end｜>") if last else (end,),
            following=following,
            last=last,
        ),
        Text(end),
    )


#: Where control tokens were stripped, this is left.
_STRIPPED = _arguments("function<steptml:", "<steptml:")

STEP3 = CallFormat(
    "step3",
    aliases=("step-3", "stepfun-ai/step3*"),
    turn=ReasonedTurn(
        Reasoning(
            "<think>", "</think>", after_opening="\n", before_closing="\n", after_closing="\n", unopened="undecided"
        ),
        CallSections(
            CallSyntax(
                Tag("<｜tool_call_begin｜>"),
                Marked("function<｜tool_sep｜>", ("<｜tool_sep｜>",), optional=True),
                *_arguments("<｜tool_call_begin｜>", last="<｜tool_calls_end｜>"),
                Tag("<｜tool_call_end｜>"),
            ),
            section=("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"),
            untagged=(
                UntaggedCall(f"function{_INVOKE}", CallSyntax(Text("function"), *_STRIPPED), after_name='"'),
                UntaggedCall(_INVOKE, CallSyntax(*_STRIPPED), after_name='"'),
            ),
            controls=("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"),
        ),
    ),
    stops=("<|EOT|>", "<｜end▁of▁sentence｜>"),
    headers=("<|BOT|>assistant\n",),
    begins=("<|BOT|>",),
    controls=(
        "<｜tool_calls_begin｜>",
        "<｜tool_call_begin｜>",
        "<｜tool_sep｜>",
        "<｜tool_call_end｜>",
        "<｜tool_calls_end｜>",
    ),
)

_TAGGED = ReasonedTurn(
    Reasoning("<think>", "</think>", after_opening="\n", before_closing="\n", after_closing="\n", unopened="undecided"),
    function_tags("<tool_call>", "</tool_call>", padding="\n", before="", between="", python_words=True),
)

STEP35 = CallFormat(
    "step3p5",
    aliases=("step3.5", "step-3.5", "stepfun-ai/Step-3.5-*"),
    turn=_TAGGED,
    stops=("<|im_end|>",),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<tool_call>", "</tool_call>", "<think>", "</think>"),
)

STEP5 = CallFormat(
    "step5",
    aliases=("step-5", "stepfun-ai/Step-5*", "stepfun-ai/Step5*"),
    turn=_TAGGED,
    stops=("<|EOT|>",),
    headers=("<|BOT|>assistant\n",),
    begins=("<|BOT|>",),
    controls=STEP35.controls,
)
