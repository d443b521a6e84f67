"""The assistant's turn as messages to different recipients: reasoning to itself, text to the user, calls to tools.

Muse writes ` to=RECIPIENT<|message|>` before each, Inkling a token for each kind of content. What a header says decides what
its message is; text before the first header is the end of a header if one follows, else content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from fcformat import grammar as g
from fcformat.chat import Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.named import stands_at
from fcformat.formats.call_syntax.parts import Reading, Text, ToolViews
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
    """Messages with headers.

    Attributes:
        reasons: Whether there is a header for reasoning.
    """

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
        together: bool = False,
        named: bool = False,
        controls: tuple[str, ...],
    ) -> None:
        """Sets up the turn.

        Args:
            call: How a call is written in its message.
            headers: The headers of `reasoning`, where there is any, `content` and `call`, as they are written; `{name}` in that of
                a call.
            header: Pattern of every header that is read; its group says the kind.
            half: Pattern of what may be the beginning of a header, up to the end of the text.
            kinds: Kinds of message by that group; `None` where it is not there.
            other: The kind of any other.
            starts: Texts with which a header may begin inside of a message.
            end: What ends a message.
            between: What stands between the end of one and the header of the next.
            last: Whether the last message is ended as well.
            untagged: How a call looks in text before the first header, where control tokens were stripped.
            together: Whether all calls of a turn stand in one message, which an end of the format ends. A call begins with a
                tag then, before which the pattern of headers has one of no characters.
            named: Whether the group of a call's header is the function's name.
            controls: Spellings of control tokens in the headers.
        """
        self.reasons = "reasoning" in headers
        self._together = together
        first = call.parts[0]
        self._next = first.text if together and isinstance(first, Text) else ""  # opens another call of the message
        self._named = named
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

        texts = (("reasoning", message.reasoning),) if self.reasons else ()
        for kind, text in (*texts, ("content", message.content)):
            if text or (kind == "content" and not message.tool_calls):
                if any(mark in (text or "") for mark in (self._end, *self._starts)):
                    raise FormatError(
                        f"message {index}: found a mark of headers in the {kind}, which cannot be escaped"
                    )
                head(kind)
                draft.text(text or "", trainable=True)
        for position, call in enumerate(message.tool_calls):
            if not position or not self._together:
                head("call", self._checked_name(call, index, position))
            self._write_call(call, index, position, draft)
        if self._last and not (self._together and message.tool_calls):
            draft.fixed(self._end, trainable=True)

    def _checked_name(self, call: ToolCall, index: int, position: int) -> str:
        """The function's name, as a header may have it."""
        name = call.function.name
        header = self._header.fullmatch(self._headers["call"].replace("{name}", name)) if self._named else None
        if self._named and (header is None or header[1] != name or name in self._kinds):
            raise FormatError(
                f"message {index}: tool_calls[{position}]: found the name {name!r}, expected one that a header can hold"
            )
        return name

    def _write_call(self, call: ToolCall, index: int, position: int, draft: Draft) -> None:
        """Adds one of message `index`'s calls to a draft."""
        write_call(self._call, call.function, index, position, draft)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        marks = (self._end, *self._starts)
        end = self._spelled(self._end)
        joint = self._spelled(self._end + self._between)
        last = end if self._last else g.literal("")
        begun = plan.begun or ""
        speaking = begun.startswith(self._headers["content"])
        if not speaking and not all(header.startswith(begun) for header in self._headers.values()):
            begun = ""
        text = g.sequence(self._spelled(self._headers["content"][len(begun) :]), answer(plan, *marks))
        reply: g.Grammar = g.sequence(text, last)
        if plan.tools:
            calls = self._calls(plan, "" if speaking else begun, joint, last)
            if speaking:
                called = g.sequence(joint, calls)
                ends = (called,) if plan.required else (last,) if plan.response is not None else (last, called)
                reply = g.sequence(text, g.choice(*ends))
            elif plan.required:
                reply = calls
            elif plan.response is not None:
                reply = g.choice(reply, calls)
            else:
                more = self._calls(plan, "", joint, last) if begun else calls
                reply = g.choice(calls, g.sequence(text, g.choice(last, g.sequence(joint, more))))
        if plan.reasoning == "none" or speaking or not self.reasons:
            return reply
        thought = g.sequence(
            self._spelled(self._headers["reasoning"]),
            g.free_text((*marks, *plan.boundaries), plan.most_reasoning),
            joint,
        )
        return g.sequence(thought if plan.reasoning == "required" else g.optional(thought), reply)

    def _spelled(self, text: str) -> g.Grammar:
        """The grammar of a header or an end; line breaks in them tell where they are, so that none is layout."""
        return spelled(text, self._controls, exact=True)

    def _calls(self, plan: TurnPlan, begun: str, joint: g.Grammar, last: g.Grammar) -> g.Grammar:
        """The calls of a turn, in messages of their own or all in one, to the end of the turn; `begun` is in the prompt."""
        most = None if plan.most is None else plan.most - 1

        if self._together:
            call = g.choice(*(self._call.grammar(tool) for tool in plan.tools))
            return g.sequence(self._spelled(self._headers["call"][len(begun) :]), call, g.repeat(call, max=most))

        def each(begun: str = "") -> g.Grammar:
            return g.choice(
                *(
                    g.sequence(
                        self._spelled(self._headers["call"].replace("{name}", tool.name)[len(begun) :]),
                        self._call.grammar(tool),
                    )
                    for tool in plan.tools
                )
            )

        return g.sequence(each(begun), g.repeat(g.sequence(joint, each()), max=most), last)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        said = _Outside(cursor, builder)
        marks = (self._end, *self._starts, *boundaries)
        finder = Finder(marks)
        kind, name = yield from self._first(cursor, said)
        while not builder.given_up():
            after_call = kind == "call"
            if after_call:
                kind = None
                yield from self._read_call(cursor, builder, tools, name)
                while self._next and not builder.given_up() and (yield from stands_at(cursor, (self._next,))):
                    yield from self._read_call(cursor, builder, tools, name)
                if builder.given_up():
                    break
            said.reset()
            if said.speech is not None and self._untagged is not None:
                first = Finder((self._untagged.opening, *marks))
                place = yield from self._text(cursor, said, first, boundaries, kind, False, tools)
                said.speech = None
            else:
                place = yield from self._text(cursor, said, finder, boundaries, kind, after_call, tools)
            if place is None:
                return None
            if place in boundaries:
                return place
            kind, name = yield from self._header_kind(cursor, builder)
        yield from cursor.match_loosely((self._end,))
        rest = Speech(builder)
        rest.called()
        return (yield from rest.rest(cursor, boundaries))

    def _first(self, cursor: Cursor, said: _Outside) -> Steps[tuple[Kind | None, str]]:
        """Reads the first header; the kind of text where there is none, and what the header names."""
        while True:
            match = self._header.match(cursor.buffer, cursor.position)
            if match is not None:
                cursor.take(match.end())
                return self._kinds.get(match[1], self._other), match[1] or ""
            if cursor.ended or not self._half.fullmatch(cursor.buffer, cursor.position):
                said.speech = Speech(said.builder)
                return "content", ""
            yield

    def _header_kind(self, cursor: Cursor, builder: MessageBuilder) -> Steps[tuple[Kind | None, str]]:
        """Reads a header and says what its message is, and what it names; where there is none, what follows is no text."""
        builder.divided()
        while not builder.given_up():
            match = self._header.match(cursor.buffer, cursor.position)
            if match is not None:
                cursor.take(match.end())
                return self._kinds.get(match[1], self._other), match[1] or ""
            rest = len(cursor.buffer) - cursor.position
            if cursor.ended or rest > MAX_HEADER or not self._half.fullmatch(cursor.buffer, cursor.position):
                return None, ""
            yield
        return None, ""

    def _text(
        self,
        cursor: Cursor,
        said: _Outside,
        finder: Finder,
        boundaries: tuple[str, ...],
        kind: Kind | None,
        after_call: bool,
        tools: ToolViews,
    ) -> Steps[str | None]:
        """Reads a message's text up to its end, a header or a boundary; which of them, or `None` for the end of the text."""
        scan, open_message = 0, after_call or kind is not None
        untagged = self._untagged if said.speech is not None else None
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
            if said.speech is not None and untagged is not None and mark == untagged.opening:
                starts = untagged.starts(cursor.buffer, place, cursor.ended)
                if starts is None:
                    said.say(kind, cursor.take(place))
                    yield
                    scan = 0
                elif not starts or said.builder.given_up():
                    scan = place + 1
                else:
                    said.say(kind, cursor.take(place))
                    yield from self._read_untagged(untagged, cursor, said.speech, said.builder, tools)
                continue
            if mark in self._starts:
                if not self._header.match(cursor.buffer, place):
                    may_grow = len(cursor.buffer) - place <= MAX_HEADER and not cursor.ended
                    rest = cursor.buffer[place : place + MAX_HEADER] if may_grow else ""
                    if may_grow and (
                        self._half.fullmatch(rest) or any(boundary.startswith(rest) for boundary in boundaries)
                    ):
                        said.say(kind, cursor.take(place))
                        yield
                        scan = 0
                        continue
                    said.say(kind, cursor.take(place + 1))
                    scan = 0
                    said.builder.divided()
                    if said.builder.given_up():
                        finder = Finder((self._end, *boundaries))  # the message's kind stays what it is
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

    def _read_call(self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, name: str) -> Steps[None]:
        cursor.recorded = []
        call = CallBuilder(builder)
        if self._named:
            call.named(name)
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
