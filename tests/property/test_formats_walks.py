"""Whatever a format's grammar lets a model write, the format's parser reads as calls that are valid under their tools."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcformat import GrammarCompiler, GrammarMatcher, TokenizerInfo
from fcformat.decoding.bitmask import allocate_token_bitmask
from fcformat.formats import get_format

TOOLS: list[dict[str, Any]] = [
    {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "maxLength": 6},
                "unit": {"enum": ["c", "f", None]},
                "days": {"type": "array", "items": {"type": "integer"}, "maxItems": 3},
                "more": {"type": "object", "properties": {"x": {"type": "boolean"}}},
            },
            "required": ["city"],
        },
    },
    {"name": "ping", "parameters": {"type": "object", "properties": {}}},
]
SCHEMAS = {tool["name"]: {**tool["parameters"], "additionalProperties": False} for tool in TOOLS}
CONTROLS = {256: "<tool_call>", 257: "</tool_call>", 258: "<|assistant|>"}
STOP = 259
TOKENS: list[bytes | None] = [
    *(bytes([byte]) for byte in range(256)),
    *(text.encode() for text in CONTROLS.values()),
    None,
    *(b'": "', b"='", b'"}', b"\n</", b'"}}\n', b"```"),
]
#: What brings a walk to its end.
STRUCTURE = {*b"\"'}]):,", *CONTROLS, *range(STOP + 1, len(TOKENS))}


def walk(name: str, rng: random.Random, with_controls: bool, options: dict[str, Any]) -> str | None:
    """A random text that the grammar allows; `None` if it did not end."""
    info = TokenizerInfo.from_bytes(TOKENS, control_tokens=CONTROLS if with_controls else {}, stop_token_ids=[STOP])
    matcher = GrammarMatcher(GrammarCompiler(info).compile_grammar(get_format(name).grammar(TOOLS, **options)))
    bitmask = allocate_token_bitmask(1, info.vocab_size)
    written: list[bytes] = []
    for _ in range(2000):
        if matcher.can_terminate() and rng.random() < 0.3:
            return b"".join(written).decode()
        matcher.fill_next_token_bitmask(bitmask, 0)
        words = bitmask[0].tolist()
        allowed = [token for token in range(len(TOKENS)) if words[token // 32] >> (token % 32) & 1 and token != STOP]
        if not allowed:
            assert matcher.can_terminate()
            return b"".join(written).decode()
        readable = [token for token in allowed if 32 <= token < 127 or token == 10 or token > 255]
        ending = [token for token in allowed if token in STRUCTURE]
        token = rng.choice((rng.random() < 0.5 and ending) or (rng.random() < 0.9 and readable) or allowed)
        assert matcher.accept_token(token)
        written.append(TOKENS[token] or b"")
    return None


@pytest.mark.parametrize("name", ["qwen2.5", "chatglm3", "openai"])
@given(
    rng=st.randoms(use_true_random=True),
    with_controls=st.booleans(),
    choice=st.sampled_from(["auto", "required", "ping"]),
    parallel=st.sampled_from([True, False, 2]),
)
def test_what_the_grammar_allows_parses_to_valid_calls(
    name: str, rng: random.Random, with_controls: bool, choice: str, parallel: bool | int
) -> None:
    text = walk(name, rng, with_controls, {"tool_choice": choice, "parallel_tool_calls": parallel})
    if text is None:
        return
    message = get_format(name).parse(text, TOOLS, strict=True)
    for call in message.tool_calls:
        jsonschema.validate(json.loads(call.function.arguments), SCHEMAS[call.function.name])
    assert message.tool_calls or choice == "auto"
    assert parallel is True or len(message.tool_calls) <= int(parallel or 1)
    assert choice != "ping" or [call.function.name for call in message.tool_calls] == ["ping"]
