"""Cohere's Command models: actions as a JSON array with `tool_name` and `parameters`.

Sources: the chat templates that Cohere publishes. Command R7B, A and later number their calls and put text, plans and actions
between tags; Command R writes `Action:` and the array in a fence.
"""

from __future__ import annotations

from fcformat.formats.call_format import CallFormat
from fcformat.formats.call_syntax.json_call import JSONCall
from fcformat.formats.call_syntax.parts import Tag, Text
from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.text_then_calls import TextThenCalls
from fcformat.formats.call_syntax.units import CallArray
from fcformat.formats.call_syntax.untagged import UntaggedCall

__all__ = ["COHERE_COMMAND", "COMMAND_R", "COMMAND_R7B"]

_THINK = ("<|START_THINKING|>", "<|END_THINKING|>")
_ACTION = ("<|START_ACTION|>", "<|END_ACTION|>")
_RESPONSE = ("<|START_RESPONSE|>", "<|END_RESPONSE|>")
_TEXT = ("<|START_TEXT|>", "<|END_TEXT|>")
_HEADER = "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"


def _command(name: str, aliases: tuple[str, ...], spoken: tuple[str, str]) -> CallFormat:
    return CallFormat(
        name,
        aliases=aliases,
        turn=ReasonedTurn(
            Reasoning(*_THINK),
            TextThenCalls(
                CallArray(
                    Tag(_ACTION[0]),
                    item=JSONCall("tool_name", "parameters", id="tool_call_id", numbered=True),
                    closing=Tag(_ACTION[1]),
                    layout=("[\n    ", ",\n    ", "\n]"),
                ),
                UntaggedCall(
                    '[\n    {"tool_call_id": "0", "tool_name": "',
                    CallArray(item=JSONCall("tool_name", "parameters", id="tool_call_id", whole=True)),
                    after_name='"',
                ),
                before="",
                spoken=spoken,
                layout_tags=(*_RESPONSE, *_TEXT),
                blank_before=True,
            ),
        ),
        stops=("<|END_OF_TURN_TOKEN|>",),
        headers=(_HEADER,),
        begins=("<|START_OF_TURN_TOKEN|>",),
        controls=(*_THINK, *_ACTION, *_RESPONSE, *_TEXT),
    )


COMMAND_R7B = _command("command_r7b", ("command-r7b", "command-a", "CohereLabs/c4ai-command-*"), _RESPONSE)
COHERE_COMMAND = _command("cohere_command", ("cohere_command3", "cohere_command4", "cohere2moe"), _TEXT)

COMMAND_R = CallFormat(
    "command_r",
    aliases=("command-r", "command-r-plus", "CohereLabs/c4ai-command-r-*", "CohereForAI/c4ai-command-r-*"),
    turn=TextThenCalls(
        CallArray(
            Text("Action: "),
            Text("```json\n"),
            item=JSONCall("tool_name", "parameters"),
            closing=Text("```"),
            layout=("[\n    ", ",\n    ", "\n]"),
        ),
        blank_before=True,
    ),
    stops=("<|END_OF_TURN_TOKEN|>",),
    headers=(_HEADER,),
    begins=("<|START_OF_TURN_TOKEN|>",),
)
