"""The assistant's turn as messages to different recipients: reasoning to itself, text to the user, calls to tools.

Muse writes ` to=RECIPIENT<|message|>` before each, Inkling a token for each kind of content. What a header says decides what
its message is; text before the first header is the end of a header if one follows, else content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import Reading, ToolViews
from fcformat.formats.call_syntax.syntax import CallSyntax, pass_brackets
from fcformat.formats.call_syntax.tags import spelled
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, write_call
from fcformat.formats.call_syntax.untagged import UntaggedCall
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Finder, Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["Kind", "MessageBlocks"]

Kind = Literal["reasoning", "content", "call"]

#: Longest header of a message.
MAX_HEADER = 400


class MessageBlocks(Turn):
    """Messages with headers."""

    reasons = True

    def __init__(
        self,
        call: CallSyntax,
        *,
        headers: Mapping[str, str],
        header: str,
        half: str,
        kinds: Mapping[str | None, Kind],
        other: Kind,
        starts: tuple[str, ...],
        end: str,
        between: str,
        last: bool,
        untagged: UntaggedCall | None = None,
        controls: tuple[str, ...],
    ) -> None:
        """Sets up the turn.

        Args:
            call: How a call is written in its message.
            headers: The headers of `reasoning`, `content` and `call`, as they are written; `{name}` in that of a call.
            header: Pattern of every header that is read; its group says the kind.
            half: Pattern of what may be the beginning of a header, up to the end of the text.
            kinds: Kinds of message by that group; `None` where it is not there.
            other: The kind of any other.
            starts: Texts with which a header may begin inside of a message.
            end: What ends a message.
            between: What stands between the end of one and the header of the next.
            last: Whether the last message is ended as well.
            untagged: How a call looks in text before the first header, where control tokens were stripped.
            controls: Spellings of control tokens in the headers.
        """
        self._untagged = untagged
        self._call = call
        self._headers = headers
        self._header = re.compile(header)
        self._half = re.compile(half)
        self._kinds = kinds
        self._other = other
        self._starts = starts
        self._end = end
        self._between = between
        self._last = last
        self._controls = controls

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        first = True

        def head(kind: str, name: str = "") -> None:
            nonlocal first
            between = "" if first else self._end + self._between
            draft.fixed(between + self._headers[kind].replace("{name}", name), trainable=True)
            first = False

        for kind, text in (("reasoning", message.reasoning), ("content", message.content)):
            if text or (kind == "content" and not message.tool_calls):
                if any(mark in (text or "") for mark in (self._end, *self._starts)):
                    raise FormatError(
                        f"message {index}: found a mark of headers in the {kind}, which cannot be escaped"
                    )
                head(kind)
                draft.text(text or "", trainable=True)
        for position, call in enumerate(message.tool_calls):
            head("call", call.function.name)
            write_call(self._call, call.function, index, position, draft)
        if self._last:
            draft.fixed(self._end, trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        marks = (self._end, *self._starts)
        end = spelled(self._end, self._controls)
        joint = spelled(self._end + self._between, self._controls)
        last = end if self._last else g.literal("")
        thought = g.sequence(
            spelled(self._headers["reasoning"], self._controls),
            g.free_text((*marks, *plan.boundaries), plan.most_reasoning),
            joint,
        )
        text = g.sequence(spelled(self._headers["content"], self._controls), answer(plan, *marks))
        reply: g.Grammar = text
        if plan.tools:
            call = g.choice(
                *(
                    g.sequence(
                        spelled(self._headers["call"].replace("{name}", tool.name), self._controls),
                        self._call.grammar(tool),
                    )
                    for tool in plan.tools
                )
            )
            most = None if plan.most is None else plan.most - 1
            calls = g.sequence(call, g.repeat(g.sequence(joint, call), max=most))
            if plan.required:
                reply = calls
            elif plan.response is not None:
                reply = g.choice(text, calls)
            else:
                reply = g.choice(calls, g.sequence(text, g.optional(g.sequence(joint, calls))))
        if plan.reasoning == "none":
            return g.sequence(reply, last)
        return g.sequence(thought if plan.reasoning == "required" else g.optional(thought), reply, last)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        finder = Finder((self._end, *self._starts, *boundaries))
        said = _Outside(cursor, builder)
        kind: Kind | None = yield from self._first(cursor, said)
        while not builder.given_up():
            after_call = kind == "call"
            if after_call:
                kind = None
                yield from self._read_call(cursor, builder, tools)
                if builder.given_up():
                    break
            said.reset()
            if said.speech is not None and self._untagged is not None:
                finder_here = Finder((self._untagged.opening, *finder.needles))
                place = yield from self._text(cursor, said, finder_here, kind, False, tools)
                said.speech = None
            else:
                place = yield from self._text(cursor, said, finder, kind, after_call, tools)
            if place is None:
                return None
            if place in boundaries:
                return place
            kind = yield from self._header_kind(cursor, builder)
        yield from cursor.match_loosely((self._end,))
        rest = Speech(builder)
        rest.called()
        return (yield from rest.rest(cursor, boundaries))

    def _first(self, cursor: Cursor, said: _Outside) -> Steps[Kind | None]:
        """Reads the first header; the kind of text where there is none."""
        while True:
            match = self._header.match(cursor.buffer, cursor.position)
            if match is not None:
                cursor.take(match.end())
                return self._kinds.get(match[1], self._other)
            if cursor.ended or not self._half.fullmatch(cursor.buffer, cursor.position):
                said.speech = Speech(said.builder)
                return "content"
            yield

    def _header_kind(self, cursor: Cursor, builder: MessageBuilder) -> Steps[Kind | None]:
        """Reads a header and says what its message is; where there is none, what follows is no text."""
        builder.divided()
        while not builder.given_up():
            match = self._header.match(cursor.buffer, cursor.position)
            if match is not None:
                cursor.take(match.end())
                return self._kinds.get(match[1], self._other)
            rest = len(cursor.buffer) - cursor.position
            if cursor.ended or rest > MAX_HEADER or not self._half.fullmatch(cursor.buffer, cursor.position):
                return None
            yield
        return None

    def _text(
        self, cursor: Cursor, said: _Outside, finder: Finder, kind: Kind | None, after_call: bool, tools: ToolViews
    ) -> Steps[str | None]:
        """Reads a message's text up to its end, a header or a boundary; which of them, or `None` for the end of the text."""
        scan, open_message = 0, after_call or kind is not None
        while True:
            if kind == "content" and said.speech is not None and said.speech.after_call:
                yield from said.speech.skip_gap(cursor)  # between messages, `say` holds white space itself
            found = finder.find(cursor.buffer, max(scan, cursor.position))
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                said.say(kind, cursor.take(len(cursor.buffer) - held))
                if cursor.ended:
                    return None
                yield
                scan = 0
                continue
            place, mark = found
            if said.speech is not None and self._untagged is not None and mark == self._untagged.opening:
                starts = self._untagged.starts(cursor.buffer, place, cursor.ended)
                if starts is None:
                    said.say(kind, cursor.take(place))
                    yield
                    scan = 0
                elif not starts or said.builder.given_up():
                    scan = place + 1
                else:
                    said.say(kind, cursor.take(place))
                    yield from self._read_untagged(self._untagged, cursor, said.speech, said.builder, tools)
                continue
            if mark in self._starts:
                if not self._header.match(cursor.buffer, place):
                    may_grow = len(cursor.buffer) - place <= MAX_HEADER and not cursor.ended
                    if may_grow and self._half.fullmatch(cursor.buffer, place):
                        said.say(kind, cursor.take(place))
                        yield
                        scan = 0
                        continue
                    scan = place + 1
                    continue
                said.say(kind, cursor.take(place))
                if kind is not None:
                    said.builder.report(f"a message that {self._end!r} does not end")
                return mark
            said.say(kind, cursor.take(place))
            cursor.take(place + len(mark))
            if mark != self._end:
                return mark
            if not open_message:
                said.builder.divided()
                if said.builder.given_up():
                    return mark
            kind, open_message = None, False
            scan = 0

    def _read_untagged(
        self, unit: UntaggedCall, cursor: Cursor, speech: Speech, builder: MessageBuilder, tools: ToolViews
    ) -> Steps[None]:
        """Reads what may be a call without a header; what is none is text."""
        cursor.recorded = []
        if speech.in_code(cursor):
            builder.divided()
            cursor.take(cursor.position + len(unit.opening))
        elif (yield from unit.read(Reading(cursor, CallBuilder(builder), builder, tools))):
            speech.called()
        speech.say(cursor.stop_recording())

    def _read_call(self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews) -> Steps[None]:
        cursor.recorded = []
        call = CallBuilder(builder)
        try:
            yield from self._call.read(Reading(cursor, call, builder, tools))
            cursor.recorded = None
            if call.complete:
                yield from pass_brackets(cursor, builder.report, after_space=False)
        except (Unreadable, Truncated) as error:
            recorded = cursor.stop_recording()
            announce_end(builder, call, error)
            if isinstance(error, Truncated):
                cursor.take(len(cursor.buffer))
            if not call.announced:
                builder.content(recorded)
            elif isinstance(error, Truncated) and not call.has_arguments:
                call.arguments("{}")
        if call.announced:
            builder.check_known(call.name, tools.by_name)


class _Outside:
    """Says what messages say; text outside of messages is content, and reported, unless it is white space."""

    def __init__(self, cursor: Cursor, builder: MessageBuilder) -> None:
        self.builder = builder
        self._cursor = cursor
        self._gap: list[str] = []
        self.speech: Speech | None = None  # what is said before the first header

    def reset(self) -> None:
        self._gap.clear()

    def say(self, kind: Kind | None, text: str) -> None:
        if kind == "reasoning":
            self.builder.reasoning(text)
        elif kind == "content" and self.speech is not None:
            self.speech.say(text)
        elif kind == "content":
            self.builder.content(text)
        else:
            kept = text.rstrip()
            if kept:
                self.builder.report("text between messages", self._cursor.offset - len(text.lstrip()))
                self.builder.content("".join((*self._gap, kept)))
                self._gap.clear()
            self._gap.append(text[len(kept) :])
