"""The assistant's turn of Mistral: text, then calls behind `[TOOL_CALLS]`, in the spelling of each tokenizer version.

Up to version 7 one tag opens an array of objects; from version 11 on each call has a tag, its name bare and its arguments
behind `[ARGS]`. Both are read under every version, also without `[ARGS]`, as models and serving projects write them.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.named import JSONArguments, Name, bare_name
from fcformat.formats.call_syntax.parts import MAX_NAME, Reading, Tag, ToolView, halves
from fcformat.formats.call_syntax.spacing import spacing
from fcformat.formats.call_syntax.syntax import CallSyntax, pass_brackets
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.turn import TurnPlan, announce_end, answer
from fcformat.formats.call_syntax.units import CallArray, CallUnit, SingleCall
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json
from fcformat.parsing.message_builder import CallBuilder
from fcformat.parsing.strings import json_string

__all__ = ["MISTRAL_ID", "MistralCalls"]

CALLS, CALL_ID, ARGUMENTS = "[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"
#: The ids of calls up to version 11.
MISTRAL_ID = re.compile(r"[A-Za-z0-9]{9}")
_IN_TEXT = "[A-Za-z0-9]{9}"

_OBJECT = CallSyntax(JSONCall(also=("parameters",), id="id"))
_NAME = Name()
_ARGUMENTS = JSONArguments(until=(CALLS, "</s>"))
_NAMED = CallSyntax(Tag(CALLS), _NAME, Tag(ARGUMENTS), _ARGUMENTS)
_UNTAGGED = UntaggedCall(
    '[{"name": "', CallArray(item=JSONCall(also=("parameters",), id="id", whole=True)), after_name='"'
)
#: What stands behind the tag; models write it twice.
_START = r"[{\w]|\[(?:\Z|[^T])"
_START += "|" + halves(CALLS, rf"[ \t\r\n]{{0,64}}(?:\Z|{_START})")
_SOME_ID = re.compile(r"[\w.:-]*")


class MistralCalls(TextThenCalls):
    """Text, then calls; or, in the oldest versions, one of them."""

    def __init__(self, *, array: bool, ids: bool, text_and_calls: bool = True) -> None:
        """Sets up the turn.

        Args:
            array: Whether calls are written as one array.
            ids: Whether calls have ids.
            text_and_calls: Whether text may stand before calls.
        """
        # The publisher's encoder takes blanks off the end of a text, so one before a call is none of the text's.
        super().__init__(SingleCall(_NAMED, start=_START), _UNTAGGED, before=" ", between="")
        self._array = array
        self._ids = ids
        self._text_and_calls = text_and_calls

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        if message.content and message.tool_calls and not self._text_and_calls:
            raise FormatError(f"message {index}: found text beside calls, expected one of them")
        content = message.content or ""
        draft.text(content, trainable=True)
        if content.endswith(" ") and message.tool_calls:
            draft.text(" ", trainable=True)  # one is read as layout
        if self._array and message.tool_calls:
            draft.fixed(CALLS, trainable=True)
        for position, call in enumerate(message.tool_calls):
            try:
                if self._array:
                    draft.text(("[", ", ")[position > 0] + self._object(call), trainable=True)
                else:
                    self._write_named(call, draft)
            except FormatError as error:
                raise FormatError(f"message {index}: tool_calls[{position}] ({call.function.name}): {error}") from error
        if self._array and message.tool_calls:
            draft.text("]", trainable=True)

    def _object(self, call: ToolCall) -> str:
        identifier = f', "id": {json_string(self._id(call))}' if self._ids else ""
        arguments = as_json(call.function.arguments)
        return f'{{"name": {json_string(call.function.name)}, "arguments": {arguments}{identifier}}}'

    def _write_named(self, call: ToolCall, draft: Draft) -> None:
        draft.fixed(CALLS, trainable=True)
        draft.text(bare_name(call.function.name), trainable=True)
        if self._ids:
            draft.fixed(CALL_ID, trainable=True)
            draft.text(self._id(call), trainable=True)
        draft.fixed(ARGUMENTS, trainable=True)
        draft.text(as_json(call.function.arguments), trainable=True)

    def _id(self, call: ToolCall) -> str:
        if call.id is None or not MISTRAL_ID.fullmatch(call.id):
            raise FormatError(f"found the id {call.id!r}, expected nine letters and digits")
        return call.id

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        text = answer(plan, CALLS, *_UNTAGGED.excludes_for(plan.tools))
        if not plan.tools:
            return text
        most = None if plan.most is None else plan.most - 1
        call = g.choice(*(self._call_grammar(tool) for tool in plan.tools))
        if self._array:
            more = g.repeat(g.sequence(g.literal(", "), call), max=most)
            # Where tokens are decoded one by one, a blank stands between them.
            calls = g.sequence(
                spacing(" "), g.control_token(CALLS), spacing(" "), g.literal("["), call, more, g.literal("]")
            )
        else:
            calls = g.sequence(call, g.repeat(call, max=most))
        if plan.required:
            return calls
        apart = plan.response is not None or not self._text_and_calls
        return g.choice(text, calls) if apart else g.sequence(text, g.optional(calls))

    def _call_grammar(self, tool: ToolView) -> g.Grammar:
        arguments = g.schema_value(tool.schema, style=DUMPS)
        if not self._array:
            identifier = (g.control_token(CALL_ID), g.regex(_IN_TEXT)) if self._ids else ()
            name = g.literal(bare_name(tool.name))
            return g.sequence(g.control_token(CALLS), name, *identifier, g.control_token(ARGUMENTS), arguments)
        end = (g.literal(', "id": "'), g.regex(_IN_TEXT), g.literal('"}')) if self._ids else (g.literal("}"),)
        return g.sequence(g.literal(f'{{"name": {json_string(tool.name)}, "arguments": '), arguments, *end)

    def _read_calls(self, reading: Reading, unit: CallUnit) -> Steps[list[CallBuilder]]:
        """See `TextThenCalls`."""
        if unit is _UNTAGGED:
            return (yield from unit.read(reading))
        cursor, builder = reading.cursor, reading.builder
        if (yield from cursor.match_loosely((CALLS,))):
            builder.report(f"{CALLS!r} twice")
        char = yield from cursor.skip_space()
        if char == "{" or (char == "[" and not (yield from _at(cursor, ARGUMENTS))):
            return (yield from self._read_array(reading, char))
        call = CallBuilder(builder, waits_for_id=True)
        try:
            yield from self._read_named(Reading(cursor, call, builder, reading.tools))
        except (Unreadable, Truncated) as error:
            announce_end(builder, call, error)
        if not call.announced:
            return []
        cursor.recorded = None
        return [call]

    def _read_named(self, reading: Reading) -> Steps[None]:
        cursor, call = reading.cursor, reading.call
        yield from _NAME.read(reading)
        if (yield from cursor.match_loosely((CALL_ID,))):
            call.identified((yield from _identifier(cursor)))
        char = yield from cursor.skip_space()
        if char == "[":
            if not (yield from cursor.match_loosely((ARGUMENTS,))):
                cut = cursor.is_half_of(ARGUMENTS)
                raise Truncated(repr(ARGUMENTS)) if cut else Unreadable(repr(ARGUMENTS))
        elif char != "{":
            raise Unreadable(repr(ARGUMENTS)) if char else Truncated(repr(ARGUMENTS))
        call.announce()
        yield from _ARGUMENTS.read(reading)

    def _read_array(self, reading: Reading, char: str) -> Steps[list[CallBuilder]]:
        """Reads an array of objects, or one object without an array."""
        cursor, builder = reading.cursor, reading.builder
        bare = char == "{"
        calls: list[CallBuilder] = []
        try:
            if not bare:
                cursor.take(cursor.position + 1)
            while (char := (yield from cursor.skip_space())) == "{":
                if builder.given_up():
                    return calls
                if calls:
                    cursor.recorded = []
                call = CallBuilder(builder, late_id=True)
                try:
                    yield from _OBJECT.read(Reading(cursor, call, builder, reading.tools))
                finally:
                    if call.announced:
                        calls.append(call)
                        cursor.recorded = [] if builder.given_up() else None
                if bare:
                    cursor.recorded = None
                    builder.report("a call that is not in an array")
                    return calls
                if (yield from cursor.skip_space()) == ",":
                    cursor.take(cursor.position + 1)
            if char != "]":
                raise Unreadable("a call or ']'") if char else Truncated("a call or ']'")
            cursor.take(cursor.position + 1)
            yield from pass_brackets(cursor, builder.report, after_space=False, brackets="]})")
            if calls:
                cursor.recorded = None
            else:
                builder.broken("an array without calls")
        except (Unreadable, Truncated) as error:
            complete = bool(calls) and calls[-1].complete
            if complete:
                builder.report(f"the array of calls is not closed, expected {error}{builder.left_over()}")
            else:
                announce_end(builder, calls[-1] if calls else reading.call, error)
        return calls


def _at(cursor: Cursor, mark: str) -> Steps[bool]:
    """Whether a mark comes next; reads nothing."""
    while mark.startswith(rest := cursor.buffer[cursor.position : cursor.position + len(mark)]):
        if rest == mark or cursor.ended:
            break
        yield
    return cursor.buffer.startswith(mark, cursor.position)


def _identifier(cursor: Cursor) -> Steps[str]:
    while True:
        match = _SOME_ID.match(cursor.buffer, cursor.position)
        assert match is not None  # the pattern matches the empty text
        if match.end() < len(cursor.buffer) or cursor.ended or len(match.group()) > MAX_NAME:
            break
        yield
    if not match.group() or len(match.group()) > MAX_NAME:
        raise Unreadable("the id of a call")
    return cursor.take(match.end())
