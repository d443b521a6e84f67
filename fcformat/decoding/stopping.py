"""The stopping criterion paired with the logits processor: a row ends where its value is complete and nothing may follow it.

It sees each token before the next forward pass is launched, so a complete value costs no pass only to write the end token, a model
whose configuration names too few end tokens stops all the same, and the next masks can be filled while the model computes. It
decides nothing about rows that are free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers.generation.stopping_criteria import StoppingCriteria as _Base

if TYPE_CHECKING:
    from fcformat.decoding.logits_processor import LogitsProcessor
    from fcformat.decoding.matcher_pool import RowState

__all__ = ["StoppingCriteria"]


class StoppingCriteria(_Base):  # type: ignore[misc, unused-ignore]
    """Ends the rows that a processor's grammars have completed.

    Args:
        processor: The processor of the same `generate()`.
        begins_masks: Whether it lets the processor begin the next masks; not where a loop does that itself.
    """

    def __init__(self, processor: LogitsProcessor, begins_masks: bool = True) -> None:
        self._processor = processor
        self._begins_masks = begins_masks

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> torch.BoolTensor:
        """Which rows have ended.

        Args:
            input_ids: Prompt and generated ids, int64 of shape (rows, length).
            scores: Not looked at; part of the interface, like all further keywords.

        Returns:
            bool of shape (rows,), on the device of `input_ids`.

        Raises:
            ValueError: The processor was not called for this model.
        """
        states = self._processor.states(input_ids)
        ended = [self._has_ended(state, row, input_ids) for row, state in enumerate(states)]
        if self._begins_masks and not all(ended):
            self._processor.begin_masks(input_ids, states)
        return torch.tensor(ended, dtype=torch.bool, device=input_ids.device)  # type: ignore[return-value]

    def _has_ended(self, state: RowState | None, row: int, input_ids: torch.Tensor) -> bool:
        if state is None:
            return False
        if state.status == "live":
            return state.can_only_stop(self._processor.only_stops)
        if state.status == "finished":
            return True
        # A row that something else broke ends where it takes a stop token; the processor leaves it no other choice.
        tail = input_ids[row, input_ids.shape[1] - (state.length - state.accepted) :].tolist()
        return not set(self._processor.tokenizer_info.stop_token_ids).isdisjoint(tail)
