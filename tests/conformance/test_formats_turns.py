"""What publishers' templates write as an assistant's turn: read back as it was meant, and allowed by the family's grammar."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.formats import get_format
from support.data import data_path
from support.templates import conversations

#: Templates, the format of their calls, and what stands before an assistant's turn.
TEMPLATES = {
    "deepseek-v4": ("deepseek_v4", "<｜Assistant｜>"),
    "glm-4.5": ("glm45", "<|assistant|>"),
    "glm-4.6": ("glm45", "<|assistant|>"),
    "glm-4.7-flash": ("glm47", "<|assistant|>"),
    "glm-5.1": ("glm47", "<|assistant|>"),
    "hy3": ("hunyuan_hy3_opensource", "<｜hy_Assistant:opensource｜>"),
    "laguna-s-2.1": ("poolside_v1_compact", "<assistant>"),
    "laguna-xs.2": ("poolside_v1", "<assistant>\n"),
    "ling-3.0-flash": ("ling3", "<role>ASSISTANT</role>"),
    "minicpm5": ("minicpm5", "<|im_start|>assistant\n"),
    "minimax-m2": ("minimax_m2", "]~b]ai\n"),
    "minimax-m3": ("minimax_m3", "]~b]ai\n"),
    "nemotron-3-nano": ("nemotron3", "<|im_start|>assistant\n"),
    "qwen3-coder": ("qwen3_coder", "<|im_start|>assistant\n"),
    "qwen3.5": ("qwen3.5", "<|im_start|>assistant\n"),
    "qwen3.6": ("qwen3.6", "<|im_start|>assistant\n"),
    "qwen3.8": ("qwen3.8", "<|im_start|>assistant\n"),
    "seed-oss": ("seed_oss", "<seed:bos>assistant\n"),
    "step-3.5-flash": ("step3p5", "<|im_start|>assistant\n"),
}
#: What a template writes instead of nothing.
NONE = {("glm-4.5", "s09-call-null-content"), ("glm-4.6", "s09-call-null-content")}
BYTES = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])


def turns(template: str) -> list[tuple[str, list[dict[str, Any]] | None, str]]:
    """Conversation, tools and text of every assistant's turn that calls."""
    name, header = TEMPLATES[template]
    known, found = conversations(), []
    for line in data_path("formats", "golden", f"{template}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if (
            "prompt" not in row
            or row.get("arguments", "object") != "object"
            or row.get("kwargs")
            or row["add_generation_prompt"]
        ):
            continue
        conversation = known[row["conversation"]]
        if not any(message.get("tool_calls") for message in conversation["messages"]):
            continue
        stops = "|".join(map(re.escape, (*get_format(name).stops, header)))
        for start in re.finditer(re.escape(header), row["prompt"]):
            text = re.split(stops, row["prompt"][start.end() :], maxsplit=1)[0]
            found.append((row["conversation"], conversation["tools"], text))
    return found


@pytest.mark.parametrize("template", TEMPLATES)
def test_turns_of_templates_hold_the_calls_of_the_conversation(template: str) -> None:
    name, header = TEMPLATES[template]
    known = conversations()
    read: dict[str, list[tuple[str, Any]]] = {}
    for conversation, tools, text in turns(template):
        message = get_format(name).parse(text, tools, prompt=header)
        read.setdefault(conversation, []).extend(
            (call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls
        )
    assert read
    for conversation, calls in read.items():
        meant = [
            (call["function"]["name"], json.loads(call["function"]["arguments"]))
            for message in known[conversation]["messages"]
            for call in message.get("tool_calls") or ()
        ]
        if template == "minimax-m3":  # it leaves members out whose value is null
            meant = [(each, {key: value for key, value in given.items() if value is not None}) for each, given in meant]
        assert calls == meant


@pytest.mark.parametrize("template", TEMPLATES)
def test_grammars_allow_the_turns_of_templates(template: str) -> None:
    name, header = TEMPLATES[template]
    checked = 0
    for conversation, tools, text in turns(template):
        if (template, conversation) in NONE or not tools or "</" not in text:
            continue
        grammar = get_format(name).grammar(tools, prompt=header)
        matcher = GrammarMatcher(GrammarCompiler(BYTES).compile_grammar(grammar))
        assert matcher.accept_string(text), text
        assert matcher.can_terminate(), text
        checked += 1
    assert checked > 5
