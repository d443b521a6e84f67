"""Runs one attack in a process of its own and prints what came out of it, how long it took and how much memory, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from attacks.cases import CASES, outcome


def main() -> None:
    """Runs the case that the command line names."""
    case = CASES[sys.argv[1]]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = outcome(case)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(json.dumps({"outcome": found, "seconds": seconds, "mebibytes": (after - before) / unit}))


if __name__ == "__main__":
    main()
