"""Prompts, byte for byte as the publishers' own templates and code write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fcformat.formats import get_format
from support.data import data_path

#: Rows of the fine-tuning set whose reference writes an empty observation after a call that has no result: its record
#: shape has no way to leave it out. There is nothing to observe, and we write nothing.
NO_RESULT = {"s08-one-call", "s11-parallel-calls"}


def conversations() -> dict[str, Any]:
    document = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    return {each["id"]: each for each in document["conversations"]}


def rows(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    known = conversations()
    for line in data_path("formats", "golden", f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("conversation") in known:
            yield row, known[row["conversation"]]


def with_objects(messages: Any) -> Any:
    messages = json.loads(json.dumps(messages))
    for message in messages:
        for call in message.get("tool_calls") or ():
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return messages


def rendered(name: str, row: dict[str, Any], conversation: dict[str, Any], **options: Any) -> Any:
    messages = conversation["messages"]
    if row["arguments"] == "object":
        messages = with_objects(messages)
    generate = row["add_generation_prompt"]
    return get_format(name).render(messages, conversation["tools"], add_generation_prompt=generate, **options)


@pytest.mark.parametrize(("golden", "name"), [("qwen2.5", "qwen2.5"), ("code-chatglm3", "chatglm3")])
def test_prompts_are_equal_to_the_byte(golden: str, name: str) -> None:
    different = [
        (row["conversation"], row["arguments"])
        for row, conversation in rows(golden)
        # Qwen's template prints arguments that are strings as JSON strings, twice encoded; see the next test.
        if not (name == "qwen2.5" and row["arguments"] == "string")
        and rendered(name, row, conversation).text != row["prompt"]
    ]
    assert different == []


def test_string_arguments_are_written_as_objects_are() -> None:
    reference = {
        (row["conversation"], row["add_generation_prompt"]): row["prompt"]
        for row, _ in rows("qwen2.5")
        if row["arguments"] == "object"
    }
    checked = 0
    for row, conversation in rows("qwen2.5"):
        if row["arguments"] == "string":
            expected = reference[row["conversation"], row["add_generation_prompt"]]
            assert rendered("qwen2.5", row, conversation).text == expected
            checked += 1
    assert checked


def test_training_texts_and_their_masks_are_those_of_the_fine_tuning_code() -> None:
    different = []
    for row, conversation in rows("code-chatglm3-finetune"):
        ours: list[list[Any]] = []
        for segment in rendered("chatglm3", row, conversation, training=True).segments:
            if ours and ours[-1][1] == segment.trainable:
                ours[-1][0] += segment.text
            else:
                ours.append([segment.text, segment.trainable])
        theirs: list[list[Any]] = []
        for text, mask in row["segments"]:
            if theirs and theirs[-1][1] == mask:
                theirs[-1][0] += text
            else:
                theirs.append([text, mask])
        if ours != theirs:
            different.append(row["conversation"])
    assert set(different) == NO_RESULT
