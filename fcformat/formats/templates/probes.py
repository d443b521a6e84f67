"""What short exchanges show of a template: how its prompts end, where the assistant begins, and what ends its turn.

A template that refuses an exchange shows nothing by it; what is not known then is left out, and what reads the prompts
later has less to go by.
"""

from __future__ import annotations

import dataclasses
import os.path
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fcformat.chat import Tool
from fcformat.errors import FormatError
from fcformat.formats.templates.chat_template import ChatTemplate, Rendering
from fcformat.formats.templates.printed import CONTROL, Printed

__all__ = ["REASONING", "Probes"]

#: How blocks of reasoning begin and end.
REASONING = re.compile(
    r"</?(?:\w+:)?think\w*>|\[/?THINK\]|<\|(?:START|END)_THINKING\|>|<\|channel>thought|<\|channel\|>|<\|inner_prefix\|>"
    r"|<\|(?:begin|end)_of_thought\|>|<\|think\|>|<\|(?:open|close)\|>think"
)
_USER = {"role": "user", "content": "Hi there."}
_ANSWER = {"role": "assistant", "content": "Hello."}
_RESULT = {"role": "tool", "tool_call_id": "call00001", "name": "look_up", "content": "A result."}
_TOOL = Tool(
    "look_up",
    "Looks a word up.",
    {"type": "object", "properties": {"word": {"type": "string", "description": "The word."}}, "required": ["word"]},
)
_CONTROL = re.compile(CONTROL)


def _call(arguments: Any) -> dict[str, Any]:
    function = {"name": "look_up", "arguments": arguments}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "call00001", "type": "function", "function": function}],
    }


@dataclasses.dataclass(frozen=True, slots=True)
class Probes:
    """What is known of a template under some options.

    Attributes:
        after: What stands between the last message's text, by its role, and the place where the assistant begins.
        header: What prompts end with, whatever comes before.
        stop: The control token at the end of an answer.
        call_end: The last control token of a call that a result follows at once.
        call: An assistant's turn with one call, as the template writes it behind the prompt.
    """

    after: Mapping[str, str]
    header: str
    stop: str | None
    call_end: str | None
    call: str | None

    @classmethod
    def of(cls, template: ChatTemplate, options: Mapping[str, Any], control: re.Pattern[str]) -> Probes:
        """Probes a template.

        Args:
            template: The template.
            options: Options of the rendering.
            control: Finds control tokens.
        """

        def run(*messages: Mapping[str, Any], prompt: bool = False) -> Rendering | None:
            for tools in ((), (_TOOL,)):
                try:
                    return template.run(messages, tools, prompt, options=options)
                except FormatError:
                    continue
            return None

        asked = run(_USER, prompt=True)
        answered = run(_USER, _ANSWER)
        calling = returned = None
        for arguments in ({"word": "so"}, '{"word": "so"}'):
            calling, returned = run(_USER, _call(arguments)), run(_USER, _call(arguments), _RESULT, prompt=True)
            if calling is not None:
                break
        after = {}
        for role, rendering, index in (("user", asked, 0), ("tool", returned, 2)):
            end = None if rendering is None else _end_of(rendering, index)
            if rendering is not None and end is not None:
                after[role] = rendering.printed.text[end:]
        header = _header(run(_USER), asked) or _common_end(list(after.values()))
        call = None
        if calling is not None and asked is not None and _end_of(calling, 1, "call name") is not None:
            text, prompt = calling.printed.text, after.get("user", header)
            place = text.rfind(prompt) if prompt else -1
            call = text[place + len(prompt) :] if place >= 0 else text[_end_of(calling, 0) or 0 :]
        return cls(after, header, _stop(answered, control), _call_end(calling, returned), call)


def _header(said: Rendering | None, asked: Rendering | None) -> str:
    """What a prompt has that the same text without the prompt has not; `""` where that is no addition."""
    if said is None or asked is None:
        return ""
    without, prompt = said.printed.text, asked.printed.text
    if prompt.startswith(without):
        return prompt[len(without) :]
    pieces = asked.printed.pieces
    return prompt[pieces[-1][0] :] if len(pieces) > 1 and pieces[-1][1] is None else ""


def _end_of(rendering: Rendering, index: int, kind: str | None = None) -> int | None:
    """Where the last character of a message's text stands, and one further."""
    marks = rendering.printed.marks
    ends = []
    for mark in set(marks):
        origin = rendering.inputs.origin(mark)
        if origin is not None and origin.message == index and kind in (None, origin.kind):
            ends.append(marks.rfind(mark) + 1)
    return max(ends, default=None)


def _stop(answered: Rendering | None, control: re.Pattern[str]) -> str | None:
    if answered is None:
        return None
    printed, end = answered.printed, _end_of(answered, 1)
    if end is None:
        return None
    region = next((region for region in printed.regions() if region[0] < end <= region[1]), (0, end, None))
    behind = [span for span in printed.controls(control) if span[0] >= end]
    inside = [span for span in behind if span[1] <= region[1]]
    span = inside[-1] if inside else behind[0] if behind else None
    return None if span is None else printed.text[slice(*span)]


def _call_end(calling: Rendering | None, returned: Rendering | None) -> str | None:
    """What a call and a call that a result follows have in common behind the arguments; its last control token."""
    if calling is None or returned is None:
        return None
    tails = []
    for rendering in (calling, returned):
        end = _end_of(rendering, 1, "call arguments")
        if end is None:
            return None
        tails.append(rendering.printed.text[end:])
    common = os.path.commonprefix(tails)
    found = _CONTROL.findall(common)
    return found[-1] if found else None


def _common_end(texts: Sequence[str]) -> str:
    """The longest end that all texts have in common."""
    return os.path.commonprefix([text[::-1] for text in texts])[::-1]
