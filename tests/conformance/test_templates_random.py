"""Random conversations through every chat template, as transformers itself renders them, errors included."""

from __future__ import annotations

import datetime
import json
import random
from typing import Any

import pytest

from fcformat.chat import normalize_tools
from fcformat.errors import FormatError
from fcformat.formats.templates.inputs import read_messages
from support.data import data_path
from support.templates import template_names, template_of

chat_template_utils = pytest.importorskip("transformers.utils.chat_template_utils")

CLOCK = datetime.datetime(2025, 1, 15, 12)
TEXTS = [
    *(
        "",
        "Hi",
        " padded \n",
        "<think>a</think>b",
        "x</think>\n\ny",
        "日本語 \u2028 ñ",
        '{"a": 1}',
        "<|im_end|>",
        "😀",
        "None",
        "1",
    ),
    *(
        "<tool_response>\nq\n</tool_response>",
        "a\nb\n\n c",
        "&<>'\"",
        "[1, 2]",
        "/no_think",
        "\\n\\t",
        "[TOOL_CALLS]",
        "\r\n\t",
    ),
]
SCHEMAS: list[dict[str, Any]] = [
    *({"type": "string", "description": "A & B"}, {"type": "integer", "default": 3}, {"type": ["string", "null"]}),
    *({"enum": ["a", 1, None]}, {"type": "array", "items": {"type": "string"}}, {}),
    *({"type": "object", "properties": {"z": {"type": "number"}}}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
]
#: Options that are true or false where a template reads them.
SWITCHES = ("enable_thinking", "thinking", "preserve_thinking", "clear_thinking")


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Clock:
        return cls(2025, 1, 15, 12)


def value(rng: random.Random, depth: int = 0) -> Any:
    leaves = [rng.choice(TEXTS), rng.randint(-5, 10**12), 0.5, 1e-7, True, False, None, [], {}]
    if depth < 2:
        leaves += [[value(rng, depth + 1) for _ in range(rng.randint(0, 3))], {"b c": value(rng, depth + 1)}]
    return rng.choice(leaves)


def tool(rng: random.Random, number: int) -> dict[str, Any]:
    properties = {key: rng.choice(SCHEMAS) for key in rng.sample(["x", "y", "unit", "q w"], rng.randint(0, 3))}
    parameters = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    function: dict[str, Any] = {"name": f"fn_{number}", "parameters": parameters}
    if rng.random() < 0.8:
        function["description"] = rng.choice(TEXTS)
    return {"type": "function", "function": function}


def conversation(rng: random.Random) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if rng.random() < 0.5:
        messages.append({"role": rng.choice(["system", "system", "developer"]), "content": rng.choice(TEXTS)})
    for _ in range(rng.randint(1, 3)):
        text = rng.choice(TEXTS)
        messages.append({"role": "user", "content": text if rng.random() < 0.9 else [{"type": "text", "text": text}]})
        if rng.random() < 0.2:
            continue
        message: dict[str, Any] = {"role": "assistant", "content": rng.choice(TEXTS)}
        messages.append(message)
        if rng.random() < 0.3:
            message["reasoning_content"] = rng.choice(TEXTS)
        if rng.random() < 0.4:
            continue
        message["content"] = rng.choice([None, *TEXTS])
        message["tool_calls"] = calls = []
        for number in range(rng.randint(1, 2)):
            arguments: Any = {rng.choice(["x", "y", "k v"]): value(rng) for _ in range(rng.randint(0, 3))}
            if rng.random() < 0.3:
                arguments = json.dumps(arguments, ensure_ascii=False)
            function = {"name": f"fn_{number}", "arguments": arguments}
            calls.append({"id": f"call0000{number}", "type": "function", "function": function})
            messages.append({"role": "tool", "tool_call_id": f"call0000{number}", "content": rng.choice(TEXTS)})
        if rng.random() < 0.6:
            messages.append({"role": "assistant", "content": rng.choice(TEXTS)})
    return messages


def compare(name: str, count: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of `count` conversations were rendered, each as transformers does; those that it refuses are refused."""
    monkeypatch.setattr(chat_template_utils, "datetime", Clock)
    given = json.loads(data_path("formats", "chat_templates", f"{name}.json").read_text(encoding="utf-8"))
    tokens = {key: given[key] for key in ("bos_token", "eos_token") if given.get(key) is not None}
    template, rng, rendered = template_of(name).template, random.Random(name), 0
    for _ in range(count):
        messages, ask = conversation(rng), rng.random() < 0.5
        tools = [tool(rng, number) for number in range(rng.randint(0, 3))] or None
        options = {key: rng.random() < 0.5 for key in SWITCHES if key in template.reads and rng.random() < 0.4}
        try:
            expected = chat_template_utils.render_jinja_template(
                [messages],
                tools=tools,
                chat_template=given["chat_template"],
                add_generation_prompt=ask,
                **tokens,
                **options,
            )[0][0]
        except Exception:  # a template may fail in any way
            with pytest.raises(FormatError):
                template.run(read_messages(messages)[0], normalize_tools(tools), ask, CLOCK, options)
            continue
        rendered += 1
        printed = template.run(read_messages(messages)[0], normalize_tools(tools), ask, CLOCK, options).printed
        assert printed.text == expected, (name, messages)
        assert len(printed.marks) == len(printed.text)
    return rendered


def test_some_random_conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(compare(name, 4, monkeypatch) for name in template_names()[::8]) > 50


@pytest.mark.slow
def test_many_random_conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(compare(name, 12, monkeypatch) for name in template_names()) > 1400
