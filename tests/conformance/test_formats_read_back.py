"""Prompts that the publishers' own templates and code wrote, read back: rendering what was read gives the prompt again.

Where it does not, the prompt is one that fcformat writes otherwise (see `docs/formats-prompts.md`), and `issues` say so.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from fcformat.chat import Message, normalize_messages
from fcformat.formats import get_format
from support.data import data_path

pytestmark = pytest.mark.filterwarnings("ignore::fcformat.formats.losses.FormatLossWarning")

#: Golden sets; the formats that read them; of their prompts, how many are read, are written again to the byte, and give back
#: all contents and calls of the conversation that they were made from. Only ever more.
RATCHET: dict[str, tuple[str, int, int, int]] = {
    "code-chatglm3": ("chatglm3", 23, 23, 18),
    "code-glm-4-server": ("glm4", 26, 26, 17),
    "code-mistral-common-v11-tekken": ("mistral-v11-tekken", 22, 22, 22),
    "code-mistral-common-v13-tekken": ("mistral-v13-tekken", 22, 22, 22),
    "code-mistral-common-v3-tekken": ("mistral-v3-tekken", 21, 21, 12),
    "code-mistral-common-v7-tekken": ("mistral-v7-tekken", 22, 22, 22),
    "code-qwen1-react": ("qwen1_react", 22, 22, 21),
    "deepseek-v3": ("deepseek_v3", 32, 28, 14),
    "deepseek-v3.1": ("deepseek_v31", 49, 35, 48),
    "glm-4.5": ("glm45", 36, 36, 34),
    "gpt-oss": ("harmony", 50, 37, 40),
    "hermes-2-pro-tool_use": ("hermes", 26, 26, 25),
    "llama-3.1": ("llama3.1", 42, 31, 38),
    "llama-3.2": ("llama3.2", 42, 31, 38),
    "qwen1.5": ("qwen1.5", 31, 31, 14),
    "qwen2": ("qwen2", 31, 31, 13),
    "qwen2.5": ("qwen2.5", 47, 33, 47),
    "qwen3": ("qwen3", 34, 34, 34),
    "qwen3-coder": ("qwen3_coder", 33, 33, 33),
    "qwen3-instruct-2507": ("qwen3-2507", 33, 33, 33),
    "qwen3.5": ("qwen3.5", 35, 35, 34),
    "qwen3.6": ("qwen3.6", 36, 36, 35),
    "qwen3.8": ("qwen3.8", 38, 38, 37),
    "qwq-32b": ("qwq", 47, 34, 47),
}


def rows(golden: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    document = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    known = {each["id"]: each for each in document["conversations"]}
    for line in data_path("formats", "golden", f"{golden}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "prompt" in row and row["conversation"] in known:
            yield row, known[row["conversation"]]


def said(messages: Sequence[Message]) -> list[Any]:
    """What was said and called."""
    return [
        (
            message.role,
            message.content or "",
            [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls],
        )
        for message in messages
    ]


@pytest.mark.parametrize("golden", RATCHET)
def test_publishers_prompts_are_read_back(golden: str) -> None:
    name, *expected = RATCHET[golden]
    form = get_format(name)
    counts: collections.Counter[str] = collections.Counter()
    for row, conversation in rows(golden):
        read = form.read_prompt(row["prompt"])
        found = read.conversation
        differs = any("written" in issue for issue in found.issues)
        written = form.render(
            found.messages, found.tools or None, read.add_generation_prompt, on_loss="drop", **read.options
        )
        assert (written.text == row["prompt"]) is not differs
        assert {tool.name for tool in found.tools} <= {tool["function"]["name"] for tool in conversation["tools"] or ()}
        counts["read"] += 1
        counts["same"] += not differs
        counts["said"] += said(found.messages) == said(normalize_messages(conversation["messages"]))
    assert [counts["read"], counts["same"], counts["said"]] == expected


def test_training_texts_of_chatglm3_are_read_back() -> None:
    form, checked = get_format("chatglm3"), 0
    for line in data_path("formats", "golden", "code-chatglm3-finetune.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "segments" in row:
            read = form.read_prompt("".join(text for text, _ in row["segments"]))
            assert read.options == {"training": True}
            assert read.conversation.issues == ()
            checked += 1
    assert checked == 26


def test_qwen_agent_conversations_of_the_publisher_are_read_back() -> None:
    form, checked = get_format("qwen_agent"), 0
    document = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    known = {each["id"]: each for each in document["conversations"]}
    for line in data_path("formats", "golden", "code-qwen-agent-qwen.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if "messages" not in row:
            continue
        text = "".join(f"<|im_start|>{each['role']}\n{each['content']}<|im_end|>\n" for each in row["messages"])
        last = known[row["conversation"]]["messages"][-1]
        if last["role"] == "tool" or last.get("tool_calls"):
            text = text.removesuffix("<|im_end|>\n")  # the turn goes on
        read = form.read_prompt(text)
        assert read.conversation.issues == ()
        tools = known[row["conversation"]]["tools"] or []
        for tool in tools:
            if not tool["function"].get("description", "-"):
                del tool["function"]["description"]  # an empty one is written as none is
        assert [tool.to_openai() for tool in read.conversation.tools] == tools
        checked += 1
    assert checked == 80
