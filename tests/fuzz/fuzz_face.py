"""What people hand to the Python face: grammars as text, rendered prompts, records of other shapes, tools, schemas as text.

Whatever they hold, each is read, or refused by an error of this library's. Run by Atheris, or without it at random.

python tests/fuzz/fuzz_face.py -max_total_time=900 grown/ tests/fuzz/corpus/face/     (with atheris)
python tests/fuzz/fuzz_face.py --seconds 900                                          (without)
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

from running import Bytes, fuzz, instrumented

with instrumented():
    from fcformat import FcformatError, GrammarCompiler, GrammarMatcher, TokenizerInfo
    from fcformat.chat import normalize_messages, normalize_tools
    from fcformat.conversion import convert, list_shapes
    from fcformat.formats import get_format, list_formats

INFO = TokenizerInfo.from_bytes([bytes([byte]) for byte in range(256)] + [b'":', b"aa", None], stop_token_ids=[258])
LIMITS = {
    "max_seconds": 1.0,
    "max_expression_bytes": 64 << 20,
    "max_grammar_bytes": 128 << 20,
    "max_search_states": 20_000,
}
COMPILER = GrammarCompiler(INFO, cache_bytes=0, limits=LIMITS)
READ_BACK = [form for form in map(get_format, list_formats()) if form.reads_prompts]
SHAPES = [name for name, _, about in list_shapes() if "needs " not in about]

EBNF = [
    "root",
    " ::= ",
    "\n",
    '"a"',
    "[a-z]",
    "[^\\n]",
    " | ",
    "(",
    ")",
    "*",
    "+",
    "?",
    "{2,}",
    "{1,3}",
    "<c>",
    "x",
    " # ",
    "\\u00e9",
    '"',
    "]",
]
CALL = '{"name": "f", "arguments": {"a": "x"}}'
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "f",
            "description": "d",
            "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
        },
    }
]
CONVERSATION: list[dict[str, Any]] = [
    {"role": "system", "content": "s"},
    {"role": "user", "content": "u"},
    {"role": "assistant", "content": "t", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": "x"}'}}]},
    {"role": "tool", "content": "r", "tool_call_id": "c"},
    {"role": "assistant", "content": "e"},
]  # fmt: skip
KEYS = """role content tool_calls id type function name arguments tool_call_id tools messages conversations from value system
parameters description function_call functions input input_schema tool_use_id instruction output history prompt completion response
properties required enum $ref $defs items anyOf reasoning_content metadata args functionCall method params text title strict
""".split()  # fmt: skip
TEXTS = [
    "", "user", "assistant", "tool", "system", "function", "tool_use", "tool_result", "text", "human", "gpt", "observation",
    "function_call", "object", "string", "f", "a", CALL, "{}", "[]", "[{}]", "null", "tools/call", "#/$defs/a", "#", "<tool_call>", "\ud800",
    "2.0", "x",
]  # fmt: skip


def prompt_of(index: int) -> str:
    """A prompt as the format writes it, which the fuzzer takes pieces of."""
    form = READ_BACK[index]
    for messages in (CONVERSATION, CONVERSATION[1:2]):
        with contextlib.suppress(FcformatError):
            return form.render(messages, TOOLS, True, on_loss="drop").text
    return ""


PROMPTS = [prompt_of(index) for index in range(len(READ_BACK))]


def json_of(given: Bytes, depth: int = 6) -> Any:
    """A value of JSON, most of it what records are made of."""
    kind = given.below(12)
    if depth > 0 and kind in (0, 1, 2, 3):
        pairs = (KEYS[given.below(len(KEYS))] for _ in range(given.below(6)))
        return {key: json_of(given, depth - 1) for key in pairs}
    if depth > 0 and kind in (4, 5):
        return [json_of(given, depth - 1) for _ in range(given.below(4))]
    if kind == 6:
        return [None, True, False, 0, -1.5, 10**30, float("nan"), 1e400][given.below(8)]
    return TEXTS[given.below(len(TEXTS))]


def ebnf(given: Bytes) -> None:
    """A grammar as text allows what it forces, where it compiles."""
    matcher = GrammarMatcher(COMPILER.compile_ebnf(given.text(EBNF)))
    if not matcher.accept_string(matcher.find_jump_forward_string()):
        raise AssertionError("found a text that is forced and refused")


def schema(given: Bytes) -> None:
    """A schema, as a value."""
    COMPILER.compile_json_schema(json_of(given))


def schema_text(given: Bytes) -> None:
    """A schema as text, mostly wrong."""
    COMPILER.compile_json_schema(given.text([f'"{key}":' for key in KEYS] + ["{", "}", "[", "]", ",", '"a"', "1"]))


def prompt(given: Bytes) -> None:
    """A prompt, made of pieces of real ones, is read back."""
    index = given.below(len(READ_BACK))
    form, source, pieces = READ_BACK[index], PROMPTS[index], list[str]()
    while given.left and len(pieces) < 40:
        start, size = given.below(256) * len(source) // 256, given.below(64)
        pieces.append(source[start : start + size] if given.below(8) else TEXTS[given.below(len(TEXTS))])
    form.parse_conversation("".join(pieces))


def cut_prompt(given: Bytes) -> None:
    """A whole prompt, of which pieces are missing or put in."""
    index = given.below(len(READ_BACK))
    text = PROMPTS[index]
    while given.left:
        at, size = given.below(256) * len(text) // 256, given.below(16)
        text = text[:at] + TEXTS[given.below(len(TEXTS))] * given.below(2) + text[at + size :]
    READ_BACK[index].parse_conversation(text)


def record(given: Bytes) -> None:
    """A record of some shape in another shape, or in a format."""
    source, target = given.below(len(SHAPES) + 1), given.below(len(SHAPES) + len(READ_BACK))
    to = SHAPES[target] if target < len(SHAPES) else READ_BACK[target - len(SHAPES)].name
    convert(json_of(given), source=None if source == len(SHAPES) else SHAPES[source], target=to, on_loss="drop")


def tools(given: Bytes) -> None:
    """Tools of many spellings."""
    normalize_tools([json_of(given), *TOOLS])


def messages(given: Bytes) -> None:
    """Messages, rendered in a format."""
    conversation = normalize_messages([*CONVERSATION[:2], json_of(given)])
    READ_BACK[given.below(len(READ_BACK))].render(conversation, TOOLS, on_loss="drop")


KINDS: list[Callable[[Bytes], None]] = [ebnf, schema, schema_text, prompt, cut_prompt, record, tools, messages]


def test_one_input(data: bytes) -> None:
    """Hands something in; the first byte says what kind."""
    given = Bytes(data)
    kind = KINDS[given.below(len(KINDS))]
    with contextlib.suppress(FcformatError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind(given)


if __name__ == "__main__":
    fuzz(test_one_input, "inputs")
