"""Jump-forward: fewer forward passes, the tokenizer's own tokens, and the plain loop's output where the two spell alike."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import torch
import transformers

from fcformat.decoding import GrammarCompiler, GrammarMatcher, TokenizerInfo, constrain
from fcformat.decoding.forced_tokens import ForcedTokens
from support import generate_models as models
from support import tokenizers as make
from support.generate_contender import BRIEF
from support.generate_models import ARCHITECTURES, CITY, END, PERSON, left_padded, small_model
from support.generate_modes import _Streamer

PROMPT = ("Who is it? ",)


@functools.cache
def byte_tokenizer() -> Any:
    """A token for each byte: every text is spelled in one way only. Ids of the ends are those of the small tokenizer."""
    ranks = {bytes([byte]): byte for byte in range(256)}
    fillers = tuple(f"<|filler {number}|>" for number in range(13))
    special = (*fillers, "<|end|>", "<|pad|>", "<|other|>")
    return make.byte_level_tokenizer(ranks, special, eos_token="<|end|>", pad_token="<|pad|>")


class Passes:
    """Counts the forward passes of a model."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.count = 0

    def __enter__(self) -> Passes:
        self._hook = self._model.register_forward_hook(lambda *_: setattr(self, "count", self.count + 1))
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()


def generated(
    architecture: str,
    seed: int = 0,
    schema: Any = PERSON,
    prompts: tuple[str, ...] = PROMPT,
    tokenizer: Any = None,
    jump: Any = True,
    **options: Any,
) -> tuple[list[list[int]], int, Any]:
    """The rows up to their ends, the number of forward passes, and what `generate()` gave."""
    model, inputs = small_model(architecture, seed), left_padded(prompts)
    own = models.tokenizer() if tokenizer is None else tokenizer
    torch.manual_seed(seed)
    with Passes(model) as passes:
        output = model.generate(
            **inputs,
            **constrain(model, own, schema, style=BRIEF, jump_forward=jump),
            **{"do_sample": False, **options},
        )
    sequences = output if isinstance(output, torch.Tensor) else output.sequences
    start = 1 if architecture == "t5" else inputs["input_ids"].shape[1]
    rows = [row[: row.index(END)] if END in row else row for row in sequences[:, start:].tolist()]
    return [[token for token in row if token != models.PAD] for row in rows], passes.count, output


def check(rows: list[list[int]], schema: Any = PERSON) -> None:
    for row in rows:
        jsonschema.validate(json.loads(models.tokenizer().decode(row)), schema)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_where_a_text_is_spelled_in_one_way_the_output_is_the_plain_loops(architecture: str, seed: int) -> None:
    for prompts in (PROMPT, ("A longer question? ", "Who? ")):
        plain, slow, _ = generated(architecture, seed, prompts=prompts, tokenizer=byte_tokenizer(), jump=False)
        jumped, fast, _ = generated(architecture, seed, prompts=prompts, tokenizer=byte_tokenizer())
        assert jumped == plain
        assert fast < slow * 2 / 3


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_where_the_model_checks_the_output_is_the_plain_loops_in_any_vocabulary(architecture: str, seed: int) -> None:
    plain, slow, _ = generated(architecture, seed, jump=False)
    checked, fast, _ = generated(architecture, seed, jump="verify")
    assert checked == plain
    assert fast < slow * 2 / 3


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_rows_are_valid_in_any_vocabulary(architecture: str) -> None:
    check(generated(architecture, prompts=("A longer question? ", "Who? ", "?"))[0])
    check(generated(architecture, 1, do_sample=True, num_return_sequences=3)[0])
    mixed, _, _ = generated(architecture, 2, schema=[PERSON, CITY], prompts=("Who? ", "Where? "))
    check(mixed[:1])
    check(mixed[1:], CITY)


def test_a_forced_value_takes_one_pass_after_the_prompt_at_most() -> None:
    rows, passes, _ = generated("llama", schema=CITY)
    assert models.tokenizer().decode(rows[0]) == '{"city":"Oslo"}'
    assert rows[0] == models.tokenizer().encode('{"city":"Oslo"}')
    assert passes == 1


@pytest.mark.parametrize(
    "options", [{"use_cache": False}, {"cache_implementation": "static"}, {"repetition_penalty": 1.3}], ids=str
)
def test_caches_and_other_processors_are_as_in_the_plain_loop(options: dict[str, Any]) -> None:
    plain = generated("qwen2", tokenizer=byte_tokenizer(), jump=False, **options)[0]
    assert generated("qwen2", tokenizer=byte_tokenizer(), **options)[0] == plain


def test_scores_and_logits_are_those_of_the_plain_loop() -> None:
    asked: dict[str, Any] = {"return_dict_in_generate": True, "output_scores": True, "output_logits": True}
    rows, _, plain = generated("qwen2", tokenizer=byte_tokenizer(), jump=False, **asked)
    again, _, jumped = generated("qwen2", tokenizer=byte_tokenizer(), **asked)
    assert again == rows
    assert len(jumped.scores) == len(jumped.logits) == len(plain.scores)
    for name in ("scores", "logits"):
        for ours, theirs in zip(getattr(jumped, name), getattr(plain, name), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_no_more_than_the_new_tokens_asked_for_are_generated() -> None:
    for limit in range(1, 12):
        rows, _, _ = generated("llama", tokenizer=byte_tokenizer(), max_new_tokens=limit)
        assert rows == [generated("llama", tokenizer=byte_tokenizer(), jump=False, max_new_tokens=limit)[0][0]]


def test_a_criterion_of_somebody_else_sees_every_length() -> None:
    class Seven(transformers.StoppingCriteria):  # type: ignore[misc, unused-ignore]
        def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
            return torch.full((input_ids.shape[0],), input_ids.shape[1] == len(PROMPT[0]) + 7)

    model, inputs = small_model("llama", 0), left_padded(PROMPT)
    arguments = constrain(model, models.tokenizer(), CITY, style=BRIEF, jump_forward=True)
    arguments["stopping_criteria"].append(Seven())
    assert model.generate(**inputs, **arguments, do_sample=False).shape[1] == len(PROMPT[0]) + 7


def test_a_streamer_gets_every_token() -> None:
    streamer = _Streamer()
    rows, _, _ = generated("llama", token_streamer=streamer)
    assert streamer.ids == rows[0]
    assert streamer.ended


def test_searches_are_refused() -> None:
    with pytest.raises(ValueError, match="found num_beams=2, expected greedy or sampled decoding"):
        generated("llama", num_beams=2)


def test_a_vocabulary_without_its_tokenizer_is_refused() -> None:
    info = TokenizerInfo.from_huggingface(models.tokenizer(), models.WIDTH)
    with pytest.raises(ValueError, match="expected the tokenizer itself"):
        constrain(small_model("llama", 0), info, PERSON, jump_forward=True)


# Which tokens are forced

TEXTS = {
    '{"name": "Ann", "age": 12}': {
        "properties": {"name": {"enum": ["Ann", "Bob"]}, "age": {"type": "integer", "maximum": 99, "minimum": 0}},
        "required": ["name", "age"],
        "additionalProperties": False,
    },
    '{"location": "北京", "unit": "celsius", "days": [1, 2, 3]}': {
        "properties": {
            "location": {"type": "string"},
            "unit": {"enum": ["celsius", "fahrenheit"]},
            "days": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["location", "unit", "days"],
        "additionalProperties": False,
    },
    '{"departure_city": "São Paulo", "arrival_city": "Zürich", "confirmed": true}': {
        "properties": {
            "departure_city": {"type": "string"},
            "arrival_city": {"type": "string"},
            "confirmed": {"type": "boolean"},
        },
        "required": ["departure_city", "arrival_city", "confirmed"],
        "additionalProperties": False,
    },
}
BUILDERS: dict[str, tuple[str, Callable[[], Any]]] = {
    "small": ("tokenizers", make.small_tokenizer),
    "demo": ("tokenizers", make.demo_tokenizer),
    "qwen": ("dashscope", make.qwen_tokenizer),
    "tekken": ("mistral_common", make.tekken_tokenizer),
    "sentencepiece": ("mistral_common", make.sentencepiece_tokenizer),
}


@pytest.mark.parametrize("name", BUILDERS)
def test_forced_tokens_are_those_that_the_tokenizer_gives(name: str) -> None:
    """Along the tokenizer's own spelling of a value, what is forced is what comes next in it, and much of it is."""
    from fcformat import JSONStyle

    package, build = BUILDERS[name]
    pytest.importorskip(package)
    tokenizer = build()
    info = TokenizerInfo.from_huggingface(tokenizer)
    forced = ForcedTokens(tokenizer, info)
    ordered = JSONStyle(whitespace="python", property_order="schema", escapes="minimal")
    for text, schema in TEXTS.items():
        matcher = GrammarMatcher(GrammarCompiler(info).compile_json_schema({"type": "object", **schema}, ordered))
        ids = tokenizer.encode(text, add_special_tokens=False)
        if not matcher.accept_token(ids[0]):  # SentencePiece puts a space before a text
            matcher.reset()
            ids = tokenizer.encode("\n" + text, add_special_tokens=False)
            ids = ids[next(place for place, token in enumerate(ids) if info.token_bytes(token) == b"\n") + 1 :]
            assert matcher.accept_token(ids[0])
        jumps = 0
        place = 1
        while place < len(ids):
            found = forced.after(matcher, ids[:place])
            assert found == ids[place : place + len(found)], (text, ids[:place])
            jumps += len(found)
            for token in found or ids[place : place + 1]:
                assert matcher.accept_token(token), (text, place)
            place += max(1, len(found))
        assert matcher.can_terminate()
        assert jumps > len(ids) / 5, (text, jumps, len(ids))


def test_control_tokens_are_forced() -> None:
    from fcformat.grammar import choice, control_token, literal, sequence

    tokenizer = models.tokenizer()
    info = TokenizerInfo.from_huggingface(tokenizer)
    grammar = sequence(literal("a"), control_token("<tool_call>"), literal("bc"), choice(literal("x"), literal("y")))
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(grammar))
    found = ForcedTokens(tokenizer, info).after(matcher, [])
    assert found == [97, 272, 98, 99]
    assert ForcedTokens(tokenizer, info).after(matcher, [], limit=2) == [97, 272]
    assert matcher.num_accepted == 0


def test_a_value_begun_in_the_prompt_is_gone_on_with_as_the_tokenizer_would() -> None:
    pytest.importorskip("dashscope")
    tokenizer = make.qwen_tokenizer()
    info = TokenizerInfo.from_huggingface(tokenizer)
    matcher = GrammarMatcher(GrammarCompiler(info).compile_regex("the international business [0-9]"))
    forced = ForcedTokens(tokenizer, info)
    whole = tokenizer.encode("the international business 1")
    assert matcher.accept_string("the")
    assert forced.after(matcher, [], begun="the") == whole[1:-1]
    assert matcher.accept_string(" interna")
    assert forced.after(matcher, [], begun="the interna") == []  # the join is inside a token of the tokenizer's
    assert forced.after(matcher, []) != []


def test_no_stop_token_is_forced() -> None:
    info = TokenizerInfo.from_huggingface(models.tokenizer())
    matcher = GrammarMatcher(GrammarCompiler(info).compile_regex("yes"))
    forced = ForcedTokens(models.tokenizer(), info)
    assert forced.after(matcher, []) == list(b"yes")
    assert matcher.accept_string("yes")
    assert forced.after(matcher, list(b"yes")) == []
    assert matcher.accept_token(END)
    assert forced.after(matcher, [*b"yes", END]) == []


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3"])
def test_a_formats_call_is_jumped_through(name: str) -> None:
    from fcformat.formats import get_format

    tokenizer = make.demo_tokenizer()
    ends: dict[str, Any] = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    model = models.qwen2(vocab_size=len(tokenizer) + 5, **ends).eval()
    tool = {
        "type": "function",
        "function": {
            "name": "get_time",
            "description": "Time of day.",
            "parameters": {"type": "object", "properties": {"zone": {"enum": ["UTC", "CET"]}}, "required": ["zone"]},
        },
    }
    form = get_format(name)
    messages = [{"role": "user", "content": "What time is it?"}]
    ids = form.render(messages, tools=[tool], add_generation_prompt=True).encode(tokenizer)
    inputs = {"input_ids": torch.tensor([ids]), "attention_mask": torch.ones((1, len(ids)), dtype=torch.long)}
    passes, messages_read = [], []
    for jump in (False, True):
        arguments = constrain(
            model,
            tokenizer,
            format=name,
            tools=[tool],
            tool_choice="required",
            parallel_tool_calls=False,
            jump_forward=jump,
        )
        with Passes(model) as counted:
            output = model.generate(**inputs, **arguments, do_sample=False, max_new_tokens=400)
        passes.append(counted.count)
        messages_read.append(form.parse(tokenizer.decode(output[0, len(ids) :]), tools=[tool]))
    for message in messages_read:
        assert [call.function.name for call in message.tool_calls] == ["get_time"]
        assert message.tool_calls[0].function.arguments_object()["zone"] in ("UTC", "CET")
    assert passes[1] < passes[0]
