"""The assistant's turn of a template whose call syntax is not known: text, and an error where calls are asked for."""

from __future__ import annotations

from typing import NoReturn

from fcformat import grammar as g
from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import ToolViews
from fcformat.formats.call_syntax.turn import Turn, TurnPlan, answer, read_text
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Steps
from fcformat.parsing.message_builder import MessageBuilder

__all__ = ["UnknownTurn"]


class UnknownTurn(Turn):
    """Text without calls."""

    def __init__(self, name: str) -> None:
        """Sets up the turn.

        Args:
            name: Name of the format, for errors.
        """
        self._name = name

    def write(self, message: Message, index: int, draft: Draft) -> None:
        """See `Turn`."""
        if message.tool_calls:
            self._refuse()
        draft.text(message.content or "", trainable=True)

    def grammar(self, plan: TurnPlan) -> g.Grammar:
        """See `Turn`."""
        if plan.tools:
            self._refuse()
        return answer(plan)

    def read(
        self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews, boundaries: tuple[str, ...]
    ) -> Steps[str | None]:
        """See `Turn`."""
        if tools:
            self._refuse()
        return (yield from read_text(cursor, boundaries, builder.content))

    def _refuse(self) -> NoReturn:
        raise FormatError(
            f"{self._name}: how this model writes calls cannot be told from its chat template; name the format of its "
            "calls with call_format="
        )
