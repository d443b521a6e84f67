"""The assistant's turn as segments behind role tokens: ChatGLM3, GLM-4.

A segment is a header line and a body. The header of text is empty; the header of a call is the function's name, and the
body is the call. Each call is a segment of its own behind another role token. Where role tokens were stripped, a call is
still read if its name is a known tool's, or right after another call. Where nothing but a name and JSON make a call, as in
GLM-4, it is one once its JSON is whole.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import Reading, Text, ToolViews
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, write_call
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, Cursor, Finder, Steps, Truncated, Unreadable
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["RoleSegments"]

#: Longest header line that may be a function's name.
MAX_HEADER = 256
_NAME = r"[^\s`(){}\[\]\"'<>,;]"
_HEADER = re.compile(rf"[ \t]{{0,8}}({_NAME}{{1,{MAX_HEADER}}})[ \t]{{0,8}}\n")
_WORD = re.compile(r"[A-Za-z0-9_]{2}")
_HALF_HEADER = re.compile(rf"[ \t]{{0,8}}(?:{_NAME}{{1,{MAX_HEADER}}}[ \t]{{0,8}})?\Z")


class RoleSegments(Turn):
    """Segments of text and of calls."""

    def __init__(self, role: str, body: CallSyntax, *, begins: str = "", lines: bool = False) -> None:
        """Sets up the turn.

        Args:
            role: The role token before every segment; the first one belongs to the prompt.
            body: What follows the name and its line break in a call; its first part is text, or `begins` is given.
            begins: How the body begins. It is a call only if it can be read to its end: no mark says that it is one.
            lines: Whether each line of a text is a segment, as GLM-4's server has it; blanks around lines and empty lines
                cannot be written then.
        """
        self._role = role
        self._body = body
        self._whole = bool(begins)
        first = body.parts[0]
        self._opening = begins or (first.text if isinstance(first, Text) else "")
        assert self._opening  # a declaration without a fixed beginning is a mistake of ours
        self._skipped = 0 if begins else 1
        self._lines = lines

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        texts = [message.content or ""] if message.content or not message.tool_calls else []
        if self._lines:
            texts = (message.content or "").split("\n") if message.content else []
            if any(not line or line != line.strip() for line in texts):
                raise FormatError(f"message {index}: found an empty line or blanks around one, expected none")
        for position, text in enumerate(texts):
            if position:
                draft.fixed(self._role, trainable=True)
            draft.text("\n", trainable=True)
            draft.text(text, trainable=True, apart=True)
        for position, call in enumerate(message.tool_calls):
            if position or texts:
                draft.fixed(self._role, trainable=True)
            name = call.function.name
            header = _HEADER.fullmatch(name + "\n")
            if header is None or header[1] != name:
                raise FormatError(
                    f"message {index}: tool_calls[{position}]: found the name {name!r}, "
                    "expected one that can stand alone on a line"
                )
            draft.text(name + "\n", trainable=True)
            body = Draft(())
            write_call(self._body, call.function, index, position, body)
            draft.text(body.rendered().text, trainable=True, apart=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        # Text that spells the beginning of a call after a tool's name would be read as one.
        excludes = [f"{tool.name}\n{space}{self._opening}" for tool in plan.tools for space in ("", " ")]
        if self._skipped:
            excludes = [self._opening]
        text = g.sequence(g.literal("\n"), answer(plan, *excludes, self._role))
        if self._lines and plan.response is None:
            text = g.sequence(text, g.repeat(g.sequence(g.control_token(self._role), text)))
        if not plan.tools:
            return text
        call = g.choice(*(g.sequence(g.literal(tool.name + "\n"), self._body.grammar(tool)) for tool in plan.tools))
        another = g.sequence(g.control_token(self._role), call)
        calls = g.sequence(call, g.repeat(another, max=None if plan.most is None else plan.most - 1))
        if plan.required:
            return calls
        more = g.repeat(another, max=plan.most)
        return g.choice(calls, g.sequence(text, more) if plan.response is None else text)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        openings = frozenset(f"{name}\n{space}{self._opening}" for name in tools.by_name for space in ("", " "))
        finder = Finder((self._role, *boundaries, *openings))
        said = Speech(builder)
        may_call = at_segment = True
        scan = 0  # the buffer before this place holds no opening that counts
        while not builder.given_up():
            if said.after_call:
                yield from said.skip_gap(cursor)
            if may_call:
                may_call, scan = False, 0
                cursor.recorded = []
                if (yield from self._read_call(cursor, builder, tools)):
                    cursor.recorded = None
                    said.called()
                    may_call, at_segment = True, False
                    continue
                said.say(cursor.stop_recording())
                # The line break that ends an empty header is layout; between texts it is what keeps them apart.
                if at_segment and (yield from cursor.peek()) == "\n":
                    line_break = cursor.take(cursor.position + 1)
                    if builder.has_content:
                        said.say(line_break)
                at_segment = False
            found = finder.find(cursor.buffer, max(scan, cursor.position))
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                said.say(cursor.take(len(cursor.buffer) - held))
                if cursor.ended:
                    return None
                yield
                scan = 0
                continue
            place, text = found
            before = cursor.buffer[place - 1] if place > cursor.position else cursor.previous
            if text in openings and _WORD.fullmatch(before + text[0]):
                said.say(cursor.take(place + 1))  # the name is only the end of a longer word
                scan = 0
                builder.divided()
                continue
            said.say(cursor.take(place))
            if text == self._role:
                cursor.take(place + len(text))
                said.separated()
                builder.divided()
                may_call = at_segment = True
            elif text in boundaries:
                cursor.take(place + len(text))
                return text
            else:
                may_call = True
        return (yield from said.rest(cursor, boundaries))

    def _read_call(self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews) -> Steps[bool]:
        """Reads a header line with a name, and a call; whether there was one. What is read otherwise is text."""
        while not cursor.ended and _HALF_HEADER.match(cursor.buffer, cursor.position):
            yield
        header = _HEADER.match(cursor.buffer, cursor.position)
        if header is None or (tools and header[1] not in tools.by_name):
            return False
        if not self._skipped:
            # The opening is looked at and left to the body.
            size = header.end() - header.start()
            while True:
                start = cursor.position + size
                following = cursor.buffer[start : start + MAX_LAYOUT_SPACE + len(self._opening)].lstrip(" \t\r\n")
                if following.startswith(self._opening):
                    break
                room = len(cursor.buffer) - start < MAX_LAYOUT_SPACE + len(self._opening)
                if cursor.ended or not room or not self._opening.startswith(following):
                    return False
                yield
            cursor.take(start)
        elif not (yield from cursor.match_loosely((header[1], *self._opening.split()))):
            return False
        call = CallBuilder(builder, waits_for_id=self._whole)
        call.named(header[1])
        try:
            yield from self._body.read(Reading(cursor, call, builder, tools), skip=self._skipped)
        except (Unreadable, Truncated) as error:
            announce_end(builder, call, error)
            return call.announced
        call.announce()
        return True
