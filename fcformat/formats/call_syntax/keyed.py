"""A call as an object whose one key is the function's name: `{"name": {...}}`, as Apertus writes it."""

from __future__ import annotations

from fcformat import grammar as g
from fcformat.chat import FunctionCall
from fcformat.formats.call_syntax.json_call import JSONCall, begin_arguments, read_arguments, read_other
from fcformat.formats.call_syntax.parts import PLAIN_TEXT, SPACES, Plain, Reading, ToolView, json_body
from fcformat.formats.rendered import Draft
from fcformat.json_style import DUMPS
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.json_incremental import JSONReader
from fcformat.parsing.json_text import as_json
from fcformat.parsing.strings import json_string

__all__ = ["KeyedCall"]


class KeyedCall(JSONCall):
    """An object with the arguments under the function's name."""

    @property
    def plain(self) -> Plain | None:
        """See `Part`."""
        return Plain(rf'{SPACES}\{{{SPACES}"(?P<name>{PLAIN_TEXT})"{SPACES}:{SPACES}', json_body, rf"{SPACES}\}}")

    def write_numbered(self, call: FunctionCall, number: int, draft: Draft) -> None:
        """See `JSONCall`."""
        draft.text(f"{{{json_string(call.name)}: {as_json(call.arguments)}}}", trainable=True)

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.sequence(
            g.literal(f"{{{json_string(tool.name)}: "), g.schema_value(tool.schema, style=DUMPS), g.literal("}")
        )

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor, call = reading.cursor, reading.call
        json = JSONReader(cursor, reading.builder.report)
        char = yield from cursor.skip_space()
        if char != "{":
            raise Unreadable("'{'") if char else Truncated("'{'")
        cursor.take(cursor.position + 1)
        name = yield from json.key(True)
        if not name:
            raise Unreadable("the function's name as a key")
        yield from begin_arguments(cursor)
        call.named(name)
        yield from read_arguments(reading)
        call.complete = True
        while (key := (yield from json.key(False))) is not None:
            yield from read_other(reading, json, key)
