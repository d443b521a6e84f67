"""The report of what a constraint did, held against the model's own scores."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from fcformat.decoding import GrammarMatcher, constrain
from support import generate_models as models
from support.generate_contender import BRIEF, Ours, _compiler
from support.generate_models import ARCHITECTURES, CITY, END, PERSON, left_padded, small_model

PROMPTS = ("Who is it? ", "Who? ")


def run(architecture: str, schema: Any = PERSON, prompts: tuple[str, ...] = PROMPTS, **options: Any) -> tuple[Any, Any]:
    model, inputs = small_model(architecture, 0), left_padded(prompts)
    jump = options.pop("jump_forward", False)
    arguments = constrain(model, models.tokenizer(), schema, style=BRIEF, report=True, jump_forward=jump)
    torch.manual_seed(0)
    result = model.generate(
        **inputs, **arguments, **{"do_sample": False, **options}, output_logits=True, return_dict_in_generate=True
    )
    return result, arguments["logits_processor"][0].report(result.sequences)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_token_is_reported_as_the_raw_logits_say(architecture: str) -> None:
    result, report = run(architecture)
    start = result.sequences.shape[1] - len(result.logits)
    for row, told in enumerate(report.rows):
        assert told.unrecorded == 0
        ids = result.sequences[row, start:].tolist()
        length = len(told.tokens)
        assert all(token in (END, models.PAD) for token in ids[length:])
        for place, token in enumerate(told.tokens):
            allowed = Ours().allowed(PERSON, "", ids[:place], (END,))
            assert allowed is not None
            probabilities = torch.softmax(result.logits[place][row].double(), dim=0)
            assert token.token_id == ids[place]
            assert token.first_choice == int(result.logits[place][row].argmax())
            assert token.overruled == (token.first_choice not in allowed)
            removed = 1 - float(probabilities[sorted(allowed)].sum())
            assert token.removed_mass == pytest.approx(removed, abs=1e-5)
            matcher = GrammarMatcher(_compiler((END,)).compile_json_schema(PERSON, BRIEF))
            assert all(matcher.accept_token(token_id) for token_id in ids[:place])
            one_way = matcher.find_jump_forward_string().startswith(token.text)
            assert token.forced == (len(allowed) == 1 or (token.token_id != END and one_way))


def test_totals_are_sums_over_tokens() -> None:
    _, report = run("qwen2")
    row = report.rows[0]
    assert row.forced == sum(token.forced for token in row.tokens) > 10
    assert row.overruled == sum(token.overruled for token in row.tokens) > 10
    assert row.distortion == pytest.approx(-sum(token.kept for token in row.tokens))
    assert report.calls >= len(row.tokens)
    assert report.mask_seconds > 0
    assert report.apply_seconds > 0
    assert str(report).splitlines()[1].split() == [
        "0",
        str(len(row.tokens)),
        str(row.forced),
        str(row.overruled),
        f"{row.distortion:.2f}",
    ]


@pytest.mark.parametrize(
    "options", [{"num_beams": 3}, {"do_sample": True, "num_return_sequences": 2}, {"do_sample": True}]
)
def test_rows_that_move_keep_their_reports(options: dict[str, Any]) -> None:
    result, report = run("llama", **options)
    assert len(report.rows) == len(result.sequences)
    assert all(row.unrecorded == 0 and len(row.tokens) > 5 for row in report.rows)


def test_a_jump_is_reported_as_the_plain_loop_is() -> None:
    plain = run("llama", CITY, PROMPTS[:1])[1].rows[0]
    jumped = run("llama", CITY, PROMPTS[:1], jump_forward=True)[1].rows[0]
    assert jumped.unrecorded == 0
    assert all(token.forced for token in jumped.tokens)
    assert "".join(token.text for token in plain.tokens) == "".join(token.text for token in jumped.tokens)


def test_a_free_row_loses_nothing_but_what_the_tokenizer_lacks() -> None:
    _, report = run("qwen2", [None, CITY], max_new_tokens=20)
    free, held = report.rows
    assert not any(token.forced for token in free.tokens)
    assert all(token.removed_mass < 0.3 for token in free.tokens)
    assert free.distortion < held.distortion


def test_nothing_is_recorded_unless_asked_for() -> None:
    model, inputs = small_model("qwen2", 0), left_padded(PROMPTS)
    arguments = constrain(model, models.tokenizer(), CITY, style=BRIEF)
    output = model.generate(**inputs, **arguments, do_sample=False)
    with pytest.raises(ValueError, match="found no records, expected report=True"):
        arguments["logits_processor"][0].report(output)
