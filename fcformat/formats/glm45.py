"""GLM-4.5 and 4.6: role tokens, calls as pairs of keys and values between `<tool_call>` tags, reasoning in `<think>` blocks.

Source: the chat template that Z.ai publishes with the models. It writes an empty block where a turn's reasoning is left out,
and `None` for a content that is null, where nothing is written here.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.reasoning import ReasonedTurn, Reasoning
from fcformat.formats.conversation_format import ConversationFormat
from fcformat.formats.layout import Layout, ReasoningHistory, Results, Role, ToolList
from fcformat.formats.tagged_shapes import key_value_tags

__all__ = ["GLM45"]

_TOOLS = ToolList(
    before=(
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
    ),
    after=(
        "\n</tools>\n\nFor each function call, output the function name and arguments within the following XML format:\n"
        "<tool_call>{function-name}\n<arg_key>{arg-key-1}</arg_key>\n<arg_value>{arg-value-1}</arg_value>\n"
        "<arg_key>{arg-key-2}</arg_key>\n<arg_value>{arg-value-2}</arg_value>\n...\n</tool_call>"
    ),
    system="apart",
)
_TAGS = ("tool_call", "arg_key", "arg_value", "think", "tool_response")

GLM45 = ConversationFormat(
    "glm45",
    aliases=("glm", "glm-4.5", "glm-4.6", "glm4_moe", "zai-org/GLM-4.5*", "zai-org/GLM-4.6*"),
    layout=Layout(
        begin="[gMASK]<sop>",
        roles={
            "system": Role("<|system|>\n"),
            "user": Role("<|user|>\n"),
            "assistant": Role("<|assistant|>"),
        },
        tools=_TOOLS,
        results=Results(
            Role("<|observation|>"), opening="\n<tool_response>\n", closing="\n</tool_response>", grouped=True
        ),
        generation_prompt="<|assistant|>",
        reasoning=ReasoningHistory(
            empty="always",
            prompts={None: "", True: "", False: "\n<think></think>"},
            asides={False: "/nothink"},
            strip=True,
        ),
        strip=frozenset(("assistant", "split")),
    ),
    turn=ReasonedTurn(
        Reasoning(before_opening="\n", joint="\n", unopened="undecided", left_open_before=("<tool_call>",)),
        key_value_tags(before="\n", between="\n"),
    ),
    controls=(
        *("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
        *(f"<{end}{name}>" for name in _TAGS for end in ("", "/")),
    ),
    stops=("<|user|>", "<|observation|>", "<|endoftext|>"),
    begins=("<|assistant|>", "<|system|>"),
    accepted_losses=frozenset(("reasoning", "space")),
)
