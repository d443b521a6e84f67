"""The tables of MaskBench figures: from what the reference data's `maskbench.py` wrote for two engines, to docs/performance.md.

With the files that it writes for `--raw`, a second table has the schemas that both engines compile: each engine's own figures
are over what it compiles, and what one refuses may be what is slow in the other.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- maskbench: written by benchmarks/maskbench_table.py -->\n", "<!-- end -->"
ROWS = (("tbm_us", "a token, µs", 1.0), ("ttfm_us", "schema to first mask, ms", 1000.0))
WORST = 10
COLUMNS = ("avg", "p50", "p95", "p99", "p99.9", "max")


FAILED = ("compile_error", "timeout", "crash")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(ours: dict[str, Any], peer: dict[str, Any]) -> str:
    lines = ["| | engine | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for field, what, unit in ROWS:
        for result in (ours, peer):
            cells = " | ".join(_number(result[field][column] / unit) for column in COLUMNS)
            lines.append(f"| {what} | {result['engine']} {result['version']} | {cells} |")
        ratios = " | ".join(f"{peer[field][column] / ours[field][column]:.1f}" for column in COLUMNS)
        lines.append(f"| | ratio | {ratios} |")
    return "\n".join(lines) + "\n"


def table(ours: dict[str, Any], peer: dict[str, Any]) -> str:
    """Each engine over the schemas that it compiles, as Markdown: percentiles, and the peer's over ours."""
    passing = "; ".join(f"{r['engine']} {r['outcomes']['passing']:,} of {r['schemas']:,}" for r in (ours, peer))
    return f"{_table(ours, peer)}\nSchemas passing: {passing}.\n"


def _records(path: Path) -> dict[str, dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {record["id"]: record for record in map(json.loads, lines)}


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    at = {column: ordered[int(len(ordered) * float(column[1:]) / 100)] for column in COLUMNS if column[0] == "p"}
    return {**at, "avg": sum(ordered) / len(ordered), "max": ordered[-1]}


def common_table(ours: dict[str, Any], peer: dict[str, Any], raw: tuple[Path, Path]) -> str:
    """The same over the schemas that both compile, and on how many of them the peer is the faster one."""
    records = [_records(path) for path in raw]
    both = [
        name
        for name in records[0].keys() & records[1].keys()
        if all(each[name]["outcome"] not in FAILED and each[name].get("ttfm_us") for each in records)
    ]
    results = []
    for engine, each in zip((ours, peer), records, strict=True):
        masks = [time for name in both for time in each[name]["mask_us"]]
        first = [each[name]["ttfm_us"] for name in both]
        results.append({**engine, "tbm_us": _percentiles(masks), "ttfm_us": _percentiles(first)})

    def mean(record: dict[str, Any]) -> float:
        return float(sum(record["mask_us"]) / max(1, len(record["mask_us"])))

    late = [name for name in both if records[0][name]["ttfm_us"] > records[1][name]["ttfm_us"]]
    return (
        f"On the {len(both):,} schemas that both compile:\n\n{_table(*results)}\n{_worst('the average mask, µs', both, records, mean)}\n"
        f"{_worst('the first mask, ms', both, records, lambda record: float(record['ttfm_us']) / 1000)}\n"
        f"The first mask is slower than the peer's in {len(late)}.\n"
    )


def _worst(
    what: str, names: list[str], records: list[dict[str, dict[str, Any]]], figure: Callable[[dict[str, Any]], float]
) -> str:
    """The ten schemas in which a figure is worst against the peer's."""

    def ratio(name: str) -> float:
        return figure(records[0][name]) / max(figure(records[1][name]), 1e-9)

    lines = [f"| worst against the peer: {what} | ours | peer |", "|---|---|---|"]
    lines.extend(
        f"| `{name}` | {_number(figure(records[0][name]))} | {_number(figure(records[1][name]))} |"
        for name in sorted(names, key=ratio, reverse=True)[:WORST]
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours", type=Path)
    parser.add_argument("peer", type=Path)
    parser.add_argument(
        "--raw", type=Path, nargs=2, metavar="FILE", help="what maskbench.py wrote for --raw, ours and the peer's"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks in this file")
    arguments = parser.parse_args()
    ours, peer = json.loads(arguments.ours.read_text()), json.loads(arguments.peer.read_text())
    made = table(ours, peer)
    if arguments.raw is not None:
        made += "\n" + common_table(ours, peer, tuple(arguments.raw))
    print(made)
    if arguments.write is not None:
        text = arguments.write.read_text()
        if BEGIN not in text:
            raise SystemExit(f"{arguments.write}: found no line {BEGIN.strip()!r}")
        pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
        arguments.write.write_text(re.sub(pattern, lambda _: BEGIN + made + END, text, count=1, flags=re.DOTALL))


if __name__ == "__main__":
    main()
