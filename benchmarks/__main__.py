"""All engine benchmarks in one run: `python -m benchmarks` (or `--quick`, about a minute).

Each section compares with every peer that is installed and prints ratios (a peer's time over ours: above 1 we are faster);
`--json` writes all figures. What the sections do stands in `README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # points of the scaling section are forked processes
sys.path.insert(0, str(Path(__file__).parent))  # the scripts also run on their own

import sections
from axes import AXES
from mask import load_tokenizer, measure, print_case
from scaling import scaling
from vocabulary import vocabulary

from cases import CASES
from engines import installed_engines

SECTIONS = ("vocabulary", "mask", "compile", "batch", "apply", "scaling", "generate")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tokenizer", default="demo", metavar="PATH", help="demo, qwen (needs dashscope), a tokenizer.json or a folder"
    )
    parser.add_argument("--vocab-size", type=int, metavar="N")
    parser.add_argument("--quick", action="store_true", help="fewer passes and sizes: about a minute")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="only this section")
    parser.add_argument("--axis", action="append", choices=list(AXES), help="scaling: only this axis")
    parser.add_argument("--point-seconds", type=float, metavar="S", help="scaling: limit of a point (20; quick: 1)")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write the scaling plots here (needs matplotlib)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    quick = arguments.quick
    wanted = arguments.only or SECTIONS
    tokenizer = load_tokenizer(arguments.tokenizer)
    vocab_size = arguments.vocab_size or len(tokenizer)
    engines = installed_engines(tokenizer, vocab_size)
    figures: dict[str, Any] = {"vocab_size": vocab_size}
    began = time.monotonic()
    if "vocabulary" in wanted:
        figures["vocabulary"] = vocabulary(tokenizer, vocab_size, 2 if quick else 7)
    if "mask" in wanted:
        print("\n== mask: fill, test the bit and accept, per token")
        figures["mask"] = {}
        for name, (schema, instances) in CASES.items():
            texts = [tokenizer.encode(json.dumps(v, ensure_ascii=False), add_special_tokens=False) for v in instances]
            figures["mask"][name] = measure(engines, schema, texts, 2 if quick else 7)
            print_case(name, figures["mask"][name])
    if "compile" in wanted:
        figures["compile"] = sections.compile_times(engines, 3 if quick else 15)
    if "batch" in wanted:
        figures["batch"] = sections.batches(engines, tokenizer, 5 if quick else 30)
    if "apply" in wanted:
        figures["apply"] = sections.apply(5 if quick else 30)
    if "scaling" in wanted:
        seconds = arguments.point_seconds or (1.0 if quick else 20.0)
        largest = 1000 if quick else 100_000
        figures["scaling"] = scaling(engines, tokenizer, largest, seconds, arguments.plots, arguments.axis)
    if "generate" in wanted:
        import generate

        figures["generate"] = generate.section(quick)
    print(f"\n{time.monotonic() - began:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
