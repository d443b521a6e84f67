"""GigaChat 3, 3.1 and 3.5: one call as JSON in a message or behind a token of its own; from 3.5 on elements as DeepSeek's.

Sources: Sber's chat templates, and the parsers of serving projects.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tags import Marked
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import SingleCall
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.tagged_shapes import invoke_tags

__all__ = ["GIGACHAT3", "GIGACHAT31", "GIGACHAT35"]

_JSON = JSONCall(also=("parameters",))
_AS_TOKEN = CallSyntax(Tag("<|function_call|>"), _JSON)
#: In a message of its own, as the first models of GigaChat 3 write it.
_AS_MESSAGE = CallSyntax(
    Marked("<|message_sep|>\n\nfunction call<|role_sep|>\n", ("<|message_sep|>", "<|role_sep|>"), exact=True), _JSON
)

_UNTAGGED = UntaggedCall('{"name": "', CallSyntax(_JSON), after_name='"')

GIGACHAT3 = CallFormat(
    "gigachat3",
    aliases=("gigachat-3", "ai-sage/GigaChat3*"),
    turn=TextThenCalls(_AS_MESSAGE, SingleCall(_AS_TOKEN), _UNTAGGED, before="", between="", most=1, generated=2),
    stops=("<|message_sep|>", "</s>"),
    headers=("assistant<|role_sep|>\n",),
    controls=("<|function_call|>", "<|message_sep|>", "<|role_sep|>"),
)

GIGACHAT31 = CallFormat(
    "gigachat3.1",
    aliases=("gigachat-3.1", "ai-sage/GigaChat3.1*"),
    turn=TextThenCalls(_AS_TOKEN, SingleCall(_AS_MESSAGE), _UNTAGGED, before="", between="", most=1, generated=2),
    stops=GIGACHAT3.stops,
    headers=GIGACHAT3.headers,
    controls=GIGACHAT3.controls,
)

_GCML = "｜GCML｜"

GIGACHAT35 = CallFormat(
    "gigachat3.5",
    aliases=("gigachat35", "gigachat-3.5", "ai-sage/GigaChat3.5*"),
    turn=invoke_tags(
        (f"<{_GCML}tool_calls>", f"</{_GCML}tool_calls>"), prefix=_GCML, typed=True, before="\n\n", controls=(_GCML,)
    ),
    stops=GIGACHAT3.stops,
    headers=GIGACHAT3.headers,
    controls=(_GCML, "<|message_sep|>", "<|role_sep|>"),
)
