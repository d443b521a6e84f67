"""The assistant's turn as OpenAI's own JSON: a message object, a response object, or the chunks of a streamed response.

Written and constrained is the message object; read are all three, chunks also as server-sent events. Arguments are JSON
text inside a JSON string, and pass on as that text, to the character. What a response says beside its first message
(usage, other choices) is no part of a message and passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.formats.call_syntax.json_call import MAX_OTHERS, read_other
from fcformat.formats.call_syntax.parts import Reading, ToolView, ToolViews
from fcformat.formats.call_syntax.plain_chunks import read_plain_chunks
from fcformat.formats.call_syntax.turn import Turn, TurnPlan, drain, read_text
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.message_builder import MAX_CALLS, CallBuilder, MessageBuilder
from fcformat.parsing.strings import json_string

__all__ = ["ResponseObject"]

_ID = r"call_[A-Za-z0-9]{24}"
_STRING = g.schema_value({"type": "string"}, style=DUMPS)


class ResponseObject(Turn):
    """A chat-completions message object."""

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        draft.text(json.dumps(message.to_openai(), ensure_ascii=False), trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        begin, end = g.literal('{"role": "assistant", "content": '), g.literal("}")
        said: g.Grammar = _STRING
        if plan.response is not None:
            value = g.schema_value(plan.response, syntax="json_string", style=DUMPS)
            said = g.sequence(g.literal('"'), value, g.literal('"'))
        text = g.sequence(begin, said, end)
        if not plan.tools:
            return text
        call = g.choice(*(_call(tool) for tool in plan.tools))
        more = g.repeat(g.sequence(g.literal(", "), call), max=None if plan.most is None else plan.most - 1)
        content = (
            g.literal("null") if plan.required or plan.response is not None else g.choice(g.literal("null"), _STRING)
        )
        calls = g.sequence(begin, content, g.literal(', "tool_calls": ['), call, more, g.literal("]}"))
        return calls if plan.required else g.choice(text, calls)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[None]:
        """See `Turn`."""
        cursor.recorded = []
        reader = _ObjectReader(cursor, builder)
        try:
            yield from reader.read(boundaries)
        except (Unreadable, Truncated) as error:
            recorded = cursor.stop_recording()
            if builder.given_up():
                builder.content(recorded)
                yield from read_text(cursor, (), builder.content)
                reader.finish()
                return
            builder.truncated = isinstance(error, Truncated)
            builder.report(f"the object {'ends early' if builder.truncated else 'is broken'}, expected {error}")
            if not builder.has_content and not builder.calls:
                # Nothing was understood: all of it is what the assistant said.
                builder.content(recorded)
                yield from read_text(cursor, (), builder.content)
            else:
                yield from drain(cursor, builder)
        reader.finish()
        known = tools.by_name
        for call in builder.calls:
            builder.check_known(call.name, known)


def _call(tool: ToolView) -> g.Grammar:
    return g.sequence(
        g.literal('{"id": "'),
        g.regex(_ID),
        g.literal(f'", "type": "function", "function": {{"name": {json_string(tool.name)}, "arguments": "'),
        g.schema_value(tool.schema, syntax="json_string", style=DUMPS),
        g.literal('"}}'),
    )


class _ObjectReader:
    """Reads one message out of one object or many chunks."""

    def __init__(self, cursor: Cursor, builder: MessageBuilder) -> None:
        self._cursor = cursor
        self._builder = builder
        self._json = JSONReader(cursor, builder.report)
        self._calls: dict[int, CallBuilder] = {}
        self._said = False  # whether the object that is being read says anything of a message
        self._keys: dict[str, Callable[[], Steps[None]]] = {
            "choices": self._choices,
            "message": self._fields,
            "delta": self._fields,
            "finish_reason": self._finish_reason,
            "content": self._content,
            "reasoning_content": self._reasoning,
            "reasoning": self._reasoning,
            "tool_calls": self._tool_calls,
            "function_call": self._function_call,
        }

    def read(self, boundaries: tuple[str, ...]) -> Steps[None]:
        """Reads objects to the end of the text, with what stands around them in event streams and code fences."""
        cursor, objects, fenced = self._cursor, 0, False
        while (char := (yield from cursor.skip_space())) != "":
            if char == "{" and read_plain_chunks(cursor, self._builder):
                objects += 1
                if self._builder.has_content:
                    cursor.recorded = None
                self._may_end()
            elif char == "{":
                self._said = False
                yield from self._fields()
                objects += 1
                if not self._said:
                    self._builder.divided()
                if not self._said and self._builder.given_up():
                    raise Unreadable("objects of a response")
                if self._builder.has_content or self._builder.calls:
                    cursor.recorded = None
                self._may_end()
            elif (yield from cursor.match_loosely(("data:",))):
                continue
            elif (yield from cursor.match_loosely(("[DONE]",))):
                yield from drain(cursor, self._builder)
                return
            elif not objects and not fenced and (yield from cursor.match_loosely(("```json",))):
                fenced = True
                self._builder.report("a code fence around the object")
            elif objects and fenced and (yield from cursor.match_loosely(("```",))):
                fenced = False
            else:
                for boundary in boundaries:
                    if (yield from cursor.match_loosely((boundary,))):
                        yield from drain(cursor, self._builder)
                        return
                if objects:
                    yield from drain(cursor, self._builder)
                    return
                raise Unreadable("an object")

    def finish(self) -> None:
        """Ends the message: calls that nothing is known of but the name are calls without arguments."""
        for call in self._calls.values():
            call.announce()
            if not call.has_arguments and not self._builder.truncated:
                call.arguments("{}")

    def _fields(self) -> Steps[None]:
        """Reads an object: a response, a chunk, a choice or a message; they share no keys that mean different things."""
        if not (yield from self._enter("{")):
            return
        first, others = True, 0
        while (key := (yield from self._json.key(first))) is not None:
            first = False
            handle = self._keys.get(key)
            if handle is None:
                others += 1
                self._bound(others)
                yield from self._skip()
            else:
                self._said = True
                yield from handle()

    def _bound(self, others: int) -> None:
        if others > MAX_OTHERS:
            raise Unreadable(f"at most {MAX_OTHERS} other members of an object")

    def _enter(self, bracket: str) -> Steps[bool]:
        """Reads an opening bracket; passes over a value of another kind."""
        char = yield from self._cursor.peek()
        if char == bracket:
            self._cursor.take(self._cursor.position + 1)
            return True
        yield from self._skip()
        return False

    def _skip(self) -> Steps[None]:
        yield from self._json.value(lambda text: None)

    def _choices(self) -> Steps[None]:
        if not (yield from self._enter("[")):
            return
        position = 0
        while (yield from self._json.item(position == 0)):
            if position == 0:
                yield from self._fields()
            else:
                self._bound(position)
                self._builder.report("another choice, which is passed over")
                yield from self._skip()
            position += 1

    def _finish_reason(self) -> Steps[None]:
        reason = yield from self._short()
        if reason:
            self._builder.finish_reason = "tool_calls" if reason == "function_call" else reason

    def _content(self) -> Steps[None]:
        if (yield from self._cursor.peek()) != "[":
            yield from self._text(self._builder.content)
            return
        yield from self._enter("[")
        first = True
        while (yield from self._json.item(first)):
            first = False
            if (yield from self._enter("{")):
                first_key = True
                while (key := (yield from self._json.key(first_key))) is not None:
                    first_key = False
                    yield from self._text(self._builder.content) if key == "text" else self._skip()

    def _reasoning(self) -> Steps[None]:
        yield from self._text(self._builder.reasoning)

    def _text(self, emit: Callable[[str], None]) -> Steps[None]:
        if (yield from self._cursor.peek()) in ('"', "'"):
            yield from self._json.string(emit)
        else:
            yield from self._skip()

    def _short(self) -> Steps[str]:
        """A string or number that is read as a whole."""
        pieces: list[str] = []
        if (yield from self._cursor.peek()) in ('"', "'"):
            yield from self._json.string(pieces.append)
        else:
            yield from self._json.value(pieces.append)
        text = "".join(pieces)
        return "" if text == "null" else text

    def _tool_calls(self) -> Steps[None]:
        if not (yield from self._enter("[")):
            return
        position = 0
        while (yield from self._json.item(position == 0)):
            if (yield from self._enter("{")):
                yield from self._tool_call(position)
            position += 1
            self._may_end()

    def _may_end(self) -> None:
        """Where no more calls are read, what is read from here on is text if it holds one."""
        if len(self._calls) >= MAX_CALLS:
            self._builder.give_up(f"{MAX_CALLS} calls")
        if self._builder.given_up():
            self._cursor.recorded = []

    def _tool_call(self, position: int) -> Steps[None]:
        index, identifier, first, others = position, "", True, 0
        while (key := (yield from self._json.key(first))) is not None:
            first = False
            if key == "index":
                number = yield from self._short()
                index = int(number) if number.isdecimal() and len(number) < 10 else position
            elif key == "id":
                identifier = yield from self._short()
            elif key == "function":
                call = self._call(index, waits_for_id=True)
                if identifier:
                    call.identified(identifier)
                yield from self._function(call)
            else:
                others += 1
                self._bound(others)
                yield from self._skip()
        known = self._calls.get(index)
        if known is not None:
            if identifier:
                known.identified(identifier)
            known.announce()

    def _function_call(self) -> Steps[None]:
        yield from self._function(self._call(0, waits_for_id=False))

    def _call(self, index: int, *, waits_for_id: bool) -> CallBuilder:
        """The call at an index.

        Raises:
            Unreadable: It is new, and no more calls are read.
        """
        call = self._calls.get(index)
        if call is None:
            if self._builder.given_up():
                raise Unreadable("no more calls")
            call = self._calls[index] = CallBuilder(self._builder, waits_for_id=waits_for_id)
        return call

    def _function(self, call: CallBuilder) -> Steps[None]:
        if not (yield from self._enter("{")):
            return
        first, others = True, 0
        while (key := (yield from self._json.key(first))) is not None:
            first = False
            if key == "name":
                name = yield from self._short()
                if name and call.name is None:
                    call.named(name)
            elif key == "arguments":
                if (yield from self._cursor.peek()) == "{":
                    self._builder.report("arguments as an object, not in a string")
                    yield from self._json.value(call.arguments)
                else:
                    yield from self._text(call.arguments)
            else:
                others += 1
                self._bound(others)
                yield from read_other(Reading(self._cursor, call, self._builder), self._json, key)
