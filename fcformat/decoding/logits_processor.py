"""The logits processor for `transformers`' `generate()`: in every row, what the grammar forbids becomes minus infinity.

It is right in every mode because its state is a function of the generated ids (see `matcher_pool`), not of the order or number of
calls. It never raises for what another processor or a search did to a row: such a row may only stop. The only errors come from
a wrong set-up: a number of grammars that does not divide the rows, or one object used for two different prompts. Filling the bitmask
is the work of `mask_buffer`, stopping the loop that of `stopping`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers.generation.logits_process import LogitsProcessor as _Base

from fcformat.decoding.bitmask import allocate_token_bitmask
from fcformat.decoding.mask_buffer import MaskBuffer
from fcformat.decoding.masking import masked_copy
from fcformat.decoding.matcher import GrammarMatcher
from fcformat.decoding.matcher_pool import IdMatrix, Matcher, MatcherPool, RowState
from fcformat.decoding.recycled_memory import RecycledMemory
from fcformat.decoding.report import GenerationReport, Recorder

if TYPE_CHECKING:
    from fcformat.decoding.compiler import CompiledGrammar
    from fcformat.decoding.forced_tokens import ForcedTokens
    from fcformat.decoding.tokenizer_info import TokenizerInfo

__all__ = ["LogitsProcessor"]


class LogitsProcessor(_Base):  # type: ignore[misc, unused-ignore]
    """Masks what a grammar forbids; one object serves one `generate()`, and a prompt of its own again after `reset()`.

    Args:
        grammars: One grammar for all rows, or several, prompt-major: with 2 grammars and 6 rows, the first three rows follow the
            first. None leaves its rows free.
        tokenizer_info: The vocabulary; needed only where every grammar is None.
        pad_token_id: Allowed in rows that have ended.
        prefix: Text of the constrained value with which the prompt already ends (a forced `{`), one for all grammars or one each.
        logits_width: The width of the model's logits, where it is known: scores of another width are those of an assistant model
            with a tokenizer of its own, and pass unchanged. The model itself checks what the assistant proposes.
        overlap: Whether the stopping criterion begins to fill the next mask on another thread while the model computes; None: where
            filling takes long enough for it to pay.
        report: Whether to keep what `report()` tells; costs a softmax a step.

    Raises:
        ValueError: No grammar is given, the grammars are of different vocabularies, or a prefix breaks its grammar.
    """

    # Continuous batching hands several requests' tokens over in one flat row, which this interface cannot tell apart.
    supports_continuous_batching = False

    def __init__(
        self,
        grammars: CompiledGrammar | Sequence[CompiledGrammar | None] | None,
        *,
        tokenizer_info: TokenizerInfo | None = None,
        pad_token_id: int | None = None,
        prefix: str | bytes | Sequence[str | bytes] = "",
        logits_width: int | None = None,
        overlap: bool | None = None,
        report: bool = False,
    ) -> None:
        self._grammars = tuple(grammars) if isinstance(grammars, (list, tuple)) else (grammars,)
        self._prefixes = (prefix,) * len(self._grammars) if isinstance(prefix, (str, bytes)) else tuple(prefix)
        if not self._grammars or len(self._prefixes) != len(self._grammars):
            raise ValueError(
                f"LogitsProcessor: found {len(self._grammars)} grammars and {len(self._prefixes)} prefixes, expected at least one "
                "grammar, and one prefix for all or one each"
            )
        info = _common_info(self._grammars, tokenizer_info)
        self.tokenizer_info = info
        self._masks = MaskBuffer(info, pad_token_id, overlap)
        self._memory = RecycledMemory()
        self._pad_token_id = pad_token_id
        self._recorder = Recorder(info) if report else None
        self._scratch = allocate_token_bitmask(1, info.vocab_size)
        self._logits_width = logits_width
        self._foreign_width: int | None = None
        self._seconds_applying = 0.0
        self._prompt: torch.Tensor | None = None
        self._ids: IdMatrix = np.zeros((0, 0), dtype=np.int64)
        self._pools: dict[tuple[int, str | bytes], MatcherPool] = {}
        for grammar, start in zip(self._grammars, self._prefixes, strict=True):
            if grammar is not None:
                _started(grammar, start)
        self.reset()

    def reset(self) -> None:
        """Forget the prompt and all rows: the next call starts anew."""
        self._masks.settle()
        if self._recorder is not None:
            self._recorder.clear()
        self._prompt = None
        self._ids = np.zeros((0, 0), dtype=np.int64)
        self._pools = {}
        for grammar, start in zip(self._grammars, self._prefixes, strict=True):
            if grammar is not None:
                self._pools.setdefault(
                    (id(grammar), start),
                    MatcherPool(_starter(grammar, start), self.tokenizer_info.vocab_size, self._pad_token_id),
                )

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.Tensor:
        """The scores with every forbidden token at minus infinity.

        Args:
            input_ids: Prompt and generated ids, int64 of shape (rows, length).
            scores: Of shape (rows, width of the lm_head), any floating type, device and strides; not written.

        Returns:
            A new tensor like `scores`. No row of it is all minus infinity: if other processors had forbidden everything that the
            grammar allows, that is allowed again.

        Raises:
            ValueError: The rows are not a multiple of the grammars, belong to another prompt than the first call's, or are too
                narrow for every end token.
        """
        width = scores.shape[1]
        if self._logits_width not in (None, width):
            if self._prompt is None:
                self._foreign_width = width
            return scores.clone()
        self._foreign_width = None
        if min(self.tokenizer_info.stop_token_ids) >= width:
            raise ValueError(
                f"LogitsProcessor: found scores of width {width} and the end tokens "
                f"{list(self.tokenizer_info.stop_token_ids)}, expected an end token within the width"
            )
        states = self.states(input_ids)
        if not states:
            return scores.clone()
        self._masks.pinned = scores.device.type == "cuda"
        bitmask = self._masks.fill(states, self._ids)
        start = time.perf_counter()
        masked, copied = masked_copy(scores, bitmask, self._masks.stop, self._memory)
        self._masks.sent(copied)
        self._seconds_applying += time.perf_counter() - start
        if self._recorder is not None:
            self._recorder.record(_on_host(input_ids), states, scores, masked, bitmask)
        return masked

    def begin_masks(self, input_ids: torch.Tensor, states: Sequence[RowState | None] | None = None) -> None:
        """Start to fill the masks of the next step, where that pays; for the stopping criterion, which sees the tokens first.

        Args:
            input_ids: Prompt and generated ids.
            states: The answer of `states` for them, where it was just asked.

        Raises:
            ValueError: So far only scores of another width than the model's were seen, and nothing was masked.
        """
        if self._foreign_width is not None:
            raise ValueError(
                f"LogitsProcessor: found scores of width {self._foreign_width} only, expected {self._logits_width}, which is the "
                "width of the model's head; is this processor used with another model than it was made for?"
            )
        if states is None:
            states = self.states(input_ids)
        self._masks.begin(states, self._ids)

    def states(self, input_ids: torch.Tensor) -> list[RowState | None]:
        """Where the grammar stands in each row, None for free rows; `RowState.status` tells live, finished and dead rows apart.

        After `generate()`, call it with the returned sequences to see which rows are complete.

        Raises:
            ValueError: The rows are not a multiple of the grammars, or belong to another prompt than the first call's.
        """
        self._masks.settle()
        rows = input_ids.shape[0]
        if rows % len(self._grammars):
            raise ValueError(
                f"LogitsProcessor: found {len(self._grammars)} grammars for {rows} rows, expected a number of rows that is a "
                "multiple of it (prompts, times beams or returned sequences)"
            )
        ids = self._generated(input_ids)
        share = rows // len(self._grammars)
        if share == 0:
            return []
        members: dict[tuple[int, str | bytes], list[int]] = {}
        for number, (grammar, start) in enumerate(zip(self._grammars, self._prefixes, strict=True)):
            if grammar is not None:
                members.setdefault((id(grammar), start), []).extend(range(number * share, (number + 1) * share))
        states: list[RowState | None] = [None] * rows
        for key, numbers in members.items():
            followed = self._pools[key].follow(ids if len(numbers) == rows else ids[numbers])
            for row, state in zip(numbers, followed, strict=True):
                states[row] = state
        return states

    def forced_tokens(
        self, input_ids: torch.Tensor, finder: ForcedTokens, room: int, going: Sequence[int] | None = None
    ) -> list[list[int]]:
        """The tokens that each row must take next, at most `room`; none for free rows, and for those that have ended.

        Args:
            input_ids: Prompt and generated ids, int64 of shape (rows, length).
            finder: What finds them.
            room: How many there is room for.
            going: Which rows still go on; by default all.

        Raises:
            ValueError: As `states`.
        """
        states = self.states(input_ids)
        found: dict[int, list[int]] = {}
        share = max(1, len(states) // len(self._grammars))
        rows: list[list[int]] = []
        for row, state in enumerate(states):
            if state is None or (going is not None and not going[row]) or state.status != "live":
                rows.append([])
                continue
            if id(state) not in found:
                start = self._prefixes[row // share]
                begun = start if isinstance(start, str) else start.decode("utf-8", "replace")
                found[id(state)] = finder.after(state.matcher, self._ids[row].tolist(), room, begun)
            rows.append(found[id(state)])
        return rows

    @property
    def reports(self) -> bool:
        """Whether `report()` can be asked."""
        return self._recorder is not None

    def report(self, sequences: torch.Tensor) -> GenerationReport:
        """What the constraint did to each sequence.

        Args:
            sequences: What `generate()` returned, int64 of shape (rows, length).

        Raises:
            ValueError: The processor was made without `report=True`, or has not been called.
        """
        if self._recorder is None or self._prompt is None:
            raise ValueError(
                "LogitsProcessor.report(): found no records, expected report=True when it was made, and a generate() since"
            )
        start = self._prompt.shape[1]
        states = self.states(sequences)
        rows = tuple(
            self._recorder.report_row(
                ids if state is None or not state.padded else ids[: start + state.accepted], start, row
            )
            for row, (ids, state) in enumerate(zip(_on_host(sequences), states, strict=True))
        )
        return GenerationReport(
            rows, self._masks.seconds_filling, self._masks.seconds_waiting, self._seconds_applying, self._recorder.calls
        )

    def _generated(self, input_ids: torch.Tensor) -> IdMatrix:
        """The ids behind the prompt, on the host; the prompt is that of the first call."""
        if self._prompt is None:
            self._prompt = input_ids.detach().clone()
            if self._recorder is not None:
                self._recorder.begin(_on_host(input_ids))
        start = self._prompt.shape[1]
        ids = _on_host(input_ids[:, start:])
        before = self._ids.shape[1]
        continues = (
            0 < before <= ids.shape[1]
            and ids.shape[0] == self._ids.shape[0]
            and np.array_equal(ids[:, :before], self._ids)
        )
        if not continues and not self._same_prompt(input_ids):
            raise ValueError(
                f"LogitsProcessor: found rows of another prompt (shape {tuple(input_ids.shape)}) than the first call's (shape "
                f"{tuple(self._prompt.shape)}), expected one generate() for each object (make a new one, or call "
                "reset()), and no assistant model with a tokenizer of its own"
            )
        self._ids = ids
        return ids

    def _same_prompt(self, input_ids: torch.Tensor) -> bool:
        """Whether rows begin as those of the first call did, also where each prompt has more or fewer rows than then."""
        assert self._prompt is not None
        first, length = self._prompt.shape
        rows = input_ids.shape[0]
        if input_ids.shape[1] < length or (first == 0) != (rows == 0):
            return False
        # Rows are prompt-major, so whatever the numbers, a row's counterpart lies at the same fraction of the way.
        counterparts = torch.arange(rows, device=input_ids.device) * first // max(1, rows)
        return torch.equal(self._prompt.to(input_ids.device)[counterparts], input_ids[:, :length])

    def only_stops(self, matcher: Matcher) -> bool:
        """Whether nothing but stop tokens may follow in a matcher's state."""
        matcher.fill_next_token_bitmask(self._scratch, 0)
        return not bool(np.any(self._scratch.numpy()[0] & ~self._masks.stop))


def _common_info(grammars: Sequence[CompiledGrammar | None], given: TokenizerInfo | None) -> TokenizerInfo:
    infos: list[TokenizerInfo] = [grammar.tokenizer_info for grammar in grammars if grammar is not None]
    if given is not None:
        infos.insert(0, given)
    if not infos:
        raise ValueError(
            "LogitsProcessor: found only None for grammars and no tokenizer_info, expected one or the other"
        )
    for info in infos[1:]:
        if info is not infos[0] and (
            info.vocab_size != infos[0].vocab_size or set(info.stop_token_ids) != set(infos[0].stop_token_ids)
        ):
            raise ValueError(
                f"LogitsProcessor: found grammars for two vocabularies, {infos[0]!r} and {info!r}, expected one for all"
            )
    return infos[0]


def _starter(grammar: CompiledGrammar, prefix: str | bytes) -> Callable[[], GrammarMatcher]:
    return lambda: _started(grammar, prefix)


def _started(grammar: CompiledGrammar, prefix: str | bytes) -> GrammarMatcher:
    matcher = GrammarMatcher(grammar)
    if prefix and not matcher.accept_string(prefix) and not _accept_with_control_tokens(matcher, prefix):
        raise ValueError(
            f"LogitsProcessor: the prefix {prefix!r} is not the beginning of anything that its grammar allows"
        )
    return matcher


def _accept_with_control_tokens(matcher: GrammarMatcher, prefix: str | bytes) -> bool:
    """Go on by a text in which control tokens are spelled out, as a prompt's text has them."""
    texts = matcher.grammar.tokenizer_info.control_tokens
    ids = {text: token_id for token_id, text in texts.items() if text}
    if not ids or isinstance(prefix, bytes):
        return False
    longest_first = sorted(ids, key=len, reverse=True)
    pieces = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", prefix)
    return all(
        (piece in ids and matcher.accept_token(ids[piece])) or matcher.accept_string(piece) for piece in pieces if piece
    )


def _on_host(input_ids: torch.Tensor) -> IdMatrix:
    """A copy of ids, int64."""
    return np.array(input_ids.detach().cpu().numpy(), dtype=np.int64)
