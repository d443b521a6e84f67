"""Families that write their calls as one JSON array: Granite 3, Jamba, Hunyuan, Nemotron, Phi-4-mini, xLAM, Apertus, Apriel.

Sources: the publishers' chat templates and model cards. Other spellings that models of a family use are read as well.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.keyed import KeyedCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallArray, SingleCall
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.tagged_shapes import function_call

__all__ = [
    "APERTUS",
    "APRIEL",
    "GRANITE",
    "HUNYUAN_A13B",
    "JAMBA",
    "JSON_ARRAY_REQUIRED",
    "NEMOTRON_V2",
    "PHI4_MINI",
    "XLAM",
]

_TOOL_CALLS = CallArray(Tag("<tool_calls>"), closing=Tag("</tool_calls>"))
_WHOLE = JSONCall(also=("parameters",), whole=True)
#: Whose opening tag, a control token, was stripped.
_UNTAGGED = UntaggedCall('[{"name": "', CallArray(item=_WHOLE), after_name='"')

GRANITE = CallFormat(
    "granite",
    aliases=("granite3", "granite-3", "ibm-granite/granite-3*"),
    turn=ReasonedTurn(
        # Granite 3.2 writes sentences in place of the tags.
        Reasoning(
            after_closing="\n",
            also=(("Here is my thought process:", "Here is my response:"),),
            unopened="undecided",
        ),
        TextThenCalls(
            CallArray(Tag("<|tool_call|>")),
            CallArray(Tag("<tool_call>")),
            SingleCall(function_call("<tool_call>", "</tool_call>")),
            _UNTAGGED,
            layout_tags=("<response>", "</response>"),
            blank_before=True,
        ),
    ),
    stops=("<|end_of_text|>",),
    headers=("<|start_of_role|>assistant<|end_of_role|>",),
    begins=("<|start_of_role|>",),
    controls=("<|tool_call|>",),
)

JAMBA = CallFormat(
    "jamba",
    aliases=("ai21labs/AI21-Jamba-*",),
    turn=TextThenCalls(
        CallArray(Tag("<tool_calls>"), closing=Tag("</tool_calls>"), layout=("[\n    ", ",\n    ", "\n]")),
        before="",
        blank_before=True,
    ),
    stops=("<|eom|>", "<|endoftext|>"),
    headers=("<|bom|><|assistant|>",),
    begins=("<|bom|>",),
    controls=("<tool_calls>", "</tool_calls>"),
)

HUNYUAN_A13B = CallFormat(
    "hunyuan_a13b",
    aliases=("hunyuan-a13b", "tencent/Hunyuan-A13B-*"),
    turn=ReasonedTurn(
        Reasoning(after_opening="\n", before_closing="\n", after_closing="\n"),
        TextThenCalls(
            _TOOL_CALLS,
            before="",
            layout_tags=("<answer>\n", "\n</answer>", "<answer>", "</answer>"),
            blank_before=True,
        ),
    ),
    stops=("<|eos|>", "<|endoftext|>"),
    headers=("<|extra_0|>",),
    begins=("<|startoftext|>", "<|extra_0|>"),
    controls=("<tool_calls>", "</tool_calls>", "<think>", "</think>"),
)

NEMOTRON_V2 = CallFormat(
    "nemotron_v2",
    aliases=("nemotron-nano-v2", "nvidia/NVIDIA-Nemotron-Nano-*-v2"),
    turn=ReasonedTurn(
        Reasoning(after_opening="\n", before_closing="\n", after_closing="\n", unopened="undecided"),
        TextThenCalls(CallArray(Tag("<TOOLCALL>"), closing=Tag("</TOOLCALL>")), blank_before=True),
    ),
    stops=("<SPECIAL_12>", "</s>"),
    headers=("<SPECIAL_11>Assistant\n",),
    begins=("<SPECIAL_11>", "<SPECIAL_10>"),
    controls=("<TOOLCALL>", "</TOOLCALL>", "<think>", "</think>"),
)

PHI4_MINI = CallFormat(
    "phi4_mini",
    aliases=("phi4_mini_json", "phi-4-mini", "microsoft/Phi-4-mini-*"),
    turn=TextThenCalls(
        CallArray(Tag("<|tool_call|>"), closing=Tag("<|/tool_call|>")),
        CallArray(Text("functools")),
        _UNTAGGED,
        blank_before=True,
    ),
    stops=("<|end|>", "<|endoftext|>"),
    headers=("<|assistant|>",),
    begins=("<|user|>", "<|system|>", "<|assistant|>"),
    controls=("<|tool_call|>", "<|/tool_call|>"),
)

XLAM = CallFormat(
    "xlam",
    aliases=("Salesforce/xLAM-*", "Salesforce/Llama-xLAM-*", "hammer", "MadeAgents/Hammer*"),
    turn=ReasonedTurn(
        Reasoning(),
        TextThenCalls(
            CallArray(item=_WHOLE),
            CallArray(Text("```json\n"), closing=Text("\n```")),
            CallArray(Text("```\n"), item=_WHOLE, closing=Text("\n```")),
            CallArray(Tag("[TOOL_CALLS]")),
            CallArray(Tag("<tool_call>"), closing=Tag("</tool_call>")),
            _TOOL_CALLS,
            blank_before=True,
        ),
    ),
    stops=("<|eot_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>"),
    headers=("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|im_start|>assistant\n"),
    begins=("<|start_header_id|>", "<|im_start|>"),
)

#: What guided decoding gives where a call is required: the array and nothing else.
JSON_ARRAY_REQUIRED = CallFormat(
    "json_array_required",
    aliases=("json_array",),
    turn=TextThenCalls(
        CallArray(item=JSONCall(arguments="parameters", also=("arguments",))), before="", blank_before=True
    ),
    stops=("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "</s>"),
    headers=("<|im_start|>assistant\n", "<|start_header_id|>assistant<|end_header_id|>\n\n"),
)

APERTUS = CallFormat(
    "apertus",
    aliases=("apertus2509", "swiss-ai/Apertus-*"),
    turn=ReasonedTurn(
        Reasoning("<|inner_prefix|>", "<|inner_suffix|>", interleaved=True),
        TextThenCalls(
            CallArray(Tag("<|tools_prefix|>"), item=KeyedCall(), closing=Tag("<|tools_suffix|>")),
            UntaggedCall('[{"', CallArray(item=KeyedCall()), after_name='": {'),
            before="",
            blank_before=True,
        ),
    ),
    stops=("<|assistant_end|>", "</s>"),
    headers=("<|assistant_start|>",),
    begins=("<|user_start|>", "<|system_start|>", "<|assistant_start|>"),
    controls=("<|inner_prefix|>", "<|inner_suffix|>", "<|tools_prefix|>", "<|tools_suffix|>"),
)

APRIEL = CallFormat(
    "apriel",
    aliases=("ServiceNow-AI/Apriel-*",),
    turn=ReasonedTurn(
        # The block has no tag of its own at the beginning.
        Reasoning("", "[BEGIN FINAL RESPONSE]", before_closing="\n", after_closing="\n", unopened="undecided"),
        TextThenCalls(_TOOL_CALLS, layout_tags=("[END FINAL RESPONSE]",), blank_before=True),
    ),
    stops=("<|end|>",),
    headers=("<|assistant|>\n", "<|begin_assistant|>\n"),
    begins=("<|user|>", "<|begin_user|>", "<|begin_assistant|>", "<|begin_tool_result|>"),
)
