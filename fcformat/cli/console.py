"""What every command shares: errors for the user, reading of small files, writing to the byte, values of options."""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

__all__ = [
    "CommandError",
    "complain",
    "date",
    "fail",
    "kind_of",
    "name_of",
    "need_transformers",
    "option",
    "positive",
    "print_json",
    "read_json",
    "read_text",
    "read_tools",
    "write",
]


class CommandError(Exception):
    """The command cannot be carried out; the message is one sentence for the user."""


def complain(message: str) -> None:
    """Prints a line on standard error."""
    print(f"fcformat: {' '.join(message.split())}", file=sys.stderr)


def fail(message: str, code: int) -> int:
    """Prints a line on standard error; the exit code."""
    complain(message)
    return code


def write(text: str) -> None:
    """Writes text as UTF-8 to the byte, whatever the terminal's encoding and the platform's line breaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))


def print_json(value: Any) -> None:
    """Prints JSON, indented."""
    write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def name_of(path: str) -> str:
    """How messages name a path."""
    return "standard input" if path == "-" else path


def read_text(path: str) -> str:
    """The text of a file, or of standard input, byte for byte: line breaks are part of what a model wrote."""
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise CommandError(f"{name_of(path)}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name_of(path)}: not UTF-8 at byte {error.start}") from error


def read_json(path: str) -> Any:
    """The JSON of a file, or of standard input."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise CommandError(f"{name_of(path)}: not JSON at {place}: {error.msg}") from error
    except RecursionError as error:
        raise CommandError(f"{name_of(path)}: JSON that is nested too deep") from error


def read_tools(path: str | None) -> list[Any] | None:
    """The list of tools in a file."""
    if path is None:
        return None
    tools = read_json(path)
    if not isinstance(tools, list):
        raise CommandError(f"{path}: found a JSON {kind_of(tools)}, expected a list of tools")
    return tools


def kind_of(value: Any) -> str:
    """What JSON calls a value's type."""
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def need_transformers(what: str) -> None:
    """Refuses where the extra is not installed."""
    for package in ("torch", "transformers"):
        if importlib.util.find_spec(package) is None:
            raise CommandError(f'{what} needs {package}: pip install "fcformat[transformers]"')


def date(text: str) -> datetime.date:
    """The value of an option that is a date."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a date such as 2023-10-27") from error


def positive(text: str) -> int:
    """The value of an option that is a count."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"found {value}, expected at least 1")
    return value


def option(text: str) -> tuple[str, Any]:
    """The value of an option `NAME=VALUE`; the value is JSON, or else a text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
