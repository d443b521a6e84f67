"""What text is allowed, as a small algebra of immutable values.

A format's grammar is built from these: literal text, control tokens, sequences, choices, repetition, free text, regular
expressions, JSON values under a schema in one of several surface syntaxes, and rules with names, which may refer to each
other and to themselves. The values say nothing about tokens; `GrammarCompiler.compile_grammar` ties them to a vocabulary.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias
from typing import Literal as _Literal

from fcformat.errors import GrammarError
from fcformat.json_style import JSONStyle

__all__ = [
    "Choice",
    "ControlToken",
    "FreeText",
    "Grammar",
    "Literal",
    "Regex",
    "Repeat",
    "Rule",
    "Rules",
    "SchemaValue",
    "Sequence",
    "TaggedArguments",
    "choice",
    "control_token",
    "free_text",
    "literal",
    "optional",
    "regex",
    "repeat",
    "rule",
    "rules",
    "schema_value",
    "sequence",
]

Syntax: TypeAlias = _Literal["json", "json_string", "python", "python_arguments"]


@dataclasses.dataclass(frozen=True, slots=True)
class Literal:
    """Exactly this text, written with ordinary tokens."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class ControlToken:
    """The vocabulary's one token of this spelling; where the vocabulary has none, the text itself."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Sequence:
    """One item after the other."""

    items: tuple[Grammar, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """One of the items."""

    items: tuple[Grammar, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Repeat:
    """The item, `min` to `max` times (`None`: without end)."""

    item: Grammar
    min: int = 0
    max: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class FreeText:
    """Any text, also the empty one, in which none of the excluded strings occurs and no control token.

    Attributes:
        excludes: The excluded strings.
        max_tokens: Most tokens that may be begun inside of the text, `None` for any number. One that begins before it and
            reaches into it does not count; a character that the last one leaves unfinished may be finished.
    """

    excludes: tuple[str, ...] = ()
    max_tokens: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Regex:
    """A text that matches the ECMA-262 pattern from beginning to end."""

    pattern: str


@dataclasses.dataclass(frozen=True, slots=True)
class TaggedArguments:
    """A syntax of objects: a text before each key, between key and value, and after each value.

    A string is written as it is, without quotes or escapes; any other value as JSON. Where a value may be a string or
    something else, a string that reads like the other (a number, `true` or `True`, what begins with a brace) cannot be written. With a
    `delimiter`, strings stand between two of it, and objects and arrays inside are written the same way, in braces and
    brackets, members as `between` has it.

    Attributes:
        before_key: Before each key.
        after_key: Between a key and a string.
        after_value: After each value.
        between: Between members.
        after_other_key: Between a key and a value that is no string; `None`: as `after_key`.
        excludes: What no string may contain, such as the tag that ends it.
        key: Pattern (ECMA-262) that every key must match as a whole; others cannot be written.
        delimiter: Around strings.
        python_words: Whether `None`, `True` and `False` may stand for null, true and false; not inside of arrays and objects,
            and not with a `delimiter`.
    """

    before_key: Grammar
    after_key: Grammar
    after_value: Grammar
    between: Grammar = Literal("")
    after_other_key: Grammar | None = None
    excludes: tuple[str, ...] = ()
    key: str = r"[^\s<>]+"
    delimiter: Grammar | None = None
    python_words: bool = False

    def __post_init__(self) -> None:
        if self.after_other_key is None:
            object.__setattr__(self, "after_other_key", self.after_key)
        if any(not text for text in self.excludes):
            raise ValueError("TaggedArguments: an excluded string is empty, which would forbid every string")


@dataclasses.dataclass(frozen=True, slots=True)
class SchemaValue:
    """A value that is valid under a JSON schema.

    Attributes:
        schema: The schema, as a dictionary or a boolean.
        syntax: `"json"`; `"json_string"`: JSON as it stands between the quotes of a JSON string, `"` written `\\"` and `\\`
            written `\\\\`; `"python"`: a Python literal (`True`, `None`, `'text'`); `"python_arguments"`: an object written as
            Python keyword arguments, `a=1, b='x'`, without brackets; `TaggedArguments`: an object between tags.
        style: The permitted spelling.
    """

    schema: Mapping[str, Any] | bool
    syntax: Syntax | TaggedArguments = "json"
    style: JSONStyle = JSONStyle()


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """What the rule of this name stands for; the innermost `Rules` around it that has one counts."""

    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """What the rule `start` stands for, under rules that may refer to each other and to themselves, also at their beginning.

    Attributes:
        rules: Names, and what each stands for. The names are known inside these only.
        start: Where to begin.

    Raises:
        GrammarError: A name is defined twice, or `start` is not. A `Rule` without definition is found when the grammar is
            compiled.
    """

    rules: tuple[tuple[str, Grammar], ...]
    start: str

    def __post_init__(self) -> None:
        names = Counter(name for name, _ in self.rules)
        for name, count in names.items():
            if count > 1:
                raise GrammarError(f'rule "{name}": found {count} definitions, expected one')
        if self.start not in names:
            known = ", ".join(f'"{name}"' for name in list(names)[:10]) or "(there are none)"
            raise GrammarError(f'rules start at "{self.start}": found no rule of that name, expected one of {known}')


Grammar: TypeAlias = Literal | ControlToken | Sequence | Choice | Repeat | FreeText | Regex | SchemaValue | Rule | Rules


def literal(text: str) -> Literal:
    """Exactly `text`."""
    return Literal(text)


def control_token(text: str) -> ControlToken:
    """The control token spelled `text`."""
    return ControlToken(text)


def sequence(*items: Grammar) -> Sequence:
    """The items, one after the other; none of them: the empty text."""
    return Sequence(items)


def choice(*items: Grammar) -> Choice:
    """One of the items.

    Raises:
        ValueError: No item is given.
    """
    if not items:
        raise ValueError("choice() needs at least one item")
    return Choice(items)


def optional(item: Grammar) -> Repeat:
    """The item, or nothing."""
    return Repeat(item, 0, 1)


def repeat(item: Grammar, min: int = 0, max: int | None = None) -> Repeat:
    """The item, `min` to `max` times.

    Raises:
        ValueError: A bound is negative, or `max` is below `min`.
    """
    if min < 0 or (max is not None and max < min):
        raise ValueError(f"repeat(): found min={min}, max={max}, expected 0 <= min <= max")
    return Repeat(item, min, max)


def free_text(excludes: tuple[str, ...] | list[str] = (), max_tokens: int | None = None) -> FreeText:
    """Any text without the excluded strings, of at most `max_tokens` tokens.

    Raises:
        ValueError: An excluded string is empty, or the number of tokens is negative or above a billion.
    """
    if max_tokens is not None and not 0 <= max_tokens <= 1_000_000_000:
        raise ValueError(f"free_text(): found max_tokens={max_tokens}, expected a number from 0 to a billion")
    if any(not text for text in excludes):
        raise ValueError("free_text(): an excluded string is empty, which would forbid every text")
    return FreeText(tuple(excludes), max_tokens)


def regex(pattern: str) -> Regex:
    """A text that matches `pattern` (ECMA-262) from beginning to end."""
    return Regex(pattern)


def rule(name: str) -> Rule:
    """What the rule `name` stands for."""
    return Rule(name)


def rules(definitions: Mapping[str, Grammar], start: str) -> Rules:
    """What the rule `start` stands for under these definitions, which may name each other by `rule(name)`.

    Raises:
        GrammarError: `start` is not defined.
    """
    return Rules(tuple(definitions.items()), start)


def schema_value(
    schema: Mapping[str, Any] | bool, syntax: Syntax | TaggedArguments = "json", style: JSONStyle | None = None
) -> SchemaValue:
    """A value that is valid under `schema`, in the given syntax and style."""
    return SchemaValue(schema, syntax, style if style is not None else JSONStyle())
