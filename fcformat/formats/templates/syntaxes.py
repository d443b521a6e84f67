"""Which call syntax a template's model writes: told from a call that the template itself wrote, else from its text.

The signs are data, the surest first. A sign names a registered format; nothing of the format's prompt is taken over, only
how its calls are written, constrained and read.
"""

from __future__ import annotations

import re

from fcformat.errors import FormatError
from fcformat.formats.base import Format
from fcformat.formats.registry import get_format

__all__ = ["call_format_of"]

#: Signs in the assistant's turn with a call of `look_up`, as templates write it in history.
#: A third column is a sign in the template's text that tells siblings apart.
_WRITTEN: tuple[tuple[str, ...], ...] = (
    ("kimi_k3", r"<\|open\|>call tool="),
    ("kimi_k2", r"<\|tool_call_begin\|>"),
    ("deepseek_v4", r"<｜DSML｜tool_calls>"),
    ("deepseek_v32", r"<｜DSML｜function_calls>"),
    ("deepseek_v3", r"<｜tool▁call▁begin｜>function<｜tool▁sep｜>"),
    ("deepseek_v31", r"<｜tool▁call▁begin｜>\w+<｜tool▁sep｜>"),
    ("hunyuan_hy3_opensource", r"<tool_call:opensource>\w+<tool_sep"),
    ("hunyuan_hy3", r"<tool_call>\w+<tool_sep"),
    ("hunyuan_hy4", r"<tool_calls><tool_call>\w+<arg_key>"),
    ("iquest_q1", r"<iquest_tool_call>"),
    ("longcat", r"<longcat_tool_call>"),
    ("gigachat3.5", r"<｜GCML｜tool_calls>"),
    ("k2_horizon", r"<ifm\|tool_call>"),
    ("plamo3", r"<\|plamo:begin_tool_request:plamo\|>"),
    ("inkling", r"<\|content_invoke_tool_json\|>"),
    ("dots", r"<dots_function_call>"),
    ("minimax_m3", r"\]<\]minimax\[>\[<tool_call>"),
    ("minimax_m2", r"<minimax:tool_call>"),
    ("seed_oss", r"<seed:tool_call>"),
    ("step3", r"<steptml:invoke"),
    ("minicpm5", r"<function name=\"\w+\"><param "),
    ("muse_glimmer", r"<atem:function_calls>"),
    ("functionary_v31", r"<function=\w+>\s*\{"),
    ("qwen3_coder", r"<tool_call>\s*<function=\w+>"),
    ("ling3", r"<tool_call>\w+\n<arg_key>", r"<\|role_end\|>"),
    ("poolside_v1", r"<tool_call>\w+\n?<arg_key>", r"</assistant>"),
    ("spark25", r"<tool_call>\w+<arg_key>", r"<\|Bot\|>"),
    ("glm47", r"<tool_call>\w+<arg_key>"),
    ("glm45", r"<tool_call>\w+\n<arg_key>"),
    ("gemma4", r"<\|tool_call>call:"),
    ("functiongemma", r"<start_function_call>call:"),
    ("lfm2", r"<\|tool_call_start\|>\s*\["),
    ("internlm2", r"<\|action_start\|>\s*<\|plugin\|>"),
    ("mistral-v11-tekken", r"\[TOOL_CALLS\]\w+\[CALL_ID\]"),
    ("mistral-v13-tekken", r"\[TOOL_CALLS\]\w+\[ARGS\]"),
    ("mistral-v7-tekken", r"\[TOOL_CALLS\]", r"\[SYSTEM_PROMPT\]|\[TOOL_CONTENT\]"),
    ("mistral-v3-tekken", r"\[TOOL_CALLS\]"),
    ("cohere_command", r"<\|START_ACTION\|>\s*\[", r"<\|START_TEXT\|>"),
    ("command_r7b", r"<\|START_ACTION\|>\s*\["),
    ("command_r", r"Action:\s*```json\s*\[\s*\{\s*\"tool_name\""),
    ("harmony", r"to=functions\.\w+"),
    ("granite", r"<\|tool_call\|>\s*\["),
    ("granite_20b_fc", r"<function_call>\s*\{"),
    ("apertus", r"<\|tools_prefix\|>\s*\["),
    ("nemotron_v2", r"<TOOLCALL>\s*\["),
    ("apriel", r"<tool_calls>\[\{", r"<\|(?:begin_)?assistant\|>"),
    ("hunyuan_a13b", r"<tool_calls>\[\{"),
    ("jamba", r"<tool_calls>\s*\["),
    ("minimax_m1", r"<tool_calls>\n\{"),
    ("gigachat3", r"function call<\|role_sep\|>"),
    ("gigachat3.1", r"<\|function_call\|>\s*\{"),
    ("phi4_mini", r"functools\["),
    ("olmo3", r"<function_calls>\s*\w+\("),
    ("granite4", r"<tool_call>\s*\{", r"<\|start_of_role\|>"),
    ("solar_open", r"<\|tool_call:begin\|>"),
    ("minicpm3", r"<\|tool_call_start\|>\s*```python"),
    ("functionary_v2", r"(?:<\|recipient\|>)?look_up\n<\|content\|>"),
    ("firefunction_v1", r"<functioncall>"),
    ("exaone4", r"<tool_call>\s*\{", r"\[\|endofturn\|\]"),
    ("reka", r"<tool_call>\s*\{", r"<sep>human:|human: .*<sep>"),
    ("hermes", r"<tool_call>\s*\{"),
    ("functionary_v32", r"^(?:>>>)?look_up\n\{"),
    (
        "llama3_json",
        r"^\s*(?:<\|python_tag\|>|<\|python_start\|><\|python_end\|>)?\{\"name\": \"\w+\", \"parameters\": ",
    ),
    ("llama4_pythonic", r"^\s*<\|python_start\|>\s*\[\w+\("),
    ("pythonic", r"^\s*\[\w+\("),
    ("xlam", r"^\s*\[\s*\{\"(?:name|id)\": "),
)

#: Signs in the text of a template that writes no calls into history, or refuses the one that it was asked for.
_TOLD: tuple[tuple[str, ...], ...] = (
    ("kimi_k2", r"<\|tool_call_argument_begin\|>"),
    ("deepseek_v3", r"<｜tool▁call▁begin｜>'\s*(?:\+|~)[^}]*(?:\+|~)\s*'<｜tool▁sep｜>|<｜tool▁calls▁begin｜>"),
    ("minimax_m2", r"<minimax:tool_call>"),
    ("seed_oss", r"<seed:tool_call>"),
    ("qwen3_coder", r"<function=(?:example_function_name|function_name)>"),
    ("glm45", r"<arg_key>"),
    ("gemma4", r"<\|tool_call>call:"),
    ("lfm2", r"<\|tool_call_start\|>\s*\[|<\|tool_list_start\|>|List of tools: \["),
    ("glm4", r"\[gMASK\]<sop>", r"<\|observation\|>|# 可用工具"),
    ("phi4_mini", r"<\|tool\|>", r"<\|/tool\|>"),
    ("internlm2", r"<\|action_start\|>"),
    ("mistral-v3-tekken", r"\[TOOL_CALLS\] ?\["),
    ("mistral", r"\[TOOL_CALLS\]"),
    ("command_r7b", r"<\|START_ACTION\|>|<\|START_RESPONSE\|>"),
    ("command_r", r"Write 'Action:' followed by a json-formatted list"),
    ("harmony", r"to=functions\."),
    ("solar_open", r"<\|tool_call:begin\|>"),
    ("minicpm3", r"<\|tool_call_start\|>\\n```python"),
    ("functionary_v2", r"<\|recipient\|>"),
    ("firefunction_v1", r"<functioncall>"),
    ("nemotron_mini", r"<extra_id_0>System", r"<tool>"),
    ("granite", r"<\|tool_call\|>"),
    ("granite_20b_fc", r"<function_call>"),
    ("nemotron_v2", r"<TOOLCALL>"),
    ("hunyuan_a13b", r"<tool_calls>\["),
    ("minimax_m1", r"<tool_calls>\\n\{\"name\""),
    ("xlam", r"\[BEGIN OF TASK INSTRUCTION\]"),
    ("phi4_mini", r"\bfunctools\b", r"<\|/?tool\|>"),
    ("firefunction_v2", r"\bfunctools\b"),
    ("hermes", r"<tool_call>\\n\{|<tool_call>\s*\{"),
)


def call_format_of(written: str | None, source: str) -> Format | None:
    """The format whose call syntax a template shows, `None` where it shows none that is known.

    Args:
        written: A turn with a call, as the template writes it.
        source: The template's text.
    """
    for text, signs in ((written or "", _WRITTEN), (source, _TOLD)):
        seen = False
        for name, sign, *more in signs:
            if re.search(sign, text) and all(re.search(other, source) for other in more):
                seen = True
                try:
                    return get_format(name)
                except FormatError:
                    continue  # not a format of this version; a sibling may be
        if seen:
            return None
    return None
