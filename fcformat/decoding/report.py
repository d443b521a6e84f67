"""What a constraint did to a generation: which tokens it forced, and what it took away from the model.

A prompt that does not tell the model the format shows here: the model's first choice is often forbidden, and the mask removes most of
the probability. Records are kept by the ids before each token, so they are right for beams and drafts too; they cost a softmax a
step and some memory for every call, so they are kept on request only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from fcformat.decoding.matcher_pool import IdMatrix, RowState
    from fcformat.decoding.tokenizer_info import TokenizerInfo

__all__ = ["GenerationReport", "Recorder", "RowReport", "TokenReport"]


@dataclasses.dataclass(frozen=True)
class TokenReport:
    """What the constraint did at one token.

    Attributes:
        token_id: The token that was taken.
        text: Its text; bytes that are no text of their own are replaced.
        forced: Whether the grammar left one continuation, or the mask one token.
        kept: The logarithm of the probability that the model gave to all allowed tokens together.
        first_choice: The token that the model gave the highest score.
        overruled: Whether that one was forbidden.
    """

    token_id: int
    text: str
    forced: bool
    kept: float
    first_choice: int
    overruled: bool

    @property
    def removed_mass(self) -> float:
        """The probability of all forbidden tokens together, as the model gave it."""
        return -math.expm1(self.kept)


@dataclasses.dataclass(frozen=True)
class RowReport:
    """One sequence.

    Attributes:
        tokens: What is known of each generated token, the ending stop token included.
        unrecorded: Generated tokens that never passed the processor (forced ones of a jump that nobody asked the logits of).
    """

    tokens: tuple[TokenReport, ...]
    unrecorded: int

    @property
    def forced(self) -> int:
        """How many tokens were forced."""
        return sum(token.forced for token in self.tokens)

    @property
    def overruled(self) -> int:
        """At how many tokens the model's first choice was forbidden."""
        return sum(token.overruled for token in self.tokens)

    @property
    def distortion(self) -> float:
        """How far the constraint bent the model, in nats: minus the logarithm of the probability that all masks together kept.

        Zero where the model would only ever have said what is allowed.
        """
        return max(0.0, -sum(token.kept for token in self.tokens))


@dataclasses.dataclass(frozen=True)
class GenerationReport:
    """All sequences of one `generate()`; printing it gives a table.

    Attributes:
        rows: One report a sequence.
        mask_seconds: Time spent filling masks, on whatever thread.
        wait_seconds: How much of it the generation waited for.
        apply_seconds: Time spent applying them (launching that, on devices other than the CPU).
        calls: How often the processor was called.
    """

    rows: tuple[RowReport, ...]
    mask_seconds: float
    wait_seconds: float
    apply_seconds: float
    calls: int

    def __str__(self) -> str:
        lines = [f"{'row':>4} {'tokens':>7} {'forced':>7} {'overruled':>10} {'distortion':>11}"]
        lines += [
            f"{number:>4} {len(row.tokens) + row.unrecorded:>7} {row.forced:>7} {row.overruled:>10} {row.distortion:>11.2f}"
            for number, row in enumerate(self.rows)
        ]
        lines.append(
            f"{self.calls} calls; masks filled in {self.mask_seconds * 1e3:.1f} ms (waited {self.wait_seconds * 1e3:.1f} ms), "
            f"applied in {self.apply_seconds * 1e3:.1f} ms"
        )
        return "\n".join(lines)


@dataclasses.dataclass(slots=True)
class _Record:
    kept: float
    first_choice: int
    overruled: bool
    single: bool
    forced_text: bytes


class Recorder:
    """Keeps records for a report.

    Args:
        info: The vocabulary.
    """

    def __init__(self, info: TokenizerInfo) -> None:
        self._info = info
        self._records: dict[tuple[bytes, int], _Record] = {}
        self._by_row = False
        self.calls = 0

    def clear(self) -> None:
        """Forget all."""
        self._records = {}
        self.calls = 0

    def begin(self, prompt: IdMatrix) -> None:
        """Learn the first call's prompt, int64 of shape (rows, length)."""
        # Prompts that are not in the ids (embeddings, an encoder's input) are told apart by the place of their rows.
        self._by_row = prompt.shape[1] <= 1

    def record(
        self,
        ids: IdMatrix,
        states: Sequence[RowState | None],
        scores: torch.Tensor,
        masked: torch.Tensor,
        bitmask: torch.Tensor,
    ) -> None:
        """Keep what a call of the processor did.

        Args:
            ids: Prompt and generated ids, of shape (rows, length).
            states: The state of each row.
            scores: What the processor was given, of shape (rows, width).
            masked: What it gave back.
            bitmask: What it allowed, of shape (rows, words).
        """
        self.calls += 1
        before = scores.float()
        kept = torch.logsumexp(masked.float(), dim=1) - torch.logsumexp(before, dim=1)
        first = before.argmax(dim=1)
        overruled = torch.isneginf(masked.gather(1, first.unsqueeze(1)).squeeze(1))
        counts = np.unpackbits(bitmask.numpy().view(np.uint8), axis=1).sum(axis=1)
        texts: dict[int, bytes] = {}
        for row, state in enumerate(states):
            if state is not None and id(state) not in texts:
                forced = state.matcher.find_jump_forward_string() if state.status == "live" else ""
                texts[id(state)] = forced.encode()
            self._records[self._key(ids[row], row)] = _Record(
                min(0.0, float(kept[row])),
                int(first[row]),
                bool(overruled[row]),
                bool(counts[row] == 1),
                b"" if state is None else texts[id(state)],
            )

    def report_row(self, ids: IdMatrix, start: int, row: int) -> RowReport:
        """The report of a sequence.

        Args:
            ids: All its ids, of shape (length,).
            start: The prompt's length.
            row: Its place.
        """
        tokens = []
        unrecorded = 0
        for place in range(start, len(ids)):
            token_id = int(ids[place])
            record = self._records.get(self._key(ids[:place], row))
            if record is None:
                unrecorded += 1
            else:
                tokens.append(self._token(token_id, record))
            if token_id in self._info.stop_token_ids:
                break
        return RowReport(tuple(tokens), unrecorded)

    def _token(self, token_id: int, record: _Record) -> TokenReport:
        data = self._info.decode([token_id]) if 0 <= token_id < self._info.vocab_size else b""
        forced = record.single or bool(data and record.forced_text and record.forced_text.startswith(data))
        text = data.decode("utf-8", "replace")
        return TokenReport(token_id, text, forced, record.kept, record.first_choice, record.overruled)

    def _key(self, ids: IdMatrix, row: int) -> tuple[bytes, int]:
        digest = hashlib.blake2b(ids.tobytes(), digest_size=16).digest()
        return digest, row if self._by_row else -1
