"""ChatGLM3: role tokens with a header line, tools as JSON in the system turn, calls as Python in a fence.

Sources: the tokenizer's `build_chat_input`, the demo server's `process_chatglm_messages` and the fine-tuning demo's
`format_conversation`. A call is a segment whose header is the function's name and whose body is `tool_call(k='v')` in a
fence; arguments are Python literals. As in the server, tools take the place of the system message that begins the
conversation; the option `training=True` lays a conversation out as the fine-tuning demo does: that message is kept behind
the tools, each of several calls is followed by its own result, and `</s>` ends the text.

The tokenizer encodes a header and a content apart, and SentencePiece puts a space before each piece that it encodes, so
the ids are not those of the joined text.
"""

from __future__ import annotations

from fcformat.formats.call_syntax.parts import PythonArguments, Text
from fcformat.formats.call_syntax.role_segments import RoleSegments
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.conversation_format import ConversationFormat, Training
from fcformat.formats.layout import Layout, Results, Role, ToolList

__all__ = ["CHATGLM3"]

_ROLES = ("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")

CHATGLM3 = ConversationFormat(
    "chatglm3",
    aliases=("chatglm3-6b", "THUDM/chatglm3-*", "zai-org/chatglm3-*"),
    layout=Layout(
        begin="[gMASK]sop",
        roles={
            "system": Role("<|system|>\n"),
            "user": Role("<|user|>\n"),
            "assistant": Role("<|assistant|>"),
        },
        tools=ToolList(
            before="Answer the following questions as best as you can. You have access to the following tools:\n",
            bare=True,
            indent=4,
            system="replaced",
        ),
        results=Results(Role("<|observation|>\n")),
        generation_prompt="<|assistant|>",
    ),
    turn=RoleSegments("<|assistant|>", CallSyntax(Text("```python\ntool_call("), PythonArguments(), Text("\n```"))),
    controls=("[gMASK]", "sop", *_ROLES, "</s>"),
    stops=("<|user|>", "<|observation|>", "</s>"),
    begins=("<|system|>",),
    accepted_losses=frozenset(("reasoning", "system")),
    header_trainable=True,
    apart=True,
    training=Training(end="</s>", paired=True, system="apart"),
)
