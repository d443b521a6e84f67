"""Calls whose arguments stand between tags, each under its own name: Qwen3-Coder, GLM, MiniMax, DeepSeek's DSML and others.

Strings are written raw, without quotes or escapes, other values as JSON; what a raw text means, the tool's schema decides
(`typed_values`). Tags are texts of a declaration. Readers are more tolerant than writers: a value ends at its closing tag
only where something of the call's follows, so that text that merely contains the tag stays whole; and a closing tag that is
missing before the next argument, or before the end of the call, is put right and reported.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.containers import read_container
from fcformat.formats.call_syntax.element_grammar import quoted_members
from fcformat.formats.call_syntax.json_call import read_arguments
from fcformat.formats.call_syntax.parts import Part, Plain, Reading, ToolView
from fcformat.formats.call_syntax.plain_arguments import PlainArguments
from fcformat.formats.call_syntax.tags import LAYOUT, begins, follows, spelled, unescaped, words
from fcformat.formats.call_syntax.value_ends import MAX_KEY, Surroundings, ValueEnds
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Cursor, Report, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.json_text import members
from fcformat.parsing.strings import json_inner, json_string
from fcformat.parsing.typed_values import ANYTHING, PYTHON_WORDS, TEXT, Permitted, SchemaView, Undecided, typed_value

__all__ = ["TaggedArguments"]

#: Characters that a string is put between marks for.
_MARKUP = "<&\n"
_IN_PYTHON = {word: python for python, word in PYTHON_WORDS.items()}
_KEY = re.compile(r"[^<>\"\n]*")
_KEY_IN_TAG = rf"[^<>\"\n]{{1,{MAX_KEY}}}(?![^<>\"\n])"
#: Where `&` and quotes are escaped; what is escaped, or has brackets, is not read at one glance.
_ATTRIBUTE = re.compile(r"[^\"\n]*")
_PLAIN_ATTRIBUTE = rf"[^<>&\"\n]{{1,{MAX_KEY}}}(?![^<>&\"\n])"

Emit = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class _Given:
    """An argument whose value is to be read: its key, what its schema permits, and what the tag says of it."""

    key: str
    permitted: Permitted
    is_text: bool | None = None


class TaggedArguments(Part):
    """Arguments between tags, up to the end of the call, which is not read."""

    def __init__(
        self,
        before_key: str,
        after_key: str,
        after_value: str,
        *,
        ends: tuple[str, ...],
        padding: str = "",
        after: str = "",
        joint: str = "",
        after_other_key: str | None = None,
        also_after_other_key: tuple[str, ...] = (),
        also_after_key: tuple[str, ...] = (),
        also_before_key: tuple[str, ...] = (),
        escaped_keys: bool = False,
        quoted: tuple[str, str] | None = None,
        wrappers: tuple[str, ...] = (),
        or_object: bool = False,
        following: tuple[str, ...] = (),
        last: str = "",
        untyped: Permitted = TEXT,
        python_words: bool = False,
        controls: tuple[str, ...] = (),
    ) -> None:
        """Sets up the part.

        Args:
            before_key: Before a key.
            after_key: Between a key and its value; where `after_other_key` is given, if the value is a string.
            after_value: After a value.
            ends: The tags that end the call, in order.
            padding: Layout on both sides of a value; values written without it are read as well.
            after: Layout after an argument.
            joint: Layout between arguments.
            after_other_key: Between a key and a value that is no string, where the tag tells.
            also_after_other_key: Further texts between a key and a value that is no string; models may write them as well.
            also_after_key: Other texts after a key, which say nothing of the value; read and never written.
            also_before_key: Other texts before a key; read and never written.
            escaped_keys: Whether keys are attributes, with `&` and quotes as `&amp;` and `&quot;`.
            quoted: Two marks around strings in which tags or line breaks occur, such as those of CDATA.
            wrappers: Keys under which models put all the arguments as one object, where the tool has no such parameter.
            or_object: Whether models write one JSON object in place of all the tags.
            following: What may follow the end of a call.
            last: The tag behind all calls, which may follow it, too.
            untyped: What a value may be that no schema is known of.
            python_words: Whether templates write null and booleans as Python spells them; JSON's words may be generated as well.
            controls: Spellings of control tokens in the tags.
        """
        self._before_keys = before_keys = (before_key, *also_before_key)
        self._or_object = or_object
        self.start = begins(*before_keys, ends[0], *(("{",) if or_object else ()))
        self._before_key = before_key
        self._escaped_keys = escaped_keys
        self._key_pattern = _ATTRIBUTE if escaped_keys else _KEY
        self._after_key = after_key
        self._after_other_key = after_key if after_other_key is None else after_other_key
        self._also_after_other_key = also_after_other_key
        self._after_value = after_value
        self._padding = padding
        self._after = after
        self._joint = joint
        self._ends = ends
        self._quoted = quoted
        self._wrappers = wrappers
        self._untyped = untyped
        self._python_words = python_words
        self._controls = controls
        told = None if after_other_key is None else True
        self._after_keys: tuple[tuple[str, bool | None], ...] = ((after_key, told),)
        if after_other_key is not None:
            self._after_keys += ((after_other_key, False),)
        self._after_keys += tuple((text, False) for text in also_after_other_key)
        self._after_keys += tuple((text, None) for text in also_after_key)
        self._key_words = tuple((words(text), is_text) for text, is_text in self._after_keys)
        self._value_ends = ValueEnds(
            after_value,
            keys=before_keys,
            after_keys=tuple(pieces[0] for pieces, _ in self._key_words),
            ends=ends,
            following=following,
            last=last,
            padding=padding,
            after=after or joint,
        )
        self._following = self._value_ends.following
        self._plain = PlainArguments(
            before_key,
            _PLAIN_ATTRIBUTE if escaped_keys else _KEY_IN_TAG,
            self._key_words,
            after_value,
            end=ends[0],
            marks=self._value_ends.marks,
            padding=padding,
            wrappers=wrappers,
            untyped=untyped,
            python_words=python_words,
        )
        closing = (quoted[1] if quoted else "") + after_value
        self._quoted_end = Scanner((closing,), (padding + closing,))

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        following = "|".join(map(re.escape, (self._ends[0], *self._following)))
        return Plain("", self._plain.body, rf"(?={LAYOUT}(?:{following}))")

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        joint = ""
        for key, value, is_string in members(call.arguments):
            if _KEY.fullmatch(key) is None or not key.strip() or key != key.strip() or len(key) > MAX_KEY:
                raise FormatError(f"found the key {key!r}, expected one that can stand in a tag")
            quoted = self._quoted if is_string and any(char in value for char in _MARKUP) else None
            if is_string and not self._is_whole(value, quoted):
                raise FormatError(
                    f"argument {key!r}: found text that would be read as its end, which cannot be escaped"
                )
            opening, closing = quoted or ("", "")
            draft.fixed(joint + self._before_key, trainable=True)
            joint = self._joint
            draft.text(key, trainable=True)
            draft.fixed(self._after_key if is_string else self._after_other_key, trainable=True)
            if self._python_words and not is_string:
                value = _IN_PYTHON.get(value, value)
            draft.text(self._padding + opening + value + closing + self._padding, trainable=True)
            draft.fixed(self._after_value + self._after, trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        if self._quoted is not None:
            elements = quoted_members(tool.schema, self._syntax(also=tuple(_MARKUP)), self._syntax(*self._quoted))
            if elements is not None:
                return elements
        return g.schema_value(tool.schema, syntax=self._syntax(), style=DUMPS)

    def _syntax(self, opening: str = "", closing: str = "", also: tuple[str, ...] = ()) -> g.TaggedArguments:
        """The engine's syntax, with texts around strings and further ones that no string may contain."""
        padding = self._padding
        return g.TaggedArguments(
            before_key=spelled(self._before_key, self._controls),
            after_key=g.sequence(spelled(self._after_key, self._controls), g.literal(padding + opening)),
            after_other_key=g.choice(
                *(
                    g.sequence(spelled(text, self._controls), g.literal(padding))
                    for text in (self._after_other_key, *self._also_after_other_key)
                )
            ),
            after_value=g.sequence(
                g.literal(closing + padding), spelled(self._after_value + self._after, self._controls)
            ),
            between=spelled(self._joint, self._controls),
            excludes=(closing,) if closing else (*self._value_ends.marks, *also),
            key=r'[^\s<>"=]+',
            python_words=self._python_words,
        )

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor, call, report = reading.cursor, reading.call, reading.builder.report
        tool = reading.tool
        view = None if tool is None else tool.view
        given: set[str] = set()
        if self._or_object and (yield from cursor.skip_space()) == "{":
            report(f"an object in place of {self._before_key!r}")
            yield from read_arguments(reading)
            call.complete = True
            return
        while True:
            self._plain.read(reading, view, given)
            if not (yield from self._next_key(cursor, report)):
                break
            cursor.spend()
            found = yield from self._key(reading)
            if found is None:
                continue
            key, is_text = found
            if key in given:
                report(f"the argument {key!r} given twice")
            parameter = None if view is None else view.property(key)
            if parameter is not None:
                permitted = parameter.permitted
            else:
                permitted = ANYTHING if is_text is False else self._untyped
                if key in self._wrappers and view is not None and not given and (yield from _wraps(cursor, view)):
                    if (yield from self._json(reading, Permitted({"object": None}), call.arguments)):
                        report("all the arguments in one")
                        call.complete = True
                        return
            call.arguments(f"{', ' if given else '{'}{json_string(key)}: ")
            given.add(key)
            yield from self._value(reading, _Given(key, permitted, is_text), view, given)
        yield from cursor.skip_space()
        marks = (*self._before_keys, *self._ends, *self._following, *reading.builder.boundaries)
        while (known := follows(cursor.buffer, cursor.position, cursor.ended, marks)) is None:
            yield
        slip = "" if known or not given else (yield from self._value_ends.slip(cursor))
        if slip:
            report(f"{slip!r} in place of {self._ends[0]!r}")
        elif not known:
            raise Unreadable(f"{self._before_key!r} or {self._ends[0]!r}")
        boundaries = reading.builder.boundaries
        half = not slip and cursor.ended and cursor.is_half_of(*self._before_keys, *self._ends, *boundaries)
        if half and not cursor.buffer.startswith((*self._ends, *boundaries), cursor.position):
            raise Truncated(repr(self._ends[0]))
        call.arguments("}" if given else "{}")
        call.complete = True

    def _next_key(self, cursor: Cursor, report: Report) -> Steps[bool]:
        """Reads what stands before a key, if it comes next."""
        for number, text in enumerate(self._before_keys):
            if (yield from cursor.match_loosely((text,))):
                if number:
                    report(f"{text!r} in place of {self._before_key!r}")
                return True
        return False

    def _key(self, reading: Reading) -> Steps[tuple[str, bool | None] | None]:
        """Reads a key and the text after it: the key, and whether that text says that the value is a string."""
        cursor = reading.cursor
        while True:
            match = self._key_pattern.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_KEY:
                raise Unreadable(f"a key of at most {MAX_KEY} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("the end of a key")
            yield
        key = cursor.take(match.end()).strip()
        if not key:
            raise Unreadable("a key")
        if self._escaped_keys:
            key = unescaped(key)
        for pieces, is_text in self._key_words:
            if (yield from cursor.match_loosely(pieces)):
                return key, is_text
        # A key without a value: its own closing tag is there, and then the next argument.
        closing = self._key_words[0][0]
        if len(closing) > 1 and (yield from cursor.match_loosely(closing[:1])):
            while (
                known := follows(cursor.buffer, cursor.position, cursor.ended, (*self._before_keys, *self._ends))
            ) is None:
                yield
            if known:
                reading.builder.report(f"the key {key!r} without a value")
                return None
        if cursor.ended and cursor.is_half_of(*(text for text, _ in self._after_keys)):
            raise Truncated(f"{self._after_key!r} after a key")
        raise Unreadable(f"{self._after_key!r} after a key")

    def _value(self, reading: Reading, given: _Given, view: SchemaView | None, before: set[str]) -> Steps[None]:
        """Reads a value and its closing tag."""
        cursor, out = reading.cursor, reading.call.arguments
        permitted = given.permitted
        if permitted.no_text and (yield from self._json(reading, permitted, out)):
            return
        if self._padding and (yield from cursor.peek()) == self._padding:
            cursor.take(cursor.position + 1)
        if given.is_text is False and (yield from cursor.peek()) == '"':
            yield from self._json_string(reading, permitted, view, before)
            return
        quoted = yield from self._opens_quoted(cursor)
        if permitted.only_text or (given.is_text and "string" in permitted.kinds) or quoted:
            out('"')
            yield from self._raw(reading, lambda text: out(json_inner(text)), view, before, quoted)
            out('"')
            return
        undecided, held = Undecided(permitted), list[str]()
        is_text = False

        def emit(text: str) -> None:
            nonlocal is_text
            if is_text:
                out(json_inner(text))
                return
            held.append(text)
            if "string" in permitted.kinds and not undecided.feed(text):
                is_text = True
                out(f'"{json_inner("".join(held))}')

        try:
            yield from self._raw(reading, emit, view, before, quoted)
        except Truncated:
            if not is_text:
                text = "".join(held)
                out(text.strip() if permitted.no_text else f'"{json_inner(text)}')
            raise
        if is_text:
            out('"')
            return
        report = reading.builder.report
        out(typed_value("".join(held), permitted, report, python_words=self._python_words))

    def _json_string(
        self, reading: Reading, permitted: Permitted, view: SchemaView | None, before: set[str]
    ) -> Steps[None]:
        """Reads what begins like a string of JSON, where the tag says that the value is JSON, and its closing tag."""
        pieces: list[str] = []
        try:
            yield from self._raw(reading, pieces.append, view, before, False)
        except Truncated:
            reading.call.arguments("".join(pieces))
            raise
        text = "".join(pieces)
        try:
            value = json.loads(text)
        except ValueError:
            reading.call.arguments(
                typed_value(text, permitted, reading.builder.report, python_words=self._python_words)
            )
        else:
            reading.call.arguments(json_string(value))

    def _opens_quoted(self, cursor: Cursor) -> Steps[bool]:
        if self._quoted is None:
            return False
        opening = self._quoted[0]
        while True:
            rest = cursor.buffer[cursor.position : cursor.position + len(opening)]
            if rest == opening:
                cursor.take(cursor.position + len(opening))
                return True
            if cursor.ended or not opening.startswith(rest):
                return False
            yield

    def _raw(
        self, reading: Reading, emit: Emit, view: SchemaView | None, before: set[str], quoted: bool
    ) -> Steps[None]:
        """Reads raw text up to the end of a value, and the closing tag."""
        cursor = reading.cursor
        around = Surroundings(view, before, reading.builder.boundaries)
        finder = self._quoted_end if quoted else self._value_ends.scanner(around.boundaries)
        close = finder.needles[0]
        scan = 0
        while True:
            scan = max(scan, cursor.position)
            found = finder.find(cursor.buffer, scan)
            if found is None:
                held = 0 if cursor.ended else finder.held(cursor.buffer, cursor.position)
                emit(cursor.take(len(cursor.buffer) - held))
                if cursor.ended:
                    raise Truncated(repr(self._after_value))
                yield
                scan = 0
                continue
            place, mark = found
            ends = True if quoted else self._value_ends.ends_here(cursor, place, mark, around)
            if ends is None:
                emit(cursor.take(place - self._value_ends.layout_before(cursor, place, mark)))
                yield
                scan = 0
                continue
            if not ends:
                scan = place + 1
                continue
            emit(cursor.take(place - self._value_ends.layout_before(cursor, place, mark)))
            cursor.take(place)
            if mark == close:
                cursor.take(place + len(mark))
            else:
                reading.builder.report(f"{self._after_value!r} missing after an argument")
            return

    def _is_whole(self, value: str, quoted: tuple[str, str] | None) -> bool:
        """Whether a string is read back as it is when it is written between its tags."""
        if quoted is not None:
            return quoted[1] + self._after_value not in value + quoted[1]
        return self._value_ends.is_whole(value, self._after + "".join(self._ends))

    def _json(self, reading: Reading, permitted: Permitted, out: Emit) -> Steps[bool]:
        """Reads an array or object and its closing tag; reads nothing if there is none."""
        behind = (*self._before_keys, *self._ends, *reading.builder.boundaries)
        return read_container(reading, permitted, out, self._after_value, behind)


#: An object and its first key, or none, or half of that at the end of the text.
_FIRST_KEY = re.compile(r'[ \t\r\n]{0,64}\{[ \t\r\n]{0,64}(?:"((?:[^"\\]|\\.){0,1000})"|(\}))')
_HALF_FIRST_KEY = re.compile(r'[ \t\r\n]{0,64}(?:\{[ \t\r\n]{0,64}(?:"(?:[^"\\]|\\.){0,1000}\\?)?)?\Z')


def _wraps(cursor: Cursor, view: SchemaView) -> Steps[bool]:
    """Whether an object follows whose first key is a declared argument, or that is empty; reads nothing."""
    while not cursor.ended and _HALF_FIRST_KEY.match(cursor.buffer, cursor.position):
        yield
    found = _FIRST_KEY.match(cursor.buffer, cursor.position)
    return found is not None and (found[2] is not None or view.declares(found[1]))
