"""Instructions, counted by Callgrind: for compiling, for filling a mask and for accepting a token, in eleven named cases.

Counts do not depend on what else the machine does, so a change of a few percent shows. `instructions.json` holds the counts of the last change
that was meant; without options they are compared, and what takes more than the tolerance on top ends with code 1. `--write` writes them anew.
Counts belong to a compiler and an interpreter, which are written down beside them: with others nothing is compared; write them at the old
commit first.

What is counted is the call from Python, conversions included. `first` is to fill and accept a token under a grammar just compiled, `accept` and
`fill` the two apart when masks are known (`fill` is what a pass with masks takes more than one without); all three are means over
the tokens of a case's texts. Under Valgrind there is no AVX-512; nothing that is counted here uses it.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import os
import pickle
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BASELINE = HERE / "instructions.json"
TOLERANCE = 0.05

Counts = dict[str, dict[str, float]]


def more_cases() -> dict[str, tuple[Any, list[str]]]:
    """Schemas and texts beside those of `cases.py`: what their values do not lead through."""
    number = {"type": "number", "minimum": -90, "maximum": 90, "multipleOf": 0.001}
    tools = [
        {
            "type": "object",
            "properties": {
                "name": {"const": f"search_{number}"},
                "arguments": {
                    "type": "object",
                    "properties": {"query": {"type": "string"}, f"limit{number}": {"type": "integer", "minimum": 1}},
                    "required": ["query"],
                    "additionalProperties": False,
                },
            },
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for number in range(20)
    ]
    return {
        "numbers": ({"type": "array", "items": number}, [json.dumps([1.5, -89.999, 0, 12.345, 90])]),
        "unique items": (
            {"type": "array", "items": {"enum": ["red", "green", "blue", "grey"]}, "uniqueItems": True},
            [json.dumps(["blue", "red", "grey"])],
        ),
        "free keys": (True, [json.dumps({f"key {number}": number for number in range(200)})]),
        "one of twenty tools": (
            {"oneOf": tools},
            [json.dumps({"name": "search_13", "arguments": {"query": "small things", "limit13": 20}})],
        ),
    }


def prepare(folder: Path) -> None:
    """Writes what the counted process needs, so that it imports no tokenizer library."""
    sys.path.insert(0, str(HERE))
    from mask import load_tokenizer

    import fcformat
    from cases import CASES

    tokenizer = load_tokenizer("qwen")
    cases = {
        name: (schema, [json.dumps(v, ensure_ascii=False) for v in values]) for name, (schema, values) in CASES.items()
    }
    cases.update(more_cases())
    prepared = {
        name: (schema, [tokenizer.encode(text, add_special_tokens=False) for text in texts])
        for name, (schema, texts) in cases.items()
    }
    info = fcformat.TokenizerInfo.from_huggingface(tokenizer, vocab_size=151_936)
    (folder / "prepared.pickle").write_bytes(pickle.dumps((info, prepared)))


def count(folder: Path) -> None:
    """Runs under Callgrind: each piece of work between two marks."""
    import gc

    import numpy as np

    import fcformat

    marks = ctypes.CDLL(str(folder / "marks.so"))
    info, prepared = pickle.loads((folder / "prepared.pickle").read_bytes())
    mask = np.zeros((1, (info.vocab_size + 31) // 32), dtype=np.int32)
    # The vocabulary is made ready, also to tell used keys from new ones; modules are loaded.
    ready = fcformat.GrammarMatcher(fcformat.GrammarCompiler(info).compile_json_schema(True))
    ready.accept_string('{"a":1,"')
    ready.fill_next_token_bitmask(mask)
    gc.disable()

    def counted(name: str, work: Callable[..., Any], *arguments: Any) -> Any:
        marks.begin()
        result = work(*arguments)
        marks.end(name.encode())
        return result

    def compiled(schema: Any) -> fcformat.CompiledGrammar:
        return fcformat.GrammarCompiler(info).compile_json_schema(schema)

    def write(grammar: fcformat.CompiledGrammar, texts: list[list[int]]) -> None:
        for ids in texts:
            matcher = fcformat.GrammarMatcher(grammar)
            for token in ids:
                matcher.fill_next_token_bitmask(mask)
                matcher.accept_token(token)

    def accept_all(matchers: list[fcformat.GrammarMatcher], texts: list[list[int]]) -> None:
        for matcher, ids in zip(matchers, texts, strict=True):
            for token in ids:
                matcher.accept_token(token)

    for name, (schema, texts) in prepared.items():
        for _ in range(3):
            grammar = counted(f"{name}/compile", compiled, schema)
        counted(f"{name}/first", write, grammar, texts)
        for _ in range(3):
            counted(f"{name}/known", write, grammar, texts)
            fresh = [fcformat.GrammarMatcher(grammar) for _ in texts]
            counted(f"{name}/accept", accept_all, fresh, texts)


def tool_missing() -> str | None:
    """Why nothing can be counted here, if so."""
    if platform.system() != "Linux" or shutil.which("valgrind") is None:
        return "valgrind is not installed"
    if shutil.which("cc") is None or not any(
        Path(f"/usr/{p}/valgrind/callgrind.h").exists() for p in ("include", "local/include")
    ):
        return "a C compiler and valgrind's headers are needed"
    if importlib.util.find_spec("dashscope") is None:
        return "dashscope, whose wheel holds the vocabulary, is not installed"
    return None


def measure() -> Counts:
    """Counts by case and by piece of work; for a token where a piece is done for each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", str(folder / "marks.so"), str(HERE / "callgrind_marks.c")],
            check=True,
        )
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out"]
        environment = {**os.environ, "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        run = subprocess.run(
            [*command, sys.executable, __file__, "--count", str(folder)],
            env=environment,
            capture_output=True,
            text=True,
        )
        if run.returncode != 0:
            raise SystemExit(f"the counted process ended with code {run.returncode}:\n{run.stderr[-3000:]}")
        totals: dict[str, int] = {}
        for path in folder.glob("out.*"):
            text = path.read_text()
            mark = re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.MULTILINE)
            if mark and total:
                least = totals.get(mark.group(1), sys.maxsize)
                totals[mark.group(1)] = min(least, int(total.group(1)))  # the allocator tidies up now and then
        _, prepared = pickle.loads((folder / "prepared.pickle").read_bytes())
    counts: Counts = {}
    for name, (_, texts) in prepared.items():
        tokens = sum(map(len, texts))
        first, known, accept = (totals[f"{name}/{piece}"] / tokens for piece in ("first", "known", "accept"))
        counts[name] = {
            "compile": totals[f"{name}/compile"],
            "first": round(first),
            "fill": round(known - accept),
            "accept": round(accept),
        }
    return counts


def made_with() -> dict[str, str]:
    """What a count depends on besides the source."""
    compiler = subprocess.run(["cc", "-dumpfullversion"], capture_output=True, text=True, check=True)
    return {"python": platform.python_version(), "machine": platform.machine(), "compiler": compiler.stdout.strip()}


def compare(counts: Counts, baseline: Counts, tolerance: float) -> list[str]:
    """What takes more than the tolerance on top of the baseline, or is missing in one of the two."""
    worse = [f"{name}: only in one of the two" for name in sorted(counts.keys() ^ baseline.keys())]
    for name in sorted(counts.keys() & baseline.keys()):
        for piece, found in counts[name].items():
            expected = baseline[name][piece]
            if found > expected * (1 + tolerance):
                worse.append(f"{name}, {piece}: found {found:,}, expected {expected:,} (+{found / expected - 1:.1%})")
    return worse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the counts to instructions.json")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="what may be added (default: 0.05)")
    parser.add_argument("--count", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.count is not None:
        count(arguments.count)
        return
    if missing := tool_missing():
        print(f"skipped: {missing}")
        return
    counts = measure()
    kept = json.loads(BASELINE.read_text()) if BASELINE.exists() else {"made_with": {}, "counts": {}}
    baseline = kept["counts"]
    print(f"{'instructions':<22}{'compile':>14}{'first token':>14}{'fill':>10}{'accept':>10}   against the baseline")
    for name, pieces in counts.items():
        ratios = [f"{pieces[piece] / baseline[name][piece]:.3f}" for piece in pieces] if name in baseline else []
        compile_, first, fill, accept = pieces.values()
        print(f"{name:<22}{compile_:>14,}{first:>14,}{fill:>10,}{accept:>10,}   {' '.join(ratios)}")
    if arguments.write:
        BASELINE.write_text(json.dumps({"made_with": made_with(), "counts": counts}, indent=1) + "\n")
        return
    if kept["made_with"] != made_with():
        print(f"not compared: the baseline was made with {kept['made_with']}, this with {made_with()}")
        return
    if worse := compare(counts, baseline, arguments.tolerance):
        raise SystemExit("more instructions than before:\n  " + "\n  ".join(worse))


if __name__ == "__main__":
    main()
