"""Brings `expected_formats.json` and `docs/formats-parsing.md` up to date: `python tests/conformance/update_formats.py`.

Rows that are read as a recorded reading by now are taken out, the figures are counted again, and the document is written.
Rows that no reason argues are printed: each needs one, or a parser that reads it better.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fcformat.errors import FormatError
from fcformat.formats import get_format
from support.parse_cases import DOCUMENT, EXPECTED, apart, document, expected, read_otherwise, rows


def main() -> int:
    """Rewrites both files; the number of rows without a reason."""
    table = expected()
    missing = 0
    for name in rows():
        try:
            get_format(name)
        except FormatError:
            print(f"no format: {name}")
            missing += 1
            continue
        other = read_otherwise(name)
        for reason in table["reasons"]:
            kept = sorted(other.intersection(reason["rows"].get(name, ())))
            other.difference_update(kept)
            reason["rows"].pop(name, None)
            if kept:
                reason["rows"][name] = {row["id"]: apart(row) for row in rows()[name] if row["id"] in kept}
        for row in sorted(other):
            print(f"no reason: {name} {row}")
            missing += 1
        table["rows"][name] = len(rows()[name])
    for reason in table["reasons"]:
        reason["rows"] = dict(sorted(reason["rows"].items()))
    table["rows"] = dict(sorted(table["rows"].items()))
    EXPECTED.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    DOCUMENT.write_text(document(table), encoding="utf-8")
    return missing


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
