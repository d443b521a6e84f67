"""Other projects' parsers of replies behind one interface, each where it is installed: vLLM's, SGLang's, renderers', transformers'.

A parser takes a reply, the tools and the pieces in which the reply comes, and returns the calls as `[name, arguments]`. Where parsers
need a tokenizer, a byte-level one stands in that has the family's control tokens; pieces never cut one of these, as in serving.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["CONTROL", "Calls", "Parser", "decoded", "parsers_of"]

Calls = list[list[Any]]
Parser = Callable[[str, Any, Iterable[str]], Calls]

#: What is spelled like a control token.
CONTROL = re.compile(
    r"<[|｜][^<>\n]{1,60}?[|｜]>|</?[a-z_:]{2,40}>|<\|\"\|>|<[a-z_]{2,40}\|>|<\|[a-z_]{2,40}>|\[/?[A-Z_]{3,20}\]"
)


def decoded(arguments: Any) -> Any:
    """Arguments as an object, where they are JSON text."""
    if isinstance(arguments, str):
        try:
            return json.loads(arguments)
        except ValueError:
            return arguments
    return arguments


@functools.cache
def stand_in_tokenizer(controls: tuple[str, ...]) -> Any:
    """A byte-level tokenizer without merges that has the control tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={char: number for number, char in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in controls])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>")


def joined(pieces: Iterable[tuple[int, str | None, str | None]]) -> Calls:
    """The calls of a stream's pieces: place, and what comes to the name and to the arguments."""
    calls: dict[int, list[str]] = {}
    for place, name, arguments in pieces:
        call = calls.setdefault(place, ["", ""])
        call[0] += name or ""
        call[1] += arguments or ""
    return [[name, decoded(arguments)] for _, (name, arguments) in sorted(calls.items())]


def vllm_parser(name: str, controls: tuple[str, ...]) -> Parser:
    """The parser of vLLM, with what its server does around it at a stream's end.

    Raises:
        ImportError: vLLM is not installed.
    """
    from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest
    from vllm.parser.parser_manager import ParserManager

    kind = ParserManager.get_parser(tool_parser_name=name, enable_auto_tools=True)
    tokenizer = stand_in_tokenizer(controls)

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        request = ChatCompletionRequest(model="m", messages=[{"role": "user", "content": "?"}], tools=tools)
        parser = kind(tokenizer, request.tools)
        pieces = list(pieces)
        if pieces == [text]:
            ids = tokenizer.encode(text)
            _, _, calls = parser.parse(text, request, enable_auto_tools=True, model_output_token_ids=ids)
            return [[call.name, decoded(call.arguments)] for call in calls or ()]
        found: list[tuple[int, str | None, str | None]] = []
        for place, piece in enumerate(pieces, 1):
            ids = tokenizer.encode(piece)
            delta = parser.parse_delta(piece, ids, request, prompt_token_ids=[], finished=place == len(pieces))
            for call in delta.tool_calls or () if delta is not None else ():
                function = call.function
                found.append((call.index, function and function.name, function and function.arguments))
        return joined(found)

    return parse


def sglang_parser(name: str, controls: tuple[str, ...]) -> Parser:
    """SGLang's parser.

    Raises:
        ImportError: SGLang is not installed.
    """
    from sglang.srt.entrypoints.openai.protocol import Tool
    from sglang.srt.function_call.function_call_parser import FunctionCallParser

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        parser = FunctionCallParser([Tool(**tool) for tool in tools or ()], name)
        pieces = list(pieces)
        if pieces == [text]:
            _, calls = parser.parse_non_stream(text)
            return [[call.name, decoded(call.parameters)] for call in calls]
        found = [call for piece in pieces for call in parser.parse_stream_chunk(piece)[1]]
        found += parser.parse_stream_end()[1]
        return joined((call.tool_index, call.name, call.parameters) for call in found)

    return parse


def renderers_parser(name: str, controls: tuple[str, ...]) -> Parser:
    """The parser of a class of renderers, which reads token ids of whole replies only.

    Raises:
        ImportError: renderers is not installed.
    """
    place, _, kind = name.partition(".")
    module = importlib.import_module(f"renderers.{place}")
    # It asks for all of the family's control tokens, also for those that no template shows.
    source = inspect.getsource(module)
    asked = re.findall(r"_(?:token|special)_id\(\s*[\"'](.+?)[\"']\s*\)|[\"'](｜[A-Z]+｜)[\"']", source)
    wanted = {*controls, *(text for pair in asked for text in pair if text), *CONTROL.findall(source)}
    tokenizer = stand_in_tokenizer(tuple(sorted(wanted)))
    made = getattr(module, kind)(tokenizer)

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        response = made.parse_response(tokenizer.encode(text), tools=tools)
        return [[call.name, decoded(call.arguments)] for call in response.tool_calls]

    return parse


def transformers_parser(name: str, controls: tuple[str, ...]) -> Parser:
    """Transformers' `ResponseParser` with TRL's response template of that name; a stream's calls are those of its message.

    Raises:
        ImportError: transformers or TRL is not installed.
    """
    from transformers.utils.chat_parsing import ResponseParser
    from trl import chat_template_utils

    name, _, end = name.partition(" ")  # what ends the turn: texts lack it, and templates need it
    template = getattr(chat_template_utils, name)

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        parser = ResponseParser(template, prefix="", tools=tools)
        for piece in pieces:
            parser.feed(piece)
        parser.feed(end)
        message, _ = parser.finalize()
        calls = message.get("tool_calls") or []
        return [[call["function"]["name"], decoded(call["function"].get("arguments"))] for call in calls]

    return parse


_MAKERS: dict[str, Callable[[str, tuple[str, ...]], Parser]] = {
    "vLLM": vllm_parser,
    "SGLang": sglang_parser,
    "renderers": renderers_parser,
    "transformers": transformers_parser,
}
#: Parsers that read whole replies only.
WHOLE_ONLY = frozenset(("renderers",))
#: Names of the families' parsers, by chat template of the data.
_NAMES: dict[str, dict[str, str]] = {
    "qwen2.5": {
        "vLLM": "hermes",
        "SGLang": "qwen25",
        "renderers": "qwen3.Qwen3Renderer",
        "transformers": "qwen3_template <|im_end|>",
    },
    "qwen3-coder": {
        "vLLM": "qwen3_xml",
        "SGLang": "qwen3_coder",
        "renderers": "qwen35.Qwen35Renderer",
        "transformers": "qwen3_5_template <|im_end|>",
    },
    "glm-4.5": {
        "vLLM": "glm45",
        "SGLang": "glm45",
        "renderers": "glm45.GLM45Renderer",
        "transformers": "glm4moe_template",
    },
    "llama-3.1": {
        "vLLM": "llama3_json",
        "SGLang": "llama3",
        "renderers": "llama_3.Llama3Renderer",
        "transformers": "llama3_template <|eot_id|>",
    },
    "gemma-4": {
        "vLLM": "gemma4",
        "SGLang": "gemma4",
        "renderers": "gemma4.Gemma4Renderer",
        "transformers": "gemma4_template",
    },
    "kimi-k2": {"vLLM": "kimi_k2", "SGLang": "kimi_k2", "renderers": "kimi_k2.KimiK2Renderer"},
    "minimax-m2": {"vLLM": "minimax_m2", "SGLang": "minimax-m2", "renderers": "minimax_m2.MiniMaxM2Renderer"},
    "glm-4.7-flash": {"vLLM": "glm47", "SGLang": "glm47", "renderers": "glm5.GLM5Renderer"},
    "seed-oss": {"vLLM": "seed_oss"},
    "deepseek-v3.1": {"vLLM": "deepseek_v31", "SGLang": "deepseekv31"},
    "deepseek-v3.2": {"vLLM": "deepseek_v32", "SGLang": "deepseekv32"},
    "deepseek-v4": {"vLLM": "deepseek_v4", "SGLang": "deepseekv4", "renderers": "deepseek_v4.DeepSeekV4Renderer"},
    "vllm-internlm2_tool": {"vLLM": "internlm", "SGLang": "interns1"},
    "granite-4.0": {"vLLM": "granite4"},
    "jamba-1.6": {"vLLM": "jamba"},
    "vllm-xlam_qwen": {"vLLM": "xlam"},
    "step-3.5-flash": {"vLLM": "step3p5", "SGLang": "step3p5"},
    "minicpm5": {"vLLM": "minicpm5", "SGLang": "minicpm5"},
    "vllm-functiongemma": {"vLLM": "functiongemma"},
    "vllm-llama4_pythonic": {"vLLM": "llama4_pythonic", "SGLang": "pythonic"},
    "vllm-gemma3_pythonic": {"vLLM": "pythonic", "SGLang": "pythonic"},
    "vllm-hunyuan_a13b": {"vLLM": "hunyuan_a13b"},
}


def parsers_of(template: str, controls: tuple[str, ...], absent: set[str]) -> dict[str, Parser]:
    """The installed parsers of a family.

    Args:
        template: The family's chat template in the data.
        controls: Its control tokens.
        absent: Where the names of the projects go that are not installed.
    """
    found: dict[str, Parser] = {}
    for project, name in _NAMES.get(template, {}).items():
        if project in absent:
            continue
        try:
            found[project] = _MAKERS[project](name, controls)
        except ImportError as error:
            absent.add(project)
            print(f"{project} is left out: {error}")
    return found
