"""How much single messages count in training, as records label them: OpenAI's `weight`, ChatGLM3's `loss`, axolotl's `train`.

Where a record says nothing, its trainer decides, which is everything that the assistant writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fcformat.chat import Message
from fcformat.chat._checks import found
from fcformat.errors import FormatError
from fcformat.formats.losses import LossPolicy
from fcformat.records.shape import Record

__all__ = ["WEIGHT_KEYS", "label", "state_weights", "weight_of"]

#: Keys under which a message's weight is read.
WEIGHT_KEYS = ("weight", "loss", "train")


def weight_of(given: Mapping[str, Any], where: str) -> float | None:
    """The weight that a message is labelled with; `None` where there is none.

    Raises:
        FormatError: It is no number and no truth value, or labels contradict each other.
    """
    weights = set()
    for key in WEIGHT_KEYS:
        value = given.get(key)
        if value is None:
            continue
        if not isinstance(value, (bool, int, float)) or not 0 <= value < float("inf"):
            raise FormatError(f"{where}: {key}: found {found(value)}, expected a number that is not negative")
        weights.add(value * 1.0)
    if len(weights) > 1:
        raise FormatError(f"{where}: found the weights {sorted(weights)}, expected one")
    return weights.pop() if weights else None


def label(turn: dict[str, Any], key: str, weight: float | None) -> dict[str, Any]:
    """The turn with its weight, where it has one: under `loss` and `train` a truth value, else a number."""
    if weight is not None:
        turn[key] = bool(weight) if key != "weight" else int(weight) if weight == int(weight) else weight
    return turn


def state_weights(record: Record, key: str, policy: LossPolicy) -> None:
    """States the weights that a shape cannot write.

    Args:
        record: What is written.
        key: The shape's key for weights; `""`: it has none. `"weight"` takes any number, others yes or no.
        policy: Told of them.
    """
    for index, weight in sorted(record.weights.items()):
        message: Message = record.conversation.messages[index]
        usual = 1.0 if message.role == "assistant" else 0.0
        if weight != usual and (not key or (key != "weight" and weight not in (0.0, 1.0))):
            policy.lose("weights", index, f"the weight {weight:g} in training is not written")
