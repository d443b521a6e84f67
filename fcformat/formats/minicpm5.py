"""MiniCPM 5: calls as one `<function>` element with `<param>` elements, strings with markup in CDATA.

Source: OpenBMB's chat template.
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

MINICPM5 = CallFormat(
    "minicpm5",
    aliases=("minicpm-5", "openbmb/MiniCPM5*", "openbmb/MiniCPM-5*"),
    turn=ReasonedTurn(
        Reasoning(
            "<think>", "</think>", after_opening="\n", before_closing="\n", after_closing="\n\n", unopened="undecided"
        ),
        CallSections(
            CallSyntax(
                Text('<function name="'),
                TagName("", '">', next=('<param name="', "</function>")),
                TaggedArguments(
                    '<param name="',
                    '">',
                    "</param>",
                    ends=("</function>",),
                    quoted=("<![CDATA[", "]]>"),
                    following=('<function name="',),
                ),
                Text("</function>"),
            ),
            before="\n",
            between="\n",
        ),
    ),
    stops=("<|im_end|>", "</s>"),
    headers=("<|im_start|>assistant\n",),
    begins=("<|im_start|>",),
    controls=("<think>", "</think>"),
)
