"""The command line: which commands there are, and how what they raise becomes an exit code.

Exit codes: 0; 1 where a text or record is refused, 2 where the command cannot be carried out (wrong usage, an unreadable
file, an error of the library), with one line on standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence

import fcformat
from fcformat.cli.commands import convert, demo, formats, mask, parse, render
from fcformat.cli.console import CommandError, fail
from fcformat.errors import FcformatError, ParseError

__all__ = ["command_parser", "main"]

_EPILOG = """\
PATH and FILE are paths, or - for standard input. Exit codes: 0, 1 (a text or record is refused), 2 (the command failed).
"""

_COMMANDS = {"demo": demo, "render": render, "parse": parse, "convert": convert, "mask": mask, "formats": formats}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: The arguments; `None`: those of the process.

    Returns:
        The exit code. Wrong usage and `--help` leave through `SystemExit`, as `argparse` does.
    """
    arguments = command_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of our output has gone: nothing is left to say, and flushing at exit must not say so either.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except ParseError as error:
        return fail(f"the text is refused: {error}", 1)
    except (FcformatError, CommandError) as error:
        return fail(str(error), 2)


def command_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="fcformat",
        description="Render prompts, constrain decoding, parse replies, convert: tool-call formats on the command line.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"fcformat {fcformat.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        added = commands.add_parser(
            name,
            help=command.ABOUT.splitlines()[0].rstrip("."),
            description=command.ABOUT,
            epilog=_EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_options(added)
        added.set_defaults(run=command.run)
    return parser
