"""Every error that fcformat raises on purpose.

All of them are `ValueError`s under one base class, so that `except fcformat.FcformatError` catches what the library
refuses and nothing else. A message says where the trouble is, what was found there and what was expected.
"""

from __future__ import annotations

__all__ = [
    "FcformatError",
    "FormatError",
    "GrammarError",
    "GrammarLimitError",
    "ParseError",
    "SchemaError",
    "TokenizerError",
    "UnsupportedSchemaError",
]


class FcformatError(ValueError):
    """Base class of the errors that fcformat raises."""


class SchemaError(FcformatError):
    """A JSON schema (or a pattern in it) is wrong in itself, or no value satisfies it.

    Attributes:
        pointer: JSON pointer to the offending place, `""` for the root.
        keyword: The keyword at that place, or `""` where the whole schema is meant.
    """

    def __init__(self, message: str, pointer: str = "", keyword: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer
        self.keyword = keyword

    def __reduce__(self) -> tuple[type[SchemaError], tuple[str, str, str]]:
        return type(self), (str(self), self.pointer, self.keyword)


class UnsupportedSchemaError(SchemaError):
    """A schema is valid, but asks for something that the engine does not support. Nothing is ever ignored silently."""


class GrammarError(FcformatError):
    """A grammar's text is malformed, or its rules do not fit together.

    Attributes:
        line: Line in the text, from 1; 0 where the grammar has no text.
        column: Column in the line, in characters, from 1; 0 where the grammar has no text.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column

    def __reduce__(self) -> tuple[type[GrammarError], tuple[str, int, int]]:
        return type(self), (str(self), self.line, self.column)


class GrammarLimitError(FcformatError):
    """A schema or grammar needs more than a budget allows; the message names the budget and its value."""


class ParseError(FcformatError):
    """Strict parsing met text that the format does not allow.

    Attributes:
        offset: Position in the text, in characters.
    """

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset

    def __reduce__(self) -> tuple[type[ParseError], tuple[str, int]]:
        return type(self), (str(self), self.offset)


class FormatError(FcformatError):
    """A conversation holds something that a format cannot express; the message names the conversation's message and why."""


class TokenizerError(FcformatError):
    """A tokenizer is of a kind whose tokens cannot be turned into bytes exactly."""
