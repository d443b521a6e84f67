"""Reasoning before the answer, between tags, around any kind of turn: written, constrained and read.

Calls inside reasoning are not calls. Where models leave out the closing tag before they call, a call ends the block: at once
in some families, in others if no closing tag follows in the turn; never in code. Whether a reply that begins without the opening tag begins inside of a block
depends on the prompt; where the prompt is not known, the family's declaration decides, or the text is held back until a tag
does.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import ToolViews
from fcformat.formats.call_syntax.spacing import spaced, spacing
from fcformat.formats.call_syntax.turn import Turn, TurnPlan
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, SPACE, Cursor, Finder, Steps
from fcformat.parsing.fences import FenceTracker, SpanTracker
from fcformat.parsing.message_builder import MAX_MARKS, MessageBuilder

__all__ = ["ReasonedTurn", "Reasoning"]


@dataclasses.dataclass(frozen=True, slots=True)
class Reasoning:
    """How a family marks reasoning.

    Attributes:
        opening: The tag before it; `""`: there is none, and the prompt tells nothing either.
        before_opening: Layout before the opening tag.
        closing: The tag after it.
        after_opening: Layout behind the opening tag.
        before_closing: Layout before the closing tag.
        after_closing: Layout behind the closing tag. When it is read, as much of its beginning as is there is dropped.
        joint: Further layout there, if text or calls follow.
        unopened: What a reply without the opening tag begins with, where the prompt is not known: `"content"`; `"reasoning"`,
            as where the family's prompts open the block; `"undecided"`: reasoning if a closing tag comes before any call,
            else content, held back until that shows.
        also_opening: What a reply begins with whose opening tag was left out or stripped; read and never written.
        also: Other pairs of tags that models of the family write, or prompts open; read, and written only where a prompt has
            opened such a block.
        ended_by: Texts that end an open block without its closing tag. A tag that opens calls ends it if a call begins
            there; one that is only spoken of does not.
        left_open_before: Tags that open calls, before which models leave a block open. A call there ends the block if no
            closing tag follows in the turn, so that a stream tells of it at the end.
        interleaved: Whether blocks may also begin later in the turn, between texts and calls.
        never_text: Whether the tags are control tokens that are never text: one that opens a block inside of one, or
            ends one where there is none, is dropped and reported. For `interleaved` blocks.
        lone: Whether a closing tag that begins the reply says that there is no reasoning; it is written for an empty block.
        compact: Whether an empty block is written without the layout inside of it.
    """

    opening: str = "<think>"
    closing: str = "</think>"
    after_opening: str = ""
    before_closing: str = ""
    after_closing: str = ""
    before_opening: str = ""
    joint: str = ""
    unopened: Literal["content", "reasoning", "undecided"] = "content"
    also_opening: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    ended_by: tuple[str, ...] = ()
    left_open_before: tuple[str, ...] = ()
    interleaved: bool = False
    never_text: bool = False
    lone: bool = False
    compact: bool = False


class ReasonedTurn(Turn):
    """A turn with reasoning before it.

    Attributes:
        reasoning: How it is marked.
        inner: The turn around which it stands.
    """

    reasons = True

    def __init__(self, reasoning: Reasoning, inner: Turn) -> None:
        """Sets up the turn.

        Args:
            reasoning: How reasoning is marked.
            inner: What follows it.
        """
        self.reasoning = reasoning
        self.inner = inner
        self.openings = inner.openings
        self._tags = tuple(tag for tag in (reasoning.opening, reasoning.closing) if tag)
        self._tail = reasoning.before_closing + reasoning.closing
        self._after = reasoning.after_closing + reasoning.joint
        self._others = {
            opening: ReasonedTurn(dataclasses.replace(reasoning, opening=opening, closing=closing, also=()), inner)
            for opening, closing in reasoning.also
        }

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`; a reasoning of `""` is written as an empty block, `None` as none."""
        marks = self.reasoning
        if message.reasoning is not None:
            if marks.closing in message.reasoning:
                raise FormatError(f"message {index}: found {marks.closing!r} inside the reasoning, which it would end")
            if marks.opening and message.reasoning.lstrip().startswith(marks.opening):
                raise FormatError(f"message {index}: found reasoning that begins with {marks.opening!r}, expected none")
            joint = marks.joint if message.content or message.tool_calls else ""
            if message.reasoning or not (marks.lone or marks.compact):
                draft.fixed(marks.before_opening + marks.opening + marks.after_opening, trainable=True)
                draft.text(message.reasoning, trainable=True)
                draft.fixed(self._tail + marks.after_closing + joint, trainable=True)
            else:
                opening = marks.before_opening + marks.opening if marks.compact else ""
                draft.fixed(opening + marks.closing + marks.after_closing + joint, trainable=True)
        self.inner.write(message, index, draft)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        for opening, other in self._others.items():
            if (plan.begun or "").lstrip().startswith(opening):
                return other.grammar(plan)
        marks = self.reasoning
        inner = self.inner.grammar(dataclasses.replace(plan, boundaries=(*plan.boundaries, *self._tags)))
        mode = plan.reasoning
        if mode == "auto" and plan.begun is None and marks.unopened == "reasoning":
            opened, closed = True, False
        else:
            opened, closed = self._opened(plan.begun or "")
        if closed:
            written = plan.begun or ""
            space = written[len(written.rstrip()) :]
            left = self._after[len(space) :] if self._after.startswith(space) else ""
            return g.sequence(spacing(left), inner) if left else inner
        thought = g.free_text((*self._tags, *marks.ended_by, *plan.boundaries), plan.most_reasoning)
        end = g.sequence(spacing(marks.before_closing), g.control_token(marks.closing), spacing(self._after))
        alone = g.sequence(g.control_token(marks.closing), spacing(self._after))
        if mode == "none":
            return g.sequence(alone if opened else g.optional(alone), inner) if opened or marks.lone else inner
        if opened and plan.begun is None:
            # Prompts of the family open the block; a model that is asked without may write the tag itself.
            block = g.sequence(g.control_token(marks.opening), spaced(marks.after_opening))
            return g.sequence(g.optional(block), thought, end, inner)
        if opened:
            return g.sequence(thought, end, inner)
        tag = g.control_token(marks.opening) if marks.opening else g.sequence()
        block = g.sequence(g.literal(marks.before_opening), tag, spaced(marks.after_opening), thought, end)
        if mode == "required":
            return g.sequence(block, inner)
        options = [block, *((alone,) if marks.lone else ())]
        if marks.compact:
            options.append(g.sequence(g.literal(marks.before_opening), tag, alone))
        if plan.begun is None and marks.unopened == "undecided":
            # A prompt that is not known may have opened the block; its text is told from an answer by the closing tag.
            unopened = (*self._tags, *marks.ended_by, *plan.boundaries, *self.openings)
            options.append(g.sequence(g.free_text(unopened, plan.most_reasoning), end))
        return g.sequence(g.optional(g.choice(*options)), inner)

    def _opened(self, begun: str) -> tuple[bool, bool]:
        """Whether the prompt's end opens a block, and whether it has one, or none, behind it already."""
        begun = begun.strip()
        if not begun:
            return False, False
        block = begun.startswith(self.reasoning.opening) and self.reasoning.closing not in begun
        return block, not block

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        if self._others:
            opening = yield from self._first_of(cursor, tuple(self._others))
            if opening:
                return (yield from self._others[opening].read(cursor, builder, tools, boundaries))
        marks = self.reasoning
        inside = yield from self._begins(cursor, builder, boundaries)
        within = (marks.opening, *boundaries) if marks.interleaved else boundaries
        late: tuple[str, ...] = (marks.closing,) if marks.never_text else ()  # a closing tag that ends no block
        while True:
            if inside:
                yield from self._pass_repeated(cursor, builder)
                boundary = yield from self._block(cursor, builder, boundaries)
                late = (marks.closing,) if marks.never_text or boundary in marks.ended_by else ()
                if boundary is not None and boundary not in (*marks.ended_by, *marks.left_open_before):
                    return boundary
            boundary = yield from self.inner.read(cursor, builder, tools, (*late, *within))
            if boundary in late:
                builder.report(f"{boundary!r} outside of the reasoning")
                yield from self._drop(cursor, self._after)
                inside = False
                late = late if marks.never_text and not builder.given_up() else ()
            elif boundary != marks.opening or not marks.interleaved:
                return boundary
            else:
                inside = not builder.given_up()
                if not inside:
                    builder.content(boundary)
                    within = boundaries
            builder.divided()

    def _pass_repeated(self, cursor: Cursor, builder: MessageBuilder) -> Steps[None]:
        """Reads an opening tag with which the block begins: models repeat the one that the prompt ends with."""
        opening = self.reasoning.opening
        if opening and (yield from self._first_of(cursor, (opening,))):
            start = cursor.offset
            yield from cursor.match_loosely((opening,))
            builder.report(f"{opening!r} inside of the reasoning", start)

    def _first_of(self, cursor: Cursor, openings: tuple[str, ...]) -> Steps[str]:
        """The opening with which the reply begins, `""` for none; reads nothing."""
        while True:
            space = SPACE.match(cursor.buffer, cursor.position)
            assert space is not None  # the pattern matches the empty text
            rest = cursor.buffer[space.end() : space.end() + max(map(len, openings))]
            found = next((opening for opening in openings if rest.startswith(opening)), "")
            far = space.end() - cursor.position > MAX_LAYOUT_SPACE
            if found or far or cursor.ended or not any(opening.startswith(rest) for opening in openings):
                return "" if far else found
            yield

    def _begins(self, cursor: Cursor, builder: MessageBuilder, boundaries: tuple[str, ...]) -> Steps[bool]:
        """Reads up to the beginning of reasoning or of the answer; whether it is of reasoning."""
        marks = self.reasoning
        others = () if builder.prompted else marks.also_opening
        tags = (*self._tags, *others)
        while True:
            space = SPACE.match(cursor.buffer, cursor.position)
            assert space is not None  # the pattern matches the empty text
            rest = cursor.buffer[space.end() : space.end() + max(map(len, tags))]
            if space.end() - cursor.position > MAX_LAYOUT_SPACE:
                break
            if marks.opening and rest.startswith(marks.opening):
                cursor.take(space.end() + len(marks.opening))
                return True
            if rest.startswith(marks.closing):
                # The prompt opened the block, or the family writes the closing tag alone where there is none.
                cursor.take(space.end() + len(marks.closing))
                yield from self._drop(cursor, self._after)
                return False
            begun = next((tag for tag in others if rest.startswith(tag)), None)
            if begun is not None:
                cursor.take(space.end() + len(begun))
                return True
            if cursor.ended or not any(tag.startswith(rest) for tag in tags):
                break
            yield
        if marks.opening and (builder.prompted or marks.unopened == "content"):
            return False
        if marks.unopened == "reasoning":
            return True
        return (yield from self._decide(cursor, boundaries))

    def _decide(self, cursor: Cursor, boundaries: tuple[str, ...]) -> Steps[bool]:
        """Whether a closing tag comes before any call, and before too many openings in vain; reads nothing in the end."""
        marks = self.reasoning
        if cursor.ended and cursor.buffer.find(marks.closing, cursor.position) < 0:
            return False
        finder = Finder((marks.closing, *self.openings, *boundaries))
        held: list[str] = []
        scan, vain = 0, 0
        inside = False
        while vain < MAX_MARKS:
            found = finder.find(cursor.buffer, max(scan, cursor.position), cursor.ended)
            if found is None:
                if cursor.ended:
                    break
                held.append(cursor.take(len(cursor.buffer) - finder.held(cursor.buffer, cursor.position)))
                yield
                scan = 0
                continue
            place, text = found
            if text in self.openings and text != marks.closing:
                begins = self.inner.begins_call(cursor.buffer, place, cursor.ended)
                if begins is None:
                    held.append(cursor.take(place))
                    yield
                    scan = 0
                    continue
                if not begins:
                    scan = place + len(text)
                    vain += 1
                    continue
            inside = text == marks.closing
            break
        cursor.give_back("".join(held))
        return inside

    def _block(self, cursor: Cursor, builder: MessageBuilder, boundaries: tuple[str, ...]) -> Steps[str | None]:
        """Reads reasoning and the tag that ends it; the boundary that ended the turn, or the text that ended the block.

        The latter is not read. It is `None` where the block's own tag ended it, or the end of the text.
        """
        marks = self.reasoning
        yield from self._pass_heading(cursor)
        call_tags = (*marks.ended_by, *marks.left_open_before)
        ends = (marks.closing, *call_tags)
        again = (marks.opening,) if marks.never_text else ()
        led_by = tuple(marks.before_closing + tag for tag in ends)
        finder = cursor.finder((*ends, *again, *boundaries), led_by)
        thought = _Thought(builder)
        closed: bool | None = None  # whether the closing tag is known to follow
        spoken = 0  # tags of calls that open none
        while True:
            found = finder.find(cursor.buffer, cursor.position)
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                thought.say(cursor.take(len(cursor.buffer) - held))
                if not cursor.ended:
                    yield
                    continue
                builder.truncated = True
                builder.report(f"the text ends inside the reasoning, expected {marks.closing!r}")
                return None
            place, text = found
            tail = text in ends and cursor.buffer.endswith(marks.before_closing, cursor.position, place)
            layout = marks.before_closing if tail else ""
            thought.say(cursor.take(place - len(layout)))
            if text in call_tags and text in self.openings:
                begins = self.inner.begins_call(cursor.buffer, cursor.position + len(layout), cursor.ended)
                if begins is None:
                    yield
                    continue
                in_code = begins and thought.in_code(cursor, layout)
                if begins and not in_code and text in marks.left_open_before and closed is None:
                    closed = yield from self._is_closed(cursor, boundaries)
                if not begins or closed or in_code:
                    thought.say(cursor.take(cursor.position + len(layout + text)))
                    spoken += 1
                    if closed or spoken == MAX_MARKS:
                        # Behind so many tags that are only spoken of, or where the block's own end is known to come.
                        tags = tuple(
                            tag for tag in ends if tag not in (marks.left_open_before if closed else call_tags)
                        )
                        finder = cursor.finder((*tags, *again, *boundaries), led_by)
                    continue
            cursor.take(cursor.position + len(layout))
            if text in again:
                cursor.take(cursor.position + len(text))
                builder.report(f"{text!r} inside of the reasoning")
                builder.divided()
                if builder.given_up():
                    finder = cursor.finder((*ends, *boundaries), led_by)
                yield from self._pass_heading(cursor)
                continue
            if text != marks.closing:
                builder.report(f"the reasoning ends at {text!r}, expected {marks.closing!r}")
                if text not in call_tags:
                    cursor.take(cursor.position + len(text))
                return text
            cursor.take(cursor.position + len(text))
            yield from self._drop(cursor, self._after)
            return None

    def _is_closed(self, cursor: Cursor, boundaries: tuple[str, ...]) -> Steps[bool]:
        """Whether the closing tag follows before the turn ends; reads nothing."""
        finder = Finder((self.reasoning.closing, *boundaries))
        passed: list[str] = []  # let go of piece by piece, lest the text at hand be copied with each
        while True:
            found = finder.find(cursor.buffer, cursor.position)
            if found is not None or cursor.ended:
                cursor.give_back("".join(passed))
                return found is not None and found[1] == self.reasoning.closing
            passed.append(cursor.take(len(cursor.buffer) - finder.held(cursor.buffer, cursor.position)))
            yield

    def _pass_heading(self, cursor: Cursor) -> Steps[None]:
        """Reads what stands behind an opening tag: a word only as a whole, layout as much as is there."""
        heading, closing = self.reasoning.after_opening, self.reasoning.closing
        word = heading.rstrip()
        if not word:
            yield from self._drop(cursor, heading)
            return
        whole = (heading, word + closing)
        while True:
            rest = cursor.buffer[cursor.position : cursor.position + max(map(len, whole))]
            if rest.startswith(heading):
                cursor.take(cursor.position + len(heading))
            elif rest.startswith(whole[1]) or (cursor.ended and rest and heading.startswith(rest)):
                cursor.take(cursor.position + min(len(word), len(rest)))
            elif not cursor.ended and any(text.startswith(rest) for text in whole):
                yield
                continue
            return

    def _drop(self, cursor: Cursor, layout: str) -> Steps[None]:
        """Reads layout, or as much of its beginning as is there."""
        for char in layout:
            if (yield from cursor.peek()) != char:
                return
            cursor.take(cursor.position + 1)


class _Thought:
    """Reasoning that is read, and the code in it."""

    def __init__(self, builder: MessageBuilder) -> None:
        self._builder = builder
        self._fences = FenceTracker()
        self._spans = SpanTracker()

    def say(self, text: str) -> None:
        """Adds text."""
        self._fences.feed(text)
        self._spans.feed(text)
        self._builder.reasoning(text)

    def in_code(self, cursor: Cursor, layout: str) -> bool:
        """Whether what comes behind layout stands inside a fenced code block, or in a code span that it may begin."""
        return self._fences.inside or self._spans.inside(layout, layout[-1:] or cursor.previous)
