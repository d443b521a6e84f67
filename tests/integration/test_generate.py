"""Constrained `generate()` with small random models of several architectures: every row is a valid value, in every mode.

The models know nothing, so whatever is valid about their output comes from the constraint. Greedy rows are also held against a
stateless reference: at each step the best token that a fresh matcher allows.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
import torch
import transformers

from fcformat import JSONStyle
from fcformat.decoding import GrammarCompiler, GrammarMatcher, TokenizerInfo, allocate_token_bitmask, constrain
from support import tokenizers as make

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"enum": ["Ann", "Bob", "Zoë"]},
        "age": {"type": "integer", "minimum": 0, "maximum": 99},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
# A model that knows nothing would spend most of its tokens on white space and escapes.
BRIEF = JSONStyle(whitespace="compact", escapes="minimal")
CITY = {
    "type": "object",
    "properties": {"city": {"const": "Oslo"}},
    "required": ["city"],
    "additionalProperties": False,
}
WIDTH = 300  # wider than the small tokenizer's 273
END, PAD = 269, 270
SIZE: dict[str, Any] = {"vocab_size": WIDTH, "bos_token_id": None, "eos_token_id": END, "pad_token_id": PAD}
DECODER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


def qwen2(width: int = WIDTH) -> Any:
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**{**SIZE, **DECODER, "vocab_size": width}))


def llama() -> Any:
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**SIZE, **DECODER))


def glm() -> Any:
    return transformers.GlmForCausalLM(transformers.GlmConfig(**SIZE, **DECODER, head_dim=8))


def gpt2() -> Any:
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**SIZE, n_embd=32, n_layer=2, n_head=4, n_positions=512)
    )


ARCHITECTURES: dict[str, Callable[[], Any]] = {"qwen2": qwen2, "llama": llama, "glm": glm, "gpt2": gpt2}


@functools.cache
def model_of(name: str, seed: int) -> Any:
    torch.manual_seed(seed)
    model = ARCHITECTURES[name]().eval()
    model.generation_config.max_new_tokens = 120
    return model


@functools.cache
def tokenizer() -> Any:
    return make.small_tokenizer()


@functools.cache
def compiler() -> GrammarCompiler:
    return GrammarCompiler(TokenizerInfo.from_huggingface(tokenizer(), vocab_size=WIDTH))


def prompts(*texts: str) -> dict[str, torch.Tensor]:
    """Left-padded ids and mask."""
    rows = [list(text.encode()) for text in texts]
    length = max(map(len, rows))
    return {
        "input_ids": torch.tensor([[PAD] * (length - len(row)) + row for row in rows]),
        "attention_mask": torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in rows]),
    }


def texts_of(output: torch.Tensor, inputs: dict[str, torch.Tensor]) -> list[str]:
    found: list[str] = tokenizer().batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return found


def check(texts: list[str], schema: Any = SCHEMA) -> None:
    for text in texts:
        jsonschema.validate(json.loads(text), schema)


def greedy_reference(model: Any, inputs: dict[str, torch.Tensor], schema: Any = SCHEMA) -> str:
    """The best allowed token at each step, without a cache and without any state but the ids."""
    grammar = compiler().compile_json_schema(schema, BRIEF)
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    start = ids.shape[1]
    bitmask = allocate_token_bitmask(1, WIDTH)
    for _ in range(120):
        matcher = GrammarMatcher(grammar)
        assert all(matcher.accept_token(token_id) for token_id in ids[0, start:].tolist())
        matcher.fill_next_token_bitmask(bitmask, 0)
        words = bitmask[0].tolist()
        allowed = [token_id for token_id in range(WIDTH) if words[token_id // 32] >> token_id % 32 & 1]
        if allowed == [END]:
            break
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits[0, -1]
        best = max(allowed, key=lambda token_id: float(logits[token_id]))
        if best == END:
            break
        ids = torch.cat([ids, torch.tensor([[best]])], dim=1)
        mask = torch.cat([mask, torch.ones((1, 1), dtype=mask.dtype)], dim=1)
    found: str = tokenizer().decode(ids[0, start:], skip_special_tokens=True)
    return found


# One row


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_greedy_rows_equal_a_stateless_reference(name: str, seed: int) -> None:
    model, inputs = model_of(name, seed), prompts("Who is it? ")
    output = model.generate(**inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=False)
    texts = texts_of(output, inputs)
    check(texts)
    assert texts == [greedy_reference(model, inputs)]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_sampled_rows_are_valid(name: str) -> None:
    model, inputs = model_of(name, 0), prompts("Who? ")
    for seed in range(10):
        torch.manual_seed(seed)
        output = model.generate(
            **inputs,
            **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
            do_sample=True,
            temperature=1.5,
            top_k=20,
            top_p=0.9,
        )
        check(texts_of(output, inputs))


# Batches


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_rows_of_a_left_padded_batch_are_valid(name: str) -> None:
    model, inputs = model_of(name, 1), prompts("A rather long question: ", "Who? ", "?")
    output = model.generate(**inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=False)
    texts = texts_of(output, inputs)
    assert len(texts) == 3
    check(texts)
    torch.manual_seed(3)
    check(
        texts_of(
            model.generate(**inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=True),
            inputs,
        )
    )


def test_each_prompt_may_have_a_schema_of_its_own_or_none() -> None:
    model, inputs = model_of("qwen2", 2), prompts("One? ", "Two? ", "Three? ")
    torch.manual_seed(1)
    output = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=[SCHEMA, None, CITY], style=BRIEF),
        do_sample=True,
        num_return_sequences=2,
        max_new_tokens=100,
    )
    texts = texts_of(output, inputs)
    check(texts[:2])
    check(texts[4:], CITY)
    assert bool((output < 273).all())  # free rows too take no id that the tokenizer lacks


def test_rows_that_end_early_wait_for_the_others() -> None:
    model, inputs = model_of("llama", 0), prompts("One? ", "Two? ")
    output = model.generate(
        **inputs, **constrain(model, tokenizer(), schema=[SCHEMA, CITY], style=BRIEF), do_sample=False
    )
    texts = texts_of(output, inputs)
    check(texts[:1])
    check(texts[1:], CITY)


# Searches and other loops


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_beams_are_valid(name: str, seed: int) -> None:
    model, inputs = model_of(name, seed), prompts("Who is it? ", "Who? ")
    output = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
        do_sample=False,
        num_beams=4,
        num_return_sequences=2,
    )
    texts = texts_of(output, inputs)
    assert len(texts) == 4
    check(texts)


@pytest.mark.parametrize("early_stopping", [True, False, "never"])
def test_beams_of_several_schemas_are_valid(early_stopping: bool | str) -> None:
    model, inputs = model_of("qwen2", 0), prompts("Who is it? ", "Where? ")
    output = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=[SCHEMA, CITY], style=BRIEF),
        do_sample=False,
        num_beams=3,
        early_stopping=early_stopping,
    )
    texts = texts_of(output, inputs)
    check(texts[:1])
    check(texts[1:], CITY)


def test_several_returned_sequences_are_valid() -> None:
    model, inputs = model_of("gpt2", 0), prompts("Who is it? ", "Who? ")
    torch.manual_seed(0)
    output = model.generate(
        **inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=True, num_return_sequences=5
    )
    texts = texts_of(output, inputs)
    check(texts)
    assert len(set(texts)) > 2


def test_prompt_lookup_gives_what_the_plain_loop_gives() -> None:
    model, inputs = model_of("qwen2", 1), prompts('{"name": "Ann", "age": 12} {"name": "Bob", "age": 3} ')
    plain = model.generate(**inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=False)
    looked_up = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
        do_sample=False,
        prompt_lookup_num_tokens=3,
    )
    assert texts_of(looked_up, inputs) == texts_of(plain, inputs)


def test_an_assistant_of_the_same_vocabulary_changes_nothing() -> None:
    model, inputs = model_of("qwen2", 1), prompts("Who? ")
    plain = model.generate(**inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=False)
    assisted = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
        do_sample=False,
        assistant_model=model_of("qwen2", 2),
    )
    assert texts_of(assisted, inputs) == texts_of(plain, inputs)


def test_an_assistant_of_another_tokenizer_changes_nothing() -> None:
    model, inputs = model_of("qwen2", 1), prompts("Who? ")
    plain = model.generate(**inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=False)
    foreign = make.demo_tokenizer()
    ends: dict[str, Any] = {"eos_token_id": foreign.eos_token_id, "pad_token_id": foreign.pad_token_id}
    config = transformers.Qwen2Config(**{**SIZE, **DECODER, **ends, "vocab_size": len(foreign)})
    assisted = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
        do_sample=False,
        assistant_model=transformers.Qwen2ForCausalLM(config).eval(),
        tokenizer=tokenizer(),
        assistant_tokenizer=foreign,
    )
    assert texts_of(assisted, inputs) == texts_of(plain, inputs)


def test_a_model_of_another_width_is_refused() -> None:
    arguments = constrain(model_of("qwen2", 1), tokenizer(), schema=SCHEMA, style=BRIEF)
    other = qwen2(WIDTH + 20).eval()
    with pytest.raises(ValueError, match=r"found scores of width 320 only, expected 300"):
        other.generate(**prompts("Who? "), **arguments, do_sample=False, max_new_tokens=5)


def test_continuous_batching_is_refused() -> None:
    model, inputs = model_of("qwen2", 1), prompts("Who? ")
    with pytest.raises(NotImplementedError, match="stopping_criteria is not supported for continuous batching"):
        model.generate(
            **inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), cache_implementation="paged"
        )


def test_a_sampling_assistant_keeps_rows_valid() -> None:
    model, inputs = model_of("qwen2", 1), prompts("Who? ")
    for seed in range(3):
        torch.manual_seed(seed)
        output = model.generate(
            **inputs,
            **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
            do_sample=True,
            assistant_model=model_of("qwen2", 2),
        )
        check(texts_of(output, inputs))


def test_sampled_beams_are_valid() -> None:
    model, inputs = model_of("llama", 0), prompts("Who is it? ", "Who? ")
    torch.manual_seed(0)
    output = model.generate(
        **inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=True, num_beams=3
    )
    check(texts_of(output, inputs))


def test_a_static_cache_changes_nothing() -> None:
    model, inputs = model_of("llama", 1), prompts("Who is it? ", "Who? ")
    plain, static = (
        model.generate(
            **inputs,
            **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
            do_sample=False,
            disable_compile=True,
            **cache,
        )
        for cache in ({}, {"cache_implementation": "static"})
    )
    check(texts_of(static, inputs))
    assert texts_of(static, inputs) == texts_of(plain, inputs)


def test_an_encoder_and_decoder_is_constrained_in_its_decoder() -> None:
    torch.manual_seed(0)
    config = transformers.T5Config(
        vocab_size=WIDTH,
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        eos_token_id=END,
        pad_token_id=PAD,
        decoder_start_token_id=PAD,
    )
    model = transformers.T5ForConditionalGeneration(config).eval()
    inputs = prompts("Who is it? ", "Who? ")
    output = model.generate(
        **inputs, **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF), do_sample=False, max_new_tokens=120
    )
    check(tokenizer().batch_decode(output[:, 1:], skip_special_tokens=True))


def test_embeddings_may_stand_for_the_prompt() -> None:
    model, inputs = model_of("llama", 1), prompts("Who is it? ")
    embeddings = model.get_input_embeddings()(inputs["input_ids"])
    output = model.generate(
        inputs_embeds=embeddings,
        attention_mask=inputs["attention_mask"],
        **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
        do_sample=False,
    )
    check(tokenizer().batch_decode(output, skip_special_tokens=True))


# What generate() is asked for beside


def test_raw_logits_are_not_falsified() -> None:
    model, inputs = model_of("qwen2", 0), prompts("Who? ")
    result = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF),
        do_sample=False,
        output_logits=True,
        output_scores=True,
        return_dict_in_generate=True,
    )
    assert all(bool(torch.isfinite(logits).all()) for logits in result.logits)
    assert all(bool(torch.isneginf(scores).any()) for scores in result.scores)


def test_a_minimum_length_cannot_force_a_value_open() -> None:
    model, inputs = model_of("qwen2", 0), prompts("Who? ")
    output = model.generate(
        **inputs,
        **constrain(model, tokenizer(), schema=CITY, style=BRIEF),
        do_sample=False,
        min_new_tokens=60,
        repetition_penalty=1.3,
    )
    check(texts_of(output, inputs), CITY)


def test_too_few_new_tokens_leave_a_state_that_says_so() -> None:
    model, inputs = model_of("qwen2", 0), prompts("Who? ", "Me? ")
    arguments = constrain(model, tokenizer(), schema=[SCHEMA, CITY], style=BRIEF)
    output = model.generate(**inputs, **arguments, do_sample=False, max_new_tokens=5)
    states = arguments["logits_processor"][0].states(output)
    assert [state.status for state in states] == ["live", "live"]
    assert not any(state.matcher.can_terminate() for state in states)


def test_every_end_token_of_the_model_ends_the_row() -> None:
    model, inputs = model_of("qwen2", 0), prompts("Who? ")
    model.generation_config.eos_token_id = [271, END]
    try:
        arguments = constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF)
        assert set(arguments["logits_processor"][0].tokenizer_info.stop_token_ids) == {271, END}
        check(texts_of(model.generate(**inputs, **arguments, do_sample=False), inputs))
    finally:
        model.generation_config.eos_token_id = END


def test_a_value_that_the_prompt_began_is_continued() -> None:
    model, inputs = model_of("llama", 2), prompts('Who? {"name":"')
    output = model.generate(
        **inputs, **constrain(model, tokenizer(), schema=SCHEMA, prefix='{"name":"', style=BRIEF), do_sample=False
    )
    check(['{"name":"' + text for text in texts_of(output, inputs)])


def test_one_object_for_two_prompts_is_refused() -> None:
    model = model_of("qwen2", 0)
    arguments = constrain(model, tokenizer(), schema=SCHEMA, style=BRIEF)
    model.generate(**prompts("Who? "), **arguments, do_sample=False)
    with pytest.raises(ValueError, match="found rows of another prompt"):
        model.generate(**prompts("Me? "), **arguments, do_sample=False)


def test_repeated_calls_compile_once() -> None:
    model, own = model_of("qwen2", 0), make.small_tokenizer()
    first, second = (constrain(model, own, schema=SCHEMA, style=BRIEF)["logits_processor"][0] for _ in range(2))
    assert first.tokenizer_info is second.tokenizer_info


# Other constraints, and what is refused


def test_an_expression_is_followed() -> None:
    model, inputs = model_of("glm", 0), prompts("When? ")
    output = model.generate(
        **inputs, **constrain(model, tokenizer(), regex="(19|20)[0-9]{2}-(0[1-9]|1[0-2])"), do_sample=False
    )
    year, month = texts_of(output, inputs)[0].split("-")
    assert 1900 <= int(year) <= 2099
    assert 1 <= int(month) <= 12


def test_a_grammar_is_followed() -> None:
    from fcformat.grammar import choice, literal, schema_value, sequence

    model, inputs = model_of("gpt2", 1), prompts("Say: ")
    grammar = sequence(literal("call "), choice(literal("f"), literal("g")), schema_value({"type": "boolean"}))
    compiled = GrammarCompiler(TokenizerInfo.from_huggingface(tokenizer(), vocab_size=WIDTH)).compile_grammar(grammar)
    for given in (grammar, compiled):
        output = model.generate(**inputs, **constrain(model, tokenizer(), grammar=given), do_sample=False)
        assert texts_of(output, inputs)[0] in {"call ftrue", "call ffalse", "call gtrue", "call gfalse"}


WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 8}, "days": {"type": "integer", "maximum": 9}},
            "required": ["city", "days"],
            "additionalProperties": False,
        },
    },
}
CLOCK: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "Time of day.",
        "parameters": {"type": "object", "properties": {"zone": {"enum": ["UTC", "CET"]}}, "required": ["zone"]},
    },
}


def format_model(tokenizer: Any) -> Any:
    torch.manual_seed(0)
    ends: dict[str, Any] = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = transformers.Qwen2Config(**{**SIZE, **DECODER, **ends, "vocab_size": len(tokenizer) + 5})
    return transformers.Qwen2ForCausalLM(config).eval()


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3"])
def test_each_prompt_of_a_format_may_have_tools_of_its_own(name: str) -> None:
    from fcformat.formats import get_format

    own = make.demo_tokenizer()
    model, form = format_model(own), get_format(name)
    messages = [{"role": "user", "content": "What now?"}]
    tools = [[WEATHER], [CLOCK]]
    encoded = [form.render(messages, tools=some, add_generation_prompt=True).encode(own) for some in tools]
    length = max(map(len, encoded))
    inputs = {
        "input_ids": torch.tensor([[own.pad_token_id] * (length - len(ids)) + ids for ids in encoded]),
        "attention_mask": torch.tensor([[0] * (length - len(ids)) + [1] * len(ids) for ids in encoded]),
    }
    torch.manual_seed(0)
    arguments = constrain(model, own, format=name, tools=tools, tool_choice="required", parallel_tool_calls=False)
    output = model.generate(**inputs, **arguments, do_sample=True, max_new_tokens=1500)
    for ids, some in zip(output[:, length:], tools, strict=True):
        message = form.parse(own.decode(ids), tools=some)
        assert [call.function.name for call in message.tool_calls] == [some[0]["function"]["name"]]
        jsonschema.validate(message.tool_calls[0].function.arguments_object(), some[0]["function"]["parameters"])


def test_a_formats_own_end_tokens_count() -> None:
    own = make.demo_tokenizer()
    arguments = constrain(format_model(own), own, format="chatglm3", tools=[WEATHER])
    stops = arguments["logits_processor"][0].tokenizer_info.stop_token_ids
    assert {own.convert_tokens_to_ids(text) for text in ("<|im_end|>", "<|user|>", "<|observation|>")} <= set(stops)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, r"found none of them, expected exactly one of schema=, regex=, grammar= and format="),
        ({"schema": {}, "regex": "a"}, "found schema= and regex=, expected exactly one"),
        ({"schema": {}, "tools": []}, "found tools= without format="),
        ({"regex": "a", "tool_choice": "auto"}, "found tool_choice= without format="),
        ({"regex": "a", "colour": 1}, "found colour= without format="),
    ],
)
def test_arguments_that_do_not_fit_together_are_refused(arguments: dict[str, Any], found: str) -> None:
    with pytest.raises(ValueError, match=found):
        constrain(model_of("qwen2", 0), tokenizer(), **arguments)


# A real vocabulary


@pytest.mark.parametrize("seed", range(3))
def test_qwens_vocabulary_and_padded_head_give_valid_values(seed: int) -> None:
    pytest.importorskip("dashscope")
    own = make.qwen_tokenizer()
    torch.manual_seed(seed)
    model = qwen2(make.QWEN_LOGITS).eval()
    model.generation_config.eos_token_id = [151645, 151643]
    model.generation_config.pad_token_id = 151643
    inputs = own(["Who is it?", "北京天气怎么样"], return_tensors="pt", padding=True, padding_side="left")
    output = model.generate(
        **inputs, **constrain(model, own, schema=SCHEMA, style=BRIEF), do_sample=seed > 0, max_new_tokens=150
    )
    check(own.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


@pytest.mark.parametrize("builder", [make.tekken_tokenizer, make.sentencepiece_tokenizer])
def test_mistrals_vocabularies_give_valid_values(builder: Callable[[], Any]) -> None:
    pytest.importorskip("mistral_common")
    own = builder()
    torch.manual_seed(0)
    model = qwen2(len(own)).eval()
    model.generation_config.eos_token_id = model.generation_config.pad_token_id = own.eos_token_id
    inputs = own(["Who is it?"], return_tensors="pt", return_token_type_ids=False)
    output = model.generate(
        **inputs, **constrain(model, own, schema=SCHEMA, style=BRIEF), do_sample=False, max_new_tokens=150
    )
    check(own.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
