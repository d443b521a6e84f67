"""Solar Open: messages whose first token says what they are; calls stand in one message, each behind its id and its name.

Source: the chat template that Upstage publishes with the model, which prompts come from.
"""

from __future__ import annotations

import re

from fcformat import grammar as g
from fcformat.chat import FunctionCall, ToolCall
from fcformat.errors import FormatError
from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.blocks import MessageBlocks
from fcformat.formats.call_syntax.named import JSONArguments, Name, bare_name
from fcformat.formats.call_syntax.parts import MAX_NAME, Part, Reading, Tag, ToolView
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.rendered import Draft
from fcformat.parsing.cursor import Steps, Truncated, Unreadable
from fcformat.parsing.json_text import as_json

__all__ = ["SOLAR_OPEN"]

_BEGIN, _NAME, _ARGUMENTS, _END = "<|tool_call:begin|>", "<|tool_call:name|>", "<|tool_call:args|>", "<|tool_call:end|>"
_CALLS, _CALLS_END = "<|tool_calls|>", "<|calls|>"
_CONTROLS = (
    *("<|begin|>", "<|end|>", "<|think|>", "<|content|>", _CALLS, _CALLS_END),
    *(_BEGIN, _NAME, _ARGUMENTS, _END),
)
_ID = re.compile("[A-Za-z0-9_-]{1,40}")
_SOME_ID = re.compile(r"[\w.:-]*")


class _Id(Part):
    """The call's id. Prompts ask for ten small letters and digits, conversations bring others, and both may be generated."""

    start = r"[\w.:<-]"

    def write(self, call: FunctionCall, draft: Draft) -> None:
        """See `Part`; the turn writes the id itself."""
        raise FormatError("the id belongs to the call, which only the turn knows: write the turn")

    def grammar(self, tool: ToolView) -> g.Grammar:
        """See `Part`."""
        return g.regex(_ID.pattern)

    def read(self, reading: Reading) -> Steps[None]:
        """See `Part`."""
        cursor = reading.cursor
        char = yield from cursor.skip_space()
        while True:
            match = _SOME_ID.match(cursor.buffer, cursor.position)
            assert match is not None  # the pattern matches the empty text
            if match.end() - cursor.position > MAX_NAME:
                raise Unreadable(f"an id of at most {MAX_NAME} characters")
            if match.end() < len(cursor.buffer):
                break
            if cursor.ended:
                raise Truncated("the end of an id" if char else "the id of a call")
            yield
        identifier = cursor.take(match.end())
        if identifier:
            reading.call.identified(identifier)
        else:
            reading.builder.report("a call without an id")


class _Messages(MessageBlocks):
    """Messages; their calls have ids."""

    def _write_call(self, call: ToolCall, index: int, position: int, draft: Draft) -> None:
        """See `MessageBlocks`."""
        name, identifier = call.function.name, call.id or ""
        try:
            if not _ID.fullmatch(identifier):
                raise FormatError(f"found the id {call.id!r}, expected at most 40 letters and digits")
            name, arguments = bare_name(name), as_json(call.function.arguments)
        except FormatError as error:
            raise FormatError(f"message {index}: tool_calls[{position}] ({name}): {error}") from error
        for mark, text in ((_BEGIN, identifier), (_NAME, name), (_ARGUMENTS, arguments)):
            draft.fixed(mark, trainable=True)
            draft.text(text, trainable=True)
        draft.fixed(_END, trainable=True)


SOLAR_OPEN = CallFormat(
    "solar_open",
    aliases=("solar-open", "upstage/Solar-Open-*"),
    turn=_Messages(
        CallSyntax(Tag(_BEGIN), _Id(), Tag(_NAME), Name(), Tag(_ARGUMENTS), JSONArguments(until=(_END,)), Tag(_END)),
        headers={"reasoning": "<|think|>", "content": "<|content|>", "call": _CALLS},
        header=r"(?:<\|begin\|>assistant)?\s{0,8}(?:<\|(think|content|tool_calls)\|>|(?=<\|tool_call:begin\|>))",
        half=r"(?:<\|begin\|>[asitn]{0,9}\s{0,8})?(?:<(?:\|[a-z_:]{0,20}\|?)?)?",
        kinds={"think": "reasoning", "content": "content"},
        other="call",
        starts=("<|begin|>", "<|think|>", "<|content|>", _CALLS, _BEGIN),
        end="<|end|>",
        between="<|begin|>assistant",
        last=True,
        together=True,
        controls=_CONTROLS,
    ),
    stops=(_CALLS_END, "<|flush|>", "<|endoftext|>"),
    headers=("<|begin|>assistant",),
    begins=("<|begin|>user", "<|begin|>tool", "<|begin|>system"),
    controls=_CONTROLS,
)
