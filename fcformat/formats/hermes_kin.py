"""Families that write single calls as JSON behind a tag, most of them between `<tool_call>` tags.

Sources: the publishers' chat templates and model cards.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.plain_text import PlainText
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallSeries, SingleCall
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.chatml import CHATML_STOPS, HERMES_CALLS, HERMES_XML
from fcformat.formats.tagged_shapes import function_call, invoke_call, key_value_tags

__all__ = [
    "DOTS",
    "GRANITE4",
    "GRANITE_20B_FC",
    "INTERNLM2",
    "MIMO",
    "NEMOTRON_MINI",
    "PLAIN",
    "REKA",
    "SPARK25",
]

_JSON = JSONCall(also=("parameters",))
_FENCED = JSONCall(also=("parameters",), fenced=True)
_PARAMETERS = JSONCall(arguments="parameters", also=("arguments",), either=("arguments",))
_TAGS = ("<tool_call>", "</tool_call>")
_HERMES = CallSyntax(Tag(_TAGS[0]), Text("\n"), _FENCED, Text("\n"), Tag(_TAGS[1]))

_DOTS = ("<dots_function_call>", "</dots_function_call>")
GRANITE4 = CallFormat(
    "granite4",
    aliases=("granite-4", "ibm-granite/granite-4*"),
    turn=HERMES_CALLS,
    stops=("<|end_of_text|>",),
    headers=("<|start_of_role|>assistant<|end_of_role|>",),
    begins=("<|start_of_role|>",),
    controls=_TAGS,
)

GRANITE_20B_FC = CallFormat(
    "granite_20b_fc",
    aliases=("granite-20b-fc", "ibm-granite/granite-20b-functioncalling"),
    turn=TextThenCalls(CallSyntax(Tag("<function_call>"), Text(" "), _JSON), blank_before=True),
    stops=("<|endoftext|>",),
    headers=("ASSISTANT: ", "ASSISTANT:"),
    begins=("USER:",),
    controls=("<function_call>",),
)

INTERNLM2 = CallFormat(
    "internlm2",
    aliases=("internlm", "internlm2.5", "interns1", "internlm/internlm2*", "internlm/Intern-S1*"),
    turn=TextThenCalls(
        CallSyntax(
            Tag("<|action_start|>"),
            Tag("<|plugin|>"),
            Text("\n"),
            _PARAMETERS,
            Tag("<|action_end|>"),
        ),
        UntaggedCall('{"name": "', CallSyntax(_PARAMETERS), after_name='"'),
        before="",
        between="",
    ),
    stops=("<|im_end|>", "</s>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<|action_start|>", "<|plugin|>", "<|action_end|>"),
)

DOTS = CallFormat(
    "dots",
    aliases=("rednote-hilab/dots.*",),
    turn=TextThenCalls(
        CallSyntax(Tag(_DOTS[0]), _FENCED, Tag(_DOTS[1])),
        CallSeries(Tag(_DOTS[0]), invoke_call(_DOTS[1], line=""), Tag(_DOTS[1])),
        before="",
        between="",
        blank_before=True,
    ),
    stops=("<|endofassistant|>", "<|endoftext|>"),
    headers=("<|assistant|>",),
    begins=("<|userprompt|>", "<|system|>"),
    controls=_DOTS,
    tags=_DOTS,
)

REKA = CallFormat(
    "reka",
    aliases=("reka-edge", "RekaAI/reka-*"),
    turn=ReasonedTurn(
        Reasoning(after_opening="\n", before_closing="\n", after_closing="\n\n"),
        TextThenCalls(_HERMES, HERMES_XML, between="", blank_before=True),
    ),
    stops=("\n\n<sep>", "<sep>"),
    headers=("assistant:",),
    begins=("human:",),
)

MIMO = CallFormat(
    "mimo",
    aliases=("XiaomiMiMo/MiMo-*",),
    turn=ReasonedTurn(
        Reasoning(
            after_opening="\n",
            before_closing="\n",
            after_closing="\n\n",
            unopened="undecided",
            left_open_before=("<tool_call>",),
        ),
        TextThenCalls(function_call(*_TAGS), SingleCall(_HERMES), blank_before=True),
    ),
    stops=CHATML_STOPS,
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=(*_TAGS, "<think>", "</think>"),
)

NEMOTRON_MINI = CallFormat(
    "nemotron_mini",
    aliases=("nemotron-mini", "nvidia/Nemotron-Mini-*"),
    turn=TextThenCalls(
        CallSyntax(Text("<toolcall>"), Text(" "), _JSON, Text(" "), Text("</toolcall>")), blank_before=True
    ),
    stops=("</s>", "<extra_id_1>"),
    headers=("<extra_id_1>Assistant\n",),
    begins=("<extra_id_1>",),
)

SPARK25 = CallFormat(
    "spark25",
    aliases=("spark2.5", "iflytek/Spark-2.5*"),
    turn=ReasonedTurn(Reasoning(unopened="undecided", lone=True), key_value_tags(line="")),
    stops=("<｜end▁of▁sentence｜>",),
    headers=("<|Bot|>",),
    begins=("<｜start▁of▁sentence｜>",),
    controls=(*_TAGS, "<think>", "</think>"),
)

#: Models without calls.
PLAIN = CallFormat(
    "plain",
    aliases=("none", "chatml"),
    turn=PlainText(),
    stops=("<|im_end|>", "<end_of_turn>", "<|eot_id|>", "<|end|>", "<|endoftext|>", "</s>"),
    headers=(
        "<|im_start|>assistant\n",
        "<start_of_turn>model\n",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<|assistant|>\n",
    ),
    begins=("<|im_start|>", "<start_of_turn>", "<|start_header_id|>", "<|user|>"),
)
