"""Replies as publishers and serving projects read them, whole and streamed.

Where a row is read otherwise here, `ARGUED` says why; a row that is neither equal nor argued fails, and so does an argument
that is no longer needed.
"""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from fcformat.chat import Message, join_deltas
from fcformat.formats import get_format
from support.data import data_path

LAST_SEGMENT = "the reference keeps the last segment only and loses the text and the calls before it"
LAYOUT = "the line break between text and call is layout; with it in the content, the message would not render to this text again"
STRIPPED = "the blank before the call is the model's text, and the same project keeps it when streaming"
SNAPSHOT = "the reference shows a stream with its last characters held back; here everything that came is given"
END_TAG = "the reference takes the half end tag for arguments"
KEPT = "a call that breaks off before its name is kept as content and named in `issues`, not dropped"
COMPLETE = "the arguments are complete, so the call has one reading; the missing brace and tag are named in `issues`"
REASONING = "Qwen2.5 does not reason; the row is of a sibling that does"
OTHER_TAGS = "the row is of a sibling with other tags"

ARGUED = {
    "a67943cd30-833e98": LAST_SEGMENT,
    "b4e17b0972-6691b0": LAST_SEGMENT,
    "06d14929e8-3ca545": LAYOUT,
    "5ad205c303-b9a425": LAYOUT,
    "dad17fc197-a0f940": STRIPPED,
    "1e0e63c7cc-4b4b3a": SNAPSHOT,
    "2c7da1befb-dae595": SNAPSHOT,
    "3e809119cc-4d911a": SNAPSHOT,
    "4a48ce9e4d-017612": SNAPSHOT,
    "7670f00778-664c72": SNAPSHOT,
    "689c13bbd9-4d911a": END_TAG,
    "8694ff46ca-664c72": END_TAG,
    "948efe9c9a-5e99e3": END_TAG,
    "c0de4399bd-017612": END_TAG,
    "dca7cd5afb-4b4b3a": END_TAG,
    "e240b523e4-b9a425": END_TAG,
    "e240b523e4-dae595": END_TAG,
    "8885988aa0-dae595": KEPT,
    "8c778b0ff6-b9a425": KEPT,
    "8c778b0ff6-dae595": KEPT,
    "e64004cd99-3bdeab": KEPT,
    "d4475229c0-0de05a": COMPLETE,
    "1232e995e9-b7bf60": REASONING,
    "8a33b17e29-b7bf60": REASONING,
    "ac032772c3-b7bf60": REASONING,
    "0869b9369f-106e2b": OTHER_TAGS,
    "6e6f995785-106e2b": OTHER_TAGS,
    "96e95a295d-106e2b": OTHER_TAGS,
    "e268042950-106e2b": OTHER_TAGS,
}


def rows(name: str) -> list[dict[str, Any]]:
    lines = data_path("formats", "parse.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["format"] == name]


def decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def said(message: Message) -> dict[str, Any]:
    calls = [[call.function.name, decoded(call.function.arguments)] for call in message.tool_calls]
    return {"content": message.content or "", "reasoning": message.reasoning or "", "calls": calls}


def wanted(expected: dict[str, Any]) -> dict[str, Any]:
    calls = [
        [call.get("name"), call["arguments"] if "arguments" in call else decoded(call.get("arguments_text", ""))]
        for call in expected.get("tool_calls") or ()
    ]
    out = {"content": expected.get("content") or "", "calls": calls}
    return {**out, "reasoning": expected["reasoning"] or ""} if "reasoning" in expected else out


@pytest.mark.parametrize(("group", "name"), [("hermes", "qwen2.5"), ("chatglm3", "chatglm3")])
def test_replies_are_read_as_by_a_peer_or_for_a_reason(group: str, name: str) -> None:
    other = set()
    for row in rows(group):
        message = get_format(name).parse(row["text"], row["tools"], prompt=row.get("generation_prompt") or "")
        ours = said(message)
        readings = [row[key] for key in ("expected", "stream_expected") if key in row]
        readings += row.get("expected_variants", []) + row.get("stream_expected_variants", [])
        if not any(all(ours[key] == value for key, value in wanted(reading).items()) for reading in readings):
            other.add(row["id"])
    assert other == {row["id"] for row in rows(group)} & ARGUED.keys()


@pytest.mark.parametrize(("group", "name"), [("hermes", "qwen2.5"), ("chatglm3", "chatglm3")])
def test_streams_give_the_message_of_the_whole_text(group: str, name: str) -> None:
    for row in rows(group):
        text, prompt = row["text"], row.get("generation_prompt") or ""
        whole = get_format(name).parse(text, row["tools"], prompt=prompt)
        rng = random.Random(row["id"])
        cuts = [sorted(rng.sample(range(len(text) + 1), min(9, len(text)))) for _ in range(3)]
        cuttings = [list(text)] + [
            [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)] for cut in cuts
        ]
        for pieces in cuttings + [chunks for chunks in row.get("chunkings", []) if "".join(chunks) == text]:
            parser = get_format(name).stream_parser(row["tools"], prompt=prompt)
            deltas = [delta for piece in pieces for delta in parser.feed(piece)]
            assert parser.finish() == whole
            assert join_deltas([*deltas, *parser.final_deltas]) == whole
