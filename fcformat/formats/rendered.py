"""What rendering gives: segments, and from them the text, the token ids and the training labels.

A segment is either layout that the format itself wrote with control tokens, or text. Only the first kind can become
control tokens; how text is kept from it is in `encoding`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable
from typing import Any

__all__ = ["IGNORED_LABEL", "Draft", "Rendered", "Segment"]

#: Label of a token that training leaves out, as PyTorch's and transformers' losses have it.
IGNORED_LABEL = -100


@dataclasses.dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of rendered text.

    Attributes:
        text: The text, not empty.
        control: Whether it is one control token's spelling, written by the format. Where the vocabulary has no such
            token, it is text.
        trainable: Whether a model is trained to write it.
        apart: Whether it is tokenized apart from the text before it, as some publishers' own code does.
        own: Whether it is a template's own text, in which every control token of a vocabulary is one.
        message: Index of the message that is trained with it, where it is trainable.
    """

    text: str
    control: bool = False
    trainable: bool = False
    apart: bool = False
    own: bool = False
    message: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered conversation.

    Attributes:
        segments: The text in order, each stretch with what it is.
        losses: What the format could not carry and left out, as sentences.
    """

    segments: tuple[Segment, ...]
    losses: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(segment.text for segment in self.segments)

    def encode(self, tokenizer: Any) -> list[int]:
        """Token ids, in which text never becomes a control token.

        For text that spells no control token these are the ids that the tokenizer gives for the whole text, except
        that where text becomes trainable a token always ends: it is where the prompt ended when the model wrote it.

        Args:
            tokenizer: A transformers tokenizer, fast or slow.

        Raises:
            TokenizerError: The tokenizer makes a control token of some text however it is asked.
        """
        return [token for token, _ in self._tokens(tokenizer)]

    def labels(self, tokenizer: Any, messages: Container[int] | None = None) -> list[int]:
        """For each id of `encode`, the id where a model is trained to write it, else `IGNORED_LABEL`.

        Args:
            tokenizer: A transformers tokenizer, fast or slow.
            messages: Indices of the assistant's messages to train on; by default all of them.

        Raises:
            TokenizerError: As in `encode`.
        """
        return [
            token if segment is not None and (messages is None or segment.message in messages) else IGNORED_LABEL
            for token, segment in self._tokens(tokenizer)
        ]

    def _tokens(self, tokenizer: Any) -> list[tuple[int, Segment | None]]:
        """Each id, with the segment that it is trained with."""
        from fcformat.formats.encoding import encoder_of

        encoder = encoder_of(tokenizer)
        tokens: list[tuple[int, Segment | None]] = []
        pending: list[str] = []
        trained: Segment | None = None

        before: str | None = None  # the control token that the pending text follows

        def flush(after: str | None = None) -> None:
            nonlocal before
            if pending:
                ids = encoder.encode_text("".join(pending), before, after)
                tokens.extend((token, trained) for token in ids)
                pending.clear()
                before = ""

        def control(text: str, token: int, segment: Segment) -> None:
            nonlocal before
            flush(text)
            tokens.append((token, segment if segment.trainable else None))
            before = text

        for segment in self.segments:
            token = encoder.control_id(segment.text) if segment.control else None
            if token is not None:
                control(segment.text, token, segment)
                continue
            now = segment if segment.trainable else None
            if (
                segment.apart
                or (now and now.message) != (trained and trained.message)
                or (now is None) != (trained is None)
            ):
                flush()
                before = None if segment.apart else before
            trained = now
            for text, token in encoder.split(segment.text) if segment.own else ((segment.text, None),):
                if token is None:
                    pending.append(text)
                else:
                    control(text, token, segment)
        flush()
        return tokens


class Draft:
    """Segments under construction; neighbours of one kind are joined.

    Attributes:
        message: Index of the message that is being written; what is trainable is trained with it.
    """

    def __init__(self, controls: Iterable[str]) -> None:
        """Sets up an empty draft.

        Args:
            controls: The control tokens that the format's own text may contain.
        """
        self.losses: list[str] = []
        self.message: int | None = None
        self._controls = tuple(sorted(controls, key=len, reverse=True))
        self._segments: list[Segment] = []
        self._joined: list[str] = []  # the text of the last segment, where it is more than that segment's own

    def text(self, text: str, *, trainable: bool = False, apart: bool = False) -> None:
        """Adds text that came from outside; nothing in it is a control token."""
        last = self._segments[-1] if self._segments else None
        if not text:
            return
        message = self.message if trainable else None
        if (
            last is not None
            and not last.control
            and (last.trainable, last.message) == (trainable, message)
            and not apart
        ):
            if not self._joined:
                self._joined.append(last.text)
            self._joined.append(text)
        else:
            self._join()
            self._segments.append(Segment(text, trainable=trainable, apart=apart, message=message))

    def fixed(self, text: str, *, trainable: bool = False) -> None:
        """Adds text of the format's own, in which its control tokens are control tokens."""
        at = 0
        while at < len(text):
            places = [(place, control) for control in self._controls if (place := text.find(control, at)) >= 0]
            place, control = min(places, key=lambda found: found[0], default=(len(text), ""))
            self.text(text[at:place], trainable=trainable)
            if control:
                message = self.message if trainable else None
                self._join()
                self._segments.append(Segment(control, control=True, trainable=trainable, message=message))
            at = place + len(control)

    def rendered(self) -> Rendered:
        """The result."""
        self._join()
        return Rendered(tuple(self._segments), tuple(self.losses))

    def _join(self) -> None:
        """Gives the last segment its whole text; adding each piece as it comes would take quadratic time."""
        if self._joined:
            self._segments[-1] = dataclasses.replace(self._segments[-1], text="".join(self._joined))
            self._joined.clear()
