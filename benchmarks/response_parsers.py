"""Parsers of replies on the same texts, whole and streamed: ours, and those of vLLM, SGLang, renderers and transformers.

The texts are what publishers' own chat templates write for known calls (`peer_roundtrip.jsonl` of the reference data), so it is known
what is right: the calls' names and arguments. Streams come in pieces of one character, control tokens whole. Of the other projects
those run that are installed beside this library; what vLLM and SGLang answered when the data was made is shown as recorded, where
they are not. A project is judged on the families that it has a parser for, and this library again on the same ones.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from peer_parsers import CONTROL, WHOLE_ONLY, Calls, Parser, decoded, parsers_of

import fcformat
from support.accepted_calls import ROUND_TRIPS

WAYS = ("whole", "streamed")
#: Runs of which the fastest counts.
REPEATS = 3


def ours(name: str) -> Parser:
    """This library's parser; a stream's calls are those of its deltas."""
    form = fcformat.get_format(name)

    def parse(text: str, tools: Any, pieces: Iterable[str]) -> Calls:
        parser = form.stream_parser(tools)
        deltas = [delta for piece in pieces for delta in parser.feed(piece)]
        parser.finish()
        message = fcformat.chat.join_deltas([*deltas, *parser.final_deltas])
        return [[call.function.name, decoded(call.function.arguments)] for call in message.tool_calls]

    return parse


def pieces_of(text: str, controls: tuple[str, ...]) -> list[str]:
    """Single characters, and control tokens whole."""
    if not controls:
        return list(text)
    tokens = "|".join(map(re.escape, sorted(controls, key=len, reverse=True)))
    return re.findall(rf"{tokens}|.", text, re.DOTALL)


class Score:
    """What one parser did in each way.

    Attributes:
        cells: How many texts were read right, wrong, or made it raise, by way.
        seconds: What each text took, by way, for a thousand characters.
    """

    def __init__(self) -> None:
        self.cells: dict[str, Counter[str]] = {way: Counter() for way in WAYS}
        self.seconds: dict[str, list[float]] = {way: [] for way in WAYS}

    def measure(self, parse: Parser, row: dict[str, Any], tools: Any, pieces: list[str], ways: Iterable[str]) -> None:
        """Parses a row."""
        text = row["assistant_text"]
        for way in ways:
            best, outcome = float("inf"), ""
            for _ in range(REPEATS):
                start = time.perf_counter()
                try:
                    found = parse(text, tools, [text] if way == "whole" else pieces)
                except Exception:  # a peer may raise anything; it is counted
                    outcome = "raised"
                else:
                    right = found == [list(call) for call in row["true_calls"]]
                    outcome = "right" if right else "wrong"
                best = min(best, time.perf_counter() - start)
            self.cells[way][outcome] += 1
            self.seconds[way].append(1000 * best / len(text))

    def lines(self, name: str) -> list[str]:
        """The rows of a table."""
        out = []
        for way, cell in self.cells.items():
            if cell:
                median = 1e3 * sorted(self.seconds[way])[len(self.seconds[way]) // 2] if self.seconds[way] else None
                took = f"{median:9.2f}" if median is not None else "        -"
                out.append(f"{name:22s} {way:9s} {cell['right']:6d} {cell['wrong']:6d} {cell['raised']:7d} {took}")
        return out


def recorded(row: dict[str, Any], scores: dict[str, Score]) -> None:
    """Adds what the peers returned when the data was made."""
    for peer, answer in row["peers"].items():
        name, _, way = peer.partition(", ")
        kind = "whole" if way == "whole" else "streamed" if "1-byte" in way else ""
        if kind:
            scores[f"{name.split(' ')[0]}, recorded"].cells[kind][
                "right" if answer.get("calls_match") else "wrong"
            ] += 1


def main() -> None:
    """Measures and prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, required=True, help="the folder of the reference data on formats")
    arguments.add_argument("--json", type=Path)
    options = arguments.parse_args()
    document = json.loads((options.data / "conversations.json").read_text(encoding="utf-8"))
    tools = {each["id"]: each["tools"] for each in document["conversations"]}
    rows = [json.loads(line) for line in (options.data / "peer_roundtrip.jsonl").read_text("utf-8").splitlines()]
    absent: set[str] = set()
    scores: dict[str, Score] = defaultdict(Score)
    beside: dict[str, Score] = defaultdict(Score)  # ours on the families of each peer
    peers: dict[str, tuple[tuple[str, ...], dict[str, Parser]]] = {}
    for row in rows:
        family = row["template"]
        if family not in peers:
            path = options.data / "chat_templates" / f"{family}.json"
            template = json.loads(path.read_text(encoding="utf-8"))["chat_template"]
            texts = [each["assistant_text"] for each in rows if each["template"] == family]
            controls = tuple(sorted({token for text in (template, *texts) for token in CONTROL.findall(text)}))
            peers[family] = controls, parsers_of(family, controls, absent)
        controls, parsers = peers[family]
        pieces = pieces_of(row["assistant_text"], controls)
        known = tools[row["conversation"]]
        recorded(row, scores)
        scores["fcformat"].measure(ours(ROUND_TRIPS[family]), row, known, pieces, WAYS)
        for project, parse in parsers.items():
            ways = WAYS[:1] if project in WHOLE_ONLY else WAYS
            scores[project].measure(parse, row, known, pieces, ways)
            beside[project].measure(ours(ROUND_TRIPS[family]), row, known, pieces, ways)
    print(f"{'parser':22s} {'way':9s} {'right':>6s} {'wrong':>6s} {'raised':>7s} {'ms per 1,000 characters':>9s}")
    for name, score in scores.items():
        print("\n".join(score.lines(name)))
        if name in beside:
            print("\n".join(beside[name].lines("  fcformat, same texts")))
    if options.json:
        figures = {
            name: {way: dict(cell) for way, cell in score.cells.items()}
            for name, score in (*scores.items(), *((f"fcformat beside {peer}", own) for peer, own in beside.items()))
        }
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
