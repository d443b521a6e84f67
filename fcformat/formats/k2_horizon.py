"""K2 Horizon: calls as pairs of keys and values between `<ifm|...>` tags, with or without their types, or as JSON.

Source: vLLM's parsers of the family; prompts come from the model's own template, which asks for one of the three. Untyped
pairs are written; all of them are read.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.either import PartsOrObject
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import TagName

__all__ = ["K2_HORIZON"]

_SECTION = ("<ifm|tool_calls>", "</ifm|tool_calls>")
_OPENING, _CLOSING = "<ifm|tool_call>", "</ifm|tool_call>"
_KEY, _KEY_END = "<ifm|arg_key>", "</ifm|arg_key>"
_VALUE, _VALUE_END = "<ifm|arg_value>", "</ifm|arg_value>"
_CONTROLS = (_KEY, _KEY_END, _VALUE, _VALUE_END)


def _typed(kind: str) -> str:
    return f"{_KEY_END}<ifm|arg_type>{kind}</ifm|arg_type>{_VALUE}"


def _think(speed: str) -> tuple[str, str]:
    return f"<ifm|think{speed}>", f"</ifm|think{speed}>"


K2_HORIZON = CallFormat(
    "k2_horizon",
    aliases=("k2-horizon",),
    turn=ReasonedTurn(
        # One pair of tags for each effort of reasoning.
        Reasoning(
            "<ifm|think>",
            "</ifm|think>",
            also=(*(_think(speed) for speed in ("_fast", "_faster")), ("<think>", "</think>")),
            unopened="undecided",
            left_open_before=(_SECTION[0],),
        ),
        CallSections(
            CallSyntax(
                Tag(_OPENING),
                PartsOrObject(
                    TagName("", "", next=(_KEY, _CLOSING)),
                    TaggedArguments(
                        _KEY,
                        _KEY_END + _VALUE,
                        _VALUE_END,
                        ends=(_CLOSING,),
                        also_after_key=(_typed("string"),),
                        also_after_other_key=tuple(
                            map(_typed, ("integer", "number", "boolean", "null", "object", "array"))
                        ),
                        following=(_OPENING,),
                        last=_SECTION[1],
                        controls=_CONTROLS,
                    ),
                    also=JSONCall(also=("parameters",)),
                ),
                Tag(_CLOSING),
            ),
            section=_SECTION,
            alone=True,
            controls=_SECTION,
        ),
    ),
    stops=("<|im_end|>", "<|endoftext|>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=(*_SECTION, _OPENING, _CLOSING, *_CONTROLS, *_think(""), *_think("_fast"), *_think("_faster")),
)
