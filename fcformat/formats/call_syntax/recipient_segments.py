"""The assistant's turn as segments behind `>>>` and a recipient: Functionary 3.2.

The recipient `all` gets text, a function's name gets its arguments. Prompts end behind the first mark. A mark counts only
where a recipient follows: `all`, a known function, or any name whose next line begins an object.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.json_call import read_arguments
from fcformat.formats.call_syntax.named import NAME_CHARACTER, bare_name, raw_arguments
from fcformat.formats.call_syntax.parts import MAX_NAME, Reading, ToolViews
from fcformat.formats.call_syntax.syntax import pass_brackets
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Cursor, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["RecipientSegments"]

MARK, EVERYBODY = ">>>", "all"

_RECIPIENT = re.compile(rf"[ \t]{{0,8}}({NAME_CHARACTER}{{1,{MAX_NAME}}})[ \t]{{0,8}}\n(?=\s{{0,16}}(\{{)?)")
_HALF = re.compile(rf"[ \t]{{0,8}}(?:{NAME_CHARACTER}{{1,{MAX_NAME}}}[ \t]{{0,8}}(?:\n\s{{0,16}})?)?\Z")
#: A mark that a header follows, or the end of what is there; the rest is looked at where it matches.
_MAY_BE_HEADER = rf"{MARK}(?!>)[ \t]{{0,8}}(?:{NAME_CHARACTER}{{1,{MAX_NAME}}}[ \t]{{0,8}}(?:\n|\Z)|\Z)"


class RecipientSegments(Turn):
    """Segments of text and of calls."""

    openings = (MARK,)

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        if message.content or not message.tool_calls:
            draft.text(f"{MARK}{EVERYBODY}\n{message.content or ''}", trainable=True)
        for position, call in enumerate(message.tool_calls):
            try:
                name, arguments = bare_name(call.function.name), as_json(call.function.arguments)
                if name == EVERYBODY:
                    raise FormatError(f"found the name {EVERYBODY!r}, which stands for text to the user")
            except FormatError as error:
                raise FormatError(f"message {index}: tool_calls[{position}] ({call.function.name}): {error}") from error
            draft.text(f"{MARK}{name}\n{arguments}", trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        begun = plan.begun
        if begun is not None and begun.startswith(f"{MARK}{EVERYBODY}\n"):
            text, calls = answer(plan, MARK), self._calls(plan, g.literal(MARK))
            if calls is None or plan.response is not None:
                return text
            return g.sequence(text, calls if plan.required else g.optional(calls))
        first = g.literal("") if begun == MARK else g.optional(g.literal(MARK)) if begun is None else g.literal(MARK)
        text = g.sequence(first, g.literal(f"{EVERYBODY}\n"), answer(plan, MARK))
        calls, more = self._calls(plan, first), self._calls(plan, g.literal(MARK))
        if calls is None or more is None:
            return text
        if plan.required:
            return calls
        return g.choice(text if plan.response is not None else g.sequence(text, g.optional(more)), calls)

    def _calls(self, plan: TurnPlan, first: g.Grammar) -> g.Grammar | None:
        """The calls of a turn, the first one behind the given mark."""
        if not plan.tools:
            return None
        call = g.choice(
            *(
                g.sequence(g.literal(f"{bare_name(tool.name)}\n"), g.schema_value(tool.schema, style=DUMPS))
                for tool in plan.tools
            )
        )
        more = g.repeat(g.sequence(g.literal(MARK), call), max=None if plan.most is None else plan.most - 1)
        return g.sequence(first, call, more)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        known = tools.by_name
        finder = Scanner((MARK, *boundaries), ahead={MARK: _MAY_BE_HEADER})
        said = Speech(builder)
        yield from cursor.match_loosely((MARK,))
        at_mark = True
        while not builder.given_up():
            if at_mark:
                at_mark = False
                name = yield from self._recipient(cursor, cursor.position, known)
                if name:
                    header = _RECIPIENT.match(cursor.buffer, cursor.position)
                    assert header is not None  # the recipient has been found
                    cursor.take(header.end())
                    said.separated()
                if name and name != EVERYBODY:
                    yield from self._read_call(Reading(cursor, CallBuilder(builder), builder, tools), name, boundaries)
                    said.called()
                    builder.check_known(name, known)
                    continue
                if name:
                    builder.divided()
                    continue
            if said.after_call:
                yield from said.skip_gap(cursor)
            found = finder.find(cursor.buffer, cursor.position)
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                said.say(cursor.take(len(cursor.buffer) - held))
                if cursor.ended:
                    return None
                yield
                continue
            place, text = found
            if text != MARK:
                said.say(cursor.take(place))
                return cursor.take(place + len(text))
            said.say(cursor.take(place))
            if (yield from self._recipient(cursor, cursor.position + len(MARK), known)):
                cursor.take(cursor.position + len(MARK))
                at_mark = True
            else:
                said.say(cursor.take(cursor.position + 1))  # the mark may begin later in a run of its characters
        return (yield from said.rest(cursor, boundaries))

    def _recipient(self, cursor: Cursor, place: int, known: Collection[str]) -> Steps[str]:
        """The recipient that stands at a place, `""` if there is none; reads nothing."""
        offset = place - cursor.position
        while True:
            match = _RECIPIENT.match(cursor.buffer, cursor.position + offset)
            if match is not None and (match[1] == EVERYBODY or match[1] in known or match[2]):
                return match[1]
            if cursor.ended or not _HALF.match(cursor.buffer, cursor.position + offset):
                return ""
            yield

    def _read_call(self, reading: Reading, name: str, boundaries: tuple[str, ...]) -> Steps[None]:
        """Reads a call's arguments."""
        cursor, call = reading.cursor, reading.call
        call.named(name)
        try:
            char = yield from cursor.skip_space()
            if not char:
                raise Truncated("the arguments")
            if char in "{\"'":
                yield from read_arguments(reading)
                yield from pass_brackets(cursor, reading.builder.report, after_space=False)
            else:
                yield from raw_arguments(reading, (MARK, *boundaries))
        except (Unreadable, Truncated) as error:
            # What is no JSON, such as code, goes on to the end of the text.
            if not call.has_arguments or char in "{\"'":
                announce_end(reading.builder, call, error)
        call.complete = True
