"""Prompts, byte for byte as the publishers' own templates and code write them."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fcformat.errors import FormatError
from fcformat.formats import get_format
from support.data import data_path

#: Rows of the fine-tuning set whose reference writes an empty observation after a call that has no result: its record
#: shape has no way to leave it out. There is nothing to observe, and we write nothing.
NO_RESULT = {"s08-one-call", "s11-parallel-calls"}

#: The clock of the reference data.
CLOCK = datetime.date(2025, 1, 15)
#: Golden sets and the formats that write them natively.
NATIVE = {
    "code-chatglm3": "chatglm3",
    "code-glm-4-server": "glm4",
    "qwen1.5": "qwen1.5",
    "qwen2": "qwen2",
    "qwen2.5": "qwen2.5",
    "qwen3": "qwen3",
    "qwen3-instruct-2507": "qwen3-2507",
    "qwq-32b": "qwq",
    "qwen3-coder": "qwen3_coder",
    "qwen3.5": "qwen3.5",
    "qwen3.6": "qwen3.6",
    "qwen3.8": "qwen3.8",
    "ollama-qwen3.8": "qwen3.8",
    "glm-4.5": "glm45",
    "hermes-2-pro-tool_use": "hermes",
    "llama-3.1": "llama3.1",
    "llama-3.2": "llama3.2",
}
#: What we refuse to write, and why.
REFUSED = {
    ("llama-3.1", "s25-two-systems"): "the template puts the second system message into the question's place",
    ("llama-3.2", "s25-two-systems"): "the template puts the second system message into the question's place",
}
_NONE = "the template prints None for a content that is null"
#: What we write otherwise, and why.
OTHERWISE = {
    ("glm-4.5", "s09-call-null-content"): _NONE,
}
#: Those whose template encodes arguments that are strings once more.
TWICE_ENCODED = ("qwen2.5", "qwq-32b", "llama-3.1", "llama-3.2")


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
    return get_format(name).render(
        messages, conversation["tools"], add_generation_prompt=generate, date=CLOCK, **options
    )


@pytest.mark.filterwarnings("ignore::fcformat.formats.losses.FormatLossWarning")
@pytest.mark.parametrize("golden", NATIVE)
def test_prompts_are_equal_to_the_byte(golden: str) -> None:
    different = {
        (golden, row["conversation"])
        for row, conversation in rows(golden)
        if "prompt" in row
        # Some templates print arguments that are strings as JSON strings, twice encoded; see the next test.
        and not (golden in TWICE_ENCODED and row["arguments"] == "string")
        and (golden, row["conversation"]) not in REFUSED
        and rendered(NATIVE[golden], row, conversation, **row["kwargs"]).text != row["prompt"]
    }
    assert different == {each for each in OTHERWISE if each[0] == golden}


@pytest.mark.parametrize(("golden", "conversation"), REFUSED)
def test_what_cannot_be_written_is_refused(golden: str, conversation: str) -> None:
    refused = [(row, each) for row, each in rows(golden) if row["conversation"] == conversation]
    assert refused
    for row, each in refused:
        with pytest.raises(FormatError):
            rendered(NATIVE[golden], row, each, **row["kwargs"])


@pytest.mark.filterwarnings("ignore::fcformat.formats.losses.FormatLossWarning")
@pytest.mark.parametrize("golden", TWICE_ENCODED)
def test_string_arguments_are_written_as_objects_are(golden: str) -> None:
    reference = {
        (row["conversation"], row["add_generation_prompt"], str(row["kwargs"])): row["prompt"]
        for row, _ in rows(golden)
        if row["arguments"] == "object" and "prompt" in row
    }
    checked = 0
    for row, conversation in rows(golden):
        if row["arguments"] == "string" and "prompt" in row:
            expected = reference[row["conversation"], row["add_generation_prompt"], str(row["kwargs"])]
            assert rendered(NATIVE[golden], row, conversation, **row["kwargs"]).text == expected
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
