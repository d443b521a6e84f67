"""Arguments rewritten in a family's spelling without being loaded."""

from __future__ import annotations

import pytest

from fcformat.errors import FormatError
from fcformat.parsing.json_text import as_json, as_python_arguments


def test_json_is_spelled_as_dumps_spells_it_with_digits_and_key_order_kept() -> None:
    text = '{"b":1E5 ,"a":[1.10,{"c":null}],"s":"\\u4e2d\\/\\n","n":12345678901234567890.12345678901234567890}'
    spelled = '{"b": 1E5, "a": [1.10, {"c": null}], "s": "中/\\n", "n": 12345678901234567890.12345678901234567890}'
    assert as_json(text) == spelled
    assert as_json(spelled) == spelled


def test_python_arguments_are_spelled_as_repr_spells_them() -> None:
    text = '{"a":{"k":[true,null,{}]},"s":"it\'s \\"x\\"\\n","f":1e-07}'
    assert as_python_arguments(text) == "a={'k': [True, None, {}]}, s='it\\'s \"x\"\\n', f=1e-07"
    assert as_python_arguments("{}") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "at character 0 of the arguments: found '[1]', expected an object"),
        ('{"a": 1,}', "at character 8 of the arguments: found '}', expected a key"),
        ('{"a": 1', "at character 7 of the arguments: found the end, expected ',' or a closing bracket"),
        ('{"a": 1, "a": 2}', "expected the key 'a' once"),
        ('{"a": NaN}', "at character 6 of the arguments: found 'NaN}', expected JSON"),
        ('{"a": 1} x', "at character 9 of the arguments: found 'x', expected the end of the text"),
        ("", "at character 0 of the arguments: found the end, expected JSON"),
        ('{"a": ' * 300, "expected at most 200 nested arrays and objects"),
    ],
)
def test_what_is_not_the_json_of_one_object_is_refused(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=".") as caught:
        as_json(text)
    assert message in str(caught.value)


def test_a_key_that_python_has_no_name_for_cannot_be_an_argument() -> None:
    with pytest.raises(FormatError, match=r"found the argument 'a-b', expected a name that Python allows"):
        as_python_arguments('{"a-b": 1}')
    assert as_python_arguments('{"x": {"a-b": 1}}') == "x={'a-b': 1}"
