"""What a record shape is: how a publisher, an API or a dataset writes a conversation, a message, a call or a list of tools as JSON.

A shape reads a value into the conversation model and writes it back. What has no place on either side is told to a
`LossPolicy`, which raises, warns or notes; nothing is left out otherwise. Shapes do no I/O and know no prompt format.
"""

from __future__ import annotations

import abc
import dataclasses
import json
from collections.abc import Container, Mapping
from typing import Any, Generic, TypeVar

from fcformat.chat import Conversation, Message, Tool
from fcformat.chat._checks import found, json_copy
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy

__all__ = [
    "CALL",
    "CONVERSATION",
    "NOTED",
    "TOOLS",
    "Record",
    "Shape",
    "arguments_text",
    "is_among",
    "json_value",
    "mapping",
    "policy_for",
    "refuse_keys",
    "text_of",
]

CONVERSATION, CALL, TOOLS = "conversation", "call", "tools"

#: Kinds of loss that are noted and never raise: they change nothing of what was said, called and told.
#: `ids` and `names` tie results to calls that they stand next to in any case; `spelling` is white space and the like in
#: JSON; `roles` is OpenAI's `developer` as `system`; `request` and `fields` are what stands beside the conversation;
#: `signature` and `cache` are marks of one API; `prompt` is how a prompt was written; `schema` is what strict mode asks for;
#: `unread` is what a text does not tell, or tells so that it is kept as text; `weights` is what training makes of a message.
NOTED = frozenset("""ids names spelling roles request fields signature cache prompt schema unread weights""".split())

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Record:
    """A conversation as a record holds it.

    Attributes:
        conversation: The messages and tools.
        fields: What the record holds beside them, such as an id or a source; carried on to other records.
        prompt: Whether it asks for a reply, and how: options of `Format.render`. Only prompts do.
        weights: How much messages count in training, by their index, where the record says so.
    """

    conversation: Conversation
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    prompt: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    weights: Mapping[int, float] = dataclasses.field(default_factory=dict)


class Shape(abc.ABC, Generic[T]):
    """A shape of values that hold a `T`: a `Record`, a `Message` with a call, or a tuple of `Tool`s.

    Attributes:
        name: Its name.
        aliases: Other names.
        kind: `CONVERSATION`, `CALL` or `TOOLS`.
        about: What it is and whose, in a line.
        weight_key: Key under which it writes a message's weight in training; `""`: it has no place for it.
    """

    name: str
    aliases: tuple[str, ...] = ()
    kind: str
    about: str
    weight_key: str = ""

    def __repr__(self) -> str:
        return f"<record shape {self.name!r}>"

    @abc.abstractmethod
    def recognises(self, value: Any) -> bool:
        """Whether a value is of this shape and of no other that means something else."""

    @abc.abstractmethod
    def read(self, value: Any, policy: LossPolicy) -> T:
        """Reads a value.

        Raises:
            FormatError: It is not of this shape; or it holds what cannot be carried, and losses raise.
        """

    @abc.abstractmethod
    def write(self, content: T, policy: LossPolicy) -> Any:
        """A new value.

        Raises:
            FormatError: It holds what this shape cannot, and losses raise; or it cannot be expressed at all.
        """


ConversationShape = Shape[Record]
CallShape = Shape[Message]
ToolsShape = Shape[tuple[Tool, ...]]


def policy_for(name: str, on_loss: str, losses: list[str]) -> LossPolicy:
    """The policy of a reading or a writing; the losses are added to the list."""
    return LossPolicy(name, on_loss, NOTED, losses)


def is_among(value: Any, known: Container[str]) -> bool:
    """Whether a value of any type is one of some texts."""
    return isinstance(value, str) and value in known


def mapping(value: Any, where: str, expected: str = "an object") -> Mapping[str, Any]:
    """The value as a mapping.

    Raises:
        FormatError: It is none.
    """
    if not isinstance(value, Mapping):
        raise FormatError(f"{where}: found {found(value)}, expected {expected}")
    return value


def text_of(value: Any, where: str) -> str | None:
    """The value as a text or `None`.

    Raises:
        FormatError: It is neither.
    """
    if value is not None and not isinstance(value, str):
        raise FormatError(f"{where}: found {found(value)}, expected a string")
    return value


def json_value(value: Any, where: str) -> Any:
    """A value that may be given as JSON text, or as it is.

    Raises:
        FormatError: It is a text that is no JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{where}: found {found(value)}, expected JSON ({error})") from error


def arguments_text(value: Any, where: str) -> str:
    """The text of a call's arguments, which may be given as a text or as an object.

    Raises:
        FormatError: It is neither.
    """
    if isinstance(value, Mapping):
        return json.dumps(json_copy(value, where), ensure_ascii=False)
    if not isinstance(value, str):
        raise FormatError(f"{where}: found {found(value)}, expected a string or an object")
    return value


def refuse_keys(given: Mapping[str, Any], known: tuple[str, ...], index: int | None, policy: LossPolicy) -> None:
    """States the keys that have no place in the conversation model. What is `None` says nothing."""
    for key, value in given.items():
        if key not in known and value is not None:
            policy.lose("keys", index, f"{key}: found {found(value)} under a key that cannot be carried")
