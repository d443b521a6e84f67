"""Prompts of chat templates as transformers renders them, and what nobody but the template may write in them.

By default a part of the rows is compared; the slow test compares all of them.
"""

from __future__ import annotations

import datetime
import json
import re
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

import fcformat
from fcformat.errors import FormatError
from fcformat.formats.losses import FormatLossWarning
from fcformat.formats.templates.printed import CONTROL
from support.data import data_path
from support.templates import EXPECTED, conversations, detected, template_names, template_of, with_objects
from support.tokenizers import byte_level_tokenizer, small_ranks

#: Rows that we render otherwise, with the reason.
DIFFERENT: dict[tuple[str, str, str], str] = {}
CLOCK = datetime.datetime(2025, 1, 15, 12)
#: Every so manieth row is compared by default.
STRIDE = 8


def rows(name: str) -> Iterator[dict[str, Any]]:
    for line in data_path("formats", "golden", f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def differing(stride: int) -> tuple[set[tuple[str, str, str]], int]:
    known = conversations()
    different: set[tuple[str, str, str]] = set()
    compared = 0
    for name in template_names():
        format_ = template_of(name)
        for number, row in enumerate(rows(name)):
            if "prompt" not in row or (number + zlib.crc32(name.encode())) % stride:
                continue
            conversation = known[row["conversation"]]
            messages = conversation["messages"]
            if row["arguments"] == "object":
                messages = with_objects(messages)
            rendered = format_.render(
                messages, conversation["tools"], row["add_generation_prompt"], CLOCK, "drop", **row.get("kwargs") or {}
            )
            compared += 1
            if rendered.text != row["prompt"]:
                different.add((name, row["conversation"], row["arguments"]))
    return different, compared


def test_prompts_are_those_of_transformers() -> None:
    different, compared = differing(STRIDE)
    assert different <= DIFFERENT.keys()
    assert compared > 800


@pytest.mark.slow
def test_all_prompts_are_those_of_transformers() -> None:
    different, compared = differing(1)
    assert different == DIFFERENT.keys()
    assert compared > 7000


def exchange(text: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A conversation in which every text from outside is this one."""
    parameters = {"type": "object", "properties": {text: {"type": "string", "description": text}}, "required": [text]}
    tool = {"type": "function", "function": {"name": text, "description": text, "parameters": parameters}}
    function = {"name": text, "arguments": {text: text}}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": text},
        {"role": "assistant", "content": "", "tool_calls": [{"id": text, "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": text, "name": text, "content": text},
        {"role": "assistant", "content": text},
        {"role": "user", "content": text},
    ]
    return messages, [tool]


def shortened(messages: list[dict[str, Any]], tools: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
    """The conversation, and less of it for templates that refuse calls, results or tools."""
    yield messages, tools
    yield messages[:3], tools
    yield messages[:2], tools
    yield messages[3:], tools
    yield messages[:1], None


def rendered_first(format_: Any, text: str) -> Iterator[Any]:
    for messages, tools in shortened(*exchange(text)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FormatLossWarning)
                yield format_.render(messages, tools, add_generation_prompt=True, date=CLOCK)
        except FormatError:
            continue


def test_control_tokens_in_what_people_and_tools_say_are_text() -> None:
    seen = 0
    for name in template_names():
        format_ = template_of(name)
        # All that the template can write, and what it would write around texts.
        tokens = sorted({"<s>", *re.findall(CONTROL, format_.template.source)})
        tokenizer = byte_level_tokenizer(small_ranks(), tokens)
        special = set(tokenizer.get_added_vocab().values())
        for hostile in rendered_first(format_, "".join(tokens)):
            marked = "".join(
                segment.text if not segment.own else "\0" * len(segment.text) for segment in hostile.segments
            )
            ids = hostile.encode(tokenizer)
            written = sum(token in special for token in ids)
            own = re.findall(
                "|".join(map(re.escape, sorted(tokens, key=len, reverse=True))), "\0".join(own_runs(hostile))
            )
            assert written == len(own), name
            assert tokenizer.decode(ids) == hostile.text, name
            seen += any(token in marked for token in tokens)
    assert seen > 500  # the texts reached the prompts


def test_ids_without_foreign_control_tokens_are_those_of_the_whole_text() -> None:
    for name in template_names():
        format_ = template_of(name)
        tokenizer = byte_level_tokenizer(small_ranks(), sorted(set(re.findall(CONTROL, format_.template.source))))
        for rendered in rendered_first(format_, "word"):
            if not any(segment.trainable for segment in rendered.segments):
                assert rendered.encode(tokenizer) == tokenizer.encode(rendered.text, add_special_tokens=False), name


def test_templates_are_known_by_what_they_write() -> None:
    """Rewritten by `python tests/conformance/update_templates.py`."""
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    names = template_names()
    # A part of them: the whole takes half a minute.
    different = {name: found for name in names[::5] if (found := detected(name)) != expected[name]}
    assert different == {}
    assert set(names) == expected.keys()
    assert sum(found == "+" for found in expected.values()) <= 30  # those that show no calls at all


#: Round trips whose text does not carry the truth any more.
LOST = {
    ("vllm-llama4_pythonic", "s17-specials-in-args"): "backslashes are not escaped: `\\t` reads as a tabulator",
    ("vllm-llama4_pythonic", "s19-nested-args"): "null is written as the string 'None'",
    ("vllm-functiongemma", "s19-nested-args"): "null is written as the string 'None'",
}


def test_calls_are_read_back_from_what_templates_write() -> None:
    known = conversations()
    lost = set()
    count = 0
    for line in data_path("formats", "peer_roundtrip.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        message = template_of(row["template"]).parse(row["assistant_text"], known[row["conversation"]]["tools"])
        calls = [[call.function.name, call.function.arguments_object()] for call in message.tool_calls]
        count += 1
        if calls != [list(call) for call in row["true_calls"]]:
            lost.add((row["template"], row["conversation"]))
    assert lost == LOST.keys()
    assert count > 300


#: Templates, and the formats with prompts of their own that write the same.
NATIVE = {
    "qwen2": "qwen2",
    "qwen2.5": "qwen2.5",
    "qwen3": "qwen3",
    "qwen3-instruct-2507": "qwen3-2507",
    "qwq-32b": "qwq",
    "qwen3-coder": "qwen3_coder",
    "gpt-oss": "harmony",
    "hermes-2-pro-tool_use": "hermes",
    "llama-3.1": "llama3.1",
    "llama-3.2": "llama3.2",
    "deepseek-v3.1": "deepseek_v31",
    "glm-4.5": "glm45",
    "mistral-common-v11": "mistral-v11-tekken",
    "mistral-common-v13": "mistral-v13-tekken",
}


def trained(rendered: Any) -> list[tuple[int | None, str]]:
    """What is trained, joined where it touches, with its message."""
    found: list[tuple[int | None, str]] = []
    touching = False
    for segment in rendered.segments:
        if segment.trainable and touching and found[-1][0] == segment.message:
            found[-1] = (segment.message, found[-1][1] + segment.text)
        elif segment.trainable:
            found.append((segment.message, segment.text))
        touching = segment.trainable
    return found


@pytest.mark.parametrize("name", NATIVE)
def test_training_texts_are_those_of_the_format_that_writes_the_same(name: str) -> None:
    compared = 0
    for conversation in conversations().values():
        messages = [fcformat.Message.from_openai(message) for message in conversation["messages"]]
        try:
            ours, native = (
                each.render(messages, conversation["tools"], date=CLOCK, on_loss="drop")
                for each in (template_of(name), fcformat.get_format(NATIVE[name]))
            )
        except FormatError:
            continue
        if ours.text == native.text:
            assert trained(ours) == trained(native), conversation["id"]
            compared += 1
    assert compared >= 18


def own_runs(rendered: Any) -> list[str]:
    runs = [""]
    for segment in rendered.segments:
        if segment.own:
            runs[-1] += segment.text
        else:
            runs.append("")
    return runs


def test_control_tokens_that_the_template_writes_are_control_tokens() -> None:
    """In texts without any, everything that looks like one is the template's, and nothing of it got lost on the way."""
    for name in template_names():
        format_ = template_of(name)
        for rendered in rendered_first(format_, "word"):
            controls = [segment.text for segment in rendered.segments if segment.control]
            assert controls == [match[0] for match in re.finditer(CONTROL, rendered.text)], name


def test_the_assistants_texts_are_trained_and_nobody_elses() -> None:
    known = conversations()
    checked = 0
    for name in template_names():
        format_ = template_of(name)
        if "generation %}" in format_.template.source or "generation -%}" in format_.template.source:
            continue  # it says itself what is trained
        for conversation in ("s03-multiturn-plain", "s10-call-result-answer", "s12-parallel-results"):
            messages = with_objects(known[conversation]["messages"])
            try:
                rendered = format_.render(messages, known[conversation]["tools"], date=CLOCK, on_loss="drop")
            except FormatError:
                continue
            trained = "\0".join(segment.text if segment.trainable else "\0" for segment in rendered.segments)
            other = "".join(segment.text for segment in rendered.segments if not segment.trainable)
            for message in messages:
                content = message["content"] or ""
                if message["role"] == "assistant" and content and content in rendered.text:
                    assert content in trained, (name, conversation)
                    checked += 1
                elif message["role"] != "assistant" and content in rendered.text:
                    assert content in other, (name, conversation)
    assert checked > 500
