"""The pattern of how fixed texts begin, against a plain enumeration of their beginnings."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from fcformat.formats.call_syntax.tags import begins

_TEXTS = st.text("<a.", max_size=5)


@given(st.lists(_TEXTS, max_size=4), _TEXTS)
def test_begins_matches_a_text_or_a_beginning_of_it_at_the_end(texts: list[str], at_hand: str) -> None:
    expected = not at_hand or any(at_hand.startswith(text) or text.startswith(at_hand) for text in texts)
    assert bool(re.match(begins(*texts), at_hand)) == expected
