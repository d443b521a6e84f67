"""Calls as publishers' templates write them are read back, whole and streamed, by the format that is named for the family."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fcformat.chat import Message, join_deltas
from fcformat.formats import get_format
from support.accepted_calls import ROUND_TRIPS
from support.data import data_path

_QUOTED = "the template writes every value in quotes, and null as None, for an argument that may be a string"
#: Texts that do not say what was called, and why.
UNTRUE = {
    ("vllm-llama4_pythonic", "s17-specials-in-args"): "the template writes backslashes and quotes unescaped",
    ("vllm-llama4_pythonic", "s19-nested-args"): _QUOTED,
    ("vllm-functiongemma", "s19-nested-args"): _QUOTED,
}


def calls_of(message: Message) -> list[list[Any]]:
    return [[call.function.name, json.loads(call.function.arguments)] for call in message.tool_calls]


@pytest.mark.parametrize("template", ROUND_TRIPS)
def test_what_a_template_writes_is_read_back(template: str) -> None:
    document = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    tools = {each["id"]: each["tools"] for each in document["conversations"]}
    other = set()
    for line in data_path("formats", "peer_roundtrip.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["template"] != template:
            continue
        form, known = get_format(ROUND_TRIPS[template]), tools[row["conversation"]]
        whole = form.parse(row["assistant_text"], known)
        parser = form.stream_parser(known)
        deltas = [delta for char in row["assistant_text"] for delta in parser.feed(char)]
        assert parser.finish() == whole
        assert join_deltas([*deltas, *parser.final_deltas]) == whole
        if calls_of(whole) != row["true_calls"]:
            other.add((template, row["conversation"]))
    assert other == {each for each in UNTRUE if each[0] == template}
