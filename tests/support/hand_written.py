"""Replies as models write them, by hand: for each family how a call, several calls and reasoning look, apart from our writers.

Reasons for a second spelling of what the declarations say: a writer and a reader that are wrong alike do not notice it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["FAMILIES", "Family", "Spell"]

#: Writes arguments as JSON.
Spell = Callable[[Mapping[str, Any]], str]


@dataclasses.dataclass(frozen=True, slots=True)
class Family:
    """How a family writes.

    Attributes:
        format: The format's name.
        call: Writes one call of a function with arguments; `#` stands for its number.
        around: Around all calls.
        between: Between calls.
        thought: Before and behind reasoning, layout included; `None`: there is none.
        end: What ends the turn.
        json: Whether arguments are JSON.
        most: Most calls.
    """

    format: str
    call: Callable[[str, Mapping[str, Any], Spell], str]
    around: tuple[str, str] = ("", "")
    between: str = ""
    thought: tuple[str, str] | None = None
    end: str = ""
    json: bool = True
    most: int = 9

    def calls(self, *calls: tuple[str, Mapping[str, Any]], spell: Spell | None = None) -> str:
        """Several calls as one text."""
        written = [
            self.call(name, arguments, spell or dumps).replace("#", str(number))
            for number, (name, arguments) in enumerate(calls)
        ]
        return self.around[0] + self.between.join(written) + self.around[1]


def dumps(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def _object(
    begin: str = "", end: str = "", *, name: str = "name", key: str = "arguments", first: str = "", last: str = ""
) -> Callable[[str, Mapping[str, Any], Spell], str]:
    return lambda called, arguments, spell: (
        f'{begin}{{{first}"{name}": "{called}", "{key}": {spell(arguments)}{last}}}{end}'
    )


def _text(before: str, between: str, after: str) -> Callable[[str, Mapping[str, Any], Spell], str]:
    return lambda called, arguments, spell: f"{before}{called}{between}{spell(arguments)}{after}"


def _python(called: str, arguments: Mapping[str, Any], spell: Spell) -> str:
    return f"{called}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _tags(head: str, item: str, tail: str) -> Callable[[str, Mapping[str, Any], Spell], str]:
    def write(called: str, arguments: Mapping[str, Any], spell: Spell) -> str:
        items = [
            item.format(key=key, value=_value(value), text="true" if isinstance(value, str) else "false")
            for key, value in arguments.items()
        ]
        return head.format(name=called) + "".join(items) + tail

    return write


def _delimited(value: Any, mark: str) -> str:
    if isinstance(value, str):
        return mark + value + mark
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_delimited(each, mark)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_delimited(each, mark) for each in value) + "]"
    return json.dumps(value)


def _delimiting(before: str, mark: str, after: str) -> Callable[[str, Mapping[str, Any], Spell], str]:
    return lambda called, arguments, spell: f"{before}call:{called}{_delimited(arguments, mark)}{after}"


def _typed(called: str, arguments: Mapping[str, Any], spell: Spell) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    items = [
        f'<|open|>argument key="{key}" type="{kinds[type(value)]}"<|sep|>{_value(value)}<|close|>argument<|sep|>'
        for key, value in arguments.items()
    ]
    return f'<|open|>call tool="{called}" index="#"<|sep|>{"".join(items)}<|close|>call<|sep|>'


def _elements(value: Any, token: str) -> str:
    if isinstance(value, dict):
        return "".join(f"{token}<{key}>{_elements(each, token)}{token}</{key}>" for key, each in value.items())
    if isinstance(value, list):
        return "".join(f"{token}<item>{_elements(each, token)}{token}</item>" for each in value)
    return _value(value)


def _element_call(called: str, arguments: Mapping[str, Any], spell: Spell) -> str:
    return f'{_M3}<invoke name="{called}">{_elements(arguments, _M3)}{_M3}</invoke>'


def _python_fence(called: str, arguments: Mapping[str, Any], spell: Spell) -> str:
    return f"{called}\n```python\n{_python('tool_call', arguments, spell)}\n```"


_M3 = "]<]minimax[>["
_HERMES = _object("<tool_call>\n", "\n</tool_call>")
_THINK, _THINK_LINE, _THINK_LINES = (
    ("<think>", "</think>"),
    ("<think>\n", "\n</think>\n"),
    ("<think>\n", "\n</think>\n\n"),
)
_ACTION = ("<|START_ACTION|>[\n    ", "\n]<|END_ACTION|>")
_NUMBERED = _object(name="tool_name", key="parameters", first='"tool_call_id": "#", ')
_THINKING = ("<|START_THINKING|>", "<|END_THINKING|>")
_FUNCTION = _tags(
    "<tool_call>\n<function={name}>\n",
    "<parameter={key}>\n{value}\n</parameter>\n",
    "</function>\n</tool_call>",
)
_KEYS = _tags(
    "<tool_call>{name}\n",
    "<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n",
    "</tool_call>",
)
_KEYS_ON_A_LINE = _tags(
    "<tool_call>{name}",
    "<arg_key>{key}</arg_key><arg_value>{value}</arg_value>",
    "</tool_call>",
)
_DSML = _tags(
    '<｜DSML｜invoke name="{name}">\n',
    '<｜DSML｜parameter name="{key}" string="{text}">{value}</｜DSML｜parameter>\n',
    "</｜DSML｜invoke>",
)

_ATEM = _tags(
    '<atem:function_calls>\n<atem:invoke name="{name}">\n',
    '<atem:parameter name="{key}">{value}</atem:parameter>\n',
    "</atem:invoke>\n</atem:function_calls>",
)

_ALL = (
    Family("apertus", lambda name, arguments, spell: f'{{"{name}": {spell(arguments)}}}',
           ("<|tools_prefix|>[", "]<|tools_suffix|>"), ", ", ("<|inner_prefix|>", "<|inner_suffix|>"), "<|assistant_end|>"),
    Family("chatglm3", _python_fence, between="<|assistant|>", end="<|observation|>", json=False),
    Family("cohere_command", _NUMBERED, _ACTION, ",\n    ", _THINKING, "<|END_OF_TURN_TOKEN|>"),
    Family("command_r", _object("    ", name="tool_name", key="parameters"), ("Action: ```json\n[\n", "\n]```"), ",\n",
           None, "<|END_OF_TURN_TOKEN|>"),
    Family("command_r7b", _NUMBERED, _ACTION, ",\n    ", _THINKING, "<|END_OF_TURN_TOKEN|>"),
    Family("deepseek_v3", _text("<｜tool▁call▁begin｜>function<｜tool▁sep｜>", "\n```json\n", "\n```<｜tool▁call▁end｜>"),
           ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"), "\n", _THINK_LINES, "<｜end▁of▁sentence｜>"),
    Family("deepseek_v31", _text("<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"),
           ("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"), "", None, "<｜end▁of▁sentence｜>"),
    Family("deepseek_v32", _DSML, ("<｜DSML｜function_calls>\n", "\n</｜DSML｜function_calls>"), "\n", _THINK,
           "<｜end▁of▁sentence｜>", json=False),
    Family("deepseek_v4", _DSML, ("<｜DSML｜tool_calls>\n", "\n</｜DSML｜tool_calls>"), "\n", _THINK,
           "<｜end▁of▁sentence｜>", json=False),
    Family("dots", _object("<dots_function_call>", "</dots_function_call>"), end="<|endofassistant|>"),
    Family("firefunction_v2", _object(), ("functools[", "]"), ", ", None, "<|eot_id|>"),
    Family("functionary_v31", _text("<function=", ">", "</function>"), end="<|eom_id|>"),
    Family("functionary_v32", _text(">>>", "\n", ""), end="<|eot_id|>"),
    Family("functiongemma", _delimiting("<start_function_call>", "<escape>", "<end_function_call>"), end="<end_of_turn>",
           json=False),
    Family("gemma4", _delimiting("<|tool_call>", '<|"|>', "<tool_call|>"),
           thought=("<|channel>thought\n", "<channel|>"), end="<turn|>", json=False),
    Family("gigachat3", _object("<|message_sep|>\n\nfunction call<|role_sep|>\n"), end="<|message_sep|>\n\n", most=1),
    Family("gigachat3.1", _object("<|function_call|>"), end="<|message_sep|>\n\n", most=1),
    Family("glm4", _text("", "\n", ""), between="<|assistant|>", end="<|observation|>"),
    Family("glm45", _KEYS, between="\n", thought=("\n<think>", "</think>\n"), end="<|user|>", json=False),
    Family("glm47", _KEYS_ON_A_LINE, thought=_THINK, end="<|user|>", json=False),
    Family("granite", _object(), ("<|tool_call|> [", "]"), ", ", None, "<|end_of_text|>"),
    Family("granite4", _HERMES, between="\n", end="<|end_of_text|>"),
    Family("granite_20b_fc", _object("<function_call> "), between="\n", end="<|endoftext|>"),
    Family("harmony", _text(" to=functions.", "<|channel|>commentary json<|message|>", "<|call|>"), most=1),
    Family("hermes", _HERMES, between="\n", end="<|im_end|>"),
    Family("hunyuan_a13b", _object(), ("<tool_calls>[", "]</tool_calls>"), ", ", _THINK_LINE, "<|eos|>"),
    Family("hunyuan_hy3",
           _tags("<tool_call>{name}<tool_sep>\n", "<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n", "</tool_call>"),
           ("<tool_calls>\n", "\n</tool_calls>"), "\n", _THINK, json=False),
    Family("inkling", _object("<|content_invoke_tool_json|>", "<|end_message|>", key="args"), between="<|message_model|>",
           thought=("<|content_thinking|>", "<|end_message|><|message_model|>"), end="<|content_model_end_sampling|>"),
    Family("internlm2", _object("<|action_start|><|plugin|>\n", "<|action_end|>", key="parameters"), between="\n",
           end="<|im_end|>"),
    Family("jamba", _object("    "), ("<tool_calls>[\n", "\n]</tool_calls>"), ",\n", None, "<|eom|>"),
    Family("kimi_k2", _text("<|tool_call_begin|>functions.", ":#<|tool_call_argument_begin|>", "<|tool_call_end|>"),
           ("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"), "", _THINK, "<|im_end|>"),
    Family("kimi_k3", _typed, ("<|open|>tools<|sep|>", "<|close|>tools<|sep|>"), "",
           ("<|open|>think<|sep|>", "<|close|>think<|sep|>"), "<|close|>message<|sep|>", json=False),
    Family("lfm2", _python, ("<|tool_call_start|>[", "]<|tool_call_end|>"), ", ", None, "<|im_end|>", json=False),
    Family("ling3", _KEYS, between="\n", thought=_THINK, end="<|role_end|>", json=False),
    Family("llama3_json", _object(key="parameters"), between="; ", end="<|eot_id|>"),
    Family("llama4_pythonic", _python, ("<|python_start|>[", "]<|python_end|>"), ", ", None, "<|eot|>", json=False),
    Family("mimo", _tags("<tool_call>\n<function={name}>\n", "<parameter={key}>{value}</parameter>\n", "</function>\n</tool_call>"),
           between="\n", thought=_THINK_LINES, end="<|im_end|>", json=False),
    Family("minicpm5", _tags('<function name="{name}">', '<param name="{key}">{value}</param>', "</function>"), between="\n",
           thought=_THINK_LINES, end="<|im_end|>", json=False),
    Family("minimax_m2", _tags('<invoke name="{name}">\n', '<parameter name="{key}">{value}</parameter>\n', "</invoke>"),
           ("<minimax:tool_call>\n", "\n</minimax:tool_call>"), "\n", _THINK_LINES, "[e~[", json=False),
    Family("minimax_m3", _element_call, (f"{_M3}<tool_call>\n", f"\n{_M3}</tool_call>"), "\n", ("<mm:think>", "</mm:think>"),
           "[e~[", json=False),
    Family("mistral-v3-tekken", _object(last=', "id": "abcdefgh#"'), ("[TOOL_CALLS][", "]"), ", ", None, "</s>"),
    Family("mistral-v11-tekken", _text("[TOOL_CALLS]", "[CALL_ID]abcdefgh#[ARGS]", ""), end="</s>"),
    Family("mistral-v13-tekken", _text("[TOOL_CALLS]", "[ARGS]", ""), thought=("[THINK]", "[/THINK]"), end="</s>"),
    Family("muse", lambda name, arguments, spell: f" to={name}<|message|>{_ATEM(name, arguments, spell)}",
           between="<|eom|><|start|>assistant", end="<|eot|>",
           thought=(" to=self<|message|>", "<|eom|><|start|>assistant"), json=False),
    Family("nemotron3", _FUNCTION, between="\n", thought=("<think>\n", "\n</think>"), end="<|im_end|>", json=False),
    Family("nemotron_v2", _object(), ("<TOOLCALL>[", "]</TOOLCALL>"), ", ", _THINK_LINE, "<SPECIAL_12>"),
    Family("olmo3", _python, ("<function_calls>\n", "\n</function_calls>"), "\n", None, "<|im_end|>", json=False),
    Family("phi4_mini", _object(), ("functools[", "]"), ", ", None, "<|end|>"),
    Family("phi4_mini", _object(), ("<|tool_call|>[", "]<|/tool_call|>"), ", ", None, "<|end|>"),
    Family("plamo3",
           _text("<|plamo:begin_tool_request:plamo|><|plamo:begin_tool_name:plamo|>",
                 "<|plamo:end_tool_name:plamo|><|plamo:begin_tool_arguments:plamo|><|plamo:constrain|>json<|plamo:msg|>",
                 "<|plamo:end_tool_arguments:plamo|><|plamo:end_tool_request:plamo|>"),
           ("<|plamo:begin_tool_requests:plamo|>", "<|plamo:end_tool_requests:plamo|>"), "",
           ("<|plamo:begin_think:plamo|>", "<|plamo:end_think:plamo|>"), "<|plamo:tag|>"),
    Family("poolside_v1", _KEYS, between="\n", thought=_THINK, end="</assistant>", json=False),
    Family("pythonic", _python, ("[", "]"), ", ", None, "<|eot_id|>", json=False),
    Family("qwen1_react", _text("Action: ", "\nAction Input: ", ""), end="\nObservation:", most=1),
    Family("qwen_agent", _text("✿FUNCTION✿: ", "\n✿ARGS✿: ", ""), between="\n", end="\n✿RESULT✿"),
    Family("qwen3.5", _FUNCTION, between="\n", thought=_THINK_LINES, end="<|im_end|>", json=False),
    Family("qwen3.6", _FUNCTION, between="\n", thought=_THINK_LINES, end="<|im_end|>", json=False),
    Family("qwen3.8", _FUNCTION, between="\n", thought=_THINK_LINES, end="<|im_end|>", json=False),
    Family("qwen3_coder", _FUNCTION, between="\n", thought=_THINK_LINES, end="<|im_end|>", json=False),
    Family("reka", _HERMES, between="\n", thought=_THINK_LINES, end="\n\n<sep>"),
    Family("seed_oss", _tags("<seed:tool_call>\n<function={name}>\n", "<parameter={key}>{value}</parameter>\n",
                             "</function>\n</seed:tool_call>"),
           between="\n", thought=("<seed:think>", "</seed:think>\n"), end="<seed:eos>", json=False),
    Family("spark25", _KEYS_ON_A_LINE, thought=_THINK, end="<｜end▁of▁sentence｜>", json=False),
    Family("step3", _tags('<｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="{name}">',
                          '<steptml:parameter name="{key}">{value}</steptml:parameter>', "</steptml:invoke><｜tool_call_end｜>"),
           ("<｜tool_calls_begin｜>", "<｜tool_calls_end｜>"), "", _THINK_LINE, "<｜end▁of▁sentence｜>", json=False),
    Family("step3p5", _FUNCTION, between="\n", thought=_THINK_LINE, end="<|im_end|>", json=False),
    Family("xlam", _object(), ("[", "]"), ", ", _THINK, "<|eot_id|>"),
    Family("xlam", _object(), ("```json\n[", "]\n```"), ", ", _THINK, "<|eot_id|>"),
)  # fmt: skip

#: The families by a name for tests.
FAMILIES = {f"{each.format}-{number}": each for number, each in enumerate(_ALL)}
