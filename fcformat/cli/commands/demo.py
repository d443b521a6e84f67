"""`fcformat demo`: a model with random weights, without and with the constraint."""

from __future__ import annotations

import argparse

import fcformat
from fcformat.cli.console import need_transformers, positive

__all__ = ["ABOUT", "add_options", "run"]

ABOUT = """\
Let a model with random weights answer a question with tool calls, in each format, without and with the constraint.

Needs the extra "transformers"; downloads nothing. With --seeds, exit code 1 says that some call is not valid.

  fcformat demo --format chatglm3 --seed 7
  fcformat demo --seeds 20
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the command's options."""
    parser.add_argument(
        "--format", action="append", default=[], metavar="NAME", help="a format (again for more; default: three)"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides weights and sampling (default: 0)")
    parser.add_argument("--seeds", type=positive, metavar="N", help="run N seeds and print a table")
    parser.add_argument(
        "--max-new-tokens", type=positive, default=2048, metavar="N", help="cut answers off here (default: 2048)"
    )
    parser.add_argument("--plain", action="store_true", help="no boxes and colours")


def run(arguments: argparse.Namespace) -> int:
    """Runs the command."""
    need_transformers("the demonstration")
    for name in arguments.format:
        fcformat.get_format(name)
    from fcformat.demo.run import run as demonstrate

    valid = demonstrate(arguments.format, arguments.seed, arguments.seeds, arguments.max_new_tokens, arguments.plain)
    return 0 if valid else 1
