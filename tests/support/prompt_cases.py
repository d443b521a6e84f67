"""Prompts as publishers write them, and why some are written otherwise here.

`expected_prompts.json` lists every prompt that differs, with its reason; `docs/formats-prompts-rows.md` is written from it.
"""

from __future__ import annotations

import datetime
import functools
import json
import warnings
from pathlib import Path
from typing import Any

from fcformat.errors import FormatError
from fcformat.formats import get_format
from support.data import data_path

__all__ = ["DOCUMENT", "EXPECTED", "NATIVE", "document", "expected", "otherwise"]

EXPECTED = Path(__file__).resolve().parents[1] / "conformance" / "expected_prompts.json"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "formats-prompts-rows.md"
#: Golden sets and the formats that write them natively.
NATIVE = {
    "code-chatglm3": "chatglm3",
    "code-glm-4-server": "glm4",
    "code-qwen1-react": "qwen1_react",
    "qwen1.5": "qwen1.5",
    "qwen2": "qwen2",
    "qwen2.5": "qwen2.5",
    "qwen3": "qwen3",
    "qwen3-instruct-2507": "qwen3-2507",
    "qwq-32b": "qwq",
    "qwen3-coder": "qwen3_coder",
    "qwen3.5": "qwen3.5",
    "gpt-oss": "harmony",
    "hermes-2-pro-tool_use": "hermes",
    "llama-3.1": "llama3.1",
    "llama-3.2": "llama3.2",
    "code-mistral-common-v3-tekken": "mistral-v3-tekken",
    "code-mistral-common-v7-tekken": "mistral-v7-tekken",
    "code-mistral-common-v11-tekken": "mistral-v11-tekken",
    "code-mistral-common-v13-tekken": "mistral-v13-tekken",
    "deepseek-v3": "deepseek_v3",
    "deepseek-v3.1": "deepseek_v31",
    "glm-4.5": "glm45",
}
_CLOCK = datetime.date(2025, 1, 15)


def expected() -> dict[str, Any]:
    """The reasons and the rows as committed."""
    table: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return table


@functools.cache
def _conversations() -> dict[str, Any]:
    given = json.loads(data_path("formats", "conversations.json").read_text(encoding="utf-8"))
    return {each["id"]: each for each in given["conversations"]}


def otherwise(golden: str) -> tuple[int, dict[str, str]]:
    """How many prompts a set has, and those that are written otherwise, with how."""
    count, found = 0, {}
    for line in data_path("formats", "golden", f"{golden}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        conversation = _conversations().get(row["conversation"])
        if conversation is None or "prompt" not in row:
            continue
        count += 1
        options = ", ".join(f"{key}={value!r}" for key, value in row["kwargs"].items())
        name = f"{row['conversation']}, arguments as {row['arguments']}"
        name += ", generation prompt" * row["add_generation_prompt"] + f", {options}" * bool(options)
        if (note := _apart(NATIVE[golden], row, conversation)) is not None:
            found[name] = note
    return count, found


def _apart(name: str, row: dict[str, Any], conversation: dict[str, Any]) -> str | None:
    """How a prompt is written otherwise; `None` if it is not."""
    messages = json.loads(json.dumps(conversation["messages"]))
    for message in messages if row["arguments"] == "object" else ():
        for call in message.get("tool_calls") or ():
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    options = {"date": _CLOCK, "add_generation_prompt": row["add_generation_prompt"], **row["kwargs"]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ours = get_format(name).render(messages, conversation["tools"], **options).text
        except FormatError as error:
            return f"here: {error}"
    theirs = row["prompt"]
    if ours == theirs:
        return None
    at = next((i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(ours), len(theirs)) if at is None else at
    here, there = (_quoted(text, at) for text in (ours, theirs))
    return f"character {at}: {there} there, {here} here"


def _quoted(text: str, at: int) -> str:
    piece = json.dumps(text[max(0, at - 12) : at + 32], ensure_ascii=False)[1:-1].replace('\\"', '"')
    return f"`` …{piece}… ``"


def document(table: dict[str, Any]) -> str:
    """The text of the document."""
    total = sum(table["counts"].values())
    other = sum(len(names) for reason in table["reasons"] for names in reason["rows"].values())
    lines = [*table["introduction"], "", f"{total} prompts, {total - other} equal to the byte, {other} otherwise."]
    for reason in table["reasons"]:
        lines += ["", f"## {reason['title']}", "", *reason["why"], ""]
        for golden, names in reason["rows"].items():
            lines += [f"- `{golden}`, {name}. {note}" for name, note in names.items()]
    return "\n".join(lines) + "\n"
