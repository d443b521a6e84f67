"""Arguments as nested elements, where one token before each tag tells markup from text: MiniMax M3.

A value is text, or elements: an object's members under their keys, an array's items as `<item>`. The schema says which it
is; without one, elements that are all items are an array, others an object, and text is a string. The tags inside of a text
that the schema says is a string are text. `null` has no spelling.
"""

from __future__ import annotations

import json
import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.element_grammar import ITEM, ElementGrammar
from fcformat.formats.call_syntax.parts import Part, Reading, ToolView
from fcformat.formats.call_syntax.tags import begins, follows
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Cursor, Report, Scanner, Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.json_text import members, tokens
from fcformat.parsing.strings import json_inner, json_string
from fcformat.parsing.typed_values import ANYTHING, TEXT, SchemaView, typed_value

__all__ = ["ElementArguments"]

_KEY = re.compile(r"[^\s<>/]{1,1000}")
_MOST_OF_TAG = 1010


class ElementArguments(Part):
    """Arguments as elements, up to the end of the call, which is not read."""

    def __init__(self, token: str, *, ends: tuple[str, ...], following: tuple[str, ...] = ()) -> None:
        """Sets up the part.

        Args:
            token: The control token before every tag.
            ends: The tags that end the call, in order, each with the token.
            following: What may follow the end of a call.
        """
        self.start = begins(f"{token}<")
        self._token = token
        self._ends = ends
        self._following = following
        self._tag = re.compile(rf"{re.escape(token)}<(/?)({_KEY.pattern}|\$+text)>")
        self._marks = Scanner((token,))

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`."""
        for key, value, is_string in members(call.arguments):
            draft.fixed(self._opened(key), trainable=True)
            if is_string:
                self._text(value, key, draft)
            else:
                self._write_value(value, key, draft)
            draft.fixed(self._closed(key), trainable=True)

    def _write_value(self, value: str, key: str, draft: Draft) -> None:
        """Writes a value that is no string."""
        if value[0] not in "[{":
            self._scalar(value, key, draft)
            return
        open_tags: list[
            str
        ] = []  # closing tags of the containers, `""` outermost, and of members that are being written
        kinds: list[str] = []
        for kind, token in tokens(f'{{"":{value}}}'):
            if kind == "mark" and token in "[{":
                if len(kinds) > 1 and kinds[-1] == "[":
                    draft.fixed(self._opened(ITEM), trainable=True)
                    open_tags.append(self._closed(ITEM))
                kinds.append(token)
            elif kind == "mark" and token in "]}":
                kinds.pop()
                if len(kinds) > 1:
                    draft.fixed(open_tags.pop(), trainable=True)
            elif len(kinds) < 2 or kind == "mark":
                continue
            elif kind == "key":
                name = _decoded(token)
                draft.fixed(self._opened(name), trainable=True)
                open_tags.append(self._closed(name))
            else:
                closing = open_tags.pop() if kinds[-1] == "{" else self._closed(ITEM)
                if kinds[-1] == "[":
                    draft.fixed(self._opened(ITEM), trainable=True)
                if kind == "string":
                    self._text(_decoded(token), key, draft)
                else:
                    self._scalar(token, key, draft)
                draft.fixed(closing, trainable=True)

    def _scalar(self, value: str, key: str, draft: Draft) -> None:
        if value == "null":
            raise FormatError(f"argument {key!r}: found null, which has no spelling here")
        draft.text(value, trainable=True)

    def _text(self, value: str, key: str, draft: Draft) -> None:
        if self._token in value:
            raise FormatError(f"argument {key!r}: found {self._token!r} in a text, which cannot be escaped")
        draft.text(value, trainable=True)

    def _opened(self, key: str) -> str:
        if _KEY.fullmatch(key) is None:
            raise FormatError(f"found the key {key!r}, expected one that can stand in a tag")
        return f"{self._token}<{key}>"

    def _closed(self, key: str) -> str:
        return f"{self._token}</{key}>"

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`.

        Raises:
            FormatError: The schema says something that elements cannot be held to while they are generated.
        """
        return ElementGrammar(self._token).members(tool.schema, tool.schema, tool.name)

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor, call = reading.cursor, reading.call
        tool = reading.tool
        view = None if tool is None else tool.view
        separator = "{"
        while True:
            if separator == ", ":
                yield from self._skip_text(reading)
            yield from cursor.skip_space()
            while (
                known := follows(cursor.buffer, cursor.position, cursor.ended, (self._token, *self._following))
            ) is None:
                yield
            tag = self._tag.match(cursor.buffer, cursor.position)
            if known and tag is None and not cursor.ended and self._is_half(self._left(cursor)):
                yield
                continue
            if tag is None or tag[1] or any(cursor.buffer.startswith(end, cursor.position) for end in self._ends):
                break
            cursor.spend()
            cursor.take(tag.end())
            key = tag[2]
            below = None if view is None else view.property(key)
            call.arguments(f"{separator}{json_string(key)}: ")
            separator = ", "
            yield from self._value(reading, key, below)
        if cursor.ended and not cursor.buffer.startswith(tuple(self._ends), cursor.position):
            rest = self._left(cursor)
            if self._token.startswith(rest) or self._is_half(rest):
                raise Truncated(repr(self._ends[0]))
        if not any(cursor.buffer.startswith(mark, cursor.position) for mark in (*self._ends, *self._following)):
            raise Unreadable(f"an argument or {self._ends[0]!r}")
        call.arguments("{}" if separator == "{" else "}")
        call.complete = True

    def _skip_text(self, reading: Reading) -> Steps[None]:
        """Passes over text between arguments, up to the next tag."""
        cursor = reading.cursor
        yield from cursor.skip_space()
        start, pieces = cursor.offset, list[str]()
        while True:
            found = self._marks.find(cursor.buffer, cursor.position)
            held = 0 if found is not None or cursor.ended else self._marks.held(cursor.buffer, cursor.position)
            pieces.append(cursor.take(len(cursor.buffer) - held if found is None else found[0]))
            if found is not None or cursor.ended:
                break
            yield
        text = "".join(pieces)
        if text:
            reading.builder.report(f"text between arguments: {text!r}", start)

    def _left(self, cursor: Cursor) -> str:
        """What is left of the text at hand, as much of it as a tag can be."""
        return cursor.buffer[cursor.position : cursor.position + len(self._token) + _MOST_OF_TAG]

    def _is_half(self, rest: str) -> bool:
        """Whether a text may be the beginning of a tag."""
        if not rest.startswith(self._token):
            return self._token.startswith(rest)
        return re.fullmatch(r"(?:<(?:/?[^\s<>/]{0,1000})?)?", rest[len(self._token) :]) is not None

    def _value(self, reading: Reading, key: str, view: SchemaView | None) -> Steps[None]:
        """Reads an argument's value up to its closing tag, and that."""
        cursor, out = reading.cursor, reading.call.arguments
        plain = view is not None and view.permitted.only_text
        closing, opening = self._closed(key), self._opened(key)
        held: list[str] = []
        depth, scan = 0, 0
        if plain:
            out('"')
        while True:
            scan = max(scan, cursor.position)
            found = self._marks.find(cursor.buffer, scan)
            if found is None:
                kept = 0 if cursor.ended else self._marks.held(cursor.buffer, cursor.position)
                place = len(cursor.buffer) - kept
            else:
                place = found[0]
                rest = cursor.buffer[place : place + len(closing)]
                known = self._ends_here(cursor.buffer, place, cursor.ended)
                if known is None or (not cursor.ended and len(rest) < len(closing)):
                    pass
                elif known or (rest == closing and (plain or not depth)):
                    text = cursor.take(place)
                    if known:
                        reading.builder.report(f"{closing!r} missing after an argument")
                    else:
                        cursor.take(place + len(closing))
                    held.append(text)
                    break
                else:
                    depth += cursor.buffer.startswith(opening, place) - (rest == closing)
                    scan = place + 1
                    continue
            text = cursor.take(place)
            if plain:
                out(json_inner(text))
            else:
                held.append(text)
            if cursor.ended:
                if not plain:
                    out(f'"{json_inner("".join(held))}')
                raise Truncated(repr(closing))
            yield
            scan = 0
        if plain:
            out(json_inner(held[0]) + '"')
        else:
            out(self._read_elements("".join(held), view, reading.builder.report, cursor))

    def _ends_here(self, buffer: str, place: int, ended: bool) -> bool | None:
        """Whether the call ends at a place inside of a value, whose closing tag is missing; `None`: not known yet."""
        for end in self._ends:
            found = buffer[place : place + len(end)]
            if found != end:
                return None if not ended and end.startswith(found) and place + len(found) == len(buffer) else False
            place += len(end)
        return follows(buffer, place, ended, self._following)

    def _read_elements(self, text: str, view: SchemaView | None, report: Report, cursor: Cursor) -> str:
        """The JSON of a value whose text is known."""
        stack = [_Node("", view, 0)]
        for tag in self._tag.finditer(text):
            cursor.spend()
            node = stack[-1]
            if node.plain and not (tag[1] and tag[2] == node.key):
                continue
            if not tag[1] and len(stack) < MAX_DEPTH:
                node.texts.append(text[node.at : tag.start()])
                stack.append(_Node(tag[2], node.below(tag[2]), tag.end()))
            elif tag[1] and any(each.key == tag[2] for each in stack[1:]):
                while True:
                    node = stack.pop()
                    if node.key != tag[2]:
                        report(f"{self._closed(node.key)!r} missing")
                    stack[-1].children.append((node.key, node.json(text, tag.start(), report)))
                    stack[-1].at = tag.end()
                    if node.key == tag[2]:
                        break
            else:
                report("a tag that closes or opens nothing")
        while len(stack) > 1:
            node = stack.pop()
            report(f"{self._closed(node.key)!r} missing")
            stack[-1].children.append((node.key, node.json(text, len(text), report)))
            stack[-1].at = len(text)
        return stack[0].json(text, len(text), report)


class _Node:
    """An element that is being read."""

    def __init__(self, key: str, view: SchemaView | None, at: int) -> None:
        self.key = key
        self.at = at  # where its text goes on
        self.texts: list[str] = []
        self.children: list[tuple[str, str]] = []
        self.permitted = ANYTHING if view is None else view.permitted
        self.plain = view is not None and view.permitted.only_text
        self._view = view
        self._start = at

    def below(self, key: str) -> SchemaView | None:
        """The schema of a child."""
        if self._view is None:
            return None
        return self._view.items() if self._is_array((key,)) else self._view.property(key)

    def _is_array(self, keys: tuple[str, ...]) -> bool:
        kinds = self.permitted.kinds
        if "array" not in kinds:
            return False
        return "object" not in kinds or all(key == ITEM for key in keys)

    def json(self, text: str, end: int, report: Report) -> str:
        """The element as JSON; its text ends at `end`."""
        kinds = self.permitted.kinds
        if not self.children or self.plain or not kinds.keys() & {"array", "object"}:
            inner = text[self._start : end]
            if not inner and self.permitted.no_text and kinds.keys() & {"array", "object"}:
                return "[]" if "array" in kinds else "{}"
            return typed_value(inner, TEXT if self._view is None else self.permitted, report)
        said = "".join((*self.texts, text[self.at : end]))
        if self._is_array(tuple(key for key, _ in self.children)):
            if said.strip():
                report("text between items")
            return f"[{', '.join(value for _, value in self.children)}]"
        grouped: dict[str, list[str]] = {}
        for key, value in self.children:
            grouped.setdefault(key, []).append(value)
        if said.strip():
            report("text between elements")
            name = "$text"
            while name in grouped:
                name = f"${name}"
            grouped[name] = [json_string(said)]
        pairs = (
            f"{json_string(key)}: {values[0] if len(values) == 1 else _listed(values)}"
            for key, values in grouped.items()
        )
        return f"{{{', '.join(pairs)}}}"


def _listed(values: list[str]) -> str:
    return f"[{', '.join(values)}]"


def _decoded(token: str) -> str:
    return str(json.loads(token))
