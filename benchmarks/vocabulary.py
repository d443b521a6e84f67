"""What a vocabulary costs once: reading it out of a tokenizer, making it ready, and bringing it back from a pickle in another process.

"Ready" means that the first mask can be filled: the native vocabulary with its trie is there. Peers are timed where they have the step.
"""

from __future__ import annotations

import gc
import importlib.util
import math
import pickle
import time
from collections.abc import Callable
from typing import Any

import fcformat

__all__ = ["vocabulary"]


def _best(passes: int, task: Callable[[], Any]) -> float:
    """Milliseconds of the fastest pass."""
    fastest = math.inf
    for _ in range(passes):
        gc.collect()
        start = time.perf_counter()
        kept = task()
        fastest = min(fastest, time.perf_counter() - start)
        del kept
    return fastest * 1e3


def _ready(info: fcformat.TokenizerInfo) -> fcformat.TokenizerInfo:
    _ = info.native
    return info


def vocabulary(tokenizer: Any, vocab_size: int, passes: int) -> dict[str, dict[str, float]]:
    """Milliseconds and megabytes by engine."""
    print("\n== vocabulary: from a tokenizer to ready, and from a pickle to ready, ms")
    pickled = pickle.dumps(fcformat.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size))
    ours = {
        "from_tokenizer_ms": _best(
            passes, lambda: _ready(fcformat.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size))
        ),
        "from_pickle_ms": _best(passes, lambda: _ready(pickle.loads(pickled))),
        "pickle_mb": len(pickled) / 1e6,
    }
    info = fcformat.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size)
    spelled = sum(len(info.token_bytes(i) or b"") for i in range(info.vocab_size))
    ours["memory_mb"] = (info.native.nbytes + spelled + 8 * info.vocab_size) / 1e6
    figures = {"fcformat": ours}
    if importlib.util.find_spec("llguidance"):
        import llguidance.hf

        figures["llguidance"] = {
            "from_tokenizer_ms": _best(passes, lambda: llguidance.hf.from_tokenizer(tokenizer, n_vocab=vocab_size))
        }
    if importlib.util.find_spec("xgrammar"):
        import xgrammar

        kept = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size).serialize_json()
        figures["xgrammar"] = {
            "from_tokenizer_ms": _best(
                passes, lambda: xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=vocab_size)
            ),
            "from_pickle_ms": _best(passes, lambda: xgrammar.TokenizerInfo.deserialize_json(kept)),
        }
    for name, row in figures.items():
        print(f"  {name:<11} " + "   ".join(f"{field} {value:,.1f}" for field, value in row.items()))
    return figures
