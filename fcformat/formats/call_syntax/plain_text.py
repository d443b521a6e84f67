"""The assistant's turn as text alone, for models that do not call tools."""

from __future__ import annotations

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import ToolViews
from fcformat.formats.call_syntax.turn import Turn, TurnPlan, answer, read_text
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Steps
from fcformat.parsing.message_builder import MessageBuilder

__all__ = ["PlainText"]


class PlainText(Turn):
    """Text."""

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        if message.tool_calls:
            raise FormatError(f"message {index}: found {len(message.tool_calls)} calls, expected text alone")
        draft.text(message.content or "", trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`; tools that may be called are not called."""
        if plan.required:
            raise FormatError("tool_choice: found that a call is required, but the format has no calls")
        return answer(plan)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        return (yield from read_text(cursor, boundaries, builder.content))
