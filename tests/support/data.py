"""Where the reference data lies that is too large for this repository; tests that need it are skipped without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def data_path(*parts: str) -> Path:
    """A path under `FCFORMAT_DATA` (default: `shared` beside the checkout); skips the test where it is absent."""
    path = Path(os.environ.get("FCFORMAT_DATA", ROOT.parent / "shared"), *parts)
    if not path.exists():
        pytest.skip(f"no reference data at {path} (set FCFORMAT_DATA)")
    return path
