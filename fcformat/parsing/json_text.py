"""JSON text rewritten without being loaded: the same values, key order and digits in another spelling.

Formats print the arguments of a call their own way: JSON with blanks after commas and colons, Python literals. Going
through Python objects would change numbers (1E2, 1.10, long fractions) and drop repeated keys; here only the spelling
changes. Nothing recurses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from fcformat.errors import FormatError
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.strings import json_string

__all__ = ["as_json", "as_python_arguments", "members", "tokens"]

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:(?P<string>"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")|(?P<number>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)"""
    r"""|(?P<word>true|false|null)|(?P<mark>[\[\]{},:]))[ \t\r\n]*""",
    re.ASCII,
)
_PYTHON_WORDS = {"true": "True", "false": "False", "null": "None"}


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """The tokens of JSON text, as kind (`key`, `string`, `number`, `word` or `mark`) and text.

    Raises:
        FormatError: The text is not the JSON of one object, names a key twice, or is nested deeper than `MAX_DEPTH`.
    """
    keys: list[set[str] | None] = []  # of each open container; None for an array
    at, due = 0, "{"
    while at < len(text) or at == 0:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _wrong(text, at, "JSON")
        kind, token = str(match.lastgroup), match[str(match.lastgroup)]
        here = match.start(str(match.lastgroup))
        if kind == "mark":
            if token in "[{" and (due == "value" or due == "]value" or due == token == "{"):
                keys.append(set() if token == "{" else None)
                if len(keys) > MAX_DEPTH:
                    raise _wrong(text, here, f"at most {MAX_DEPTH} nested arrays and objects")
                due = "}key" if token == "{" else "]value"
            elif (
                keys
                and token == ("]" if keys[-1] is None else "}")
                and due in (",", "}key" if token == "}" else "]value")
            ):
                keys.pop()
                due = ","
            elif token == "," and due == "," and keys:
                due = "value" if keys[-1] is None else "key"
            elif token == ":" and due == ":":
                due = "value"
            else:
                raise _wrong(text, here, _EXPECTED[due])
        elif due in ("key", "}key") and kind == "string":
            key = _string(text, here, token)
            known = keys[-1]
            assert known is not None  # keys are due in objects only
            if key in known:
                raise _wrong(text, here, f"the key {key!r} once")
            known.add(key)
            kind, due = "key", ":"
        elif due in ("value", "]value"):
            if kind == "string":
                _string(text, here, token)
            due = ","
        else:
            raise _wrong(text, here, _EXPECTED[due])
        yield kind, token
        at = match.end()
        if not keys and at < len(text):
            raise _wrong(text, at, "the end of the text")
    if keys:
        raise _wrong(text, at, _EXPECTED[due])


_EXPECTED = {
    "{": "an object",
    "value": "a value",
    "]value": "a value or ']'",
    "key": "a key",
    "}key": "a key or '}'",
    ":": "':'",
    ",": "',' or a closing bracket",
}


def as_json(text: str) -> str:
    """The object as `json.dumps(..., ensure_ascii=False)` spells it, numbers as they are.

    Raises:
        FormatError: The text is not the JSON of one object.
    """
    written: list[str] = []
    for kind, token in tokens(text):
        if kind in ("string", "key"):
            written.append(json_string(json.loads(token)))
        else:
            written.append({",": ", ", ":": ": "}.get(token, token))
    return "".join(written)


def members(text: str) -> Iterator[tuple[str, str, bool]]:
    """The members of the object: key, value, and whether the value is a string.

    A string is given as what it means, any other value as `as_json` spells it.

    Raises:
        FormatError: The text is not the JSON of one object.
    """
    written: list[str] = []
    key, depth, is_string = "", 0, False
    for kind, token in tokens(text):
        depth -= kind == "mark" and token in "]}"
        if depth == 0 or (depth == 1 and token == "," and kind == "mark"):
            if written:
                yield key, "".join(written), is_string
            written, is_string = [], False
        elif depth == 1 and kind == "key":
            key = json.loads(token)
        elif depth == 1 and kind == "string":
            is_string = True
            written.append(json.loads(token))
        elif kind in ("string", "key"):
            written.append(json_string(json.loads(token)))
        elif not (depth == 1 and token == ":"):
            written.append({",": ", ", ":": ": "}.get(token, token))
        depth += kind == "mark" and token in "[{"


def as_python_arguments(text: str) -> str:
    """The object as Python keyword arguments, `a=1, b='x'`, with values as Python's `repr` spells them.

    Raises:
        FormatError: The text is not the JSON of one object, or a key of it cannot be an argument's name.
    """
    written: list[str] = []
    depth = 0
    for kind, token in tokens(text):
        if kind == "mark":
            depth -= token in "]}"
            if depth or token in ",:":
                written.append({",": ", ", ":": "=" if depth == 1 else ": "}.get(token, token))
            depth += token in "[{"
        elif kind == "key" and depth == 1:
            name = json.loads(token)
            if not name.isidentifier():
                raise FormatError(f"found the argument {name!r}, expected a name that Python allows for an argument")
            written.append(name)
        elif kind in ("string", "key"):
            written.append(_python_string(json.loads(token)))
        else:
            written.append(_PYTHON_WORDS.get(token, token))
    return "".join(written)


_LONG_ESCAPE = re.compile(r"\\(?:U([0-9a-f]{8})|.)", re.DOTALL)


def _python_string(text: str) -> str:
    """The string as `repr` writes it, but characters beyond the BMP as they are: whether they are printed depends on the
    version of Python.
    """
    written = repr(text)
    if "\\U" not in written:
        return written
    return _LONG_ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[0], written)


def _string(text: str, at: int, token: str) -> str:
    try:
        return str(json.loads(token))
    except ValueError as error:
        raise _wrong(text, at, "a string") from error


def _wrong(text: str, at: int, expected: str) -> FormatError:
    found = repr(text[at : at + 20]) if at < len(text) else "the end"
    return FormatError(f"at character {at} of the arguments: found {found}, expected {expected}")
