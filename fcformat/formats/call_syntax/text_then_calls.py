"""The assistant's turn as text followed by calls: Hermes, Qwen and many others.

Calls stand in units, each opened by a tag or by JSON's own bracket. The separators around them are layout, not content: one
before a call is taken off the text before it, and white space between calls and after the last one is dropped. Everything
else that is not a call is content, to the character; what the end of the text leaves of a call behind its tag is named in
an issue, where not even the name has come.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import Reading, ToolView, ToolViews
from fcformat.formats.call_syntax.spacing import spacing
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, answer
from fcformat.formats.call_syntax.units import CallUnit, SingleCall
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Steps
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["TextThenCalls"]


class TextThenCalls(Turn):
    """Text, then calls."""

    def __init__(
        self,
        call: CallSyntax | CallUnit,
        *also: CallUnit,
        before: str = "\n",
        between: str = "\n",
        also_between: tuple[str, ...] = (),
        spoken: tuple[str, str] = ("", ""),
        layout_tags: tuple[str, ...] = (),
        blank_before: bool = False,
        most: int | None = None,
        generated: int = 1,
        text_after: bool = False,
    ) -> None:
        """Sets up the turn.

        Args:
            call: How calls are written.
            *also: Other ways in which models write them; read and never written.
            before: Layout between text and the first call.
            between: Layout between calls.
            also_between: Other texts that models write between calls; read and never written.
            spoken: What is written before a text, and behind it if anything; it cannot stand beside calls then.
            layout_tags: Texts that are passed over when they are read: those of `spoken`, and others.
            blank_before: Whether white space before the first call, and nothing else, is layout.
            most: Most calls in a turn, `None` for any number; more are read.
            generated: How many of the ways to write calls may be generated: so many of the first ones.
            text_after: Whether text may be generated behind calls.
        """
        self._generated = generated
        self._text_after = text_after
        unit = SingleCall(call) if isinstance(call, CallSyntax) else call
        self._unit = unit
        self._units = (unit, *also)
        # A bare call behind this reads as the first one of a bare list.
        self._list_mark = "[" if unit.bare and not unit.together and any(u.bare and u.together for u in also) else ""
        self.openings = tuple(dict.fromkeys(each.opening for each in self._units))
        # Longer openings first: one may begin with another.
        longest_first = sorted(self._units, key=lambda each: len(each.opening), reverse=True)
        self._begins = re.compile("|".join(f"(?:{each.begins})" for each in longest_first))
        self._before = before
        self._between = between
        self._separators = tuple(sorted({before, between, *also_between}, key=len, reverse=True))
        self._spoken = spoken
        self._tags = tuple(text for text in dict.fromkeys((*spoken, *layout_tags)) if text)
        self._blank_before = blank_before
        self._most = most

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        if message.content and message.tool_calls and self._spoken[0]:
            raise FormatError(f"message {index}: found text beside calls, expected one of them")
        if self._list_mark and message.tool_calls and (message.content or "").rstrip().endswith(self._list_mark):
            raise FormatError(
                f"message {index}: found text that ends in {self._list_mark!r}, behind which a call reads as one of a list"
            )
        if self._blank_before and message.tool_calls and message.content and not message.content.strip():
            raise FormatError(
                f"message {index}: found only white space beside calls, which would be taken for layout; expected text or none"
            )
        opened, closed = self._spoken if not message.tool_calls else ("", "")
        draft.fixed(opened, trainable=True)
        draft.text(message.content or "", trainable=True)
        draft.fixed(closed, trainable=True)
        calls = message.tool_calls
        if self._most is not None and len(calls) > self._most:
            raise FormatError(f"message {index}: found {len(calls)} calls, expected at most {self._most} a turn")
        draft.text(self._before if message.content and calls else "", trainable=True)
        for position in range(len(calls)):
            if self._unit.together:
                self._unit.write(calls, index, 0, draft)
                return
            draft.text(self._between if position else "", trainable=True)
            self._unit.write(calls[position : position + 1], index, position, draft)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        excludes = dict.fromkeys(text for unit in self._units for text in unit.excludes_for(plan.tools))
        text = answer(plan, *excludes, *self._tags)
        opened, closed = self._spoken
        said = g.sequence(*((g.control_token(opened),) if opened else ()), text)
        if closed:
            said = g.sequence(said, g.control_token(closed))
        if not plan.tools:
            return said
        most = min((bound for bound in (plan.most, self._most) if bound is not None), default=None)
        ways = [self._calls(unit, plan.tools, most) for unit in self._units[: self._generated]]
        calls = ways[0] if len(ways) == 1 else g.choice(*ways)
        if plan.required:
            return calls
        if opened or plan.response is not None:
            return g.choice(said, calls)
        if self._text_after:
            calls = g.sequence(calls, text)
        if self._list_mark:
            return g.choice(text, g.sequence(answer(plan, *excludes, *self._tags, self._list_mark), calls))
        return g.sequence(text, g.optional(calls))

    def _calls(self, unit: CallUnit, tools: tuple[ToolView, ...], most: int | None) -> g.Grammar:
        """Calls in one of the ways."""
        calls = unit.grammar(tools, most)
        if not unit.together:
            more = g.sequence(spacing(self._between), calls)
            calls = g.sequence(calls, g.repeat(more, max=None if most is None else most - 1))
        return calls

    def begins_call(self, buffer: str, place: int, ended: bool) -> bool | None:
        """See `Turn`."""
        unit = self._unit_at(buffer, place, ended)
        return unit.sure if isinstance(unit, CallUnit) else unit

    def _unit_at(self, buffer: str, place: int, ended: bool) -> CallUnit | bool | None:
        """The unit that begins at a place where openings stand; `False` for none, `None` if that is not known yet."""
        undecided = False
        for unit in self._units:
            if buffer.startswith(unit.opening, place):
                starts = unit.starts(buffer, place, ended)
                if starts and not undecided:
                    return unit
                undecided = undecided or starts is not False
        return None if undecided else False

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        led_by = tuple(space + opening for opening in self.openings for space in self._separators)
        finder = cursor.finder((*self._tags, *boundaries))
        halves = cursor.finder((*self.openings, *self._tags, *boundaries), led_by)
        said = Speech(builder)
        said.after_call = self._blank_before and not builder.has_content
        known = tools.by_name
        scan = 0  # text before this offset holds no tag that counts
        while not builder.given_up():
            if said.after_call:
                yield from said.skip_gap(cursor)
            start = max(cursor.position, scan - cursor.offset + cursor.position)
            buffer = cursor.buffer
            begun = cursor.search(self._begins, start)  # where the next unit may begin
            found = finder.find(buffer, start, cursor.ended)
            if begun is not None and (found is None or begun.start() <= found[0]):
                found = begun.start(), ""
            elif found is not None and not cursor.ended and self._may_open(buffer, found[0]):
                found = None
            if found is None:
                held = 0 if cursor.ended else halves.held(buffer, cursor.position)
                said.say(cursor.take(len(buffer) - held))
                if cursor.ended:
                    if not builder.calls:
                        said.say_gap()
                    return None
                yield
                scan = 0
                continue
            place, tag = found
            if tag in self._tags:
                said.say(cursor.take(place))
                cursor.take(place + len(tag))
                builder.divided()
                continue
            if tag in boundaries:
                said.say(cursor.take(place))
                if not builder.calls:
                    said.say_gap()
                return cursor.take(place + len(tag))
            unit = self._unit_at(buffer, place, cursor.ended)
            if not isinstance(unit, CallUnit):
                if unit is None:
                    # All but a separator is text, and said: kept, it would be looked at again with every piece.
                    said.say(cursor.take(max(cursor.position, place - len(self._separators[0]))))
                    yield
                    scan = 0
                else:
                    scan = cursor.offset - cursor.position + place + 1
                continue
            said.say(
                cursor.take(place - self._separator_before(cursor, place, said.after_call and bool(builder.calls)))
            )
            cursor.recorded = []
            cursor.take(place)
            if said.in_code(cursor):
                cursor.take(place + len(unit.opening))
                said.say(cursor.stop_recording())
                builder.divided()
                continue
            if not unit.bare:
                cursor.take(place + len(unit.opening))
            cut_before, builder.truncated = builder.truncated, False  # half a tag may have been taken off the end
            calls = yield from self._read_calls(Reading(cursor, CallBuilder(builder), builder, tools), unit)
            cut, builder.truncated = builder.truncated, builder.truncated or cut_before
            recorded = cursor.stop_recording()
            scan = 0
            if not calls:
                left = recorded + cursor.buffer[cursor.position :] if cut and not unit.bare else ""
                if left.strip() not in ("", unit.opening):
                    cursor.take(len(cursor.buffer))
                    builder.report(f"left over: {left!r}")
                else:
                    said.say(recorded)
                continue
            said.called()
            for call in calls:
                builder.check_known(call.name, known)
            said.say(recorded)
            if unit.follows is not None and said.after_call:
                unit.follows.read_all(cursor, builder, tools)
        return (yield from said.rest(cursor, boundaries))

    def _may_open(self, buffer: str, place: int) -> bool:
        """Whether what ends the buffer from a place on may become an opening."""
        rest = buffer[place : place + max(map(len, self.openings))]
        return any(len(rest) < len(opening) and opening.startswith(rest) for opening in self.openings)

    def _separator_before(self, cursor: Cursor, place: int, follows: bool) -> int:
        """How many characters before a unit are layout."""
        buffer = cursor.buffer
        if follows:
            # Between calls a separator counts as a whole only.
            between = buffer[cursor.position : place]
            if between in self._separators:
                return len(between)
        return len(self._before) if buffer.endswith(self._before, cursor.position, place) else 0

    def _read_calls(self, reading: Reading, unit: CallUnit) -> Steps[list[CallBuilder]]:
        """Reads a unit; see `CallUnit.read`."""
        return (yield from unit.read(reading))
