"""What a format cannot carry, found before it is rendered, so that nothing is lost in silence.

A loss raises, is warned of, or is noted, as the caller asks. Losses that the publisher's own code makes on purpose, such as
leaving reasoning out of history, are declared with the format and only noted.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from fcformat.chat import Message
from fcformat.errors import FormatError

__all__ = ["FormatLossWarning", "Loss", "LossPolicy", "results_out_of_order"]


class FormatLossWarning(UserWarning):
    """Rendering left something out that the format cannot carry; asked for with `on_loss="warn"`.

    By default, of what the publisher's own template leaves out although it matters, such as tools and calls.
    """


class Loss(str):
    """What was left out, as a sentence, and of which kind it is.

    Attributes:
        kind: One word, such as `"reasoning"`, by which losses are counted.
        message: Index of the message that lost it, or `None` for the whole conversation.
    """

    __slots__ = ("kind", "message")
    kind: str
    message: int | None

    def __new__(cls, sentence: str, kind: str, message: int | None = None) -> Loss:
        """A loss of this kind."""
        loss = super().__new__(cls, sentence)
        loss.kind, loss.message = kind, message
        return loss

    def __getnewargs__(self) -> tuple[str, str, int | None]:  # type: ignore[override]
        return str(self), self.kind, self.message


#: Kinds of loss that are warned of even where the publisher's own code makes them.
GRAVE = frozenset(("tools", "calls", "content"))


class LossPolicy:
    """Decides what happens to a loss.

    Attributes:
        losses: Every loss so far, as sentences.
    """

    def __init__(self, format_name: str, on_loss: str, accepted: frozenset[str], losses: list[str]) -> None:
        """Sets up the policy.

        Args:
            format_name: For the messages.
            on_loss: `"raise"`, `"warn"` or `"drop"`.
            accepted: Kinds of loss that never raise, because the publisher's own code makes them.
            losses: Where losses are noted.

        Raises:
            FormatError: `on_loss` is something else.
        """
        if on_loss not in ("raise", "warn", "drop"):
            raise FormatError(f"on_loss: found {on_loss!r}, expected 'raise', 'warn' or 'drop'")
        self.losses = losses
        self._name = format_name
        self._on_loss = on_loss
        self._accepted = accepted

    def lose(self, kind: str, index: int | None, what: str) -> None:
        """Something of message `index`, or of the whole conversation, cannot be carried.

        Raises:
            FormatError: Losses raise, and this kind is not accepted.
        """
        sentence = what if index is None else f"message {index}: {what}"
        if self._on_loss == "raise" and kind not in self._accepted:
            raise FormatError(f"{sentence} ({self._name}; on_loss='drop' goes on without it)")
        if self._on_loss == "warn" or (self._on_loss == "raise" and kind in GRAVE):
            warnings.warn(f"{self._name}: {sentence}", FormatLossWarning, stacklevel=4)
        self.losses.append(Loss(sentence, kind, index))


def results_out_of_order(messages: tuple[Message, ...]) -> Iterator[tuple[int, str]]:
    """Results that only their ids or names tie to their calls: index of the message, and what is wrong.

    A format without ids is read by order: the first result answers the first call. A result without an id is taken to
    answer the next call; one that follows no calls answers nothing that could be confused.
    """
    waiting: list[tuple[str | None, str]] = []
    answered = 0
    for index, message in enumerate(messages):
        if message.role == "assistant":
            waiting, answered = [(call.id, call.function.name) for call in message.tool_calls], 0
        elif message.role != "tool":
            waiting, answered = [], 0
        elif waiting:
            if answered == len(waiting):
                yield index, f"found result {answered + 1} for {len(waiting)} calls, expected one a call"
                continue
            identifier, name = waiting[answered]
            answered += 1
            if None not in (message.tool_call_id, identifier) and message.tool_call_id != identifier:
                yield (
                    index,
                    (
                        f"found the result of call {message.tool_call_id!r}, expected that of {identifier!r}: "
                        "ids are not written, so results must stand in the order of their calls"
                    ),
                )
            elif message.name is not None and message.name != name:
                yield index, f"found a result of {message.name!r}, expected one of {name!r}, in the order of the calls"
