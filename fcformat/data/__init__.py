"""Data that the package ships: the small vocabulary of `fcformat demo`, and JSON Schema's metaschemas.

`demo_tokenizer.json` is a byte-level BPE of 4,096 tokens in the file format of the `tokenizers` library, trained by
`train_vocabulary.py` on this project's own text. It exists so that examples and tests need no download; it is no
vocabulary to train a model with.

`metaschemas.json` holds the metaschemas of drafts 4 to 2020-12 unchanged but for white space, by URI. They are the standard's own
(https://github.com/json-schema-org/json-schema-spec), licensed by its authors under the 3-clause BSD licence or the AFL 3.0.
"""

from __future__ import annotations

import json
from pathlib import Path

from fcformat.decoding.tokenizer_bytes import byte_level

__all__ = ["DEMO_STOP_TOKENS", "DEMO_TOKENIZER", "METASCHEMAS", "demo_vocabulary"]

DEMO_TOKENIZER = Path(__file__).with_name("demo_tokenizer.json")
"""Path of the vocabulary's file."""

METASCHEMAS = Path(__file__).with_name("metaschemas.json")
"""Path of the metaschemas of drafts 4 to 2020-12, by URI without fragment, as https://json-schema.org publishes them."""

# A turn ends where the model stops, or where it hands over to the user or to a tool (as ChatGLM3 does).
DEMO_STOP_TOKENS = ("<|im_end|>", "<|endoftext|>", "<|user|>", "<|observation|>")
"""The control tokens that end the model's turn."""


def demo_vocabulary() -> tuple[list[bytes | None], dict[int, str], list[int]]:
    """The vocabulary as `TokenizerInfo.from_bytes` takes it; neither `tokenizers` nor `transformers` is needed.

    Returns:
        The bytes of every token (`None` for special ones), the text of the added tokens by id, and the stop tokens' ids.
    """
    described = json.loads(DEMO_TOKENIZER.read_text(encoding="utf-8"))
    ordinary = sorted(described["model"]["vocab"], key=described["model"]["vocab"].__getitem__)
    tokens: list[bytes | None] = list(byte_level(ordinary))
    control_tokens = {added["id"]: added["content"] for added in described["added_tokens"]}
    tokens += [None if added["special"] else added["content"].encode() for added in described["added_tokens"]]
    return tokens, control_tokens, [token for token, text in control_tokens.items() if text in DEMO_STOP_TOKENS]
