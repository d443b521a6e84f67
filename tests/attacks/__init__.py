"""Attacks as cases; each is run in a process of its own, by the tests and by the script that measures them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["measured"]

_RUNNER = Path(__file__).resolve().parent / "run_case.py"


def measured(name: str, seconds: float) -> dict[str, Any]:
    """What came out of a case, its seconds and mebibytes; a crash or too long a time is an outcome too."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, str(_RUNNER), name],
            capture_output=True,
            text=True,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"outcome": "no end", "seconds": seconds, "mebibytes": 0.0}
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return {"outcome": f"crash {done.returncode}: {last}", "seconds": 0.0, "mebibytes": 0.0}
    result: dict[str, Any] = json.loads(done.stdout)
    return result
