"""Data that the package ships: the small vocabulary of `fcformat demo`.

`demo_tokenizer.json` is a byte-level BPE of 4,096 tokens in the file format of the `tokenizers` library, trained by
`train_vocabulary.py` on this project's own text. It exists so that examples and tests need no download; it is no
vocabulary to train a model with.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["DEMO_TOKENIZER"]

DEMO_TOKENIZER = Path(__file__).with_name("demo_tokenizer.json")
"""Path of the vocabulary's file."""
