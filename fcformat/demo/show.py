"""What `fcformat demo` prints: the whole path in each format, or a table over many seeds.

With `rich` installed and a terminal, in boxes and colours; otherwise as plain text.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Sequence
from typing import Protocol

from fcformat.demo.attempt import Attempt, ask, prompt_text

__all__ = ["make_layout", "show_each", "show_seeds"]

# Enough to see that it is nonsense.
_FREE_TOKENS = 48


class Layout(Protocol):
    """A way to print."""

    def heading(self, text: str) -> None:
        """Opens a part of the output."""

    def block(self, title: str, text: str, good: bool | None = None) -> None:
        """A text under its title; `good` tells whether it is what one wants to see, where that is a question."""

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table."""


class PlainLayout:
    """Text alone, for files, pipes and terminals without `rich`."""

    def heading(self, text: str) -> None:
        print(f"\n{text}\n{'=' * len(text)}")

    def block(self, title: str, text: str, good: bool | None = None) -> None:
        mark = "" if good is None else " [ok]" if good else " [no]"
        print(f"\n-- {title}{mark}")
        for line in text.splitlines() or [""]:
            print(f"   {line}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        widths = [max(len(row[index]) for row in [columns, *rows]) for index in range(len(columns))]
        for row in [columns, ["-" * width for width in widths], *rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


class RichLayout:
    """Boxes and colours."""

    def __init__(self) -> None:
        import rich.console

        self.console = rich.console.Console(highlight=False)

    def heading(self, text: str) -> None:
        self.console.rule(f"[bold]{text}[/bold]")

    def block(self, title: str, text: str, good: bool | None = None) -> None:
        from rich.panel import Panel
        from rich.text import Text

        colour = "blue" if good is None else "green" if good else "red"
        self.console.print(Panel(Text(text), title=Text(title), title_align="left", border_style=colour))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(*columns)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)


def make_layout(plain: bool = False) -> Layout:
    """The best layout that there is for standard output."""
    if plain or not sys.stdout.isatty() or importlib.util.find_spec("rich") is None:
        return PlainLayout()
    return RichLayout()


def show_each(layout: Layout, formats: Sequence[str], seed: int, max_new_tokens: int) -> bool:
    """Prints the whole path in each format; returns whether every constrained answer is a valid call."""
    valid = True
    for name in formats:
        layout.heading(f"{name}: a model with random weights, seed {seed}")
        layout.block("prompt", prompt_text(name))
        free = ask(name, seed, constrained=False, max_new_tokens=min(_FREE_TOKENS, max_new_tokens))
        layout.block(f"without the constraint, {free.tokens} tokens", _printable(free.text), good=not free.problems)
        layout.block("as the parser reads it", _reading(free), good=not free.problems)
        bound = ask(name, seed, constrained=True, max_new_tokens=max_new_tokens)
        layout.block(f"with the constraint, {bound.tokens} tokens", _printable(bound.text), good=not bound.problems)
        layout.block("as the parser reads it", _reading(bound), good=not bound.problems)
        layout.block("time in the constraint", f"{_mask_time(bound)} a token")
        valid = valid and not bound.problems
    layout.heading("every call is valid" if valid else "not every call is valid")
    return valid


def show_seeds(layout: Layout, formats: Sequence[str], seeds: Sequence[int], max_new_tokens: int) -> bool:
    """Prints one line for each seed and format; returns whether every answer is a valid call."""
    rows = []
    good = 0
    for seed in seeds:
        for name in formats:
            attempt = ask(name, seed, constrained=True, max_new_tokens=max_new_tokens)
            good += not attempt.problems
            calls = " ".join(f"{call.function.name}({call.function.arguments})" for call in attempt.message.tool_calls)
            verdict = "; ".join(attempt.problems) or "valid"
            rows.append((str(seed), name, verdict, str(attempt.tokens), _mask_time(attempt), _printable(calls)))
    layout.table(("seed", "format", "verdict", "tokens", "mask/token", "call"), rows)
    layout.heading(f"{good} of {len(rows)} calls are valid")
    return good == len(rows)


def _reading(attempt: Attempt) -> str:
    """The message in OpenAI's shape, with the arguments opened up, and what is wrong with it."""
    lines = [json.dumps(attempt.message.to_openai(), ensure_ascii=False, indent=2)]
    lines += [f"problem: {problem}" for problem in attempt.problems]
    return _printable("\n".join(lines))


def _mask_time(attempt: Attempt) -> str:
    return f"{attempt.mask_seconds / max(attempt.tokens, 1) * 1e6:.0f} µs"


def _printable(text: str) -> str:
    """The text without characters that would move a terminal's cursor."""
    return "".join(char if char == "\n" or char.isprintable() else ascii(char)[1:-1] for char in text)
