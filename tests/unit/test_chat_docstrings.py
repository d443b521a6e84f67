"""Docstrings as descriptions of tools and their parameters."""

# Old spellings of types, implicit `Optional`s and calls as defaults are what users write, and so what is tested.

from __future__ import annotations

import pytest

from fcformat.chat import Tool


def describe(text: str | None) -> tuple[str | None, dict[str, str]]:
    def function(first: int, second: int) -> None: ...

    function.__doc__ = text
    read = Tool.from_any(function).function_dict()
    properties = read["parameters"]["properties"]
    return read.get("description"), {
        name: schema["description"] for name, schema in properties.items() if "description" in schema
    }


@pytest.mark.parametrize(
    ("text", "description", "parameters"),
    [
        (None, None, {}),
        ("", None, {}),
        ("One line.", "One line.", {}),
        ("\n    Indented.\n\n    More.\n    ", "Indented.\n\nMore.", {}),
        ("Does.\n\nArgs:\n    first: a\n    second: b\n", "Does.", {"first": "a", "second": "b"}),
        ("Args:\n  first (int): a\n  second (Optional[Tuple[(int)]]): b", None, {"first": "a", "second": "b"}),
        ("Args:\n    first: a\n\nReturns:\n    b", None, {"first": "a"}),
        ("Does.\n\nParameters:\n    first : a\n      and: more\n", "Does.", {"first": "a and: more"}),
        ("Does.\n\nArgs:\n    first: a\n\nReturns:\n    second: no\n", "Does.", {"first": "a"}),
        ("Does.\n\nArgs:\n    first: a\n\nBye.", "Does.\n\nBye.", {"first": "a"}),
        ("Note: this is text.\nTips:\n    1. no", "Note: this is text.\nTips:\n    1. no", {}),
        ("Does.\n\nExample:\n    first: 1\n\nArgs:\n    second:", "Does.", {}),
    ],
)
def test_a_docstring_is_read(text: str | None, description: str | None, parameters: dict[str, str]) -> None:
    assert describe(text) == (description, parameters)
