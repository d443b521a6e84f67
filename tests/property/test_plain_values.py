"""Containers that are read all at once are read as step by step, whatever is written: whole and in single characters."""

from __future__ import annotations

import json
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from fcformat.chat import Message
from fcformat.formats import get_format
from fcformat.parsing import cursor

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-99, 99)
    | st.floats(-9, 9, width=16)
    | st.text("ab 1,:]}'\"\\\n<é", max_size=4)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abT1.-_ ", max_size=3), inner, max_size=3),
    max_leaves=12,
)
#: What is put into a text at some place, or taken from it.
_SLIPS = st.sampled_from(
    [
        "",
        " ",
        "  ",
        "\n",
        ",",
        ":",
        "'",
        '"',
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        "1",
        "True",
        "None",
        "\\",
        '<|"|>',
        "x",
        "-",
    ]
)

_STEPS = st.just(cursor.MAX_STEPS) | st.integers(0, 12)


def _delimited(value: object) -> str:
    if isinstance(value, str):
        return f'<|"|>{value}<|"|>'
    if isinstance(value, list):
        return f"[{','.join(map(_delimited, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{_delimited(item)}' for key, item in value.items())}}}"
    return json.dumps(value)


def _is_read_alike(name: str, text: str, steps: int) -> None:
    """Also where the steps that a message may take are used up somewhere."""
    form = get_format(name)
    with mock.patch.object(cursor, "MAX_STEPS", steps):
        whole = form.parse(text)
        for size in (1, 5):
            parser = form.stream_parser()
            for at in range(0, len(text), size):
                parser.feed(text[at : at + size])
            assert parser.finish() == whole
            assert parser.finish().issues == whole.issues


@st.composite
def _slipped(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    text = draw(texts)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(_SLIPS) + text[at + draw(st.integers(0, 1)) :]
    return text


def _value_of(message: Message) -> object:
    return json.loads(message.tool_calls[0].function.arguments)["a"]


@given(_slipped(_VALUES.map(repr) | _VALUES.map(lambda value: str(value).replace(" ", ""))), _STEPS)
def test_python_values(written: str, steps: int) -> None:
    for name in ("pythonic", "chatglm3"):
        before, after = ("[f(a=", ", b=1)]") if name == "pythonic" else ("f\n```python\ntool_call(a=", ", b=1)\n```")
        _is_read_alike(name, before + written + after, steps)


@given(_slipped(_VALUES.map(_delimited) | _VALUES.map(lambda value: _delimited(value).replace(",", ", "))), _STEPS)
def test_delimited_values(written: str, steps: int) -> None:
    _is_read_alike("gemma4", f"<|tool_call>call:f{{a:{written},b:1}}<tool_call|>", steps)


@given(_slipped(_VALUES.map(lambda value: json.dumps(value).replace('"', "'")) | _VALUES.map(json.dumps)), _STEPS)
def test_json_values(written: str, steps: int) -> None:
    _is_read_alike(
        "hermes", f'<tool_call>{{"name": "f", "arguments": {{"a": {written}, "b": "c"}}}}</tool_call>', steps
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text("1 <x>\n", max_size=3)), max_size=6), _STEPS)
def test_tagged_arguments(members: list[tuple[str, str]], steps: int) -> None:
    tagged = "".join(f"<arg_key>{key}</arg_key><arg_value>{value}</arg_value>" for key, value in members)
    _is_read_alike("glm47", f"<tool_call>f{tagged}</tool_call>", steps)
    token = "]<]minimax[>["
    elements = "".join(f"{token}<{key}>{value}{token}</{key}>" for key, value in members)
    nested = f"{token}<c>{elements}{token}</c>"
    call = f'{token}<tool_call>{token}<invoke name="f">{elements}{nested}{token}</invoke>{token}</tool_call>'
    _is_read_alike("minimax_m3", call, steps)


@given(_VALUES)
def test_what_is_read_at_once_is_what_was_written(value: object) -> None:
    assert _value_of(get_format("pythonic").parse(f"[f(a={[value]!r})]")) == [value]
