"""The assistant's turn of Qwen-Agent: text, then calls behind marks with flowers.

`✿FUNCTION✿: name`, `✿ARGS✿: {...}`. Several arguments behind one name are calls of it. A turn that goes on after results
begins behind `✿RETURN✿`, with the colon that belongs to the mark. A name that the end of the text cuts off is a call with that
name, as the publisher's parser has it; `issues` and the finish reason tell.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.formats.call_syntax.json_call import read_arguments
from fcformat.formats.call_syntax.named import JSONArguments, Name, raw_arguments
from fcformat.formats.call_syntax.parts import Reading, Text, ToolViews
from fcformat.formats.call_syntax.syntax import CallSyntax, pass_brackets
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, drain, write_call
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Finder, Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["ARGUMENTS", "FUNCTION", "RESULT", "RETURN", "FlowerMarks"]

FUNCTION = "✿FUNCTION✿"
ARGUMENTS = "✿ARGS✿"
RESULT = "✿RESULT✿"
RETURN = "✿RETURN✿"

_CALL = CallSyntax(Text(f"{FUNCTION}: "), Name(until_end=True), Text(f"\n{ARGUMENTS}: "), JSONArguments())
_COLON = re.compile(r":? ?")


class FlowerMarks(Turn):
    """Text, then calls."""

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        content = message.content or ""
        draft.text(content, trainable=True)
        # Models put a line break before a call, and it is read as layout; one of the text's own needs another.
        apart = content.endswith("\n")
        for position, call in enumerate(message.tool_calls):
            draft.text("\n" if position or apart else "", trainable=True)
            write_call(_CALL, call.function, index, position, draft)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        text = answer(plan, FUNCTION, ARGUMENTS)
        if not plan.tools:
            return text
        call = g.choice(*(_CALL.grammar(tool) for tool in plan.tools))
        more = g.repeat(g.sequence(g.literal("\n"), call), max=None if plan.most is None else plan.most - 1)
        # The mark with which the model hands over; whoever stops generation there does not see it.
        calls = g.sequence(call, more, g.optional(g.literal(f"\n{RESULT}")))
        if plan.required:
            return g.sequence(g.optional(g.literal(": \n")), calls)
        return g.sequence(text, g.optional(calls)) if plan.response is None else g.choice(text, calls)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[None]:
        """See `Turn`."""
        yield from _skip_return(cursor)
        known = tools.by_name
        finder = Finder((FUNCTION, ARGUMENTS, *boundaries), (f"\n{FUNCTION}", f"\n{ARGUMENTS}"))
        said = Speech(builder)
        name = ""
        while not builder.given_up():
            if said.after_call:
                yield from said.skip_gap(cursor)
            found = finder.find(cursor.buffer, cursor.position)
            if found is None:
                held = finder.held(cursor.buffer, cursor.position)
                if cursor.ended and "✿" not in cursor.buffer[len(cursor.buffer) - held :]:
                    held = 0
                said.say(cursor.take(len(cursor.buffer) - held))
                if not cursor.ended:
                    yield
                    continue
                if held:
                    builder.truncated = True
                    builder.report(f"the text ends inside a mark: {cursor.take(len(cursor.buffer)).lstrip()!r}")
                return
            place, mark = found
            if mark in boundaries:
                said.say(cursor.take(place))
                cursor.take(place + len(mark))
                yield from drain(cursor, builder)
                return
            again = mark == ARGUMENTS and name and said.after_call and place == cursor.position
            if mark == ARGUMENTS and not again:
                said.say(cursor.take(place + len(mark)))
                builder.report(f"{ARGUMENTS} without a call before it; it is kept as content")
                builder.divided()
                continue
            said.say(cursor.take(place - cursor.buffer.endswith("\n", cursor.position, place)))
            cursor.recorded = []
            cursor.take(place + len(mark))
            call = CallBuilder(builder)
            if again:
                call.named(name)
            try:
                yield from self._read_call(Reading(cursor, call, builder), boundaries)
            except (Unreadable, Truncated) as error:
                announce_end(builder, call, error)
                if not call.announced:
                    said.say("".join(cursor.recorded))
            cursor.recorded = None
            if call.announced:
                said.called()
                name = call.name or ""
                builder.check_known(name, known)
        if (yield from said.rest(cursor, boundaries)) is not None:
            yield from drain(cursor, builder)

    def _read_call(self, reading: Reading, boundaries: tuple[str, ...]) -> Steps[None]:
        """Reads a call behind its first mark; a name before it has been read."""
        cursor, call = reading.cursor, reading.call
        yield from cursor.match_loosely((":",))
        if call.name is None:
            yield from Name(until_end=True).read(reading)
            if not (yield from cursor.match_loosely((ARGUMENTS,))):
                yield from self._unnamed_end(reading)
                return
            yield from cursor.match_loosely((":",))
        char = yield from cursor.skip_space()
        if not char:
            raise Truncated("the arguments")
        if char in "{\"'":
            yield from read_arguments(reading)
            yield from pass_brackets(cursor, reading.builder.report, after_space=False)
        else:
            try:
                yield from raw_arguments(reading, (FUNCTION, ARGUMENTS, *boundaries))
            except Truncated:
                pass  # what is no JSON goes on to the end of the text
        call.complete = True

    def _unnamed_end(self, reading: Reading) -> Steps[None]:
        """After a name without arguments."""
        cursor = reading.cursor
        char = yield from cursor.skip_space()
        if char and cursor.is_half_of(ARGUMENTS):
            cursor.take(len(cursor.buffer))  # the text ends inside the mark
            char = ""
        if not char:
            raise Truncated(repr(ARGUMENTS))
        reading.builder.report(f"a call without {ARGUMENTS}")
        reading.call.arguments("{}")
        reading.call.complete = True


def _skip_return(cursor: Cursor) -> Steps[None]:
    """Reads what is left of the mark that a turn after results goes on behind."""
    yield from cursor.match_loosely((RETURN,))
    while len(cursor.buffer) - cursor.position < 2 and not cursor.ended:
        if cursor.buffer[cursor.position :] not in ("", ":"):
            return
        yield
    if cursor.buffer.startswith(":", cursor.position):
        match = _COLON.match(cursor.buffer, cursor.position)
        assert match is not None  # the pattern matches the empty text
        cursor.take(match.end())
