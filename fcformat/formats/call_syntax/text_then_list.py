"""The assistant's turn as text and then one list of calls: `[f(a=1), g()]`, alone or between tags.

Where no tag opens the list, it is known by how it begins: a bracket, a function's name (a known tool's, if the tools are
known), a parenthesis, and an argument with a value or nothing. Brackets in prose are not taken for calls. Where a tag opens
it, the list counts also where the tag was stripped and a known tool is called.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from typing import Literal

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.formats.call_syntax.parts import Reading, ToolViews
from fcformat.formats.call_syntax.python_call import PYTHON_NAME
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, write_call
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["CallList", "TextThenList"]

_S = r"[ \t\r\n]{0,64}"
_HALF_NAME = r"[\w.\-]{0,256}"
#: How a list that no tag opens begins, and the beginnings of that.
_LIST = re.compile(
    rf"\[{_S}({PYTHON_NAME}){_S}\({_S}(?:\){_S}(?:\]|,{_S}{PYTHON_NAME}{_S}\()|[\w.\-]{{1,256}}{_S}={_S}(?:[\[{{('\"0-9+\-]|True|False|None|true|false|null|[rRuU]['\"]))"
)
_HALF_LIST = re.compile(
    rf"\[{_S}(?:{_HALF_NAME}{_S}(?:\({_S}(?:\){_S}(?:,{_S}(?:{_HALF_NAME}{_S})?)?|{_HALF_NAME}{_S}(?:={_S}(?:[a-zA-Z]{{0,4}})?)?)?)?)?\Z"
)
#: What a bracket must at least be followed by; its first character is looked at by itself, which is fast.
_MAY_BE_LIST = rf"\[(?=[ \t\r\n\w.\-(]|\Z){_S}{_HALF_NAME}{_S}(?:\(|\Z)"


@dataclasses.dataclass(frozen=True, slots=True)
class CallList:
    """How a list of calls is written.

    Attributes:
        opening: Tag before it, `""` for none.
        closing: Tag after it.
        before: Before the first call: a bracket, or layout and a code fence, read where it is there.
        between: Between calls.
        after: After the last call, in the same way.
        tags: Whether tags are written (`"written"`), may be generated (`"allowed"`), or are only read (`"read"`).
    """

    opening: str = ""
    closing: str = ""
    before: str = "["
    between: str = ", "
    after: str = "]"
    tags: Literal["written", "allowed", "read"] = "written"


class TextThenList(Turn):
    """Text, then a list of calls."""

    def __init__(
        self, call: CallSyntax, how: CallList, *, also: CallSyntax | None = None, text_after: bool = False
    ) -> None:
        """Sets up the turn.

        Args:
            call: How a call is written.
            how: How the list is written.
            also: How calls are read that begin with a brace; never written.
            text_after: Whether text may be generated behind the list.
        """
        self._text_after = text_after
        self._call = call
        self._how = how
        self._also = also
        self.openings = (*((how.opening,) if how.opening else ()), *(("[",) if how.before == "[" else ()))

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        draft.text(message.content or "", trainable=True)
        if not message.tool_calls:
            return
        how = self._how
        if how.tags == "written":
            draft.fixed(how.opening, trainable=True)
        draft.text(how.before, trainable=True)
        for position, call in enumerate(message.tool_calls):
            draft.text(how.between if position else "", trainable=True)
            write_call(self._call, call.function, index, position, draft)
        draft.text(how.after, trainable=True)
        if how.tags == "written":
            draft.fixed(how.closing, trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        how = self._how
        excludes = [how.opening] if how.opening else []
        if how.before == "[":
            excludes += [f"[{tool.name}(" for tool in plan.tools]
        text = answer(plan, *excludes)
        if not plan.tools:
            return text
        call = g.choice(*(self._call.grammar(tool) for tool in plan.tools))
        more = g.repeat(g.sequence(g.literal(how.between), call), max=None if plan.most is None else plan.most - 1)
        calls: g.Grammar = g.sequence(g.literal(how.before), call, more, g.literal(how.after))
        if how.opening and how.tags != "read":
            tagged = g.sequence(g.control_token(how.opening), calls, g.control_token(how.closing))
            calls = tagged if how.tags == "written" else g.choice(calls, tagged)
        if plan.required:
            return calls
        if plan.response is not None:
            return g.choice(text, calls)
        return g.sequence(text, g.optional(g.sequence(calls, text) if self._text_after else calls))

    def begins_call(self, buffer: str, place: int, ended: bool) -> bool | None:
        """See `Turn`; a bracket counts if it begins a list of calls."""
        if self._how.opening and buffer.startswith(self._how.opening, place):
            return True
        if not ended and _HALF_LIST.match(buffer, place):
            return None
        return bool(_LIST.match(buffer, place))

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        how, known = self._how, tools.by_name
        bare = how.before == "[" and (known or not how.opening or how.tags != "written")
        openings = tuple(text for text in self.openings if bare or text != "[")
        finder = Scanner((*openings, *boundaries), ahead={"[": _MAY_BE_LIST})
        said = Speech(builder)
        scan = 0  # text before this offset holds nothing that counts
        while not builder.given_up():
            if said.after_call:
                yield from said.skip_gap(cursor)
            start = max(cursor.position, scan - cursor.offset + cursor.position)
            found = finder.find(cursor.buffer, start)
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                said.say(cursor.take(len(cursor.buffer) - held))
                if cursor.ended:
                    return None
                yield
                scan = 0
                continue
            place, text = found
            if text in boundaries:
                said.say(cursor.take(place))
                cursor.take(place + len(text))
                return text
            said.say(cursor.take(place))
            if text == "[":
                begins = yield from self._begins(cursor, known)
            else:
                begins = True
            if begins and said.in_code(cursor):
                said.say(cursor.take(cursor.position + len(text)))
                builder.divided()
                continue
            if not begins:
                scan = cursor.offset + len(text)
                continue
            cursor.recorded = []
            if text != "[":
                cursor.take(cursor.position + len(text))
            yield from self._read_list(cursor, builder, said, tools, tagged=text != "[")
            scan = 0
        return (yield from said.rest(cursor, boundaries))

    def _begins(self, cursor: Cursor, known: Collection[str]) -> Steps[bool]:
        """Whether a list of calls begins at the bracket."""
        while not cursor.ended and _HALF_LIST.match(cursor.buffer, cursor.position):
            yield
        match = _LIST.match(cursor.buffer, cursor.position)
        if match is None:
            return False
        # A grammar keeps text from spelling the name of a tool right behind a bracket, and nothing else.
        return not known or (match[1] in known and match.start(1) == match.start() + 1)

    def _read_list(
        self, cursor: Cursor, builder: MessageBuilder, said: Speech, tools: ToolViews, *, tagged: bool
    ) -> Steps[None]:
        """Reads a list to its end, or as far as it is one; what is not becomes text."""
        how, known = self._how, tools.by_name
        calls = 0
        call = CallBuilder(builder)
        try:
            bracket = how.before == "[" and (yield from cursor.match_loosely(("[",)))
            if how.before == "[" and not bracket and not self._also:
                builder.report("a list of calls without its bracket")
            fence = () if how.before == "[" else tuple(how.before.split())
            fenced = bool(fence) and (yield from cursor.match_loosely(fence))
            while True:
                char = yield from cursor.skip_space()
                if fenced and (yield from cursor.match_loosely(tuple(how.after.split()))):
                    fenced = False
                if bracket and char == "]":
                    cursor.take(cursor.position + 1)
                    break
                if tagged and (yield from cursor.match_loosely((how.closing,))):
                    if bracket:
                        builder.report("a list of calls without its closing bracket")
                    self._end(cursor, builder, calls)
                    return
                if calls and builder.given_up():
                    said.say(cursor.stop_recording())
                    return
                call = CallBuilder(builder)
                syntax = self._also if self._also is not None and char == "{" else self._call
                if calls:
                    cursor.recorded = []
                yield from syntax.read(Reading(cursor, call, builder, tools))
                calls += 1
                cursor.recorded = []
                builder.check_known(call.name, known)
                said.called()
                yield from self._separated(cursor, builder, bracket, tagged)
            call = CallBuilder(builder)
            if tagged and not (yield from cursor.match_loosely((how.closing,))):
                yield from self._missing(cursor, builder)
            self._end(cursor, builder, calls)
        except (Unreadable, Truncated) as error:
            recorded = cursor.stop_recording()
            announce_end(builder, call, error)
            if call.announced:
                said.called()
            else:
                said.say(recorded)

    def _separated(self, cursor: Cursor, builder: MessageBuilder, bracket: bool, tagged: bool) -> Steps[None]:
        """Reads what stands between a call and the next one, or nothing before the end."""
        char = yield from cursor.skip_space()
        if char == "," or (char == ";" and tagged):
            cursor.take(cursor.position + 1)
            if self._how.between.strip() != char:
                builder.report(f"{char!r} between calls")
        elif bracket and char != "]" and not (tagged and char == "<"):
            raise Unreadable("',' or ']'") if char else Truncated("',' or ']'")
        elif not char:
            raise Truncated(repr(self._how.closing or self._how.after))

    def _missing(self, cursor: Cursor, builder: MessageBuilder) -> Steps[None]:
        """Notes a missing closing tag, and reads what there is of it at the end of the text."""
        yield from cursor.skip_space()
        if cursor.ended and cursor.is_half_of(self._how.closing):
            cursor.take(len(cursor.buffer))
        if self._how.tags == "written":
            builder.report(f"expected {self._how.closing!r} at the end of a list of calls")

    def _end(self, cursor: Cursor, builder: MessageBuilder, calls: int) -> None:
        cursor.recorded = None
        if not calls:
            builder.broken("a list without calls")
