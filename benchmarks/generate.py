"""What a constraint costs in `generate()`: time a token, constrained against free, at several batch sizes; our peers in the same process.

A random model is made to say a given JSON text by a processor that raises the score of the text's next token, in free and constrained
runs alike: so all runs generate the same tokens, and the difference is the constraint's alone. Runs take turns, so that a machine that
slows down slows all of them; what is compared is the median. `--clock cpu` counts the process's processor time instead, which other
processes disturb less (with one thread: OMP_NUM_THREADS=1). With jump-forward the same characters are made in fewer passes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import torch
import transformers

import fcformat
from cases import CASES
from support.tokenizers import QWEN_LOGITS, qwen_tokenizer

# Shapes by name: hidden size, layers, heads, key-value heads, intermediate size.
SHAPES = {
    "5M": (64, 4, 4, 2, 128),
    "50M": (256, 8, 4, 2, 1024),
    "0.5B": (896, 24, 14, 2, 4864),
}
STYLE = fcformat.JSONStyle(whitespace="python", escapes="minimal")
Arguments = Callable[[], dict[str, Any]]


class Script(transformers.LogitsProcessor):  # type: ignore[misc, unused-ignore]
    """Makes a model say a text."""

    def __init__(self, ids: list[int], start: int) -> None:
        self._ids = ids
        self._start = start

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.Tensor:
        raised = scores.clone()
        raised[:, self._ids[input_ids.shape[1] - self._start]] += 1e4
        return raised


def model_of(shape: str, end: int) -> Any:
    hidden, layers, heads, kv_heads, intermediate = SHAPES[shape]
    config = transformers.Qwen2Config(
        vocab_size=QWEN_LOGITS,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        intermediate_size=intermediate,
        tie_word_embeddings=True,
        eos_token_id=end,
        pad_token_id=end,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    return transformers.Qwen2ForCausalLM(config).eval()


def contenders(model: Any, tokenizer: Any, schema: Any, jump: bool) -> dict[str, Arguments]:
    """Keyword arguments for `generate()` by name, made anew for each run; what can be compiled before is."""
    made: dict[str, Arguments] = {"free": dict}
    made["fcformat"] = lambda: fcformat.constrain(model, tokenizer, schema, style=STYLE)
    if jump:
        made["fcformat, jump-forward"] = lambda: fcformat.constrain(
            model, tokenizer, schema, style=STYLE, jump_forward=True
        )
    if importlib.util.find_spec("xgrammar"):
        import xgrammar
        import xgrammar.contrib.hf

        info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=QWEN_LOGITS)
        compiled = xgrammar.GrammarCompiler(info).compile_json_schema(json.dumps(schema), any_whitespace=False)
        made["xgrammar"] = lambda: {"logits_processor": [xgrammar.contrib.hf.LogitsProcessor(compiled)]}
    if importlib.util.find_spec("llguidance") and importlib.util.find_spec("outlines"):
        import llguidance
        import llguidance.hf
        from outlines.backends.llguidance import LLGuidanceLogitsProcessor

        reader = llguidance.hf.from_tokenizer(tokenizer, n_vocab=QWEN_LOGITS)
        grammar = llguidance.LLMatcher.grammar_from_json_schema(json.dumps(schema))
        made["llguidance (Outlines)"] = lambda: {
            "logits_processor": [LLGuidanceLogitsProcessor(grammar, reader, "torch")]
        }
    return made


def run(
    model: Any, arguments: dict[str, Any], inputs: dict[str, Any], ids: list[int], clock: Callable[[], float]
) -> float:
    """Seconds for generating the ids in every row, which is checked."""
    start = inputs["input_ids"].shape[1]
    script = Script(ids, start)
    processors = transformers.LogitsProcessorList([script, *arguments.pop("logits_processor", ())])
    begin = clock()
    output = model.generate(
        **inputs, **arguments, logits_processor=processors, do_sample=False, max_new_tokens=len(ids)
    )
    seconds = clock() - begin
    if any(row != ids for row in output[:, start:].tolist()):
        raise RuntimeError(f"found {output[0, start:].tolist()}, expected {ids}")
    return seconds


def measure(
    model: Any, tokenizer: Any, batch: int, tokens: int, rounds: int, case: str, clock: Callable[[], float]
) -> dict[str, Any]:
    schema, instances = CASES[case]
    ids = tokenizer.encode(json.dumps(instances[0], ensure_ascii=False))[:tokens]
    prompt = torch.tensor([tokenizer.encode("Who lives here?")] * batch)
    inputs = {"input_ids": prompt, "attention_mask": torch.ones_like(prompt)}
    makers = contenders(model, tokenizer, schema, jump=True)
    for make in makers.values():  # compile, fill caches, touch memory
        run(model, make(), inputs, ids, clock)
    seconds: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(rounds):
        for name, make in makers.items():
            seconds[name].append(run(model, make(), inputs, ids, clock))
    free = seconds["free"]
    return {
        name: {
            "ms_per_token": statistics.median(times) * 1e3 / len(ids),
            # Each run against the free run beside it: what slows the machine slows both.
            "over_free": statistics.median(mine / other for mine, other in zip(times, free, strict=True)) - 1,
        }
        for name, times in seconds.items()
    }


def table(
    shape: str, batches: list[int], tokens: int, rounds: int, case: str, clock: Callable[[], float]
) -> dict[int, dict[str, Any]]:
    """Measures and prints a row for each batch size and processor."""
    tokenizer = qwen_tokenizer()
    model = model_of(shape, tokenizer.eos_token_id)
    print("| batch | processor | ms a step | tokens a second | against free |\n|---|---|---|---|---|")
    kept: dict[int, Any] = {}
    for batch in batches:
        kept[batch] = measure(model, tokenizer, batch, tokens, rounds, case, clock)
        for name, figures in kept[batch].items():
            speed = batch / figures["ms_per_token"] * 1e3
            print(
                f"| {batch} | {name} | {figures['ms_per_token']:.2f} | {speed:,.0f} | {figures['over_free']:+.1%} |",
                flush=True,
            )
    return kept


def section(quick: bool) -> dict[int, dict[str, Any]]:
    """What `python -m benchmarks` runs: a small model, batches of 1 and 32."""
    transformers.logging.set_verbosity_error()
    shape, tokens, rounds = ("5M", 20, 2) if quick else ("50M", 100, 7)
    print(f"\n== generate: a random model of shape {shape}, {tokens} tokens, with and without a constraint")
    return table(shape, [1] if quick else [1, 32], tokens, rounds, "people", time.perf_counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="50M")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", choices=list(CASES), default="people")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    print(
        f"model of shape {options.shape}, {torch.get_num_threads()} threads, {options.tokens} tokens of {options.case!r}, {options.clock} time\n"
    )
    kept = table(options.shape, options.batches, options.tokens, options.rounds, options.case, clock)
    if options.json is not None:
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
