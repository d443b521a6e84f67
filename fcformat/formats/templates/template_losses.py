"""What a template left out of a conversation, seen from the marks that are missing in its text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats import losses as stated
from fcformat.formats.losses import FormatLossWarning, results_out_of_order
from fcformat.formats.templates.chat_template import Rendering
from fcformat.formats.templates.inputs import Origin

__all__ = ["ACCEPTED", "Loss", "losses_of", "report"]

#: Losses that publishers make on purpose, which are noted and never raise.
ACCEPTED = frozenset(("reasoning",))

#: Kind of a loss, and a sentence.
Loss = tuple[str, str]


def losses_of(rendering: Rendering, messages: Sequence[Message], tools: Sequence[Tool], python: bool) -> Iterator[Loss]:
    """What is not in the text, and what stands in it otherwise than it was meant.

    Args:
        rendering: The text.
        messages: The conversation.
        tools: Its tools.
        python: Whether the model writes values as Python does.
    """
    printed = _printed_characters(rendering)
    python_words = rendering.printed.python_words()
    for index, message in enumerate(messages):
        for kind, what in _of_message(message, index, printed):
            yield kind, f"message {index}: {what}"
        words = python_words.get(index, set())
        if message.content is None and "None" in words:
            yield "spelling", f"message {index}: the template writes its missing content as 'None'"
        elif message.tool_calls and words and not python and _has_words(message):
            yield "spelling", f"message {index}: the template writes {' and '.join(sorted(words))} as Python does"
    for number, tool in enumerate(tools):
        if not printed.get(Origin("tool", tool=number)):
            yield "tool", f"tool {number} ({tool.name}): the template leaves it out"
    if not any(origin.kind == "id" for origin in printed):
        for index, what in results_out_of_order(tuple(messages)):
            yield "order", f"message {index}: {what}"
    for mark in sorted(rendering.run.reencoded):
        reencoded = rendering.inputs.origin(mark)
        if reencoded is not None and reencoded.kind == "call arguments":
            where = f"message {reencoded.message}: tool_calls[{reencoded.call}]"
            what = "the template writes arguments that are a string as JSON once more"
            yield "encoding", f"{where}: {what}; arguments='object' gives it an object"


def report(name: str, on_loss: str, losses: Sequence[Loss]) -> tuple[str, ...]:
    """Raises or warns of losses, as asked; the sentences.

    Raises:
        FormatError: There is a loss that is not accepted and losses raise, or `on_loss` is not known.
    """
    if on_loss not in ("raise", "warn", "drop"):
        raise FormatError(f"on_loss: found {on_loss!r}, expected 'raise', 'warn' or 'drop'")
    for kind, sentence in losses:
        if kind in ACCEPTED:
            continue
        if on_loss == "raise":
            raise FormatError(f"{sentence} ({name}; on_loss='drop' renders it all the same)")
        if on_loss == "warn":
            warnings.warn(f"{name}: {sentence}", FormatLossWarning, stacklevel=3)
    return tuple(stated.Loss(sentence, kind) for kind, sentence in losses)


def _of_message(message: Message, index: int, printed: dict[Origin, int]) -> Iterator[Loss]:
    if message.content:
        there = printed.get(Origin("content", index), 0)
        missing = _weight(message.content) - there
        if missing > 0:
            how_much = f"{missing} characters of its content" if there else "its content"
            yield "content", f"the template leaves out {how_much}"
    if message.reasoning and not printed.get(Origin("reasoning", index)):
        yield "reasoning", "the template leaves out its reasoning"
    if message.name is not None and message.role != "tool" and not printed.get(Origin("name", index)):
        yield "name", f"the template leaves out the speaker's name {message.name!r}"
    for number, call in enumerate(message.tool_calls):
        where = f"tool_calls[{number}] ({call.function.name})"
        if not printed.get(Origin("call name", index, number)):
            if not printed.get(Origin("id", index, number)):
                yield "call", f"{where}: the template leaves the call out"
            elif call.function.name not in (call.id or ""):  # ids that carry the name stand for it
                yield "call", f"{where}: the template writes the id {call.id!r} in place of the name"
        elif not printed.get(Origin("call arguments", index, number)) and call.function.arguments.strip(" \t\r\n{}"):
            yield "call", f"{where}: the template leaves out its arguments"


def _has_words(message: Message) -> bool:
    return any(re.search(r"\b(?:null|true|false)\b", call.function.arguments) for call in message.tool_calls)


def _weight(text: str) -> int:
    """How many characters are no white space: templates trim."""
    return len("".join(text.split()))


def _printed_characters(rendering: Rendering) -> dict[Origin, int]:
    """How many characters of each origin the text has, white space apart."""
    counts: dict[Origin, int] = {}
    for start, end, mark in rendering.printed.runs:
        origin = rendering.inputs.origin(mark)
        if origin is not None:
            weight = _weight(rendering.printed.text[start:end])
            counts[origin] = counts.get(origin, 0) + weight
    return counts
