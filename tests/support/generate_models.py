"""Small random models of several architectures, the prompts that they are given, and the schemas that they are held to.

They know nothing, so whatever is valid about their output comes from the constraint.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
import transformers

from support import tokenizers as make

__all__ = [
    "ARCHITECTURES",
    "CITY",
    "END",
    "OTHER_END",
    "PAD",
    "PERSON",
    "WIDTH",
    "foreign_model",
    "foreign_tokenizer",
    "left_padded",
    "new_model",
    "qwen2",
    "small_model",
    "tokenizer",
]

WIDTH = 300  # wider than the small tokenizer's 273
END, PAD, OTHER_END = 269, 270, 271
PERSON = {
    "type": "object",
    "properties": {
        "name": {"enum": ["Ann", "Bob", "Zoë"]},
        "age": {"type": "integer", "minimum": 0, "maximum": 99},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
CITY = {
    "type": "object",
    "properties": {"city": {"const": "Oslo"}},
    "required": ["city"],
    "additionalProperties": False,
}

_NAMES: dict[str, Any] = {"vocab_size": WIDTH, "bos_token_id": None, "eos_token_id": END, "pad_token_id": PAD}
_DECODER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


def qwen2(**changes: Any) -> Any:
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**{**_NAMES, **_DECODER, **changes}))


def _llama() -> Any:
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**_NAMES, **_DECODER))


def _glm() -> Any:
    return transformers.GlmForCausalLM(transformers.GlmConfig(**_NAMES, **_DECODER, head_dim=8))


def _gpt2() -> Any:
    size = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 512}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**_NAMES, **size))


def _t5() -> Any:
    size = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": PAD}
    return transformers.T5ForConditionalGeneration(transformers.T5Config(**{**_NAMES, **size}))


ARCHITECTURES: dict[str, Callable[[], Any]] = {"qwen2": qwen2, "llama": _llama, "gpt2": _gpt2, "glm": _glm, "t5": _t5}


def new_model(architecture: str, seed: int) -> Any:
    """A model that nobody else holds."""
    torch.manual_seed(seed)
    model = ARCHITECTURES[architecture]().eval()
    model.generation_config.max_new_tokens = 120
    return model


@functools.cache
def small_model(architecture: str, seed: int) -> Any:
    """A model shared by all who ask for it: it must not be changed."""
    return new_model(architecture, seed)


@functools.cache
def tokenizer() -> Any:
    """The small byte-level tokenizer that the models are made for."""
    return _ordered(make.small_tokenizer())


def foreign_tokenizer() -> Any:
    """Another tokenizer, for assistants."""
    return _ordered(make.demo_tokenizer())


def _ordered(tokenizer: Any) -> Any:
    """With its vocabulary in the order of ids, not in an order by chance: what an assistant of another tokenizer draws depends on it."""
    vocabulary = dict(sorted(tokenizer.get_vocab().items(), key=lambda entry: int(entry[1])))
    tokenizer.get_vocab = lambda: dict(vocabulary)
    return tokenizer


def foreign_model(seed: int) -> Any:
    """A model of the foreign tokenizer; made anew, because sampling with it prunes its head."""
    torch.manual_seed(seed)
    own = foreign_tokenizer()
    return qwen2(eos_token_id=own.eos_token_id, pad_token_id=own.pad_token_id, vocab_size=len(own)).eval()


def left_padded(texts: Sequence[str]) -> dict[str, torch.Tensor]:
    """Ids and attention mask of prompts."""
    rows = [list(text.encode()) for text in texts]
    length = max(map(len, rows))
    return {
        "input_ids": torch.tensor([[PAD] * (length - len(row)) + row for row in rows]),
        "attention_mask": torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in rows]),
    }
