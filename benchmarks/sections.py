"""The sections of `python -m benchmarks` besides masks: compiling, batches, applying, scaling."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from mask import first_mask

import fcformat
from cases import CASES
from engines import Engine

__all__ = ["apply", "batches", "compile_times", "scaling"]

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


def apply(vocab_size: int, passes: int) -> dict[str, Any]:
    """Forbidden logits to minus infinity, against a plain fill of as many bytes."""
    print("\n== apply: (32, vocabulary) float32, us")
    figures: dict[str, Any] = {}
    source = np.random.default_rng(0)
    for density in (0.0, 0.01, 0.5, 0.99, 1.0):
        logits = source.standard_normal((32, vocab_size), dtype=np.float32)
        bits = source.random((32, (vocab_size + 31) // 32 * 32)) < density
        mask = np.packbits(bits, axis=1, bitorder="little").view(np.int32)
        ours = best(passes, fcformat.apply_token_bitmask_inplace, logits, mask)
        fill = best(passes, logits.fill, 1.0)
        figures[f"{density:.0%} allowed"] = {"fcformat": ours, "plain fill": fill}
        print_row(f"{density:.0%} allowed", figures[f"{density:.0%} allowed"], "us")
    return figures


def _nested(depth: int) -> Any:
    schema: Any = {"type": "integer"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema, "minItems": 1}
    return schema


def _value(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


AXES: dict[str, tuple[Callable[[int], Any], Callable[[int], Any], list[int]]] = {
    "enum values": (lambda n: {"enum": [f"value {i:06}" for i in range(n)]}, lambda n: f"value {n - 1:06}", [10, 100, 1000, 10_000, 100_000]),
    "properties": (
        lambda n: {"type": "object", "properties": {f"name{i:05}": {"type": "integer"} for i in range(n)}, "additionalProperties": False},
        lambda n: {f"name{i:05}": i for i in range(0, n, max(1, n // 5))},
        [10, 100, 1000, 10_000],
    ),
    "maxLength": (lambda n: {"type": "string", "maxLength": n}, lambda n: "word " * min(40, n // 5), [10, 100, 1000, 10_000, 100_000]),
    "oneOf branches": (
        lambda n: {"oneOf": [{"type": "object", "properties": {"kind": {"const": f"k{i}"}, "v": {"type": "integer"}}, "required": ["kind", "v"], "additionalProperties": False} for i in range(n)]},
        lambda n: {"kind": f"k{n - 1}", "v": 1},
        [10, 30, 100, 300],
    ),
    "free keys written": (lambda n: True, lambda n: {f"key {i}": i for i in range(n)}, [10, 100, 1000, 5000]),
    "items written": (lambda n: {"type": "array", "items": {"type": "integer"}}, lambda n: list(range(n)), [10, 100, 1000, 5000]),
    "pattern repeats": (lambda n: {"type": "string", "pattern": "^" + "[a-z]+-" * n + "$"}, lambda n: "ab-" * n, [10, 30, 100, 300]),
    "nesting": (_nested, _value, [10, 30, 100, 200]),
}  # fmt: skip


def scaling(engines: list[Engine], tokenizer: Any, sizes: int, plots: Path | None) -> dict[str, Any]:
    """Time to the first mask and mean time a token along one axis at a time; engines stop at 10 s a point or a refusal."""
    print("\n== scaling: ms to the first mask | us a token, mean over a cold pass")
    figures: dict[str, Any] = {}
    for axis, (schema_of, value_of, all_sizes) in AXES.items():
        figures[axis] = {engine.name: [] for engine in engines}
        for engine in engines:
            for size in all_sizes[:sizes]:
                text = json.dumps(value_of(size), ensure_ascii=False)
                ids = tokenizer.encode(text, add_special_tokens=False)
                start = now()
                try:
                    first = first_mask(engine, schema_of(size)) / 1e6
                    matcher = engine.matcher(engine.compile(schema_of(size)))
                    begin = now()
                    for token in ids:
                        engine.fill(matcher)
                        if not engine.accept(matcher, token):
                            raise ValueError("refuses a token")
                    each = (now() - begin) / 1e3 / len(ids)
                except Exception as error:  # each engine has errors of its own
                    print(f"  {axis} {size}: {engine.name}: {str(error)[:80]}")
                    break
                figures[axis][engine.name].append({"size": size, "first_mask_ms": first, "token_us": each})
                if now() - start > 10e9:
                    break
        for engine_name, points in figures[axis].items():
            shown = "   ".join(f"{p['size']:>6}: {p['first_mask_ms']:8.2f} | {p['token_us']:7.2f}" for p in points)
            print(f"  {axis:<18} {engine_name:<11} {shown}")
    if plots is not None:
        _plot(figures, plots)
    return figures


def _plot(figures: dict[str, Any], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    for field, label in (("first_mask_ms", "schema to first mask, ms"), ("token_us", "mean time a token, µs")):
        fig, grid = plt.subplots(2, 4, figsize=(15, 6.5))
        for axes, (axis, rows) in zip(grid.flat, figures.items(), strict=False):
            for engine, points in rows.items():
                if points:
                    axes.loglog([p["size"] for p in points], [p[field] for p in points], marker="o", label=engine)
            axes.set_title(axis)
            axes.grid(True, which="major", alpha=0.3)
        grid.flat[0].legend()
        fig.supylabel(label)
        fig.tight_layout()
        fig.savefig(folder / f"scaling-{field.replace('_', '-')}.png", dpi=80)
        plt.close(fig)
