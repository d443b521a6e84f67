"""The table of MaskBench figures: from what the reference data's `maskbench.py` wrote for two engines, to docs/performance.md."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- maskbench: written by benchmarks/maskbench_table.py -->\n", "<!-- end -->"
ROWS = (("tbm_us", "a token, µs", 1.0), ("ttfm_us", "schema to first mask, ms", 1000.0))
COLUMNS = ("avg", "p50", "p95", "p99", "p99.9", "max")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(ours: dict[str, Any], peer: dict[str, Any]) -> str:
    """A Markdown table: both engines' percentiles, and the peer's over ours."""
    lines = ["| | engine | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for field, what, unit in ROWS:
        for result in (ours, peer):
            cells = " | ".join(_number(result[field][column] / unit) for column in COLUMNS)
            lines.append(f"| {what} | {result['engine']} {result['version']} | {cells} |")
        ratios = " | ".join(f"{peer[field][column] / ours[field][column]:.1f}" for column in COLUMNS)
        lines.append(f"| | ratio | {ratios} |")
    passing = "; ".join(f"{r['engine']} {r['outcomes']['passing']:,} of {r['schemas']:,}" for r in (ours, peer))
    return "\n".join(lines) + f"\n\nSchemas passing: {passing}.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours", type=Path)
    parser.add_argument("peer", type=Path)
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks in this file")
    arguments = parser.parse_args()
    made = table(json.loads(arguments.ours.read_text()), json.loads(arguments.peer.read_text()))
    print(made)
    if arguments.write is not None:
        text = arguments.write.read_text()
        if BEGIN not in text:
            raise SystemExit(f"{arguments.write}: found no line {BEGIN.strip()!r}")
        pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
        arguments.write.write_text(re.sub(pattern, lambda _: BEGIN + made + END, text, count=1, flags=re.DOTALL))


if __name__ == "__main__":
    main()
