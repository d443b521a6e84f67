"""A call as Python writes it: `name(a=1, b='x')`."""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import MAX_NAME, SPACES, Part, Plain, Reading, ToolView
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable

__all__ = ["PYTHON_NAME", "PythonName"]

#: A function's name, dots included; what is read is wider than Python, because tools' names are.
PYTHON_NAME = rf"[^\W\d][\w.\-]{{0,{MAX_NAME - 1}}}"
_NAME = re.compile(PYTHON_NAME)
_SO_FAR = re.compile(r"[\w.\-]*")


class PythonName(Part):
    """The function's name and the parenthesis behind it."""

    start = r"[^\W\d]"

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        return Plain(rf"{SPACES}(?P<name>{PYTHON_NAME})(?![\w.\-]){SPACES}\(")

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        draft.text(_checked(call.name) + "(", trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.literal(_checked(tool.name) + "(")

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor = reading.cursor
        char = yield from cursor.skip_space()
        while True:
            match = _SO_FAR.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_NAME:
                raise Unreadable(f"a name of at most {MAX_NAME} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("a function's name" if not char else "'(' after a function's name")
            yield
        name = match.group()
        if not _NAME.fullmatch(name):
            raise Unreadable("a function's name")
        cursor.take(match.end())
        if (yield from cursor.skip_space()) != "(":
            raise Unreadable("'('") if cursor.position < len(cursor.buffer) else Truncated("'('")
        cursor.take(cursor.position + 1)
        reading.call.named(name)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise FormatError(f"found the name {name!r}, expected letters, digits, '_', '.' and '-', not a digit first")
    return name
