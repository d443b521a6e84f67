"""Runs all attacks and writes the table of `docs/security.md`: what came out, time and memory.

python tests/attacks/measure.py [name ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from attacks import measured  # noqa: E402 - the tests are no package that is installed
from attacks.cases import CASES, SECONDS  # noqa: E402

DOCUMENT = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- attacks: begin -->\n", "<!-- attacks: end -->\n"


def main() -> None:
    """Measures the cases that the command line names, or all; writes the document only in the latter case."""
    rows = ["| who | what | ends in | seconds | MiB |", "|---|---|---|---:|---:|"]
    for name in sys.argv[1:] or CASES:
        case = CASES[name]
        found = measured(name, SECONDS + 5)
        wrong = "" if found["outcome"] in case.expected else " (not as it should be)"
        print(
            f"{name:32} {found['outcome']:32} {found['seconds']:7.2f} s {found['mebibytes']:7.0f} MiB{wrong}",
            flush=True,
        )
        ends = found["outcome"].removeprefix("refused: ") + wrong
        rows.append(
            f"| {case.group} | {case.what.replace('|', chr(92) + '|')} | {ends} | {found['seconds']:.2f} | {found['mebibytes']:.0f} |"
        )
    if not sys.argv[1:]:
        before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        DOCUMENT.write_text(before + BEGIN + "\n".join(rows) + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
