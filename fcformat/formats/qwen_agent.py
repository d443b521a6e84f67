"""Qwen-Agent: calls behind marks with flowers, told in the system turn, in Chinese or English.

Source: `qwen_fncall_prompt.py` of QwenLM/Qwen-Agent, put into ChatML. Results and answers continue the assistant's turn; where
the model goes on, the colon after the last mark is left to it. Options: `lang` (`"en"` or `"zh"`; by default what the
messages of system and user are written in) and `parallel_function_calls` (which instructions are given; by default those for
one call at a time).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fcformat.chat import Message
from fcformat.errors import FormatError
from fcformat.formats.call_syntax.flower_marks import ARGUMENTS, FUNCTION, RESULT, RETURN, FlowerMarks
from fcformat.formats.folded_format import FoldedFormat, Folding
from fcformat.formats.tool_texts import ToolsTold, ToolTemplate

__all__ = ["QWEN_AGENT"]

_CHINESE = re.compile("[\u4e00-\u9fff]")

_TOLD = {
    "en": "# Tools\n\n## You have access to the following tools:\n\n",
    "zh": "# 工具\n\n## 你拥有如下工具：\n\n",
}
_COMMANDS = {
    ("en", False): (
        "## When you need to call a tool, please insert the following command in your reply, which can be called zero or "
        "multiple times according to your needs:\n\n"
        f"{FUNCTION}: The tool to use, should be one of [{{names}}]\n"
        f"{ARGUMENTS}: The input of the tool\n"
        f"{RESULT}: Tool results\n"
        f"{RETURN}: Reply based on tool results. Images need to be rendered as ![](url)"
    ),
    ("zh", False): (
        "## 你可以在回复中插入零次、一次或多次以下命令以调用工具：\n\n"
        f"{FUNCTION}: 工具名称，必须是[{{names}}]之一。\n"
        f"{ARGUMENTS}: 工具输入\n"
        f"{RESULT}: 工具结果\n"
        f"{RETURN}: 根据工具结果进行回复，需将图片用![](url)渲染出来"
    ),
    ("en", True): (
        "## Insert the following command in your reply when you need to call N tools in parallel:\n\n"
        f"{FUNCTION}: The name of tool 1, should be one of [{{names}}]\n{ARGUMENTS}: The input of tool 1\n"
        f"{FUNCTION}: The name of tool 2\n{ARGUMENTS}: The input of tool 2\n...\n"
        f"{FUNCTION}: The name of tool N\n{ARGUMENTS}: The input of tool N\n"
        f"{RESULT}: The result of tool 1\n{RESULT}: The result of tool 2\n...\n{RESULT}: The result of tool N\n"
        f"{RETURN}: Reply based on tool results. Images need to be rendered as ![](url)"
    ),
    ("zh", True): (
        "## 你可以在回复中插入以下命令以并行调用N个工具：\n\n"
        f"{FUNCTION}: 工具1的名称，必须是[{{names}}]之一\n{ARGUMENTS}: 工具1的输入\n"
        f"{FUNCTION}: 工具2的名称\n{ARGUMENTS}: 工具2的输入\n...\n"
        f"{FUNCTION}: 工具N的名称\n{ARGUMENTS}: 工具N的输入\n"
        f"{RESULT}: 工具1的结果\n{RESULT}: 工具2的结果\n...\n{RESULT}: 工具N的结果\n"
        f"{RETURN}: 根据工具结果进行回复，需将图片用![](url)渲染出来"
    ),
}
_PARAMETERS = {"en": " Parameters: ", "zh": " 输入参数："}
_JSON_INPUT = {"en": "Format the arguments as a JSON object.", "zh": "此工具的输入应为JSON对象。"}
_CODE_INPUT = {
    "en": "Enclose the code within triple backticks (`) at the beginning and end of the code.",
    "zh": "此工具的输入应为Markdown代码块。",
}


def _told(lang: str, parallel: bool) -> ToolsTold:
    """How tools are told in a language."""
    text = f"### {{human}}\n\n{{name}}: {{description}}{_PARAMETERS[lang]}{{parameters}} {{form}}"
    return ToolsTold(
        before=_TOLD[lang],
        tool=ToolTemplate(
            text,
            model_keys=frozenset(("name_for_model", "name_for_human")),
            forms=(_CODE_INPUT[lang], _JSON_INPUT[lang]),
        ),
        between="\n\n",
        after="\n\n" + _COMMANDS[lang, parallel],
        comma=",",
    )


def _variant(messages: tuple[Message, ...], options: Mapping[str, Any]) -> tuple[str, bool]:
    """Language, and whether the instructions are those for several calls."""
    told = (message.content or "" for message in messages if message.role in ("system", "developer", "user"))
    lang = options.get("lang") or ("zh" if any(map(_CHINESE.search, told)) else "en")
    parallel = options.get("parallel_function_calls", False)
    if lang not in _TOLD or not isinstance(parallel, bool):
        raise FormatError(
            f"qwen_agent: found lang={lang!r}, parallel_function_calls={parallel!r}, expected 'en' or 'zh', and a bool"
        )
    return lang, parallel


QWEN_AGENT = FoldedFormat(
    "qwen_agent",
    aliases=("qwen-agent", "qwen_fncall"),
    folding=Folding(
        told={variant: _told(*variant) for variant in _COMMANDS},
        variant=_variant,
        told_in="system",
        observed=(f"\n{RESULT}", ": "),
        answered=f"\n{RETURN}: ",
        resumed=f"\n{RETURN}",
        continued="",
        calls_apart="\n",
    ),
    turn=FlowerMarks(),
    stops=(RESULT, RETURN),
    opens=RETURN,
    options=("lang", "parallel_function_calls"),
)
