"""What all tests share: where the reference data lies, and how hard Hypothesis tries.

Tests run against the installed package: nothing here puts the source tree on the import path.
"""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent

# "ci": seconds for each property; "dev": a minute or two; "soak": as long as it takes. Choose with --hypothesis-profile.
hypothesis.settings.register_profile("ci", max_examples=50, deadline=None, print_blob=True)
hypothesis.settings.register_profile("dev", max_examples=500, deadline=None, print_blob=True)
hypothesis.settings.register_profile("soak", max_examples=20_000, deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the source tree, for its documents and scripts (never to import from)."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder with the reference data (`data/`, `formats/`, `tools/`): FCFORMAT_DATA, or ../shared beside the source tree."""
    folder = Path(os.environ.get("FCFORMAT_DATA", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder} (set FCFORMAT_DATA)")
    return folder
