"""The assistant's turn as text and calls, where a section's tags may stand around several calls: DeepSeek, MiniMax, Hy3.

Models leave tags out: a call may also be read without its section, or without its own first tag, where the declaration says
how it begins then. As in `TextThenCalls`, separators around calls are layout and everything else is content.
"""

from __future__ import annotations

import functools
import re

from fcformat import grammar as g
from fcformat.chat import Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import Part, Reading, Text, ToolViews
from fcformat.formats.call_syntax.plain_calls import PlainReader
from fcformat.formats.call_syntax.spacing import spacing
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tags import Marked, begins, spelled
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, write_call
from fcformat.formats.call_syntax.units import CallUnit, SingleCall
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["CallSections"]


class CallSections(Turn):
    """Text, then calls, all of them or each in tags."""

    def __init__(
        self,
        call: CallSyntax,
        *,
        section: tuple[str, str] = ("", ""),
        before: str = "",
        between: str = "",
        also_opened: tuple[str, ...] = (),
        also_closed: tuple[str, ...] = (),
        also_begun: tuple[str, ...] = (),
        alone: bool = False,
        bare: str = "",
        untagged: tuple[UntaggedCall, ...] = (),
        also: SingleCall | None = None,
        kin: CallSections | None = None,
        controls: tuple[str, ...] = (),
    ) -> None:
        """Sets up the turn.

        Args:
            call: How a call is written.
            section: What stands before the first call and after the last, layout included; none: the first part of the call
                is the tag that opens it.
            before: Layout between text and the calls.
            between: Layout between calls.
            also_opened: Other tags with which models open a section; read and never written.
            also_closed: Other tags with which models close it.
            also_begun: Other spellings of the tag that opens a call, where there is no section; read and never written.
            alone: Whether a call may stand outside of a section, opened by its own first tag; read and never written.
            bare: How a call begins that stands without the section's or its own first tag; `""`: there are none.
            untagged: How calls look where control tokens were stripped; the tools must be known.
            also: How else a call may stand behind the tag that opens one; read and never written.
            kin: Sections with other tags, as other weights of the family have them; read and never written.
            controls: Spellings of control tokens in the section's tags.
        """
        self._also = also
        self._kin = kin
        self._untagged = {unit.opening: unit for unit in untagged}
        self._call = call
        self._section = section
        self._before = before
        self._between = between
        self._controls = controls
        opening, closing = section[0].strip(), section[1].strip()
        self._joint = before + ("" if opening else section[0])
        first = call.parts[0]
        if not opening:
            assert isinstance(first, Text)  # a declaration without an opening tag is a mistake of ours
        self._closing = closing
        self._tag = first.text.strip() if isinstance(first, Text) else ""
        self._openings = (opening, *also_opened) if opening else ()
        self._bare = bare
        starts = tuple(text for text in (self._tag, bare) if text)
        self._closings = (closing, *also_closed) if closing else ()
        self._also_begun = also_begun
        self._calls = (*starts, *also_begun) if not opening or alone else (bare,) if bare else ()
        self.openings = (*self._openings, *self._calls, *(kin.openings if kin is not None else ()))
        self._longest_first = sorted(self.openings, key=len, reverse=True)
        self._scanners: dict[tuple[str, ...], Scanner] = {}  # a format has one or two sets of boundaries
        plain = PlainReader.of(call.parts)
        self._plain = plain if plain is not None and plain.parts == len(call.parts) else None
        self._inside = _start((*starts, closing) if opening else starts, call.parts)
        self._bare_start = _start((), call.parts[1:] if self._tag else call.parts)
        self._after_tag = _start((), call.parts[1:]) if self._tag else self._inside

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        if message.tool_calls and message.content and not message.content.strip():
            raise FormatError(
                f"message {index}: found only white space beside calls, which would be taken for layout; expected text or none"
            )
        draft.text(message.content or "", trainable=True)
        if not message.tool_calls:
            return
        opening, closing = self._section
        draft.fixed((self._before if message.content else "") + opening, trainable=True)
        for position, call in enumerate(message.tool_calls):
            draft.fixed(self._between if position else "", trainable=True)
            self._write_call(call, index, position, draft)
        draft.fixed(closing, trainable=True)

    def _write_call(self, call: ToolCall, index: int, position: int, draft: Draft) -> None:
        """Adds one of message `index`'s calls to a draft."""
        write_call(self._call, call.function, index, position, draft)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        stripped = [text for unit in self._untagged.values() for text in unit.excludes_for(plan.tools)]
        text = answer(plan, *self.openings, *stripped)
        if not plan.tools:
            return text
        call = g.choice(*(self._call.grammar(tool) for tool in plan.tools))
        most = None if plan.most is None else plan.most - 1
        more = g.repeat(g.sequence(spacing(self._between), call), max=most)
        opening, closing = (spelled(tags, self._controls) for tags in self._section)
        calls = g.sequence(opening, call, more, closing)
        if plan.required:
            return calls
        return g.choice(text, calls) if plan.response is not None else g.sequence(text, g.optional(calls))

    def begins_call(self, buffer: str, place: int, ended: bool) -> bool | None:
        """See `Turn`."""
        tag = next(tag for tag in self._longest_first if buffer.startswith(tag, place))
        if self._is_other(tag, buffer, place):
            return True
        start = _compiled(self._follows(tag)).match(buffer, place if tag == self._bare else place + len(tag))
        if start is None:
            return False
        return None if start.end() == len(buffer) and not ended else True

    def _is_other(self, tag: str, buffer: str, place: int) -> bool:
        """Whether a tag opens a call that is written in the other way."""
        also = self._also
        return also is not None and tag == also.opening and bool(also.starts(buffer, place, False))

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        finder = self._scanner(boundaries)
        said = Speech(builder)
        said.after_call = not builder.has_content  # white space before the first call is layout, too
        scan = 0  # text before this offset holds no tag that counts
        while not builder.given_up():
            if said.after_call:
                yield from said.skip_gap(cursor)
                if builder.calls and (yield from self._closes(cursor)):
                    builder.report(f"{self._closing!r} without its opening tag")
                    builder.divided()
                    said.called()
                    continue
            start = max(cursor.position, scan - cursor.offset + cursor.position)
            buffer = cursor.buffer
            found = finder.find(buffer, start)
            if found is None:
                held = 0 if cursor.ended else finder.held(buffer, cursor.position)
                said.say(cursor.take(len(buffer) - held))
                if cursor.ended:
                    if not builder.calls:
                        said.say_gap()
                    return None
                yield
                scan = 0
                continue
            place, tag = found
            if tag in boundaries:
                said.say(cursor.take(place))
                if not builder.calls:
                    said.say_gap()
                return cursor.take(place + len(tag))
            unit: CallUnit | None = self._untagged.get(tag)
            begins = (unit.starts if unit else self.begins_call)(buffer, place, cursor.ended)
            if begins and self._is_other(tag, buffer, place):
                unit = self._also
            if begins is None:
                said.say(cursor.take(max(cursor.position, place - max(len(self._joint), len(self._between)))))
                yield
                scan = 0
                continue
            if not begins:
                scan = cursor.offset - cursor.position + place + len(tag)
                continue
            bare = tag == self._bare
            follows = said.after_call and bool(builder.calls) and place == cursor.position
            separator = self._between if follows else self._joint
            end = place - len(separator) if buffer.endswith(separator, cursor.position, place) else place
            said.say(cursor.take(end))
            cursor.recorded = []
            cursor.take(place)
            if said.in_code(cursor):
                cursor.take(place + len(tag))
                said.say(cursor.stop_recording())
                builder.divided()
                continue
            if unit is not None:
                if not unit.bare:
                    cursor.take(place + len(tag))
                yield from self._read_unit(unit, cursor, builder, tools, said)
                scan = 0
                continue
            if not bare:
                cursor.take(place + len(tag))
                if tag in self._also_begun:
                    builder.report(f"{tag!r} in place of {self._tag!r}")
            elif self._tag or self._openings:
                builder.report(f"a call without {(self._tag or self._openings[0])!r} before it")
            if self._kin is not None and tag in self._kin.openings:
                yield from self._kin._read_section(cursor, builder, tools, said)
            elif tag in self._openings:
                yield from self._read_section(cursor, builder, tools, said)
            else:
                yield from self._read_call(cursor, builder, tools, said, skip=1 if self._tag else 0, bare=bare)
                if self._plain is not None and said.after_call and tag == self._tag:
                    self._plain.read_all(cursor, builder, tools)
            scan = 0
        return (yield from said.rest(cursor, boundaries))

    def _read_unit(
        self, unit: CallUnit, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, said: Speech
    ) -> Steps[None]:
        """Reads a call that is written in another way; what is none is text, or named if the end of the text cuts it off."""
        cut_before, builder.truncated = builder.truncated, False
        calls = yield from unit.read(Reading(cursor, CallBuilder(builder), builder, tools))
        cut, builder.truncated = builder.truncated, builder.truncated or cut_before
        recorded = cursor.stop_recording()
        if calls:
            said.called()
        elif cut and not unit.bare:
            builder.report(f"left over: {recorded + cursor.take(len(cursor.buffer))!r}")
            return
        said.say(recorded)
        for call in calls:
            builder.check_known(call.name, tools.by_name)

    def _scanner(self, boundaries: tuple[str, ...]) -> Scanner:
        """Finds boundaries, and openings that a call or the end of what is there follows."""
        found = self._scanners.get(boundaries)
        if found is None:
            led_by = tuple(space + tag for tag in self.openings for space in (self._joint, self._between))
            ahead = {tag: ("" if tag == self._bare else re.escape(tag)) + self._follows(tag) for tag in self.openings}
            ahead |= {opening: unit.begins for opening, unit in self._untagged.items()}
            found = self._scanners[boundaries] = Scanner((*ahead, *boundaries), led_by, ahead)
        return found

    def _closes(self, cursor: Cursor) -> Steps[bool]:
        """Reads the tag that closes a section, if one comes next."""
        for closing in self._closings:
            if (yield from cursor.match_loosely((closing,))):
                return True
        return False

    def _follows(self, tag: str) -> str:
        """The pattern of what must follow a tag, lest it be text."""
        if self._kin is not None and tag in self._kin.openings:
            return self._kin._follows(tag)
        if tag in self._openings:
            return self._inside
        if self._also is not None and tag == self._also.opening:
            return f"(?:{self._after_tag}|{self._also.begins_behind})"
        return self._bare_start if tag == self._bare else self._after_tag

    def _read_section(self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, said: Speech) -> Steps[None]:
        """Reads calls up to the section's end."""
        count = 0
        while True:
            if (yield from self._closes(cursor)):
                cursor.recorded = None
                if not count:
                    builder.broken("a section without calls")
                return
            if builder.given_up():
                cursor.recorded = None
                return
            char = yield from cursor.skip_space()
            start = _compiled(self._inside).match(cursor.buffer, cursor.position)
            if start is not None and start.end() == len(cursor.buffer) and not cursor.ended:
                yield
                continue
            if not char or start is None:
                builder.report(f"expected a call or {self._closing!r}")
                recorded = cursor.stop_recording()
                if not count and not char:
                    builder.truncated = True
                    builder.report(f"left over: {recorded!r}")
                elif not count:
                    said.say(recorded)
                return
            skip = 0
            if self._tag and not (yield from cursor.match_loosely((self._tag,))):
                builder.report(f"a call without {self._tag!r} before it")
            skip = 1 if self._tag else 0
            if not (yield from self._read_call(cursor, builder, tools, said, skip=skip)):
                return
            count += 1
            if self._plain is not None:
                self._plain.read_all(cursor, builder, tools)
            cursor.recorded = []

    def _read_call(
        self,
        cursor: Cursor,
        builder: MessageBuilder,
        tools: ToolViews,
        said: Speech,
        skip: int,
        bare: bool = False,
    ) -> Steps[bool]:
        """Reads one call whose beginning has been read; whether it was one, to its end.

        A text that ends before the function's name has been read holds no call: its tags are reported, and no content.
        """
        call = CallBuilder(builder)
        complete = True
        try:
            yield from self._call.read(Reading(cursor, call, builder, tools), skip=skip)
        except (Unreadable, Truncated) as error:
            complete = False
            recorded = cursor.stop_recording()
            announce_end(builder, call, error)
            if isinstance(error, Truncated):
                recorded += cursor.take(len(cursor.buffer))
                if not call.announced and not bare:
                    builder.report(f"left over: {recorded!r}")
                elif not call.announced:
                    said.say(recorded)
                elif not call.has_arguments:
                    call.arguments("{}")
            elif not call.announced:
                said.say(recorded)
        else:
            cursor.recorded = None
        if call.announced:
            said.called()
            builder.check_known(call.name, tools.by_name)
        return complete


@functools.cache  # compiled when first needed: there are many formats, and few are used
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _start(texts: tuple[str, ...], parts: tuple[Part, ...]) -> str:
    """The pattern of white space and one of the texts or the first part that says how it starts, or of half of that."""
    options = [begins(*texts)] if texts else []
    for part in parts:
        if not isinstance(part, Text):
            options.append(part.start)
        elif part.words:
            options.append(begins(part.words[0]))
        if not (isinstance(part, Text) and not part.words) and not (isinstance(part, Marked) and part.optional):
            break
    return rf"[ \t\r\n]{{0,64}}(?:\Z|{'|'.join(options)})"
