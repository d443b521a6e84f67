"""Call syntaxes of tagged arguments, made for tests: what no family has together stands together here."""

from __future__ import annotations

from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import TagName

#: As Qwen3-Coder writes calls: each in its tags, values between line breaks.
PADDED = CallSections(
    CallSyntax(
        Tag("<tool_call>"),
        Text("\n"),
        TagName("<function=", ">\n", next=("<parameter=", "</function>")),
        TaggedArguments(
            "<parameter=",
            ">",
            "</parameter>",
            ends=("</function>", "</tool_call>"),
            padding="\n",
            after="\n",
            following=("<tool_call>", "<function="),
        ),
        Text("</function>\n"),
        Tag("</tool_call>"),
    ),
    before="\n\n",
    between="\n",
    bare="<function=",
)

#: As DeepSeek's DSML writes calls: in a section, with types in the tags.
TYPED = CallSections(
    CallSyntax(
        TagName('<invoke name="', '">\n', next=('<parameter name="', "</invoke>", "</calls>")),
        TaggedArguments(
            '<parameter name="',
            '" string="true">',
            "</parameter>",
            after_other_key='" string="false">',
            also_after_key=('">',),
            ends=("</invoke>",),
            after="\n",
            wrappers=("arguments",),
            following=("<invoke", "</calls>"),
        ),
        Text("</invoke>"),
    ),
    section=("<calls>\n", "\n</calls>"),
    before="\n\n",
    between="\n",
    bare='<invoke name="',
)

#: As MiniCPM writes calls: strings with tags or line breaks in CDATA.
QUOTED = CallSections(
    CallSyntax(
        Tag('<function name="'),
        TagName("", '">', next=('<param name="', "</function>")),
        TaggedArguments(
            '<param name="',
            '">',
            "</param>",
            ends=("</function>",),
            quoted=("<![CDATA[", "]]>"),
            following=('<function name="',),
        ),
        Tag("</function>"),
    )
)
