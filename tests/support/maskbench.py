"""MaskBench's real schemas (its dev split): the outcome of each schema, as MaskBench counts them."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.data import data_path
from support.outcomes import RANK, outcomes

EXPECTED = Path(__file__).resolve().parent.parent / "conformance" / "expected_maskbench.json"
SAMPLE_OF = 10


def schemas(whole: bool) -> Iterator[tuple[str, Any, list[tuple[Any, bool]]]]:
    """Id, schema and labelled instances of every schema, or of every tenth by the checksum of its id."""
    with gzip.open(data_path("data", "maskbench", "dev.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            if whole or zlib.crc32(item["id"].encode()) // 10 % SAMPLE_OF == 0:
                yield item["id"], item["schema"], [(test["data"], test["valid"]) for test in item["tests"]]


def maskbench_outcomes(whole: bool) -> dict[str, str]:
    """Id -> the worst class of its instances; where it has none, how compiling went."""
    found = {}
    for name, schema, instances in schemas(whole):
        found[name] = max(outcomes(schema, instances), key=RANK.__getitem__)
    return found


def summary(found: dict[str, str]) -> dict[str, int]:
    """How many schemas of each class, the best first."""
    return {"schemas": len(found), **dict(sorted(Counter(found.values()).items(), key=lambda item: RANK[item[0]]))}
