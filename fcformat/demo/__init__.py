"""A model and a vocabulary small enough to try the library on, without a download: see `fcformat demo`.

`load_tokenizer()` gives the vocabulary that the package ships, `load_model()` a transformers model of Qwen2's
architecture with random weights, `TOOLS` and `MESSAGES` something to ask it. The model knows nothing: whatever is right
about its answers comes from the constraint. Needs the extra `transformers`; nothing else of the package imports this.
"""

from __future__ import annotations

from fcformat.demo.model import load_model, load_tokenizer
from fcformat.demo.scenario import MESSAGES, TOOLS

__all__ = ["MESSAGES", "TOOLS", "load_model", "load_tokenizer"]
