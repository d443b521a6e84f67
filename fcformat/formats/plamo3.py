"""PLaMo 3: calls in a section, each with its name and its JSON between tokens of their own.

Source: the tests of serving projects. The tags' beginnings, `<|plamo:begin_` and `<|plamo:end_`, are tokens of their own, so
half a tag at the end of a reply is no text; a shorter piece of one is.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.named import JSONArguments, Name
from fcformat.formats.call_syntax.parts import Tag
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tags import Marked

__all__ = ["PLAMO3"]


def _tag(name: str) -> str:
    return f"<|plamo:{name}:plamo|>"


_MARK, _MESSAGE = "<|plamo:constrain|>", "<|plamo:msg|>"
_SECTION = (_tag("begin_tool_requests"), _tag("end_tool_requests"))
_CALL = (_tag("begin_tool_request"), _tag("end_tool_request"))
_NAME = (_tag("begin_tool_name"), _tag("end_tool_name"))
_ARGUMENTS = (_tag("begin_tool_arguments"), _tag("end_tool_arguments"))
_THINK = (_tag("begin_think"), _tag("end_think"))
_TAGS = (*_SECTION, *_CALL, *_NAME, *_ARGUMENTS, *_THINK, _MARK, _MESSAGE)

PLAMO3 = CallFormat(
    "plamo3",
    aliases=("plamo-3", "pfnet/plamo-3*"),
    turn=ReasonedTurn(
        Reasoning(*_THINK, unopened="undecided", interleaved=True),
        CallSections(
            CallSyntax(
                Tag(_CALL[0]),
                Tag(_NAME[0]),
                Name(until_end=True),
                Tag(_NAME[1]),
                Tag(_ARGUMENTS[0]),
                Marked(f"{_MARK}json{_MESSAGE}", (_MARK, _MESSAGE), optional=True),
                JSONArguments(until=(_ARGUMENTS[1],)),
                Tag(_ARGUMENTS[1]),
                Tag(_CALL[1]),
            ),
            section=_SECTION,
            bare=_NAME[0],
            controls=_SECTION,
        ),
    ),
    stops=("<|plamo:tag|>", "<|plamo:eos|>"),
    controls=_TAGS,
    tags=_TAGS,
    least_half=len("<|plamo:end_"),
)
