"""An incremental, tolerant reader of JSON that passes well-formed text on exactly as it arrived.

White space, escapes and the spelling of numbers are kept to the byte. What models write beside JSON is put right where
one reading is possible, and reported: single quotes, Python's `True`, `False` and `None`, unquoted keys, trailing commas,
raw control characters in strings, escapes that JSON does not have. Everything else is `Unreadable`. Nesting is bounded
and nothing recurses. What the values mean is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fcformat import _core
from fcformat.parsing.cursor import SPACE, Cursor, Report, Steps, Truncated, Unreadable
from fcformat.parsing.strings import escape_at, escapes_at, joined, json_inner, unescape

__all__ = ["MAX_DEPTH", "JSONReader"]

#: Deepest nesting of arrays and objects that is read.
MAX_DEPTH = 200
#: Longest number or bare word, and longest key that is read as a whole.
MAX_WORD = 4_000
MAX_KEY = 4_000
#: Longest white space after a comma across which it can still turn out to be a trailing one.
MAX_HELD = 4_000

# What must come next inside a value. Plain numbers, because the core has the same ones (`csrc/text/json_run.h`).
_VALUE, _ITEM, _MEMBER, _COLON, _COMMA, _DONE = range(6)
_EXPECTED = ("a value", "an item", "a key", "':'", "',' or the end of an array or object")
_AFTER_COMMA = re.compile(r",[ \t\r\n]*")

# Content that passes on as it is, and content that is rewritten as a whole: control characters, lone surrogates, and in
# single quotes the double quotes.
_CHUNK = {
    '"': re.compile(r'(?:[^"\\\x00-\x1f\ud800-\udfff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,400}'),
    "'": re.compile(r"""(?:[^"'\\\x00-\x1f\ud800-\udfff]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,400}"""),
}
#: A string, and a key with the colon behind it, in which nothing but the quotes is to be put right and that are at hand to
#: their end. Two groups: what stands in double quotes, or in single ones.
_PLAIN = re.compile(r"""(?:"([^"\\\x00-\x1f\ud800-\udfff]*)"|'([^'\\\x00-\x1f\ud800-\udfff]*)')""")
_PLAIN_KEY = {
    first: re.compile(rf"{comma}[ \t\r\n]*{_PLAIN.pattern}[ \t\r\n]*:[ \t\r\n]*(?=[^ \t\r\n])")
    for first, comma in ((True, ""), (False, r"[ \t\r\n]*,"))
}
_REWRITTEN = {'"': re.compile(r'[^"\\]+'), "'": re.compile(r"[^'\\]+")}
_CONTROLS = re.compile(r"[\x00-\x1f]")
_HALF_UNICODE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_WORD = re.compile(r"[\w.+\-$]*")
_NUMBER_ONLY = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NAME_ONLY = re.compile(r"[^\W\d][\w$-]*|\$[\w$-]*")
#: Words of Python and JavaScript, and what they are in JSON, which has no number that is none.
_OTHER_WORDS = {
    "True": "true",
    "False": "false",
    **dict.fromkeys(("None", "undefined", "NaN", "Infinity", "-Infinity"), "null"),
}
_KEYWORDS = frozenset(("true", "false", "null"))

Emit = Callable[[str], None]


class JSONReader:
    """Reads JSON values from a cursor; every method is a generator that yields where it needs more text."""

    def __init__(self, cursor: Cursor, report: Report) -> None:
        """Sets up the reader.

        Args:
            cursor: Where the text comes from.
            report: Told of everything that had to be put right.
        """
        self._cursor = cursor
        self._report = report

    def value(self, emit: Emit) -> Steps[None]:
        """Reads one value; the cursor stands on its first character.

        Args:
            emit: Called with pieces that concatenate to the value's exact JSON text.

        Raises:
            Unreadable: The text is not a value. What was read so far has been emitted.
            Truncated: The text ends inside the value; what there was has been emitted.
        """
        cursor = self._cursor
        closers = ""  # of the containers that are open
        due = _VALUE
        buffer, at = cursor.buffer, cursor.position
        while True:
            # Text from the cursor's position to `at` is sound and passes on as it is.
            at, closers, due = _core.json_run(buffer, at, closers, due, MAX_DEPTH)
            if due == _DONE:
                emit(cursor.take(at))
                return
            if closers:
                space = SPACE.match(buffer, at)
                assert space is not None  # the pattern matches the empty text
                at = space.end()
            if at == len(buffer):
                if at > cursor.position:
                    emit(cursor.take(at))
                if cursor.ended:
                    raise Truncated(_EXPECTED[due])
                yield
                buffer, at = cursor.buffer, cursor.position
                continue
            # One token that is not plain, or not whole.
            char = buffer[at]
            if due == _COMMA:
                if char != ",":
                    emit(cursor.take(at))
                    raise Unreadable(f"',' or '{closers[-1]}'")
                following = _AFTER_COMMA.match(buffer, at)
                assert following is not None  # the comma is there
                short = len(following.group()) <= MAX_HELD
                if following.end() == len(buffer) and short and not cursor.ended:
                    # Whether this is a trailing comma is not known yet, and it cannot be taken back.
                    if at > cursor.position:
                        emit(cursor.take(at))
                    yield
                    buffer, at = cursor.buffer, cursor.position
                    continue
                if short and buffer[following.end() : following.end() + 1] == closers[-1]:
                    emit(cursor.take(at))
                    cursor.spend()
                    self._report("a trailing comma")
                    cursor.take(at + 1)
                else:
                    due = _MEMBER if closers[-1] == "}" else _ITEM
                at += 1
                continue
            if due == _COLON:
                emit(cursor.take(at))
                raise Unreadable(_EXPECTED[due])
            if char in "[{" and due != _MEMBER:
                if len(closers) == MAX_DEPTH:
                    emit(cursor.take(at))
                    raise Unreadable(f"at most {MAX_DEPTH} nested arrays and objects")
                # Only white space is there behind the bracket.
                emit(cursor.take(len(buffer)))
                following_char = yield from self._space(emit)
                if not following_char:
                    raise Truncated("a value")
                closer = "]" if char == "[" else "}"
                if following_char != closer:
                    closers += closer
                    due = _MEMBER if closer == "}" else _ITEM
                    buffer, at = cursor.buffer, cursor.position
                    continue
                emit(cursor.take(cursor.position + 1))
            else:
                emit(cursor.take(at))
                if due == _MEMBER and char not in _CHUNK:
                    yield from self._bare_key(char, emit)
                else:
                    yield from self._scalar(char, emit)
            buffer, at = cursor.buffer, cursor.position
            if due == _MEMBER:
                due = _COLON
            elif not closers:
                return
            else:
                due = _COMMA

    def string(self, emit: Emit) -> Steps[None]:
        """Reads a string and emits what it means, in pieces. The cursor stands on its opening quote.

        Raises:
            Unreadable: There is no quote here.
            Truncated: The text ends inside the string.
        """
        plain = _PLAIN.match(self._cursor.buffer, self._cursor.position)
        if plain is not None:
            self._cursor.take(plain.end())
            text = plain[plain.lastindex or 1]
            if text:
                emit(text)
            return
        quote = yield from self._cursor.peek()
        if quote not in _CHUNK:
            raise Unreadable("a string") if quote else Truncated("a string")
        half = ""

        def decode(piece: str) -> None:
            nonlocal half
            text = half + unescape(piece)
            # The first half of a surrogate pair waits for the second.
            half = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
            text = text[:-1] if half else text
            if text:
                emit(joined(text))

        self._cursor.take(self._cursor.position + 1)
        try:
            yield from self._quoted(quote, decode)
        finally:
            if half:
                emit(joined(half))

    def key(self, first: bool) -> Steps[str | None]:
        """Reads the next key of an object whose opening brace has been read, and the colon and space after it.

        Args:
            first: Whether no member has been read yet.

        Returns:
            The key, or `None` if the object ended, its closing brace read.

        Raises:
            Unreadable: There is neither a key nor a closing brace.
            Truncated: The text ends here.
        """
        cursor = self._cursor
        plain = _PLAIN_KEY[first].match(cursor.buffer, cursor.position)
        if plain is not None and len(key := plain[plain.lastindex or 1]) <= MAX_KEY:
            if plain.lastindex == 2:
                self._report("single quotes", cursor.offset + plain.start(2) - 1 - cursor.position)
            cursor.take(plain.end())
            return key
        char = yield from cursor.skip_space()
        if not first and char == ",":
            comma = cursor.offset
            cursor.take(cursor.position + 1)
            char = yield from cursor.skip_space()
            if char == "}":
                self._report("a trailing comma", comma)
        elif not first and char and char != "}":
            raise Unreadable("',' or '}'")
        if char == "}":
            cursor.take(cursor.position + 1)
            return None
        pieces: list[str] = []
        size = 0

        def collect(piece: str) -> None:
            nonlocal size
            size += len(piece)
            if size > MAX_KEY:
                raise Unreadable(f"a key of at most {MAX_KEY} characters")
            pieces.append(piece)

        if char in ('"', "'"):
            if char == "'":
                self._report("single quotes")
            yield from self.string(collect)
        else:
            yield from self._bare_key(char, lambda text: collect(text[1:-1]))
        char = yield from cursor.skip_space()
        if not char:
            raise Truncated("':'")
        if char != ":":
            raise Unreadable("':'")
        cursor.take(cursor.position + 1)
        if not (yield from cursor.skip_space()):
            raise Truncated("a value")
        return "".join(pieces)

    def item(self, first: bool) -> Steps[bool]:
        """Reads up to the next item of an array whose opening bracket has been read; `False` if the array ended.

        Args:
            first: Whether no item has been read yet.

        Raises:
            Unreadable: There is neither an item nor a closing bracket.
            Truncated: The text ends here.
        """
        cursor = self._cursor
        char = yield from cursor.skip_space()
        if not first and char == ",":
            comma = cursor.offset
            cursor.take(cursor.position + 1)
            char = yield from cursor.skip_space()
            if char == "]":
                self._report("a trailing comma", comma)
        elif not first and char and char != "]":
            raise Unreadable("',' or ']'")
        if not char:
            raise Truncated("an item or ']'")
        if char == "]":
            cursor.take(cursor.position + 1)
        return char != "]"

    def _space(self, emit: Emit) -> Steps[str]:
        """Reads and emits white space; the character after it, `""` at the end of the text."""
        cursor = self._cursor
        while True:
            match = SPACE.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() > cursor.position:
                emit(cursor.take(match.end()))
            if cursor.position < len(cursor.buffer):
                return cursor.buffer[cursor.position]
            if cursor.ended:
                return ""
            yield

    def _scalar(self, char: str, emit: Emit) -> Steps[None]:
        if char in _CHUNK:
            if char == "'":
                self._cursor.spend()
                self._report("single quotes")
            emit('"')
            self._cursor.take(self._cursor.position + 1)
            yield from self._quoted(char, emit)
            emit('"')
            return
        word = yield from self._word(char, emit, "a value")
        if word in _KEYWORDS or _NUMBER_ONLY.fullmatch(word):
            emit(self._cursor.take(self._cursor.position + len(word)))
        elif word in _OTHER_WORDS:
            self._cursor.spend()
            self._report(f"{word} for {_OTHER_WORDS[word]}")
            self._cursor.take(self._cursor.position + len(word))
            emit(_OTHER_WORDS[word])
        else:
            raise Unreadable("a value")

    def _bare_key(self, char: str, emit: Emit) -> Steps[None]:
        word = yield from self._word(char, emit, "a key")
        if not _NAME_ONLY.fullmatch(word):
            raise Unreadable("a key in double quotes")
        self._cursor.spend()
        self._report(f"the unquoted key {word}")
        self._cursor.take(self._cursor.position + len(word))
        emit(f'"{word}"')

    def _word(self, char: str, emit: Emit, expected: str) -> Steps[str]:
        """The number or bare word at the cursor, not yet read. A word that the end of the text cuts is emitted."""
        if not char:
            raise Truncated(expected)
        cursor = self._cursor
        while True:
            match = _WORD.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_WORD:
                raise Unreadable(f"a number or word of at most {MAX_WORD} characters")
            if match.end() < len(cursor.buffer):
                return match.group()
            if cursor.ended:
                emit(cursor.take(match.end()))
                raise Truncated(f"the end of {expected}")
            yield

    def _quoted(self, quote: str, emit: Emit) -> Steps[None]:
        """Reads a string's content and closing quote; emits the content as it stands in a JSON string."""
        cursor = self._cursor
        chunk = _CHUNK[quote]
        while True:
            match = chunk.match(cursor.buffer, cursor.position)
            if match is not None:
                emit(cursor.take(match.end()))
                continue
            if cursor.position == len(cursor.buffer):
                if cursor.ended:
                    raise Truncated("the end of a string")
                yield
                continue
            char = cursor.buffer[cursor.position]
            if char == quote:
                cursor.take(cursor.position + 1)
                return
            if char == "\\":
                if _HALF_UNICODE.match(cursor.buffer, cursor.position):
                    if cursor.ended:
                        emit(cursor.take(len(cursor.buffer)))
                        raise Truncated("the end of an escape")
                    yield
                    continue
                run = escapes_at(cursor.buffer, cursor.position)
                if run is not None and (run[2] or run[3] <= cursor.steps):
                    cursor.spend(0 if run[2] else run[3])
                    if not run[2] or quote == '"':
                        self._report("an escape that JSON does not have")
                    cursor.take(run[1])
                    emit(run[0])
                    continue
                found = escape_at(cursor.buffer, cursor.position, cursor.ended)
                if found is None:
                    yield
                    continue
                cursor.spend()
                self._report("an escape that JSON does not have")
                cursor.take(found[1])
                emit(json_inner(found[0]))
                continue
            rewritten = _REWRITTEN[quote].match(cursor.buffer, cursor.position)
            assert rewritten is not None  # nothing else ends a chunk
            control = _CONTROLS.search(rewritten.group())
            if control is not None:
                self._report("a raw control character in a string", cursor.offset + control.start())
            emit(json_inner(cursor.take(rewritten.end())))
