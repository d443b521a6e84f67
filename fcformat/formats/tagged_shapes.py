"""The shapes of tagged calls that several families share; what differs between them is given as data."""

from __future__ import annotations

from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import Marked, TagName
from fcformat.formats.call_syntax.units import SingleCall

__all__ = ["function_call", "function_tags", "invoke_call", "invoke_tags", "key_value_tags"]


def function_call(
    opening: str, closing: str, *, padding: str = "", last: str = "", python_words: bool = False
) -> CallSyntax:
    """A call as `function_tags` has it."""
    return CallSyntax(
        Tag(opening),
        Text("\n"),
        TagName("<function=", ">\n", next=("<parameter=", "</function>")),
        TaggedArguments(
            "<parameter=",
            ">",
            "</parameter>",
            ends=("</function>", closing),
            padding=padding,
            after="\n",
            following=(opening, "<function="),
            python_words=python_words,
        ),
        Text("</function>\n"),
        Tag(closing),
        *((Text(last),) if last else ()),
    )


def _as_hermes(opening: str, closing: str) -> SingleCall:
    """A call as Hermes writes it, between the tags of another family; read and never written."""
    json = JSONCall(also=("parameters",), fenced=True)
    call = CallSyntax(Tag(opening), Text("\n"), json, Text("\n"), Tag(closing))
    return SingleCall(call, foreign="a call as Hermes writes it")


def function_tags(
    opening: str,
    closing: str,
    *,
    padding: str = "",
    before: str = "\n\n",
    between: str = "\n",
    lead: str = "",
    last: str = "",
    python_words: bool = False,
) -> CallSections:
    """Calls as `<function=NAME>` and `<parameter=KEY>VALUE</parameter>` inside of two tags.

    Args:
        opening: The tag that opens a call.
        closing: The tag that closes it.
        padding: Layout on both sides of a value.
        before: Layout between text and the first call.
        between: Layout between calls.
        lead: Layout before the first call, also where there is no text.
        last: Layout after every call.
        python_words: Whether null and booleans are written as Python spells them.
    """
    call = function_call(opening, closing, padding=padding, last=last, python_words=python_words)
    return CallSections(
        call,
        section=(lead, ""),
        before=before,
        between=between,
        bare="<function=",
        also=_as_hermes(opening, closing),
    )


def key_value_tags(
    *,
    tag: str = "tool_call",
    line: str = "\n",
    after: str | None = None,
    closing_line: str = "",
    suffix: str = "",
    name_end: str = "",
    section: str = "",
    before: str = "",
    between: str = "",
    last: str = "",
    kin: CallSections | None = None,
) -> CallSections:
    """Calls as `<tool_call>NAME` and pairs of `<arg_key>KEY</arg_key>` and `<arg_value>VALUE</arg_value>`.

    Args:
        tag: Name of the tags around a call.
        line: Layout after the name, between key and value, and after a value.
        after: Layout after a value, where it is another.
        closing_line: Layout before the closing tag.
        suffix: What every tag's name ends in.
        name_end: A tag after the function's name.
        section: Name of the tags around all calls, `""` for none.
        before: Layout between text and the first call.
        between: Layout between calls.
        last: Layout after every call.
        kin: See `CallSections`.
    """
    opening, closing = f"<{tag}{suffix}>", f"</{tag}{suffix}>"
    key, key_end = f"<arg_key{suffix}>", f"</arg_key{suffix}>"
    value, value_end = f"<arg_value{suffix}>", f"</arg_value{suffix}>"
    mark, end = (f"<{name_end}{suffix}>" if name_end else ""), (f"</{section}{suffix}>" if section else "")
    controls = (key, key_end, value, value_end, *((mark,) if mark else ()))
    return CallSections(
        CallSyntax(
            Tag(opening),
            TagName("", mark + line, next=(key, closing), controls=controls),
            TaggedArguments(
                key,
                f"{key_end}{line}{value}",
                value_end,
                ends=(closing,),
                after=line if after is None else after,
                following=(opening,),
                last=end,
                # As models write it that were trained on escaped examples, or forget the tag behind a key.
                also_after_key=(f"{key_end}\\n{value}", value),
                controls=controls,
            ),
            *((Text(closing_line),) if closing_line else ()),
            Tag(closing),
            *((Text(last),) if last else ()),
        ),
        section=(f"<{section}{suffix}>{line}", f"{line}{end}") if section else ("", ""),
        before=before,
        between=between,
        also=None if section else _as_hermes(opening, closing),
        kin=kin,
        controls=(f"<{section}{suffix}>", end) if section else (),
    )


def invoke_call(
    closing: str,
    *,
    prefix: str = "",
    typed: bool = False,
    line: str = "\n",
    wrappers: tuple[str, ...] = (),
    unquoted: bool = False,
    controls: tuple[str, ...] = (),
) -> CallSyntax:
    """A call as `invoke_tags` has it; `closing` is the tag after all calls."""
    invoke, parameter = f'<{prefix}invoke name="', f'<{prefix}parameter name="'
    end, value_end = f"</{prefix}invoke>", f"</{prefix}parameter>"
    keys, invokes = ((parameter[:-1],), (invoke[:-1],)) if unquoted else ((), ())
    return CallSyntax(
        TagName(
            invoke,
            f'">{line}',
            next=(parameter, *keys, end, closing, *(("{",) if typed else ())),
            also=tuple((each, f">{line}") for each in invokes),
            controls=controls,
            closed=('"', "/>"),
        ),
        TaggedArguments(
            parameter,
            '" string="true">' if typed else '">',
            value_end,
            ends=(end,),
            after="" if typed else line,
            joint=line if typed else "",
            after_other_key='" string="false">' if typed else None,
            also_before_key=keys,
            also_after_key=('">',) if typed else (">",) if unquoted else (),
            wrappers=wrappers,
            or_object=typed,
            following=(invoke, *invokes),
            last=closing,
            controls=controls,
        ),
        # DSML joins the parameters and puts the end on a line of its own, also where there are none.
        *((Text(line),) if typed else ()),
        Marked(end, controls),
    )


def invoke_tags(
    section: tuple[str, str],
    *,
    prefix: str = "",
    typed: bool = False,
    line: str = "\n",
    before: str = "",
    bare: bool = False,
    also_opened: tuple[str, ...] = (),
    wrappers: tuple[str, ...] = (),
    unquoted: bool = False,
    controls: tuple[str, ...] = (),
) -> CallSections:
    """Calls as `<invoke name="NAME">` and `<parameter name="KEY">VALUE</parameter>`, all of them inside of two tags.

    Args:
        section: The tags around all calls.
        prefix: What every inner tag's name begins with.
        typed: Whether a parameter's tag says if its value is a string.
        line: Layout after tags.
        before: Layout between text and the calls.
        bare: Whether models leave the outer tags out.
        also_opened: Other tags with which models open the section.
        wrappers: Keys under which models put all the arguments as one object.
        unquoted: Whether models leave the quotes around names out.
        controls: Spellings of control tokens in the tags.
    """
    invoke = f'<{prefix}invoke name="'
    return CallSections(
        invoke_call(
            section[1],
            prefix=prefix,
            typed=typed,
            line=line,
            wrappers=wrappers,
            unquoted=unquoted,
            controls=controls,
        ),
        section=(section[0] + line, line + section[1]),
        before=before,
        between=line,
        also_opened=also_opened,
        bare=invoke if bare else "",
        controls=controls or section,
    )
