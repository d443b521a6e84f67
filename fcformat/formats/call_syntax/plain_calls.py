"""Calls that are as formats write them, read at one glance: patterns for what stands around the arguments, and those at once.

Most calls are. What is not, or is not at hand to its end, is read step by step, which gives the same result.
"""

from __future__ import annotations

import functools
import re

from fcformat.formats.call_syntax.parts import Body, Part, Plain, Reading, Text, ToolViews, loosely
from fcformat.parsing.cursor import Cursor
from fcformat.parsing.message_builder import CallBuilder, MessageBuilder

__all__ = ["PlainReader"]


class PlainReader:
    """Reads the parts at the beginning of a call, where they are as formats write them.

    Attributes:
        parts: How many.
    """

    def __init__(self, parts: int, before: str, body: Body | None, after: str, known_only: bool) -> None:
        self.parts = parts
        self._known_only = known_only
        self._body = body
        self._sources = before, after
        self._named = "(?P<name>" in before
        self._first_id = "(?P<id>" in before
        self._last_id = "(?P<id>" in after

    @classmethod
    def of(cls, parts: tuple[Part, ...], *, start: str = "") -> PlainReader | None:
        """For these parts; `None` where nothing is won.

        Args:
            parts: How the call is written.
            start: Pattern of what must stand behind the first part, beside what the parts say.
        """
        before, body, after = "", None, ""
        count, known_only = 0, False
        for part in parts:
            plain = part.plain
            if plain is None or (plain.body is not None and body is not None):
                break
            if not count and isinstance(part, Text) and part.words:
                # The text by which a call is found, to the character.
                plain = Plain(loosely((part.text.strip(),)) + (f"(?={start})" if start else ""))
            count += 1
            known_only = known_only or plain.known_only
            if body is not None:
                after += plain.before
            else:
                before, body, after = before + plain.before, plain.body, plain.after
        return cls(count, before, body, after, known_only) if body is not None or "(?P<name>" in before else None

    @functools.cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return re.compile(self._sources[0]), re.compile(self._sources[1])  # when first needed: formats have many

    def read(self, reading: Reading) -> bool:
        """Reads the parts if all of them are at hand and nothing in them is to be put right; reads nothing otherwise."""
        cursor, call = reading.cursor, reading.call
        buffer = cursor.buffer
        head, tail = self._patterns
        before = head.match(buffer, cursor.position)
        if before is None:
            return False
        name = before["name"] if self._named else call.name or ""
        if self._known_only and reading.tools and name not in reading.tools.by_name:
            return False
        if self._body is None:
            cursor.take(before.end())
            call.named(name)
            return True
        found = self._body(reading, name, before.end())
        after = None if found is None else tail.match(buffer, found[1])
        if found is None or after is None or found[2] > cursor.steps:
            return False
        cursor.spend(found[2])
        cursor.take(after.end())
        if self._first_id and before["id"] is not None:
            call.identified(before["id"])
        if self._named:
            call.named(name)
        call.arguments(found[0])
        if self._last_id and after["id"] is not None:
            call.identified(after["id"])
        call.complete = True
        return True

    def read_all(self, cursor: Cursor, builder: MessageBuilder, tools: ToolViews) -> bool:
        """Reads calls behind a call, as long as only white space stands between them and they are plain to their end.

        Args:
            cursor: Where the text comes from.
            builder: The message that they join.
            tools: The tools of the conversation; empty if they are not known.

        Returns:
            Whether there were any.
        """
        any_read = False
        while not builder.given_up():
            call = CallBuilder(builder)
            if not self.read(Reading(cursor, call, builder, tools)):
                break
            any_read = True
            builder.check_known(call.name, tools.by_name)
        return any_read
