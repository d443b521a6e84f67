"""How a template's model marks its reasoning, told from what the template writes of it."""

from __future__ import annotations

import dataclasses
import re

from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.turn import Turn
from fcformat.formats.templates.probes import Probes

__all__ = ["reasoned"]

#: Opening tags of blocks of reasoning; formats with other marks declare them themselves.
_OPENING = re.compile(r"<(?P<name>(?:\w+:)?think\w*)>|\[THINK\]|<\|START_THINKING\|>")
_CLOSING = {"[THINK]": "[/THINK]", "<|START_THINKING|>": "<|END_THINKING|>"}


def reasoned(turn: Turn, probes: Probes, source: str) -> Turn:
    """A turn with reasoning before it where the template shows any, laid out as the template does.

    Args:
        turn: The turn of the call format.
        probes: What is known of the template.
        source: The template's text.
    """
    if isinstance(turn, ReasonedTurn):
        declared = turn.reasoning
        around = probes.reasoning or ("", "")
        if not around[0].startswith(declared.opening) or declared.closing not in around[1]:
            return turn
        before, _, rest = around[1].partition(declared.closing)
        layout = dataclasses.replace(
            declared,
            after_opening=around[0].removeprefix(declared.opening),
            before_closing=before,
            after_closing=rest[: len(rest) - len(rest.lstrip())],
            joint="",
        )
        return ReasonedTurn(layout, turn.inner)
    shown = _OPENING.match(probes.reasoning[0]) if probes.reasoning else None
    opening = shown or _OPENING.search(probes.header) or _OPENING.search(source)
    if opening is None:
        return turn
    closing = f"</{opening['name']}>" if opening["name"] else _CLOSING[opening[0]]
    behind = probes.header.rpartition(opening[0])[2] if opening[0] in probes.header else closing
    after_opening, before_closing, after_closing = "\n", "\n", "\n\n"
    if shown and probes.reasoning and closing in probes.reasoning[1]:
        after_opening = probes.reasoning[0][shown.end() :]
        before_closing, _, rest = probes.reasoning[1].partition(closing)
        after_closing = rest[: len(rest) - len(rest.lstrip())]
    return ReasonedTurn(
        Reasoning(
            opening[0],
            closing,
            after_opening=after_opening,
            before_closing=before_closing,
            after_closing=after_closing,
            unopened="content" if closing in behind else "undecided",
        ),
        turn,
    )
