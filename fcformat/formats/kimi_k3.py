"""Kimi K3: thinking, the answer and calls as elements, arguments with their types.

Source: Moonshot's chat template, which prompts come from.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.kimi_k3_elements import CONTROLS, KimiK3Elements, closing, opening
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning

__all__ = ["KIMI_K3"]

KIMI_K3 = CallFormat(
    "kimi_k3",
    aliases=("kimi-k3", "moonshotai/Kimi-K3*"),
    turn=ReasonedTurn(
        Reasoning(
            opening("think"),
            closing("think"),
            unopened="undecided",
            ended_by=(opening("response"), opening("tools")),
        ),
        KimiK3Elements(),
    ),
    stops=("<|end_of_msg|>", "[EOS]"),
    headers=('<|open|>message role="assistant"<|sep|>',),
    begins=(closing("message"), "<|open|>message "),
    controls=CONTROLS,
)
