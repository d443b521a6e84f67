"""One format object renders prompts, constrains decoding and parses replies, whole and streamed.

This module names the public API and nothing else; each name is imported when it is first used, so that `import fcformat`
loads neither torch nor transformers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fcformat.errors import (
    FcformatError,
    FormatError,
    GrammarError,
    GrammarLimitError,
    ParseError,
    SchemaError,
    TokenizerError,
    UnsupportedSchemaError,
)
from fcformat.json_style import JSONStyle

if TYPE_CHECKING:
    from fcformat.chat import Conversation, Message, Tool
    from fcformat.conversion import Converted, convert, list_shapes
    from fcformat.decoding import (
        BatchGrammarMatcher,
        CompiledGrammar,
        GrammarCompiler,
        GrammarMatcher,
        LogitsProcessor,
        StoppingCriteria,
        TokenizerInfo,
        allocate_token_bitmask,
        apply_token_bitmask_inplace,
        traverse_draft_tree,
    )
    from fcformat.decoding.constrain import constrain
    from fcformat.formats import Format, get_format, list_formats
    from fcformat.formats.templates import detect_format, format_from_template

__version__ = "0.1.0"

__all__ = [
    "BatchGrammarMatcher",
    "CompiledGrammar",
    "Conversation",
    "Converted",
    "FcformatError",
    "Format",
    "FormatError",
    "GrammarCompiler",
    "GrammarError",
    "GrammarLimitError",
    "GrammarMatcher",
    "JSONStyle",
    "LogitsProcessor",
    "Message",
    "ParseError",
    "SchemaError",
    "StoppingCriteria",
    "TokenizerError",
    "TokenizerInfo",
    "Tool",
    "UnsupportedSchemaError",
    "__version__",
    "allocate_token_bitmask",
    "apply_token_bitmask_inplace",
    "constrain",
    "convert",
    "detect_format",
    "format_from_template",
    "get_format",
    "list_formats",
    "list_shapes",
    "traverse_draft_tree",
]

_ROOMS = {
    "fcformat.chat": ("Conversation", "Message", "Tool"),
    "fcformat.conversion": ("Converted", "convert", "list_shapes"),
    "fcformat.decoding": (
        "BatchGrammarMatcher",
        "CompiledGrammar",
        "GrammarCompiler",
        "GrammarMatcher",
        "LogitsProcessor",
        "StoppingCriteria",
        "TokenizerInfo",
        "allocate_token_bitmask",
        "apply_token_bitmask_inplace",
        "constrain",
        "traverse_draft_tree",
    ),
    "fcformat.formats": ("Format", "get_format", "list_formats"),
    "fcformat.formats.templates": ("detect_format", "format_from_template"),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ROOM_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
