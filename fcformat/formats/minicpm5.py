"""MiniCPM 5: calls as one `<function>` element with `<param>` elements, strings with markup in CDATA.

Source: OpenBMB's chat template. The blank in a tag may come as the tokenizer's own sign for it, or be missing, where a
server's decoder does not make a blank of it.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.parts import Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import TagName

__all__ = ["MINICPM5"]

_FUNCTION, _PARAMETER = '<function name="', '<param name="'
#: What may stand where a tag has a blank.
_BLANKS = ("\u0120", "")


def _with_other_blanks(tag: str) -> tuple[str, ...]:
    return tuple(tag.replace(" ", blank) for blank in _BLANKS)


MINICPM5 = CallFormat(
    "minicpm5",
    aliases=("minicpm-5", "openbmb/MiniCPM5*", "openbmb/MiniCPM-5*"),
    turn=ReasonedTurn(
        Reasoning(
            "<think>", "</think>", after_opening="\n", before_closing="\n", after_closing="\n\n", unopened="undecided"
        ),
        CallSections(
            CallSyntax(
                Text(_FUNCTION),
                TagName(
                    "", '">', next=(_PARAMETER, *_with_other_blanks(_PARAMETER), "</function>"), closed=('"', "/>")
                ),
                TaggedArguments(
                    _PARAMETER,
                    '">',
                    "</param>",
                    ends=("</function>",),
                    also_before_key=_with_other_blanks(_PARAMETER),
                    quoted=("<![CDATA[", "]]>"),
                    wrappers=("arguments", "properties"),
                    python_words=True,
                    following=(_FUNCTION, *_with_other_blanks(_FUNCTION)),
                ),
                Text("</function>"),
            ),
            before="\n",
            between="\n",
            also_begun=_with_other_blanks(_FUNCTION),
        ),
    ),
    stops=("<|im_end|>", "</s>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<think>", "</think>"),
)
