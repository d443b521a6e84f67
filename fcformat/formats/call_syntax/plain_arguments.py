"""Arguments between tags that are as formats write them, read at one glance; see `plain_calls`.

An argument counts whose value has no mark in it, or is an array or object that the core can read, and which another argument or the
end of the call follows. Every other one is read step by step, which gives the same result.
"""

from __future__ import annotations

import functools
import re

from fcformat._core import json_end
from fcformat.formats.call_syntax.parts import Reading, loosely
from fcformat.formats.call_syntax.tags import LAYOUT
from fcformat.parsing.cursor import MAX_LAYOUT_SPACE, Unreadable
from fcformat.parsing.json_incremental import MAX_DEPTH
from fcformat.parsing.strings import json_string
from fcformat.parsing.typed_values import ANYTHING, Permitted, SchemaView, typed_value

__all__ = ["PlainArguments"]

_CONTAINER = re.compile(rf"[ \t\r\n]{{0,{MAX_LAYOUT_SPACE}}}(?=[\[{{])")


class PlainArguments:
    """Reads arguments from what is at hand."""

    def __init__(
        self,
        before_key: str,
        key: str,
        after_keys: tuple[tuple[tuple[str, ...], bool | None], ...],
        after_value: str,
        *,
        end: str,
        marks: tuple[str, ...],
        padding: str,
        wrappers: tuple[str, ...],
        untyped: Permitted,
        python_words: bool,
    ) -> None:
        """Sets up the reader.

        Args:
            before_key: Before a key.
            key: Pattern of a key.
            after_keys: What may stand between key and value, as words, and whether it says that the value is a string.
            after_value: After a value.
            end: The tag behind the last argument.
            marks: What may end a value.
            padding: Layout on both sides of a value.
            wrappers: Keys that are left to the reader of single arguments.
            untyped: What a value may be that no schema is known of.
            python_words: Whether `None`, `True` and `False` are as the format has them.
        """
        told = "|".join(f"({loosely(words)})" for words, _ in after_keys)
        following = f"(?={LAYOUT}(?:{re.escape(before_key)}|{re.escape(end)}))"
        first = "".join(sorted({mark[0] for mark in marks}))
        self._sources = (
            rf"{LAYOUT}{re.escape(before_key)}({key})(?:{told})",
            rf"([^{re.escape(first)}]*){re.escape(after_value)}{following}",
            rf"{LAYOUT}{re.escape(after_value)}{following}",
        )
        self._is_text = tuple(is_text for _, is_text in after_keys)
        self._padding = padding
        self._wrappers = wrappers
        self._untyped = untyped
        self._python_words = python_words

    @functools.cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(map(re.compile, self._sources))  # when first needed: formats have many

    def read(self, reading: Reading, view: SchemaView | None, given: set[str]) -> None:
        """Reads arguments as long as they are plain.

        Args:
            reading: Where from and where to.
            view: The schema of the arguments, where it is known.
            given: The keys of this call so far; those of what is read are added.
        """
        cursor, call = reading.cursor, reading.call
        while (found := self._argument(cursor.buffer, cursor.position, view, given)) is not None:
            if not cursor.steps:
                return
            key, value, end = found
            cursor.spend()
            cursor.take(end)
            call.arguments(f"{', ' if given else '{'}{json_string(key)}: {value}")
            given.add(key)

    def body(self, reading: Reading, name: str, at: int) -> tuple[str, int, int] | None:
        """All the arguments of a call; see `Body`."""
        buffer, tool = reading.cursor.buffer, reading.tools.by_name.get(name)
        view = None if tool is None else tool.view
        given: set[str] = set()
        written: list[str] = []
        steps = reading.cursor.steps
        while (found := self._argument(buffer, at, view, given)) is not None:
            if len(written) == steps:
                return None
            key, value, at = found
            written.append(f"{json_string(key)}: {value}")
            given.add(key)
        return f"{{{', '.join(written)}}}", at, len(written)

    def _argument(self, buffer: str, at: int, view: SchemaView | None, given: set[str]) -> tuple[str, str, int] | None:
        """The key of an argument, the JSON of its value, and where it ends; `None` where it is not plain."""
        head_pattern, text_pattern, end_pattern = self._patterns
        head = head_pattern.match(buffer, at)
        if head is None:
            return None
        key = head[1].strip()
        parameter = None if view is None else view.property(key)
        if not key or key in given or (parameter is None and key in self._wrappers):
            return None
        is_text = self._is_text[(head.lastindex or 2) - 2]
        permitted = parameter.permitted if parameter is not None else ANYTHING if is_text is False else self._untyped
        container = _CONTAINER.match(buffer, head.end()) if permitted.no_text else None
        if container is not None:
            start = container.end()
            kind = "object" if buffer[start] == "{" else "array"
            end = json_end(buffer, start, MAX_DEPTH) if kind in permitted.kinds else -1
            tail = end_pattern.match(buffer, end) if end >= 0 else None
            return None if tail is None else (key, buffer[start:end], tail.end())
        tail = text_pattern.match(buffer, head.end())
        if tail is None:
            return None
        text: str = tail[1]
        if self._padding:
            text = text.removeprefix(self._padding).removesuffix(self._padding)
        if is_text is False and text.startswith('"'):
            return None
        if permitted.only_text or (is_text is True and "string" in permitted.kinds):
            return key, json_string(text), tail.end()
        try:
            return key, typed_value(text, permitted, _refuse, python_words=self._python_words), tail.end()
        except Unreadable:
            return None


def _refuse(what: str, offset: int | None = None) -> None:
    raise Unreadable(what)
