"""Prompts, byte for byte as the publishers' own code and templates write them: Qwen 1, Qwen-Agent, generic ReAct, Mistral, DeepSeek, gpt-oss.

A row whose reference is an error says what the publisher refuses; here only the rows that have a prompt are compared.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fcformat.errors import FormatError
from fcformat.formats import get_format
from support.data import data_path

#: The day that the references were made on.
DAY = datetime.date(2025, 1, 15)
GOLDEN = [
    ("code-qwen1-react", "qwen1_react"),
    ("code-mistral-common-v3-tekken", "mistral-v3-tekken"),
    ("code-mistral-common-v7-tekken", "mistral-v7-tekken"),
    ("code-mistral-common-v11-tekken", "mistral-v11-tekken"),
    ("code-mistral-common-v13-tekken", "mistral-v13-tekken"),
    ("deepseek-v3", "deepseek_v3"),
    ("deepseek-v3.1", "deepseek_v31"),
    ("gpt-oss", "harmony"),
]
#: Templates that print a string of arguments as JSON once more; we decode it first.
ENCODES_TWICE = {"deepseek-v3.1", "gpt-oss"}
#: Templates that leave calls out of history, unless `content` is null, and then do not close the section of one call.
DROPS_CALLS = {"deepseek-v3"}
#: Conversations of which a template leaves something out in silence: we raise.
REFUSED = {"gpt-oss": {"s11-parallel-calls", "s12-parallel-results", "s24-numbers", "s25-two-systems"}}


def wrong(golden: str, row: dict[str, Any], conversation: dict[str, Any]) -> bool:
    """Whether the reference makes a mistake that we do not copy."""
    if row["conversation"] in REFUSED.get(golden, ()):
        with pytest.raises(FormatError):
            rendered(dict(GOLDEN)[golden], row, conversation)
        return True
    calls = any(message.get("tool_calls") for message in conversation["messages"])
    return calls and (golden in DROPS_CALLS or (golden in ENCODES_TWICE and row["arguments"] == "string"))


def rows(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    known = {each["id"]: each for each in document["conversations"]}
    for line in data_path("formats", "golden", f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["conversation"] in known:
            yield row, known[row["conversation"]]


def rendered(name: str, row: dict[str, Any], conversation: dict[str, Any]) -> str:
    messages = json.loads(json.dumps(conversation["messages"]))
    for message in messages:
        for call in message.get("tool_calls") or ():
            if row.get("arguments") == "object":
                call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return (
        get_format(name)
        .render(messages, conversation["tools"], row.get("add_generation_prompt", False), DAY, **row.get("kwargs", {}))
        .text
    )


@pytest.mark.parametrize(("golden", "name"), GOLDEN)
def test_prompts_are_equal_to_the_byte(golden: str, name: str) -> None:
    different = [
        (row["conversation"], row["arguments"], row["kwargs"])
        for row, conversation in rows(golden)
        if "prompt" in row
        and not wrong(golden, row, conversation)
        and rendered(name, row, conversation) != row["prompt"]
    ]
    assert different == []


def test_qwen_agent_conversations_are_those_of_the_publisher_in_chatml() -> None:
    different = []
    for row, conversation in rows("code-qwen-agent-qwen"):
        if "messages" not in row:
            continue
        turns = [f"<|im_start|>{each['role']}\n{each['content']}<|im_end|>\n" for each in row["messages"]]
        if row["add_generation_prompt"]:
            if row["messages"][-1]["role"] != "assistant":
                turns.append("<|im_start|>assistant\n")
        last = conversation["messages"][-1]
        if last["role"] == "tool" or last.get("tool_calls"):
            # The turn goes on: with a result, or with the answer behind one.
            turns[-1] = turns[-1].removesuffix("<|im_end|>\n")
        if rendered("qwen_agent", row, conversation) != "".join(turns):
            different.append((row["conversation"], row["kwargs"]))
    assert different == []


def test_generic_react_tells_of_the_tools_as_llama_factory_does() -> None:
    for row, conversation in rows("fragments-llamafactory"):
        if row["tool_format"] == "default":
            text = get_format("react").render([], conversation["tools"]).text
            assert text == f"<|im_start|>system\n{row['tools_text']}<|im_end|>\n"
