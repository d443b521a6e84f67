"""Every mode of transformers' `generate()` in which a constraint must hold, run with any engine and judged in three ways.

A run is judged by whether each row is *complete* (an engine's own fresh matcher takes all its tokens, and the value may end there),
*equal* to the same run with a stateless processor that replays every row from its beginning at every call, and *valid* (its text,
read by `json`, validates under `jsonschema`). Where a mode is only another way to the same tokens (a cache, a draft that is checked),
the stateless run is that of the plain loop. Nothing here knows how an engine works: an engine is a `Contender`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jsonschema
import torch
import transformers

from support import generate_models as models
from support.generate_models import CITY, END, OTHER_END, PAD, PERSON, WIDTH

__all__ = ["MODES", "Contender", "Mode", "NotOfferedError", "Verdict", "judge"]

Schema = dict[str, Any]


class NotOfferedError(Exception):
    """An engine says that it has no way to do what a mode asks for."""


class Contender(Protocol):
    """An engine under test."""

    name: str

    def arguments(self, model: Any, schemas: Sequence[Schema | None], begun: str) -> dict[str, Any]:
        """Keyword arguments for `generate()`: one schema for all prompts or one each, all of which have begun with `begun`.

        Raises:
            NotOfferedError: The engine has no such thing.
        """

    def allowed(self, schema: Schema, begun: str, ids: Sequence[int], stops: Sequence[int]) -> frozenset[int] | None:
        """The ids that may follow, found from nothing; None where `ids` themselves were not allowed."""

    def ends_rows(self) -> bool:
        """Whether the arguments hold a stopping criterion that ends a row at the first chance."""


@dataclasses.dataclass(frozen=True)
class Mode:
    """A way to call `generate()`.

    Attributes:
        name: As the table shows it.
        options: Keyword arguments of `generate()`.
        extra: Further ones that depend on the model and the seed.
        prompts: The batch.
        schemas: One for all prompts, or one each.
        begun: What the prompts' values begin with.
        plain: Options of the stateless run, where the plain loop must give the same; by default its options are the mode's own.
        stops: The model's end tokens.
        architectures: Those that transformers has the mode for.
        cut: The run ends before the values do: rows are beginnings only.
        runs: How often the same arguments are used.
    """

    name: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    extra: Callable[[Any, str, int], dict[str, Any]] | None = None
    prompts: tuple[str, ...] = ("Who is it? ",)
    schemas: tuple[Schema | None, ...] = (PERSON,)
    begun: str = ""
    plain: dict[str, Any] | None = None
    stops: tuple[int, ...] = (END,)
    architectures: tuple[str, ...] = tuple(models.ARCHITECTURES)
    cut: bool = False
    runs: int = 1


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How a run went; `error` is the reason where it did not come to an end."""

    complete: bool
    equal: bool
    valid: bool
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether it is right in every way."""
        return self.complete and self.equal and self.valid


class Replay(transformers.LogitsProcessor):  # type: ignore[misc, unused-ignore]
    """A processor without any state: every row's mask is found from the row's ids alone."""

    def __init__(self, contender: Contender, mode: Mode, start: int) -> None:
        self._contender = contender
        self._mode = mode
        self._start = start
        self._kept: dict[tuple[int, tuple[int, ...]], tuple[str, frozenset[int]]] = {}

    def stand(self, row: int, rows: int, ids: Sequence[int]) -> tuple[str, frozenset[int]]:
        """Whether a row is free, live, finished or dead, and what it may take next."""
        schema = self._mode.schemas[row * len(self._mode.schemas) // rows]
        if schema is None:
            return "free", frozenset(range(273))
        key = (id(schema), tuple(ids))
        if key not in self._kept:
            self._kept[key] = self._found(schema, ids)
        return self._kept[key]

    def _found(self, schema: Schema, ids: Sequence[int]) -> tuple[str, frozenset[int]]:
        stops = self._mode.stops
        ask = self._contender.allowed
        end = next((place for place, token in enumerate(ids) if token in stops), len(ids))
        may = ask(schema, self._mode.begun, ids[:end], stops)
        if may is None:
            return "dead", frozenset(stops)
        if end == len(ids):
            return "live", may
        return ("finished", frozenset((*stops, PAD))) if may.intersection(stops) else ("dead", frozenset(stops))

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.Tensor:
        if scores.shape[1] != WIDTH:  # an assistant's of another tokenizer: the model checks what it proposes
            return scores
        masked = torch.full_like(scores, float("-inf"))
        for row, ids in enumerate(input_ids[:, self._start :].tolist()):
            allowed = sorted(self.stand(row, len(input_ids), ids)[1])
            masked[row, allowed] = scores[row, allowed]
            if bool(torch.isneginf(masked[row]).all()):
                masked[row, allowed] = 0.0
        return masked


class ReplayStop(transformers.StoppingCriteria):  # type: ignore[misc, unused-ignore]
    """Ends rows that are finished, and live rows after which nothing but an end may follow."""

    def __init__(self, replay: Replay, stops: Sequence[int], start: int) -> None:
        self._replay = replay
        self._stops = set(stops)
        self._start = start

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> torch.BoolTensor:
        return torch.tensor([self._ended(row, len(input_ids), ids) for row, ids in enumerate(input_ids.tolist())])  # type: ignore[return-value]

    def _ended(self, row: int, rows: int, ids: list[int]) -> bool:
        ids = ids[self._start :]
        status, may = self._replay.stand(row, rows, ids)
        if status == "free":
            return False
        return bool(self._stops.intersection(ids)) if status == "dead" else may <= self._stops or status == "finished"


def judge(contender: Contender, mode: Mode, architecture: str, seed: int) -> Verdict:
    """Run a mode with an engine, and judge the rows.

    Raises:
        NotOfferedError: The engine has no such thing.
    """
    try:
        rows = _run(
            mode,
            architecture,
            seed,
            lambda model: contender.arguments(model, mode.schemas, mode.begun),
            stateless=False,
        )
    except NotOfferedError:
        raise
    except Exception as error:  # whatever an engine raises inside generate() is what the table shows
        return Verdict(False, False, False, f"{type(error).__name__}: {error}")
    start = _start(mode, architecture)
    replay = Replay(contender, mode, start)
    arguments: dict[str, Any] = {"logits_processor": transformers.LogitsProcessorList([replay])}
    if contender.ends_rows():
        stop = ReplayStop(replay, mode.stops, start)
        arguments["stopping_criteria"] = transformers.StoppingCriteriaList([stop])
    equal = rows == _run(mode, architecture, seed, lambda model: arguments, stateless=True)
    stands = [replay.stand(number, len(rows), row) for number, row in enumerate(rows)]
    complete = all(
        status == "free" or (status == "live" and (mode.cut or bool(may.intersection(mode.stops))))
        for status, may in stands
    )
    return Verdict(complete, equal, mode.cut or all(_is_valid(mode, number, rows) for number in range(len(rows))))


def _start(mode: Mode, architecture: str) -> int:
    if architecture == "t5":
        return 1
    if "inputs_embeds" in mode.options:
        return 0
    return int(models.left_padded([text + mode.begun for text in mode.prompts])["input_ids"].shape[1])


def _run(
    mode: Mode, architecture: str, seed: int, make: Callable[[Any], dict[str, Any]], stateless: bool
) -> list[list[int]]:
    """The generated ids of each row, up to the end token."""
    model = models.small_model(architecture, seed)
    inputs: dict[str, Any] = models.left_padded([text + mode.begun for text in mode.prompts])
    if stateless and mode.plain is not None:
        options = dict(mode.plain)
    else:
        options = mode.options | (mode.extra(model, architecture, seed) if mode.extra is not None else {})
    if options.pop("inputs_embeds", False):
        inputs["inputs_embeds"] = model.get_input_embeddings()(inputs.pop("input_ids"))
    before = model.generation_config.eos_token_id
    model.generation_config.eos_token_id = list(mode.stops)
    try:
        arguments = make(model)
        for number in range(mode.runs):
            torch.manual_seed(seed + number)
            output = model.generate(**inputs, **arguments, **{"do_sample": False, **options})
    finally:
        model.generation_config.eos_token_id = before
    if not isinstance(output, torch.Tensor):
        _check_outputs(output)
        output = output.sequences
    return [_cut(row, mode.stops) for row in output[:, _start(mode, architecture) :].tolist()]


def _check_outputs(output: Any) -> None:
    """Raw logits are as the model gave them, scores are masked, and there is one of each for every token."""
    length = len(output.scores)
    assert len(output.logits) == length
    assert all(bool(torch.isfinite(logits).all()) for logits in output.logits), "raw logits were written"
    assert all(bool(torch.isneginf(scores).any(dim=1).all()) for scores in output.scores), "scores are not masked"


def _cut(row: list[int], stops: Sequence[int]) -> list[int]:
    end = next((place for place, token in enumerate(row) if token in stops or token == PAD), len(row))
    return row[:end]


def _is_valid(mode: Mode, number: int, rows: list[list[int]]) -> bool:
    schema = mode.schemas[number * len(mode.schemas) // len(rows)]
    if schema is None:
        return all(token < 273 for token in rows[number])
    try:
        value = json.loads(mode.begun + models.tokenizer().decode(rows[number]), object_pairs_hook=_without_repetition)
        jsonschema.validate(value, schema)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a property is there twice")
    return dict(pairs)


def _assistant(model: Any, architecture: str, seed: int) -> dict[str, Any]:
    return {"assistant_model": models.new_model(architecture, seed + 100)}


def _foreign_assistant(model: Any, architecture: str, seed: int) -> dict[str, Any]:
    return {
        "assistant_model": models.foreign_model(seed),
        "tokenizer": models.tokenizer(),
        "assistant_tokenizer": models.foreign_tokenizer(),  # made anew: transformers keeps a translation with it
    }


def _compiled(model: Any, architecture: str, seed: int) -> dict[str, Any]:
    # The path of a compiled forward pass; the backend that only traces needs no compiler and is soon ready.
    config = transformers.CompileConfig(backend="eager", mode=None)
    config._compile_all_devices = True
    return {"compile_config": config}


def _streamer(model: Any, architecture: str, seed: int) -> dict[str, Any]:
    return {"streamer": _Streamer()}


class _Streamer:
    """Takes what a streamer takes."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.ended = False

    def put(self, value: torch.Tensor) -> None:
        assert not self.ended
        self.ids += value.flatten().tolist()

    def end(self) -> None:
        self.ended = True


_SAMPLED: dict[str, Any] = {"do_sample": True, "temperature": 1.5, "top_k": 20, "top_p": 0.9}
_TWO = ("Who is it? ", "Who? ")
_DECODERS = ("qwen2", "llama", "gpt2", "glm")
_OUTPUTS = {"return_dict_in_generate": True, "output_logits": True, "output_scores": True}

MODES: tuple[Mode, ...] = (
    Mode("greedy"),
    Mode("sampling", _SAMPLED),
    Mode("left-padded batch", prompts=("A rather long question: ", "Who? ", "?")),
    Mode("left-padded batch, sampling", {"do_sample": True}, prompts=("A rather long question: ", "Who? ", "?")),
    Mode("beam search", {"num_beams": 4, "num_return_sequences": 2}, prompts=_TWO),
    Mode("beam search, `early_stopping`", {"num_beams": 3, "early_stopping": True}, prompts=_TWO),
    Mode("beam sampling", {"num_beams": 3, "do_sample": True}, prompts=_TWO),
    Mode("`num_return_sequences`", {"num_return_sequences": 3, "do_sample": True}, prompts=_TWO),
    Mode("a schema for each prompt", prompts=_TWO, schemas=(PERSON, CITY)),
    Mode(
        "a schema for each prompt, none for one",
        {"do_sample": True, "num_return_sequences": 2, "max_new_tokens": 60},
        prompts=("One? ", "Two? ", "Three? "),
        schemas=(PERSON, None, CITY),
    ),
    Mode("a schema for each prompt, beams", {"num_beams": 3}, prompts=_TWO, schemas=(PERSON, CITY)),
    Mode("`inputs_embeds`", {"inputs_embeds": True}),
    Mode("without a cache", {"use_cache": False}, plain={}),
    Mode(
        "static cache",
        {"cache_implementation": "static", "disable_compile": True},
        plain={},
        prompts=_TWO,
        architectures=_DECODERS,
    ),
    Mode(
        "static cache, compiled forward",
        {"cache_implementation": "static"},
        _compiled,
        plain={},
        architectures=_DECODERS,
    ),
    Mode("prompt lookup", {"prompt_lookup_num_tokens": 3}, plain={}, prompts=('{"name": "Ann", "age": 12} {"name": ',)),
    Mode("assistant", {}, _assistant, plain={}),
    Mode("assistant, sampling", {"do_sample": True}, _assistant),
    Mode("assistant of another tokenizer", {}, _foreign_assistant, plain={}, architectures=_DECODERS),
    Mode("assistant of another tokenizer, sampling", {"do_sample": True}, _foreign_assistant, architectures=_DECODERS),
    Mode("`output_scores`, `output_logits`", _OUTPUTS, plain={}),
    Mode("several end tokens", {"do_sample": True}, prompts=_TWO, stops=(END, OTHER_END)),
    Mode(
        "beside other processors",
        {"min_new_tokens": 70, "repetition_penalty": 1.3, "no_repeat_ngram_size": 4, "suppress_tokens": [97, 34]},
        prompts=_TWO,
    ),
    Mode("beside other warpers", {**_SAMPLED, "min_p": 0.1, "typical_p": 0.8, "renormalize_logits": True}),
    Mode("streamer", {}, _streamer, plain={}),
    Mode("too few new tokens", {"max_new_tokens": 7}, prompts=_TWO, cut=True),
    Mode("the same object again", runs=2),
    Mode("a value begun in the prompt", begun='{"name":"'),
)
