"""What holds for all tests: how hard Hypothesis tries.

Tests run against the installed package: nothing here puts the source tree on the import path.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from support.profiles import load_profile

# The models in the tests are tiny: more threads than one only get into each other's way. Set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
load_profile()


def pytest_sessionfinish() -> None:
    """Writes what a build for coverage has counted: a worker of pytest-xdist ends without doing that by itself."""
    if "FCFORMAT_COVERAGE" in os.environ:
        from fcformat import _core

        ctypes.CDLL(_core.__file__).fcformat_write_counters()


def pytest_report_header() -> str:
    """Says which build is under test."""
    import fcformat

    return f"fcformat {fcformat.__version__} from {Path(fcformat.__file__).parent}"
