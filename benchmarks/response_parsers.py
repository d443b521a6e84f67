"""Parsers of replies on the same texts: ours, transformers' response templates, and vLLM's and SGLang's recorded answers.

The texts are what publishers' own chat templates write for known calls (`peer_roundtrip.jsonl` of the reference data), so it is known
what is right: the calls' names and arguments. Streams come in pieces of one character; recorded ones came in pieces of one byte.
transformers ships no templates for these models; TRL's are used, which are written for them (`pip install trl`).
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import fcformat

#: Chat templates in the data: our format, and TRL's response template for it, if there is one.
FAMILIES = {
    "qwen2.5": ("qwen2.5", "qwen3_template"),
    "qwen3-coder": ("qwen3_coder", "qwen3_5_template"),
    "glm-4.5": ("glm45", "glm4moe_template"),
    "llama-3.1": ("llama3.1", "llama3_template"),
    "gemma-4": ("gemma4", "gemma4_template"),
    "kimi-k2": ("kimi_k2", None),
    "minimax-m2": ("minimax_m2", None),
    "glm-4.7-flash": ("glm47", None),
    "seed-oss": ("seed_oss", None),
    "deepseek-v3.1": ("deepseek_v31", None),
    "deepseek-v3.2": ("deepseek_v32", None),
    "deepseek-v4": ("deepseek_v4", None),
    "vllm-internlm2_tool": ("internlm2", None),
    "granite-4.0": ("granite4", None),
    "jamba-1.6": ("jamba", None),
    "vllm-xlam_qwen": ("xlam", None),
    "step-3.5-flash": ("step3p5", None),
    "minicpm5": ("minicpm5", None),
    "vllm-functiongemma": ("functiongemma", None),
    "vllm-llama4_pythonic": ("llama4_pythonic", None),
    "vllm-gemma3_pythonic": ("pythonic", None),
    "vllm-hunyuan_a13b": ("hunyuan_a13b", None),
}
#: What ends the turn; the texts lack it, and response templates need it.
ENDS = {"llama3_template": "<|eot_id|>", "qwen3_template": "<|im_end|>", "qwen3_5_template": "<|im_end|>"}
WAYS = ("whole", "streamed")

Calls = list[list[Any]]
Parser = Callable[[str, Any, Iterable[str]], Calls]


def decoded(arguments: Any) -> Any:
    """Arguments as an object, where they are JSON text."""
    if isinstance(arguments, str):
        try:
            return json.loads(arguments)
        except ValueError:
            return arguments
    return arguments


def ours(name: str) -> Parser:
    """This library's parser; a stream's calls are those of its deltas."""
    form = fcformat.get_format(name)

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        parser = form.stream_parser(tools)
        deltas = [delta for piece in pieces for delta in parser.feed(piece)]
        parser.finish()
        message = fcformat.chat.join_deltas([*deltas, *parser.final_deltas])
        return [[call.function.name, decoded(call.function.arguments)] for call in message.tool_calls]

    return parse


def transformers_parser(template: dict[str, Any], end: str) -> Parser:
    """Transformers' `ResponseParser` with a response template; a stream's calls are those of its message.

    Args:
        template: The response template.
        end: Text to add at the end.
    """
    from transformers.utils.chat_parsing import ResponseParser

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        parser = ResponseParser(template, prefix="", tools=tools)
        for piece in pieces:
            parser.feed(piece)
        parser.feed(end)
        message, _ = parser.finalize()
        calls = message.get("tool_calls") or []
        return [[call["function"]["name"], decoded(call["function"].get("arguments"))] for call in calls]

    return parse


def measured(parse: Parser, row: dict[str, Any], tools: Any, cells: dict[str, Counter[str]]) -> tuple[float, int]:
    """Parses a row whole and streamed; the time that the whole took, and its characters."""
    text, seconds = row["assistant_text"], 0.0
    for way in WAYS:
        start = time.perf_counter()
        try:
            found = parse(text, tools, [text] if way == "whole" else text)
        except Exception:  # a peer may raise anything; it is counted
            cells[way]["raised"] += 1
        else:
            right = found == [list(call) for call in row["true_calls"]]
            cells[way]["right" if right else "wrong"] += 1
        if way == "whole":
            seconds = time.perf_counter() - start
    return seconds, len(text)


def recorded(row: dict[str, Any], table: dict[str, dict[str, Counter[str]]]) -> None:
    """Adds what the peers returned when the data was made."""
    for peer, answer in row["peers"].items():
        name, _, way = peer.partition(", ")
        kind = "whole" if way == "whole" else "streamed" if "1-byte" in way else ""
        if kind:
            table[name.split(" ")[0]][kind]["right" if answer.get("calls_match") else "wrong"] += 1


def main() -> None:
    """Measures and prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True, help="the folder of the reference data on formats")
    arguments.add_argument("--json", type=Path)
    options = arguments.parse_args()
    try:
        from trl import chat_template_utils as trl
    except ImportError:
        trl = None
        print("trl is not installed: transformers' response templates are left out")
    document = json.loads((options.data / "conversations.json").read_text(encoding="utf-8"))
    tools = {each["id"]: each["tools"] for each in document["conversations"]}
    rows = [json.loads(line) for line in (options.data / "peer_roundtrip.jsonl").read_text("utf-8").splitlines()]
    everywhere: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {way: Counter() for way in WAYS})
    shared: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {way: Counter() for way in WAYS})
    times: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        name, template = FAMILIES[row["template"]]
        recorded(row, everywhere)
        seconds, size = measured(ours(name), row, tools[row["conversation"]], everywhere["fcformat"])
        times["fcformat"].append(1e6 * seconds / size * 1000)
        if trl is not None and template is not None:
            recorded(row, shared)
            measured(ours(name), row, tools[row["conversation"]], shared["fcformat"])
            peer = transformers_parser(getattr(trl, template), ENDS.get(template, ""))
            seconds, size = measured(peer, row, tools[row["conversation"]], shared["transformers"])
            times["transformers"].append(1e6 * seconds / size * 1000)
    figures: dict[str, Any] = {}
    for title, table in (("all families", everywhere), ("families with a response template", shared)):
        print(f"\n{title}\n{'parser':14s} {'way':10s} {'right':>6s} {'wrong':>6s} {'raised':>7s}")
        for parser, ways in sorted(table.items()):
            for way, cell in ways.items():
                print(f"{parser:14s} {way:10s} {cell['right']:6d} {cell['wrong']:6d} {cell['raised']:7d}")
                figures.setdefault(title, {}).setdefault(parser, {})[way] = dict(cell)
    print("\nmedian time for a whole text, microseconds for a thousand characters")
    for parser, each in times.items():
        median = sorted(each)[len(each) // 2]
        print(f"{parser:14s} {median:8.0f}")
        figures.setdefault("microseconds", {})[parser] = median
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
