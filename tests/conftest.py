"""What holds for all tests: how hard Hypothesis tries.

Tests run against the installed package: nothing here puts the source tree on the import path.
"""

from __future__ import annotations

from support.profiles import load_profile

load_profile()
