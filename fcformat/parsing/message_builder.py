"""Collects what a reader finds: the message so far, and the deltas since they were last taken.

A call may be announced only once its name is known, and whatever is announced is never taken back; arguments that come
before the name wait for it. The builder knows nothing of any format.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from fcformat.chat import Delta, FunctionCall, Message, ToolCall, ToolCallDelta
from fcformat.errors import ParseError
from fcformat.parsing.cursor import Cursor
from fcformat.parsing.marks import Unmarker

__all__ = ["MAX_BROKEN", "MAX_CALLS", "MAX_MARKS", "CallBuilder", "MessageBuilder"]

#: Most issues that a message names.
MAX_ISSUES = 100
#: Most texts of a message that look like calls and cannot be read: behind so many, calls are looked for no longer.
MAX_BROKEN = 1000
#: Most calls of a message: what follows the last one is text.
MAX_CALLS = 10_000
#: Most other things that a message is divided by, such as blocks of reasoning and headers: what follows the last one is text.
MAX_MARKS = 10_000

_WORD = re.compile(r"\w")


class MessageBuilder:
    """The message under construction.

    Attributes:
        truncated: Whether the text ended inside a call.
        finish_reason: Why the message ended, where its text says so.
        ended: Whether the text holds the end of the turn.
        prompted: Whether the prompt is known, so that what it opened has been read.
        calls: The calls that have been announced.
        strict: Whether issues are raised.
        boundaries: Texts that end the turn.
        read_again: How many values had to be read a second time, which readers bound.
    """

    def __init__(
        self,
        cursor: Cursor,
        *,
        strict: bool = False,
        streaming: bool = True,
        skipped: int = 0,
        marked: bool = False,
    ) -> None:
        """Sets up an empty message.

        Args:
            cursor: Says where an issue is.
            strict: Raise a `ParseError` instead of noting an issue.
            streaming: Keep deltas for `take`.
            skipped: How many characters of the cursor's text come before the text that offsets refer to.
            marked: Whether the cursor's text has the marks of `fcformat.parsing.marks` in it.
        """
        self.marked = marked
        self.ended = False
        self.truncated = False
        self.finish_reason: str | None = None
        self.prompted = False
        self.calls: list[CallBuilder] = []
        self.boundaries: tuple[str, ...] = ()
        self.read_again = 0
        self._given_up = False
        self._broken = 0
        self._marks = 0
        self._bound = ""  # the bound that has been reached, until it is told of
        self._cursor = cursor
        self.strict = strict
        self._streaming = streaming
        self._skipped = skipped
        self._unmarkers = (Unmarker(), Unmarker())
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._issues: dict[str, int] = {}  # what, and where first
        self._new: list[tuple[int, str, str]] = []  # call index (-1 content, -2 reasoning), kind, text

    def content(self, text: str) -> None:
        """Adds text that the assistant says."""
        if self.marked:
            text = self._unmarkers[0].feed(text)
        if text:
            if self._bound and not text.isspace():
                bound, self._bound = self._bound, ""
                self._tell(bound, self._cursor.offset - len(text.lstrip()))
            self._content.append(text)
            self.note(-1, "text", text)

    def reasoning(self, text: str) -> None:
        """Adds text that the assistant thinks."""
        if self.marked:
            text = self._unmarkers[1].feed(text)
        if text:
            self._reasoning.append(text)
            self.note(-2, "text", text)

    @property
    def has_content(self) -> bool:
        """Whether anything has been said."""
        return bool(self._content)

    def note(self, index: int, kind: str, text: str) -> None:
        """Keeps something new for the next deltas."""
        if self._streaming:
            self._new.append((index, kind, text))

    def report(self, what: str, offset: int | None = None) -> None:
        """Notes that the text is not as the format has it, once for each kind.

        Args:
            what: What was found.
            offset: Where, in the cursor's text; by default where the cursor stands.

        Raises:
            ParseError: Parsing is strict.
        """
        offset = max(0, (self._cursor.offset if offset is None else offset) - self._skipped)
        if self.strict:
            raise ParseError(f"at character {offset}: {what}", offset)
        if what in self._issues or len(self._issues) < MAX_ISSUES:
            self._issues[what] = min(offset, self._issues.get(what, offset))

    def given_up(self) -> bool:
        """Whether one of the bounds of this module has been reached, so that what follows is all text."""
        return self._given_up

    def broken(self, what: str) -> None:
        """Notes something that looks like a call and cannot be read to its end; behind `MAX_BROKEN` of them, all is text."""
        self.report(what)
        self._broken += 1
        self._given_up = self._given_up or not self._cursor.steps
        if self._broken == MAX_BROKEN:
            self._given_up = True
            self._tell(f"{MAX_BROKEN} broken calls; no more calls are looked for, what follows is kept as content")

    def divided(self) -> None:
        """Notes something that divides the message and is no call; behind `MAX_MARKS` of them, all is text."""
        self._marks += 1
        if self._marks == MAX_MARKS:
            self.give_up(f"{MAX_MARKS} headers and marks")

    def give_up(self, what: str) -> None:
        """From here on all is text, which is reported where there is any.

        Args:
            what: So much that no more is read.
        """
        if not self._given_up:
            self._given_up = True
            self._bound = f"text behind {what}; no more are looked for, it is kept as content"

    def _tell(self, what: str, offset: int | None = None) -> None:
        """Reports that a bound has been reached, however many issues there are."""
        self.report(what, offset)
        if what not in self._issues:
            self._issues.popitem()
            self.report(what, offset)

    def check_known(self, name: str | None, known: Collection[str]) -> None:
        """Reports a call of a function that is none of the known tools; without any, nothing is known."""
        if known and name not in known:
            self.report(f"a call of {name!r}, which is not among the tools")

    def left_over(self) -> str:
        """For an issue: what has been read since a call was last added to, or `""` where it says nothing.

        Marks and white space say nothing.
        """
        text = "".join(self._cursor.trail or ())
        self._cursor.trail = None
        if self.marked:
            text = Unmarker().feed(text)
        return f" behind {text.strip()!r}" if _WORD.search(text) else ""

    def begin_trail(self, begins: bool) -> None:
        """From here on, what is read has to be named unless it becomes part of a call; or no longer."""
        self._cursor.trail = [] if begins else None

    def take(self) -> list[Delta]:
        """The deltas since the last call, neighbours of one kind joined."""
        deltas: list[Delta] = []
        if not self._new:
            return deltas
        new, self._new = self._new, []
        if len(new) == 1:
            return [_delta(new[0][0], {new[0][1]: new[0][2]})]
        at = 0
        while at < len(new):
            index, end = new[at][0], at
            while end < len(new) and new[end][0] == index:
                end += 1
            text: dict[str, str] = {}
            for kind in {piece[1] for piece in new[at:end]}:
                text[kind] = "".join(piece[2] for piece in new[at:end] if piece[1] == kind)
            deltas.append(_delta(index, text))
            at = end
        return deltas

    def message(self) -> Message:
        """The message as it stands."""
        calls = tuple(call.finished() for call in self.calls)
        if not calls and not self._content:
            self._content.append("")
            self.note(-1, "text", "")
        reason = "length" if self.truncated else self.finish_reason
        return Message(
            role="assistant",
            content="".join(self._content) if self._content else None,
            tool_calls=calls,
            reasoning="".join(self._reasoning) if self._reasoning else None,
            issues=tuple(
                f"at character {at}: {what}" for at, what in sorted((at, what) for what, at in self._issues.items())
            ),
            finish_reason=reason or ("tool_calls" if calls else "stop"),
        )


def _delta(index: int, text: dict[str, str]) -> Delta:
    """What is new: of the content, the reasoning, or a call."""
    if index == -1:
        return Delta(content=text["text"])
    if index == -2:
        return Delta(reasoning=text["text"])
    call = ToolCallDelta(index, text.get("id"), text.get("name"), text.get("arguments", ""))
    return Delta(tool_calls=(call,))


class CallBuilder:
    """One call; it joins the message when its name is known and, where asked for, its id.

    Attributes:
        name: The function's name once it is known.
        complete: Whether the arguments have been read to their end.
        closed: Whether the whole call has been, by a part that is not its last.
    """

    def __init__(self, builder: MessageBuilder, *, waits_for_id: bool = False, late_id: bool = False) -> None:
        """Sets up a call without name and arguments.

        Args:
            builder: The message that the call belongs to.
            waits_for_id: Announce the call only when its id is known, or at `announce`.
            late_id: Announce the call without an id; it follows behind the arguments, where the format writes it.
        """
        self.name: str | None = None
        self.complete = False
        self.closed = False
        self._builder = builder
        self._waits = waits_for_id
        self._late_id = late_id
        self._id: str | None = None
        self._index: int | None = None
        self._arguments: list[str] = []
        self._unmarker = Unmarker() if builder.marked else None
        builder.begin_trail(True)

    @property
    def announced(self) -> bool:
        """Whether the call is part of the message."""
        return self._index is not None

    @property
    def has_arguments(self) -> bool:
        """Whether any text of the arguments has been read."""
        return bool(self._arguments)

    @property
    def written(self) -> str:
        """The arguments as far as they have been read."""
        return "".join(self._arguments)

    def named(self, name: str) -> None:
        """Sets the function's name."""
        self.name = Unmarker().feed(name) if self._builder.marked else name
        if not self._waits:
            self.announce()

    def identified(self, identifier: str) -> None:
        """Sets the call's id, unless it was announced with another one."""
        if self._builder.marked:
            identifier = Unmarker().feed(identifier)
        if not self.announced:
            self._id = identifier
            self._waits = False
            self.announce()
        elif self._late_id and self._id is None:
            self._id = identifier
            self._builder.note(self._index or 0, "id", identifier)
        self._builder.begin_trail(True)

    def announce(self) -> None:
        """Adds the call to the message, if it has a name."""
        if self.announced or not self.name:
            return
        self._index = len(self._builder.calls)
        if not self._id and not self._late_id:
            self._id = f"call_{self._index}"
        self._builder.calls.append(self)
        if self._index + 1 == MAX_CALLS:
            self._builder.give_up(f"{MAX_CALLS} calls")
        if self._id:
            self._builder.note(self._index, "id", self._id)
        self._builder.note(self._index, "name", self.name)
        for text in self._arguments:
            self._builder.note(self._index, "arguments", text)
        self._builder.begin_trail(True)

    def arguments(self, text: str) -> None:
        """Adds text of the arguments."""
        if self._unmarker is not None:
            text = self._unmarker.feed(text)
        self._arguments.append(text)
        if self._index is not None:
            self._builder.note(self._index, "arguments", text)
            self._builder.begin_trail(True)

    def finished(self) -> ToolCall:
        """The call as it stands; it must have been announced."""
        assert self.name  # calls are announced by name
        self.identified(f"call_{self._index}")
        return ToolCall(FunctionCall(self.name, "".join(self._arguments)), self._id)
