"""Processors for `generate()` in every mode: ours and those of our peers, each against a stateless replay with its own engine.

A cell says in how many of the runs (architectures times seeds) every row was complete, equal to the replay, and valid. What an engine
has no way to say (a list of schemas, a value that the prompt began) is a dash. The modes and the judgement are those of the tests
(`tests/support/generate_modes.py`); a run of ten seeds takes minutes for each engine.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import sys
import time
import types
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import transformers

from support import generate_models as models
from support.generate_contender import Ours
from support.generate_modes import MODES, Contender, Mode, NotOfferedError, Schema, Verdict, judge


class XGrammar:
    """`xgrammar.contrib.hf.LogitsProcessor`."""

    name = "xgrammar"

    def __init__(self) -> None:
        import xgrammar
        import xgrammar.contrib.hf

        self._module = xgrammar
        self._compilers: dict[tuple[int, ...], Any] = {}

    def _compiled(self, schema: Schema, stops: Sequence[int]) -> Any:
        key = tuple(stops)
        if key not in self._compilers:
            info = self._module.TokenizerInfo.from_huggingface(
                models.tokenizer(), vocab_size=models.WIDTH, stop_token_ids=list(stops)
            )
            self._compilers[key] = self._module.GrammarCompiler(info, max_threads=1)
        return self._compilers[key].compile_json_schema(json.dumps(schema), any_whitespace=False)

    def arguments(self, model: Any, schemas: Sequence[Schema | None], begun: str) -> dict[str, Any]:
        if begun or None in schemas:
            raise NotOfferedError
        stops = model.generation_config.eos_token_id
        compiled = [self._compiled(schema, stops) for schema in schemas if schema is not None]
        made = self._module.contrib.hf.LogitsProcessor(compiled if len(compiled) > 1 else compiled[0])
        return {"logits_processor": transformers.LogitsProcessorList([made])}

    def allowed(self, schema: Schema, begun: str, ids: Sequence[int], stops: Sequence[int]) -> frozenset[int] | None:
        matcher = self._module.GrammarMatcher(self._compiled(schema, stops))
        if not all(token < 273 and matcher.accept_token(token) for token in ids):
            return None
        bitmask = self._module.allocate_token_bitmask(1, models.WIDTH)
        matcher.fill_next_token_bitmask(bitmask, 0)
        return bits_of(bitmask[0].tolist())

    def ends_rows(self) -> bool:
        return False


class LLGuidance:
    """llguidance through `outlines.backends.llguidance`, its processor for transformers."""

    name = "llguidance (Outlines)"

    def __init__(self) -> None:
        import llguidance
        import llguidance.hf
        import llguidance.torch
        import outlines.backends.llguidance

        self._module = llguidance
        self._processor = outlines.backends.llguidance.LLGuidanceLogitsProcessor
        self._tokenizers: dict[tuple[int, ...], Any] = {}

    def _tokenizer(self, stops: Sequence[int]) -> Any:
        key = tuple(stops)
        if key not in self._tokenizers:
            self._tokenizers[key] = self._module.hf.from_tokenizer(
                models.tokenizer(), n_vocab=models.WIDTH, eos_token=list(stops)
            )
        return self._tokenizers[key]

    def _grammar(self, schema: Schema) -> Any:
        options = {"whitespace_flexible": False}
        return self._module.LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides=options)

    def arguments(self, model: Any, schemas: Sequence[Schema | None], begun: str) -> dict[str, Any]:
        if begun or len(schemas) > 1 or schemas[0] is None:
            raise NotOfferedError
        tokenizer = self._tokenizer(model.generation_config.eos_token_id)
        made = self._processor(self._grammar(schemas[0]), tokenizer, "torch")
        return {"logits_processor": transformers.LogitsProcessorList([made])}

    def allowed(self, schema: Schema, begun: str, ids: Sequence[int], stops: Sequence[int]) -> frozenset[int] | None:
        matcher = self._module.LLMatcher(self._tokenizer(stops), self._grammar(schema), log_level=0)
        if ids and not all(token < 273 and matcher.consume_token(token) for token in ids):
            return None
        bitmask = self._module.torch.allocate_token_bitmask(1, models.WIDTH)
        self._module.torch.fill_next_token_bitmask(matcher, bitmask, 0)
        return bits_of(bitmask[0].tolist())

    def ends_rows(self) -> bool:
        return False


class LMFormatEnforcer:
    """lm-format-enforcer's `prefix_allowed_tokens_fn`."""

    name = "lm-format-enforcer"

    def __init__(self) -> None:
        import lmformatenforcer

        if importlib.metadata.version("lm-format-enforcer") == "0.11.3":
            # It looks for a name where transformers 5 has it no longer, and takes that for transformers not being installed.
            moved: Any = types.ModuleType("transformers.tokenization_utils")
            moved.PreTrainedTokenizerBase = transformers.PreTrainedTokenizerBase
            sys.modules[moved.__name__] = moved
        import lmformatenforcer.integrations.transformers as integration

        self._module = lmformatenforcer
        self._integration = integration
        self._data: dict[tuple[int, ...], Any] = {}

    def _enforcer(self, schema: Schema, stops: Sequence[int]) -> Any:
        key = tuple(stops)
        if key not in self._data:
            data = self._integration.build_token_enforcer_tokenizer_data(models.tokenizer())
            data.eos_token_id = list(stops)
            self._data[key] = data
        config = self._module.CharacterLevelParserConfig(max_consecutive_whitespaces=1)
        parser = self._module.JsonSchemaParser(schema, config=config)
        return self._module.TokenEnforcer(self._data[key], parser)

    def arguments(self, model: Any, schemas: Sequence[Schema | None], begun: str) -> dict[str, Any]:
        if begun or len(schemas) > 1 or schemas[0] is None:
            raise NotOfferedError
        enforcer = self._enforcer(schemas[0], model.generation_config.eos_token_id)
        return {"prefix_allowed_tokens_fn": self._integration.TransformersPrefixAllowedTokensFn(enforcer)}

    def allowed(self, schema: Schema, begun: str, ids: Sequence[int], stops: Sequence[int]) -> frozenset[int] | None:
        enforcer = self._enforcer(schema, stops)
        for end in range(len(ids)):
            if ids[end] not in enforcer.get_allowed_tokens(list(ids[:end])).allowed_tokens:
                return None
        return frozenset(enforcer.get_allowed_tokens(list(ids)).allowed_tokens)

    def ends_rows(self) -> bool:
        return False


CONTENDERS: dict[str, tuple[str, Callable[[], Contender]]] = {
    "fcformat": ("fcformat", Ours),
    "xgrammar": ("xgrammar", XGrammar),
    "llguidance": ("outlines", LLGuidance),
    "lm-format-enforcer": ("lmformatenforcer", LMFormatEnforcer),
}


def bits_of(words: Sequence[int]) -> frozenset[int]:
    return frozenset(token for token in range(models.WIDTH) if words[token // 32] >> token % 32 & 1)


def cell(verdicts: Sequence[Verdict]) -> str:
    """Yes where all runs are good; otherwise how many are, and what is wrong with the others."""
    wrong = [verdict for verdict in verdicts if not verdict.good]
    if not wrong:
        return "yes"
    faults: Counter[str] = Counter()
    for verdict in wrong:
        if verdict.error:
            faults[verdict.error.split(":")[0]] += 1
        else:
            faults.update(part for part in ("complete", "equal", "valid") if not getattr(verdict, part))
    named = ", ".join(f"{'not ' if fault in ('complete', 'equal', 'valid') else ''}{fault}" for fault in faults)
    return f"{len(verdicts) - len(wrong)}/{len(verdicts)}: {named}"


def runs(contender: Contender, mode: Mode, architectures: Sequence[str], seeds: int) -> list[Verdict] | None:
    try:
        return [
            judge(contender, mode, architecture, seed)
            for architecture in architectures
            if architecture in mode.architectures
            for seed in range(seeds)
        ]
    except NotOfferedError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="runs for each mode and architecture")
    parser.add_argument("--engines", nargs="+", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--architectures", nargs="+", default=list(models.ARCHITECTURES))
    parser.add_argument("--json", type=Path, help="a file for every verdict")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    contenders = []
    for name in options.engines:
        module, make = CONTENDERS[name]
        if importlib.util.find_spec(module) is None:
            print(f"{name}: {module} is not installed, left out", file=sys.stderr)
        else:
            contenders.append(make())
    print("| mode | " + " | ".join(contender.name for contender in contenders) + " |")
    print("|---" * (len(contenders) + 1) + "|", flush=True)
    kept: dict[str, Any] = {}
    for mode in MODES:
        cells = []
        for contender in contenders:
            start = time.perf_counter()
            verdicts = runs(contender, mode, options.architectures, options.seeds)
            cells.append("–" if verdicts is None else cell(verdicts))
            kept.setdefault(mode.name, {})[contender.name] = {
                "seconds": round(time.perf_counter() - start, 2),
                "runs": len(verdicts or ()),
                "good": sum(verdict.good for verdict in verdicts or ()),
                "errors": sorted({verdict.error for verdict in verdicts or () if verdict.error}),
            }
        print(f"| {mode.name} | " + " | ".join(cells) + " |", flush=True)
    if options.json is not None:
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
