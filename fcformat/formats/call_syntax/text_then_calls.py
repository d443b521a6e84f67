"""The assistant's turn as text followed by calls, each call opened by a tag: Hermes, Qwen and many others.

The separators around calls are layout, not content: one before a call is taken off the text before it, and white space
between calls and after the last one is dropped. Everything else that is not a call is content, to the character.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.formats.call_syntax.parts import Reading, Text, ToolView
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, write_call
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Finder, Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["TextThenCalls"]


class TextThenCalls(Turn):
    """Text, then calls."""

    def __init__(self, call: CallSyntax, *, before: str = "\n", between: str = "\n") -> None:
        """Sets up the turn.

        Args:
            call: How a call is written; its first part is the tag that opens it.
            before: Layout between text and the first call.
            between: Layout between calls.
        """
        opening = call.parts[0]
        assert isinstance(opening, Text)  # a declaration without an opening tag is a mistake of ours
        self._call = call
        self._opening = opening.text
        self.openings = (opening.text,)
        self._before = before
        self._between = between
        first = next(part for part in call.parts[1:] if not isinstance(part, Text) or part.words)
        self._start = self._starting(first.start)

    @staticmethod
    def _starting(pattern: str) -> re.Pattern[str]:
        """What must stand behind an opening tag for it to count; the end of the text does."""
        return re.compile(rf"[ \t\r\n]{{0,64}}(?:\Z|{pattern})")

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        draft.text(message.content or "", trainable=True)
        separator = self._before if message.content else ""
        for position, call in enumerate(message.tool_calls):
            draft.text(separator, trainable=True)
            write_call(self._call, call.function, index, position, draft)
            separator = self._between

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        text = answer(plan, self._opening)
        if not plan.tools:
            return text
        call = g.choice(*(self._call.grammar(tool) for tool in plan.tools))
        most = None if plan.most is None else plan.most - 1
        calls = g.sequence(call, g.repeat(g.sequence(g.literal(self._between), call), max=most))
        if plan.required:
            return calls
        return g.sequence(text, g.optional(calls)) if plan.response is None else g.choice(text, calls)

    def begins_call(self, buffer: str, place: int, ended: bool) -> bool | None:
        """See `Turn`."""
        start = self._start.match(buffer, place + len(self._opening))
        return None if start is not None and start.end() == len(buffer) and not ended else start is not None

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: tuple[ToolView, ...], boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        finder = Finder((self._opening, *boundaries), (self._before + self._opening, self._between + self._opening))
        said = Speech(builder)
        known = frozenset(tool.name for tool in tools)
        scan = 0  # text before this place holds no tag that counts
        while True:
            if said.after_call:
                yield from said.skip_gap(cursor)
            scan = max(scan, cursor.position)
            buffer = cursor.buffer
            found = finder.find(buffer, scan)
            if found is None:
                held = 0 if cursor.ended else finder.held(buffer, cursor.position)
                said.say(cursor.take(len(buffer) - held))
                if cursor.ended:
                    return None
                yield
                scan = 0
                continue
            place, tag = found
            if tag != self._opening:
                said.say(cursor.take(place))
                cursor.take(place + len(tag))
                return tag
            start = self._start.match(buffer, place + len(tag))
            if start is None:
                scan = place + len(tag)
                continue
            if start.end() == len(buffer) and not cursor.ended:
                yield
                scan = 0
                continue
            follows = said.after_call and place == cursor.position
            separator = self._between if follows else self._before
            end = place - len(separator) if buffer.endswith(separator, cursor.position, place) else place
            said.say(cursor.take(end))
            cursor.recorded = []
            cursor.take(place)
            if said.in_fence:
                cursor.take(place + len(tag))
                said.say("".join(_stop_recording(cursor)))
                continue
            cursor.take(place + len(tag))
            calls, rest = yield from self._read_calls(Reading(cursor, CallBuilder(builder), builder, tools))
            recorded = _stop_recording(cursor)
            if not calls:
                said.say("".join(recorded))
                scan = 0
                continue
            said.called()
            for call in calls:
                if known and call.name not in known:
                    builder.report(f"a call of {call.name!r}, which is not among the tools")
            said.say(rest)
            scan = 0

    def _read_calls(self, reading: Reading) -> Steps[tuple[list[CallBuilder], str]]:
        """Reads what stands behind an opening tag; the calls that joined the message, and text behind them that is no call."""
        try:
            yield from self._call.read(reading, skip=1)
        except (Unreadable, Truncated) as error:
            announce_end(reading.builder, reading.call, error)
        else:
            reading.cursor.recorded = None
        return [reading.call] if reading.call.announced else [], ""


def _stop_recording(cursor: Cursor) -> list[str]:
    recorded, cursor.recorded = cursor.recorded, None
    return recorded or []
