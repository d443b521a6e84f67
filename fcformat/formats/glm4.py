"""GLM-4 (9B): role tokens with a header line, tools in a fixed Chinese system text, calls as a name and JSON.

Sources: the demo server's `process_messages` with `tool_choice` auto, and the chat template behind it. What the server does
to history is done here too, and noted in `Rendered.losses`: tools take the place of the first system message; without tools
that message stands twice; each line of what the assistant said is a segment; text beside calls and empty messages are left
out. `system="once"` writes the system message once.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

from fcformat.chat import Message, Tool
from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.call_syntax.named import JSONArguments
from fcformat.formats.call_syntax.role_segments import RoleSegments
from fcformat.formats.call_syntax.syntax import CallSyntax
from fcformat.formats.losses import LossPolicy, results_out_of_order
from fcformat.formats.reading.prompt_text import PromptRead, PromptText
from fcformat.formats.rendered import Draft, Rendered

__all__ = ["ASSISTANT", "BEGIN", "GLM4", "ROLES", "TOOL", "TOOLS", "GLM4Format"]

BEGIN = "[gMASK]<sop>"
ASSISTANT = "<|assistant|>"
ROLES = {
    "system": "<|system|>",
    "developer": "<|system|>",
    "user": "<|user|>",
    "assistant": ASSISTANT,
    "tool": "<|observation|>",
}
TOOLS = (
    "\n你是一个名为 ChatGLM 的人工智能助手。你是基于智谱AI训练的语言模型 GLM-4 模型开发的，"
    "你的任务是针对用户的问题和要求提供适当的答复和支持。\n\n# 可用工具"
)
TOOL = "\n## {name}\n\n{definition}\n在调用上述函数时，请使用 Json 格式表示调用的参数。"


class GLM4Format(Format):
    """GLM-4's prompts as its server lays them out."""

    name = "glm4"
    # The models of April 2025, "-0414", have other prompts.
    aliases = (
        "glm-4",
        "glm-4-9b",
        "glm-4-9b-chat",
        "THUDM/glm-4-9b",
        "THUDM/glm-4-9b-chat*",
        "zai-org/glm-4-9b",
        "zai-org/glm-4-9b-chat*",
    )
    stops = ("<|user|>", "<|observation|>", "<|endoftext|>")
    boundaries = (*stops, "<|system|>")

    def __init__(self) -> None:
        self.turn = RoleSegments(ASSISTANT, CallSyntax(JSONArguments()), begins="{", lines=True)

    def begun(self, prompt: str) -> str:
        """See `Format`."""
        return prompt.rpartition(ASSISTANT)[2] if ASSISTANT in prompt else ""

    def _render(
        self,
        messages: tuple[Message, ...],
        tools: tuple[Tool, ...],
        add_generation_prompt: bool,
        date: datetime.date | None,
        on_loss: str,
        options: dict[str, Any],
    ) -> Rendered:
        self._refuse_options(options, ("system",))
        system = options.get("system", "twice")
        if system not in ("once", "twice"):
            raise FormatError(f"{self.name}: found system={system!r}, expected 'once' or 'twice'")
        draft = Draft(("[gMASK]", "<sop>", *ROLES.values()))
        policy = LossPolicy(self.name, on_loss, frozenset(("reasoning", "system", "empty", "lines")), draft.losses)
        for index, what in results_out_of_order(messages):
            policy.lose("order", index, what)
        draft.fixed(BEGIN)
        first = next((index for index, each in enumerate(messages) if each.role in ("system", "developer")), None)
        if tools:
            draft.fixed(ROLES["system"] + TOOLS)
            for tool in tools:
                definition = json.dumps(tool.function_dict(), ensure_ascii=False, indent=4)
                draft.text(TOOL.format(name=tool.name, definition=definition))
            if first is not None:
                policy.lose("system", first, "the system message is left out, because the tools take its place")
        elif first is not None and system == "twice":
            self._plain(messages[first], first, policy, draft)
        for index, message in enumerate(messages):
            if message.role == "assistant":
                self._assistant(message, index, policy, draft)
            elif not (tools and index == first):
                self._plain(message, index, policy, draft)
        if add_generation_prompt:
            draft.fixed(ASSISTANT)
        return draft.rendered()

    def _read_prompt(self, text: str) -> PromptRead:
        from fcformat.formats.reading.glm4 import read_glm4

        return read_glm4(PromptText(self.name, text), self._replies(ASSISTANT))

    def _plain(self, message: Message, index: int, policy: LossPolicy, draft: Draft) -> None:
        if message.role != "tool" and message.name is not None:
            policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
        if not message.content:
            policy.lose("empty", index, f"the empty message of the role {message.role!r} is left out")
            return
        draft.fixed(ROLES[message.role] + "\n")
        draft.text(message.content)

    def _assistant(self, message: Message, index: int, policy: LossPolicy, draft: Draft) -> None:
        content = message.content or ""
        lines = "\n".join(line.strip() for line in content.split("\n") if line.strip())
        if message.reasoning:
            policy.lose("reasoning", index, "the reasoning is left out")
        if message.name is not None:
            policy.lose("name", index, f"found the speaker's name {message.name!r}, which cannot be written")
        if message.tool_calls:
            if content:
                policy.lose("lines", index, "the text beside calls is left out")
            lines = ""
        elif not lines:
            policy.lose("empty", index, "the empty message of the role 'assistant' is left out")
            return
        elif content != lines:
            policy.lose("lines", index, "empty lines and blanks around lines are left out")
        draft.fixed(ASSISTANT)
        draft.message = index
        self.turn.write(dataclasses.replace(message, content=lines or None), index, draft)


GLM4 = GLM4Format()
