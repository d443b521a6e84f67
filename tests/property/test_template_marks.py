"""Marked strings do what strings do, and no operation gives the template's mark to what is not the template's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import fcformat
from fcformat.formats.templates import marked_json
from fcformat.formats.templates.marked import OWN, UNKNOWN, Marked, join, marks_of

THEIRS = "\x02"
# The template's own characters and theirs are told apart by the alphabet, so that wrong marks show.
OWN_LETTERS, THEIR_LETTERS = "<|a> ", "xyzß\n\t{}%s"


def pieces() -> st.SearchStrategy[Marked]:
    own = st.text(OWN_LETTERS, max_size=8).map(lambda text: Marked(text, OWN))
    theirs = st.text(THEIR_LETTERS, max_size=8).map(lambda text: Marked(text, THEIRS))
    return st.lists(own | theirs, max_size=5).map(lambda parts: Marked(join("", parts)))


def plain(value: Any) -> Any:
    """The value with plain strings."""
    if isinstance(value, str):
        return "".join(chr(ord(char)) for char in value)
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


OPERATIONS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a + b,
    lambda a, b: b + a,
    lambda a, b: a * 2,
    lambda a, b: a.strip(),
    lambda a, b: a.lstrip("<|") + a.rstrip("x>"),
    lambda a, b: a.split(),
    lambda a, b: a.rsplit(None, 1),
    lambda a, b: a.split("|"),
    lambda a, b: a.rsplit("|", 1),
    lambda a, b: a.split("|", 1),
    lambda a, b: a.splitlines(),
    lambda a, b: a.splitlines(True),
    lambda a, b: a.partition("|"),
    lambda a, b: a.rpartition("x"),
    lambda a, b: a.replace("|", "<"),
    lambda a, b: a.replace("x", "<", 1),
    lambda a, b: a.replace("", "<"),
    lambda a, b: a.lower().upper(),
    lambda a, b: a.title() + a.capitalize(),
    lambda a, b: a.removeprefix("<").removesuffix(">"),
    lambda a, b: a[1:3] + a[::-1] + a[:1],
    lambda a, b: list(a),
    lambda a, b: a.join([b, b, ""]),
    lambda a, b: a.join(list(b)),
    lambda a, b: b.join(a.split("|")),
    lambda a, b: a.center(20) + a.zfill(9),
    lambda a, b: a.swapcase(),
]


@given(pieces(), pieces(), st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=4))
def test_marked_strings_do_what_strings_do(a: Marked, b: Marked, operations: list[Callable[[Any, Any], Any]]) -> None:
    ours: Any = a
    theirs: Any = plain(a)
    for operation in operations:
        ours, theirs = operation(ours, b), operation(theirs, plain(b))
        assert plain(ours) == plain(theirs)
        if isinstance(ours, (list, tuple)):
            ours, theirs = join("", ours), "".join(theirs)
        marks = marks_of(ours)
        assert len(marks) == len(ours)
        for char, mark in zip(ours, marks):
            # Changing case and padding aside, the template's mark is on the template's letters only.
            assert mark != OWN or char.lower() in OWN_LETTERS
            assert mark in (OWN, THEIRS, UNKNOWN)


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | pieces()
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | pieces(), inner, max_size=3),
    )


@given(json_values(), st.booleans(), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_json_is_pythons_and_never_the_templates(value: Any, ascii_only: bool, indent: Any, sort: bool) -> None:
    import json

    text = marked_json.dumps(value, ascii_only, indent, None, sort)
    assert text == json.dumps(value, ensure_ascii=ascii_only, indent=indent, sort_keys=sort)
    assert OWN not in marks_of(text)


TEMPLATE = fcformat.format_from_template(
    "{% for m in messages %}<|start|>{{ m.role }}|{% if '</t>' in (m.content or '') %}<|t|>{{ m.content.split('</t>')[0] | trim }}<|/t|>"
    "{{ m.content.split('</t>')[-1] }}{% else %}{{ (m.content or '') | replace('|', '<|') }}{% endif %}"
    "{% for c in m.tool_calls or [] %}<|call|>{{ c.function.name ~ '(' }}{% for k, v in c.function.arguments.items() %}"
    "{{ k }}={{ v | tojson if v is not string else v }},{% endfor %}){% endfor %}<|end|>{% endfor %}"
)
TEXTS = st.text("<|start>end/tcal x\n", max_size=30)


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), TEXTS), max_size=4),
    st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS)),
)
def test_only_the_template_writes_control_tokens(turns: list[tuple[str, str]], arguments: dict[str, Any]) -> None:
    messages: list[dict[str, Any]] = [{"role": role, "content": text} for role, text in turns]
    function = {"name": "f<|end|>", "arguments": arguments}
    messages.append({"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]})
    rendered = TEMPLATE.render(messages, on_loss="drop")
    controls = [segment.text for segment in rendered.segments if segment.control]
    expected: list[str] = []
    for message in messages:
        thought = "</t>" in (message["content"] or "")
        calls = ["<|call|>"] if "tool_calls" in message else []
        expected += ["<|start|>", *(["<|t|>", "<|/t|>"] if thought else []), *calls, "<|end|>"]
    assert controls == expected
