"""Goes through all properties, file by file, for as long as it is told, with a new seed each time.

    python tests/property/soak.py --minutes 30                    # or FCFORMAT_SOAK_MINUTES=30
    python tests/property/soak.py --minutes 30 --group engine     # files whose name has the text in it

The file that has had least time is next, with twice the examples that it had before, so that all are looked at early and none
for ever. Before each step the command is printed that repeats it, its seed in it. A failure is printed whole; the run goes on, and exits
with 1 at the end. A step that is running when the time is out is ended.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Examples of a property the first time, and at most.
_FIRST, _MOST = 200, 20_000


@dataclasses.dataclass
class Progress:
    """How much of one file has been done."""

    file: Path
    seconds: float = 0.0
    steps: int = 0
    failures: int = 0

    @property
    def examples(self) -> int:
        """Examples of a property in the next step."""
        return min(_MOST, _FIRST << min(self.steps, 20))


def step(progress: Progress, seed: int, left: float) -> str:
    """Runs a file once; "passed", "failed", or "out of time"."""
    path = progress.file.relative_to(ROOT)
    settings = {"HYPOTHESIS_PROFILE": "soak", "FCFORMAT_EXAMPLES": str(progress.examples)}
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", f"--hypothesis-seed={seed}", str(path)]
    spelled = " ".join(f"{name}={value}" for name, value in settings.items())
    print(f"{spelled} python {shlex.join(command)}", flush=True)
    start = time.monotonic()
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            out, _ = child.communicate(timeout=max(left, 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return "out of time"
    progress.seconds += time.monotonic() - start
    progress.steps += 1
    if child.returncode == 0:
        return "passed"
    progress.failures += 1
    print(out, flush=True)
    return "failed"


def main() -> None:
    """Looks until the time is out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("FCFORMAT_SOAK_MINUTES", "10")))
    parser.add_argument("--group", default="", help="a text in the names of the files to go through")
    parser.add_argument("--seed", type=int, help="of the seeds, so that a whole run can be had again")
    options = parser.parse_args()
    files = sorted(path for path in Path(__file__).parent.glob("test_*.py") if options.group in path.name)
    if not files:
        parser.error(f"--group: found {options.group!r}, expected a part of a file's name in {Path(__file__).parent}")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"{options.minutes:g} minutes, {len(files)} files, --seed {seed}", flush=True)
    seeds, end = random.Random(seed), time.monotonic() + 60 * options.minutes
    all_progress = [Progress(file) for file in files]
    while (left := end - time.monotonic()) > 0:
        progress = min(all_progress, key=lambda p: p.seconds)
        examples, result = progress.examples, step(progress, seeds.randrange(2**32), left)
        print(f"  {result}: {progress.file.name}, {examples} examples a property", flush=True)
    print("\nfile, seconds, steps, failures")
    for progress in all_progress:
        print(f"{progress.file.name}, {progress.seconds:.0f}, {progress.steps}, {progress.failures}")
    failures = sum(progress.failures for progress in all_progress)
    print(f"{sum(p.steps for p in all_progress)} steps, {failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
