"""Native prompts of conversations that nobody thought of, held against the publishers' templates."""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest

from fcformat.errors import FormatError
from fcformat.formats import get_format
from fcformat.formats.losses import FormatLossWarning
from support.templates import template_of

pytest.importorskip("jinja2")

#: Templates, and the format that writes their prompts natively.
NATIVE = {
    "qwen3-coder": "qwen3_coder",
    "qwen3.5": "qwen3.5",
    "qwen3.6": "qwen3.6",
    "qwen3.8": "qwen3.8",
    "glm-4.5": "glm45",
}
TEXTS = [
    "Hi",
    "  padded \n",
    "a\nb",
    '<b>x</b> & "q"',
    "中文 😀",
    "</think> odd",
    "<think>a</think>\n\nb",
    "<tool_response>\nx\n</tool_response>",
    '{"a": 1}',
    "x/nothink",
    "",
]
VALUES: list[Any] = [True, None, "v", " x\n", 5, 1.5, [1, "é"], {"q": None}, [], "a\nb"]


def schema(rng: random.Random) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [
        {"type": "integer", "minimum": rng.choice([0, 1.5])},
        {"type": "boolean", "default": rng.choice([True, False])},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "properties": {"z": {"type": "string"}}, "required": ["z"]},
        {"type": ["string", "null"], "default": None},
        {"enum": ["a", "b"]},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {},
    ]
    return {**rng.choice(kinds), **({"description": rng.choice(TEXTS)} if rng.random() < 0.6 else {})}


def tool(rng: random.Random, number: int) -> dict[str, Any]:
    parameters: dict[str, Any] = {"type": "object"}
    parameters["properties"] = {key: schema(rng) for key in rng.sample(["a", "b", "c d", "é"], rng.randint(0, 3))}
    if rng.random() < 0.5:
        parameters["required"] = list(parameters["properties"])[:1]
    if rng.random() < 0.3:
        parameters["additionalProperties"] = False
    function: dict[str, Any] = {"name": f"f{number}"}
    if rng.random() < 0.8:
        function["description"] = rng.choice(TEXTS)
    if rng.random() < 0.9:
        function["parameters"] = parameters
    if rng.random() < 0.2:
        function["strict"] = rng.choice([True, False])
    return {"type": "function", "function": function}


def conversation(rng: random.Random) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if rng.random() < 0.5:
        messages.append({"role": "system", "content": rng.choice(TEXTS)})
    for _ in range(rng.randint(1, 3)):
        messages.append({"role": "user", "content": rng.choice(TEXTS)})
        for _ in range(rng.randint(0, 2)):
            calls = [
                {
                    "type": "function",
                    "function": {
                        "name": "f0",
                        "arguments": {
                            key: rng.choice(VALUES) for key in rng.sample(["a", "b", "c"], rng.randint(0, 3))
                        },
                    },
                }
                for _ in range(rng.randint(1, 2))
            ]
            said: dict[str, Any] = {"role": "assistant", "content": rng.choice(TEXTS), "tool_calls": calls}
            if rng.random() < 0.4:
                said["reasoning_content"] = rng.choice(["think", " t \n", "a\nb"])
            messages.append(said)
            messages.extend({"role": "tool", "content": rng.choice(TEXTS)} for _ in calls)
        if rng.random() < 0.7:
            thought = {"reasoning_content": "r "} if rng.random() < 0.3 else {}
            messages.append({"role": "assistant", "content": rng.choice(TEXTS), **thought})
    return messages


@pytest.mark.parametrize("template", NATIVE)
def test_prompts_are_those_of_the_template(template: str) -> None:
    rng = random.Random(template)
    native, reference = get_format(NATIVE[template]), template_of(template)
    equal = 0
    for _ in range(150):
        messages, generate = conversation(rng), rng.random() < 0.5
        tools = [tool(rng, number) for number in range(rng.randint(0, 3))] or None
        options: dict[str, Any] = {}
        if template != "qwen3-coder" and rng.random() < 0.5:
            options["enable_thinking"] = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FormatLossWarning)
            try:
                expected = reference.render(messages, tools, generate, on_loss="drop", **options).text
            except FormatError:
                continue  # the template refuses the conversation
        assert native.render(messages, tools, generate, **options).text == expected
        equal += 1
    assert equal > 100
