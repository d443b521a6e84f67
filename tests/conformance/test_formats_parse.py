"""Replies as publishers and serving projects read them, whole and streamed, for every format that was recorded.

A row that is read otherwise than every recorded reading is argued in `expected_formats.json` and, from there, in
`docs/formats-parsing.md`. A row that is neither equal nor argued fails; an argument that is no longer needed goes when
`update_formats.py` is run.
"""

from __future__ import annotations

import random

import pytest

from fcformat.chat import join_deltas
from fcformat.formats import get_format
from support.parse_cases import (
    DOCUMENT,
    document,
    expected,
    has_tools_that_are_none,
    prompt_of_row,
    read_otherwise,
    rows,
)

NAMES = sorted(expected()["rows"])


def test_every_recorded_format_is_known() -> None:
    assert {name: len(each) for name, each in rows().items()} == expected()["rows"]
    for name in NAMES:
        get_format(name)


@pytest.mark.parametrize("name", NAMES)
def test_replies_are_read_as_by_a_peer_or_for_a_reason(name: str) -> None:
    argued = {row for reason in expected()["reasons"] for row in reason["rows"].get(name, ())}
    assert read_otherwise(name) <= argued


@pytest.mark.parametrize("name", NAMES)
def test_streams_give_the_message_of_the_whole_text(name: str) -> None:
    for row in rows()[name]:
        if has_tools_that_are_none(row):
            continue
        text, prompt = row["text"], prompt_of_row(row)
        whole = get_format(name).parse(text, row.get("tools"), prompt=prompt)
        rng = random.Random(row["id"])
        cuts = [sorted(rng.sample(range(len(text) + 1), min(9, len(text)))) for _ in range(3)]
        cuttings = [list(text)] + [
            [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)] for cut in cuts
        ]
        for pieces in cuttings + [chunks for chunks in row.get("chunkings", []) if "".join(chunks) == text]:
            parser = get_format(name).stream_parser(row.get("tools"), prompt=prompt)
            deltas = [delta for piece in pieces for delta in parser.feed(piece)]
            message = parser.finish()
            assert (message, message.issues, message.finish_reason) == (whole, whole.issues, whole.finish_reason)
            assert join_deltas([*deltas, *parser.final_deltas]) == whole


def test_the_document_is_written_from_the_expected_results() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(expected()), "run tests/conformance/update_formats.py"


def test_no_row_is_argued_twice() -> None:
    ids = [(name, row) for reason in expected()["reasons"] for name, each in reason["rows"].items() for row in each]
    assert len(ids) == len(set(ids))
