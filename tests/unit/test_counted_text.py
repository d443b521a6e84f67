"""Free text that is bounded in tokens: counted by the tokens that begin in it, whatever they are."""

from __future__ import annotations

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat import grammar as g

TOKENS: list[bytes | None] = [bytes([byte]) for byte in range(256)]
TOKENS += [b"abc", b"a<", b"</t>", b"\xe5\xa4", b">a", None, None]
ABC, A_OPEN, CLOSE, HALF, ENTERS, END, TAG = range(256, 263)
INFO = TokenizerInfo.from_bytes(TOKENS, control_tokens={TAG: "</k>"}, stop_token_ids=[END])


def matcher(most: int | None, end: g.Grammar | None = None, start: str = "") -> GrammarMatcher:
    end = end or g.literal("</t>")
    text = g.sequence(g.literal(start), g.free_text(("</t>",), most), end)
    return GrammarMatcher(GrammarCompiler(INFO).compile_grammar(text))


def allowed(at: GrammarMatcher) -> set[int]:
    import fcformat

    mask = fcformat.allocate_token_bitmask(1, at.vocab_size)
    at.fill_next_token_bitmask(mask, 0)
    return {token for token in range(at.vocab_size) if int(mask[0][token >> 5]) >> (token & 31) & 1}


def test_so_many_tokens_fit_and_no_more() -> None:
    at = matcher(2)
    assert at.accept_token(ABC)
    assert at.accept_token(ABC)
    assert not at.accept_token(ABC)
    assert allowed(at) == {ord("<"), CLOSE}
    assert at.accept_token(CLOSE)
    assert at.can_terminate()


def test_masks_and_tokens_agree_at_every_step() -> None:
    at = matcher(3)
    for token in (ABC, ord("x"), A_OPEN):
        tried = {one for one in range(at.vocab_size) if at.fork().accept_token(one)}
        assert allowed(at) == tried
        assert at.accept_token(token)
    assert allowed(at) == {ord("<"), ord("/"), CLOSE}  # what was begun may be the end, or text before it


def test_none_may_be_asked_for() -> None:
    assert allowed(matcher(0)) == {ord("<"), CLOSE}
    assert len(allowed(matcher(None))) > 150


def test_a_token_that_reaches_into_the_text_does_not_count() -> None:
    at = matcher(1, start="<o>")
    for token in (*b"<o", ENTERS, ABC):
        assert at.accept_token(token)
    assert not at.accept_token(ABC)


def test_a_character_that_was_begun_may_be_finished() -> None:
    at = matcher(1)
    assert at.accept_token(HALF)
    assert allowed(at) == set(range(0x80, 0xC0))
    assert at.accept_token(0xA9)
    assert allowed(at) == {ord("<"), CLOSE}


def test_a_control_token_may_be_the_end() -> None:
    at = matcher(1, g.control_token("</k>"))
    assert TAG in allowed(at)
    assert at.accept_token(ABC)
    assert allowed(at) == {TAG}
    assert at.accept_token(TAG)


def test_what_is_taken_back_is_counted_again() -> None:
    at = matcher(2)
    at.accept_token(ABC)
    copy = at.fork()
    at.accept_token(ABC)
    at.rollback(1)
    for each in (at, copy):
        assert each.accept_token(ABC)
        assert not each.accept_token(ABC)
    at.reset()
    assert at.accept_token(ABC)


def test_the_masks_of_many_steps_are_one() -> None:
    at = matcher(1000)
    masks = set()
    for _ in range(999):
        assert at.accept_token(ABC)
        masks.add(frozenset(allowed(at)))
    assert len(masks) == 1


def test_a_bound_must_be_a_number_of_tokens() -> None:
    for most in (-1, 10**10):
        with pytest.raises(ValueError, match="max_tokens"):
            g.free_text((), most)
