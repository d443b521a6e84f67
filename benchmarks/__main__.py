"""All engine benchmarks in one run: `python -m benchmarks` (or `--quick`, about a minute).

Each section compares with every peer that is installed and prints ratios (a peer's time over ours: above 1 we are faster);
`--json` writes all figures. What the sections do stands in `README.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # the scripts also run on their own

import sections
from mask import load_tokenizer, measure, print_case

from cases import CASES
from engines import installed_engines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", default="demo", metavar="PATH", help="demo, a tokenizer.json or a folder")
    parser.add_argument("--vocab-size", type=int, metavar="N")
    parser.add_argument("--quick", action="store_true", help="fewer passes and sizes: about a minute")
    parser.add_argument(
        "--only", action="append", choices=["mask", "compile", "batch", "apply", "scaling"], help="only this section"
    )
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write the scaling plots here (needs matplotlib)")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    wanted = arguments.only or ["mask", "compile", "batch", "apply", "scaling"]
    tokenizer = load_tokenizer(arguments.tokenizer)
    vocab_size = arguments.vocab_size or len(tokenizer)
    engines = installed_engines(tokenizer, vocab_size)
    figures: dict[str, Any] = {"vocab_size": vocab_size}
    if "mask" in wanted:
        print("\n== mask: fill, test the bit and accept, per token")
        figures["mask"] = {}
        for name, (schema, instances) in CASES.items():
            texts = [tokenizer.encode(json.dumps(v, ensure_ascii=False), add_special_tokens=False) for v in instances]
            figures["mask"][name] = measure(engines, schema, texts, 2 if arguments.quick else 7)
            print_case(name, figures["mask"][name])
    if "compile" in wanted:
        figures["compile"] = sections.compile_times(engines, 3 if arguments.quick else 15)
    if "batch" in wanted:
        figures["batch"] = sections.batches(engines, tokenizer, 5 if arguments.quick else 30)
    if "apply" in wanted:
        figures["apply"] = sections.apply(vocab_size, 5 if arguments.quick else 30)
    if "scaling" in wanted:
        figures["scaling"] = sections.scaling(engines, tokenizer, 3 if arguments.quick else 5, arguments.plots)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
