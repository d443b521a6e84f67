"""Plots of the scaling section as images, one for each figure. Needs matplotlib; nothing here measures."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

__all__ = ["plot_scaling"]

FIELDS = {
    "first_mask_ms": "schema to first mask, ms",
    "token_us": "fill and accept a token, mean of a first pass, µs",
}
COLUMNS = 4


def plot_scaling(figures: dict[str, Any], folder: Path) -> list[Path]:
    """Writes one image for each field: a panel for each axis, a curve for each engine, both scales logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for field, label in FIELDS.items():
        rows = math.ceil(len(figures) / COLUMNS)
        figure, grid = plt.subplots(rows, COLUMNS, figsize=(3.6 * COLUMNS, 2.5 * rows), squeeze=False)
        panels = list(grid.flat)
        for panel, (axis, engines) in zip(panels, figures.items(), strict=False):
            for number, (engine, points) in enumerate(engines.items()):
                known = [p for p in points if "stopped" not in p]
                panel.loglog(
                    [p["size"] for p in known],
                    [max(p[field], 0.01) for p in known],
                    marker="o",
                    markersize=3,
                    color=f"C{number}",
                    label=engine,
                )
                if known and len(known) < len(points):
                    panel.loglog(known[-1]["size"], max(known[-1][field], 0.01), "x", color=f"C{number}", markersize=9)
            panel.set_title(axis, fontsize=10)
            panel.grid(visible=True, which="major", alpha=0.3)
            panel.tick_params(labelsize=8)
        for panel in panels[len(figures) :]:
            panel.set_visible(False)
        panels[0].legend(fontsize=8)
        figure.suptitle(f"{label} (a cross: no point behind this one, for time, memory or a refusal)", fontsize=11)
        figure.tight_layout()
        path = folder / f"scaling-{field.rsplit('_', 1)[0].replace('_', '-')}.png"
        figure.savefig(path, dpi=75)
        plt.close(figure)
        written.append(path)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path, help="what python -m benchmarks --json wrote")
    parser.add_argument("folder", type=Path, help="where the images go")
    arguments = parser.parse_args()
    for path in plot_scaling(json.loads(arguments.figures.read_text())["scaling"], arguments.folder):
        print(path)


if __name__ == "__main__":
    main()
