"""The vocabulary and the model of the demonstration, made in memory in well under a second."""

from __future__ import annotations

from typing import Any

import torch
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from fcformat.data import DEMO_STOP_TOKENS, DEMO_TOKENIZER

__all__ = ["load_model", "load_tokenizer"]

# Wider than the vocabulary, as Qwen's own models are: the ids past its end are never right.
_MODEL_VOCABULARY = 4160


def load_tokenizer() -> Any:
    """The vocabulary that the package ships, as a transformers tokenizer (`PreTrainedTokenizerFast`)."""
    return PreTrainedTokenizerFast(
        tokenizer_file=str(DEMO_TOKENIZER),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
    )


def load_model(seed: int = 0) -> Any:
    """A `Qwen2ForCausalLM` with random weights: 2 layers of width 64.

    Args:
        seed: Decides the weights. PyTorch's own random state is left as it was.
    """
    tokenizer = load_tokenizer()
    config = Qwen2Config(
        vocab_size=_MODEL_VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        bos_token_id=None,
        eos_token_id=[tokenizer.convert_tokens_to_ids(text) for text in DEMO_STOP_TOKENS],
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Qwen2ForCausalLM(config).eval()
