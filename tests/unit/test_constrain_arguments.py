"""What `constrain` does with its arguments, and with models and tokenizers that show less than usual."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("transformers")

import torch

from fcformat import SchemaError, TokenizerInfo, get_format
from fcformat.decoding.constrain import _ids, _logits_width, _pad_id, constrain

INFO = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [None], stop_token_ids=[256])
TOOLS = [{"name": "f", "parameters": {"type": "object", "properties": {}, "additionalProperties": False}}]


def model(**given: Any) -> Any:
    """As little of a model as there can be."""
    return SimpleNamespace(config=SimpleNamespace(vocab_size=257), **given)


def scores(arguments: dict[str, Any], rows: list[list[int]]) -> list[list[int]]:
    """The tokens that each row allows."""
    masked = arguments["logits_processor"](torch.tensor(rows), torch.zeros(len(rows), 257))
    return [torch.isfinite(row).nonzero().flatten().tolist() for row in masked]


def test_a_model_is_known_by_its_configuration_where_it_shows_no_head() -> None:
    assert _logits_width(model()) == 257
    assert _logits_width(SimpleNamespace()) is None
    wide = SimpleNamespace(get_text_config=lambda: SimpleNamespace(vocab_size=300))
    assert _logits_width(SimpleNamespace(config=wide)) == 300
    head = SimpleNamespace(weight=torch.zeros(320, 4))
    assert _logits_width(SimpleNamespace(get_output_embeddings=lambda: head, config=wide)) == 320


def test_padding_is_the_generation_configs_then_the_tokenizers() -> None:
    tokenizer = SimpleNamespace(pad_token_id=3)
    assert _pad_id(SimpleNamespace(generation_config=SimpleNamespace(pad_token_id=2)), tokenizer) == 2
    assert _pad_id(SimpleNamespace(), tokenizer) == 3
    assert _pad_id(SimpleNamespace(), SimpleNamespace()) is None


def test_ids_are_one_or_several() -> None:
    assert (_ids(None), _ids(7), _ids([7, 8]), _ids(torch.tensor([1]))) == ((), (7,), (7, 8), (1,))


def test_a_vocabulary_stands_in_for_a_tokenizer() -> None:
    assert scores(constrain(model(), INFO, regex="a[bc]"), [[5, 6]]) == [[ord("a")]]


def test_the_end_tokens_of_a_vocabulary_are_all_that_are_named() -> None:
    ends = model(generation_config=SimpleNamespace(eos_token_id=[255, 256]))
    with pytest.raises(
        ValueError, match=r"found the end tokens \[256\] in the TokenizerInfo, expected all of \[255, 256\]"
    ):
        constrain(ends, INFO, regex="a")
    with pytest.raises(ValueError, match="expected all of"):
        constrain(model(), INFO, regex="a", stop_token_ids=9)


def test_each_prompt_may_have_a_grammar_of_its_own() -> None:
    assert scores(constrain(model(), INFO, regex=["a", "b", None]), [[5], [5], [5]]) == [[97], [98], list(range(257))]


def test_a_compiled_grammar_is_taken_as_it_is() -> None:
    from fcformat import GrammarCompiler, grammar

    compiled = GrammarCompiler(INFO).compile_regex("x")
    assert scores(constrain(model(), INFO, grammar=compiled), [[5]]) == [[120]]
    assert scores(constrain(model(), INFO, grammar=grammar.literal("y")), [[5]]) == [[121]]
    assert scores(constrain(model(), INFO, grammar='root ::= "z"'), [[5]]) == [[122]]


@pytest.mark.parametrize("prompts", [1, 2])
def test_a_prompt_that_opens_the_reply_is_gone_on_from(prompts: int) -> None:
    form = get_format("qwen3")
    opened = form.render([{"role": "user", "content": "u"}], TOOLS, True, enable_thinking=False).text
    given: Any = opened if prompts == 1 else [opened] * prompts
    arguments = constrain(model(), INFO, format=form, tools=TOOLS, tool_choice="required", prompt=given)
    rows = [[5]] * prompts
    assert scores(arguments, rows) == [[ord("<")]] * prompts
    several = constrain(model(), INFO, format="qwen3", tools=[TOOLS] * prompts, tool_choice="required", prompt=opened)
    assert scores(several, rows) == [[ord("<")]] * prompts


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "found none of them, expected exactly one of"),
        ({"regex": "a", "schema": {}}, "found schema= and regex=, expected exactly one of"),
        ({"regex": "a", "tools": TOOLS}, "found tools= without format=, expected format= beside it"),
        ({"regex": "a", "style": "compact"}, "found style= without schema="),
        (
            {"regex": "a", "jump_forward": True},
            "found jump_forward= with a TokenizerInfo, expected the tokenizer itself",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        constrain(model(), INFO, **given)


def test_jump_forward_is_one_of_three() -> None:
    from fcformat.decoding.constrain import _jump_forward

    with pytest.raises(ValueError, match=r"found jump_forward='fast', expected True, False or \"verify\""):
        _jump_forward(None, SimpleNamespace(), "fast")  # type: ignore[arg-type]


def test_a_class_that_is_no_model_of_pydantics_is_no_schema() -> None:
    from fcformat import GrammarCompiler

    with pytest.raises(SchemaError, match="found the class int, expected a dictionary or a pydantic model"):
        GrammarCompiler(INFO).compile_json_schema(int)
