"""How long `import fcformat` takes in a fresh interpreter, beside NumPy, which it loads only when it is needed.

Each figure is the median of several processes; what an interpreter needs to start is not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

STATEMENTS = {"numpy": "import numpy", "fcformat": "import fcformat", "fcformat.cli": "import fcformat.cli"}


def milliseconds(statement: str, folder: str) -> float:
    """Time of one statement in a fresh interpreter."""
    code = f"import time; start = time.perf_counter(); {statement}; print((time.perf_counter() - start) * 1e3)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    return float(run.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=15, help="interpreters for each statement (default: 15)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder
    ):  # away from the source tree, so that the installed package is measured
        for statement in STATEMENTS.values():
            milliseconds(statement, folder)  # fills the caches of the file system
        # In turns, so that a slow minute hits all of them.
        rounds = [
            {name: milliseconds(text, folder) for name, text in STATEMENTS.items()} for _ in range(arguments.processes)
        ]
    medians = {name: statistics.median(one[name] for one in rounds) for name in STATEMENTS}
    for name, value in medians.items():
        print(f"import {name:<12} {value:7.1f} ms")
    if arguments.json:
        arguments.json.write_text(json.dumps(medians, indent=2) + "\n")


if __name__ == "__main__":
    main()
