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
GRAMMARS = EXPECTED.with_name("expected_grammars.json")
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
    return any(all(ours[key] == value for key, value in wanted(reading).items()) for reading in _readings(row))


def read_otherwise(name: str) -> set[str]:
    """The rows of a format that are read otherwise than every recorded reading."""
    return {row["id"] for row in rows()[name] if not is_read_as_a_peer(row)}


def apart(row: dict[str, Any]) -> str:
    """How a row is read here and by the recorded reading that is nearest to that, in few words."""
    repository = row["source"].partition("/")[2].split()[0]
    project = {"vllm": "vLLM", "sglang": "SGLang"}.get(repository, repository)
    if has_tools_that_are_none(row):
        return f"{project}: a reading there, an error here"
    ours = said(get_format(row["format"]).parse(row["text"], row.get("tools"), prompt=prompt_of_row(row)))
    theirs = [wanted(reading) for reading in _readings(row)]
    nearest = min(theirs, key=lambda reading: sum(ours[key] != value for key, value in reading.items()))
    found = []
    for key in ("reasoning", "content"):
        if nearest.get(key, ours[key]) != ours[key]:
            there, here = _cut(nearest[key], ours[key])
            found.append(f"{key} {there} there, {here} here")
    if nearest["calls"] != ours["calls"]:
        found.append(_calls_apart(nearest["calls"], ours["calls"]))
    return f"{project}: {'; '.join(found)}"


def _readings(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The recorded readings of a row."""
    readings = [row[key] for key in ("expected", "stream_expected") if key in row]
    return [*readings, *row.get("expected_variants", []), *row.get("stream_expected_variants", [])]


def _calls_apart(there: list[Any], here: list[Any]) -> str:
    if len(there) != len(here) or [name for name, _ in there] != [name for name, _ in here]:
        counted = [", ".join(f"`{name}`" for name, _ in calls) or "none" for calls in (there, here)]
        return f"calls {counted[0]} there, {counted[1]} here"
    texts = [[each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for _, each in calls]
             for calls in (there, here)]  # fmt: skip
    one, other = next(pair for pair in zip(*texts, strict=True) if pair[0] != pair[1])
    cut = _cut(one, other)
    return f"arguments {cut[0]} there, {cut[1]} here"


def _cut(there: str, here: str) -> tuple[str, str]:
    """Two texts from a little before where they part, quoted for the document."""
    at = next((place for place, pair in enumerate(zip(there, here, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(there), len(here)) if at is None else at
    start = max(0, at - 12) if at > 20 else 0
    cut = []
    for text in (there, here):
        piece = text[start : start + 40]
        shown = json.dumps(piece, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("`", "'")
        before, after = "…" if start else "", "…" if start + 40 < len(text) else ""
        cut.append(f"`{before}{shown}{after}`" if text else "none")
    return cut[0], cut[1]


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
        for name, notes in sorted(reason["rows"].items()):
            alike: dict[str, list[str]] = {}
            for identifier, note in notes.items():
                alike.setdefault(note, []).append(identifier)
            lines += [f"- `{name}` {', '.join(ids)}. {note}" for note, ids in alike.items()]
    lines += ["", "## By family", "", "| format | rows | otherwise |", "|---|--:|--:|"]
    lines += [f"| `{name}` | {count} | {argued[name] or ''} |" for name, count in sorted(table["rows"].items())]
    return "\n".join([*lines, *map(_with_grammars, table["end"])]) + "\n"


def _with_grammars(line: str) -> str:
    """A line with the counts of `expected_grammars.json` where it names one of its sources in braces."""
    for source, counts in json.loads(GRAMMARS.read_text(encoding="utf-8")).items():
        refused = sum(map(len, counts["refused"].values()))
        line = line.replace(f"{{{source}}}", f"{counts['accepted']:,} | {refused:,}")
    return line


def _anchor(title: str) -> str:
    """GitHub's anchor of a heading."""
    kept = "".join(char for char in title.lower() if char.isalnum() or char in " -_")
    return kept.replace(" ", "-")
