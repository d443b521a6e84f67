"""Rewrites what each chat template is taken for, and prints the changes: `python tests/conformance/update_templates.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.templates import EXPECTED, detected, template_names


def main() -> None:
    """Detects the format of every template."""
    before = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    now = {name: detected(name) for name in template_names()}
    for name, found in now.items():
        if found != before.get(name):
            print(f"{name}: {before.get(name)} -> {found}")
    EXPECTED.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
