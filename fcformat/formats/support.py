"""What a format supports, found out from its declaration: small messages are written, and what raises is not supported."""

from __future__ import annotations

import dataclasses
import warnings

from fcformat.chat import FunctionCall, Message, Tool, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_format import CallFormat
from fcformat.formats.losses import FormatLossWarning
from fcformat.formats.rendered import Draft

__all__ = ["Support", "support_of"]

_ASK = Message("user", "Hello.")
_TOOL = Tool.from_any({"name": "ping_twice", "parameters": {"type": "object", "properties": {}}})
_BESIDE = "One moment."
#: Ids that every family which writes ids can write.
_IDS = ("9qkZ7aXw1", "9qkZ7aXw2")


@dataclasses.dataclass(frozen=True, slots=True)
class Support:
    """What a format can do, beside questions and answers.

    Attributes:
        native: Whether it renders prompts itself; else they come from the model's own chat template.
        reads_prompts: Whether prompts can be read back.
        reasoning: Whether replies may reason.
        calls: Whether replies may call.
        parallel: Whether one reply may hold several calls.
        beside: Whether text may stand beside a call.
        ids: Whether calls' ids are written as they are given.
    """

    native: bool
    reads_prompts: bool
    reasoning: bool
    calls: bool
    parallel: bool
    beside: bool
    ids: bool


def support_of(form: Format) -> Support:
    """What a format supports."""
    native = not isinstance(form, CallFormat)

    def written(count: int, content: str | None = None) -> str:
        """The text of a reply with so many calls, or of the conversation with it; `""` where it cannot be written."""
        calls = tuple(ToolCall(FunctionCall(_TOOL.name, "{}"), _IDS[number]) for number in range(count))
        reply = Message("assistant", content, calls)
        try:
            if native:
                results = tuple(Message("tool", "pong", tool_call_id=call.id, name=_TOOL.name) for call in calls)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", FormatLossWarning)
                    return form.render((_ASK, reply, *results), tools=(_TOOL,)).text
            draft = Draft(())
            form.turn.write(reply, 0, draft)
            return draft.rendered().text
        except FormatError:
            return ""

    none, one, two = (written(count) for count in range(3))
    calls = one.count(_TOOL.name) > none.count(_TOOL.name)
    return Support(
        native=native,
        reads_prompts=form.reads_prompts,
        reasoning=form.turn.reasons,
        calls=calls,
        parallel=calls and two.count(_TOOL.name) > one.count(_TOOL.name),
        beside=calls and _BESIDE in written(1, _BESIDE),
        ids=calls and _IDS[0] in one,
    )
