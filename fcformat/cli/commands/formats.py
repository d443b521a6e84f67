"""`fcformat formats`: what formats there are."""

from __future__ import annotations

import argparse

import fcformat
from fcformat.formats.call_format import CallFormat

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = "List the formats: where their prompts come from, whether replies may reason."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options: none."""


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    rows = [("format", "prompt", "reasoning", "also called")]
    for name in fcformat.list_formats():
        each = fcformat.get_format(name)
        prompt = "its template" if isinstance(each, CallFormat) else "native"
        rows.append((each.name, prompt, "yes" if each.turn.reasons else "-", ", ".join(each.aliases)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join((*cells, row[3])).rstrip())
    return 0
