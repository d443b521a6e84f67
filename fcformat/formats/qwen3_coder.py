"""Qwen3-Coder, Qwen3.5, Qwen3.6 and Qwen3.8: ChatML with calls as functions and parameters between `<tool_call>` tags.

Sources: the chat templates that Qwen publishes with the models. Qwen3-Coder tells of tools as XML, Qwen3.5 as JSON before
the system message; Qwen3.5 reasons, and keeps its reasoning after the last question. These two write null and booleans as
Python spells them, the later ones as JSON. Qwen3.6 can keep the reasoning of all turns, and Qwen3.8 does so unless it is told
not to; its prompts begin with how hard to think.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.call_syntax.sections import CallSections
from fcformat.formats.chatml import CHATML_ROLES, CHATML_STOPS, HERMES_CONTROLS, USER_RESULTS
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, ReasoningHistory, Results, Role, ToolList
from fcformat.formats.tagged_shapes import function_tags
from fcformat.formats.tool_elements import ToolElements

__all__ = ["QWEN3_CODER", "QWEN35", "QWEN36", "QWEN38"]

_CALLS = function_tags("<tool_call>", "</tool_call>", padding="\n")
_CALLS_WITH_PYTHON_WORDS = function_tags("<tool_call>", "</tool_call>", padding="\n", python_words=True)
_THINK = Reasoning(
    after_opening="\n",
    before_closing="\n",
    after_closing="\n\n",
    unopened="undecided",
    left_open_before=("<tool_call>",),
)
_CONTROLS = (*HERMES_CONTROLS, "<think>", "</think>")


_CALL = "<tool_call>\n<function=example_function_name>\n<parameter=example_parameter_1>\nvalue_1\n</parameter>\n"
_REST = (
    "- Required parameters MUST be specified\n"
    "- You may provide optional reasoning for your function call in natural language BEFORE the function call, but NOT"
    " after\n- If there is no function call available, answer the question like normal with your current knowledge and do"
    " not tell the user about function calls\n</IMPORTANT>"
)
_XML_TOOLS = ToolList(
    before="\n\n# Tools\n\nYou have access to the following tools:\n\n<tools>\n",
    describe=ToolElements(),
    after=(
        "\n</tools>\n\nIf you choose to call a tool ONLY reply in the following format with NO suffix:\n\n" + _CALL + ""
        "<parameter=example_parameter_2>\nvalue_2\n</parameter>\n</function>\n</tool_call>\n\n<IMPORTANT>\nReminder:\n"
        "- Function calls MUST follow the specified format: the tool calling block MUST begin with an opening <tool_call>"
        " tag and end with a closing </tool_call> tag.\n" + _REST
    ),
    default_system="You are Qwen, a helpful AI assistant that can interact with a computer to solve tasks.",
)
_JSON_TOOLS = ToolList(
    before="# Tools\n\nYou have access to the following functions:\n\n<tools>",
    after=(
        "\n</tools>\n\nIf you choose to call a function ONLY reply in the following format with NO suffix:\n\n"
        + _CALL
        + ""
        "<parameter=example_parameter_2>\nThis is the value for the second parameter\nthat can span\nmultiple lines\n"
        "</parameter>\n</function>\n</tool_call>\n\n<IMPORTANT>\nReminder:\n- Function calls MUST follow the specified"
        " format: an inner <function=...></function> block must be nested within <tool_call></tool_call> XML tags\n"
        + _REST
    ),
    system="first",
)

QWEN3_CODER = ConversationFormat(
    "qwen3_coder",
    aliases=("qwen3-coder", "qwen3_xml", "Qwen/Qwen3-Coder-*"),
    layout=Layout(
        roles=CHATML_ROLES,
        tools=_XML_TOOLS,
        results=Results(
            Role("<|im_start|>user\n", end="<|im_end|>", after="\n"),
            opening="<tool_response>\n",
            closing="\n</tool_response>\n",
            grouped=True,
        ),
        generation_prompt="<|im_start|>assistant\n",
        strip=frozenset(("calls",)),
    ),
    turn=ReasonedTurn(_THINK, _CALLS_WITH_PYTHON_WORDS),
    controls=_CONTROLS,
    stops=CHATML_STOPS,
    begins=("<|im_start|>",),
    accepted_losses=frozenset(("reasoning", "space")),
)

_XHIGH = (
    "Reasoning effort is set to xhigh. Please think carefully through the task, validate key assumptions, consider plausible"
    " alternatives, and prioritize correctness, consistency, and clarity in the final answer."
)
_LOW = (
    "Reasoning effort is set to low. Keep your thinking brief and focused, moving directly to the conclusion without"
    " unnecessary elaboration."
)
_NO_EFFORTS: Mapping[str | None, str] = {}


def _thinking(
    name: str,
    aliases: tuple[str, ...],
    calls: CallSections,
    *,
    keep: Literal["all", "after_last_user"] = "after_last_user",
    may_keep: bool = True,
    split: bool = True,
    efforts: Mapping[str | None, str] = _NO_EFFORTS,
) -> ConversationFormat:
    """A format with tools as JSON before the system message, and reasoning."""
    return ConversationFormat(
        name,
        aliases=aliases,
        layout=Layout(
            roles=CHATML_ROLES,
            tools=_JSON_TOOLS,
            results=USER_RESULTS,
            generation_prompt="<|im_start|>assistant\n",
            reasoning=ReasoningHistory(
                keep=keep,
                empty="kept",
                prompts={None: "<think>\n", True: "<think>\n", False: "<think>\n\n</think>\n\n"},
                split=split,
                strip=True,
                results=("<tool_response>", "</tool_response>"),
                may_keep=may_keep,
            ),
            strip=frozenset(("system", "user", "assistant", "tool")),
            one_system=True,
            efforts=efforts,
        ),
        turn=ReasonedTurn(_THINK, calls),
        controls=_CONTROLS,
        stops=CHATML_STOPS,
        begins=("<|im_start|>",),
        accepted_losses=frozenset(("reasoning", "space")),
    )


QWEN35 = _thinking("qwen3.5", ("qwen3_5", "qwen35", "Qwen/Qwen3.5-*"), _CALLS_WITH_PYTHON_WORDS, may_keep=False)
QWEN36 = _thinking("qwen3.6", ("qwen3_6", "qwen36", "Qwen/Qwen3.6-*"), _CALLS)
QWEN38 = _thinking(
    "qwen3.8",
    ("qwen3_8", "qwen38", "Qwen/Qwen3.8-*"),
    _CALLS,
    keep="all",
    split=False,
    efforts={None: _XHIGH, "xhigh": _XHIGH, "medium": "", "low": _LOW},
)
