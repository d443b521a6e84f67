"""The sections of `python -m benchmarks` besides masks: compiling, batches, applying."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from mask import first_mask

import fcformat
from cases import CASES
from engines import Engine

__all__ = ["apply", "batches", "compile_times"]

now = time.perf_counter_ns


def best(passes: int, task: Callable[..., Any], *arguments: Any) -> float:
    """Microseconds of the fastest pass."""
    fastest = math.inf
    for _ in range(passes):
        start = now()
        task(*arguments)
        fastest = min(fastest, now() - start)
    return fastest / 1e3


def print_row(name: str, times: dict[str, float | None], unit: str) -> None:
    ours = times["fcformat"]
    cells = []
    for engine, value in times.items():
        if value is None:
            cells.append(f"{engine} refuses")
        elif engine == "fcformat" or ours is None:
            cells.append(f"{engine} {value:,.1f} {unit}")
        else:
            cells.append(f"{engine} {value:,.1f} (x {value / ours:.1f})")
    print(f"  {name:<28} " + "   ".join(cells))


def fill_each(engine: Engine, matchers: list[Any]) -> None:
    """One mask after another."""
    for matcher in matchers:
        engine.fill(matcher)


def attempt(task: Callable[..., float], *arguments: Any) -> float | None:
    """None where an engine refuses."""
    try:
        return task(*arguments)
    except Exception:  # each engine has errors of its own
        return None


def compile_times(engines: list[Engine], passes: int) -> dict[str, Any]:
    """From a schema to its first mask, from cold."""
    print("\n== compile: schema to first mask, cold, us")
    figures: dict[str, Any] = {}
    for name, (schema, _) in CASES.items():
        figures[name] = {
            engine.name: attempt(lambda *pair: min(first_mask(*pair) for _ in range(passes)) / 1e3, engine, schema)
            for engine in engines
        }
        print_row(name, figures[name], "us")
    return figures


def _advanced(engine: Engine, schema: Any, ids: list[int]) -> Any:
    matcher = engine.matcher(engine.compile(schema))
    for token in ids:
        if not engine.accept(matcher, token):
            raise ValueError("refuses the text")
    return matcher


def batches(engines: list[Engine], tokenizer: Any, passes: int) -> dict[str, Any]:
    """Masks of many sequences under different schemas, in one call where the engine has one."""
    print("\n== batch: masks of N sequences under N schemas, known and from cold, us a step")
    figures: dict[str, Any] = {}
    ids = tokenizer.encode('{"name": "Ada', add_special_tokens=False)

    def schema_of(number: int) -> Any:
        return {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 20 + number}, f"field{number}": {"type": "integer"}},
            "required": ["name"],
        }

    for count in (32, 128):
        times: dict[str, float | None] = {}
        for engine in engines:

            def run(engine: Engine = engine, count: int = count) -> float:
                matchers = [_advanced(engine, schema_of(number), ids) for number in range(count)]
                if engine.name == "fcformat":
                    mask = np.zeros((count, engine.mask.shape[0]), dtype=np.int32)
                    batch = fcformat.BatchGrammarMatcher()
                    return best(passes, batch.batch_fill_next_token_bitmask, matchers, mask)
                return best(passes, fill_each, engine, matchers)

            times[engine.name] = attempt(run)
        figures[f"{count} schemas"] = times
        print_row(f"{count} schemas", times, "us")
        ours = engines[0]
        cold: list[float] = []
        parallel: list[float] = []
        single: list[float] = []
        for _ in range(max(2, passes // 5)):
            for threads, found in ((1, cold), ("auto", parallel)):
                matchers = [_advanced(ours, schema_of(number), ids) for number in range(count)]
                mask = np.zeros((count, ours.mask.shape[0]), dtype=np.int32)
                batch = fcformat.BatchGrammarMatcher(threads)  # type: ignore[arg-type]
                found.append(best(1, batch.batch_fill_next_token_bitmask, matchers, mask))
            matchers = [_advanced(ours, schema_of(number), ids) for number in range(count)]
            single.append(best(1, fill_each, ours, matchers))
        figures[f"{count} cold"] = {"one by one": min(single), "one thread": min(cold), "threads": min(parallel)}
        print(
            f"  {count} from cold: one by one {min(single):,.0f} us, one call {min(cold):,.0f}, "
            f"on threads {min(parallel):,.0f} (x {min(single) / min(parallel):.2f})"
        )
    return figures


def apply(passes: int, vocab_size: int = 151_936) -> dict[str, Any]:
    """Forbidden logits to minus infinity, against a plain fill of as many bytes; and torch's own way with a ready-made boolean mask."""
    import torch

    print(
        "\n== apply: (32, 151,936), us; beside it a plain fill of as many bytes and masked_fill_ with a ready boolean mask"
    )
    figures: dict[str, Any] = {}
    source = np.random.default_rng(0)
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        for density in (0.0, 0.01, 0.5, 0.99, 1.0):
            logits = torch.randn((32, vocab_size)).to(dtype)
            bits = source.random((32, (vocab_size + 31) // 32 * 32)) < density
            mask = torch.from_numpy(np.packbits(bits, axis=1, bitorder="little").view(np.int32))
            forbidden = torch.from_numpy(~bits[:, :vocab_size])
            name = f"{str(dtype).removeprefix('torch.')}, {density:.0%} allowed"
            tasks: dict[str, tuple[Any, ...]] = {
                "fcformat": (fcformat.apply_token_bitmask_inplace, logits, mask),
                "plain fill": (_fill_bytes, logits),
                "masked_fill_": (logits.masked_fill_, forbidden, -math.inf),
            }
            if importlib.util.find_spec("xgrammar"):
                import xgrammar

                tasks["xgrammar"] = (xgrammar.apply_token_bitmask_inplace, logits, mask)
            times = dict.fromkeys(tasks, math.inf)
            for _ in range(passes):  # in turns, so that what slows the machine slows all of them
                for other, (task, *arguments) in tasks.items():
                    times[other] = min(times[other], best(1, task, *arguments))
            figures[name] = times
            print_row(name, dict(times), "us")
    return figures


def _fill_bytes(logits: Any) -> None:
    """NumPy's fill of the tensor's bytes as 32-bit words: what writing them costs."""
    import torch

    logits.view(torch.int32).numpy().fill(1)
