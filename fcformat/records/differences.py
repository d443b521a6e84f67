"""What two conversations say differently: the check that a conversion has stated everything that it lost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from fcformat.chat import Conversation, Message, Tool, ToolCall
from fcformat.chat._checks import found
from fcformat.formats.losses import Loss
from fcformat.records.fitting import one_call_a_message
from fcformat.records.shape import policy_for

__all__ = ["unstated"]

#: Kinds of stated loss after which messages no longer stand where they stood.
_MOVES = frozenset(
    ("calls", "content", "empty", "lines", "messages", "order", "parallel", "results", "system", "systems")
)
#: Kinds of stated loss of a message that is left out.
_LEAVES_OUT = frozenset(("results", "system", "systems"))
#: Kinds of stated loss that explain a difference of each field.
_EXPLAINS = {
    "content": frozenset(("content", "space", "spelling", "encoding", "empty", "lines", "media", "blocks")),
    "reasoning": frozenset(("reasoning", "space")),
}


#: Kind of a loss, index of its message, and a sentence.
Difference = tuple[str, int | None, str]


def unstated(before: Conversation, after: Conversation, stated: Sequence[str]) -> Iterator[Difference]:
    """What `after` lacks of `before` and no stated loss explains. What it has beside, such as ids, is no loss.

    Args:
        before: The conversation that was written.
        after: What reading the written value gives.
        stated: The losses that writing stated.
    """
    kinds: dict[int | None, set[str]] = {}
    for loss in stated:
        if isinstance(loss, Loss):
            kinds.setdefault(loss.message, set()).add(loss.kind)
    yield from _tools(before.tools, after.tools, kinds.get(None, set()))
    every = set().union(*kinds.values())
    spoken = list(enumerate(before.messages))
    if "parallel" in every:
        spoken = one_call_a_message(before.messages, policy_for("", "drop", []))
    if len(spoken) != len(after.messages):
        spoken = [(index, message) for index, message in spoken if not kinds.get(index, set()) & _LEAVES_OUT]
    if len(spoken) != len(after.messages):
        if not every & _MOVES:
            yield "messages", None, f"{len(before.messages)} messages read back as {len(after.messages)}"
        return
    once: set[str] = every & {"ids", "names"}
    for (index, one), other in zip(spoken, after.messages):
        for kind, place, what in _message(index, one, other, kinds.get(index, set())):
            if kind not in ("ids", "names"):
                yield kind, place, what
            elif kind not in once:  # one sentence says it for all messages
                once.add(kind)
                yield kind, None, f"{what} (message {place} and any others)"


def _message(index: int, before: Message, after: Message, kinds: set[str]) -> Iterator[Difference]:
    def differs(kind: str, what: str) -> Difference:
        return kind, index, what

    if {before.role, after.role} == {"system", "developer"}:
        if "roles" not in kinds:
            yield differs("roles", f"the role {before.role!r} reads back as {after.role!r}")
    elif before.role != after.role:
        if not kinds & _MOVES:
            yield differs("messages", f"the role {before.role!r} reads back as {after.role!r}")
        return
    for field, explained in _EXPLAINS.items():
        one, other = getattr(before, field), getattr(after, field)
        if one == other or kinds & explained:
            continue
        if not one and not other:
            yield differs("spelling", f"no {field}, {found(one)}, reads back as {found(other)}")
        elif one:
            yield differs(field, f"the {field} reads back as {found(other)}")
    if before.name is not None and before.name != after.name and not kinds & {"name", "names"}:
        if before.role == "tool":
            yield differs("names", "names of functions are not written with their results")
        else:
            yield differs("name", f"the speaker's name {before.name!r} is not written")
    if before.tool_call_id is not None and before.tool_call_id != after.tool_call_id and "ids" not in kinds:
        yield differs("ids", "ids of calls and results are not written")
    yield from _calls(index, before.tool_calls, after.tool_calls, kinds)


def _calls(
    index: int, before: tuple[ToolCall, ...], after: tuple[ToolCall, ...], kinds: set[str]
) -> Iterator[Difference]:
    if len(before) != len(after):
        if "calls" not in kinds:
            yield "calls", index, f"{len(before)} calls read back as {len(after)}"
        return
    if any(one.id is not None and one.id != other.id for one, other in zip(before, after)) and "ids" not in kinds:
        yield "ids", index, "ids of calls and results are not written"
    for position, (one, other) in enumerate(zip(before, after)):
        where = f"tool_calls[{position}] ({one.function.name})"
        if one.function.name != other.function.name:
            yield "calls", index, f"{where}: the name reads back as {other.function.name!r}"
        if one.function.arguments != other.function.arguments:
            if _exact(one.function.arguments) == _exact(other.function.arguments):
                yield "spelling", index, f"{where}: the arguments' JSON is spelled otherwise"
            else:
                what = f"the arguments read back as {found(other.function.arguments)}"
                yield "arguments", index, f"{where}: {what}"


def _tools(before: tuple[Tool, ...], after: tuple[Tool, ...], kinds: set[str]) -> Iterator[Difference]:
    if before == after or kinds & {"tools", "schema", "fields"}:
        return
    if len(before) != len(after):
        yield "tools", None, f"{len(before)} tools read back as {len(after)}"
        return
    for number, (one, other) in enumerate(zip(before, after)):
        if one == other:
            continue
        same = (one.name, one.description, one.parameters) == (other.name, other.description, other.parameters)
        if same and one.strict in (None, other.strict):
            yield "spelling", None, f"tool {number} ({one.name}): the definition is written otherwise"
        else:
            yield "tools", None, f"tool {number} ({one.name}): the definition reads back with another meaning"


def _exact(arguments: str) -> Any:
    """The value of a JSON text, with numbers as they are written: floats would hide what was lost."""
    try:
        return json.loads(arguments, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError):
        return arguments
