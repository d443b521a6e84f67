"""Replies of fifty families, written by hand, with what makes replies hard to read: each read whole and in pieces."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from fcformat.chat import Message, join_deltas
from fcformat.formats import get_format
from support.hand_written import FAMILIES, Family

PARAMETERS = {
    "type": "object",
    "properties": {
        "s": {"type": "string"},
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "b": {"type": "boolean"},
        "l": {"type": "array", "items": {"type": "string"}},
        "o": {
            "type": "object",
            "properties": {"k": {"type": "array", "items": {"type": "integer"}}, "t": {"type": "string"}},
        },
    },
}
TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "f", "parameters": PARAMETERS}},
    {"type": "function", "function": {"name": "get_data", "parameters": PARAMETERS}},
    {"type": "function", "function": {"name": "ping", "parameters": {"type": "object", "properties": {}}}},
]
PLAIN: dict[str, Any] = {"s": "Köln", "n": 3, "x": -0.5, "b": True}
NESTED: dict[str, Any] = {"l": ["a", "b, c", "]"], "o": {"k": [1, -2], "t": "}"}}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "plain": PLAIN,
    "nested": NESTED,
    "empty text": {"s": ""},
    "markup": {"s": "<b>bold</b> & <a href='x'>y</a> </s> <|im_x|> [/INST]"},
    "quotes": {"s": 'He said "hi" & \'bye\' \\ C:\\tmp\n\tline {"k": [1]} ```\n'},
    "white space": {"s": "  lead and trail \n"},
    "unicode": {"s": "a\u2028b\u00a0c\u200bd\ufeff😀 京"},
    "numbers": {"n": 12345678901234567890123, "x": 1e-07, "o": {"t": ""}, "l": []},
    "text like a number": {"s": "42"},
    "text like null": {"s": "null"},
    "text like a list": {"s": '["a"]'},
    "text like an object": {"s": '{"a": 1}'},
}
FIRST: tuple[str, dict[str, Any]] = ("f", PLAIN)
SECOND: tuple[str, dict[str, Any]] = ("get_data", NESTED)
THIRD: tuple[str, dict[str, Any]] = ("ping", {})
WITH_THOUGHTS = [name for name, each in FAMILIES.items() if each.thought is not None]
#: Those with JSON arguments; where the id or the next object follows them, a bracket too many has no one reading.
WITH_JSON = [name for name, each in FAMILIES.items() if each.json]


def read(family: Family, text: str, *, clean: bool | None = None, cuttings: int = 3) -> Message:
    """The message, the same in every cutting; `clean`: whether there is nothing to remark."""
    form = get_format(family.format)
    message = form.parse(text, TOOLS)
    for seed in range(cuttings):
        rng, at = random.Random(seed), 0
        parser = form.stream_parser(TOOLS)
        deltas = []
        while at < len(text):
            size = rng.choice((1, 2, 3, 7, 19)) if seed else 1
            deltas += parser.feed(text[at : at + size])
            at += size
        again = parser.finish()
        assert (again, again.issues, again.finish_reason) == (message, message.issues, message.finish_reason)
        assert join_deltas([*deltas, *parser.final_deltas]) == message
    assert clean is None or (not message.issues) is clean, message.issues
    return message


def calls_of(message: Message) -> list[tuple[str, Any]]:
    return [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls]


def check(
    family: Family, text: str, content: str, *calls: tuple[str, Mapping[str, Any]], clean: bool | None = None
) -> None:
    """Holds a reply against its calls, and its text but for white space around it."""
    message = read(family, text, clean=clean)
    assert calls_of(message) == list(calls)
    assert (message.content or "").strip() == content


@pytest.mark.parametrize("kind", ARGUMENTS)
@pytest.mark.parametrize("name", FAMILIES)
def test_arguments_are_read_to_the_character(name: str, kind: str) -> None:
    family = FAMILIES[name]
    text = family.calls(("f", ARGUMENTS[kind]))
    check(family, text, "", ("f", ARGUMENTS[kind]), clean=True)
    check(family, text + family.end, "", ("f", ARGUMENTS[kind]), clean=True)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_call_without_arguments_is_one(name: str) -> None:
    family = FAMILIES[name]
    check(family, family.calls(THIRD), "", THIRD, clean=True)


@pytest.mark.parametrize("name", [name for name, each in FAMILIES.items() if each.most > 1])
def test_calls_beside_each_other_are_all_read(name: str) -> None:
    family = FAMILIES[name]
    check(family, family.calls(FIRST, SECOND, THIRD) + family.end, "", FIRST, SECOND, THIRD, clean=True)


@pytest.mark.parametrize("name", [name for name in FAMILIES if not name.startswith(("harmony", "inkling", "muse"))])
def test_text_around_calls_is_kept(name: str) -> None:
    family = FAMILIES[name]
    check(family, "Let me see.\n" + family.calls(FIRST), "Let me see.", FIRST, clean=True)
    check(family, family.calls(FIRST) + "\nDone." + family.end, "Done.", FIRST)
    text = family.calls(FIRST) + "\nAnd then:\n" + family.calls(THIRD)
    check(family, text, "And then:", FIRST, THIRD)


# The tags of the two that are left out are control tokens each, which no text of a model spells.
@pytest.mark.parametrize("name", [name for name in FAMILIES if not name.startswith(("kimi_k3", "minimax_m3"))])
def test_a_value_that_holds_a_call_is_that_value(name: str) -> None:
    family = FAMILIES[name]
    value = {"s": f"x {family.calls(THIRD)} y"}
    check(family, family.calls(("f", value)) + family.end, "", ("f", value))


@pytest.mark.parametrize("name", WITH_THOUGHTS)
def test_reasoning_stands_apart(name: str) -> None:
    family = FAMILIES[name]
    assert family.thought is not None
    thought = "Hm, 3 < 4.".join(family.thought)
    for text, content in (("", ""), ("Text.\n", "Text.")):
        if text and family.format in ("inkling", "muse"):
            continue  # a text has a header there
        message = read(family, thought + text + family.calls(FIRST), clean=True)
        assert (calls_of(message), message.reasoning) == ([FIRST], "Hm, 3 < 4.")
        assert (message.content or "").strip() == content
    message = read(family, "".join(family.thought) + family.calls(FIRST))
    assert (calls_of(message), message.reasoning or "", message.content or "") == ([FIRST], "", "")


@pytest.mark.parametrize("name", WITH_JSON)
def test_json_may_be_spelled_in_other_ways(name: str) -> None:
    family = FAMILIES[name]
    for spell in (
        lambda given: json.dumps(given, separators=(",", ":")),
        lambda given: json.dumps(given, indent=2),
        lambda given: json.dumps(given, indent="\t", ensure_ascii=False),
    ):
        check(family, family.calls(FIRST, spell=spell), "", FIRST, clean=True)
        check(family, family.calls(("f", {"s": "😀é/"}), spell=spell), "", ("f", {"s": "😀é/"}), clean=True)


@pytest.mark.parametrize("name", WITH_JSON)
def test_slips_in_json_are_put_right_and_named(name: str) -> None:
    family = FAMILIES[name]
    for spell in (
        str,  # single quotes, Python's words
        lambda given: json.dumps(given)[:-1] + ",}",
        lambda given: json.dumps(given).replace('"n"', "n"),
    ):
        check(family, family.calls(FIRST, spell=spell), "", FIRST, clean=False)
    raw = family.calls(("f", {"s": "a\nb"}), spell=lambda given: '{"s": "a\nb"}')
    check(family, raw, "", ("f", {"s": "a\nb"}), clean=False)


# Behind the arguments an id is written in these arrays: a bracket may end the call as well.
@pytest.mark.parametrize("name", [name for name in WITH_JSON if not name.startswith("mistral-v3")])
def test_a_bracket_too_many_is_passed_over(name: str) -> None:
    family = FAMILIES[name]
    check(family, family.calls(FIRST, spell=lambda given: json.dumps(given) + "}"), "", FIRST, clean=False)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_text_that_ends_anywhere_loses_nothing_and_invents_nothing(name: str) -> None:
    family = FAMILIES[name]
    wanted = [FIRST, SECOND, THIRD][: family.most]
    text = family.calls(*wanted)
    for size in range(len(text)):
        message = read(family, text[:size], cuttings=1 if size % 7 == 0 else 0)
        calls = message.tool_calls
        assert calls_of(message.__class__("assistant", tool_calls=calls[:-1])) == wanted[: len(calls[:-1])]
        if calls:
            name_of_last, arguments = wanted[len(calls) - 1]
            cut = family.format in ("plamo3", "qwen_agent")  # a name counts there as far as it has come
            assert calls[-1].function.name == name_of_last or (cut and name_of_last.startswith(calls[-1].function.name))
            try:
                given = json.loads(calls[-1].function.arguments)
            except ValueError:
                pass
            else:
                assert given in ({}, arguments)


@pytest.mark.parametrize("name", FAMILIES)
def test_prose_with_brackets_is_prose(name: str) -> None:
    family = FAMILIES[name]
    text = 'Hello, *world* < 3 && a[0] = {"k": 1}; f(x) -> [1, 2] <b>'
    check(family, text + family.end, text, clean=True)


#: Families that mark calls with control tokens behind which JSON or Python stands, and those tokens.
STRIPPED = {
    "apertus": ("<|tools_prefix|>", "<|tools_suffix|>"),
    "cohere_command": ("<|START_ACTION|>", "<|END_ACTION|>"),
    "command_r7b": ("<|START_ACTION|>", "<|END_ACTION|>"),
    "functiongemma": ("<start_function_call>", "<end_function_call>"),
    "gemma4": ("<|tool_call>", "<tool_call|>"),
    "gigachat3.1": ("<|function_call|>",),
    "granite": ("<|tool_call|>",),
    "inkling": ("<|content_invoke_tool_json|>", "<|end_message|>", "<|message_model|>"),
    "internlm2": ("<|action_start|>", "<|plugin|>", "<|action_end|>"),
    "kimi_k2": (
        "<|tool_calls_section_begin|>",
        "<|tool_calls_section_end|>",
        "<|tool_call_begin|>",
        "<|tool_call_argument_begin|>",
        "<|tool_call_end|>",
    ),
    "lfm2": ("<|tool_call_start|>", "<|tool_call_end|>"),
    "llama4_pythonic": ("<|python_start|>", "<|python_end|>"),
    "mistral-v3-tekken": ("[TOOL_CALLS]",),
    "phi4_mini": ("<|tool_call|>", "<|/tool_call|>"),
    "step3": (
        "<｜tool_calls_begin｜>",
        "<｜tool_call_begin｜>",
        "<｜tool_sep｜>",
        "<｜tool_call_end｜>",
        "<｜tool_calls_end｜>",
    ),
}


@pytest.mark.parametrize("name", [name for name, each in FAMILIES.items() if each.format in STRIPPED])
def test_calls_of_known_tools_are_read_where_control_tokens_were_stripped(name: str) -> None:
    family = FAMILIES[name]
    wanted = [FIRST, SECOND, THIRD][: family.most]
    text = family.calls(*wanted)
    for token in STRIPPED[family.format]:
        text = text.replace(token, "")
    for before in ("", "Let me see:\n", "Let me see."):
        check(family, before + text.lstrip(), before.strip(), *wanted)


EXAMPLES = ("granite", "inkling", "internlm2", "kimi_k2", "step3")


@pytest.mark.parametrize("name", [name for name, each in FAMILIES.items() if each.format in EXAMPLES])
def test_an_example_of_a_call_in_a_line_of_prose_is_text(name: str) -> None:
    family = FAMILIES[name]
    text = family.calls(FIRST)
    for token in STRIPPED[family.format]:
        text = text.replace(token, "")
    for prose in (
        f"Such as {text.strip()}.",
        f"```json\n{text.strip()}\n```",
        text.replace('"f"', '"unknown"').replace("functions.f:", "functions.unknown:").strip(),
    ):
        check(family, prose, prose, clean=True)


@pytest.mark.parametrize("joint", ["", "\n", ",", ",\n", ", "])
@pytest.mark.parametrize(
    "name", [name for name, each in FAMILIES.items() if each.format in ("hermes", "granite4", "reka", "dots")]
)
def test_several_calls_between_the_tags_of_one_are_all_read(name: str, joint: str) -> None:
    family = FAMILIES[name]
    before, after = family.calls(("ping", {})).split('{"name": "ping", "arguments": {}}')
    objects = [f'{{"name": "{called}", "arguments": {json.dumps(given)}}}' for called, given in (FIRST, SECOND, THIRD)]
    check(family, before + joint.join(objects) + after + "\nDone.", "Done.", FIRST, SECOND, THIRD, clean=False)
    text = f'{before}{objects[0]}{joint}{{"k": 1}} is all.'
    message = read(family, text, clean=False)
    assert calls_of(message) == [FIRST]
    assert (message.content or "").strip() == f'{joint}{{"k": 1}} is all.'.strip()


#: How families that write JSON between tags spell one call of `FIRST` in other ways.
_FIRST = json.dumps(PLAIN, ensure_ascii=False)
_CALL = f'{{"name": "f", "arguments": {_FIRST}}}'
OTHER_CALLS = {
    "fence": f"```json\n{_CALL}\n```",
    "plain fence": f"```\n{_CALL}```",
    "under function": f'{{"function": {_CALL}}}',
    "as in requests": f'{{"type": "function", "function": {_CALL}}}',
    "arguments as text": f'{{"id": "x", "function": {{"name": "f", "arguments": {json.dumps(_FIRST)}}}}}',
    "function as name": f'{{"function": "f", "arguments": {_FIRST}}}',
    "function as name behind": f'{{"arguments": {_FIRST}, "function": "f"}}',
}
_HERMES_KIN = [name for name, each in FAMILIES.items() if each.format in ("hermes", "granite4", "reka", "dots")]
_XML_KIN = [
    name
    for name, each in FAMILIES.items()
    if each.format in ("nemotron3", "qwen3.5", "qwen3_coder", "seed_oss", "step3p5")
]


@pytest.mark.parametrize("kind", OTHER_CALLS)
@pytest.mark.parametrize("name", _HERMES_KIN)
def test_other_spellings_of_a_call_between_its_tags_are_read(name: str, kind: str) -> None:
    family = FAMILIES[name]
    before, after = family.calls(("ping", {})).split('{"name": "ping", "arguments": {}}')
    text = before + OTHER_CALLS[kind] + after
    check(family, text + "\nDone." + family.end, "Done.", FIRST, clean=False)
    for size in range(len(text)):
        message = read(family, text[:size], cuttings=0)
        assert len(message.tool_calls) <= 1
        for called, given in calls_of(message) if message.finish_reason == "tool_calls" else []:
            assert (called, given) == FIRST


@pytest.mark.parametrize("name", _HERMES_KIN)
def test_a_member_that_is_called_function_and_is_none_is_passed_over(name: str) -> None:
    family = FAMILIES[name]
    for other in ('{"k": 1}', '"unknown"', "1", "[]", '{"name_of_it": 1}'):
        text = family.calls(FIRST).replace('{"name"', f'{{"function": {other}, "name"')
        check(family, text, "", FIRST, clean=False)


@pytest.mark.parametrize("name", [name for name in _HERMES_KIN if not name.startswith("dots")])
def test_a_call_in_tags_where_the_family_writes_json_is_read(name: str) -> None:
    family, other = FAMILIES[name], FAMILIES[_XML_KIN[0]]
    text = f"{other.calls(FIRST)}\n{family.calls(SECOND)}\n{other.calls(THIRD)}"
    check(family, text + "\nDone.", "Done.", FIRST, SECOND, THIRD, clean=False)


@pytest.mark.parametrize("name", _XML_KIN)
def test_a_call_as_json_where_the_family_writes_tags_is_read(name: str) -> None:
    family, other = FAMILIES[name], next(each for each in FAMILIES.values() if each.format == "hermes")
    opening, closing = family.calls(THIRD).split("\n")[0], family.calls(THIRD).split("\n")[-1]

    def as_json(call: tuple[str, dict[str, Any]]) -> str:
        return other.calls(call).replace("<tool_call>", opening).replace("</tool_call>", closing)

    text = f"{as_json(FIRST)}\n{family.calls(SECOND)}\n{as_json(THIRD)}"
    check(family, text + "\nDone.", "Done.", FIRST, SECOND, THIRD, clean=False)
    for size in range(len(as_json(FIRST))):
        message = read(family, text[:size], cuttings=1 if size % 5 == 0 else 0)
        assert not message.tool_calls or message.tool_calls[0].function.name == "f"
    check(family, f'{opening}\n{{"k": 1}}\nis none.', f'{opening}\n{{"k": 1}}\nis none.')
    check(family, f"`{as_json(FIRST)}` is one.", f"`{as_json(FIRST)}` is one.")


def test_names_without_quotes_in_tags_are_read() -> None:
    family = next(each for each in FAMILIES.values() if each.format == "minimax_m2")
    text = family.calls(FIRST, SECOND, THIRD)
    unquoted = text.replace('<invoke name="', "<invoke name=").replace('<parameter name="', "<parameter name=")
    check(family, unquoted.replace('">', ">"), "", FIRST, SECOND, THIRD, clean=False)
    mixed = text.replace('<invoke name="get_data">', "<invoke name=get_data>")
    check(family, mixed, "", FIRST, SECOND, THIRD, clean=False)
