"""Tests of the logits processor and its stopping criterion, called as `generate()` calls them, and as it never would."""

from __future__ import annotations

import inspect
import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from fcformat.decoding.bitmask import allocate_token_bitmask
from fcformat.decoding.compiler import CompiledGrammar, GrammarCompiler
from fcformat.decoding.logits_processor import LogitsProcessor
from fcformat.decoding.matcher import GrammarMatcher
from fcformat.decoding.matcher_pool import RowState
from fcformat.decoding.stopping import StoppingCriteria
from fcformat.decoding.tokenizer_info import TokenizerInfo
from fcformat.grammar import control_token, literal, sequence
from support.tokenizers import small_tokenizer

END, PAD, OTHER, TOOL_CALL = 269, 270, 271, 272
WIDTH = 300
INFO = TokenizerInfo.from_huggingface(small_tokenizer(), vocab_size=WIDTH)
COMPILER = GrammarCompiler(INFO)
VALUE = COMPILER.compile_regex(r'\{"a": (1|12|123|true|(ab|c){2,9})\}')
ANSWER = COMPILER.compile_regex("(yes|no|no way)")
PROMPT = [5, 6, 7]


def ids_of(text: str) -> list[int]:
    return list(text.encode())


def batch(*rows: Sequence[int], prompt: Sequence[int] = PROMPT) -> torch.LongTensor:
    return torch.tensor([[*prompt, *row] for row in rows], dtype=torch.long).reshape(len(rows), -1)  # type: ignore[return-value]


def scores_for(ids: torch.Tensor, width: int = WIDTH) -> Any:
    return torch.randn(ids.shape[0], width)


def replay(grammar: CompiledGrammar | None, ids: Sequence[int]) -> set[int]:
    """What may follow ids, by a fresh matcher."""
    if grammar is None:
        return set(range(TOOL_CALL + 1))
    matcher = GrammarMatcher(grammar)
    for token_id in ids:
        if matcher.is_terminated():
            break
        if token_id == PAD and matcher.can_terminate():  # a row that a criterion has ended
            return {END, PAD}
        if token_id >= WIDTH or not matcher.accept_token(token_id):
            return {END}
    if matcher.is_terminated():
        return {END, PAD}
    mask = allocate_token_bitmask(1, WIDTH)
    matcher.fill_next_token_bitmask(mask, 0)
    words = mask[0].tolist()
    return {token_id for token_id in range(WIDTH) if words[token_id // 32] >> token_id % 32 & 1}


def allowed(masked: torch.Tensor) -> list[set[int]]:
    return [set(torch.nonzero(~torch.isneginf(row)).flatten().tolist()) for row in masked]


def processor(*grammars: CompiledGrammar | None, **options: Any) -> LogitsProcessor:
    return LogitsProcessor(grammars, tokenizer_info=INFO, pad_token_id=PAD, **options)


def allowed_after(tested: LogitsProcessor, ids: torch.LongTensor) -> list[set[int]]:
    return allowed(tested(ids, scores_for(ids)))


# What is masked


def test_each_row_may_only_take_what_its_grammar_allows() -> None:
    tested = processor(VALUE)
    assert allowed_after(tested, batch([], [])) == [replay(VALUE, [])] * 2
    rows = [ids_of('{"a": 12'), ids_of('{"a": ab')]
    for length in range(1, 9):
        ids = batch(*(row[:length] for row in rows))
        assert allowed_after(tested, ids) == [replay(VALUE, row[:length]) for row in rows]


def test_allowed_scores_stay_as_they_were_and_the_given_tensor_is_not_written() -> None:
    ids = batch([], [])
    scores = scores_for(ids)
    before = scores.clone()
    masked = processor(VALUE)(ids, scores)
    assert torch.equal(scores, before)
    keep = ~torch.isneginf(masked)
    assert torch.equal(masked[keep], before[keep])
    assert masked.dtype == scores.dtype


def test_a_complete_value_may_only_end() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([]))
    assert allowed_after(tested, batch(ids_of('{"a": 1}'))) == [{END}]


def test_a_row_that_has_ended_takes_padding_whatever_follows() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([]))
    ended = [*ids_of('{"a": 1}'), END]
    for tail in ([], [PAD], [PAD, PAD], [ord("x"), END]):
        assert allowed_after(tested, batch([*ended, *tail])) == [{END, PAD}]


def test_a_complete_row_that_is_padded_has_ended() -> None:
    tested = processor(ANSWER)
    tested.states(batch([]))
    for text, status in (("yes", "finished"), ("no", "finished"), ("no w", "dead")):
        (state,) = tested.states(batch([*ids_of(text), PAD, PAD]))
        assert state is not None
        assert (state.status, state.accepted) == (status, len(text))


def test_a_broken_row_may_only_stop() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([]))
    for row in ([ord("x")], [*ids_of('{"a'), END], [*ids_of('{"a'), PAD, PAD], [WIDTH + 5], [OTHER, ord("{")]):
        assert allowed_after(tested, batch(row)) == [{END}]


def test_ids_past_the_tokenizer_are_never_allowed() -> None:
    tested = processor(None)
    assert allowed_after(tested, batch([])) == [set(range(273))]
    wide = scores_for(batch([]), 400)
    assert allowed(tested(batch([]), wide)) == [set(range(273))]


def test_scores_may_be_narrower_than_the_vocabulary() -> None:
    tested = processor(VALUE)
    assert allowed(tested(batch([]), scores_for(batch([]), 270))) == [replay(VALUE, [])]
    with pytest.raises(ValueError, match=r"found scores of width 200 and the end tokens \[269\]"):
        tested(batch([]), scores_for(batch([]), 200))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_scores_may_be_of_any_type_and_stride(dtype: torch.dtype) -> None:
    tested = processor(VALUE)
    store = torch.randn(2, 3, WIDTH).to(dtype)
    masked = tested(batch([], []), store[:, 1, :])  # type: ignore[arg-type]
    assert masked.dtype == dtype
    assert allowed(masked) == [replay(VALUE, [])] * 2


# Rows that other processors have emptied


def test_a_row_is_never_minus_infinity_only() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([], []))
    ids = batch(ids_of('{"a": 1}'), ids_of('{"a": tr'))
    scores = scores_for(ids)
    scores[:, END] = float("-inf")  # as a minimum length does
    masked = tested(ids, scores)
    assert allowed(masked) == [{END}, replay(VALUE, ids_of('{"a": tr'))]
    assert bool(torch.isfinite(masked[0, END]))


def test_what_others_forbid_stays_forbidden_where_something_is_left() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([]))
    ids = batch(ids_of('{"a": '))
    scores = scores_for(ids)
    lowest = min(replay(VALUE, ids_of('{"a": ')))
    scores[0, lowest] = float("-inf")
    assert allowed(tested(ids, scores)) == [replay(VALUE, ids_of('{"a": ')) - {lowest}]


# Several grammars


def test_several_grammars_are_prompt_major() -> None:
    tested = processor(VALUE, None, ANSWER)
    expected = [
        replay(VALUE, []),
        replay(VALUE, []),
        replay(None, []),
        replay(None, []),
        replay(ANSWER, []),
        replay(ANSWER, []),
    ]
    assert allowed_after(tested, batch(*[[]] * 6)) == expected


def test_grammars_that_do_not_divide_the_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="found 3 grammars for 4 rows"):
        allowed_after(processor(VALUE, None, ANSWER), batch([], [], [], []))


def test_grammars_of_different_vocabularies_are_refused() -> None:
    other = TokenizerInfo.from_huggingface(small_tokenizer())
    with pytest.raises(ValueError, match="found grammars for two vocabularies"):
        LogitsProcessor([VALUE, GrammarCompiler(other).compile_regex("yes")])


def test_no_grammar_at_all_needs_the_vocabulary() -> None:
    with pytest.raises(ValueError, match="expected one or the other"):
        LogitsProcessor(None)


# State is a function of the ids


def test_rows_may_be_reordered_repeated_and_taken_back() -> None:
    """A thousand calls in random order agree with a fresh matcher each time."""
    draw = random.Random(7)
    texts = ['{"a": 123}', '{"a": true}', '{"a": ababcc}', '{"a": cc}', "no way", "yes", "{'a'"]
    tested = processor(VALUE, ANSWER)
    allowed_after(tested, batch(*[[]] * 4))
    for _ in range(300):
        length = draw.randrange(14)
        count = draw.choice([2, 4, 6])
        rows = []
        for _ in range(count):
            row = [*ids_of(draw.choice(texts)), draw.choice([END, PAD, END, ord("x")]), *[draw.choice([PAD, END])] * 14]
            rows.append(row[:length])
        grammars = [VALUE if number < count // 2 else ANSWER for number in range(count)]
        expected = [replay(grammar, row) for grammar, row in zip(grammars, rows, strict=True)]
        assert allowed_after(tested, batch(*rows)) == expected


def test_equal_rows_share_one_matcher() -> None:
    tested = processor(VALUE)
    states = tested.states(batch([], [], []))
    assert len({id(state) for state in states}) == 1
    states = tested.states(batch(*[ids_of("{")] * 2, ids_of("x")))
    assert len({id(state) for state in states}) == 2


def test_a_plain_step_costs_one_token_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[tuple[int, int]] = []
    original = RowState.move

    def counted(self: RowState, ids: Any, common: int, *rest: Any) -> None:
        moves.append((len(ids), common))
        original(self, ids, common, *rest)

    monkeypatch.setattr(RowState, "move", counted)
    tested = processor(VALUE)
    text = ids_of('{"a": abababcc}')
    for length in range(len(text)):
        tested.states(batch(text[:length]))
    assert moves == [(length, max(0, length - 1)) for length in range(len(text))]


def test_memory_holds_no_more_matchers_than_rows() -> None:
    tested = processor(VALUE)
    tested.states(batch([]))
    for text in ('{"a": 1', '{"a": ab', '{"a": cc', '{"a": tr'):
        tested.states(batch(ids_of(text)))
    pool = next(iter(tested._pools.values()))
    assert len(pool._states) == 1


# One object, one prompt


def test_another_prompt_is_noticed() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([]))
    allowed_after(tested, batch(ids_of("{")))
    with pytest.raises(ValueError, match=r"found rows of another prompt .* \(make a new one, or call reset"):
        allowed_after(tested, batch([], prompt=[5, 6, 8]))
    with pytest.raises(ValueError, match="another prompt"):
        allowed_after(tested, batch([], prompt=[5, 6]))


def test_the_same_prompt_may_be_generated_from_again() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch([]))
    allowed_after(tested, batch(ids_of("{")))
    assert allowed_after(tested, batch([])) == [replay(VALUE, [])]


def test_a_reset_makes_it_new() -> None:
    tested = processor(VALUE)
    allowed_after(tested, batch(ids_of('{"a')))
    tested.reset()
    assert allowed_after(tested, batch([], prompt=[9])) == [replay(VALUE, [])]


def test_the_first_call_may_have_no_ids_at_all() -> None:
    tested = processor(VALUE)
    assert allowed_after(tested, batch([], [], prompt=[])) == [replay(VALUE, [])] * 2
    row = ids_of('{"a"')
    assert allowed_after(tested, batch(row, row, prompt=[])) == [replay(VALUE, row)] * 2


def test_fewer_rows_of_the_same_prompts_are_known_again() -> None:
    tested = processor(VALUE)
    first = torch.tensor([[1, 2]] * 4 + [[3, 4]] * 4)
    tested.states(first)
    again = torch.tensor([[1, 2]] * 3 + [[3, 4]] * 3)
    assert len(tested.states(again)) == 6
    with pytest.raises(ValueError, match="another prompt"):
        tested.states(again.flip(0))


# A prompt that already opened the value


def test_a_prefix_says_where_the_value_stands() -> None:
    tested = processor(VALUE, prefix='{"a": t')
    assert allowed_after(tested, batch([])) == [replay(VALUE, ids_of('{"a": t'))]


def test_each_grammar_may_have_a_prefix_of_its_own() -> None:
    tested = processor(VALUE, VALUE, prefix=["", b'{"a'])
    assert allowed_after(tested, batch([], [])) == [replay(VALUE, []), replay(VALUE, ids_of('{"a'))]


def test_a_prefix_may_hold_control_tokens() -> None:
    grammar = COMPILER.compile_grammar(sequence(literal("a"), control_token("<tool_call>"), VALUE.grammar))
    tested = processor(grammar, prefix='a<tool_call>{"a": t')
    assert allowed_after(tested, batch([])) == [replay(VALUE, ids_of('{"a": t'))]


def test_a_prefix_that_breaks_the_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the prefix '\{\"b' is not the beginning of anything"):
        processor(VALUE, prefix='{"b')


# The interface that transformers looks at


def test_transformers_passes_ids_and_scores_only() -> None:
    assert list(inspect.signature(LogitsProcessor.__call__).parameters) == ["self", "input_ids", "scores"]
    assert LogitsProcessor.supports_continuous_batching is False
    assert LogitsProcessor.__eq__ is object.__eq__


# Stopping


def stops(tested: LogitsProcessor, *rows: Sequence[int]) -> list[bool]:
    result = StoppingCriteria(tested)(batch(*rows), None)
    assert result.dtype == torch.bool
    flags: list[bool] = result.tolist()
    return flags


def test_a_row_stops_where_nothing_but_an_end_may_follow() -> None:
    tested = processor(VALUE)
    tested.states(batch([]))
    assert stops(tested, ids_of('{"a": 12')) == [False]
    assert stops(tested, ids_of('{"a": 12}')) == [True]


def test_a_row_goes_on_where_the_value_may_still_grow() -> None:
    tested = processor(ANSWER)
    tested.states(batch([]))
    assert stops(tested, ids_of("no")) == [False]
    assert stops(tested, [*ids_of("no"), END]) == [True]
    assert stops(tested, ids_of("no way")) == [True]


def test_a_broken_row_stops_with_its_stop_token() -> None:
    tested = processor(ANSWER)
    tested.states(batch([]))
    assert stops(tested, ids_of("maybe")) == [False]
    assert stops(tested, [*ids_of("maybe"), END]) == [True]


def test_free_rows_are_left_to_others() -> None:
    tested = processor(None, ANSWER)
    tested.states(batch([], []))
    assert stops(tested, [*ids_of("ye"), END], ids_of("yes")) == [False, True]


def test_the_criterion_and_the_processor_agree_on_a_state() -> None:
    tested = processor(ANSWER)
    allowed_after(tested, batch([]))
    for length in range(1, 4):
        row = ids_of("yes")[:length]
        assert stops(tested, row) == [length == 3]
        assert allowed_after(tested, batch(row)) == [replay(ANSWER, row)]
