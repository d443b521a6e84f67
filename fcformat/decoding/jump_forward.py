"""Jump-forward: a decoding loop for `generate(custom_generate=...)` that does not ask the model where there is nothing to ask.

Where the grammar leaves one continuation, its tokens (see `forced_tokens`) are appended at once, and the model reads them in one
forward pass together with the token that it chose before. The loop is otherwise transformers' own `_sample`: greedy or sampled, with
all processors, criteria and caches, batches included (a batch jumps as far as all its unfinished rows can). With `verify=True` the
forced tokens are only proposed, and transformers' assisted decoding lets the model check them: one sequence at a time, and the output
is exactly the plain loop's.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from transformers.generation.stopping_criteria import EosTokenCriteria, MaxLengthCriteria
from transformers.generation.utils import GenerateDecoderOnlyOutput, GenerateEncoderDecoderOutput

from fcformat.decoding.forced_tokens import ForcedCandidateGenerator, ForcedTokens
from fcformat.decoding.stopping import StoppingCriteria

if TYPE_CHECKING:
    from fcformat.decoding.logits_processor import LogitsProcessor

__all__ = ["JumpForward"]


class JumpForward:
    """What `generate()` takes as `custom_generate`; made by `constrain(..., jump_forward=True)`.

    Args:
        processor: The processor of the same `generate()`.
        tokenizer: The model's tokenizer.
        verify: Whether the model checks forced tokens, so that the output is the plain loop's also where the model would have
            spelled a forced text with other tokens than the tokenizer.
    """

    def __init__(self, processor: LogitsProcessor, tokenizer: Any, verify: bool = False) -> None:
        self._processor = processor
        self._forced = ForcedTokens(tokenizer, processor.tokenizer_info)
        self._verify = verify

    def __call__(
        self,
        model: Any,
        input_ids: torch.Tensor,
        logits_processor: Any,
        stopping_criteria: Any,
        generation_config: Any,
        synced_gpus: bool = False,
        streamer: Any = None,
        token_streamer: Any = None,
        **model_kwargs: Any,
    ) -> Any:
        """Generate.

        Args:
            model: The model, as `generate()` hands it over; so are the next five.
            input_ids: Prompt ids, int64 of shape (rows, length).
            logits_processor: All processors.
            stopping_criteria: All criteria.
            generation_config: The configuration, prepared.
            synced_gpus: Refused: rows on several machines would have to jump in step.
            streamer: A streamer, where transformers hands one over (version 5.23 keeps it to itself).
            token_streamer: A streamer, given to `generate()` under this name.
            **model_kwargs: Keywords for the model.

        Returns:
            The sequences, or an output object where the configuration asks for one, as from `generate()`.

        Raises:
            ValueError: A search was asked for, or `synced_gpus`, or attentions or hidden states.
            RuntimeError: The installed transformers is too old.
        """
        _check(model, generation_config, synced_gpus)
        streamer = streamer if streamer is not None else token_streamer
        if self._verify:
            generator = ForcedCandidateGenerator(self._processor, self._forced, generation_config.max_length)
            return type(model)._assisted_decoding(
                _WithCandidates(model, generator),
                input_ids,
                logits_processor=logits_processor,
                stopping_criteria=stopping_criteria,
                generation_config=generation_config,
                streamer=streamer,
                **model_kwargs,
            )
        loop = _Loop(
            self._processor, self._forced, model, logits_processor, stopping_criteria, generation_config, streamer
        )
        return loop.run(input_ids, model_kwargs)


class _WithCandidates:
    """A model whose assisted decoding takes its candidates from elsewhere. The model itself is left as it is: others may be using it."""

    def __init__(self, model: Any, generator: ForcedCandidateGenerator) -> None:
        self._model = model
        self._generator = generator

    def _get_candidate_generator(self, **_: Any) -> ForcedCandidateGenerator:
        return self._generator

    def __call__(self, **inputs: Any) -> Any:
        return self._model(**inputs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _Loop:
    """One run of the loop."""

    def __init__(
        self,
        processor: LogitsProcessor,
        forced: ForcedTokens,
        model: Any,
        logits_processor: Any,
        stopping_criteria: Any,
        generation_config: Any,
        streamer: Any,
    ) -> None:
        self._own = processor
        self._forced = forced
        self._model = model
        self._process = logits_processor
        self._stop = stopping_criteria
        self._config = generation_config
        self._streamer = streamer
        self._pad = generation_config._pad_token_tensor
        wants = generation_config.return_dict_in_generate
        self._scores: tuple[torch.Tensor, ...] | None = () if wants and generation_config.output_scores else None
        self._logits: tuple[torch.Tensor, ...] | None = () if wants and generation_config.output_logits else None
        # Whether the logits of forced tokens too are needed, and whether a criterion must see every length.
        self._every_logit = self._scores is not None or self._logits is not None or processor.reports
        self._every_length = any(
            not isinstance(criterion, (MaxLengthCriteria, EosTokenCriteria, StoppingCriteria))
            for criterion in stopping_criteria
        )
        self._unfinished = torch.ones(0)

    def run(self, input_ids: torch.Tensor, model_kwargs: dict[str, Any]) -> Any:
        model, config = self._model, self._config
        encoder_decoder = model.config.is_encoder_decoder
        self._unfinished = torch.ones(input_ids.shape[0], dtype=torch.long, device=input_ids.device)
        outputs = model._prefill(input_ids, config, model_kwargs, is_first_iteration=True)
        ahead = self._jump(input_ids)  # what must come first of all
        while True:
            before = input_ids.shape[1]
            if ahead.shape[1] == 0:
                input_ids = torch.cat([input_ids, self._choose(input_ids, outputs.logits[:, -1])], dim=1)
                self._unfinished = self._unfinished & ~self._stop(input_ids, self._scores)
                if bool(self._unfinished.any()):
                    ahead = self._jump(input_ids)
            elif self._every_logit:
                self._scored(input_ids, outputs.logits[:, -1])
            input_ids = self._append(input_ids, ahead)
            ahead = ahead[:, :0]
            added = input_ids.shape[1] - before
            if self._streamer is not None:
                for column in input_ids[:, before:].cpu().unbind(1):
                    self._streamer.put(column)
            going = bool(self._unfinished.any())
            if not going and (added == 1 or not self._every_logit):
                break
            if going:
                self._own.begin_masks(input_ids)
            model_kwargs = model._update_model_kwargs_for_generation(
                outputs, model_kwargs, is_encoder_decoder=encoder_decoder, num_new_tokens=added
            )
            inputs = model.prepare_inputs_for_generation(
                input_ids, next_sequence_length=added if model_kwargs["use_cache"] else None, **model_kwargs
            )
            if self._every_logit and "logits_to_keep" in inputs:
                inputs["logits_to_keep"] = added
            del outputs
            outputs = model(**inputs, return_dict=True)
            if self._every_logit:
                for place, logits in enumerate(outputs.logits[:, -added:-1].unbind(1), start=before + 1):
                    self._scored(input_ids[:, :place], logits)
            if not going:
                break
        if self._streamer is not None:
            self._streamer.end()
        return self._result(input_ids, model_kwargs)

    def _choose(self, input_ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """The next token of each row, of shape (rows, 1)."""
        scores = self._scored(input_ids, logits)
        if self._config.do_sample:
            tokens = torch.multinomial(torch.softmax(scores, dim=-1), num_samples=1)
        else:
            tokens = torch.argmax(scores, dim=-1, keepdim=True)
        return self._padded(tokens)

    def _scored(self, input_ids: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """The scores after these ids, and both kept where the configuration asks for them."""
        raw = logits.to(copy=True, dtype=torch.float32, device=input_ids.device)
        scores: torch.Tensor = self._process(input_ids, raw)
        if self._scores is not None:
            self._scores += (scores,)
        if self._logits is not None:
            self._logits += (raw,)
        return scores

    def _padded(self, tokens: torch.Tensor) -> torch.Tensor:
        if self._pad is None:
            return tokens
        going = self._unfinished.unsqueeze(1)
        padding: torch.Tensor = self._pad.to(tokens.device) * (1 - going)
        return tokens * going + padding

    def _jump(self, input_ids: torch.Tensor) -> torch.Tensor:
        """The tokens that every unfinished row must take next, of shape (rows, how many)."""
        room = self._config.max_length - input_ids.shape[1]
        going = self._unfinished.tolist()
        forced: list[list[int]] = self._own.forced_tokens(input_ids, self._forced, room, going)
        length = min((len(tokens) for tokens, live in zip(forced, going, strict=True) if live), default=0)
        rows = [tokens[:length] if live else [0] * length for tokens, live in zip(forced, going, strict=True)]
        ahead = torch.tensor(rows, dtype=input_ids.dtype, device=input_ids.device).reshape(len(rows), length)
        return self._padded(ahead) if length else ahead

    def _append(self, input_ids: torch.Tensor, ahead: torch.Tensor) -> torch.Tensor:
        """Take tokens as they are; one by one where a criterion of somebody else's must see every length."""
        step = 1 if self._every_length else max(1, ahead.shape[1])
        for first in range(0, ahead.shape[1], step):
            input_ids = torch.cat([input_ids, self._padded(ahead[:, first : first + step])], dim=1)
            self._unfinished = self._unfinished & ~self._stop(input_ids, self._scores)
            if not bool(self._unfinished.any()):
                break
        return input_ids

    def _result(self, input_ids: torch.Tensor, model_kwargs: dict[str, Any]) -> Any:
        if not self._config.return_dict_in_generate:
            return input_ids
        kept: dict[str, Any] = {"sequences": input_ids, "scores": self._scores, "logits": self._logits}
        cache = model_kwargs.get("past_key_values")
        if self._model.config.is_encoder_decoder:
            return GenerateEncoderDecoderOutput(**kept, past_key_values=cache)
        return GenerateDecoderOnlyOutput(**kept, past_key_values=cache)


def _check(model: Any, config: Any, synced_gpus: bool) -> None:
    if "next_sequence_length" not in inspect.signature(model.prepare_inputs_for_generation).parameters:
        raise RuntimeError(
            "JumpForward: found a model of transformers before 5.0 (prepare_inputs_for_generation() has no next_sequence_length), "
            "expected transformers 5 or later"
        )
    beams: Sequence[str] = [
        f"{name}={getattr(config, name)}"
        for name in ("num_beams", "num_beam_groups")
        if (getattr(config, name, 1) or 1) > 1
    ]
    if beams or synced_gpus:
        raise ValueError(
            f"JumpForward: found {(beams or ['synced_gpus=True'])[0]}, expected greedy or sampled decoding in one process"
        )
    if config.return_dict_in_generate and (config.output_attentions or config.output_hidden_states):
        raise ValueError(
            "JumpForward: found output_attentions or output_hidden_states, expected sequences, scores and logits only"
        )
