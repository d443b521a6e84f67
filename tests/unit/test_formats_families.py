"""Families known by how their replies look, and the names under which servers know their parsers."""

from __future__ import annotations

import json
import re

import pytest

from fcformat import get_format
from fcformat.chat import join_deltas

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city"],
        },
    },
}
NOW = {"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}
TOOLS = [WEATHER, NOW]
IN_ZURICH = ["get_weather", {"city": "Zürich", "days": 2}]
AT_ONCE = ["now", {}]

OBJECT = '{"name": "get_weather", "arguments": {"city": "Zürich", "days": 2}}'
OTHER = '{"name": "now", "arguments": {}}'
PAIRS = "<arg_key>city</arg_key><arg_value>Zürich</arg_value><arg_key>days</arg_key><arg_value>2</arg_value>"
FUNCTION = (
    "<tool_call>\n<function=get_weather>\n<parameter=city>\nZürich\n</parameter>\n<parameter=days>\n2\n</parameter>\n"
    "</function>\n</tool_call>"
)
GCML = (
    '<｜GCML｜tool_calls>\n<｜GCML｜invoke name="get_weather">\n<｜GCML｜parameter name="city" string="true">Zürich'
    '</｜GCML｜parameter>\n<｜GCML｜parameter name="days" string="false">2</｜GCML｜parameter>\n</｜GCML｜invoke>\n'
    "</｜GCML｜tool_calls>"
)
MINICPM3 = (
    "<|thought_start|>\nHm.\n<|thought_end|>\n<|tool_call_start|>\n```python\n"
    'get_weather(city="Zürich",days=2)\nnow()\n```\n<|tool_call_end|>'
)
SOLAR_OPEN = (
    "<|think|>Hm.<|end|><|begin|>assistant<|tool_calls|><|tool_call:begin|>a1b2c3d4e5<|tool_call:name|>get_weather"
    '<|tool_call:args|>{"city": "Zürich", "days": 2}<|tool_call:end|><|tool_call:begin|><|tool_call:name|>now'
    "<|tool_call:args|>{}<|tool_call:end|><|calls|>"
)


@pytest.mark.parametrize(
    ("name", "text", "reasoning", "content", "calls"),
    [
        ("ernie4.5", "Hm.\n</think>\n\n<response>\nFine.\n</response>\n", "Hm.", "Fine.", []),
        (
            "ernie4.5",
            f"Hm.\n</think>\n\n\n<tool_call>\n{OBJECT}\n</tool_call>\n<tool_call>\n{OTHER}\n</tool_call>\n",
            "Hm.",
            None,
            [IN_ZURICH, AT_ONCE],
        ),
        (
            "exaone4",
            f"<think>\nHm.\n</think>\n\n<tool_call>{OBJECT}</tool_call>\n<tool_call>{OTHER}</tool_call>[|endofturn|]",
            "Hm.",
            None,
            [IN_ZURICH, AT_ONCE],
        ),
        (
            "longcat",
            f"<longcat_think>\nHm.\n</longcat_think>\nSee.\n<longcat_tool_call>\n{OBJECT}\n</longcat_tool_call></longcat_s>",
            "Hm.",
            "See.",
            [IN_ZURICH],
        ),
        ("smollm3", f"<think>\nHm.\n</think>\n<tool_call>{OBJECT}</tool_call>", "Hm.", None, [IN_ZURICH]),
        ("trinity", f"<think>\nHm. <tool_call>\n{OBJECT}\n</tool_call>", "Hm. ", None, [IN_ZURICH]),
        (
            "minimax_m1",
            f"<think>\nHm.\n</think>\n\nSee.\n<tool_calls>\n{OBJECT}\n{OTHER}\n</tool_calls><end_of_sentence>",
            "Hm.",
            "See.",
            [IN_ZURICH, AT_ONCE],
        ),
        ("minimax_m1", f"<tool_calls>\n[{OBJECT}, {OTHER}]\n</tool_calls>", None, None, [IN_ZURICH, AT_ONCE]),
        (
            "hunyuan_hy4",
            f"Hm.</think>See.<tool_calls><tool_call>get_weather{PAIRS}</tool_call><tool_call>now</tool_call></tool_calls>",
            "Hm.",
            "See.",
            [IN_ZURICH, AT_ONCE],
        ),
        *(
            (
                name,
                re.sub(
                    r"(?<=\w)>",
                    ":opensource>",
                    f"<think>Hm.</think>See.<tool_calls><tool_call>get_weather{mark}{PAIRS}</tool_call></tool_calls>",
                ),
                "Hm.",
                "See.",
                [IN_ZURICH],
            )
            for name, mark in (("hunyuan_hy4", ""), ("hunyuan_hy3", "<tool_sep>"))
        ),
        (
            "iquest_q1",
            f"See.<iquest_tool_call>get_weather{PAIRS}</iquest_tool_call><iquest_tool_call>now</iquest_tool_call>",
            None,
            "See.",
            [IN_ZURICH, AT_ONCE],
        ),
        ("gigachat3.5", f"See.\n\n{GCML}<|message_sep|>", None, "See.", [IN_ZURICH]),
        ("step5", f"Hm.\n</think>\n{FUNCTION}<|EOT|>", "Hm.", None, [IN_ZURICH]),
        ("qwen3.8", f"Hm.\n</think>\n\n{FUNCTION}", "Hm.", None, [IN_ZURICH]),
        (
            "interns1",
            f"See.<|action_start|> <|plugin|>\n{OBJECT.replace('arguments', 'parameters')}<|action_end|>",
            None,
            "See.",
            [IN_ZURICH],
        ),
        ("hammer", f"```\n[{OBJECT}, {OTHER}]\n```", None, None, [IN_ZURICH, AT_ONCE]),
        ("granite", "Here is my thought process:Hm.Here is my response:Fine.", "Hm.", "Fine.", []),
        ("granite", "<think>Hm.</think>\nFine.", "Hm.", "Fine.", []),
        ("k2_horizon", "<ifm|think>Hm.</ifm|think>Fine.", "Hm.", "Fine.", []),
        ("k2_horizon", "<ifm|think_faster>Hm.</ifm|think_faster>Fine.", "Hm.", "Fine.", []),
        ("deepseek_v31", "Hm.</think>Fine.", "Hm.", "Fine.", []),
        # The name of Gemma's channel is a word of its own or none.
        ("gemma4", "<|channel>thought\nHm.<channel|>Fine.", "Hm.", "Fine.", []),
        ("gemma4", "<|channel>thought<channel|>Fine.", None, "Fine.", []),
        ("gemma4", "<|channel>thousand reasons<channel|>Fine.", "thousand reasons", "Fine.", []),
        (
            "muse",
            "to=developer<|message|>A note.<|eom|><|start|>assistant to=user<|message|>Fine.<|eot|>",
            "A note.",
            "Fine.",
            [],
        ),
        ("muse_glimmer", "<|message|>Fine.<|eot|>", None, "Fine.", []),
        (
            "minicpm3",
            MINICPM3,
            "Hm.",
            None,
            [IN_ZURICH, AT_ONCE],
        ),
        ("minicpm3", "<|tool_call_start|>\nnow()\n<|tool_call_end|>", None, None, [AT_ONCE]),
        ("firefunction_v1", "<plain>Fine.</s>", None, "Fine.", []),
        ("firefunction_v1", f"<functioncall>{OBJECT}<functioncall>{OTHER}</s>", None, None, [IN_ZURICH, AT_ONCE]),
        ("nemotron_mini", f"Fine.\n<toolcall> {OBJECT} </toolcall>", None, "Fine.", [IN_ZURICH]),
        ("solar_open", "<|think|>Hm.<|end|><|begin|>assistant<|content|>Fine.<|end|>", "Hm.", "Fine.", []),
        ("solar_open", "Fine.", None, "Fine.", []),
        (
            "solar_open",
            SOLAR_OPEN,
            "Hm.",
            None,
            [IN_ZURICH, AT_ONCE],
        ),
    ],
)
def test_a_reply_is_read_whole_and_in_characters(
    name: str, text: str, reasoning: str | None, content: str | None, calls: list[object]
) -> None:
    form = get_format(name)
    read = form.parse(text, TOOLS)
    assert (read.reasoning, read.content) == (reasoning, content)
    assert [[call.function.name, json.loads(call.function.arguments)] for call in read.tool_calls] == calls
    parser = form.stream_parser(TOOLS)
    deltas = [delta for char in text for delta in parser.feed(char)]
    assert parser.finish() == read
    assert join_deltas([*deltas, *parser.final_deltas]).tool_calls == read.tool_calls


def test_calls_of_solar_open_keep_their_ids() -> None:
    text = "<|tool_calls|><|tool_call:begin|>{}<|tool_call:name|>now<|tool_call:args|>{{}}<|tool_call:end|><|calls|>"
    form = get_format("solar_open")
    (call,) = form.parse(text.format("a1b2c3d4e5"), TOOLS, strict=True).tool_calls
    assert call.id == "a1b2c3d4e5"
    assert form.parse(text.format(""), TOOLS).issues == ("at character 33: a call without an id",)
    for cut in ("<|tool_calls|><|tool_call:begin|>", "<|tool_calls|><|tool_call:begin|>a1b2"):
        read = form.parse(cut, TOOLS)
        assert (read.tool_calls, read.finish_reason) == ((), "length")
        assert read.issues


@pytest.mark.parametrize("opened", ["<ifm|think>", "<ifm|think_fast>"])
def test_the_prompts_pair_of_tags_is_the_one_that_ends(opened: str) -> None:
    form = get_format("k2_horizon")
    closing = opened.replace("<", "</")
    read = form.parse(f"Hm.{closing}Fine.", prompt=f"<|im_start|>assistant\n{opened}")
    assert (read.reasoning, read.content) == ("Hm.", "Fine.")


def test_attributes_of_kimi_k3_are_escaped() -> None:
    form = get_format("kimi_k3")
    text = (
        '<|open|>tools<|sep|><|open|>call tool="a&amp;b&quot;c<d" index="1"<|sep|>'
        '<|open|>argument key="k&amp;q<r" type="string"<|sep|>v<|close|>argument<|sep|>'
        '<|open|>argument key="&amp;quot;" type="number"<|sep|>1<|close|>argument<|sep|>'
        "<|close|>call<|sep|><|close|>tools<|sep|>"
    )
    (call,) = form.parse(text).tool_calls
    assert call.function.name == 'a&b"c<d'
    assert json.loads(call.function.arguments) == {"k&q<r": "v", "&quot;": 1}


@pytest.mark.parametrize(
    ("parser", "name"),
    [
        # vLLM's
        ("ernie45", "ernie4.5"),
        ("hy_v4", "hunyuan_hy4"),
        ("musespark1x", "muse"),
        ("qwen3_json", "qwen3"),
        ("qwen3_xml", "qwen3_coder"),
        # SGLang's
        ("apertus2509", "apertus"),
        ("deepseekv32", "deepseek_v32"),
        ("gigachat35", "gigachat3.5"),
        ("glm", "glm45"),
        ("hunyuan", "hunyuan_hy3"),
        ("interns1", "internlm2"),
        ("qwen", "qwen2.5"),
        # model ids
        ("baidu/ERNIE-4.5-21B-A3B-Thinking", "ernie4.5"),
        ("MiniMaxAI/MiniMax-M1-80k", "minimax_m1"),
        ("fireworks-ai/firefunction-v1", "firefunction_v1"),
        ("meetkai/functionary-small-v2.4", "functionary_v2"),
        ("openbmb/MiniCPM3-4B", "minicpm3"),
        ("upstage/Solar-Open-100B", "solar_open"),
        ("Qwen/Qwen3.8-27B", "qwen3.8"),
        ("Qwen/Qwen3-8B", "qwen3"),
    ],
)
def test_names_of_parsers_and_models_find_their_format(parser: str, name: str) -> None:
    assert get_format(parser).name == name
