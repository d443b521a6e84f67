"""Google-style docstrings: the description, and what is said of each parameter.

Only what a tool definition needs is read: the text outside sections, and the entries of the argument sections. Returns,
raises, examples and the like tell the programmer, not the model, and are left out.
"""

from __future__ import annotations

import dataclasses
import inspect
import re

__all__ = ["Docstring", "parse_docstring"]

_ARGUMENTS = ("args", "arguments", "attributes", "keyword args", "keyword arguments", "other parameters", "parameters")
_OTHERS = (
    *("example", "examples", "note", "notes", "raises", "references", "return", "returns", "see also", "side effects"),
    *("todo", "todos", "usage", "warning", "warnings", "warns", "yield", "yields"),
)
_HEADER = re.compile(r"([A-Za-z][A-Za-z ]*):\s*$")
_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\((.*?)\)\s*)?:(?:\s+(.*))?$")


@dataclasses.dataclass(frozen=True, slots=True)
class Docstring:
    """What a docstring says.

    Attributes:
        description: Summary and long description, paragraphs kept apart by a blank line, or `None`.
        parameters: Description of each parameter that has one, its lines joined by blanks.
    """

    description: str | None
    parameters: dict[str, str]


def parse_docstring(text: str | None) -> Docstring:
    """Reads a docstring.

    Args:
        text: The raw docstring, indented as in the source. Entries of `Args:` and its synonyms may give a type, as in
            `name (str, optional): ...`; deeper lines continue an entry.
    """
    description: list[str] = []
    parameters: dict[str, list[str]] = {}
    section: str | None = None  # None: description, else the lower-case header
    entry: list[str] = []
    entry_indent = -1
    for line in _lines(text or ""):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip())
        if stripped and indent == 0:
            name = _section(line)
            if name is not None:
                section, entry, entry_indent = name, [], -1
                continue
            if section is not None:  # plain text after a section belongs to the description again
                description.append("")
            section = None
        if section is None:
            description.append(line.rstrip())
        elif stripped and section in _ARGUMENTS:
            match = _ENTRY.match(stripped)
            if entry_indent < 0:
                entry_indent = indent
            if match is not None and indent <= entry_indent:
                entry = parameters.setdefault(match.group(1), [])
                stripped = match.group(3) or ""
            entry.append(stripped)
    joined = re.sub(r"\n{3,}", "\n\n", "\n".join(description).strip())
    texts = {name: " ".join(line for line in lines if line) for name, lines in parameters.items()}
    return Docstring(joined or None, {name: text for name, text in texts.items() if text})


def _lines(text: str) -> list[str]:
    """The lines without the indentation of the source; entries stay deeper than a header that is the first line."""
    lines = inspect.cleandoc(text).splitlines()
    if lines and _section(lines[0]) and all(_section(line) is None for line in lines[1:]):
        return [lines[0], *(f" {line}" for line in lines[1:])]
    return lines


def _section(line: str) -> str | None:
    """The name of the section that a line at the margin opens, or `None`."""
    header = _HEADER.match(line)
    name = header.group(1).lower() if header else ""
    return name if name in _ARGUMENTS or name in _OTHERS else None
