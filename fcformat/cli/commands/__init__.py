"""The commands, one file each: its options, and what it does."""

from __future__ import annotations
