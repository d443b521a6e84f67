"""The assistant's turn as ReAct lines: `Thought:`, `Action:`, `Action Input:`, `Final Answer:`.

What is thought before an action is what the assistant says beside the call. Before a final answer it is reasoning, unless it
is the phrase that the prompt teaches, which is layout. A thought that leads to neither is kept as it stands, label and all;
which of these it is shows only at its end, so it is held back until then. After a final answer nothing is an action.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.json_call import read_arguments
from fcformat.formats.call_syntax.named import NAME_CHARACTER, bare_name, raw_arguments
from fcformat.formats.call_syntax.parts import MAX_NAME, Reading, ToolViews
from fcformat.formats.call_syntax.syntax import pass_brackets
from fcformat.formats.call_syntax.turn import Speech, Turn, TurnPlan, announce_end, answer, drain
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Cursor, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["THOUGHT", "ReActLines"]

THOUGHT = "Thought:"
_ACTION = "Action:"
_INPUT = "Action Input:"
_ANSWER = "Final Answer:"
_OBSERVATION = "Observation:"
_HANDOVER = "\n" + _OBSERVATION
_LABELS = (THOUGHT, _ACTION, _ANSWER)

_CALL = re.compile(rf"Action:[ \t]{{0,8}}({NAME_CHARACTER}{{1,{MAX_NAME}}})[ \t]{{0,8}}\r?\n\s{{0,8}}Action Input:")
_HALF_CALL = re.compile(
    rf"Action:[ \t]{{0,8}}(?:{NAME_CHARACTER}{{1,{MAX_NAME}}}[ \t]{{0,8}}(?:\r?|\r?\n\s{{0,8}}"
    rf"(?:|{'|'.join(_INPUT[:size] for size in range(len(_INPUT) - 1, 0, -1))})))?\Z"
)
#: What ends arguments that are no JSON.
_AFTER_INPUT = ("\nAction:", "\nThought:", "\nFinal Answer:", _HANDOVER)


class ReActLines(Turn):
    """Thought, action and action's input, or a final answer.

    Attributes:
        parallel: Whether several actions may follow each other.
    """

    def __init__(self, *, known: str = "", parallel: bool = False) -> None:
        """Sets up the turn.

        Args:
            known: What the assistant thinks before a final answer, as the prompt teaches it; `""`: neither thoughts nor
                answers are labelled when they are written.
            parallel: Whether several actions may follow each other.
        """
        self.parallel = parallel
        self._known = known

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        content = message.content or ""
        if len(message.tool_calls) > 1 and not self.parallel:
            raise FormatError(f"message {index}: found {len(message.tool_calls)} calls, expected one a turn")
        if not self._known:
            draft.text(content, trainable=True)
        elif not message.tool_calls:
            draft.text(f"{THOUGHT} {self._known}\n{_ANSWER} {content}", trainable=True)
        else:
            draft.text(content if content.startswith(THOUGHT) else f"{THOUGHT} {content}", trainable=True)
        separator = "\n" if self._known or content else ""
        for position, call in enumerate(message.tool_calls):
            try:
                name, arguments = bare_name(call.function.name), as_json(call.function.arguments)
            except FormatError as error:
                raise FormatError(f"message {index}: tool_calls[{position}] ({call.function.name}): {error}") from error
            draft.text(f"{separator}{_ACTION} {name}\n{_INPUT} {arguments}", trainable=True)
            separator = "\n"

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        if not plan.tools:
            # A text that holds no action's input holds no call.
            return answer(plan, _INPUT)
        most = plan.most if self.parallel else 1
        action = g.choice(
            *(
                g.sequence(g.literal(f"{_ACTION} {tool.name}\n{_INPUT} "), g.schema_value(tool.schema, style=DUMPS))
                for tool in plan.tools
            )
        )
        more = g.repeat(g.sequence(g.literal("\n"), action), max=None if most is None else most - 1)
        # The line with which the model hands over; whoever stops generation there does not see it.
        calls = g.sequence(action, more, g.optional(g.literal(_HANDOVER)))
        said = g.free_text((*_LABELS, _INPUT, *plan.boundaries, _HANDOVER))
        if not self._known:
            spoken = g.sequence(said, g.literal("\n"), calls)
            text = answer(plan, _INPUT)
            return g.choice(calls, spoken) if plan.required else g.choice(text, calls, spoken)
        # After a result, the prompt ends behind the label.
        thought = g.sequence(g.choice(g.literal(THOUGHT), g.literal(" ")), said, g.literal("\n"))
        final = g.sequence(g.literal(f"{_ANSWER} "), answer(plan))
        return g.sequence(thought, calls if plan.required else g.choice(calls, final))

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[None]:
        """See `Turn`."""
        reader = _Reader(cursor, builder, self._known, tools.by_name, boundaries)
        yield from reader.read()


@functools.lru_cache(maxsize=16)
def _scanner(boundaries: tuple[str, ...]) -> Scanner:
    """Finds labels at the beginning of lines, and boundaries."""
    labels = (*_LABELS, _OBSERVATION)
    led_by = tuple("\n" + label for label in labels)
    return Scanner((*labels, *boundaries), led_by, {label: rf"(?<![^\n]){label}" for label in labels})


class _Reader:
    """Reads one turn."""

    def __init__(
        self, cursor: Cursor, builder: MessageBuilder, known: str, tools: Collection[str], boundaries: tuple[str, ...]
    ) -> None:
        self._cursor = cursor
        self._builder = builder
        self._known = known.rstrip(".")
        self._tools = tools
        self._all_boundaries = boundaries
        self._boundaries = tuple(text for text in boundaries if text != _HANDOVER)
        self._said = Speech(builder)
        self._thought: list[str] | None = None  # since the label, while what it leads to is not known

    def read(self) -> Steps[None]:
        cursor = self._cursor
        finder = _scanner(self._boundaries)
        answers = False  # in a final answer, to the end
        scan = 0  # text before this offset holds no label that counts
        while not self._builder.given_up():
            if self._said.after_call and self._thought is None:
                yield from self._said.skip_gap(cursor)
            start = max(cursor.position, scan - cursor.offset + cursor.position)
            found = finder.find(cursor.buffer, start)
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                self._say(cursor.take(len(cursor.buffer) - held))
                if cursor.ended:
                    self._end()
                    return
                yield
                scan = 0
                continue
            place, label = found
            before = cursor.buffer[place - 1] if place > cursor.position else cursor.previous
            if label in self._boundaries or (label == _OBSERVATION and before in ("", "\n")):
                text = cursor.take(place)
                self._say(text.removesuffix("\n") if label == _OBSERVATION else text)
                cursor.take(place + len(label))
                self._end()
                yield from drain(cursor, self._builder)
                return
            scan = cursor.offset - cursor.position + place + 1
            if answers or before not in ("", "\n") or (label == THOUGHT and self._thought is not None):
                continue
            if label == THOUGHT:
                self._say(cursor.take(place))
                cursor.take(place + len(label))
                self._thought = []
            elif label == _ANSWER:
                if place + len(label) == len(cursor.buffer) and not cursor.ended:
                    yield from self._wait_at(place)
                    scan = 0
                elif place + len(label) < len(cursor.buffer):
                    self._reasoned(self._before(place))
                    space = cursor.buffer.startswith(" ", place + len(label))
                    cursor.take(place + len(label) + space)
                    answers = True
            elif (call := _CALL.match(cursor.buffer, place)) is not None:
                if self._thought is None and self._in_fence(place):
                    continue
                self._spoken(self._before(place))
                cursor.take(call.end())
                yield from self._call(call[1])
                scan = 0
            elif not cursor.ended and _HALF_CALL.match(cursor.buffer, place):
                yield from self._wait_at(place)
                scan = 0
            else:
                self._say(cursor.take(place))
                self._builder.divided()
        self._end()
        if (yield from self._said.rest(cursor, self._all_boundaries)) is not None:
            yield from drain(cursor, self._builder)

    def _in_fence(self, place: int) -> bool:
        """Whether a label stands inside a code block; what comes before it is said in any case."""
        cursor = self._cursor
        if place > cursor.position:
            self._say(cursor.take(place - (cursor.buffer[place - 1] == "\n")))
        return self._said.in_fence

    def _wait_at(self, place: int) -> Steps[None]:
        """Reads up to a label, and up to the line break before it where that may be layout; waits for more text."""
        cursor = self._cursor
        if place > cursor.position and cursor.buffer[place - 1] == "\n":
            place -= 1
        self._say(cursor.take(place))
        yield

    def _before(self, place: int) -> str:
        """Reads up to a label; the text without the line break that belongs to it."""
        return self._cursor.take(place).removesuffix("\n")

    def _say(self, text: str) -> None:
        if self._thought is None:
            self._said.say(text)
        else:
            self._thought.append(text)

    def _taken(self, text: str) -> str:
        """The whole thought, which ends with this text; without the blank behind the label."""
        thought = "".join((*(self._thought or ()), text)).removeprefix(" ")
        self._thought = None
        return thought

    def _spoken(self, text: str) -> None:
        """A thought, or plain text, that an action follows."""
        self._said.say(text if self._thought is None else self._taken(text))

    def _reasoned(self, text: str) -> None:
        """A thought, or plain text, that a final answer follows."""
        if self._thought is None:
            self._said.say(text)
            if text or self._builder.has_content:
                self._said.say("\n")
            return
        thought = self._taken(text)
        if not self._known or thought.strip().rstrip(".") != self._known:
            self._builder.reasoning(thought)

    def _end(self) -> None:
        """Ends the turn; a thought that led to nothing is kept with its label."""
        if self._thought is not None:
            thought, self._thought = self._thought, None
            self._said.say("".join((THOUGHT, *thought)))

    def _call(self, name: str) -> Steps[None]:
        """Reads an action's input."""
        builder, cursor = self._builder, self._cursor
        call = CallBuilder(builder)
        call.named(name)
        reading = Reading(cursor, call, builder)
        try:
            yield from self._input(reading)
        except (Unreadable, Truncated) as error:
            announce_end(builder, call, error)
        self._said.called()
        if self._tools and name not in self._tools:
            builder.report(f"a call of {name!r}, which is not among the tools")

    def _input(self, reading: Reading) -> Steps[None]:
        cursor = self._cursor
        char = yield from cursor.skip_space()
        marks = (*_AFTER_INPUT, *self._boundaries)
        fenced = char == "`" and (
            (yield from cursor.match_loosely(("```json",))) or (yield from cursor.match_loosely(("```",)))
        )
        if fenced:
            reading.builder.report("a code fence around the arguments")
            marks = ("```", *marks)
            char = yield from cursor.skip_space()
        if not char:
            raise Truncated("the arguments")
        if char in "{\"'":
            yield from read_arguments(reading)
            yield from pass_brackets(cursor, reading.builder.report, after_space=False)
        else:
            try:
                yield from raw_arguments(reading, marks)
            except Truncated:
                pass  # the end of the text is the end of the line
        if fenced:
            yield from cursor.match_loosely(("```",))
        reading.call.complete = True
