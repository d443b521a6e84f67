"""The command `fcformat`: the library's views of a format, on files and standard input."""

from __future__ import annotations

from fcformat.cli.command_line import main

__all__ = ["main"]
