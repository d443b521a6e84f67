"""Grammars as text: the EBNF that llama.cpp calls GBNF, which XGrammar and vLLM read with small differences.

A grammar is a list of rules, `name ::= alternatives`. It is described in llama.cpp's `grammars/README.md`
(https://github.com/ggml-org/llama.cpp). Here:

- `"text"` with the escapes `\\n \\r \\t \\\\ \\" \\[ \\] \\- \\xHH \\uHHHH \\UHHHHHHHH`; `[a-z]` and `[^a-z]` with the same, and with
  XGrammar's `\\d \\w \\s` (ASCII) and escaped punctuation; `.` is any character;
- `x*`, `x+`, `x?`, `x{m}`, `x{m,}`, `x{m,n}`, `x{,n}`; `( )`; `|`, of which an alternative may be empty; comments from `#` on;
- a rule goes on over line breaks until the next `name ::=` at the beginning of a line (XGrammar), so also where llama.cpp
  asks for a parenthesis or a `|`;
- `<name>` is the vocabulary's control token of that spelling (llama.cpp); where it has none, the text itself.

What would need a parser with another model of a text is refused with its reason: token ids, negated tokens, lookahead, macros.
Rules may be recursive in any way. This module reads the text and makes a `fcformat.grammar.Rules`; it knows no vocabulary.
"""

from __future__ import annotations

import re

from fcformat.errors import GrammarError, GrammarLimitError
from fcformat.grammar import (
    Choice,
    ControlToken,
    Grammar,
    Literal,
    Regex,
    Repeat,
    Rule,
    Rules,
    Sequence,
)

__all__ = ["parse_ebnf"]

MAX_NESTING = 100
"""How deep groups may nest (`max_ebnf_nesting`)."""

HOISTED = 10
"""Of groups nested in each other, every tenth is a rule of its own."""

MAX_COUNT = 2**31 - 1
"""Counts of repetitions beyond this cannot matter: no text is that long."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_DEFINES = re.compile(r"[ \t]*::=")
_BLANK = re.compile(r"[ \t]+")
_COMMENT = re.compile(r"#[^\r\n]*")
_BREAK = re.compile(r"\r\n|\r|\n")
_TOKEN = re.compile(r"<[^<>\s\[\]]+>")
_DIGITS = re.compile(r"[0-9]+")

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-"}
_CLASS_ESCAPES = {**_ESCAPES, **{mark: mark for mark in "^$.*+?(){}|/"}}
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
# XGrammar's classes inside brackets, as ECMA-262 writes them for ASCII.
_SETS = {
    "d": "0-9",
    "w": "0-9A-Za-z_",
    "s": r"\t-\r ",
    "D": r"\0-\/:-\u{10FFFF}",
    "W": r"\0-\/:-@\[-\^`\{-\u{10FFFF}",
    "S": r"\0-\x08\x0e-\x1f!-\u{10FFFF}",
}


def parse_ebnf(text: str, root: str = "root") -> Grammar:
    """Read a grammar written in EBNF.

    Args:
        text: The rules.
        root: The rule that the whole text must match.

    Raises:
        GrammarError: The text is malformed, a rule is defined twice or not at all; names line and column.
        GrammarLimitError: Groups nest deeper than 100.
    """
    return _Parser(text).grammar(root)


class _Parser:
    """One pass over the text; recursive on groups only, whose depth is bounded."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._rules: dict[str, Grammar] = {}
        self._uses: dict[str, int] = {}  # where each name was used first

    def grammar(self, root: str) -> Rules:
        rules = self._rules
        self._skip_breaks()
        while self._at < len(self._text):
            start = self._at
            name = self._match(_NAME)
            if not name:
                raise self._error("the name of a rule")
            if name in rules:
                raise self._error("one definition of each rule", start, f'a second definition of "{name}"')
            if not self._match(_DEFINES):
                self._match(_BLANK)
                raise self._error(f'"::=" after the name "{name}"')
            self._skip_breaks()
            rules[name] = self._alternatives(0)
            if self._at < len(self._text) and not self._starts_rule():
                raise self._error("a line break, or more of the rule")
        for name, place in self._uses.items():
            if name not in rules:
                raise self._error("a rule that is defined", place, f'the undefined rule "{name}"')
        if root not in rules:
            raise self._error(
                f'a rule "{root}" to start with',
                len(self._text),
                f"the rules {[name for name in rules if _NAME.match(name)][:10]}",
            )
        return Rules(tuple(rules.items()), root)

    def _alternatives(self, depth: int) -> Grammar:
        if depth > MAX_NESTING:
            line, column = self._position(self._at)
            raise GrammarLimitError(
                f"line {line}, column {column}: groups nest deeper than max_ebnf_nesting = {MAX_NESTING}"
            )
        options = [self._sequence(depth)]
        while self._peek() == "|":
            self._at += 1
            self._skip_breaks()
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self, depth: int) -> Grammar:
        items: list[Grammar] = []
        while self._at < len(self._text) and self._peek() not in "|)" and not self._starts_rule():
            item = self._repeated(self._item(depth))
            if isinstance(item, Literal) and items and isinstance(last := items[-1], Literal):
                items[-1] = Literal(last.text + item.text)
            else:
                items.append(item)
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _item(self, depth: int) -> Grammar:
        start, mark = self._at, self._peek()
        if mark == '"':
            return Literal(self._string())
        if mark == "[":
            return Regex(self._class())
        if mark == ".":
            self._at += 1
            return Regex(r"[^]")
        if mark == "(":
            self._at += 1
            if self._peek() == "=":
                raise self._error("a group: lookahead assertions are not supported", start, '"(="')
            self._skip_breaks()
            inner = self._alternatives(depth + 1)
            if self._peek() != ")":
                line, column = self._position(start)
                raise self._error(f'")" for the "(" at line {line}, column {column}')
            self._at += 1
            if depth % HOISTED == HOISTED - 1:  # so that the grammar stays shallow enough to be printed and pickled
                line, column = self._position(start)
                name = f"({line}:{column})"
                self._rules[name] = inner
                return Rule(name)
            return inner
        if mark == "<":
            if token := self._match(_TOKEN):
                return ControlToken(token)
            raise self._error("a control token's text such as <think>: token ids are not supported")
        if mark == "!":
            raise self._error("an item: negated tokens are not supported")
        if name := self._match(_NAME):
            if self._peek() == "(":
                raise self._error("an item: macros are not supported", start, f'"{name}("')
            self._uses.setdefault(name, start)
            return Rule(name)
        if mark and mark in "*+?{":
            raise self._error("something to repeat before it")
        raise self._error("an item: a string, a character class, a group or the name of a rule")

    def _repeated(self, item: Grammar) -> Grammar:
        """The item with the counts that stand behind it; one after the other, as llama.cpp has it."""
        while True:
            self._skip_breaks()
            mark = self._peek()
            if mark == "{":
                item = Repeat(item, *self._counts())
            elif mark and mark in "*+?":
                self._at += 1
                item = Repeat(item, 1 if mark == "+" else 0, 1 if mark == "?" else None)
            else:
                return item

    def _counts(self) -> tuple[int, int | None]:
        start = self._at
        self._at += 1
        self._skip_breaks()
        first = self._match(_DIGITS)
        low = int(first[:12]) if first else 0
        self._skip_breaks()
        high: int | None = low
        if self._peek() == ",":
            self._at += 1
            self._skip_breaks()
            second = self._match(_DIGITS)
            high = int(second[:12]) if second else None
            self._skip_breaks()
        elif not first:
            raise self._error("a number or a comma")
        if self._peek() != "}":
            raise self._error('"," or "}"')
        self._at += 1
        if high is not None and high < low:
            raise self._error("counts in order", start, f"{{{low},{high}}}")
        if low > MAX_COUNT:
            line, column = self._position(start)
            raise GrammarLimitError(f"line {line}, column {column}: a count is above max_ebnf_count = {MAX_COUNT}")
        return low, None if high is None or high > MAX_COUNT else high

    def _string(self) -> str:
        start = self._at
        self._at += 1
        out = []
        while (mark := self._peek()) != '"':
            if not mark or mark in "\r\n":
                line, column = self._position(start)
                raise self._error(f"'\"' for the string that begins at line {line}, column {column}")
            out.append(self._character(_ESCAPES))
        self._at += 1
        return "".join(out)

    def _class(self) -> str:
        """A character class, as an ECMA-262 pattern of one."""
        start = self._at
        self._at += 1
        negated = self._peek() == "^"
        self._at += negated
        parts = []
        while (mark := self._peek()) != "]":
            if not mark or mark in "\r\n":
                line, column = self._position(start)
                raise self._error(f'"]" for the class that begins at line {line}, column {column}')
            place, following = self._at, self._text[self._at + 1 : self._at + 2]
            if mark == "\\" and following in _SETS and following:
                self._at += 2
                parts.append(_SETS[following])
                continue
            low = self._character(_CLASS_ESCAPES)
            high = low
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._character(_CLASS_ESCAPES)
            if high < low:
                raise self._error("a range whose end is not before its beginning", place, f"{low!r} to {high!r}")
            parts.append(_code(low) if low == high else f"{_code(low)}-{_code(high)}")
        self._at += 1
        if not parts:
            raise self._error("a class with at least one character", start, "[^]" if negated else "[]")
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _character(self, escapes: dict[str, str]) -> str:
        start, mark = self._at, self._text[self._at]
        self._at += 1
        if "\ud800" <= mark <= "\udfff":
            raise self._error("characters: a surrogate is none", start)
        if mark != "\\":
            return mark
        kind = self._peek()
        self._at += 1
        if kind in escapes:
            return escapes[kind]
        if not kind or kind not in _HEX_DIGITS:
            known = " ".join("\\" + mark for mark in [*escapes, "xHH", "uHHHH", "UHHHHHHHH"])
            raise self._error(f"one of the escapes {known}", start, f'"\\{kind}"')
        digits = self._text[self._at : self._at + _HEX_DIGITS[kind]]
        if not re.fullmatch(f"[0-9A-Fa-f]{{{_HEX_DIGITS[kind]}}}", digits):
            raise self._error(f"{_HEX_DIGITS[kind]} hexadecimal digits after \\{kind}", self._at)
        self._at += len(digits)
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise self._error(
                "a character's code point (one beyond U+FFFF is written \\UHHHHHHHH)", start, f'"\\{kind}{digits}"'
            )
        return chr(code)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if not found:
            return ""
        self._at = found.end()
        return found[0]

    def _skip_breaks(self) -> None:
        while self._match(_BLANK) or self._match(_BREAK) or self._match(_COMMENT):
            pass

    def _starts_rule(self) -> bool:
        """Whether a new rule begins here: `name ::=`, with nothing but blanks before it on its line."""
        name = _NAME.match(self._text, self._at)
        if not name or not _DEFINES.match(self._text, name.end()):
            return False
        line = self._text[max(self._text.rfind("\n", 0, self._at), self._text.rfind("\r", 0, self._at)) + 1 : self._at]
        return not line.strip(" \t")

    def _position(self, at: int) -> tuple[int, int]:
        breaks = [found.end() for found in _BREAK.finditer(self._text, 0, at)]
        return len(breaks) + 1, at - (breaks[-1] if breaks else 0) + 1

    def _error(self, expected: str, at: int | None = None, found: str | None = None) -> GrammarError:
        at = self._at if at is None else at
        if found is None:
            mark = self._text[at : at + 1]
            found = "the end" if not mark else "a line break" if mark in "\r\n" else f'"{mark}"'
        line, column = self._position(at)
        return GrammarError(f"line {line}, column {column}: found {found}, expected {expected}", line, column)


def _code(character: str) -> str:
    """A character inside a class of an ECMA-262 pattern."""
    return character if character.isascii() and character.isalnum() else f"\\u{{{ord(character):X}}}"
