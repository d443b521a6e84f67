"""Hypothesis profiles: `ci` is the same on every run and takes seconds a file, `dev` looks around a little, `soak` looks for long.

Chosen with `HYPOTHESIS_PROFILE` (default `ci` where `CI` is set, otherwise `dev`). `FCFORMAT_EXAMPLES` says how many examples a
property gets instead. `python tests/property/soak.py` goes through all properties for as long as it is told.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def load_profile() -> None:
    """Registers the profiles and loads the one that the environment names."""
    health = [HealthCheck.too_slow, HealthCheck.data_too_large]
    settings.register_profile("shared", deadline=None, suppress_health_check=health)
    shared = settings.get_profile("shared")
    settings.register_profile("ci", shared, max_examples=60, derandomize=True, database=None, print_blob=True)
    settings.register_profile("dev", shared, max_examples=60)
    # Without a database: the seed alone says what is drawn, so that a failure can be had again.
    settings.register_profile("soak", shared, max_examples=20_000, database=None, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))
    examples = os.environ.get("FCFORMAT_EXAMPLES")
    if examples:
        settings.register_profile("counted", settings(), max_examples=int(examples))
        settings.load_profile("counted")
