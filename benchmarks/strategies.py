"""Values of real schemas by `fcformat.strategies.from_schema` and by hypothesis-jsonschema: supported, valid, values a second.

    python benchmarks/strategies.py [--step 10] [--values 8] [--peer-python .venv-peer/bin/python]

The schemas are MaskBench's (dev split), found under FCFORMAT_DATA; every `--step`-th is taken. hypothesis-jsonschema 0.23.1 does
not work with current versions of Hypothesis, so it runs in an environment of its own:

    python -m venv .venv-peer && .venv-peer/bin/pip install hypothesis==6.112.0 hypothesis-jsonschema==0.23.1

The judge is `jsonschema`: with patterns translated from ECMA-262 to Python's `re` (by the tests' oracle); as it is; and with its
format checks, which know no leap seconds, nor years before 1. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("FCFORMAT_DATA", "../shared")) / "data" / "maskbench" / "dev.jsonl.gz"
#: Seconds for the values of one schema.
PATIENCE = 60


def schemas(step: int) -> Iterator[tuple[str, Any]]:
    """Ids and schemas."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        for index, line in enumerate(lines):
            if index % step == 0:
                item = json.loads(line)
                yield item["id"], item["schema"]


def drawn(engine: str, schema: Any, count: int) -> list[Any]:
    """Values of a schema by one of the two engines."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    if engine == "fcformat":
        from fcformat.strategies import from_schema
    else:
        from hypothesis_jsonschema import from_schema  # type: ignore[no-redef]
    out: list[Any] = []

    @seed(1)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(from_schema(schema))
    def draw(value: Any) -> None:
        out.append(value)

    draw()
    return out


def run(engine: str, step: int, count: int) -> None:
    """Prints one line of JSON a schema: its id, the values or the error, and the seconds."""
    warnings.simplefilter("ignore")
    # Imports, and what Hypothesis does once in a process.
    drawn(engine, {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}, 50)

    def give_up(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    for name, schema in schemas(step):
        start = time.process_time()
        signal.alarm(PATIENCE)
        try:
            result: dict[str, Any] = {"values": drawn(engine, schema, count)}
        except BaseException as error:
            result = {"error": f"{type(error).__name__}: {error}"[:200]}
        signal.alarm(0)
        print(json.dumps({"id": name, "seconds": time.process_time() - start, **result}), flush=True)


def judged(lines: Iterator[dict[str, Any]], step: int) -> dict[str, Any]:
    """The row of an engine: counts and seconds."""
    import jsonschema
    from jsonschema.validators import validator_for

    by_id = dict(schemas(step))
    counts: Counter[str] = Counter()
    seconds = 0.0
    for line in lines:
        counts["schemas"] += 1
        if "error" in line:
            print(f"  {line['id']}: {line['error']}", file=sys.stderr)
            continue
        counts["supported"] += 1
        seconds += line["seconds"]
        kind = validator_for(by_id[line["id"]], default=jsonschema.Draft202012Validator)
        schema = by_id[line["id"]]
        judges = [kind(schema), kind(schema, format_checker=kind.FORMAT_CHECKER)]
        translated = _translated(schema)
        if translated is not None:
            judges += [kind(translated), kind(translated, format_checker=kind.FORMAT_CHECKER)]
        for value in line["values"]:
            counts["values"] += 1
            valid = [_is_valid(judge, value) for judge in judges]
            # Where formats are asserted, a oneOf may have fewer or more branches that hold.
            counts["valid"] += any(valid)
            counts["as it is"] += valid[0]
            counts["formats"] += valid[1]
            if not any(valid):
                print(f"  {line['id']}: invalid {json.dumps(value)[:200]}", file=sys.stderr)
    return {**counts, "seconds": seconds}


def _translated(schema: Any) -> Any:
    """The schema with its patterns in Python's spelling; `None` where there is none."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from oracle.judge import UnsupportedByJudge, in_python

    try:
        return in_python(schema)
    except UnsupportedByJudge:
        return None


def _is_valid(judge: Any, value: Any) -> bool:
    """A judge that fails does not say that a value is wrong."""
    try:
        return bool(judge.is_valid(value))
    except Exception:
        return True


def main() -> None:
    """Runs both and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", type=int, default=10)
    parser.add_argument("--values", type=int, default=8)
    parser.add_argument("--peer-python", help="Python with hypothesis-jsonschema")
    parser.add_argument("--engine", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        run(options.engine, options.step, options.values)
        return
    pythons = {"fcformat": sys.executable}
    if options.peer_python:
        pythons["hypothesis-jsonschema"] = options.peer_python
    print("| | schemas | supported | valid | as jsonschema reads patterns | with its formats | values | values/s |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for engine, python in pythons.items():
        command = [python, __file__, "--engine", engine, "--step", str(options.step), "--values", str(options.values)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        row = judged(map(json.loads, done.stdout.splitlines()), options.step)
        print(
            f"| {engine} | {row['schemas']} | {row['supported'] / row['schemas']:.1%} | {row['valid'] / row['values']:.2%} | "
            f"{row['as it is'] / row['values']:.2%} | {row['formats'] / row['values']:.2%} | {row['values']} | {row['values'] / row['seconds']:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
