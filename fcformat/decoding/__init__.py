"""Constrained decoding: vocabularies, grammars compiled for them, matchers, bitmasks, and the pieces for `generate()`.

Names are imported on first use, so that importing this package loads neither torch nor transformers nor the native engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Imported at once: the function has the name of its module, and must be what `fcformat.decoding.constrain` gives.
from fcformat.decoding.constrain import constrain
from fcformat.decoding.tokenizer_info import TokenizerInfo

if TYPE_CHECKING:
    from fcformat.decoding.batch import BatchGrammarMatcher, traverse_draft_tree
    from fcformat.decoding.bitmask import allocate_token_bitmask, apply_token_bitmask_inplace
    from fcformat.decoding.compiler import CompiledGrammar, GrammarCompiler
    from fcformat.decoding.jump_forward import JumpForward
    from fcformat.decoding.logits_processor import LogitsProcessor
    from fcformat.decoding.matcher import GrammarMatcher
    from fcformat.decoding.report import GenerationReport
    from fcformat.decoding.stopping import StoppingCriteria

__all__ = [
    "BatchGrammarMatcher",
    "CompiledGrammar",
    "GenerationReport",
    "GrammarCompiler",
    "GrammarMatcher",
    "JumpForward",
    "LogitsProcessor",
    "StoppingCriteria",
    "TokenizerInfo",
    "allocate_token_bitmask",
    "apply_token_bitmask_inplace",
    "constrain",
    "traverse_draft_tree",
]

_MODULES = {
    "BatchGrammarMatcher": "batch",
    "CompiledGrammar": "compiler",
    "GrammarCompiler": "compiler",
    "GrammarMatcher": "matcher",
    "GenerationReport": "report",
    "JumpForward": "jump_forward",
    "LogitsProcessor": "logits_processor",
    "StoppingCriteria": "stopping",
    "allocate_token_bitmask": "bitmask",
    "apply_token_bitmask_inplace": "bitmask",
    "traverse_draft_tree": "batch",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
