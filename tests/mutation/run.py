"""Puts each fault into a copy of the core, builds it, and runs the tests that should notice.

    python tests/mutation/run.py                     # all
    python tests/mutation/run.py --only "maxProp"    # those in whose name or file the pattern is found

Writes their rows of the table in docs/testing.md.

Exits with 1 where a fault is not noticed, or does not apply any more. The copy lies in a temporary folder, with object files of
its own, so that a fault costs one compilation. A crash and a test that does not end count as noticed, and are named so.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mutation.mutants import MUTANTS, Mutant  # noqa: E402

DOC = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- mutation: begin -->", "<!-- mutation: end -->"
COPIED = ("csrc", "fcformat", "tests", "docs", "benchmarks", "setup.py", "pyproject.toml", "README.md", "LICENSE")
#: Seconds for one file of tests.
PATIENCE = 300


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a fault: `caught` says by what, and is empty where nothing noticed; `problem` why it was not tried."""

    mutant: Mutant
    caught: str = ""
    problem: str = ""


def prepare(work: Path) -> None:
    """Brings the copy of what a build and the tests need up to date, and builds it without a fault."""
    for name in COPIED:
        for path in [ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*")):
            if not path.is_file() or path.suffix in (".so", ".pyc"):
                continue
            there = work / path.relative_to(ROOT)
            if not there.exists() or there.read_bytes() != path.read_bytes():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, there)
                touch(there, work)
    error = build(work)
    if error:
        raise SystemExit(f"the core does not build as it is:\n{error}")


def touch(path: Path, work: Path) -> None:
    """Makes a file newer than every object, also where the clock has been put back since: so it is compiled again."""
    made = max((each.stat().st_mtime for each in (work / "build").rglob("*.o")), default=0.0)
    now = max(time.time(), made + 1)
    os.utime(path, (now, now))


def build(work: Path) -> str:
    """Compiles what has changed; the compiler's words where it fails."""
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=work, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else (done.stderr or done.stdout)[-2000:]


def first_to_fail(work: Path, tests: Iterable[str]) -> str:
    """The test that fails first, "a crash in" or "no end of" a file; empty where all pass."""
    environment = {**os.environ, "PYTHONPATH": str(work), "HYPOTHESIS_PROFILE": "ci"}
    for file in tests:
        # As a program of its own: a child that hangs can be ended with what it has started.
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            f"tests/{file}",
        ]
        with subprocess.Popen(
            command,
            cwd=work,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as child:
            try:
                out, _ = child.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, 9)
                child.communicate()
                return f"no end of `{file}` within {PATIENCE} s"
        if child.returncode == 0:
            continue
        found = re.search(r"^(?:FAILED|ERROR) (\S+?::\S+?)(?:\[.*)?(?: - .*)?$", out, re.MULTILINE)
        if found:
            return f"`{found[1].removeprefix('tests/')}`"
        if child.returncode < 0:
            return f"a crash (signal {-child.returncode}) in `{file}`"
        raise SystemExit(f"pytest failed without naming a test:\n{out[-3000:]}")
    return ""


def attempt(work: Path, mutant: Mutant) -> Outcome:
    """Puts one fault in, builds, tests, and takes it out again."""
    path = work / "csrc" / mutant.file
    source = path.read_text(encoding="utf-8") if path.exists() else ""
    count = source.count(mutant.old)
    if count != 1:
        return Outcome(mutant, problem=f"does not apply: csrc/{mutant.file} has the text {count} times, expected once")
    path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    touch(path, work)
    try:
        error = build(work)
        if error:
            return Outcome(mutant, problem=f"does not build: {error}")
        return Outcome(mutant, caught=first_to_fail(work, mutant.tests))
    finally:
        path.write_text(source, encoding="utf-8")
        touch(path, work)


def write(outcomes: Iterable[Outcome]) -> None:
    """Puts the rows into the table of docs/testing.md; rows of faults that were not tried stay, those of records that are gone go."""
    text = DOC.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    before, tail = rest.split(END)
    rows = {cells[0].strip(): line for line in before.splitlines() if len(cells := line.strip("| ").split(" | ")) == 3}
    for o in outcomes:
        if not o.problem:
            rows[o.mutant.name] = f"| {o.mutant.name} | `{o.mutant.file}` | {o.caught or '**nothing**'} |"
    known = [rows[mutant.name] for mutant in MUTANTS if mutant.name in rows]
    table = "\n".join(["| fault | in `csrc/` | noticed first by |", "|---|---|---|", *known])
    DOC.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", encoding="utf-8")


def main() -> None:
    """Tries the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="a pattern that is found in the names or files of those to try")
    parser.add_argument(
        "--work", type=Path, help="folder for the copy; kept, so that the next run compiles only what has changed"
    )
    options = parser.parse_args()
    chosen = [m for m in MUTANTS if not options.only or re.search(options.only, f"{m.name} {m.file}")]
    work = options.work or Path(tempfile.mkdtemp(prefix="fcformat-mutation-"))
    outcomes = []
    try:
        prepare(work)
        if failed := first_to_fail(work, sorted({file for mutant in chosen for file in mutant.tests})):
            raise SystemExit(f"without a fault, there is already {failed}")
        for mutant in chosen:
            start = time.monotonic()
            outcome = attempt(work, mutant)
            outcomes.append(outcome)
            result = outcome.problem or outcome.caught or "NOT NOTICED"
            print(f"{time.monotonic() - start:6.1f} s  {mutant.file}: {mutant.name}: {result}", flush=True)
    finally:
        if not options.work:
            shutil.rmtree(work)
    write(outcomes)
    bad = [outcome for outcome in outcomes if outcome.problem or not outcome.caught]
    print(f"{len(outcomes) - len(bad)} of {len(outcomes)} faults noticed")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
