"""Record shapes by name, and by what a value looks like."""

from __future__ import annotations

from typing import Any

from fcformat.chat._checks import found
from fcformat.errors import FormatError
from fcformat.records.alpaca import ALPACA, PROMPT_COMPLETION, PROMPT_RESPONSE
from fcformat.records.anthropic import ANTHROPIC
from fcformat.records.calls import CALL_SHAPES
from fcformat.records.chatglm3 import CHATGLM3_FINETUNE
from fcformat.records.glm4 import GLM4_FINETUNE
from fcformat.records.llama_factory import LLAMA_FACTORY, LLAMA_FACTORY_OPENAI
from fcformat.records.openai import OPENAI, OPENAI_LEGACY
from fcformat.records.shape import Shape
from fcformat.records.sharegpt import SHAREGPT, SHAREGPT_HERMES
from fcformat.records.tool_objects import TOOL_OBJECTS
from fcformat.records.tools import TOOL_SHAPES

__all__ = ["detect_record", "list_records", "record_shape"]

_SHAPES: tuple[Shape[Any], ...] = (
    OPENAI,
    OPENAI_LEGACY,
    ANTHROPIC,
    SHAREGPT,
    SHAREGPT_HERMES,
    LLAMA_FACTORY,
    LLAMA_FACTORY_OPENAI,
    ALPACA,
    PROMPT_COMPLETION,
    PROMPT_RESPONSE,
    CHATGLM3_FINETUNE,
    GLM4_FINETUNE,
    *CALL_SHAPES,
    *TOOL_SHAPES,
    *TOOL_OBJECTS,
)
_BY_NAME: dict[str, Shape[Any]] = {}
for _shape in _SHAPES:
    for _name in (_shape.name, *_shape.aliases):
        assert _name not in _BY_NAME, f"two record shapes are called {_name}"
        _BY_NAME[_name] = _shape


def record_shape(name: str) -> Shape[Any] | None:
    """The shape of this name or alias, or `None`."""
    return _BY_NAME.get(name.lower())


def list_records() -> tuple[Shape[Any], ...]:
    """All record shapes."""
    return _SHAPES


def detect_record(value: Any) -> Shape[Any]:
    """The shape that a value is of.

    Raises:
        FormatError: It is of none, or of more than one.
    """
    candidates = [shape for shape in _SHAPES if shape.recognises(value)]
    if len(candidates) == 1:
        return candidates[0]
    names = ", ".join(shape.name for shape in candidates or _SHAPES)
    if candidates:
        raise FormatError(f"source: found {found(value)} that may be {names}, expected source= to name one")
    raise FormatError(
        f"source: found {found(value)} of no known shape, expected source= to name a format, or one of {names}"
    )
