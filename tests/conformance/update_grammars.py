"""Brings `expected_grammars.json` up to date: `FCFORMAT_DATA=... python tests/conformance/update_grammars.py`.

The counts also stand in `docs/formats-parsing.md`, which is written again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.accepted_calls import EXPECTED, SOURCES, measured
from support.parse_cases import DOCUMENT, document, expected


def main() -> None:
    """Measures, prints and writes."""
    table = {}
    for source in SOURCES:
        accepted, refused = measured(source)
        table[source] = {"accepted": sum(accepted.values()), "refused": refused}
        print(f"{source}: {sum(accepted.values())} let through, {sum(map(len, refused.values()))} refused")
        for family in sorted({*accepted, *refused}):
            print(f"    {family:20s} {accepted.get(family, 0):4d} {len(refused.get(family, ())):4d}")
    EXPECTED.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    DOCUMENT.write_text(document(expected()), encoding="utf-8")


if __name__ == "__main__":
    main()
