"""The assistant's turn of harmony (gpt-oss): messages in channels, each with a header and a body.

`analysis` is reasoning, `final` is the answer, `commentary` is text to the user beside a call, and a message with a recipient
is a call. The recipient may stand before or after the channel. Further messages of the turn begin with their role. Text
without any mark is content.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.json_call import read_arguments
from fcformat.formats.call_syntax.named import bare_name, raw_arguments
from fcformat.formats.call_syntax.parts import Reading, ToolView, ToolViews
from fcformat.formats.call_syntax.syntax import pass_brackets
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Cursor, Finder, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["CALL", "CHANNEL", "END", "MESSAGE", "NEXT", "RETURN", "START", "HarmonyChannels"]

START, CHANNEL, MESSAGE, CONSTRAIN = "<|start|>", "<|channel|>", "<|message|>", "<|constrain|>"
END, CALL, RETURN = "<|end|>", "<|call|>", "<|return|>"
_ENDS_BODY = (START, CHANNEL, END, CALL, RETURN)  # the others mean nothing there
_MARKS = (*_ENDS_BODY, MESSAGE, CONSTRAIN)
#: Between two messages of one turn.
NEXT = f"{END}{START}assistant"

#: Longest header that is read as one.
MAX_HEADER = 1_000
_CHANNEL_NAME = re.compile(r"<\|channel\|>\s*(\w+)")
_RECIPIENT = re.compile(r"\bto=([^\s<]+)")
_OTHER_ROLE = re.compile(r"\s*(?:user|system|developer|tool|functions\.\S+)(?:\s|<|\Z)")


class HarmonyChannels(Turn):
    """Messages in channels; the header of the first one begins in the prompt."""

    reasons = True

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`; the end of the last message is the format's."""
        if len(message.tool_calls) > 1:
            raise FormatError(f"message {index}: found {len(message.tool_calls)} calls, expected one a turn")
        if message.reasoning is not None:
            self._message(f"{CHANNEL}analysis{MESSAGE}", message.reasoning, draft)
            draft.fixed(NEXT, trainable=True)
        if not message.tool_calls:
            self._message(f"{CHANNEL}final{MESSAGE}", message.content or "", draft)
            return
        if message.content:
            self._message(f"{CHANNEL}commentary{MESSAGE}", message.content, draft)
            draft.fixed(NEXT, trainable=True)
        function = message.tool_calls[0].function
        try:
            name, arguments = bare_name(function.name), as_json(function.arguments)
        except FormatError as error:
            raise FormatError(f"message {index}: tool_calls[0] ({function.name}): {error}") from error
        draft.text(f" to=functions.{name}", trainable=True)
        self._message(f"{CHANNEL}commentary json{MESSAGE}", arguments, draft)

    def _message(self, header: str, body: str, draft: Draft) -> None:
        draft.fixed(header, trainable=True)
        draft.text(body, trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        text = g.free_text((*_MARKS, *plan.boundaries))
        again = g.sequence(*map(g.control_token, (END, START)), g.literal("assistant"))
        thinking = g.free_text((*_MARKS, *plan.boundaries), plan.most_reasoning)
        thought = g.sequence(_header("analysis"), thinking, again)
        spoken = g.sequence(_header("commentary"), text, again)
        constrained = g.sequence(_header("final", g.optional(_JSON)), answer(plan))
        final = g.sequence(_header("final"), text) if plan.response is None else constrained
        calls = g.choice(*(_call(tool) for tool in plan.tools)) if plan.tools else final
        ending = calls if plan.required or not plan.tools else g.choice(final, calls)
        before: g.Grammar = g.repeat(spoken if plan.reasoning == "none" else g.choice(thought, spoken))
        if plan.most_reasoning is not None:  # what is bounded is the sum: there is one thought
            before = g.sequence(g.repeat(spoken), g.optional(thought), g.repeat(spoken))
        opened = _open_channel(plan.begun or "")
        if opened == "analysis":
            rest = before if plan.most_reasoning is None else g.repeat(spoken)
            return g.sequence(thinking, again, rest, ending)
        if opened == "commentary":
            return g.sequence(text, again, before, ending)
        if opened == "final":
            return text if plan.response is None else answer(plan)
        if plan.reasoning == "required" and not plan.begun:
            return g.sequence(thought, before, ending)
        return g.sequence(before, ending)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        return (yield from _Reader(cursor, builder, tools, boundaries).read())


_JSON = g.choice(g.literal(" json"), g.sequence(g.literal(" "), g.control_token(CONSTRAIN), g.literal("json")))


def _header(channel: str, rest: g.Grammar | None = None) -> g.Grammar:
    after = () if rest is None else (rest,)
    return g.sequence(g.control_token(CHANNEL), g.literal(channel), *after, g.control_token(MESSAGE))


def _call(tool: ToolView) -> g.Grammar:
    to = g.literal(f" to=functions.{bare_name(tool.name)}")
    before = g.sequence(to, _header("commentary", g.optional(_JSON)))
    after = _header("commentary", g.sequence(to, g.optional(_JSON)))
    return g.sequence(g.choice(before, after), g.schema_value(tool.schema, style=DUMPS))


_KNOWN_IN_HEADERS = re.compile(
    r"<\|channel\|>|<\|constrain\|>|\bto=\S+?(?=<\||\s|\Z)|\b(?:analysis|commentary|final|json|code|assistant)\b"
)


def _open_channel(begun: str) -> str:
    """The channel whose message the prompt's end is inside of; `""` if it is inside of none."""
    header, message, body = begun.rpartition(START)[2].rpartition(MESSAGE)
    if not message or END in body or CALL in body:
        return ""
    channels = _CHANNEL_NAME.findall(header)
    return str(channels[-1]) if channels else ""


class _Reader:
    """Reads one turn."""

    def __init__(self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]) -> None:
        self._cursor = cursor
        self._builder = builder
        self._tools = tools
        self._known = tools.by_name
        self._boundaries = tuple(text for text in boundaries if text not in (END, CALL))
        self._in_header = Finder((*_MARKS, *self._boundaries))
        self._in_body = Finder((*_ENDS_BODY, *self._boundaries))

    def read(self) -> Steps[str | None]:
        """Reads messages to the end of the turn."""
        while True:
            header = yield from self._header()
            if header is None or header in self._boundaries:
                return header
            if _OTHER_ROLE.match(header):
                return START
            channels = _CHANNEL_NAME.findall(header)
            if re.search(r"\w", other := _KNOWN_IN_HEADERS.sub("", header)):
                self._builder.report(f"a header with {other.strip()!r}")
            if len(channels) > 1:
                self._builder.report(f"a header with {len(channels)} channels; the last one counts")
            recipient = _RECIPIENT.search(header)
            name = "" if recipient is None else recipient[1].removeprefix("functions.")
            if recipient is not None and not name:
                self._builder.report(f"a header with {header.strip()!r}")
            if name and name not in ("assistant", "user", "all"):
                mark = yield from self._call(name)
            else:
                mark = yield from self._body(reasoning=channels[-1:] == ["analysis"])
            if mark is None or mark in self._boundaries:
                return mark
            self._builder.divided()
            if self._builder.given_up():
                return (yield from self._rest(mark))

    def _rest(self, mark: str) -> Steps[str | None]:
        """Reads what follows a mark as text, where no more messages are looked for."""
        said = Speech(self._builder)
        said.called()
        said.say(mark if mark == START else "")
        return (yield from said.rest(self._cursor, self._boundaries))

    def _find(self, finder: Finder) -> tuple[str, str | None]:
        """Reads up to a mark: text, and the mark; `""` if more must come, `None` at the end. A channel's mark is left unread."""
        cursor = self._cursor
        found = finder.find(cursor.buffer, cursor.position)
        if found is not None:
            text = cursor.take(found[0])
            return text, CHANNEL if found[1] == CHANNEL else cursor.take(found[0] + len(found[1]))
        held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
        text = cursor.take(len(cursor.buffer) - held)
        return text, None if cursor.ended else ""

    def _header(self) -> Steps[str | None]:
        """Reads a header to its end: the header, the boundary that stands in its place, or `None` at the end of the text.

        A header begins with a mark or a recipient; anything else is text of a reply that has none.
        """
        header: list[str] = []
        size, role, lead = 0, False, ""  # lead: how the header begins, enough of it to tell
        start = self._cursor.offset
        while True:
            text, mark = self._find(self._in_header)
            header.append(text)
            size += len(text)
            lead = lead if role or len(lead) == 3 else (lead + text).lstrip()[:3]
            plain = lead and not role and not (lead == "to=" or (mark == "" and "to=".startswith(lead)))
            if plain or size > MAX_HEADER:
                if not plain:
                    self._builder.report("a header that does not end; it is kept as content", start)
                mark = yield from self._body(reasoning=False, begun=("".join(header), mark))
                if mark is None or mark in self._boundaries:
                    return mark
                header, size, role, lead, start = [], 0, mark == START, "", self._cursor.offset
                self._builder.divided()
            elif mark is None:
                if "".join(header).strip():
                    self._builder.truncated = True
                    self._builder.report(f"the text ends inside the header of a message: {''.join(header).strip()!r}")
                return None
            elif mark in self._boundaries:
                self._astray(header)
                return mark
            elif mark == MESSAGE:
                return "".join(header)
            elif mark in (CHANNEL, CONSTRAIN):
                if mark in header:
                    self._builder.divided()
                header.append(mark)
                if mark == CHANNEL:
                    self._cursor.take(self._cursor.position + len(mark))
                role = True
            elif mark != "":
                self._astray(header)
                if role or mark != START:  # else it is the one that begins a header
                    self._builder.divided()
                header, size, role, lead, start = [], 0, mark == START, "", self._cursor.offset
            else:
                yield
                continue
            if mark and self._builder.given_up():
                self._builder.content("".join(header))
                return (yield from self._rest(mark))

    def _astray(self, header: list[str]) -> None:
        """A header that breaks off says nothing; it is reported unless it is empty."""
        text = "".join(header).strip()
        if text:
            self._builder.report(f"a header without a message: {text!r}")

    def _body(self, *, reasoning: bool, begun: tuple[str, str | None] | None = None) -> Steps[str | None]:
        """Reads a message's text, of which the beginning may have been read; the mark that ended it, `None` at the end."""
        emit = self._builder.reasoning if reasoning else self._builder.content
        while True:
            text, mark = begun or self._find(self._in_body)
            begun = None
            emit(text)
            if mark in (MESSAGE, CONSTRAIN):
                emit(mark)  # of a header that is text
            elif mark == CHANNEL:
                self._builder.report("a message that is not ended")
                return mark
            elif mark != "":
                return mark
            else:
                yield

    def _call(self, name: str) -> Steps[str | None]:
        """Reads a call's arguments; the mark that ended it, `None` at the end of the text."""
        builder, cursor = self._builder, self._cursor
        call = CallBuilder(builder)
        call.named(name)
        builder.check_known(name, self._known)
        reading = Reading(cursor, call, builder, self._tools)
        char = yield from cursor.skip_space()
        try:
            if char in ("{", '"', "'"):
                yield from read_arguments(reading)
                yield from pass_brackets(cursor, builder.report, after_space=False)
            elif char:
                yield from raw_arguments(reading, (*_MARKS, *self._boundaries))
            else:
                raise Truncated("the arguments")
        except (Unreadable, Truncated) as error:
            # What is no JSON goes on to the end of the text.
            if not call.has_arguments or char in ("{", '"', "'"):
                announce_end(builder, call, error)
        call.complete = True
        yield from cursor.skip_space()
        if builder.given_up():
            if not (yield from cursor.match_loosely((CALL,))):
                yield from cursor.match_loosely((END,))
            return ""
        start, more = cursor.offset, False
        while True:
            text, mark = self._find(self._in_body)
            if text and not more:
                more = True
                builder.report("text behind the arguments of a call; it is kept as content", start)
            builder.content(text)
            if mark != "":
                return mark
            else:
                yield
