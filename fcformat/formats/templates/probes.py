"""What short exchanges show of a template: how its prompts end, where the assistant begins, and what ends its turn.

A template that refuses an exchange shows nothing by it; what is not known then is left out, and what reads the prompts
later has less to go by.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fcformat.chat import Tool
from fcformat.errors import FormatError
from fcformat.formats.templates.chat_template import ChatTemplate, Rendering
from fcformat.formats.templates.printed import CONTROL, common_prefix

__all__ = ["REASONING", "Probes", "token_ends"]

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
_CALLS: tuple[dict[str, Any], ...] = tuple(
    {
        "role": "assistant",
        "content": content,
        "tool_calls": [
            {"id": "call00001", "type": "function", "function": {"name": "look_up", "arguments": arguments}}
        ],
    }
    for content in ("", None, "Let me look.")
    for arguments in ({"word": "so"}, '{"word": "so"}')
)
_CONTROL = re.compile(CONTROL)
#: Arguments as models do not write them: escaped for HTML, as a Python dict, encoded twice.
_WRONG = re.compile(r"&#34;|\{'word'|\{\\\"word")


@dataclasses.dataclass(frozen=True, slots=True)
class Probes:
    """What is known of a template under some options.

    Attributes:
        after: What stands between the last message's text, by its role, and the place where the assistant begins.
        header: What prompts end with, whatever comes before.
        stop: The control token at the end of an answer.
        call_end: The last control token of a call that a result follows at once.
        call: An assistant's turn with one call, as the template writes it behind the prompt.
        arguments: The form of arguments that the template writes rightly, `"object"` or `"string"`.
        reasoning: What the template writes before reasoning and between it and the answer.
    """

    after: Mapping[str, str]
    header: str
    stop: str | None
    call_end: str | None
    call: str | None
    arguments: str
    reasoning: tuple[str, str] | None

    @classmethod
    def of(cls, template: ChatTemplate, options: Mapping[str, Any], control: re.Pattern[str]) -> Probes:
        """Probes a template.

        Args:
            template: The template.
            options: Options of the rendering.
            control: Finds control tokens.
        """

        def run(*messages: Mapping[str, Any], prompt: bool = False, shows: str | None = None) -> Rendering | None:
            for tools in ((), (_TOOL,)):
                try:
                    rendering = template.run(messages, tools, prompt, options=options)
                except FormatError:
                    continue
                if shows is None or _end_of(rendering, 1, shows) is not None:
                    return rendering
            return None

        asked = run(_USER, prompt=True)
        calling = returned = None
        form = "object"
        for number, message in enumerate(_CALLS):
            rendering = run(_USER, message, shows="call arguments")
            if rendering is None:
                continue
            wrong = _WRONG.search(rendering.printed.text) is not None
            if calling is None or not wrong:
                calling, returned = rendering, run(_USER, message, _RESULT, prompt=True)
                form = ("object", "string")[number % 2]
            if not wrong:
                break
        after = {}
        for role, probed, index in (("user", asked, 0), ("tool", returned, 2)):
            end = None if probed is None else _end_of(probed, index)
            if probed is not None and end is not None:
                after[role] = probed.printed.text[end:]
        header = _header(run(_USER), asked) or _common_end(list(after.values()))
        call = None if calling is None else _behind(calling, after.get("user", header))
        thought = run(_USER, {**_ANSWER, "reasoning_content": "So it is."}, shows="reasoning")
        reasoning = None if thought is None else _around_reasoning(thought)
        # A template may leave the end of the last turn to whoever goes on.
        stop = _stop(run(_USER, _ANSWER), control) or _stop(run(_USER, _ANSWER, _USER), control)
        return cls(after, header, stop, _call_end(calling, returned), call, form, reasoning)


def token_ends(text: str) -> list[int]:
    """Places in a text where a token may end, the last one first."""
    ends = {len(text)} | {match.end() for match in re.finditer(rf"(?:{CONTROL})|\s", text)}
    return sorted(ends | {match.start() for match in _CONTROL.finditer(text)}, reverse=True)


def _behind(rendering: Rendering, header: str) -> str:
    """What the template writes behind the first message and as much of a header as is there."""
    text = rendering.printed.text[_end_of(rendering, 0) or 0 :]
    common = len(common_prefix(header, text))
    return text[max((end for end in token_ends(header) if end <= common), default=0) :]


def _around_reasoning(thought: Rendering) -> tuple[str, str] | None:
    """What stands before reasoning, from the last opening tag on, and between it and the answer."""
    text, marks = thought.printed.text, thought.printed.marks
    theirs = [mark for mark in set(marks) if (origin := thought.inputs.origin(mark)) and origin.kind == "reasoning"]
    begin, end = min(map(marks.find, theirs)), max(map(marks.rfind, theirs)) + 1
    answer = text.find(_ANSWER["content"], end)
    before = [match.start() for match in REASONING.finditer(text, 0, begin)]
    if not before or answer < 0:
        return None
    return text[before[-1] : begin], text[end:answer]


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
    regions = printed.regions()
    place = next((place for place, region in enumerate(regions) if region[0] < end <= region[1]), None)
    if place is None:
        return None
    # What is put out after the loop still belongs to the turn, what is put out for another message does not.
    close = regions[place][1]
    if place + 1 < len(regions) and regions[place + 1][2] is None:
        close = regions[place + 1][1]
    inside = [span for span in printed.controls(control) if end <= span[0] and span[1] <= close]
    own = [span for span in inside if span[1] <= regions[place][1]]
    span = own[-1] if own else inside[0] if inside else None
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
    found = _CONTROL.findall(common_prefix(tails[0], tails[1]))
    return found[-1] if found else None


def _common_end(texts: Sequence[str]) -> str:
    """The longest end that all texts have in common, from a control token on."""
    common = functools.reduce(common_prefix, [text[::-1] for text in texts] or [""])[::-1]
    first = _CONTROL.search(common)
    return common[first.start() :] if first else ""
