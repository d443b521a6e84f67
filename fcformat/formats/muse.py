"""Muse and Muse Glimmer: messages to recipients, calls as `atem` elements in a message to the tool.

Sources: the chat template of Muse Glimmer, and the parsers of serving projects. A message to `self` is reasoning, one to `user`
or `commentary` is text. One without a recipient is text in Muse Glimmer; in Muse it is reasoning, as is what is said to the developer.
"""

from __future__ import annotations

from collections.abc import Mapping

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.blocks import Kind, MessageBlocks
from fcformat.formats.call_syntax.parts import Text
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.call_syntax.tagged import TaggedArguments
from fcformat.formats.call_syntax.tags import TagName
from fcformat.parsing.typed_values import ANYTHING

__all__ = ["MUSE", "MUSE_GLIMMER"]

_INVOKE, _PARAMETER = '<atem:invoke name="', '<atem:parameter name="'
_END, _LAST = "</atem:invoke>", "</atem:function_calls>"
_NAME = r"[\w.:/*-]{1,256}"
_START = r"\s{0,8}<\|start\|>assistant"
_HEADER = rf"(?:{_START})?\s{{0,8}}(?:to=({_NAME}))?<\|message\|>"


def _muse(name: str, aliases: tuple[str, ...], kinds: Mapping[str | None, Kind]) -> CallFormat:
    turn = MessageBlocks(
        CallSyntax(
            Text("<atem:function_calls>\n"),
            TagName(_INVOKE, '">\n', next=(_PARAMETER, _END), doubled=True),
            TaggedArguments(
                _PARAMETER,
                '">',
                "</atem:parameter>",
                ends=(_END,),
                after="\n",
                following=(_INVOKE, "<|eom|>", "<|start|>"),
                last=_LAST,
                untyped=ANYTHING,
            ),
            Text(f"{_END}\n"),
            Text(_LAST),
        ),
        headers={
            "reasoning": " to=self<|message|>",
            "content": " to=user<|message|>",
            "call": " to={name}<|message|>",
        },
        header=_HEADER,
        half=rf"\s{{0,8}}(?:<[^<>]{{0,8}}|<\|start\|>[asitn]{{0,9}})?\s{{0,8}}(?:t|to|to=(?:{_NAME})?(?:<[|mesag]{{0,9}})?|<[|mesag]{{0,9}})?",
        kinds={"self": "reasoning", "user": "content", "commentary": "content", **kinds},
        other="call",
        starts=("<|start|>", " to="),
        end="<|eom|>",
        between="<|start|>assistant",
        last=False,
        controls=("<|start|>", "<|message|>", "<|eom|>", "<|eot|>"),
    )
    return CallFormat(
        name,
        aliases=aliases,
        turn=turn,
        stops=("<|eot|>",),
        headers=("<|start|>assistant",),
        controls=("<|start|>", "<|message|>", "<|eom|>", "<|eot|>"),
    )


MUSE = _muse("muse", ("musespark1x",), {None: "reasoning", "developer": "reasoning"})
MUSE_GLIMMER = _muse("muse_glimmer", ("muse-glimmer",), {None: "content"})
