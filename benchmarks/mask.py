"""Time for the masks of whole texts, beside the other engines that are installed, as ratios.

For every schema and instance, the instance's tokens are gone through one by one: fill the mask, test the token's bit,
accept the token. The engines take turns; each token counts with its fastest pass. A cold compiler is timed from the
schema to the first mask. An engine that refuses a schema or a token is left out of that case and named.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from cases import CASES
from engines import Engine, installed_engines

now = time.perf_counter_ns


def load_tokenizer(path: str) -> Any:
    """A transformers tokenizer from a file or folder; `demo` is the small one of the package, `qwen` that of dashscope's wheel."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if path == "demo":
        from fcformat.demo import load_tokenizer as load_demo_tokenizer

        return load_demo_tokenizer()
    if path == "qwen":
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
        from support.tokenizers import qwen_tokenizer

        return qwen_tokenizer()
    if Path(path).is_file():
        return PreTrainedTokenizerFast(tokenizer_file=path, eos_token="<|im_end|>")
    return AutoTokenizer.from_pretrained(path, local_files_only=True)


def first_mask(engine: Engine, schema: Any) -> int:
    """Nanoseconds from the schema to the first mask, from cold."""
    start = now()
    engine.fill(engine.matcher(engine.compile(schema)))
    return now() - start


def one_pass(engine: Engine, grammar: Any, ids: list[int]) -> list[int]:
    """Nanoseconds for each token of a text.

    Raises:
        ValueError: The engine refuses a token, or the text as a whole.
    """
    matcher, mask = engine.matcher(grammar), engine.mask
    times = []
    for place, token in enumerate(ids):
        start = now()
        engine.fill(matcher)
        allowed = (int(mask[token >> 5]) >> (token & 31)) & 1 and engine.accept(matcher, token)
        times.append(now() - start)
        if not allowed:
            raise ValueError(f"refuses token {place} of {len(ids)}")
    if not engine.complete(matcher):
        raise ValueError("does not take the text as complete")
    return times


def measure(engines: list[Engine], schema: Any, texts: list[list[int]], passes: int) -> dict[str, Any]:
    """Figures of one case for each engine, or what it refused."""
    result: dict[str, Any] = {}
    best: dict[str, list[int]] = {}
    first: dict[str, int] = {}
    grammars: dict[str, Any] = {}
    for engine in engines:
        try:
            grammars[engine.name] = engine.compile(schema)
        except Exception as error:  # each engine has errors of its own
            result[engine.name] = {"refused": f"does not compile: {error}"[:200]}
    for _ in range(passes):
        for engine in engines:
            if engine.name in result:
                continue
            gc.collect()
            gc.disable()
            try:
                duration = first_mask(engine, schema)
                times = [item for ids in texts for item in one_pass(engine, grammars[engine.name], ids)]
            except ValueError as error:
                result[engine.name] = {"refused": str(error)}
                continue
            finally:
                gc.enable()
            first[engine.name] = min(duration, first.get(engine.name, duration))
            best[engine.name] = [min(pair) for pair in zip(times, best.get(engine.name, times), strict=True)]
    for name, times in best.items():
        if name not in result:
            ordered = sorted(times)
            result[name] = {
                "tokens": len(times),
                "mean_us": statistics.fmean(times) / 1e3,
                "p50_us": ordered[len(ordered) // 2] / 1e3,
                "p99_us": ordered[int(len(ordered) * 0.99)] / 1e3,
                "first_mask_ms": first[name] / 1e6,
            }
    return result


def print_case(name: str, figures: dict[str, Any]) -> None:
    """The case's rows; ratios are a peer's figure over ours."""
    print(f"\n{name}")
    ours = figures["fcformat"]
    for engine, row in figures.items():
        if "refused" in row:
            print(f"  {engine:<12} {row['refused']}")
            continue
        keys = ("mean_us", "p50_us", "p99_us", "first_mask_ms")
        cells = "  ".join(f"{key} {row[key]:9.2f}" for key in keys)
        ratios = (
            ""
            if engine == "fcformat" or "refused" in ours
            else "  x " + " ".join(f"{row[key] / ours[key]:.1f}" for key in keys)
        )
        print(f"  {engine:<12} {cells}{ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tokenizer", default="demo", metavar="PATH", help="demo (default), qwen, a tokenizer.json or a folder"
    )
    parser.add_argument(
        "--vocab-size", type=int, metavar="N", help="width of the logits (default: the tokenizer's size)"
    )
    parser.add_argument("--passes", type=int, default=5, help="passes over every text (default: 5)")
    parser.add_argument("--case", action="append", choices=sorted(CASES), help="only this case (again for more)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    arguments = parser.parse_args()
    tokenizer = load_tokenizer(arguments.tokenizer)
    engines = installed_engines(tokenizer, arguments.vocab_size or len(tokenizer))
    figures: dict[str, Any] = {}
    for name in arguments.case or CASES:
        schema, instances = CASES[name]
        texts = [
            tokenizer.encode(json.dumps(value, ensure_ascii=False), add_special_tokens=False) for value in instances
        ]
        figures[name] = measure(engines, schema, texts, arguments.passes)
        print_case(name, figures[name])
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
