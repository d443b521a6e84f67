"""Kimi K3's turn: elements between `<|open|>` and `<|close|>` tags, for the answer, the calls and their typed arguments.

Every argument says what type its value has: strings are raw, others JSON. The answer is an element of its own; where its tags
are missing, text is content all the same.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall, Message, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.named import bare_name
from fcformat.formats.call_syntax.parts import MAX_NAME, Part, Reading, ToolView, ToolViews
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import Marked, begins, escaped, spelled, unescaped
from fcformat.formats.call_syntax.turn import TurnPlan, answer
from fcformat.formats.call_syntax.value_ends import MAX_KEY
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import members
from fcformat.parsing.message_builder import MessageBuilder

__all__ = ["CONTROLS", "KimiK3Elements", "closing", "opening"]

CONTROLS = ("<|open|>", "<|close|>", "<|sep|>")
_NAME = re.compile(
    rf'<\|open\|>\s{{0,8}}call\s{{1,8}}tool="([^"\n]{{1,{MAX_NAME}}})"(?:\s{{1,8}}index="[^"\n]{{0,32}}")?\s{{0,8}}<\|sep\|>'
)
_LONGEST_HEADER = MAX_NAME + 80


def opening(element: str) -> str:
    """The tag that opens an element."""
    return f"<|open|>{element}<|sep|>"


def closing(element: str) -> str:
    """The tag that closes an element."""
    return f"<|close|>{element}<|sep|>"


class _CallTag(Part):
    """The tag that opens a call, with its name and number."""

    start = begins("<|open|>")

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`; the turn writes the tag itself, which has a number."""
        raise FormatError("the tag has the number of its call, which only the turn knows: write the turn")

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(
            g.control_token("<|open|>"),
            g.literal(f'call tool="{escaped(bare_name(tool.name))}" index="'),
            g.regex("[1-9][0-9]{0,3}"),
            g.literal('"'),
            g.control_token("<|sep|>"),
        )

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor = reading.cursor
        yield from cursor.skip_space()
        while True:
            match = _NAME.match(cursor.buffer, cursor.position)
            if match is not None:
                break
            rest = cursor.buffer[cursor.position : cursor.position + _LONGEST_HEADER]
            if "<|sep|>" in rest or len(rest) == _LONGEST_HEADER:
                raise Unreadable("a call's tag")
            if cursor.ended:
                raise Truncated("a call's tag")
            yield
        cursor.take(match.end())
        reading.call.named(unescaped(match[1]))


class _TypedArguments(TaggedArguments):
    """Arguments whose tags say what type the value has."""

    def __init__(self) -> None:
        """Sets up the part."""
        super().__init__(
            '<|open|>argument key="',
            '" type="string"<|sep|>',
            closing("argument"),
            ends=(closing("call"),),
            after_other_key='" type="number"<|sep|>',
            also_after_other_key=tuple(f'" type="{kind}"<|sep|>' for kind in ("boolean", "null", "object", "array")),
            also_after_key=('"<|sep|>',),
            following=(closing("tools"),),
            escaped_keys=True,
            controls=CONTROLS,
        )

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        for key, value, is_string in members(call.arguments):
            if "\n" in key or not key or key != key.strip() or len(escaped(key)) > MAX_KEY:
                raise FormatError(f"found the key {key!r}, expected one that can stand in a tag")
            if is_string and "<|close|>" in value:
                raise FormatError(
                    f"argument {key!r}: found text that would be read as its end, which cannot be escaped"
                )
            draft.fixed('<|open|>argument key="', trainable=True)
            draft.text(escaped(key), trainable=True)
            draft.fixed(f'" type="{"string" if is_string else _kind(value)}"<|sep|>', trainable=True)
            draft.text(value, trainable=True)
            draft.fixed(closing("argument"), trainable=True)


def _kind(value: str) -> str:
    """The type of a value that is no string, from how its JSON begins."""
    return {"{": "object", "[": "array", "t": "boolean", "f": "boolean", "n": "null"}.get(value[0], "number")


class KimiK3Elements(CallSections):
    """The answer's element, then those of calls."""

    def __init__(self) -> None:
        """Sets up the turn."""
        super().__init__(
            CallSyntax(_CallTag(), _TypedArguments(), Marked(closing("call"), CONTROLS)),
            section=(opening("tools"), closing("tools")),
            controls=CONTROLS,
        )

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        draft.fixed(opening("response"), trainable=True)
        draft.text(message.content or "", trainable=True)
        draft.fixed(closing("response"), trainable=True)
        if not message.tool_calls:
            return
        draft.fixed(opening("tools"), trainable=True)
        for position, call in enumerate(message.tool_calls):
            self._write_call(call, index, position, draft)
        draft.fixed(closing("tools"), trainable=True)

    def _write_call(self, call: ToolCall, index: int, position: int, draft: Draft) -> None:
        """See `CallSections`."""
        name = call.function.name
        try:
            draft.fixed("<|open|>", trainable=True)
            draft.text(f'call tool="{escaped(bare_name(name))}" index="{position + 1}"', trainable=True)
            draft.fixed("<|sep|>", trainable=True)
            _ARGUMENTS.write(call.function, draft)
        except FormatError as error:
            raise FormatError(f"message {index}: tool_calls[{position}] ({name}): {error}") from error
        draft.fixed(closing("call"), trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        opened = (plan.begun or "").endswith(opening("response"))
        before = () if opened else (spelled(opening("response"), CONTROLS),)
        after = spelled(closing("response"), CONTROLS)
        end = g.optional(spelled(closing("message"), CONTROLS))  # a template writes it before the end token
        said = g.sequence(*before, answer(plan, *CONTROLS), after)
        if not plan.tools:
            return g.sequence(said, end)
        call = g.choice(*(self._call.grammar(tool) for tool in plan.tools))
        more = g.repeat(call, max=None if plan.most is None else plan.most - 1)
        calls = g.sequence(spelled(opening("tools"), CONTROLS), call, more, spelled(closing("tools"), CONTROLS))
        silent = g.sequence(*before, after, calls)
        spoken = g.sequence(*before, g.free_text((*CONTROLS, *plan.boundaries)), after, calls)
        if plan.response is not None:
            return g.sequence(silent if plan.required else g.choice(said, silent), end)
        return g.sequence(spoken if plan.required else g.sequence(said, g.optional(calls)), end)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        layout = tuple(tag for text in ("response", " response ") for tag in (opening(text), closing(text)))
        while True:
            within = boundaries if builder.given_up() else (*boundaries, *layout)
            boundary = yield from super().read(cursor, builder, tools, within)
            if boundary is None or boundary not in layout:
                return boundary
            if builder.given_up():
                builder.content(boundary)
            builder.divided()


_ARGUMENTS = _TypedArguments()
