"""Brings `expected_prompts.json` and `docs/formats-prompts-rows.md` up to date: `python tests/conformance/update_prompts.py`.

Prompts that are equal by now are taken out. Those that no reason argues are printed: each needs one, or a better renderer.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.prompt_cases import DOCUMENT, EXPECTED, NATIVE, document, expected, otherwise


def main() -> int:
    """Rewrites both files; the number of prompts without a reason."""
    table = expected()
    missing = 0
    for golden in NATIVE:
        table["counts"][golden], other = otherwise(golden)
        for reason in table["reasons"]:
            kept = {name: other.pop(name) for name in list(other) if name in reason["rows"].get(golden, ())}
            reason["rows"].pop(golden, None)
            if kept:
                reason["rows"][golden] = kept
        for name, note in other.items():
            print(f"no reason: {golden} {name}: {note}")
            missing += 1
    EXPECTED.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    DOCUMENT.write_text(document(table), encoding="utf-8")
    return missing


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
