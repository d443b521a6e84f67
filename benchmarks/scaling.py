"""Scaling: time to the first mask, time a token and memory along one axis at a time, from 10 to 100,000.

Every point runs in a process of its own, forked from this one so that engines and vocabulary are there already, with a time and a memory
limit: a point that takes too long, grows too much or crashes ends its engine's curve, is named with the reason, and holds up nothing.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from axes import AXES, Axis

from engines import Engine

__all__ = ["scaling"]

now = time.perf_counter_ns
MEMORY_LIMIT = 4 << 30  # bytes that a point may take on top of what the process has
REPEATS = 5  # of a first mask that takes little


def _pages(field: int) -> int:
    return int(Path("/proc/self/statm").read_text().split()[field]) * os.sysconf("SC_PAGE_SIZE")


def _own_memory() -> float:
    """Megabytes that this process has written to itself: what it shares with the process it was forked from does not count."""
    smaps = Path("/proc/self/smaps_rollup")
    if not smaps.exists():
        return math.nan
    fields = dict(line.split(":", 1) for line in smaps.read_text().splitlines()[1:])
    return float(fields["Private_Dirty"].split()[0]) / 1024


def _point(engine: Engine, axis: Axis, size: int, ids: list[int], sender: Connection) -> None:
    """Measures in the child and sends the figures, or the reason why there are none."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if Path("/proc/self/statm").exists():
        limit = _pages(0) + MEMORY_LIMIT
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        schema = axis.schema(size)
        before = _own_memory()
        first: list[int] = []
        grammar: Any = None
        while len(first) < REPEATS and sum(first) < 0.5e9:
            grammar = None
            start = now()
            grammar = engine.compile(schema)
            engine.fill(engine.matcher(grammar))
            first.append(now() - start)
        matcher = engine.matcher(grammar)
        times = []
        for place, token in enumerate(ids):
            start = now()
            engine.fill(matcher)
            accepted = engine.accept(matcher, token)
            times.append(now() - start)
            if not accepted:
                raise ValueError(f"refuses token {place} of {len(ids)}")
        times.sort()
        sender.send(
            {
                "size": size,
                "schema_bytes": len(json.dumps(schema)),
                "tokens": len(ids),
                "first_mask_ms": min(first) / 1e6,
                "token_us": sum(times) / len(times) / 1e3,
                "token_p50_us": times[len(times) // 2] / 1e3,
                "token_max_us": times[-1] / 1e3,
                "memory_mb": _own_memory() - before,
            }
        )
    except MemoryError:
        sender.send({"stopped": f"takes more than {MEMORY_LIMIT >> 30} GiB"})
    except BaseException as error:  # each engine has errors of its own, also a PanicException
        sender.send({"stopped": " ".join(f"{type(error).__name__}: {error}".split())[:120]})


def measure_point(engine: Engine, axis: Axis, size: int, ids: list[int], seconds: float) -> dict[str, Any]:
    """Figures of one point, or `{"stopped": reason}`."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_point, args=(engine, axis, size, ids, sender))
    child.start()
    sender.close()
    try:
        found: dict[str, Any] = receiver.recv() if receiver.poll(seconds) else {"stopped": f"takes over {seconds:g} s"}
    except EOFError:
        child.join(10)
        found = {"stopped": f"the process ends with code {child.exitcode}"}
    child.kill()
    child.join()
    return found


def scaling(
    engines: list[Engine],
    tokenizer: Any,
    largest: int,
    seconds: float,
    plots: Path | None = None,
    only: list[str] | None = None,
) -> dict[str, Any]:
    """Measures all axes up to a size, each point within so many seconds; an engine's curve ends at its first point without figures."""
    print(f"\n== scaling: ms to the first mask | us a token, mean of a first pass | MB; a point may take {seconds:g} s")
    figures: dict[str, Any] = {}
    for name in only or AXES:
        axis = AXES[name]
        figures[name] = {engine.name: [] for engine in engines}
        stopped: dict[str, str] = {}
        for size in axis.sizes:
            if size > largest:
                break
            ids = tokenizer.encode(axis.text(size), add_special_tokens=False)
            for engine in engines:
                if engine.name in stopped:
                    continue
                point = measure_point(engine, axis, size, ids, seconds)
                if "stopped" in point:
                    stopped[engine.name] = f"{size:,}: {point['stopped']}"
                    figures[name][engine.name].append({"size": size, **point})
                else:
                    figures[name][engine.name].append(point)
        print(f"  {name} ({axis.note})")
        for engine_name, points in figures[name].items():
            cells = "   ".join(
                f"{p['size']:>7,}: {p['first_mask_ms']:9.2f} | {p['token_us']:8.1f} | {p['memory_mb']:6.1f}"
                for p in points
                if "stopped" not in p
            )
            print(f"    {engine_name:<11} {cells}")
            if engine_name in stopped:
                print(f"    {'':<11} ends at {stopped[engine_name]}")
    if plots is not None:
        from plots import plot_scaling

        for path in plot_scaling(figures, plots):
            print(f"  wrote {path}")
    return figures
