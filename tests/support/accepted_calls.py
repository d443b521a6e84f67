"""Calls that are known to be right, held against the grammars: what templates and models write, a grammar must let through.

A text counts if the strict parser reads calls in it that are valid under their tools. It comes from a recorded reply, from a
recorded round trip, or from a chat template that writes the calls of a common conversation.
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.chat import ToolCall, normalize_tools
from fcformat.errors import FcformatError, FormatError
from fcformat.formats import get_format
from fcformat.formats.base import Format
from support.data import data_path
from support.parse_cases import prompt_of_row, rows
from support.templates import conversations, template_names, template_of, with_objects

__all__ = ["EXPECTED", "ROUND_TRIPS", "SOURCES", "measured"]

EXPECTED = Path(__file__).resolve().parents[1] / "conformance" / "expected_grammars.json"
SOURCES = ("replies", "round trips", "templates")
#: The formats of the templates whose texts are recorded.
ROUND_TRIPS = {
    "qwen2.5": "qwen2.5",
    "qwen3-coder": "qwen3_coder",
    "glm-4.5": "glm45",
    "llama-3.1": "llama3.1",
    "gemma-4": "gemma4",
    "kimi-k2": "kimi_k2",
    "minimax-m2": "minimax_m2",
    "glm-4.7-flash": "glm47",
    "seed-oss": "seed_oss",
    "deepseek-v3.1": "deepseek_v31",
    "deepseek-v3.2": "deepseek_v32",
    "deepseek-v4": "deepseek_v4",
    "vllm-internlm2_tool": "internlm2",
    "granite-4.0": "granite4",
    "jamba-1.6": "jamba",
    "vllm-xlam_qwen": "xlam",
    "step-3.5-flash": "step3p5",
    "minicpm5": "minicpm5",
    "vllm-functiongemma": "functiongemma",
    "vllm-llama4_pythonic": "llama4_pythonic",
    "vllm-gemma3_pythonic": "pythonic",
    "vllm-hunyuan_a13b": "hunyuan_a13b",
}

#: A text with calls: its name, its format's name, the format, the text, its tools, and what stands before it.
Case = tuple[str, str, Format, str, Any, str]


def _replies() -> Iterator[Case]:
    for name, found in rows().items():
        for row in found:
            yield row["id"], name, get_format(name), row["text"], row["tools"], prompt_of_row(row)


def _round_trips() -> Iterator[Case]:
    for line in data_path("formats", "peer_roundtrip.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        name = ROUND_TRIPS[row["template"]]
        tools = conversations()[row["conversation"]]["tools"]
        yield f"{row['template']} {row['conversation']}", name, get_format(name), row["assistant_text"], tools, ""


def _templates() -> Iterator[Case]:
    for template in template_names():
        form = template_of(template)
        if form.call_format is None:
            continue
        for identifier, conversation in conversations().items():
            messages, tools = with_objects(conversation["messages"]), conversation.get("tools")
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    segments = form.render(messages, tools, on_loss="drop").segments
            except FormatError:
                continue
            for index, message in enumerate(messages):
                places = [place for place, each in enumerate(segments) if each.trainable and each.message == index]
                if message.get("tool_calls") and places:
                    text = "".join(each.text for each in segments[places[0] : places[-1] + 1])
                    prompt = "".join(each.text for each in segments[: places[0]])
                    yield f"{template} {identifier}", form.call_format.name, form, text, tools, prompt


_CASES = {"replies": _replies, "round trips": _round_trips, "templates": _templates}


@functools.cache
def _compiler() -> GrammarCompiler:
    info = TokenizerInfo.from_bytes([*(bytes([byte]) for byte in range(256)), None], stop_token_ids=[256])
    return GrammarCompiler(info)


def _are_valid(calls: tuple[ToolCall, ...], tools: Any) -> bool:
    schemas = {tool.name: tool.parameters for tool in normalize_tools(tools)}
    for call in calls:
        schema = schemas.get(call.function.name)
        if schema is None:
            return False
        try:
            jsonschema.validate(call.function.arguments_object(), schema)
        except (jsonschema.ValidationError, FormatError):
            return False
    return True


def _is_accepted(form: Format, text: str, tools: Any, prompt: str) -> bool | None:
    """Whether the grammar lets a text through; `None` where the text does not count."""
    try:
        message = form.parse(text, tools, prompt=prompt, strict=True)
        if not message.tool_calls:
            return None
        names = dict.fromkeys(call.function.name for call in message.tool_calls)
        tools = tools or [{"name": name, "parameters": {"type": "object"}} for name in names]
        if not _are_valid(message.tool_calls, tools):
            return None
    except FcformatError:
        return None
    try:
        grammar = _compiler().compile_grammar(form.grammar(tools, undeclared_arguments="schema", prompt=prompt))
    except FcformatError:
        return False
    matcher = GrammarMatcher(grammar)
    return matcher.accept_string(text) and matcher.can_terminate()


def measured(source: str) -> tuple[dict[str, int], dict[str, list[str]]]:
    """How many texts of a source are let through, and the names of those that are not, by format."""
    accepted: dict[str, int] = {}
    refused: dict[str, list[str]] = {}
    for name, family, form, text, tools, prompt in _CASES[source]():
        for stop in form.stops:
            text = text.rstrip().removesuffix(stop) if text.rstrip().endswith(stop) else text
        found = _is_accepted(form, text, tools, prompt)
        if found:
            accepted[family] = accepted.get(family, 0) + 1
        elif found is not None:
            refused.setdefault(family, []).append(name)
    return accepted, {family: sorted(set(names)) for family, names in sorted(refused.items())}
