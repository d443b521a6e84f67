"""An incremental reader of Python literals and keyword arguments, written out as JSON. Nothing is ever evaluated.

Read are strings in all their quotes and escapes, numbers, `True`, `False`, `None`, lists, tuples, dicts, nested to a bounded
depth, and sets, which become arrays; JSON's `true`, `false` and `null` are taken for what they mean. Written is the spelling of
`json.dumps(..., ensure_ascii=False)`, since layout between Python tokens is not data. Names, operators, calls, f-strings and
bytes are `Unreadable`, unless the reader is told to put right what models write beside Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from fcformat.parsing.cursor import Cursor, Report, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH, MAX_KEY, MAX_WORD
from fcformat.parsing.plain_values import plain_python
from fcformat.parsing.quotes import AfterCall, closes, open_run
from fcformat.parsing.strings import escape_at, escapes_at, json_inner, json_string
from fcformat.parsing.undecided_brackets import UndecidedBrackets

__all__ = ["PLAIN_ITEM", "PythonReader", "item_as_json", "number_as_json"]

_WORD = re.compile(r"[\w.+\-]*")
_NAME = re.compile(r"\w*")
#: Names that templates write though Python would not have them.
_ANY_NAME = re.compile(r"[\w.\-$]*")
#: A run of coded characters.
_CODED = re.compile(r"(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}){1,400}")
#: A value that the next argument's name follows without a comma.
_RUN_TOGETHER = re.compile(r"(?:[+-]?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?|True|False|None|true|false|null)(?=[^\W\d])")
_BARE = re.compile(r"[^\W\d][\w.\-]*")
_WORDS = {"True": "true", "False": "false", "None": "null", "true": "true", "false": "false", "null": "null"}
_PREFIXES = frozenset(("r", "R", "u", "U"))
_OTHER_PREFIXES = ("b", "B", "f", "F")  # of bytes, and of strings that may have expressions in them
_CONSTANT = re.compile(r"""'[^'{\\\n]{0,4000}'(?!')|"[^"{\\\n]{0,4000}"(?!")""")
_HALF_CONSTANT = re.compile(r"""'[^'{\\\n]{0,4000}'?|"[^"{\\\n]{0,4000}"?""")
_DECIMAL = re.compile(r"([+-]?)([0-9]*)(\.?)([0-9]*)([eE][+-]?[0-9]+)?")
_BASED = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)")
_LEADING_ZEROS = re.compile(r"([+-]?)0+([0-9]+)")
_LINE_BREAK = re.compile(r"[\r\n]")
_UNDERSCORE = re.compile(r"(?<=[0-9a-fA-FxXoObB])_(?=[0-9a-fA-F])")
#: Longest hexadecimal, octal or binary number; writing it in decimal takes more than linear time.
_MAX_BASED = 1_000
_VERBATIM = r"\\[\\nrtbf\"]"
_CHUNK = {
    "'": re.compile(rf"""(?:[^'"\\\x00-\x1f\ud800-\udfff]+|{_VERBATIM}){{1,400}}"""),
    '"': re.compile(rf"""(?:[^"\\\x00-\x1f\ud800-\udfff]+|{_VERBATIM}){{1,400}}"""),
}
#: Escaped quotes and text without anything else to look at, between quotes of either kind.
_WITH_QUOTES = {quote: re.compile(rf"""(?:\\['"][^{quote}\\\x00-\x1f\ud800-\udfff]*){{1,400}}""") for quote in "'\""}
_REWRITTEN = {
    "'": re.compile(r"[^'\\]+"),
    '"': re.compile(r'[^"\\]+'),
    "'''": re.compile(r"(?:[^'\\]+|'{1,2}(?=[^'])){1,400}"),
    '"""': re.compile(r'(?:[^"\\]+|"{1,2}(?=[^"])){1,400}'),
}
# Runs of plain items, which are by far the most of long lists, are taken in one go; another item follows them.
PLAIN_ITEM = r"""(?:-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,999})?(?:[eE][+-]?[0-9]{1,999})?(?=[ \t\r\n,])|True|False|None|'[^"'\\\x00-\x1f\ud800-\udfff]*'|"[^"\\\x00-\x1f\ud800-\udfff]*")"""
_S = r"[ \t\r\n]{0,80}"
_ITEMS = re.compile(rf"(?:{PLAIN_ITEM}{_S},{_S}){{1,64}}(?=[\w'\"\-\[({{])")
_ONE_ITEM = re.compile(PLAIN_ITEM)
#: Brackets that others follow, and closing ones; an opening one behind the last of a run is read by itself.
_BRACKETS = re.compile(r"\[{1,64}(?=\[)")
_CLOSING = re.compile(r"\]{2,64}")
#: Where a dict's key stands, also while the dict may yet be a set.
_KEYS = ("{key", "{?")
_CLOSER = {"[": "]", "{": "}", "{set": "}", "(": ")", "?": ")"}
Emit = Callable[[str], None]
#: What a string spells, as JSON text.
Spelled = Callable[[str], str]


class PythonReader:
    """Reads Python literals from a cursor; every method is a generator that yields where it needs more text."""

    def __init__(self, cursor: Cursor, report: Report, after: AfterCall | None = None) -> None:
        """Sets up the reader.

        Args:
            cursor: Where the text comes from.
            report: Told of everything that had to be put right.
            after: What follows a call. If it is given, quotes that were not escaped, commas that are missing, words
                without quotes and zeros before numbers are put right.
        """
        self._cursor = cursor
        self._report = report
        self._after = after
        self._is_text = False  # whether the argument that is read is a text

    def keyword_arguments(
        self,
        emit: Emit,
        spelled: Callable[[str], Spelled | None] | None = None,
        is_text: Callable[[str], bool] | None = None,
    ) -> Steps[None]:
        """Reads `name=value, ...)`, up to and with the closing parenthesis.

        Args:
            emit: Called with pieces that concatenate to the JSON text of an object.
            spelled: For an argument that cannot be a string, what gives the JSON that a string spells.
            is_text: Whether an argument can only be a string.

        Raises:
            Unreadable: The text is something else. What was read so far has been emitted.
            Truncated: The text ends inside; what there was has been emitted.
        """
        cursor = self._cursor
        emit("{")
        char = yield from cursor.skip_space()
        names: set[str] = set()
        while char != ")":
            cursor.spend()
            name = yield from self._name(char)
            if name in names:
                raise Unreadable(f"the argument {name} once")
            names.add(name)
            emit(f"{', ' if len(names) > 1 else ''}{json_string(name)}: ")
            self._is_text = is_text is not None and is_text(name)
            char = yield from cursor.skip_space()
            respell = spelled(name) if spelled is not None and char in ("'", '"') else None
            if respell is not None:
                text: list[str] = []
                yield from self.value(text.append)
                self._report("a string for a value of another type")
                emit(respell(json.loads("".join(text))))
            else:
                yield from self.value(emit)
            char = yield from cursor.skip_space()
            if char == ",":
                cursor.take(cursor.position + 1)
                char = yield from cursor.skip_space()
            elif self._after is not None and char and _BARE.match(char):
                self._report("a missing comma between arguments")
            elif char != ")":
                raise Unreadable("',' or ')'") if char else Truncated("',' or ')'")
        cursor.take(cursor.position + 1)
        emit("}")

    def value(self, emit: Emit) -> Steps[None]:
        """Reads one literal; the cursor stands on its first character.

        Args:
            emit: Called with pieces that concatenate to the value's JSON text.

        Raises:
            Unreadable: The text is not a literal. What was read so far has been emitted.
            Truncated: The text ends inside the literal; what there was has been emitted.
        """
        out = UndecidedBrackets(emit)
        try:
            yield from self._value(out)
        finally:
            out.flush()

    def _value(self, out: UndecidedBrackets) -> Steps[None]:
        cursor = self._cursor
        opened: list[
            str
        ] = []  # "[", "{", "(" for a tuple, "?" for a parenthesis that may be one, "{?" for a dict or a set
        while True:
            char = yield from cursor.skip_space()
            run = _ITEMS.match(cursor.buffer, cursor.position) if opened and opened[-1] in "[(" else None
            items = [] if run is None else _ONE_ITEM.findall(run.group())
            if run is not None and len(items) <= cursor.steps:
                cursor.spend(len(items))
                cursor.take(run.end())
                out("".join([f"{item_as_json(item)}, " for item in items]))
                continue
            is_key = bool(opened) and opened[-1] in _KEYS
            brackets = None if is_key else _BRACKETS.match(cursor.buffer, cursor.position)
            if (
                brackets is not None
                and len(opened) + (count := len(brackets.group())) <= MAX_DEPTH
                and count <= cursor.steps
            ):
                cursor.spend(count if opened else count - 1)
                out(cursor.take(brackets.end()))
                opened.extend(brackets.group())
                continue
            if opened:
                cursor.spend()
            found = None
            if char and char in "[{" and not is_key:
                found = plain_python(
                    cursor.buffer, cursor.position, MAX_DEPTH - len(opened), cursor.steps, bool(opened)
                )
            if found is not None:
                cursor.spend(found[2])
                cursor.take(found[1])
                out(found[0])
            elif char and char in "[{(" and not is_key:
                if len(opened) == MAX_DEPTH:
                    raise Unreadable(f"at most {MAX_DEPTH} nested lists, tuples and dicts")
                cursor.take(cursor.position + 1)
                following = yield from cursor.skip_space()
                if char != "[" and following != _CLOSER[char]:
                    out.open("{" if char == "{" else "")
                    opened.append("{?" if char == "{" else "?")
                    continue
                out("{" if char == "{" else "[")
                if following != _CLOSER[char]:
                    opened.append(char)
                    continue
                cursor.take(cursor.position + 1)
                out("}" if char == "{" else "]")
            else:
                yield from self._scalar(char, out, opened)
            while opened:
                closing = _CLOSING.match(cursor.buffer, cursor.position)
                if closing is not None and opened[-len(closing.group()) :] == ["["] * len(closing.group()):
                    out(cursor.take(closing.end()))
                    del opened[-len(closing.group()) :]
                    continue
                if (yield from self._after_value(opened, out)):
                    break
            if not opened:
                return

    def _after_value(self, opened: list[str], out: UndecidedBrackets) -> Steps[bool]:
        """Reads what follows a value inside a container; whether another value is due."""
        cursor = self._cursor
        char = yield from cursor.skip_space()
        inner = opened[-1]
        if inner in _KEYS and char == ":":
            cursor.take(cursor.position + 1)
            if inner == "{?":
                out.decide("{", quoted=True)
            out(": ")
            opened[-1] = "{"
            return True
        if inner == "{?" and char and char in ",}":
            self._report("a set for a list")
            out.decide("[")
            opened[-1] = inner = "{set"
        elif inner in _KEYS:
            raise Unreadable("':'") if char else Truncated("':'")
        closer = _CLOSER[inner]
        if char == ",":
            cursor.take(cursor.position + 1)
            if inner == "?":
                out.decide("[")
                opened[-1] = "("
            char = yield from cursor.skip_space()
            if char != closer:
                if not char:
                    raise Truncated("a value")
                out(", ")
                if inner == "{":
                    opened[-1] = "{key"
                return True
        if char != closer:
            raise Unreadable(f"',' or '{closer}'") if char else Truncated(f"',' or '{closer}'")
        cursor.take(cursor.position + 1)
        inner = opened.pop()
        if inner == "?":
            out.decide("")
        else:
            out("}" if inner == "{" else "]")
        return False

    def _name(self, char: str) -> Steps[str]:
        cursor = self._cursor
        if not char:
            raise Truncated("an argument's name")
        while True:
            match = (_NAME if self._after is None else _ANY_NAME).match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_KEY:
                raise Unreadable(f"a name of at most {MAX_KEY} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("'=' after an argument's name")
            yield
        if not match.group().isidentifier():
            if self._after is None or not match.group():
                raise Unreadable("an argument's name")
            self._report("an argument's name that is no name in Python")
        name = cursor.take(match.end())
        following = yield from cursor.skip_space()
        if following != "=":
            raise Unreadable("'=' after an argument's name") if following else Truncated("'='")
        cursor.take(cursor.position + 1)
        return name

    def _scalar(self, char: str, out: Emit, opened: list[str]) -> Steps[None]:
        if not char:
            raise Truncated("a value")
        if char in "'\"":
            yield from self._strings("", out, bool(opened))
            return
        cursor = self._cursor
        while True:
            match = _WORD.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_WORD:
                raise Unreadable(f"a number or word of at most {MAX_WORD} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("the end of a value")
            yield
        word = match.group()
        if cursor.buffer[match.end()] in "'\"":
            if word in _OTHER_PREFIXES:
                while _HALF_CONSTANT.fullmatch(cursor.buffer, cursor.position + 1) and not cursor.ended:
                    yield
                if not _CONSTANT.match(cursor.buffer, cursor.position + 1):
                    raise Unreadable("a value")
                self._report(f"a string with the prefix {word!r}, read as text")
            elif word not in _PREFIXES:
                raise Unreadable("a value")
            cursor.take(cursor.position + len(word))
            yield from self._strings(word, out, bool(opened))
            return
        written = _WORDS.get(word) or number_as_json(word)
        if written is None and self._after is not None:
            found = _RUN_TOGETHER.match(word) if not opened and cursor.buffer[match.end()] == "=" else None
            if found is not None:
                # The comma that is missing is reported where it is missed.
                match, word = found, found.group()
                written = _WORDS.get(word) or number_as_json(word)
            elif (number := _LEADING_ZEROS.fullmatch(word)) is not None:
                self._report("a number with leading zeros")
                written = json_string(word) if self._is_text and not opened else number_as_json(number[1] + number[2])
            elif _BARE.fullmatch(word) and cursor.buffer[match.end()] not in "(=[":
                self._report("a string without quotes")
                written = json_string(word)
        if written is None:
            raise Unreadable("a value")
        cursor.take(cursor.position + len(word))
        out(f'"{written}"' if opened and opened[-1] == "{key" and written[0] != '"' else written)

    def _strings(self, prefix: str, out: Emit, nested: bool) -> Steps[None]:
        """Reads a string and those that follow it, which Python joins."""
        cursor = self._cursor
        out('"')
        while True:
            yield from self._quoted(prefix in ("r", "R"), out, nested)
            char = yield from cursor.skip_space()
            prefix = ""
            while char in _PREFIXES and cursor.position + 1 == len(cursor.buffer) and not cursor.ended:
                yield
            if char in _PREFIXES and cursor.buffer[cursor.position + 1 : cursor.position + 2] in ("'", '"'):
                prefix = cursor.take(cursor.position + 1)
            elif char not in ("'", '"'):
                out('"')
                return
            cursor.spend()

    def _quoted(self, raw: bool, out: Emit, nested: bool) -> Steps[None]:
        """Reads one string from its opening to its closing quote; emits its content as it stands in a JSON string."""
        cursor = self._cursor
        quote = cursor.buffer[cursor.position]
        while cursor.buffer.startswith(quote, cursor.position) and len(cursor.buffer) - cursor.position < 3:
            if cursor.ended or cursor.buffer[cursor.position :] not in (quote, quote * 2):
                break
            yield
        triple = cursor.buffer.startswith(quote * 3, cursor.position)
        closing = quote * 3 if triple else quote
        cursor.take(cursor.position + len(closing))
        chunk = _CHUNK[quote]
        while True:
            match = chunk.match(cursor.buffer, cursor.position) if not raw else None
            if match is not None:
                out(cursor.take(match.end()))
                continue
            if cursor.position == len(cursor.buffer):
                if cursor.ended:
                    raise Truncated("the end of a string")
                yield
                continue
            if cursor.buffer.startswith(closing, cursor.position):
                end = cursor.position + len(closing)
                closed = self._after is None or closes(cursor.buffer, end, cursor.ended, self._after, nested)
                if closed is None:
                    yield
                    continue
                if not closed:
                    self._report("a quote that is not escaped in a string")
                    run = None
                    if self._after is not None and not triple:
                        run = open_run(quote, self._after, nested).match(cursor.buffer, cursor.position)
                    out(json_inner(cursor.take(cursor.position + 1 if run is None else run.end())))
                    continue
                cursor.take(end)
                return
            char = cursor.buffer[cursor.position]
            if char == quote and cursor.is_half_of(closing):
                # Inside triple quotes: these may begin the closing ones.
                if cursor.ended:
                    cursor.take(len(cursor.buffer))
                    raise Truncated("the end of a string")
                yield
            elif char != "\\":
                run = _REWRITTEN[closing].match(cursor.buffer, cursor.position)
                assert run is not None  # neither the closing quotes nor a backslash stand here
                line_break = _LINE_BREAK.search(run.group()) if not triple else None
                if line_break is not None:
                    self._report("a raw line break in a string", cursor.offset + line_break.start())
                text = cursor.take(run.end())
                if not raw and (quoted := _WITH_QUOTES[quote].match(cursor.buffer, run.end())) is not None:
                    text += cursor.take(quoted.end()).replace("\\'", "'").replace('\\"', '"')
                out(json_inner(text))
            elif raw:
                if cursor.position + 1 == len(cursor.buffer) and not cursor.ended:
                    yield
                    continue
                out(json_inner(cursor.take(min(cursor.position + 2, len(cursor.buffer)))))
            else:
                coded = _CODED.match(cursor.buffer, cursor.position)
                if coded is not None:
                    cursor.take(coded.end())
                    out(json_inner(coded.group().encode("ascii").decode("unicode_escape")))
                    continue
                escapes = escapes_at(cursor.buffer, cursor.position)
                if escapes is not None and (escapes[2] or escapes[3] <= cursor.steps):
                    cursor.spend(0 if escapes[2] else escapes[3])
                    cursor.take(escapes[1])
                    out(escapes[0])
                    continue
                found = escape_at(cursor.buffer, cursor.position, cursor.ended)
                if found is None:
                    yield
                    continue
                cursor.spend()
                cursor.take(found[1])
                out(json_inner(found[0]))


def item_as_json(item: str) -> str:
    """An item of a run of plain ones; strings among them need no escape."""
    return _WORDS.get(item) or (f'"{item[1:-1]}"' if item[0] == "'" else item)


def number_as_json(word: str) -> str | None:
    """A Python number as JSON writes it, digits kept; `None` if the word is not one."""
    plain = _UNDERSCORE.sub("", word) if "_" in word else word
    based = _BASED.fullmatch(plain)
    if based is not None and len(plain) <= _MAX_BASED:
        return ("-" if based[1] == "-" else "") + str(int(based[2], 0))
    match = _DECIMAL.fullmatch(plain)
    if match is None or not (match[2] or match[4]):
        return None
    sign, whole, point, fraction, exponent = match.groups(default="")
    if not point and not exponent and len(whole) > 1 and whole.startswith("0") and whole.strip("0"):
        return None  # Python refuses leading zeros, lest they be taken for octal
    whole = whole.lstrip("0") or "0"
    return f"{'-' if sign == '-' else ''}{whole}{'.' + (fraction or '0') if point else ''}{exponent}"
