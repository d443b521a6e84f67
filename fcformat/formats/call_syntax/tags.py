"""Fixed texts around calls: tags in which some spellings are control tokens, and functions' names between two of them."""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.parts import MAX_NAME, SPACES, Part, Plain, Reading, Text, ToolView, loosely
from fcformat.formats.call_syntax.spacing import spaced, spacing
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, SPACE, Steps, Truncated, Unreadable

__all__ = ["LAYOUT", "Marked", "TagName", "begins", "escaped", "follows", "spelled", "unescaped", "words"]

_NAME_CHARACTER = r"[^\s<>`(){}\[\]\"',;=\\]"
#: Pattern of layout between tags.
LAYOUT = rf"[ \t\r\n]{{0,{MAX_LAYOUT_SPACE}}}"
_NAME = re.compile(f"{_NAME_CHARACTER}*")


def spelled(text: str, controls: tuple[str, ...], *, exact: bool = False) -> g.Grammar:
    """The grammar of a fixed text in which some spellings are control tokens, and line breaks are layout, if not `exact`."""
    written = g.literal if exact else spaced
    if not controls or not text:
        return written(text) if text.strip() else spacing(text)
    pattern = "|".join(map(re.escape, sorted(controls, key=len, reverse=True)))
    parts = re.split(f"({pattern})", text)
    return g.sequence(
        *(g.control_token(part) if position % 2 else written(part) for position, part in enumerate(parts) if part)
    )


def begins(*texts: str) -> str:
    """The pattern of one of the texts, or of as much of its beginning as stands at the end of what is there."""
    behind: dict[str, list[str]] = {}
    for text in texts:
        if text:
            behind.setdefault(text[0], []).append(text[1:])
    # What texts begin with alike is written once, so that a search looks at it once.
    options = [re.escape(char) + (begins(*rest) if any(rest) else "") for char, rest in behind.items()]
    options.append("" if "" in texts else r"\Z")
    return f"(?:{'|'.join(options)})"


def follows(buffer: str, at: int, ended: bool, marks: tuple[str, ...]) -> bool | None:
    """Whether one of the marks, or the end of the text, stands at a place of the buffer, after white space; `None`: not yet known."""
    match = SPACE.match(buffer, at)
    assert match is not None  # the pattern matches the empty text
    if match.end() - at > MAX_LAYOUT_SPACE:
        return False
    rest = buffer[match.end() : match.end() + max(map(len, marks), default=0)]
    if any(rest.startswith(mark) for mark in marks):
        return True
    if match.end() + len(rest) == len(buffer) and any(mark.startswith(rest) for mark in (*marks, "")):
        return True if ended else None
    return False


def escaped(attribute: str) -> str:
    """An attribute's text with `&` and quotes as entities."""
    return attribute.replace("&", "&amp;").replace('"', "&quot;")


def unescaped(attribute: str) -> str:
    """The text of which `escaped` is the attribute; other entities stay."""
    return attribute.replace("&quot;", '"').replace("&amp;", "&")


class Marked(Text):
    """Fixed text in which some spellings are control tokens.

    Attributes:
        optional: Whether models leave it out.
    """

    def __init__(self, text: str, controls: tuple[str, ...], *, optional: bool = False, exact: bool = False) -> None:
        """Sets up the part.

        Args:
            text: The text.
            controls: Spellings of control tokens in it.
            optional: Whether models leave it out.
            exact: Whether its line breaks belong to it.
        """
        super().__init__(text)
        self._exact = exact
        self.optional = optional
        self._controls = controls

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return spelled(self.text, self._controls, exact=self._exact)

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor = reading.cursor
        if not self.optional:
            yield from super().read(reading)
        elif not (yield from cursor.match_loosely(self.words)):
            if cursor.ended and cursor.is_half_of(self.words[0]):
                raise Truncated(repr(self.text))
            reading.builder.report(f"a call without {self.text!r}")


def words(text: str) -> tuple[str, ...]:
    """The pieces of a fixed text between which white space may stand."""
    return tuple(text.replace("><", "> <").split())


def _name_start(before: str, after: str, next: tuple[str, ...]) -> str:
    """The pattern of a name with its tags and what follows, or of as much of that as stands at the end of what is there."""
    tag, behind = re.escape(before), LAYOUT.join(map(re.escape, words(after)))
    name = rf"{LAYOUT}{_NAME_CHARACTER}{{1,{MAX_NAME}}}"
    # Models leave the text behind the name out, or write the line break in it escaped.
    named = rf"{tag}{name}{LAYOUT}(?:{behind}|\\n)?{LAYOUT}"
    cut = (
        rf"{begins(before)}{LAYOUT}{_NAME_CHARACTER}{{0,{MAX_NAME}}}\Z"
        if before
        else rf"{LAYOUT}(?:{_NAME_CHARACTER}{{1,{MAX_NAME}}})?\Z",
        *(rf"{tag}{name}{LAYOUT}{begins(text)}\Z" for text in (*words(after), "\\n")),
    )
    return rf"(?:{named}{begins(*next)}|{'|'.join(cut)})"


class TagName(Part):
    """The function's name between two texts: `<function=NAME>`, `<invoke name="NAME">`, or alone on its line."""

    def __init__(
        self,
        before: str,
        after: str,
        *,
        next: tuple[str, ...],
        controls: tuple[str, ...] = (),
        doubled: bool = False,
        also: tuple[tuple[str, str], ...] = (),
        closed: tuple[str, ...] = (),
    ) -> None:
        """Sets up the part.

        Args:
            before: Before the name.
            after: After it, layout included.
            next: What may come then: the tags of arguments, and of the end of the call. Where none does, this is no call.
            controls: Spellings of control tokens in the texts.
            doubled: Whether models write `NAME.NAME` for a function that is in no group.
            also: Other texts around the name; read and never written.
            closed: What models write after the name of a call without arguments, in place of the rest of it, as words.
        """
        self._doubled = doubled
        self._closed = closed
        self._also = also
        behind = (*next, *(text for text in ("".join(closed), " ".join(closed)) if text))
        self.start = "|".join(_name_start(*texts, behind) for texts in ((before, after), *also))
        self._before = before
        self._after = after
        self._next = next
        self._controls = controls
        self._words = words(after)

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        if self._doubled:
            return None
        name = rf"(?P<name>{_NAME_CHARACTER}{{1,{MAX_NAME}}})(?!{_NAME_CHARACTER})"
        following = "|".join(map(re.escape, self._next))
        return Plain(
            rf"{LAYOUT}{re.escape(self._before)}{SPACES}{name}{loosely(self._words)}(?={LAYOUT}(?:{following}))"
        )

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        matched = _NAME.fullmatch(call.name)
        if matched is None or len(call.name) > MAX_NAME:
            raise FormatError(f"found the name {call.name!r}, expected one without white space, quotes and brackets")
        draft.fixed(self._before, trainable=True)
        draft.text(call.name, trainable=True)
        draft.fixed(self._after, trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(
            spelled(self._before, self._controls), g.literal(tool.name), spelled(self._after, self._controls)
        )

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`; the call is announced once it is certain that it is one."""
        cursor = reading.cursor
        begun, after = (yield from cursor.match_loosely(tuple(self._before.split()))), self._words
        for before, text in self._also:
            if not begun and (begun := (yield from cursor.match_loosely(tuple(before.split())))):
                reading.builder.report(f"{before!r} in place of {self._before!r}")
                after = words(text)
        if not begun:
            yield from cursor.skip_space()
            ended = cursor.ended and cursor.is_half_of(self._before)
            raise Truncated(repr(self._before)) if ended else Unreadable(repr(self._before))
        yield from cursor.skip_space()
        while True:
            match = _NAME.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_NAME:
                raise Unreadable(f"a name of at most {MAX_NAME} characters")
            if match.end() < len(cursor.buffer) or cursor.ended:
                break
            yield
        if not match.group():
            raise Truncated("a name") if cursor.ended and match.end() == len(cursor.buffer) else Unreadable("a name")
        name = cursor.take(match.end())
        if cursor.ended and cursor.position == len(cursor.buffer):
            raise Truncated("the end of a name")
        closed = bool(self._closed) and (yield from cursor.match_loosely(self._closed))
        if closed:
            reading.builder.report("a tag that closes itself")
            reading.call.complete = reading.call.closed = True
        elif (yield from cursor.match_loosely(("\\n",))):
            reading.builder.report("a line break that is escaped")
        elif not (yield from cursor.match_loosely(after)):
            reading.builder.report(f"expected {self._after.strip()!r} after a function's name")
        while not closed and (known := follows(cursor.buffer, cursor.position, cursor.ended, self._next)) is None:
            yield
        if not closed and not known:
            raise Unreadable(" or ".join(self._next))
        half = name[: len(name) // 2]
        if self._doubled and name == f"{half}.{half}" and half in reading.tools.by_name:
            name = half
        reading.call.named(name)
        if closed:
            reading.call.arguments("{}")
