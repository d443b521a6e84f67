"""The one machine behind parsing: text in pieces goes in, deltas and at last a message come out.

Parsing a whole text is feeding it in one piece, so that whole and streamed parsing cannot disagree. What the text means
is the business of the reader, a generator that a format's declaration gives.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from typing import Protocol

from fcformat.chat import Delta, Message
from fcformat.errors import FcformatError
from fcformat.parsing.cursor import Cursor, Steps
from fcformat.parsing.message_builder import MessageBuilder

__all__ = ["LEAST_HALF", "Reader", "StreamParser", "Tokens", "read_whole"]

#: How much of a control token's spelling must be there to be the half of one, and no text, if a format does not say.
LEAST_HALF = 2


class Tokens(Protocol):
    """Turns token ids into text."""

    stopped: bool
    started: bool

    def feed(self, ids: Iterable[int]) -> str:
        """The text of the next ids, as far as it is certain."""

    def end(self) -> str:
        """What was held back."""


#: Reads an assistant's turn from a cursor into a builder.
Reader = Callable[[Cursor, MessageBuilder], Steps[object]]


class StreamParser:
    """Parses one reply as it arrives.

    Attributes:
        final_deltas: After `finish`, the deltas that only the end of the text decided.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        begun: str = "",
        strict: bool = False,
        tags: tuple[str, ...] = (),
        least_half: int = LEAST_HALF,
        tokens: Tokens | None = None,
    ) -> None:
        """Sets up the parser.

        Args:
            reader: Reads the turn.
            begun: Text of the reply that the prompt already holds; it is part of the message.
            strict: Raise instead of repairing.
            tags: Spellings of control tokens; where the text ends inside of one, that half is no text.
            least_half: How many characters of one must be there.
            tokens: Turns token ids into text, for `feed_ids`.
        """
        self._tokens = tokens
        self._tags = tags
        self._least_half = least_half
        self._half = ""
        self.final_deltas: tuple[Delta, ...] = ()
        self._cursor = Cursor()
        self._builder = MessageBuilder(self._cursor, strict=strict, skipped=len(begun), marked=tokens is not None)
        self._steps: Steps[object] | None = reader(self._cursor, self._builder)
        self._message: Message | None = None
        self._advance()
        if begun:
            self._cursor.feed(begun)
            self._advance()

    def feed(self, text: str) -> list[Delta]:
        """Reads a piece of the reply.

        Returns:
            What is new in the message, possibly nothing.

        Raises:
            ParseError: Parsing is strict and the text is not as the format has it.
            FcformatError: The parser has been finished.
        """
        if self._message is not None:
            raise FcformatError("stream parser: found text after finish(), expected none")
        if self._tags:
            text = self._half + text
            whole = len(text) - _half_tag(text, self._tags)
            text, self._half = text[:whole], text[whole:]
        self._cursor.feed(text)
        self._advance()
        return self._builder.take()

    def feed_ids(self, ids: Iterable[int]) -> list[Delta]:
        """Reads the next token ids of the reply.

        A control token is one by its id: text that spells one is text. An end token ends the reply. A reply that is finished
        without any has been cut off, and its `finish_reason` is `"length"`.

        Raises:
            FcformatError: The parser was set up without a tokenizer, or has been finished.
            ParseError: As in `feed`.
            TokenizerError: An id is not of the vocabulary.
        """
        if self._tokens is None:
            raise FcformatError("stream parser: found token ids, expected text: it was set up without a tokenizer")
        return self.feed(self._tokens.feed(ids))

    def finish(self) -> Message:
        """Ends the reply; the message that all deltas add up to, `final_deltas` included.

        Raises:
            ParseError: Parsing is strict and the text is not as the format has it.
        """
        if self._message is None:
            if self._tokens is not None and self._tokens.started:
                self._cursor.feed(self._half + self._tokens.end())
                self._half = ""
                self._advance()
            if len(self._half) < self._least_half:
                self._cursor.feed(self._half)
            else:
                _report_half(self._half, self._cursor, self._builder)
            self._cursor.ended = True
            self._advance()
            if self._tokens is not None and self._tokens.started:
                self._builder.truncated |= not (self._tokens.stopped or self._builder.ended)
            self._message = self._builder.message()
            self.final_deltas = tuple(self._builder.take())
        return self._message

    def _advance(self) -> None:
        if self._steps is not None and next(self._steps, self) is self:
            self._steps = None


def _half_tag(text: str, tags: tuple[str, ...]) -> int:
    """How many characters at the end of a text are half a tag."""
    pattern, longest = _halves(tags)
    match = pattern.search(text, max(0, len(text) - longest))
    return 0 if match is None else len(text) - match.start()


@functools.lru_cache(maxsize=128)
def _halves(tags: tuple[str, ...]) -> tuple[re.Pattern[str], int]:
    """The pattern of half a tag at the end of a text, and how long it may be."""
    halves = {tag[:size] for tag in tags for size in range(1, len(tag))}
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(halves)))})\Z"), max(map(len, halves), default=0)


def _report_half(half: str, cursor: Cursor, builder: MessageBuilder) -> None:
    if half:
        builder.truncated = True
        builder.report(f"the text ends inside of a tag: {half!r}", cursor.offset + len(cursor.buffer) - cursor.position)


def read_whole(
    reader: Reader,
    text: str,
    *,
    begun: str = "",
    strict: bool = False,
    tags: tuple[str, ...] = (),
    least_half: int = LEAST_HALF,
) -> Message:
    """Parses a whole reply: the message that a `StreamParser` gives, without its deltas.

    Raises:
        ParseError: Parsing is strict and the text is not as the format has it.
    """
    cursor = Cursor()
    builder = MessageBuilder(cursor, strict=strict, streaming=False, skipped=len(begun))
    half = _half_tag(text, tags) if tags else 0
    whole = len(text) - (half if half >= least_half else 0)
    cursor.feed(begun + text[:whole])
    _report_half(text[whole:], cursor, builder)
    cursor.ended = True
    for _ in reader(cursor, builder):
        raise AssertionError("a reader waits for text after the end")
    return builder.message()
