"""`fcformat formats`: what formats there are, and what each supports."""

from __future__ import annotations

import argparse
import dataclasses
import json

import fcformat
from fcformat.formats.support import support_of

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = (
    "List the formats: where their prompts come from and whether they can be read back; whether replies may reason, hold "
    "several calls, text beside a call; whether ids of calls are written."
)
#: Headings of what `Support` says, in the order of the columns.
_COLUMNS = {
    "reads_prompts": "read back",
    "reasoning": "reasoning",
    "calls": "calls",
    "parallel": "parallel",
    "beside": "text beside",
    "ids": "ids",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument("--json", action="store_true", help="one JSON object a format")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    formats = [fcformat.get_format(name) for name in fcformat.list_formats()]
    if arguments.json:
        for each in formats:
            supported = dataclasses.asdict(support_of(each))
            print(json.dumps({"name": each.name, "aliases": each.aliases, **supported}))
        return 0
    rows = [("format", "prompts", *_COLUMNS.values(), "also called")]
    for each in formats:
        supported = dataclasses.asdict(support_of(each))
        flags = ("yes" if supported[column] else "-" for column in _COLUMNS)
        prompts = "native" if supported["native"] else "its template"
        rows.append((each.name, prompts, *flags, ", ".join(each.aliases)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        print("  ".join((*cells, row[-1])).rstrip())
    return 0
