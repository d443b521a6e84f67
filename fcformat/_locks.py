"""Locks that a forked child can take, whoever held them when it was forked.

A thread that holds a lock does not exist in a forked child, so the lock would never be given back there. What these locks guard is
whole between any two byte codes (single dictionary operations), so a child may simply have new ones.
"""

from __future__ import annotations

import os
import threading
import weakref

__all__ = ["ForkSafeLock"]


class ForkSafeLock:
    """A lock for `with`, called `held`; new in every forked child."""

    __slots__ = ("__weakref__", "held")

    def __init__(self) -> None:
        self.held = threading.Lock()
        _all.add(self)

    def renew(self) -> None:
        """Forget who holds it."""
        self.held = threading.Lock()


_all: weakref.WeakSet[ForkSafeLock] = weakref.WeakSet()


def _renew_all() -> None:
    for lock in list(_all):
        lock.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
