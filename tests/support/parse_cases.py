"""Recorded replies: what publishers' and serving projects' parsers make of them, and why we read some otherwise.

`expected_formats.json` lists every row that is read otherwise than each recorded reading, by reason; the document
`docs/formats-parsing.md` is written from it.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from pathlib import Path
from typing import Any

from fcformat.chat import Message
from fcformat.formats import get_format
from support.data import data_path

__all__ = [
    "DOCUMENT",
    "EXPECTED",
    "document",
    "expected",
    "families",
    "has_tools_that_are_none",
    "is_read_as_a_peer",
    "prompt_of_row",
    "read_otherwise",
    "rows",
]

EXPECTED = Path(__file__).resolve().parents[1] / "conformance" / "expected_formats.json"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "formats-parsing.md"


@functools.cache
def rows() -> dict[str, list[dict[str, Any]]]:
    """The rows by the name of their format."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in data_path("formats", "parse.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["format"], []).append(row)
    return found


def expected() -> dict[str, Any]:
    """The reasons and the figures as committed."""
    table: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return table


def prompt_of_row(row: dict[str, Any]) -> str:
    """The end of the prompt, where the row has it."""
    return row.get("generation_prompt") or ""


def decoded(text: str) -> Any:
    """Arguments as an object, or the text where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def said(message: Message) -> dict[str, Any]:
    """What a message says, in the form of `wanted`."""
    calls = [[call.function.name, decoded(call.function.arguments)] for call in message.tool_calls]
    return {"content": message.content or "", "reasoning": message.reasoning or "", "calls": calls}


def wanted(reading: dict[str, Any]) -> dict[str, Any]:
    """What a recorded reading says; without reasoning where the record has none."""
    calls = [
        [call.get("name"), call["arguments"] if "arguments" in call else decoded(call.get("arguments_text") or "")]
        for call in reading.get("tool_calls") or ()
    ]
    out = {"content": reading.get("content") or "", "calls": calls}
    return {**out, "reasoning": reading["reasoning"] or ""} if "reasoning" in reading else out


def has_tools_that_are_none(row: dict[str, Any]) -> bool:
    """Whether a row's tools are not tools but their `repr`, which `parse` refuses."""
    return any(isinstance(tool, str) for tool in row.get("tools") or ())


def is_read_as_a_peer(row: dict[str, Any]) -> bool:
    """Whether we read a row as one of its recorded readings."""
    if has_tools_that_are_none(row):
        return False
    message = get_format(row["format"]).parse(row["text"], row.get("tools"), prompt=prompt_of_row(row))
    ours = said(message)
    readings = [row[key] for key in ("expected", "stream_expected") if key in row]
    readings += row.get("expected_variants", []) + row.get("stream_expected_variants", [])
    return any(all(ours[key] == value for key, value in wanted(reading).items()) for reading in readings)


def read_otherwise(name: str) -> set[str]:
    """The rows of a format that are read otherwise than every recorded reading."""
    return {row["id"] for row in rows()[name] if not is_read_as_a_peer(row)}


def families(table: dict[str, Any]) -> Counter[str]:
    """How many rows of each format are argued."""
    return Counter(name for reason in table["reasons"] for name, ids in reason["rows"].items() for _ in ids)


def document(table: dict[str, Any]) -> str:
    """The text of the document."""
    argued = families(table)
    total, other = sum(table["rows"].values()), sum(argued.values())
    share = f"{total - other:,} read as a recorded reading ({(total - other) / total:.1%})"
    lines = [
        *table["introduction"],
        "",
        f"{total:,} rows, {share}, {other} otherwise, each of them below.",
        "",
        "| reason | rows |",
        "|---|--:|",
    ]
    lines += [
        f"| [{reason['title']}](#{_anchor(reason['title'])}) | {sum(map(len, reason['rows'].values()))} |"
        for reason in table["reasons"]
    ]
    for reason in table["reasons"]:
        lines += ["", f"## {reason['title']}", "", *reason["why"], ""]
        lines += [f"- `{name}`: {', '.join(ids)}" for name, ids in sorted(reason["rows"].items())]
    lines += ["", "## By family", "", "| format | rows | otherwise |", "|---|--:|--:|"]
    lines += [f"| `{name}` | {count} | {argued[name] or ''} |" for name, count in sorted(table["rows"].items())]
    return "\n".join([*lines, *table["end"]]) + "\n"


def _anchor(title: str) -> str:
    """GitHub's anchor of a heading."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.replace(" ", "-")
