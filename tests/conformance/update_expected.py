"""Rewrites the expected results of the conformance tests: `python tests/conformance/update_expected.py [--all] [--force]`.

Only for the better: a test that got worse keeps its old class and is printed, unless `--force` says that it is meant.
`--all` runs all of MaskBench's schemas too, not only the sample.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.maskbench import EXPECTED as MASKBENCH
from support.maskbench import maskbench_outcomes, summary
from support.outcomes import RANK
from support.suite import EXPECTED as SUITE
from support.suite import expected_outcomes, file_outcomes, suite_files

Outcomes = dict[str, dict[str, dict[str, str]]]


def update_suite(force: bool) -> None:
    """Runs the whole suite and writes the tests that do not pass."""
    old: Outcomes = expected_outcomes() if SUITE.exists() else {}
    new: Outcomes = {}
    for draft, file in suite_files():
        known = old.get(draft, {}).get(file)
        kept: dict[str, str] = {}
        for test, found in file_outcomes(draft, file).items():
            before = "crash" if known is None else known.get(test, "pass")
            worse = RANK[found] > RANK[before]
            if worse:
                print(f"worse: {draft}/{file}: {test}: {before} -> {found}")
            outcome = before if worse and not force else found
            if outcome != "pass":
                kept[test] = outcome
        new.setdefault(draft, {})[file] = kept
    SUITE.write_text(json.dumps(new, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


def update_maskbench(whole: bool, force: bool) -> None:
    """Runs the sample, or all schemas, and writes how many are in each class."""
    name = "all" if whole else "sample"
    table = json.loads(MASKBENCH.read_text(encoding="utf-8")) if MASKBENCH.exists() else {}
    found = summary(maskbench_outcomes(whole))
    print(f"maskbench {name}: {found}")
    if force or found.get("pass", 0) >= table.get(name, {}).get("pass", 0):
        table[name] = found
    MASKBENCH.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Reads the arguments and updates both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="all of MaskBench's schemas, not only the sample")
    parser.add_argument("--force", action="store_true", help="write what got worse as well")
    arguments = parser.parse_args()
    update_suite(arguments.force)
    for whole in (False, True) if arguments.all else (False,):
        update_maskbench(whole, arguments.force)


if __name__ == "__main__":
    main()
