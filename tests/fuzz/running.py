"""What the Python targets share: bytes as choices, and a run by Atheris or at random."""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections.abc import Callable
from typing import Any


class Bytes:
    """Choices out of a fuzzer's bytes; zero where they have run out."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> bool:
        """Whether there are more."""
        return self._at < len(self._data)

    def below(self, limit: int) -> int:
        """A number below the limit, which is at most 256."""
        self._at += 1
        return self._data[self._at - 1] % limit if self._at <= len(self._data) else 0

    def text(self, words: list[str]) -> str:
        """All that is left: bytes above 127 are words, the others themselves."""
        rest, self._at = self._data[self._at :], len(self._data)
        return "".join(words[byte % len(words)] if byte > 127 else chr(byte) for byte in rest)


def at_random() -> bool:
    """Whether the run is to go without Atheris."""
    return "--seconds" in sys.argv


def instrumented() -> Any:
    """The context to import the library in."""
    if at_random():
        return contextlib.nullcontext()
    import atheris

    return atheris.instrument_imports(include=["fcformat"])


def fuzz(target: Callable[[bytes], None], what: str) -> None:
    """Runs a target until told to stop."""
    if not at_random():
        import atheris

        atheris.Setup(sys.argv, target)
        atheris.Fuzz()
        return
    seconds = float(sys.argv[sys.argv.index("--seconds") + 1])
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    source, end, runs = random.Random(seed), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        target(source.randbytes(source.randrange(3, 60)))
        runs += 1
    print(f"{runs} {what} without a finding")
